"""Tag instances (specification, section 4.2.9)."""

from __future__ import annotations

from zwasm.instances.store import Store
from zwasm.types import FuncType, TagType, func_type_id


class Tag:
    """An exception tag: `Tag(FuncType(["i32"]))`; the parameters are the exception's arguments.

    Two tags are never the same, whatever their types. `type_id` is the canonical id of the
    function type.
    """

    __slots__ = ("func_type", "store", "type_id")

    def __init__(
        self, type: FuncType | TagType, *, type_id: int = -1, store: Store | None = None
    ) -> None:
        self.func_type: FuncType = type.func if isinstance(type, TagType) else type
        self.type_id: int = func_type_id(self.func_type) if type_id < 0 else type_id
        self.store = store

    @property
    def type(self) -> TagType:
        """The tag's type."""
        return TagType(self.func_type)

    def __repr__(self) -> str:
        return f"<zwasm.Tag {self.type}>"
