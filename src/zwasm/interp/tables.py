"""Table and reference instructions (specification, sections 4.6.6, 4.6.7 and 4.6.10).

In: the instance, the frame's slots and the instruction. Out: changed slots and tables, or traps;
a trap comes before any change.
"""

from __future__ import annotations

from zwasm.errors import Trap, TrapCode
from zwasm.instances.module import ModuleInst
from zwasm.interp.instr import Instr
from zwasm.interp.integers import M32, M64
from zwasm.interp.values import number


def _out_of_bounds() -> Trap:
    return Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)


def table_get(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    elements = instance.tables[ins.c].elements
    index = number(slots[ins.b])
    if index >= len(elements):
        raise _out_of_bounds()
    slots[ins.a] = elements[index]


def table_set(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    elements = instance.tables[ins.c].elements
    index = number(slots[ins.a])
    if index >= len(elements):
        raise _out_of_bounds()
    elements[index] = slots[ins.b]


def table_size(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    slots[ins.a] = len(instance.tables[ins.b].elements)


def table_grow(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    table = instance.tables[ins.d]
    size = table.try_grow(number(slots[ins.c]), slots[ins.b])
    slots[ins.a] = size & (M64 if table.is64 else M32)


def table_fill(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    elements = instance.tables[ins.b].elements
    start = number(slots[ins.a])
    value = slots[ins.a + 1]
    count = number(slots[ins.a + 2])
    if start + count > len(elements):
        raise _out_of_bounds()
    if count > 0:
        elements[start : start + count] = [value] * count


def table_copy(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    target = instance.tables[ins.b].elements
    source = instance.tables[ins.c].elements
    to = number(slots[ins.a])
    start = number(slots[ins.a + 1])
    count = number(slots[ins.a + 2])
    if start + count > len(source) or to + count > len(target):
        raise _out_of_bounds()
    if count > 0:
        target[to : to + count] = source[start : start + count]


def table_init(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    items = instance.elems[ins.b]
    elements = instance.tables[ins.c].elements
    to = number(slots[ins.a])
    start = number(slots[ins.a + 1])
    count = number(slots[ins.a + 2])
    if start + count > len(items) or to + count > len(elements):
        raise _out_of_bounds()
    if count > 0:
        elements[to : to + count] = items[start : start + count]


def elem_drop(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    instance.elems[ins.a] = []


def ref_null(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    slots[ins.a] = None


def ref_is_null(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    slots[ins.a] = 1 if slots[ins.b] is None else 0


def ref_func(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    slots[ins.a] = instance.func(ins.b)


def ref_as_non_null(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    reference = slots[ins.b]
    if reference is None:
        raise Trap(TrapCode.NULL_REFERENCE)
    slots[ins.a] = reference
