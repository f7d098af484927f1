"""A function prepared for the loop: one object an instruction, every operand a slot.

In: `FuncIR`. Out: `Code`. Constants are put into slots of their own behind the function's, so
that the loop reads every operand in one way; labels become instruction numbers. Running is
`machine`'s.

A vector has two slots in IR. Here the first holds it and the second nothing, and where values
come from Python or go there, `spread` and `gathered` make the difference.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.errors import WasmError
from zwasm.instances.module import ModuleInst
from zwasm.interp import instr as k
from zwasm.interp.counting import Counter, Entry
from zwasm.interp.instr import Instr, Operation
from zwasm.interp.integers import M64
from zwasm.interp.operations import KINDS, LANE_ACCESSES
from zwasm.isa.ir import IR_OPS, OP_MASK, PLACE_SHIFT, POOLED, SLOT, WORDS, opcode
from zwasm.lower.code import FuncIR
from zwasm.types import V128, is_ref

SLOTS_PER_DEPTH: Final = 64
INSTRUCTIONS_PER_TICK: Final = 16

_SHUFFLE: Final = opcode("i8x16.shuffle")

# Kinds whose operand a is a label.
BRANCHES: Final = (
    k.BR,
    k.BR_IF,
    k.BR_IF_EQUAL,
    k.BR_IF_HOLDS,
    k.BR_ON_NON_NULL,
    k.BR_ON_NULL,
    k.BR_UNLESS,
    k.BR_UNLESS_EQUAL,
    k.BR_UNLESS_HOLDS,
)


TAIL_CALLS: Final = (k.RETURN_CALL, k.RETURN_CALL_INDIRECT, k.RETURN_CALL_REF)


class Code:
    """A function, or a constant expression, ready to run.

    `rest` is a new frame's slots after the parameters: locals, operands, constants. `cost` is
    what a frame takes of the store's call depth: 1, and 1 more for every 64 slots, so that the
    depth limit bounds memory too. `ticks` is what a call counts for polling. `index` is the
    function's index, -1 for a constant expression. `counter` counts what it executes, None for
    nobody.
    """

    __slots__ = (
        "cost",
        "counter",
        "index",
        "instance",
        "instrs",
        "params",
        "rest",
        "targets",
        "ticks",
    )

    def __init__(self, instance: ModuleInst, index: int, ir: FuncIR) -> None:
        self.instance = instance
        self.index = index
        self.params: i64 = ir.param_count
        self.rest: list[object] = []
        self.instrs: list[Instr] = []
        self.targets: list[i64] = []
        self.cost: i64 = 1
        self.ticks: i64 = 1
        self.counter: Counter | None = None


class _Slots:
    """Gives constants their slots."""

    def __init__(self, ir: FuncIR) -> None:
        self.ir = ir
        self.known: dict[int, int] = {}
        self.cells: list[object] = []

    def of(self, word: i64) -> i64:
        """The slot of a source operand."""
        if word & 3 == SLOT:
            return word >> 2
        if word & 3 == POOLED:
            cell = self.ir.consts[word >> 2]
        else:
            cell = int(word >> 2) & M64
        return self.constant(cell)

    def constant(self, cell: int) -> i64:
        """The slot of a constant."""
        slot = self.known.get(cell)
        if slot is None:
            slot = self.ir.slot_count + len(self.cells)
            self.known[cell] = slot
            self.cells.append(cell)
        return slot


def prepare(
    instance: ModuleInst,
    index: int,
    ir: FuncIR,
    functions: list[Operation],
    counter: Counter | None,
) -> Code:
    """The code of a function of an instance; `functions` are those of the operations. With
    `counter` it counts what it executes."""
    code = Code(instance, index, ir)
    code.counter = counter
    slots = _Slots(ir)
    words = ir.words
    # the number that each IR instruction has here, where labels are left out
    numbers: list[i64] = []
    instrs: list[Instr] = []
    if counter is not None:
        instrs.append(Entry(counter, code).step(words[0] >> PLACE_SHIFT))
    for i in range(ir.count):
        numbers.append(len(instrs))
        at: i64 = i * WORDS
        op = words[at]
        number = op & OP_MASK
        kind = KINDS[number]
        if kind == k.LABEL:
            continue
        operation = IR_OPS[number]
        if operation is None or kind == 0:
            raise WasmError(f"interp: no such operation: {number}")
        # Loop heads are found as the targets of branches, so they are counted behind.
        if counter is not None and kind != k.LOOP:
            instrs.append(counter.step(number, op >> PLACE_SHIFT, kind in TAIL_CALLS))
        operands: list[i64] = [words[at + 1], words[at + 2], words[at + 3], words[at + 4]]
        ins = Instr(kind, 0, 0, 0, 0, functions[number], op >> PLACE_SHIFT)
        if kind == k.LOAD or kind == k.STORE:
            ins.number = int(operands[2]) & M64
        elif kind == k.STEP and number in LANE_ACCESSES:
            first = operands[3]
            ins.number = ir.consts[first] & M64
            operands[3] = ir.consts[first + 1]
            ins.lane = ir.consts[first + 2]
        for j in range(4):
            letter = operation.operands[j]
            if letter == "s":
                operands[j] = slots.of(operands[j])
            elif letter == "n" and (kind == k.BINARY or kind == k.TERNARY):  # lanes
                lanes = int(operands[j])
                operands[j] = slots.constant(ir.consts[lanes] if number == _SHUFFLE else lanes)
        ins.a = operands[0]
        ins.b = operands[1]
        ins.c = operands[2]
        ins.d = operands[3]
        instrs.append(ins)
        if counter is not None and kind == k.LOOP:
            instrs.append(counter.step(number, op >> PLACE_SHIFT, False))
    _link(code, instrs, numbers, ir)
    rest: list[object] = []
    for code_of_local in ir.local_types[ir.param_count :]:
        rest.append(None if is_ref(code_of_local) else 0)
    rest.extend([0] * (ir.slot_count - ir.local_count))
    rest.extend(slots.cells)
    code.rest = rest
    code.instrs = instrs
    code.cost = 1 + (ir.param_count + len(rest)) // SLOTS_PER_DEPTH
    code.ticks = 1 + len(instrs) // INSTRUCTIONS_PER_TICK
    return code


def _link(code: Code, instrs: list[Instr], numbers: list[i64], ir: FuncIR) -> None:
    """Turn labels into instruction numbers, and weigh the loops."""
    labels: list[i64] = [numbers[label] for label in ir.labels]
    code.targets = [labels[target] for target in ir.targets]
    for i in range(len(instrs)):
        ins = instrs[i]
        if ins.kind == k.BR_TABLE:
            for j in range(ins.c):
                _weigh(instrs, code.targets[ins.b + j], i)
        elif ins.kind in BRANCHES:
            ins.a = labels[ins.a]
            _weigh(instrs, ins.a, i)


def _weigh(instrs: list[Instr], target: i64, source: i64) -> None:
    """Give the loop head at a branch's target at least the weight of the way back to it."""
    if target <= source and instrs[target].kind == k.LOOP:
        weight = 1 + (source - target) // INSTRUCTIONS_PER_TICK
        if instrs[target].b < weight:
            instrs[target].b = weight


def spread(cells: list[object], codes: tuple[int, ...]) -> list[object]:
    """The slots of values of the given types."""
    slots: list[object] = []
    for i in range(len(codes)):
        slots.append(cells[i])
        if codes[i] == V128:
            slots.append(0)
    return slots


def gathered(slots: list[object], codes: tuple[int, ...]) -> list[object]:
    """The cells of values of the given types, which stand in slots."""
    cells: list[object] = []
    at = 0
    for code in codes:
        cells.append(slots[at])
        at += 2 if code == V128 else 1
    return cells


def slot_count(codes: tuple[int, ...]) -> int:
    """How many slots values of the given types have."""
    return len(codes) + codes.count(V128)
