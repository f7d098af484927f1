"""Global instances (specification, section 4.2.10)."""

from __future__ import annotations

from zwasm.instances.store import Store
from zwasm.instances.values import from_cell, to_cell
from zwasm.types import I32, GlobalType


class Global:
    """A global variable: `Global("i32", 7, mutable=True)`.

    `content` is the value type in text form, or a `GlobalType`. The value is read and set as
    `value`. Raises TypeError, OverflowError or ValueError for a value that the type does not
    have. `store` as for `Memory`.
    """

    __slots__ = ("cell", "content_code", "mutable", "store")

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
        self.content_code: int = global_type.content_code
        self.mutable: bool = global_type.mutable
        self.store = store
        self.cell: object = to_cell(value, self.content_code, store)

    @property
    def type(self) -> GlobalType:
        """The global's type."""
        return GlobalType(self.content_code, self.mutable)

    @property
    def value(self) -> object:
        """The value. Setting it raises TypeError if the global is immutable."""
        return from_cell(self.cell, self.content_code)

    @value.setter
    def value(self, value: object) -> None:
        if not self.mutable:
            raise TypeError("an immutable global cannot be set")
        self.cell = to_cell(value, self.content_code, self.store)

    def __repr__(self) -> str:
        return f"<zwasm.Global {self.type} {self.value!r}>"


def new_global(global_type: GlobalType, cell: object, store: Store) -> Global:
    """The global that holds a cell."""
    found = Global(I32)
    found.content_code = global_type.content_code
    found.mutable = global_type.mutable
    found.cell = cell
    found.store = store
    return found
