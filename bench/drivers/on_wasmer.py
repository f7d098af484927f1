"""The driver of the Python package wasmer: see `serving`."""

from __future__ import annotations

from typing import Any

import wasmer

from bench.drivers import serving


class Driver(serving.Runtime):
    def instance(self, store: Any, module: Any) -> Any:
        version = wasmer.wasi.get_version(module, strict=False)
        if version is None:
            return wasmer.Instance(module)
        state = wasmer.wasi.StateBuilder(self.job["path"].rsplit("/", 1)[-1])
        for argument in self.job.get("args", ()):
            state = state.argument(argument)
        environment = state.finalize()
        return wasmer.Instance(module, environment.generate_import_object(store, version))

    def ready(self) -> object:
        store = wasmer.Store()
        return self.instance(store, wasmer.Module(store, self.data))

    def keep(self) -> None:
        self.store = wasmer.Store()
        self.module = wasmer.Module(self.store, self.data)
        if "export" in self.job:
            self.kept = self.instance(self.store, self.module)
            exports = {name: getattr(self.kept.exports, name) for name, _ in self.kept.exports}
            if "_initialize" in exports:
                exports["_initialize"]()
            self.function = exports[self.job["export"]]

    def run(self) -> int | None:
        if "export" in self.job:
            value: int = self.function(self.job["n"])
            return value
        self.instance(self.store, self.module).exports._start()
        return None


if __name__ == "__main__":
    serving.main(Driver)
