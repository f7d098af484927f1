"""The driver of wasmtime-py: see `serving`."""

from __future__ import annotations

import sys
from typing import Any

import wasmtime

from bench.drivers import serving


class Driver(serving.Runtime):
    output = serving.OUTPUT if sys.argv[2:] == ["serve"] else None

    def instance(self, engine: wasmtime.Engine, module: wasmtime.Module) -> tuple[Any, Any]:
        job = self.job
        config = wasmtime.WasiConfig()
        config.argv = [job["path"].rsplit("/", 1)[-1], *job.get("args", ())]
        if job.get("folder"):
            config.preopen_dir(job["folder"], "/")
        if job.get("stdin"):
            config.stdin_file = job["stdin"]
        if self.output is None:
            config.inherit_stdout()
        else:
            config.stdout_file = self.output
        store = wasmtime.Store(engine)
        store.set_wasi(config)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        return store, linker.instantiate(store, module).exports(store)

    def ready(self) -> object:
        engine = wasmtime.Engine()
        return self.instance(engine, wasmtime.Module(engine, self.data))

    def keep(self) -> None:
        self.kept = wasmtime.Engine()
        self.module = wasmtime.Module(self.kept, self.data)
        if "export" in self.job:
            self.store, exports = self.instance(self.kept, self.module)
            if "_initialize" in exports:
                exports["_initialize"](self.store)
            self.function = exports[self.job["export"]]

    def run(self) -> int | None:
        if "export" in self.job:
            value: int = self.function(self.store, self.job["n"])
            return value
        store, exports = self.instance(self.kept, self.module)
        try:
            exports["_start"](store)
        except wasmtime.ExitTrap as ended:
            if ended.code != 0:
                raise SystemExit(ended.code) from None
        return None


if __name__ == "__main__":
    serving.main(Driver)
