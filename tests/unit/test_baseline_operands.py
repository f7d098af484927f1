"""Every stencil by row, with boundary operands in every kind of operand, against the interpreter.

The stencils that belong to no row are in `test_baseline_families`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import pytest

from tests.unit.baseline_harness import (
    ACC,
    BASE,
    LARGE_SLOT,
    WORD,
    Bench,
    C,
    F,
    Function,
    G,
    H,
    Input,
    Outcome,
    Store,
    addresses,
    check,
    first_memory,
    meaning,
    offsets,
    reason_to_skip,
    signed,
    signed32,
    unique,
)
from zwasm.baseline import keys
from zwasm.baseline.abi import NG, NH
from zwasm.baseline.keys import (
    FLOAT_KINDS,
    FLOAT_PLACES,
    FLOAT_SCRATCH,
    IMM,
    INT_KINDS,
    INT_PLACES,
    INT_SCRATCH,
    NUMBERS,
    PLACE_SLOT,
    REG,
    SLOT,
)
from zwasm.errors import Trap, TrapCode
from zwasm.interp import floats
from zwasm.isa.row import BY_CODE, Row
from zwasm.types import F32, F64, I32

needs_code = pytest.mark.skipif(bool(reason_to_skip()), reason=f"baseline: {reason_to_skip()}")

ROWS: Final = [row for row in BY_CODE if row is not None and NUMBERS.kinds[row.opcode]]


def rows_of(*kinds: int) -> list[Any]:
    return [pytest.param(row, id=row.name) for row in ROWS if NUMBERS.kinds[row.opcode] in kinds]


def result_of(row: Row, *operands: int) -> int | TrapCode:
    try:
        return signed(meaning(row)(*operands))
    except Trap as trap:
        return trap.code


# Operands.


def int_values(width: int) -> list[int]:
    top = 1 << (width - 1)
    values = [0, 1, -1, top, top - 1, 2, 3, -2, -3, 7, -7, top + 1, top - 2]
    values += [width - 1, width, width + 1, 2 * width - 1, -width, 0x7F, 0x80, 0xFF, 0x100]
    values += [0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x1234_5678, 0x9ABC_DEF0, 0x5555_5555]
    if width == 64:
        values += [0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, -(1 << 31), -(1 << 32)]
        values += [0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0xAAAA_AAAA_5555_5555]
    return unique(value & ((1 << width) - 1) for value in values)


def immediates(turn: int) -> list[int]:
    """Immediates around the limits of all fields, and one that takes turns."""
    always = [0, 1, -1, 127, 128, -128, -129, 4095, 4096, 0xFFFF, 0x1_0000]
    always += [0x7FFF_FFFF, -0x8000_0000]
    others = [2, -2, 31, 32, 33, 63, 64, 65, 255, 256, -255, -256, -4095, -4096, -0x1_0000]
    others += [0x7FFF, 0x8000, -0x8000, -0x8001, 0xFFF_F000, 0x1234_5678, 0x5555_5555, -0x1_0001]
    return [*always, others[turn % len(others)], others[(turn * 7 + 3) % len(others)]]


def float_values(width: int) -> list[int]:
    """Bits of floats: zeros, limits of all kinds, NaNs of all kinds."""
    mantissa = 23 if width == 32 else 52
    exponents = (1 << (width - 1 - mantissa)) - 1
    infinity = exponents << mantissa
    bias = exponents >> 1
    ones = (1 << mantissa) - 1
    values = [0, 1, ones, 1 << mantissa, infinity - 1, infinity]  # up to the largest
    values += [infinity | 1 << (mantissa - 1), infinity | 3 << (mantissa - 2) | 5]  # quiet
    values += [infinity | 1, infinity | 1 << (mantissa - 2) | 9]  # signalling
    for power in (-1, 0, 1, mantissa - 1, mantissa):
        values += [bias + power << mantissa, (bias + power << mantissa) + 1]
    values += [(bias << mantissa) - 1, (bias << mantissa) | 1 << (mantissa - 1)]  # below 1, 1.5
    values += [(bias + 1 << mantissa) | 1 << (mantissa - 2)]  # 2.5
    values += [(bias << mantissa) | ones & 0x5A5A_5A5A_5A5A_5A5A]
    return unique(itertools.chain(values, (value | 1 << (width - 1) for value in values)))


def conversion_values(width: int) -> list[int]:
    """Bits of floats around the limits of integers."""
    bits = floats.f32_bits if width == 32 else floats.f64_bits
    values = []
    for power in (0, 7, 8, 15, 16, 24, 31, 32, 52, 53, 62, 63, 64):
        for extra in (0.0, 0.5, 1.0, -0.5, -1.0):
            near = bits(float(1 << power) + extra)
            values += [near - 1, near, near + 1]
    top = 1 << (width - 1)
    values = [value & (top - 1) for value in values]
    return unique(itertools.chain(values, (value | top for value in values)))


def rounding_values(width: int) -> list[int]:
    """Integers that floats do not represent: halves of the last place and their neighbours."""
    values = []
    for precision in (24, 53):
        for length in range(precision + 1, width + 1):
            half = 1 << (length - precision - 1)
            for kept in (1 << (precision - 1), (1 << precision) - 1, (1 << (precision - 1)) + 1):
                number = kept << (length - precision)
                values += [number + half - 1, number + half, number + half + 1, -number - half]
    return [value & ((1 << width) - 1) for value in values]


def is_float(code: int) -> bool:
    return code in (F32, F64)


def width_of(code: int) -> int:
    return 32 if code in (I32, F32) else 64


def word(code: int, value: int) -> int:
    """A value as a slot holds it: behind an f32 may be anything."""
    return signed(value | 0x7B00_BAD0 << 32 if code == F32 else value)


@cache
def values_of(code: int) -> tuple[int, ...]:
    width = width_of(code)
    return tuple(float_values(width) if is_float(code) else int_values(width))


@cache
def pairs_of(code: int) -> tuple[tuple[int, int], ...]:
    return tuple(itertools.product(values_of(code), values_of(code)))


@cache
def first_pairs(code: int) -> tuple[tuple[int, int], ...]:
    """Pairs that every key is tested with; of floats one with a quiet NaN, one with a loud."""
    width = width_of(code)
    ones, top = (1 << width) - 1, 1 << (width - 1)
    if not is_float(code):
        return ((0, 0), (top, ones), (ones, 0), (top, top - 1), (7, ones - 2), (1, width))
    one, infinity = (0x3F80_0000, floats.F32_INF) if width == 32 else (0x3FF << 52, floats.F64_INF)
    quiet, loud = infinity | infinity >> 1 | 5, infinity | 9
    ordered = ((one, infinity), (infinity, one), (infinity | top, one), (one, one))
    return (*ordered, (0, top), (top, 0), (one, quiet), (loud, one), (infinity, infinity))


STRIDE: Final = 1009  # prime, so that all pairs have their turn


class Turns:
    """Which pairs a key is tested with: some always, and of all others each key takes the next."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.code = row.params[0]
        self.pairs = pairs_of(self.code)
        self.at = 0
        self.results: dict[tuple[int, int], int | TrapCode] = {}

    def result(self, a: int, b: int) -> int | TrapCode:
        if (a, b) not in self.results:
            self.results[a, b] = result_of(self.row, a, b)
        return self.results[a, b]

    def take(self, count: int) -> Iterator[tuple[int, int]]:
        yield from first_pairs(self.code)
        for _ in range(count):
            yield self.pairs[self.at]
            self.at = (self.at + STRIDE) % len(self.pairs)

    def inputs(self, target: int, same: bool, count: int = 12) -> list[Input]:
        """Inputs for a key with two operands, which with `same` are one register."""
        if same:
            values = values_of(self.code)
            return [self.input(value, value, target) for value in values]
        return [self.input(a, b, target) for a, b in self.take(count)]

    def with_constant(self, constant: int, target: int) -> list[Input]:
        ones = (1 << width_of(self.code)) - 1
        near = (constant, constant - 1, constant + 1) if not is_float(self.code) else (constant,)
        values = [value & ones for value in near]
        values += [a for a, _ in self.take(5)]
        return [self.input(value, constant & ones, target) for value in values]

    def input(self, a: int, b: int, target: int) -> Input:
        result = self.result(a, b)
        outcome: Outcome = result if isinstance(result, TrapCode) else {target: result}
        return (word(self.code, a), word(self.code, b), 0), outcome


def accepts_nan(row: Row, target: int) -> Callable[..., bool] | None:
    """Whether a result is a NaN that the specification allows (section 4.3.3, NaN propagation):
    where all NaNs that went in are canonical a canonical one, else an arithmetic one, of any
    sign. None where every bit of the result is determined."""
    operation = row.name.split(".")[1]
    if not row.results or not is_float(row.results[0]):
        return None
    if operation in ("abs", "neg", "copysign") or not is_float(row.params[0]):
        return None
    code = row.results[0]

    def accept(
        args: tuple[int, int, int], expected: tuple[int, ...], found: tuple[int, ...]
    ) -> bool:
        at = BASE + target
        if found[:at] + found[at + 1 :] != expected[:at] + expected[at + 1 :]:
            return False
        operands = [args[i] & ((1 << width_of(row.params[0])) - 1) for i in range(2)]
        plain = all(
            canonical(row.params[0], value) for value in operands if is_nan(row.params[0], value)
        )
        allowed = canonical if plain else arithmetic
        return is_nan(code, expected[at]) and allowed(code, found[at])

    return accept


def is_nan(code: int, bits: int) -> bool:
    if code == F32:
        return bits & 0x7FFF_FFFF > floats.F32_INF
    return bits & floats.F64_MAGNITUDE > floats.F64_INF


def canonical(code: int, bits: int) -> bool:
    if code == F32:
        return bits & 0x7FFF_FFFF == floats.F32_NAN
    return bits & floats.F64_MAGNITUDE == floats.F64_NAN


def arithmetic(code: int, bits: int) -> bool:
    nan = floats.F32_NAN if code == F32 else floats.F64_NAN
    return bits & nan == nan


Operand = tuple[int, tuple[tuple[int, int], ...], tuple[int, ...]]  # parameter, loads, large slots


def int_operands(kind: int, place: int) -> list[Operand]:
    """Where the second operand, argument 1, can be, but for constants."""
    if kind == SLOT:
        return [(WORD, (), ()), ((LARGE_SLOT + 1) * WORD, (), (1,))]
    if kind == INT_SCRATCH:
        return [(0, ((C if place == 0 else ACC, 1),), ())]
    register = H + kind - REG
    return [(0, () if register == place else ((register, 1),), ())]


def float_operands(kind: int, place: int) -> list[Operand]:
    if kind == SLOT:
        return [(WORD, (), ()), ((LARGE_SLOT + 1) * WORD, (), (1,))]
    if kind == FLOAT_SCRATCH:
        return [(0, ((F + NG + 1 if place == 0 else F, 1),), ())]
    register = G + kind - REG
    return [(0, () if register == F + place else ((register, 1),), ())]


def finish(bench: Bench, row: Row) -> None:
    """Run everything; every form of the row's stencils must have been part of it."""
    bench.write()
    assert bench.run() > 0
    bench.check_forms(NUMBERS.bases[row.opcode], keys.count_of(row))


# Integers.


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.INT_BINARY))
def test_int_binary(row: Row) -> None:
    bench, turns, base = Bench(), Turns(row), NUMBERS.bases[row.opcode]
    for place, kind in itertools.product(range(INT_PLACES), range(INT_KINDS)):
        key = base + kind
        if place > 0:
            key = base + keys.BINARY_REG + (place - 1) * INT_KINDS + kind
        if not bench.asm.has(key):
            continue
        live = frozenset({ACC}) if place == 0 else frozenset[int]()
        first = ((place, 0),)
        if kind == IMM:
            for value in immediates(key):
                inputs = turns.with_constant(value, place)
                bench.add(row.name, key, 0, value, loads=first, live=live, inputs=inputs)
            continue
        for parameter, loads, large in int_operands(kind, place):
            same = place > 0 and kind == REG + place - 1
            inputs = turns.inputs(place, same)
            bench.add(
                row.name,
                key,
                0,
                parameter,
                loads=first + loads,
                large=large,
                live=live,
                inputs=inputs,
            )
    finish(bench, row)


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.INT_COMPARE))
def test_int_compare(row: Row) -> None:
    bench, turns, base = Bench(), Turns(row), NUMBERS.bases[row.opcode]
    live = frozenset({ACC})
    for kind in range(INT_KINDS):
        if kind == IMM:
            for value in immediates(kind):
                inputs = turns.with_constant(value, ACC)
                bench.add(
                    row.name, base + kind, 0, value, loads=((ACC, 0),), live=live, inputs=inputs
                )
            continue
        for parameter, loads, large in int_operands(kind, 0):
            bench.add(
                row.name,
                base + kind,
                0,
                parameter,
                loads=((ACC, 0), *loads),
                large=large,
                live=live,
                inputs=turns.inputs(ACC, False, 24),
            )
    for place, kind in itertools.product(range(INT_PLACES + 1), range(INT_KINDS)):
        key = base + keys.COMPARE_BRANCH + place * INT_KINDS + kind
        for a, first, large in first_operands(place):
            if kind == IMM:
                for value in immediates(key):
                    inputs = turns.with_constant(value, ACC)
                    bench.add_branch(
                        row.name, key, a, value, loads=first, large=large, inputs=inputs
                    )
                continue
            for b, loads, more in int_operands(kind, place):
                same = first == ((H + kind - REG, 0),) and not loads and kind != SLOT
                bench.add_branch(
                    row.name,
                    key,
                    a,
                    b,
                    loads=first + loads,
                    large=large + more,
                    inputs=turns.inputs(ACC, same, 6),
                )
    finish(bench, row)


def first_operands(place: int) -> list[Operand]:
    """Where the first operand of a branch, argument 0, can be."""
    if place == PLACE_SLOT:
        return [(0, (), ()), (LARGE_SLOT * WORD, (), (0,))]
    return [(0, ((place, 0),), ())]


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.INT_TEST))
def test_int_test(row: Row) -> None:
    bench, base = Bench(), NUMBERS.bases[row.opcode]
    live = frozenset({ACC})
    values = values_of(row.params[0])
    zero: list[Input] = [((signed(v), 0, 0), {ACC: int(v == 0)}) for v in values]
    nonzero: list[Input] = [((signed(v), 0, 0), {ACC: int(v != 0)}) for v in values]
    bench.add(row.name, base, loads=((ACC, 0),), live=live, inputs=zero)
    for place in range(INT_PLACES + 1):
        for a, loads, large in first_operands(place):
            for key, inputs in ((keys.TEST_ZERO, zero), (keys.TEST_NONZERO, nonzero)):
                bench.add_branch(
                    row.name, base + key + place, a, loads=loads, large=large, inputs=inputs
                )
    finish(bench, row)


# Floats.


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.FLOAT_BINARY))
def test_float_binary(row: Row) -> None:
    bench, turns, base = Bench(), Turns(row), NUMBERS.bases[row.opcode]
    for place, kind in itertools.product(range(FLOAT_PLACES), range(FLOAT_KINDS)):
        key = base + kind
        if place > 0:
            key = base + keys.FLOAT_REG + (place - 1) * FLOAT_KINDS + kind
        if not bench.asm.has(key):
            continue
        target = F + place
        options: dict[str, Any] = {
            "live": frozenset({F}) if place == 0 else frozenset(),
            "narrow": target if row.results[0] == F32 else -1,
            "accept": accepts_nan(row, target),
        }
        first = ((target, 0),)
        if kind == IMM:
            for bits in constants(row.params[0], key):
                inputs = turns.with_constant(bits, target)
                bench.add(row.name, key, 0, signed(bits), loads=first, inputs=inputs, **options)
            continue
        for parameter, loads, large in float_operands(kind, place):
            inputs = turns.inputs(target, place > 0 and kind == REG + place - 1, 24)
            bench.add(
                row.name,
                key,
                0,
                parameter,
                loads=first + loads,
                large=large,
                inputs=inputs,
                **options,
            )
    finish(bench, row)


def constants(code: int, turn: int) -> list[int]:
    """Some float constants, taking turns."""
    values = values_of(code)
    return [values[(turn * 5 + i * 11) % len(values)] for i in range(5)]


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.FLOAT_COMPARE))
def test_float_compare(row: Row) -> None:
    bench, turns, base = Bench(), Turns(row), NUMBERS.bases[row.opcode]
    live = frozenset({ACC})
    for kind in range(FLOAT_KINDS):
        if not bench.asm.has(base + kind):
            continue
        if kind == IMM:
            for bits in constants(row.params[0], kind):
                inputs = turns.with_constant(bits, ACC)
                loads: tuple[tuple[int, int], ...] = ((F, 0),)
                bench.add(
                    row.name, base + kind, 0, signed(bits), loads=loads, live=live, inputs=inputs
                )
            continue
        for parameter, loads, large in float_operands(kind, 0):
            bench.add(
                row.name,
                base + kind,
                0,
                parameter,
                loads=((F, 0), *loads),
                large=large,
                live=live,
                inputs=turns.inputs(ACC, False, 60),
            )
    for sense, place, kind in itertools.product((0, 1), range(FLOAT_PLACES), range(FLOAT_KINDS)):
        key = base + keys.FLOAT_BRANCH + (sense * FLOAT_PLACES + place) * FLOAT_KINDS + kind
        if not bench.asm.has(key):
            continue
        first = ((F + place, 0),)
        if kind == IMM:
            for bits in constants(row.params[0], key):
                inputs = branched(turns.with_constant(bits, ACC), sense)
                bench.add_branch(row.name, key, 0, signed(bits), loads=first, inputs=inputs)
            continue
        for parameter, loads, large in float_operands(kind, place):
            same = place > 0 and kind == REG + place - 1
            bench.add_branch(
                row.name,
                key,
                0,
                parameter,
                loads=first + loads,
                large=large,
                inputs=branched(turns.inputs(ACC, same, 24), sense),
            )
    finish(bench, row)


def branched(inputs: list[Input], sense: int) -> list[Input]:
    """Inputs of a comparison for a branch if it holds (sense 1) or does not (0)."""
    found: list[Input] = []
    for args, outcome in inputs:
        assert isinstance(outcome, dict)
        found.append((args, {ACC: int(outcome[ACC] == sense)}))
    return found


# One operand.


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.UNARY))
def test_unary(row: Row) -> None:
    bench, base = Bench(), NUMBERS.bases[row.opcode]
    code = row.params[0]
    width = width_of(code)
    target = F if is_float(row.results[0]) else ACC
    values = list(values_of(code))
    if is_float(code):
        values += conversion_values(width)
    elif is_float(row.results[0]):
        values += rounding_values(width)
    inputs: list[Input] = []
    for value in values:
        result = result_of(row, value)
        outcome: Outcome = result if isinstance(result, TrapCode) else {target: result}
        inputs.append(((word(code, value), 0, 0), outcome))
    places = FLOAT_PLACES if is_float(code) else INT_PLACES
    for place in range(places):
        bench.add(
            row.name,
            base + place,
            loads=((F + place if is_float(code) else place, 0),),
            live=frozenset({target}),
            narrow=F if row.results[0] == F32 else -1,
            # All values go through the first two places, some through the others.
            inputs=inputs if place < 2 else inputs[:10] + inputs[10 + place :: 5],
            accept=accepts_nan(row, target),
        )
    finish(bench, row)


# Memory.


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.LOAD))
def test_load(row: Row) -> None:
    bench, base, code = Bench(), NUMBERS.bases[row.opcode], row.results[0]
    turn = 0
    cache_: dict[tuple[int, int], list[Input]] = {}
    for place in range(FLOAT_PLACES if is_float(code) else INT_PLACES):
        target = F + place if is_float(code) else place
        for address in range(INT_PLACES):
            turn += 1
            for offset in offsets(turn):
                if (offset, target) not in cache_:
                    cache_[offset, target] = load_inputs(row, offset, target)
                bench.add(
                    row.name,
                    base + place * INT_PLACES + address,
                    offset,
                    loads=((address, 0),),
                    live=frozenset({target}) if place == 0 else frozenset(),
                    narrow=target if code == F32 else -1,
                    inputs=cache_[offset, target],
                )
    target = F if is_float(code) else ACC
    start = int(first_memory().storage.address)
    raw: list[Input] = []
    for (address, _, _), outcome in load_inputs(row, 0, target):
        if not isinstance(outcome, TrapCode):
            raw.append(((start + address, 0, 0), outcome))
    bench.add(
        row.name,
        base + (keys.FLOAT_LOAD_RAW if is_float(code) else keys.INT_LOAD_RAW),
        loads=((ACC, 0),),
        live=frozenset({target}),
        narrow=target if code == F32 else -1,
        inputs=raw,
    )
    finish(bench, row)


def load_inputs(row: Row, offset: int, target: int) -> list[Input]:
    inputs: list[Input] = []
    for address in addresses(offset, 1 << row.align):
        result = result_of(row, first_memory(), address + offset)  # type: ignore[arg-type]
        outcome: Outcome = result if isinstance(result, TrapCode) else {target: result}
        inputs.append(((address, 0, 0), outcome))
    return inputs


@needs_code
@pytest.mark.parametrize("row", rows_of(keys.STORE))
def test_store(row: Row) -> None:
    bench, base, code = Bench(), NUMBERS.bases[row.opcode], row.params[0]
    values = values_of(code)
    functions: list[tuple[list[Function], list[Store]]] = []
    turn = 0

    def add(key: int, offset: int, constant: int | None, loads: Sequence[tuple[int, int]]) -> None:
        nonlocal turn
        inputs: list[Input] = []
        stores = []
        host = 0 if offset >= 0 else int(first_memory().storage.address)
        offset = max(offset, 0)
        for address in addresses(offset, 1 << row.align):
            turn += 1
            value = values[turn % len(values)]
            if constant is not None:
                value = constant & ((1 << width_of(code)) - 1)
            elif len({register for register, _ in loads}) == 1:
                value = address  # both in one register
            made = Store(row, address + offset, value)
            if host and made.trap is not None:
                continue
            stores.append(made)
            args = (host + address, word(code, value), 0)
            inputs.append((args, {} if made.trap is None else made.trap))
        b = 0 if constant is None else constant
        added = bench.add(row.name, key, offset, b, loads=tuple(loads), inputs=inputs)
        functions.append((added, stores))

    for address in range(INT_PLACES):
        if is_float(code):
            for place in range(FLOAT_PLACES):
                for offset in offsets(place * INT_PLACES + address):
                    key = base + place * INT_PLACES + address
                    add(key, offset, None, ((address, 0), (F + place, 1)))
            continue
        for place in range(NH + 1):
            for offset in offsets(place * INT_PLACES + address):
                key = base + place * INT_PLACES + address
                add(key, offset, None, ((address, 0), (C if place == 0 else place, 1)))
        for i, constant in enumerate(immediates(address)):
            if code == I32:
                constant = signed32(constant)
            for offset in offsets(i + address)[:3]:
                add(base + (NH + 1) * INT_PLACES + address, offset, constant, ((address, 0),))
        for offset in offsets(address):
            place = C if address == 0 else address
            add(base + keys.INT_STORE_ACC + address, offset, None, ((place, 0), (ACC, 1)))
    if is_float(code):
        add(base + keys.FLOAT_STORE_RAW, -1, None, ((ACC, 0), (F, 1)))
    else:
        add(base + keys.INT_STORE_RAW, -1, None, ((ACC, 0), (C, 1)))
    bench.write()
    for added, stores in functions:
        for function in added:
            for (args, outcome), made in zip(function.inputs, stores, strict=True):
                check(function, args, outcome)
                made.check(function.name)
    bench.check_forms(base, keys.count_of(row))
