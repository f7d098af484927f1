"""What generated code calls Python for: growing, segments, copying of references
(specification, sections 4.6.7 and 4.6.11).

In: what HELPER_PYTHON passes: x, y and three slots. Out: changed instances, the result as an int,
or traps; a trap comes before any change. x is the row's opcode, and from bit INDEX_SHIFT on an
index:

    opcode        y              index       slots
    memory.grow   memory         -           delta -> old size or -1
    memory.init   data segment   memory      to, from, count
    data.drop     data segment   -           -
    table.grow    table          -           reference, delta -> old size or -1
    table.fill    table          -           index, reference, count
    table.copy    to table       from table  to, from, count
    table.init    elem segment   table       to, from, count
    elem.drop     elem segment   -           -

y has 24 bits, which are enough for every segment, the index 20.
"""

from __future__ import annotations

from typing import Any, Final, cast

from zwasm.baseline.emit import INDEX_SHIFT
from zwasm.errors import Trap, TrapCode, WasmError
from zwasm.instances.module import ModuleInst
from zwasm.isa.row import BY_NAME

_OPCODE: Final = (1 << INDEX_SHIFT) - 1

_MEMORY_GROW: Final[int] = BY_NAME["memory.grow"].opcode
_MEMORY_INIT: Final[int] = BY_NAME["memory.init"].opcode
_DATA_DROP: Final[int] = BY_NAME["data.drop"].opcode
_TABLE_GROW: Final[int] = BY_NAME["table.grow"].opcode
_TABLE_FILL: Final[int] = BY_NAME["table.fill"].opcode
_TABLE_COPY: Final[int] = BY_NAME["table.copy"].opcode
_TABLE_INIT: Final[int] = BY_NAME["table.init"].opcode
_ELEM_DROP: Final[int] = BY_NAME["elem.drop"].opcode

_M32: Final = 0xFFFF_FFFF
_M64: Final = 0xFFFF_FFFF_FFFF_FFFF


class Operations:
    """The operations of one instance."""

    def __init__(self, instance: ModuleInst) -> None:
        self.instance = instance

    def run(self, x: int, y: int, a: object, b: object, c: object) -> object:
        """Run an operation."""
        opcode = x & _OPCODE
        index = x >> INDEX_SHIFT
        if opcode == _MEMORY_GROW:
            return self.memory_grow(y, cast(int, a))
        if opcode == _TABLE_GROW:
            return self.table_grow(y, a, cast(int, b))
        if opcode == _MEMORY_INIT:
            self.memory_init(y, index, cast(int, a), cast(int, b), cast(int, c))
        elif opcode == _DATA_DROP:
            self.instance.datas[y] = b""
        elif opcode == _TABLE_FILL:
            self.table_fill(y, cast(int, a), b, cast(int, c))
        elif opcode == _TABLE_COPY:
            self.table_copy(y, index, cast(int, a), cast(int, b), cast(int, c))
        elif opcode == _TABLE_INIT:
            self.table_init(y, index, cast(int, a), cast(int, b), cast(int, c))
        elif opcode == _ELEM_DROP:
            self.instance.elems[y] = []
        else:
            raise WasmError(f"baseline: no operation {opcode}")
        return None

    def memory_grow(self, index: int, delta: int) -> int:
        memory = self.instance.memories[index]
        mask = _M64 if memory.is64 else _M32
        return memory.try_grow(delta & mask) & mask

    def memory_init(self, segment: int, index: int, to: int, start: int, count: int) -> None:
        memory = self.instance.memories[index]
        data = self.instance.datas[segment]
        to &= _M64 if memory.is64 else _M32
        start &= _M32
        count &= _M32
        if start + count > len(data) or to + count > int(memory.size):
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        if count > 0:
            memory.data[to : to + count] = data[start : start + count]

    def table_grow(self, index: int, value: object, delta: int) -> int:
        table = self.instance.tables[index]
        mask = _M64 if table.is64 else _M32
        return table.try_grow(delta & mask, value) & mask

    def table_fill(self, index: int, to: int, value: object, count: int) -> None:
        table = self.instance.tables[index]
        mask = _M64 if table.is64 else _M32
        to &= mask
        count &= mask
        if to + count > len(table.elements):
            raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
        if count > 0:
            table.elements[to : to + count] = [value] * count

    def table_copy(self, target: int, source: int, to: int, start: int, count: int) -> None:
        into = self.instance.tables[target]
        taken = self.instance.tables[source]
        to &= _M64 if into.is64 else _M32
        start &= _M64 if taken.is64 else _M32
        count &= _M64 if into.is64 and taken.is64 else _M32
        _copy(into.elements, to, taken.elements, start, count)

    def table_init(self, segment: int, index: int, to: int, start: int, count: int) -> None:
        table = self.instance.tables[index]
        to &= _M64 if table.is64 else _M32
        _copy(table.elements, to, self.instance.elems[segment], start & _M32, count & _M32)


def _copy(target: Any, to: int, source: Any, start: int, count: int) -> None:
    if start + count > len(source) or to + count > len(target):
        raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
    if count > 0:
        target[to : to + count] = source[start : start + count]
