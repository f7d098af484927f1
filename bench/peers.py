"""The runtimes that benchmarks compare, behind one small interface.

In: a runtime's name and a module's bytes. Out: the module's exports as Python functions. Imports
that a module has are functions that raise: no benchmark here calls one but those that it gives.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import zwasm

# zwasm's engines go by their names; wasmtime-py by its own, with this compiler.
STRATEGIES = {"wasmtime": "cranelift"}


class PeerMissing(Exception):
    """A runtime is not here; the text says how to get it."""


def known(name: str) -> bool:
    """Whether this runtime can run here."""
    if name in STRATEGIES:
        return importlib.util.find_spec("wasmtime") is not None
    try:
        zwasm.Engine(name)
    except (ValueError, zwasm.UnsupportedError):
        return False
    return True


def check(names: list[str]) -> None:
    """Raises PeerMissing for the first of the runtimes that is not here."""
    for name in names:
        if known(name):
            continue
        if name in STRATEGIES:
            raise PeerMissing(f"{name} is part of wasmtime-py: pip install wasmtime")
        raise PeerMissing(f"zwasm has no engine {name!r} here")


def absent(*args: object) -> object:
    """An imported function that must not be called."""
    raise RuntimeError("the module called a function that the benchmark does not give")


def stub_imports(module: zwasm.Module) -> dict[str, dict[str, object]]:
    """Imports of the right types for a module: functions raise when they are called."""
    imports: dict[str, dict[str, object]] = {}
    for entry in module.imports:
        value: object = absent
        if isinstance(entry.type, zwasm.MemoryType):
            value = zwasm.Memory(entry.type.minimum, entry.type.maximum)
        elif isinstance(entry.type, zwasm.TableType):
            value = zwasm.Table(entry.type.element, entry.type.minimum, entry.type.maximum)
        elif isinstance(entry.type, zwasm.GlobalType):
            value = zwasm.Global(entry.type)
        imports.setdefault(entry.module, {})[entry.name] = value
    return imports


def wasmtime_engine(name: str = "wasmtime") -> Any:
    """An engine of wasmtime-py with the proposals that zwasm's engines have."""
    import wasmtime

    config = wasmtime.Config()
    config.strategy = STRATEGIES[name]
    config.wasm_exceptions = name == "wasmtime"
    return wasmtime.Engine(config)


def wasmtime_instance(engine: Any, module: Any) -> tuple[Any, Any]:
    """A store and an instance in it, with functions that raise as imports."""
    import wasmtime

    store = wasmtime.Store(engine)
    imports: list[Any] = []
    for entry in module.imports:
        if isinstance(entry.type, wasmtime.FuncType):
            imports.append(wasmtime.Func(store, entry.type, absent))
        elif isinstance(entry.type, wasmtime.MemoryType):
            imports.append(wasmtime.Memory(store, entry.type))
        else:
            raise PeerMissing(f"no stand-in for the import {entry.module}.{entry.name}")
    return store, wasmtime.Instance(store, module, imports)


def zwasm_instance(
    name: str, data: bytes | str, imports: Any = None, compile: str = "lazy"
) -> zwasm.Instance:
    """An instance on one of zwasm's engines, with `imports` or with functions that raise."""
    engine = zwasm.Engine(name, compile=compile)
    module = zwasm.Module(data, engine=engine)
    given = stub_imports(module) if imports is None else imports
    return zwasm.Instance(module, given, store=zwasm.Store(engine))


def function(name: str, data: bytes, export: str) -> Callable[..., Any]:
    """An exported function of a fresh instance of the module in `data`, on the runtime `name`."""
    if name in STRATEGIES:
        import wasmtime

        engine = wasmtime_engine(name)
        store, instance = wasmtime_instance(engine, wasmtime.Module(engine, data))
        found = instance.exports(store)[export]
        return lambda *args: found(store, *args)
    called: Callable[..., Any] = zwasm_instance(name, data).exports[export]
    return called


def default_engine() -> str:
    """The name of the engine that "auto" leads to."""
    return zwasm.Engine().name
