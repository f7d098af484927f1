"""The driver of zwasm's engines, for what is measured in one process: see `serving`.

Whole processes are those of the command `zwasm run`. `engine` in the job names the engine.
"""

from __future__ import annotations

from typing import Any

import zwasm
from bench.drivers import serving


class Driver(serving.Runtime):
    def ready(self) -> object:
        engine = zwasm.Engine(self.job.get("engine", "auto"))
        module = zwasm.Module(self.data, engine=engine)
        with self.system() as wasi:
            return wasi.instantiate(module, store=zwasm.Store(engine))

    def system(self) -> zwasm.Wasi:
        job = self.job
        folder = job.get("folder")
        return zwasm.Wasi(
            [job["path"].rsplit("/", 1)[-1], *job.get("args", ())],
            dirs={"/": folder} if folder else {},
            stdin=job.get("stdin") or b"",
            stdout=serving.OUTPUT,
        )

    def keep(self) -> None:
        self.engine = zwasm.Engine(self.job.get("engine", "auto"))
        self.module = zwasm.Module(self.data, engine=self.engine)
        if "export" in self.job:
            self.wasi = self.system()
            instance = self.wasi.instantiate(self.module, store=zwasm.Store(self.engine))
            if "_initialize" in instance.exports:
                self.wasi.start(instance)
            self.function: Any = instance.exports[self.job["export"]]

    def run(self) -> int | None:
        if "export" in self.job:
            value: int = self.function(self.job["n"])
            return value
        with self.system() as wasi:
            if wasi.run(self.module, store=zwasm.Store(self.engine)) != 0:
                raise SystemExit("the program failed")
        return None


if __name__ == "__main__":
    serving.main(Driver)
