"""Global instances (specification, section 4.2.10)."""

from __future__ import annotations

from typing import Any

from zwasm.instances.native import Cell
from zwasm.instances.store import Store, adopted
from zwasm.instances.values import from_cell, to_cell
from zwasm.types import I32, GlobalType, is_ref


class Global:
    """A global variable: `Global("i32", 7, mutable=True)`.

    `content` is the value type in text form, or a `GlobalType`. The value is read and set as
    `value`. Raises TypeError, OverflowError or ValueError for a value that the type does not
    have. `store` as for `Memory`.

    For engines: the cell is `storage.value`.
    """

    __slots__ = ("content_code", "mutable", "storage", "store")

    def __init__(
        self,
        content: str | int | GlobalType,
        value: object = 0,
        mutable: bool = False,
        *,
        store: Store | None = None,
    ) -> None:
        if isinstance(content, GlobalType):
            global_type = GlobalType(content.content_code, content.mutable or mutable)
        else:
            global_type = GlobalType(content, mutable)
        cell = to_cell(value, global_type.content_code, store)
        self.storage: Any = None
        self.store: Store | None = None
        self._set_up(global_type, cell, store)

    def _set_up(self, global_type: GlobalType, cell: object, store: Store | None) -> None:
        self.content_code: int = global_type.content_code
        self.mutable: bool = global_type.mutable
        self.storage = Cell(is_ref(self.content_code), cell)
        self.store = store
        if store is not None:
            self.storage.state = store.state

    @property
    def type(self) -> GlobalType:
        """The global's type."""
        return GlobalType(self.content_code, self.mutable)

    @property
    def cell(self) -> object:
        """The value as a cell."""
        cell: object = self.storage.value
        return cell

    @property
    def value(self) -> object:
        """The value. Setting it raises TypeError if the global is immutable."""
        return from_cell(self.cell, self.content_code)

    @value.setter
    def value(self, value: object) -> None:
        if not self.mutable:
            raise TypeError("an immutable global cannot be set")
        self.storage.value = to_cell(value, self.content_code, self.store)

    def join(self, store: Store) -> None:
        """Make the global, and what it holds, belong to the store."""
        if adopted(self.store, store, "global"):
            to_cell(self.value, self.content_code, store)
            self.store = store
            self.storage.state = store.state

    def __repr__(self) -> str:
        return f"<zwasm.Global {self.type} {self.value!r}>"


def new_global(global_type: GlobalType, cell: object, store: Store) -> Global:
    """The global that holds a cell."""
    found = Global(I32)
    found._set_up(global_type, cell, store)
    return found
