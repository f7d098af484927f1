"""The driver of pywasm3: see `serving`. It has no WASI."""

from __future__ import annotations

from typing import Any

import wasm3

from bench.drivers import serving


class Driver(serving.Runtime):
    def ready(self) -> tuple[Any, ...]:
        environment = wasm3.Environment()
        runtime = environment.new_runtime(1 << 20)
        runtime.load(environment.parse_module(self.data))
        return environment, runtime, runtime.find_function(self.job["export"])

    def keep(self) -> None:
        self.kept = self.ready()
        self.function = self.kept[2]

    def run(self) -> int | None:
        value: int = self.function(self.job["n"])
        return value


if __name__ == "__main__":
    serving.main(Driver)
