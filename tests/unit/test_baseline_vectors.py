"""Every stencil of vector instructions, in every kind of operand, against the interpreter, on
every level that this machine has.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import pytest

from tests.unit.baseline_harness import (
    ACC,
    CELL,
    GLOBAL,
    MEMORY,
    SCRATCH,
    SMALL,
    WORD,
    F,
    G,
    Store,
    X,
    addresses,
    first_memory,
    offsets,
    reason_to_skip,
    signed,
)
from tests.unit.baseline_vectors import (
    FAR_SLOT,
    M64,
    M128,
    SLOTS,
    VC,
    WRITTEN,
    A,
    B,
    Equal,
    Input,
    N,
    Outcome,
    VectorBench,
    VectorFunction,
    levels,
    quiet_lanes,
    shape_of,
    vectors,
)
from zwasm.baseline import keys
from zwasm.baseline.keys import (
    FLOAT_KINDS,
    FLOAT_PLACES,
    FLOAT_SCRATCH,
    IMM,
    INT_PLACES,
    NUMBERS,
    PATTERNS,
    REG,
    SLOT,
    float_move,
)
from zwasm.baseline.stencil_ir import LEVELS
from zwasm.errors import Trap
from zwasm.instances.native import EXTENSION
from zwasm.interp import operations
from zwasm.isa.row import BY_CODE, BY_NAME, Row
from zwasm.types import F32, F64, I32, V128

pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=f"baseline: {reason_to_skip()}")

ROWS: Final = [row for row in BY_CODE if row is not None and keys.class_of(row)]
FAR: Final = 0x1_8000  # place of a global out of reach of small offsets
EACH: Final = 7  # inputs of a key, of a row's many

LEVEL_PARAMS: Final = [
    pytest.param(
        level,
        marks=pytest.mark.skipif(
            level not in levels(), reason=f"this processor lacks what {level} has"
        ),
    )
    for level in LEVELS
]
each_level = pytest.mark.parametrize("level", LEVEL_PARAMS)


def each_row(*kinds: int) -> pytest.MarkDecorator:
    found = [row for row in ROWS if keys.class_of(row) in kinds]
    return pytest.mark.parametrize("row", found, ids=lambda row: row.name)


class Variant:
    """A row's keys, the machine's own or the deterministic ones, and what they do."""

    def __init__(self, level: str, row: Row, deterministic: bool) -> None:
        self.row = row
        functions = operations.functions("" if deterministic else level)
        self.function: Callable[..., Any] = functions[row.opcode]
        self.base = NUMBERS.bases[row.opcode]
        self.count = keys.count_of(row)
        if keys.is_relaxed(row):
            self.count //= 2
            if deterministic:
                self.base += self.count
        self.turn = 0
        self.results: dict[tuple[int, ...], int] = {}

    def result(self, *operands: int) -> int:
        if operands not in self.results:
            self.results[operands] = self.function(*operands) & M128
        return self.results[operands]

    def take(self, values: Sequence[Any], count: int = EACH) -> Iterator[Any]:
        """The next of a row's operands."""
        for _ in range(count):
            yield values[self.turn % len(values)]
            self.turn += 1


def variants(level: str, row: Row) -> list[Variant]:
    made = [Variant(level, row, False)]
    if keys.is_relaxed(row):
        made.append(Variant(level, row, True))
    return made


def finish(bench: VectorBench, row: Row) -> None:
    bench.close(NUMBERS.bases[row.opcode], keys.count_of(row))


def equal_of(row: Row) -> Equal | None:
    """Which results are right besides the reference's: other NaNs where these may be."""
    name = row.name
    exact = ("abs", "neg", "pmin", "pmax", "lane", "splat", "eq", "ne", "lt", "gt", "le", "ge")
    if name[0] != "f" or name.split(".")[1] in exact or "lane" in name:
        return None
    return quiet_lanes(32 if name.startswith("f32x4") else 64)


def places(
    kind: int, target: int
) -> list[tuple[int, tuple[tuple[int, int], ...], tuple[int, ...]]]:
    """Where the second operand, argument b, can be: parameter, loads, large slots."""
    if kind == SLOT:
        near = SLOTS[B] * WORD
        return [(near, (), ()), (FAR_SLOT * WORD + near, (), (B,))]
    if kind == FLOAT_SCRATCH:
        return [(0, ((X if target == 0 else F, B),), ())]
    register = G + kind - REG
    return [(0, () if register == F + target else ((register, B),), ())]


def scratch(register: int) -> frozenset[int]:
    return frozenset({register} & SCRATCH)


@cache
def pairs(name: str) -> list[tuple[int, int]]:
    firsts = vectors(name, 40)
    found = list(itertools.product(firsts[:2], firsts[:2]))
    return found + list(zip(firsts, vectors(name, 40, "second"), strict=True))


def add_binary(
    bench: VectorBench,
    made: Variant,
    base: int,
    simple: bool,
    operation: Callable[[int, int], int],
) -> None:
    """All keys of a binary operation."""
    row = made.row
    values = pairs(row.name)
    for target, kind in itertools.product(range(FLOAT_PLACES if simple else 1), range(FLOAT_KINDS)):
        key = base + kind
        if target > 0:
            key = base + keys.FLOAT_REG + (target - 1) * FLOAT_KINDS + kind
        if not bench.asm.has(key):
            continue
        register = F + target
        options: dict[str, Any] = {"live": scratch(register), "equal": equal_of(row)}
        inputs: list[Input]
        if kind == IMM:
            for a, b in made.take(values, 4):
                others = [x for x, _ in made.take(values, 3)]
                inputs = [((x, b, 0, 0), {register: operation(x, b)}) for x in (a, *others)]
                loads: tuple[tuple[int, int], ...] = ((register, A),)
                bench.add_vector(row.name, key, loads=loads, constant_b=b, inputs=inputs, **options)
            continue
        for parameter, more, large in places(kind, target):
            same = target > 0 and kind == REG + target - 1
            inputs = [
                ((a, b, 5, 6), {register: operation(a, a if same else b)})
                for a, b in made.take(values)
            ]
            loads = ((register, A), *more)
            bench.add_vector(
                row.name, key, 0, parameter, loads=loads, large=large, inputs=inputs, **options
            )


@each_level
@each_row(keys.VECTOR_BINARY)
def test_binary(level: str, row: Row) -> None:
    bench = VectorBench(level)
    for made in variants(level, row):
        add_binary(bench, made, made.base, keys.is_simple(row), made.result)
    finish(bench, row)


def scalar_values(code: int) -> list[int]:
    return [value & M64 for value in vectors("f32x4" if code in (F32, F64) else "i32x4", 12)]


@each_level
@each_row(keys.VECTOR_UNARY)
def test_unary(level: str, row: Row) -> None:
    bench = VectorBench(level)
    code = row.params[0]
    floats = code in (F32, F64, V128)
    target = F if row.results[0] == V128 else ACC
    for made in variants(level, row):
        inputs: list[Input] = []
        for a in vectors(row.name, 30):
            operand = a
            if code in (F32, I32):
                operand = a & 0xFFFF_FFFF
            elif code != V128:
                operand = a & M64
            args = (a, 0, 0, signed(a)) if floats else (0, 0, 0, operand)
            inputs.append((args, {target: made.result(operand)}))
        for place in range(FLOAT_PLACES if floats else INT_PLACES):
            bench.add_vector(
                row.name,
                made.base + place,
                loads=((F + place, A) if floats else (place, N),),
                live=scratch(target) | scratch(F + place if floats else place) & {target},
                inputs=inputs if place < 2 else inputs[place::3],
                equal=equal_of(row),
            )
    finish(bench, row)


@each_level
@each_row(keys.VECTOR_TERNARY)
def test_ternary(level: str, row: Row) -> None:
    bench = VectorBench(level)
    values = [
        (*both, third)
        for both, third in zip(pairs(row.name)[:40], vectors(row.name, 40, "third"), strict=True)
    ]
    near = SLOTS[VC] * WORD
    for made in variants(level, row):
        options: dict[str, Any] = {"live": frozenset({F}), "equal": equal_of(row)}
        for kind in range(keys.VECTOR_KINDS):
            key = made.base + kind
            if not bench.asm.has(key):
                continue
            loads: tuple[tuple[int, int], ...] = ((F, A), (X, B))
            inputs: list[Input]
            if kind == IMM:
                for _, _, c in made.take(values, 6):
                    inputs = [
                        ((a, b, 1, 2), {F: made.result(a, b, c)}) for a, b, _ in made.take(values)
                    ]
                    bench.add_vector(
                        row.name, key, loads=loads, constant_b=c, inputs=inputs, **options
                    )
                continue
            inputs = [
                ((a, b, c, 0), {F: made.result(a, b, c)}) for a, b, c in made.take(values, 20)
            ]
            if kind == SLOT:
                bench.add_vector(row.name, key, 0, near, loads=loads, inputs=inputs, **options)
                far = FAR_SLOT * WORD + near
                bench.add_vector(
                    row.name, key, 0, far, loads=loads, large=(VC,), inputs=inputs, **options
                )
                continue
            loads = (*loads, (G + kind - REG, VC))
            bench.add_vector(row.name, key, loads=loads, inputs=inputs, **options)
    finish(bench, row)


@each_level
@each_row(keys.VECTOR_SHIFT)
def test_shift(level: str, row: Row) -> None:
    bench = VectorBench(level)
    (made,) = variants(level, row)
    width, _ = shape_of(row.name)
    values = vectors(row.name, 12)
    counts = (0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 0x7FFF_FFFF, 0x8000_0001, 0xFFFF_FFFF)
    inputs: list[Input] = [
        ((a, 0, 0, count), {F: made.result(a, count)})
        for a, count in itertools.product(values, counts)
    ]
    loads: tuple[tuple[int, int], ...] = ((F, A), (ACC, N))
    bench.add_vector(row.name, made.base, loads=loads, live=frozenset({F}), inputs=inputs)
    for place in range(FLOAT_PLACES):
        key = made.base + keys.SHIFT_IMM + place
        if not bench.asm.has(key):
            continue
        for count in range(width):
            inputs = [
                ((a, 0, 0, 0), {F + place: made.result(a, count)}) for a in made.take(values, 4)
            ]
            loads = ((F + place, A),)
            live = scratch(F + place)
            bench.add_vector(row.name, key, count, loads=loads, live=live, inputs=inputs)
    finish(bench, row)


@each_level
@each_row(keys.EXTRACT)
def test_extract(level: str, row: Row) -> None:
    bench = VectorBench(level)
    (made,) = variants(level, row)
    code = row.results[0]
    target = F if code in (F32, F64) else ACC
    bits = {F: 0xFFFF_FFFF if code == F32 else M64} if target == F else {}
    for lane, place in itertools.product(range(row.lanes), range(FLOAT_PLACES)):
        inputs: list[Input] = [
            ((a, 0, 0, 0), {target: made.result(a, lane)}) for a in made.take(vectors(row.name, 15))
        ]
        bench.add_vector(
            row.name,
            made.base + lane * FLOAT_PLACES + place,
            loads=((F + place, A),),
            live=frozenset({target}) | scratch(F + place) & {target},
            bits=bits,
            inputs=inputs,
        )
    finish(bench, row)


@each_level
@each_row(keys.REPLACE)
def test_replace(level: str, row: Row) -> None:
    bench = VectorBench(level)
    (made,) = variants(level, row)
    code = row.params[1]
    narrow = 0xFFFF_FFFF if code in (I32, F32) else M64
    for lane in range(row.lanes):
        inputs: list[Input] = []
        for a, b in made.take(pairs(row.name), 12):
            number = b & narrow
            args = (a, b, 0, signed(b) if code in (F32, F64) else signed(number))
            inputs.append((args, {F: made.result(a, number, lane)}))
        loads = ((F, A), (X, B) if code in (F32, F64) else (ACC, N))
        bench.add_vector(
            row.name, made.base + lane, loads=loads, live=frozenset({F}), inputs=inputs
        )
    finish(bench, row)


# Shuffles.


def shuffled(lanes: Sequence[int]) -> Callable[[int, int], int]:
    number = int.from_bytes(bytes(lanes), "little")
    function: Any = operations.FUNCTIONS[BY_NAME["i8x16.shuffle"].opcode]
    return lambda a, b: function(a, b, number)


@each_level
def test_shuffle(level: str) -> None:
    bench = VectorBench(level)
    row = BY_NAME["i8x16.shuffle"]
    (made,) = variants(level, row)
    source = random.Random(row.name)
    orders = [list(range(16)), list(range(15, -1, -1)), [0] * 16, [15] * 16]
    orders += [[source.randrange(16) for _ in range(16)] for _ in range(6)]
    for place, lanes in itertools.product(range(FLOAT_PLACES), orders):
        operation = shuffled(lanes)
        inputs: list[Input] = [
            ((a, 0, 0, 0), {F: operation(a, 0)}) for a, _ in made.take(pairs(row.name), 3)
        ]
        number = int.from_bytes(bytes(lanes), "little")
        bench.add_vector(
            row.name,
            made.base + place,
            loads=((F + place, A),),
            live=frozenset({F}),
            constant_b=number,
            inputs=inputs,
        )
    orders = [[(i + n) % 32 for i in range(16)] for n in (0, 8, 16, 24)]
    orders += [[source.randrange(32) for _ in range(16)] for _ in range(30)]
    for lanes in orders:
        operation = shuffled(lanes)
        inputs = [((a, b, 0, 0), {F: operation(a, b)}) for a, b in made.take(pairs(row.name), 3)]
        first = int.from_bytes(bytes(n if n < 16 else 0x80 for n in lanes), "little")
        second = int.from_bytes(bytes(n - 16 if n >= 16 else 0x80 for n in lanes), "little")
        if level == "aarch64":
            first, second = int.from_bytes(bytes(lanes), "little"), 0
        bench.add_vector(
            row.name,
            made.base + keys.SHUFFLE_TWO,
            loads=((F, A), (X, B)),
            live=frozenset({F}),
            constant_b=first,
            constant_a=second,
            inputs=inputs,
        )
    for i, pattern in enumerate(PATTERNS):
        base = made.base + keys.SHUFFLE_KNOWN + i * FLOAT_KINDS
        add_binary(bench, made, base, False, shuffled(pattern))
    finish(bench, row)


# Memory.


def loaded(row: Row, offset: int) -> list[tuple[int, Any]]:
    """Addresses with what a load from there, at an offset, gives."""
    function: Any = operations.FUNCTIONS[row.opcode]
    found: list[tuple[int, Any]] = []
    for address in addresses(offset, 1 << row.align):
        try:
            found.append((address, function(first_memory(), address + offset)))
        except Trap as trap:
            found.append((address, trap.code))
    return found


@each_level
@each_row(keys.VECTOR_LOAD)
def test_load(level: str, row: Row) -> None:
    bench, base = VectorBench(level), NUMBERS.bases[row.opcode]
    known: dict[int, list[tuple[int, Any]]] = {}
    turn = 0
    for place, address in itertools.product(range(FLOAT_PLACES), range(INT_PLACES)):
        turn += 1
        for offset in offsets(turn):
            if offset not in known:
                known[offset] = loaded(row, offset)
            target = F + place
            inputs: list[Input] = [
                ((1, 2, 3, at), {target: result} if isinstance(result, int) else result)
                for at, result in known[offset]
            ]
            bench.add_vector(
                row.name,
                base + place * INT_PLACES + address,
                offset,
                loads=((address, N),),
                live=scratch(target),
                inputs=inputs,
            )
    start = int(first_memory().storage.address)
    inputs = [
        ((1, 2, 3, start + at), {F: result}) for at, result in known[0] if isinstance(result, int)
    ]
    bench.add_vector(
        row.name,
        base + keys.FLOAT_LOAD_RAW,
        loads=((ACC, N),),
        live=frozenset({F}),
        inputs=inputs,
    )
    finish(bench, row)


def run_stores(
    bench: VectorBench, functions: Sequence[tuple[list[VectorFunction], Sequence[Store]]]
) -> None:
    bench.write()
    for added, stores in functions:
        for function in added:
            for (args, outcome), made in zip(function.inputs, stores, strict=True):
                function.check(args, outcome)
                made.check(function.name)


@each_level
@each_row(keys.VECTOR_STORE)
def test_store(level: str, row: Row) -> None:
    bench, base = VectorBench(level), NUMBERS.bases[row.opcode]
    values = vectors(row.name, 20)
    functions: list[tuple[list[VectorFunction], list[Store]]] = []
    start = int(first_memory().storage.address)
    turn = 0
    for place, address in (*itertools.product(range(FLOAT_PLACES), range(INT_PLACES)), (-1, ACC)):
        turn += 1
        for offset in offsets(turn) if place >= 0 else [0]:
            inputs: list[Input] = []
            stores = []
            for i, at in enumerate(addresses(offset, 1 << row.align)):
                value = values[(turn + i) % len(values)]
                made = Store(row, at + offset, value)
                if place < 0 and made.trap is not None:
                    continue
                stores.append(made)
                number = at if place >= 0 else start + at
                inputs.append(((value, 0, 0, number), {} if made.trap is None else made.trap))
            key = base + (place * INT_PLACES + address if place >= 0 else keys.FLOAT_STORE_RAW)
            loads = ((address, N), (F + max(place, 0), A))
            added = bench.add_vector(row.name, key, offset, loads=loads, inputs=inputs)
            functions.append((added, stores))
    run_stores(bench, functions)
    bench.check_forms(base, keys.count_of(row))


@each_level
@each_row(keys.LOAD_LANE, keys.STORE_LANE)
def test_lane_access(level: str, row: Row) -> None:
    """A lane of f, at a host's address in acc."""
    bench, base = VectorBench(level), NUMBERS.bases[row.opcode]
    start = int(first_memory().storage.address)
    width = 8 << row.align
    ones = (1 << width) - 1
    narrow = str(width) if width < 64 else ""
    plain = BY_NAME[f"i64.store{narrow}"]
    functions: list[tuple[list[VectorFunction], list[Store]]] = []
    for lane in range(row.lanes):
        inputs: list[Input] = []
        stores = []
        shift = lane * width
        for (at, number), a in zip(loaded_lanes(width), vectors(row.name, 8), strict=False):
            outcome: Outcome = {}
            if row.results:
                outcome = {F: a & ~(ones << shift) | number << shift}
            else:
                stores.append(Store(plain, at, a >> shift & ones))
            inputs.append(((a, 0, 0, start + at), outcome))
        live = frozenset({F}) if row.results else frozenset[int]()
        loads = ((F, A), (ACC, N))
        added = bench.add_vector(row.name, base + lane, loads=loads, live=live, inputs=inputs)
        functions.append((added, stores))
    if row.results:
        finish(bench, row)
    else:
        run_stores(bench, functions)
        bench.check_forms(base, keys.count_of(row))


def loaded_lanes(width: int) -> list[tuple[int, int]]:
    """Addresses with the numbers that are there."""
    data = first_memory().data
    size = width // 8
    places = (0, 1, 15, 0xFFD, 0x1FF0, 0x8000_0000, MEMORY - size)
    return [(at, int.from_bytes(data[at : at + size], "little")) for at in places]


@each_level
def test_host_address(level: str) -> None:
    bench = VectorBench(level)
    start = int(first_memory().storage.address)
    numbers = (0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
    for place, offset in itertools.product(range(INT_PLACES), (0, 1, 127, 128, 4095, 0x7FFF_FFFF)):
        inputs: list[Input] = [
            ((1, 2, 3, number), {ACC: start + number + offset}) for number in numbers
        ]
        loads: tuple[tuple[int, int], ...] = ((F, A), (X, B), (place, N))
        bench.add_vector(
            "address",
            keys.HOST_ADDRESS + place,
            offset,
            loads=loads,
            live=SCRATCH,
            inputs=inputs,
        )
    bench.close(keys.HOST_ADDRESS, INT_PLACES)


# What belongs to no row.

VALUES: Final = (0, M128, 1 << 127, 1, *vectors("i32x4", 8)[2:], *vectors("f64x2", 6)[2:])


@each_level
def test_moves(level: str) -> None:
    """Scratch registers keep their values, and moves are of all 128 bits."""
    bench = VectorBench(level)
    for dst in range(keys.FLOAT_MOVE_TARGETS):
        target = F + dst
        inputs: list[Input] = [((v, ~v & M128, 0, 0), {target: v}) for v in VALUES]
        for at, large in ((0, ()), (FAR_SLOT * WORD, (A,))):
            key = keys.VECTOR_LOAD_SLOT + dst
            bench.add_vector("load", key, at, large=large, live=SCRATCH, inputs=inputs)
        odd: list[Input] = [
            ((v << 64 & M128, v >> 64, 0, 0), {target: v}) for v in VALUES
        ]  # a slot that is no multiple of 16 bytes from the frame's start
        bench.add_vector("load", keys.VECTOR_LOAD_SLOT + dst, WORD, live=SCRATCH, inputs=odd)
        for v in VALUES:
            same: list[Input] = [((1, 2, 3, 4), {target: v})]
            key = keys.VECTOR_CONSTANT + dst
            bench.add_vector("const", key, live=SCRATCH, constant_a=v, inputs=same)
        zero: list[Input] = [((1, 2, 3, 4), {target: 0})]
        bench.add_vector("zero", keys.VECTOR_ZERO + dst, live=SCRATCH, inputs=zero)
        for source in range(REG, keys.FLOAT_MOVE_SOURCES):
            register = {FLOAT_SCRATCH: F, FLOAT_SCRATCH + 1: X}.get(source, G + source - REG)
            key = float_move(dst, source, 1)
            if bench.asm.has(key):
                bench.add_vector("move", key, loads=((register, A),), live=SCRATCH, inputs=inputs)
    near = SLOTS[VC] * WORD
    for place, fetch in itertools.product(range(FLOAT_PLACES), (-1, FAR_SLOT * WORD + near)):
        inputs = [((v, 0, ~v & M128, 0), {WRITTEN: v}) for v in VALUES]
        at = near if fetch < 0 else fetch
        bench.add_vector(
            "store",
            keys.VECTOR_STORE_SLOT + place,
            0,
            at,
            loads=((F + place, A),),
            live=SCRATCH,
            fetch=fetch,
            inputs=inputs,
        )
    bench.close(keys.VECTOR_LOAD_SLOT, keys.VECTOR_GLOBAL_GET - keys.VECTOR_LOAD_SLOT)


@each_level
def test_select(level: str) -> None:
    bench = VectorBench(level)
    inputs: list[Input] = [
        ((v, ~v & M128, 0, condition), {F: v if condition else ~v & M128})
        for v, condition in itertools.product(VALUES, (0, 1, 2, 0x8000_0000, 0xFFFF_FFFF, 0x100))
    ]
    loads = ((F, A), (X, B), (ACC, N))
    bench.add_vector("select", keys.FLOAT_SELECT, loads=loads, live=frozenset({F}), inputs=inputs)
    bench.close(keys.FLOAT_SELECT, 1)


@each_level
@pytest.mark.parametrize("far", [False, True])
def test_globals(level: str, far: bool) -> None:
    bench = VectorBench(level)
    cells = {}
    for at in (SMALL, FAR):
        cells[at] = EXTENSION.Cell(False, 0)
        if far:
            bench.context.set_pointer(at + CELL, cells[at])
        else:
            bench.context.adopt(at + GLOBAL, cells[at])
    get = keys.FAR_VECTOR_GLOBAL_GET if far else keys.VECTOR_GLOBAL_GET
    made: list[tuple[int, bool, list[VectorFunction]]] = []
    for at, sets in itertools.product(cells, (False, True)):
        inputs: list[Input] = [((v, 0, 0, 0), {} if sets else {F: v}) for v in VALUES]
        offset = at + (CELL if far else GLOBAL)
        loads = ((F, A),) if sets else ()
        key = get + 1 if sets else get
        added = bench.add_vector("g", key, offset, loads=loads, live=SCRATCH, inputs=inputs)
        made.append((at, sets, added))
    bench.write()
    for at, sets, functions in made:
        for function in functions:
            for args, outcome in function.inputs:
                cells[at].value = ~args[0] & M128 if sets else args[0]
                function.check(args, outcome)
                assert cells[at].value & M128 == args[0]
    bench.check_forms(get, 2)
