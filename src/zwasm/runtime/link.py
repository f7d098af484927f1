"""Linking: finding and checking the values of a module's imports (specification, 4.7.3).

In: a module's imports and namespaces from the user. Out: function, table, memory, global and
tag instances that match the import types and belong to the store, or a LinkError that names
every import at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from zwasm.errors import InstantiationError, LinkError
from zwasm.instances.func import Func, host_func
from zwasm.instances.global_ import Global
from zwasm.instances.memory_object import Memory
from zwasm.instances.store import Store
from zwasm.instances.table import Table
from zwasm.instances.tag import Tag
from zwasm.instances.values import to_cell
from zwasm.module import Import
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_TABLE,
    HEAP_INDEX,
    ExternType,
    GlobalType,
    MemoryType,
    TableType,
    heap_matches,
    is_ref,
    limits_match,
    matches,
)
from zwasm.valid import ModuleInfo

_MISSING: Final = object()
_SHOWN: Final = 20  # imports named in one message
Extern = Func | Table | Memory | Global | Tag


class HostFunction:
    """A Python callable for imports, with options; made by `zwasm.host`."""

    def __init__(self, function: Callable[..., object], caller: bool) -> None:
        self.function = function
        self.caller = caller

    def __call__(self, *args: Any) -> object:
        return self.function(*args)

    def __repr__(self) -> str:
        return f"<zwasm.host {self.function!r}>"


def host(function: Callable[..., object], *, caller: bool = False) -> HostFunction:
    """A callable as an import whose type the importing module gives, as for a plain callable,
    but with options: with `caller` it gets the `zwasm.Instance` whose code calls it as its first
    argument, which leads to that instance's memory: `caller.exports.memory`."""
    if not callable(function):
        raise TypeError(f"a host function is a callable, not {type(function).__name__}")
    return HostFunction(function, caller)


def look_up(namespaces: Any, entry: Import) -> Any:
    """The value given for an import, `_MISSING` if none is."""
    namespace = _item(namespaces, entry.module)
    if namespace is _MISSING:
        return namespace
    if not hasattr(namespace, "__getitem__"):
        # an instance, or something like it
        exports = getattr(namespace, "exports", None)
        if exports is None:
            kind = type(namespace).__name__
            raise TypeError(
                f"imports from {entry.module!r} are a mapping of names or an instance, not {kind}"
            )
        namespace = exports
    return _item(namespace, entry.name)


def _item(mapping: Any, key: str) -> Any:
    try:
        return mapping[key]
    except KeyError:
        return _MISSING


def find(info: ModuleInfo, imports: Any) -> list[Any]:
    """The values given for all imports, in order.

    `imports` maps module names to mappings of names, or to instances. Raises LinkError that
    names all that are missing.
    """
    values: list[Any] = []
    missing: list[str] = []
    if imports is None:
        imports = {}
    elif not isinstance(imports, Mapping) and not hasattr(imports, "__getitem__"):
        kind = type(imports).__name__
        raise TypeError(f"imports are a mapping of module names to mappings of names, not {kind}")
    for i, entry in enumerate(info.module.imports):
        value = look_up(imports, entry)
        if value is _MISSING:
            missing.append(f"{entry.module}.{entry.name} {info.import_types[i]}")
        values.append(value)
    if missing:
        more = len(missing) - _SHOWN
        text = "unknown import: " + ", ".join(missing[:_SHOWN])
        raise LinkError(text + (f" and {more} more" if more > 0 else ""))
    return values


def store_of(values: list[Any]) -> Store | None:
    """The store that the values belong to, None if they belong to none yet."""
    for value in values:
        store = _store(value)
        if store is not None:
            return store
    return None


def _store(value: Any) -> Store | None:
    if isinstance(value, Memory):
        return value.inst.store
    if isinstance(value, (Func, Table, Global, Tag)):
        return value.store
    return None


def match(info: ModuleInfo, values: list[Any], store: Store) -> list[Extern]:
    """The instances for all imports, checked and in the store. Raises LinkError."""
    externs: list[Extern] = []
    wrong: list[str] = []
    func_index = 0
    tag_index = 0
    for i, entry in enumerate(info.module.imports):
        expected = info.import_types[i]
        value = values[i]
        found: Extern | None = None
        if entry.kind == EXTERN_FUNC:
            found = _func(info, func_index, entry, value, store)
            func_index += 1
        elif entry.kind == EXTERN_TABLE:
            found = _table(expected, value)
        elif entry.kind == EXTERN_MEMORY:
            found = _memory(expected, value)
        elif entry.kind == EXTERN_GLOBAL:
            found = _global(expected, value, store)
        else:
            if isinstance(value, Tag) and value.type_id == info.tag_type_ids[tag_index]:
                found = value
            tag_index += 1
        if found is None:
            wrong.append(f"{entry.module}.{entry.name} is {expected}, but given is {_shown(value)}")
        else:
            externs.append(found)
    if wrong:
        raise LinkError("incompatible import type: " + "; ".join(wrong[:_SHOWN]))
    for i, entry in enumerate(info.module.imports):
        _join(externs[i], store, entry)
    return externs


def _shown(value: Any) -> str:
    if isinstance(value, (Func, Table, Memory, Global, Tag)):
        return str(value.type)
    text = repr(value)
    return text if len(text) <= 80 else type(value).__name__


def _func(info: ModuleInfo, index: int, entry: Import, value: Any, store: Store) -> Func | None:
    type_id = info.func_type_ids[index]
    if isinstance(value, Func):
        fits = heap_matches(HEAP_INDEX + value.type_id, HEAP_INDEX + type_id)
        return value if fits else None
    if not callable(value):
        return None
    caller = False
    if isinstance(value, HostFunction):
        caller = value.caller
        value = value.function
    name = f"{entry.module}.{entry.name}"
    return host_func(value, info.funcs[index], type_id, name, caller, store)


def _table(expected: ExternType, value: Any) -> Table | None:
    if not isinstance(value, Table) or not isinstance(expected, TableType):
        return None
    if value.element_code != expected.element_code or value.is64 != expected.is64:
        return None
    size = len(value.elements)
    fits = limits_match(size, value.maximum, expected.minimum, expected.maximum)
    return value if fits else None


def _memory(expected: ExternType, value: Any) -> Memory | None:
    if not isinstance(value, Memory) or not isinstance(expected, MemoryType):
        return None
    inst = value.inst
    if inst.is64 != expected.is64 or inst.shared != expected.shared:
        return None
    fits = limits_match(inst.pages(), inst.maximum, expected.minimum, expected.maximum)
    return value if fits else None


def _global(expected: ExternType, value: Any, store: Store) -> Global | None:
    if not isinstance(expected, GlobalType):
        return None
    if isinstance(value, Global):
        if value.mutable != expected.mutable:
            return None
        if value.mutable:
            fits = value.content_code == expected.content_code
        else:
            fits = matches(value.content_code, expected.content_code)
        return value if fits else None
    if expected.mutable or is_ref(expected.content_code):
        return None
    # A plain number will do for what nobody can change.
    try:
        to_cell(value, expected.content_code)
    except (TypeError, OverflowError, ValueError):
        return None
    return Global(expected, value, store=store)


def _join(extern: Extern, store: Store, entry: Import) -> None:
    place = f"{entry.module}.{entry.name}"
    try:
        if isinstance(extern, Memory):
            joined = extern.inst.join(store)
        elif isinstance(extern, Table):
            joined = extern.join(store)
        else:
            joined = True
            if isinstance(extern, Global):
                extern.join(store)
            elif extern.store is None:
                extern.store = store
            elif extern.store is not store:
                raise ValueError("it belongs to another store")
    except ValueError as error:
        raise LinkError(f"import {place} {_shown(extern)} cannot be used: {error}") from None
    if not joined:
        raise InstantiationError(f"import {place} {_shown(extern)} exceeds a limit of the store")
