"""Random vector code: every instruction of fixed-width SIMD, and of relaxed SIMD where wanted.

In: the function that is being written (`tools.generate_function`), to which it adds. Out: vectors
made by operations, shuffles, accesses and lanes; numbers taken from vectors; statements with more
vectors alive than there are registers.

All bits of a vector can be seen, so a NaN is made canonical behind whatever may make one, lane by
lane; behind a tree of float operations only once, or not at all where a comparison or a conversion
follows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.generate_values import FLOAT_TYPES, NUMBERS, Memory, Numeric, vector_constant
from zwasm.isa import BY_CODE
from zwasm.isa import row as r

if TYPE_CHECKING:
    from tools.generate_function import Function

FLOAT_SHAPES = ("f32x4", "f64x2")
SHAPES = (r.PLAIN, r.CONST, r.LOAD, r.STORE, r.LANE, r.SHUFFLE, r.LOAD_LANE, r.STORE_LANE)
COMPARISONS = "eq ne lt gt le ge".split()
# What gives no NaN but one whose bits are those of an operand, or a mask.
EXACT = [*COMPARISONS, *"abs neg pmin pmax splat replace_lane".split()]
# Operations that give NaNs where they would with other NaNs as operands, and else the same.
TREE = "add sub mul div min max sqrt ceil floor trunc nearest abs neg pmin pmax".split()
FUSED = ("relaxed_madd", "relaxed_nmadd")
HELPERS = "".join(
    f"""
(func $canon_{shape} (param v128) (result v128)
  (v128.bitselect (local.get 0) (v128.const {shape} {nans})
    ({shape}.eq (local.get 0) (local.get 0))))"""
    for shape, nans in (("f32x4", "nan nan nan nan"), ("f64x2", "nan nan"))
)


class VectorRows:
    """The vector instructions, by what they take and give."""

    def __init__(self, relaxed: bool) -> None:
        features = (r.SIMD, r.RELAXED_SIMD) if relaxed else (r.SIMD,)
        rows = [row for row in BY_CODE if row is not None and row.feature in features]
        found = {shape: [Numeric(row) for row in rows if row.shape == shape] for shape in SHAPES}
        if sum(map(len, found.values())) != len(rows):
            raise ValueError("there are vector instructions of a shape that nothing here makes")
        plain = found[r.PLAIN]
        lanes = found[r.LANE]
        self.operations = [row for row in plain if row.results == ["v128"]]
        self.binary = [row for row in self.operations if row.params == ["v128", "v128"]]
        self.replacing = [row for row in lanes if row.results == ["v128"]]
        # Those that give a number, and by its type.
        numbers = [row for row in plain + lanes if row.results != ["v128"]]
        self.numbers = numbers
        self.scalar = {code: [row for row in numbers if row.results == [code]] for code in NUMBERS}
        self.by_last = {
            code: [row for row in plain + lanes if row.params[-1] == code]
            for code in (*NUMBERS, "v128")
        }
        self.loads = found[r.LOAD]
        self.stores = found[r.STORE]
        self.lane_loads = found[r.LOAD_LANE]
        self.lane_stores = found[r.STORE_LANE]
        # Of float vectors, by their shape: what trees are made of, and what may end them.
        self.tree = {shape: named(plain, shape, TREE) for shape in FLOAT_SHAPES}
        self.comparisons = {shape: named(plain, shape, COMPARISONS) for shape in FLOAT_SHAPES}
        self.truncations = {
            shape: [row for row in plain if "trunc_" in row.name and f"_{shape}" in row.name]
            for shape in FLOAT_SHAPES
        }


def named(rows: list[Numeric], shape: str, names: list[str]) -> list[Numeric]:
    """The rows of a shape that have one of these names, relaxed or not."""
    wanted = {f"{shape}.{name}" for name in names}
    return [row for row in rows if row.name.replace("relaxed_", "") in wanted]


# By whether relaxed instructions are among them.
ROWS = {relaxed: VectorRows(relaxed) for relaxed in (False, True)}


def rows_of(f: Function) -> VectorRows:
    return ROWS[f.scope.relaxed != ""]


def may_give_nan(row: Numeric) -> bool:
    """Whether lanes of the result may be NaNs whose bits an engine chooses."""
    shape, _, name = row.name.partition(".")
    return (
        shape in FLOAT_SHAPES
        and row.results == ["v128"]
        and name not in EXACT
        and not name.startswith("convert")
    )


def canonical(f: Function, shape: str) -> None:
    """Make the bits of NaNs among the lanes on the stack the canonical ones."""
    if f.chance(0.4):
        f.emit(f"call $canon_{shape}")
        return
    f.emit("local.tee $v128")
    f.emit(f"v128.const {shape} {' '.join(['nan'] * int(shape[4]))}")
    for _ in range(2):
        f.emit("local.get $v128")
    f.emit(f"{shape}.eq")
    f.emit("v128.bitselect")


# Values.


def value(f: Function, kind: int, depth: int) -> None:
    """Push a vector; `kind` is a random number below 64."""
    rows = rows_of(f)
    rnd = f.rnd
    if kind < 34:
        operation(f, rnd.choice(rows.operations), depth)
    elif kind < 40:
        floats(f, depth)
    elif kind < 45:
        f.leaf("v128")
    elif kind < 51:
        memory = f.memory_choice()
        row = rnd.choice(rows.loads)
        f.address(memory, depth)
        f.emit(f"{row.name} {memarg(f, memory, row)}")
    elif kind < 54:
        memory = f.memory_choice()
        row = rnd.choice(rows.lane_loads)
        f.address(memory, depth)
        f.expr("v128", depth - 1)
        f.emit(f"{row.name} {memarg(f, memory, row)} {rnd.randrange(row.lanes)}")
    elif kind < 58:
        operation(f, rnd.choice(rows.replacing), depth)
    else:
        shuffle(f, depth)


def scalar(f: Function, code: str, depth: int) -> None:
    """Push a number that is taken from a vector: a lane, a mask, a test."""
    operation(f, f.rnd.choice(rows_of(f).scalar[code]), depth)


def operation(f: Function, row: Numeric, depth: int) -> None:
    """Operands and an instruction."""
    for position, code in enumerate(row.params):
        if position and code == "v128" == row.params[position - 1] and f.chance(0.1):
            f.emit("local.tee $v128")
            f.emit("local.get $v128")
        elif f.chance(0.2):
            f.constant(code)
        else:
            f.expr(code, depth - 1)
        if code in FLOAT_TYPES:
            f.canonical(code)
        if position < 2 and f.scope.relaxed == "deterministic" and row.name.endswith(FUSED):
            small(f, row.name[:5])
    instruction(f, row)


def small(f: Function, shape: str) -> None:
    """Make the lanes on the stack numbers whose products are exact, so that it cannot be seen
    whether a product is rounded before it is added."""
    f.emit(f"i32.const {20 if shape == 'f32x4' else 8}")
    f.emit("i32x4.shr_s")
    f.emit("f32x4.convert_i32x4_s" if shape == "f32x4" else "f64x2.convert_low_i32x4_s")


def instruction(f: Function, row: Numeric) -> None:
    """An instruction that has its operands on the stack, with canonical NaNs as its result."""
    f.emit(f"{row.name} {f.rnd.randrange(row.lanes)}" if row.lanes else row.name)
    if may_give_nan(row):
        canonical(f, row.name[:5])
    if row.results == ["v128"] and f.chance(0.1):
        f.emit("local.tee $v128")
        f.emit("local.get $v128")
        f.see("v128")


def floats(f: Function, depth: int) -> None:
    """Operations on floats, one on the other, and what hides the bits of their NaNs."""
    rows = rows_of(f)
    shape = f.rnd.choice(FLOAT_SHAPES)
    tree(f, shape, min(depth, 4))
    kind = f.rnd.random()
    if kind < 0.5:
        canonical(f, shape)
    elif kind < 0.75:
        tree(f, shape, min(depth - 1, 3))
        f.emit(f.rnd.choice(rows.comparisons[shape]).name)
    else:
        f.emit(f.rnd.choice(rows.truncations[shape]).name)


def tree(f: Function, shape: str, depth: int) -> None:
    f.budget -= 1
    if depth <= 0 or f.budget <= 0 or f.chance(0.1):
        kind = f.rnd.random()
        if kind < 0.4:
            f.emit(f"v128.const {vector_constant(f.rnd, shape)}")
        elif kind < 0.55:
            f.leaf("v128")
            f.emit("f32x4.convert_i32x4_s" if shape == "f32x4" else "f64x2.convert_low_i32x4_u")
        else:
            f.leaf("v128")
        return
    row = f.rnd.choice(rows_of(f).tree[shape])
    for _ in row.params:
        tree(f, shape, depth - 1)
    f.emit(row.name)


def pattern(rnd: random.Random) -> list[int]:
    """The lanes of a shuffle: any, or ones that compilers write, which engines know."""
    kind = rnd.randrange(10)
    width = rnd.choice((1, 2, 4, 8))
    count = 16 // width
    if kind == 0:
        return [rnd.randrange(32) for _ in range(16)]
    if kind == 1:  # one of the operands
        first = rnd.choice((0, 16))
        return list(range(first, first + 16))
    if kind == 2:  # the bytes from one on, over both
        first = rnd.randrange(17)
        return list(range(first, first + 16))
    if kind == 3:  # the same of one operand
        first, base = rnd.randrange(16), rnd.choice((0, 16))
        return [base + (first + i) % 16 for i in range(16)]
    if kind == 4:  # halves, interleaved
        start = rnd.choice((0, count // 2))
        lanes = [start + i // 2 + count * (i % 2) for i in range(count)]
    elif kind == 5:  # even or odd lanes of both
        odd = rnd.randrange(2)
        lanes = [2 * i + odd for i in range(count)]
    elif kind == 6:  # one lane everywhere
        lanes = [rnd.randrange(2 * count)] * count
    elif kind == 7:  # the lanes of one operand in another order
        base = rnd.choice((0, count))
        lanes = [base + rnd.randrange(count) for _ in range(count)]
    elif kind == 8:  # each lane of either
        lanes = [i + count * rnd.randrange(2) for i in range(count)]
    else:  # backwards, or half of the one and half of the other
        lanes = list(range(count))[::-1]
        if rnd.random() < 0.5:
            lanes = [rnd.randrange(count) for _ in range(count // 2)]
            lanes += [count + rnd.randrange(count) for _ in range(count // 2)]
    return [lane * width + i for lane in lanes for i in range(width)]


def shuffle(f: Function, depth: int) -> None:
    f.expr("v128", depth - 1)
    if f.chance(0.2):
        f.emit("local.tee $v128")
        f.emit("local.get $v128")
    else:
        f.expr("v128", depth - 1)
    f.emit(f"i8x16.shuffle {' '.join(map(str, pattern(f.rnd)))}")


def memarg(f: Function, memory: Memory, row: Numeric) -> str:
    align = f" align={1 << f.rnd.randrange(row.align + 1)}" if f.chance(0.3) else ""
    return f.memarg(memory) + align


# Statements.


def store(f: Function) -> None:
    """A store of a vector or of a lane."""
    rows = rows_of(f)
    row = f.rnd.choice(rows.stores if f.chance(0.5) else rows.lane_stores)
    memory = f.memory_choice()
    f.address(memory, 3)
    f.expr("v128", 3)
    lane = f" {f.rnd.randrange(row.lanes)}" if row.lanes else ""
    f.emit(f"{row.name} {memarg(f, memory, row)}{lane}")


def trial(f: Function) -> None:
    """An instruction on constants and locals, whose result is seen at once."""
    rows = rows_of(f)
    row = f.rnd.choice(f.rnd.choice((rows.operations, rows.numbers, rows.replacing)))
    operation(f, row, 0)
    f.see(row.results[0])


def crowd(f: Function, between: Callable[[Function], None]) -> None:
    """More vectors on the stack than there are registers, with numbers among them, and maybe a
    statement while they are there."""
    rnd = f.rnd
    kinds = rnd.choice((["v128"], ["v128"] * 4 + ["f64", "i32"]))
    stack = [rnd.choice(kinds) for _ in range(rnd.choice((4, 8, 12, 20)))]
    for code in stack:
        f.expr(code, rnd.choice((0, 0, 1, 2)))
    if f.chance(0.3):
        between(f)
    while len(stack) > 1:
        code = stack.pop()
        if code == stack[-1] == "v128" and f.chance(0.9):
            instruction(f, rnd.choice(rows_of(f).binary))
        else:
            f.assign(code)
    f.assign(stack.pop())


def step(f: Function, stack: list[str]) -> None:
    """An instruction on the top of the stack in a soup; its other operands may be there too."""
    row = f.rnd.choice(rows_of(f).by_last[stack[-1]])
    fused = row.name.endswith(FUSED) and f.scope.relaxed == "deterministic"
    if stack[-len(row.params) :] == row.params and not fused:
        del stack[-len(row.params) :]
        if row.params[-1] in FLOAT_TYPES:
            f.canonical(row.params[-1])
        instruction(f, row)
    else:
        operation(f, row, 1)
    stack.extend(row.results)
