"""Where an instance's context has what.

In: a module's `ModuleInfo`. Out: byte offsets, the same for all instances of the module. What
comes before `CTX_VARIABLE` is in `abi`.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.baseline.abi import CTX_VARIABLE
from zwasm.valid.info import ModuleInfo

_POINTER: Final = 8
_CELL: Final = 16


class ContextLayout:
    """The offsets of one module's contexts; `size` is a context's size.

    At `memory(i)` and `table(i)` are the addresses of the C structures, at `func(i)` that of
    imported function i. `globals[i]` is where global i is: of the first `imported_globals` the
    address of their cell, of the others the 16 bytes of the cell itself.
    """

    __slots__ = ("_funcs", "_memories", "_tables", "globals", "imported_globals", "size")

    def __init__(self, info: ModuleInfo) -> None:
        at = CTX_VARIABLE
        self._memories: i64 = at
        at += _POINTER * len(info.memories)
        self._tables: i64 = at
        at += _POINTER * len(info.tables)
        self._funcs: i64 = at
        at += _POINTER * info.imported_funcs
        self.imported_globals: int = info.imported_globals
        self.globals: list[int] = [at + _POINTER * i for i in range(info.imported_globals)]
        at += _POINTER * info.imported_globals
        at = (at + _CELL - 1) // _CELL * _CELL
        for _ in range(info.imported_globals, len(info.globals)):
            self.globals.append(at)
            at += _CELL
        self.size: int = at

    def memory(self, index: i64) -> i64:
        """Where the address of a memory's structure is."""
        return self._memories + _POINTER * index

    def table(self, index: i64) -> i64:
        """Where the address of a table's structure is."""
        return self._tables + _POINTER * index

    def func(self, index: i64) -> i64:
        """Where the reference of an imported function is."""
        return self._funcs + _POINTER * index
