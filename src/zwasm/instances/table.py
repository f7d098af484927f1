"""Table instances (specification, section 4.2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zwasm.errors import InstantiationError
from zwasm.instances.native import NATIVE, Refs
from zwasm.instances.store import Store, adopted
from zwasm.instances.values import from_cell, to_cell
from zwasm.limits import MAX_TABLE_SIZE
from zwasm.types import TableType, is_defaultable, type_code


class Table:
    """A table of references: `Table("funcref", 10, maximum=20)`.

    `table[i]` reads and sets an element: None, a `zwasm.Func`, or for `externref` any object.
    `element` is the element type in text form; `minimum` and `maximum` are numbers of
    elements; `init` is what new elements hold. `store` as for `Memory`. Raises ValueError for
    sizes that no table has, TypeError for a wrong `init`, InstantiationError where the table
    cannot be had.

    For engines: `elements` holds the cells, a sequence that is always the same object.
    """

    __slots__ = ("element_code", "elements", "is64", "maximum", "store")

    def __init__(
        self,
        element: str | int,
        minimum: int = 0,
        maximum: int | None = None,
        init: object = None,
        *,
        is64: bool = False,
        store: Store | None = None,
    ) -> None:
        self.element_code: int = type_code(element) if isinstance(element, str) else element
        self.maximum = maximum
        self.is64 = is64
        self.elements: Any = Refs()
        self.store: Store | None = None
        if minimum < 0:
            raise ValueError(f"a table cannot have {minimum} elements")
        if maximum is not None and maximum < minimum:
            raise ValueError(f"a table's maximum of {maximum} elements is below its minimum")
        cell: object = None
        if init is not None or is_defaultable(self.element_code) or minimum > 0:
            cell = to_cell(init, self.element_code, store)
        self._allocate(minimum, cell, store)

    def _allocate(self, minimum: int, cell: object, store: Store | None) -> None:
        if minimum > MAX_TABLE_SIZE:
            raise InstantiationError(
                f"a table of {minimum} elements exceeds the limit of {MAX_TABLE_SIZE}"
            )
        if store is not None and not store.take_elements(minimum):
            raise InstantiationError(
                f"a table of {minimum} elements exceeds the store's limit of"
                f" {store.max_table_elements} elements"
            )
        try:
            self.elements.extend([cell] * minimum)
        except MemoryError:
            if store is not None:
                store.table_elements -= minimum
            raise InstantiationError(f"cannot allocate a table of {minimum} elements") from None
        self._enter(store)

    def _enter(self, store: Store | None) -> None:
        self.store = store
        if NATIVE and store is not None:
            self.elements.state = store.state

    def __del__(self) -> None:
        if self.store is not None:
            self.store.table_elements -= len(self.elements)

    @property
    def type(self) -> TableType:
        """The table's type, with its present size as the minimum."""
        return TableType(self.element_code, len(self.elements), self.maximum, self.is64)

    def try_grow(self, delta: int, init: object) -> int:
        """Grow by `delta` elements that hold the cell `init`; the old size, or -1."""
        old = len(self.elements)
        limit = MAX_TABLE_SIZE if self.maximum is None else min(self.maximum, MAX_TABLE_SIZE)
        if delta > limit - old:
            return -1
        store = self.store
        if store is not None and not store.take_elements(delta):
            return -1
        try:
            self.elements.extend([init] * delta)
        except MemoryError:
            if store is not None:
                store.table_elements -= delta
            return -1
        return old

    def grow(self, delta: int, init: object = None) -> int:
        """Grow by `delta` elements that hold `init`; the old size.

        Raises ValueError where the maximum or a limit forbids it, TypeError for a wrong `init`.
        """
        if delta < 0:
            raise ValueError("a table cannot shrink")
        old = self.try_grow(delta, to_cell(init, self.element_code, self.store))
        if old < 0:
            raise ValueError(f"cannot grow a table of {len(self.elements)} elements by {delta}")
        return old

    def join(self, store: Store) -> bool:
        """Make the table, and what it holds, belong to the store; False if a limit of the
        store forbids it."""
        if adopted(self.store, store, "table"):
            for cell in self.elements:
                to_cell(cell, self.element_code, store)
            if not store.take_elements(len(self.elements)):
                return False
            self._enter(store)
        return True

    def __len__(self) -> int:
        return len(self.elements)

    def __iter__(self) -> Iterator[object]:
        return iter(self.elements.copy())

    def __bool__(self) -> bool:
        return True

    def _place(self, index: int) -> int:
        size = len(self.elements)
        place = index + size if index < 0 else index
        if not 0 <= place < size:
            raise IndexError(f"index {index} is not in a table of {size} elements")
        return place

    def __getitem__(self, index: int) -> object:
        return from_cell(self.elements[self._place(index)], self.element_code)

    def __setitem__(self, index: int, value: object) -> None:
        self.elements[self._place(index)] = to_cell(value, self.element_code, self.store)

    def __repr__(self) -> str:
        return f"<zwasm.Table {self.type}>"


def new_table(table_type: TableType, cell: object, store: Store) -> Table:
    """A table of the type's minimum size whose elements hold a cell."""
    found = Table(
        table_type.element_code, 0, table_type.maximum, cell, is64=table_type.is64, store=None
    )
    found._allocate(table_type.minimum, cell, store)
    return found
