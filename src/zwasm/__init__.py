"""zwasm: a WebAssembly runtime for Python.

    import zwasm

    zwasm.load("fib.wat").exports.fib(35)

    module = zwasm.Module(wasm_bytes)
    instance = zwasm.Instance(module, {"env": {"log": print}})
    instance.exports.add(1, 2)

Public are the names in `__all__`. They are imported when first used, so that `import zwasm` costs
next to nothing.
"""

from __future__ import annotations

# Type checkers take the name as true; the module typing would be half the time of the import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from zwasm._build import VERSION as __version__
    from zwasm.api import load
    from zwasm.errors import (
        ExhaustionError,
        Exit,
        Frame,
        InstantiationError,
        InvalidError,
        LinkError,
        MalformedError,
        Trap,
        TrapCode,
        UnsupportedError,
        WasmError,
        WasmException,
    )
    from zwasm.instances.func import Func
    from zwasm.instances.global_ import Global
    from zwasm.instances.memory_object import Memory
    from zwasm.instances.table import Table
    from zwasm.instances.tag import Tag
    from zwasm.profile.profiler import Profiler
    from zwasm.runtime.engine import Engine
    from zwasm.runtime.exports import Exports
    from zwasm.runtime.instance import Instance
    from zwasm.runtime.link import host
    from zwasm.runtime.linker import Linker
    from zwasm.runtime.module import ExportType, ImportType, Module, validate
    from zwasm.runtime.store import Store
    from zwasm.types import FuncType, GlobalType, MemoryType, TableType, TagType
    from zwasm.wasi.command import Wasi
    from zwasm.wasi.directory import Directory, ReadOnly

__all__ = [
    "Directory",
    "Engine",
    "ExhaustionError",
    "Exit",
    "ExportType",
    "Exports",
    "Frame",
    "Func",
    "FuncType",
    "Global",
    "GlobalType",
    "ImportType",
    "Instance",
    "InstantiationError",
    "InvalidError",
    "LinkError",
    "Linker",
    "MalformedError",
    "Memory",
    "MemoryType",
    "Module",
    "Profiler",
    "ReadOnly",
    "Store",
    "Table",
    "TableType",
    "Tag",
    "TagType",
    "Trap",
    "TrapCode",
    "UnsupportedError",
    "Wasi",
    "WasmError",
    "WasmException",
    "__version__",
    "host",
    "load",
    "validate",
]

_MODULES = {
    "api": ("load",),
    "errors": (
        "ExhaustionError",
        "Exit",
        "Frame",
        "InstantiationError",
        "InvalidError",
        "LinkError",
        "MalformedError",
        "Trap",
        "TrapCode",
        "UnsupportedError",
        "WasmError",
        "WasmException",
    ),
    "instances.func": ("Func",),
    "instances.global_": ("Global",),
    "instances.memory_object": ("Memory",),
    "instances.table": ("Table",),
    "instances.tag": ("Tag",),
    "profile.profiler": ("Profiler",),
    "runtime.engine": ("Engine",),
    "runtime.exports": ("Exports",),
    "runtime.instance": ("Instance",),
    "runtime.link": ("host",),
    "runtime.linker": ("Linker",),
    "runtime.module": ("ExportType", "ImportType", "Module", "validate"),
    "runtime.store": ("Store",),
    "types": ("FuncType", "GlobalType", "MemoryType", "TableType", "TagType"),
    "wasi.command": ("Wasi",),
    "wasi.directory": ("Directory", "ReadOnly"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # for a type checker every other name is an error

    def __getattr__(name: str) -> object:
        from importlib import import_module

        value: object
        if name == "__version__":
            value = import_module("zwasm._build").VERSION
        elif name in _HOME:
            value = getattr(import_module(f"zwasm.{_HOME[name]}"), name)
        else:
            raise AttributeError(f"module 'zwasm' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
