"""The exports of an instance, by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from zwasm.instances.module import ModuleInst
from zwasm.types import EXTERN_FUNC, EXTERN_GLOBAL, EXTERN_MEMORY, EXTERN_TABLE


def export_of(inst: ModuleInst, kind: int, index: int) -> Any:
    """The object for an export: always the same for the same instance."""
    if kind == EXTERN_FUNC:
        return inst.func(index)
    if kind == EXTERN_MEMORY:
        return inst.memories[index].memory
    if kind == EXTERN_TABLE:
        return inst.tables[index]
    if kind == EXTERN_GLOBAL:
        return inst.globals[index]
    return inst.tags[index]


class Exports:
    """The exports of an instance: `exports["add"]`, or `exports.add` where the name allows it.

    A read-only mapping in the module's order. A name that is not there raises KeyError, as an
    attribute AttributeError. As attributes exports go before the methods of a mapping: where a
    module exports "get", `exports.get` is that.
    """

    # Attributes in a slot are found before those in the dictionary, which has the exports.
    __slots__ = ("__dict__", "__weakref__", "_items", "_owner")

    def __init__(self, items: dict[str, Any], owner: str) -> None:
        object.__setattr__(self, "_items", items)
        object.__setattr__(self, "_owner", owner)
        self.__dict__.update(items)

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        import difflib  # large, and needed for mistakes only

        items = self._items
        text = f"{self._owner} exports no {name!r}"
        near = difflib.get_close_matches(name, items, n=3)
        if near:
            text += "; did you mean " + " or ".join(repr(other) for other in near) + "?"
        elif items:
            shown = ", ".join(list(items)[:10])
            text += f"; it exports {shown}" + (", ..." if len(items) > 10 else "")
        raise AttributeError(text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("exports cannot be set; a global is set by its value")

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def keys(self) -> KeysView[str]:
        return self._items.keys()  # type: ignore[no-any-return]

    def values(self) -> ValuesView[Any]:
        return self._items.values()  # type: ignore[no-any-return]

    def items(self) -> ItemsView[str, Any]:
        return self._items.items()  # type: ignore[no-any-return]

    def get(self, name: str, default: Any = None) -> Any:
        return self._items.get(name, default)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *(name for name in self._items if name.isidentifier())}
        return sorted(names - {"_items", "_owner"})

    def __repr__(self) -> str:
        return f"<zwasm.Exports: {', '.join(self._items)}>"


Mapping.register(Exports)
