"""Vector instructions of the reference engine against their definitions, lane by lane."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zwasm
from zwasm.interp import operations
from zwasm.isa import ir
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, BY_NAME, Row

WIDTHS = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64, "f32x4": 32, "f64x2": 64}
VECTORS = 60  # a test takes so many vectors for each operand
ROWS = [row for row in BY_CODE if row is not None and row.feature == r.SIMD]


def function(name: str) -> Callable[..., int]:
    found: Any = operations.FUNCTIONS[ir.opcode(name)]
    return found  # type: ignore[no-any-return]


def signed(width: int, x: int) -> int:
    return x - (1 << width) if x >> (width - 1) else x


def split(width: int, vector: int) -> list[int]:
    return [vector >> at & ((1 << width) - 1) for at in range(0, 128, width)]


def join(width: int, lanes: list[int]) -> int:
    return sum((lane & ((1 << width) - 1)) << at * width for at, lane in enumerate(lanes))


def clamp(width: int, sx: str, value: int) -> int:
    low, high = (-1 << (width - 1), (1 << (width - 1)) - 1) if sx == "s" else (0, (1 << width) - 1)
    return max(low, min(high, value))


def edges(shape: str) -> list[int]:
    width = WIDTHS[shape]
    top = 1 << (width - 1)
    found = [0, 1, 2, top - 1, top, top + 1, 2 * top - 1, 2 * top - 2, top >> 1, 0x7F, 0x80]
    if shape[0] == "f":
        mantissa = 23 if width == 32 else 52
        inf = top - (1 << mantissa)
        one = (top >> 1) - (1 << mantissa)
        magnitudes = [inf, inf + 1, inf - 1, inf | 1 << (mantissa - 1), one, one | 1, 1 << mantissa]
        # 0.5, 1.5, 2.5, 2**30, 2**31, 2**32, the next below, and a large number
        magnitudes += [one - (1 << mantissa), one | 1 << (mantissa - 1)]
        magnitudes += [one + (1 << mantissa) + (1 << (mantissa - 2))]
        magnitudes += [one + (n << mantissa) for n in (30, 31, 32)] + [one + (32 << mantissa) - 1]
        magnitudes += [one + (90 << mantissa) + 12345]
        found += magnitudes + [top | number for number in magnitudes]
    return found


def vectors(shape: str, salt: int) -> Iterator[int]:
    """Vectors of edge cases and of random lanes, the same each time."""
    source = random.Random(f"{shape} {salt}")
    width, lanes = WIDTHS[shape], edges(shape)
    for _ in range(VECTORS):
        yield join(
            width,
            [
                source.choice(lanes) if source.random() < 0.7 else source.getrandbits(width)
                for _ in range(128 // width)
            ],
        )


def pairs(shape: str) -> Iterator[tuple[int, int]]:
    return zip(vectors(shape, 1), vectors(shape, 2), strict=True)


def truth(holds: bool) -> int:
    return -1 if holds else 0


def q15mulr_sat_s(w: int, x: int, y: int) -> int:
    return clamp(w, "s", (signed(w, x) * signed(w, y) + 0x4000) >> 15)


INTEGER_UNARY: dict[str, Callable[[int, int], int]] = {
    "abs": lambda w, x: abs(signed(w, x)),
    "neg": lambda w, x: -x,
    "popcnt": lambda w, x: format(x, "b").count("1"),
}
INTEGER_BINARY: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda w, x, y: x + y,
    "sub": lambda w, x, y: x - y,
    "mul": lambda w, x, y: x * y,
    "add_sat_s": lambda w, x, y: clamp(w, "s", signed(w, x) + signed(w, y)),
    "add_sat_u": lambda w, x, y: clamp(w, "u", x + y),
    "sub_sat_s": lambda w, x, y: clamp(w, "s", signed(w, x) - signed(w, y)),
    "sub_sat_u": lambda w, x, y: clamp(w, "u", x - y),
    "min_s": lambda w, x, y: min(signed(w, x), signed(w, y)),
    "min_u": lambda w, x, y: min(x, y),
    "max_s": lambda w, x, y: max(signed(w, x), signed(w, y)),
    "max_u": lambda w, x, y: max(x, y),
    "avgr_u": lambda w, x, y: (x + y + 1) // 2,
    "q15mulr_sat_s": q15mulr_sat_s,
    "eq": lambda w, x, y: truth(x == y),
    "ne": lambda w, x, y: truth(x != y),
    "lt_s": lambda w, x, y: truth(signed(w, x) < signed(w, y)),
    "lt_u": lambda w, x, y: truth(x < y),
    "gt_s": lambda w, x, y: truth(signed(w, x) > signed(w, y)),
    "gt_u": lambda w, x, y: truth(x > y),
    "le_s": lambda w, x, y: truth(signed(w, x) <= signed(w, y)),
    "le_u": lambda w, x, y: truth(x <= y),
    "ge_s": lambda w, x, y: truth(signed(w, x) >= signed(w, y)),
    "ge_u": lambda w, x, y: truth(x >= y),
}
SHIFTS: dict[str, Callable[[int, int, int], int]] = {
    "shl": lambda w, x, n: x << (n % w),
    "shr_s": lambda w, x, n: signed(w, x) >> (n % w),
    "shr_u": lambda w, x, n: x >> (n % w),
}
BITWISE: dict[str, Callable[..., int]] = {
    "not": lambda x: 1 - x,
    "and": lambda x, y: x & y,
    "andnot": lambda x, y: x & (1 - y),
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    "bitselect": lambda x, y, z: x if z else y,
}
RESIZING = re.compile(
    r"(i\d+x\d+)\.(narrow|extend|extmul|extadd_pairwise|dot)_(low_|high_)?(i\d+x\d+)_([su])"
)
# Conversions: the scalar instruction, and what it works on.
CONVERSIONS = {
    "i32x4.trunc_sat_f32x4_s": "i32.trunc_sat_f32_s",
    "i32x4.trunc_sat_f32x4_u": "i32.trunc_sat_f32_u",
    "i32x4.trunc_sat_f64x2_s_zero": "i32.trunc_sat_f64_s",
    "i32x4.trunc_sat_f64x2_u_zero": "i32.trunc_sat_f64_u",
    "f32x4.convert_i32x4_s": "f32.convert_i32_s",
    "f32x4.convert_i32x4_u": "f32.convert_i32_u",
    "f64x2.convert_low_i32x4_s": "f64.convert_i32_s",
    "f64x2.convert_low_i32x4_u": "f64.convert_i32_u",
    "f32x4.demote_f64x2_zero": "f32.demote_f64",
    "f64x2.promote_low_f32x4": "f64.promote_f32",
}


def parts(row: Row) -> tuple[str, str]:
    shape, _, operation = row.name.partition(".")
    return shape, operation


def group(row: Row) -> str:
    """Which test covers the row."""
    shape, operation = parts(row)
    if row.shape in (r.LOAD, r.STORE, r.LOAD_LANE, r.STORE_LANE):
        return "memory"
    if row.shape in (r.LANE, r.SHUFFLE, r.CONST) or operation in ("splat", "swizzle"):
        return "lanes"
    if operation in ("any_true", "all_true", "bitmask"):
        return "tests"
    if row.name in CONVERSIONS:
        return "conversions"
    if RESIZING.fullmatch(row.name):
        return "resizing"
    if shape == "v128":
        return "bitwise"
    if shape[0] == "f":
        return "floats"
    return "shifts" if operation in SHIFTS else "integers"


def rows(*groups: str) -> pytest.MarkDecorator:
    found = [row for row in ROWS if group(row) in groups]
    return pytest.mark.parametrize("row", found, ids=[row.name for row in found])


@rows("integers")
def test_integers(row: Row) -> None:
    shape, operation = parts(row)
    w = WIDTHS[shape]
    for a, b in pairs(shape):
        if operation in INTEGER_UNARY:
            unary = INTEGER_UNARY[operation]
            assert function(row.name)(a) == join(w, [unary(w, x) for x in split(w, a)])
        else:
            binary = INTEGER_BINARY[operation]
            lanes = [binary(w, x, y) for x, y in zip(split(w, a), split(w, b), strict=True)]
            assert function(row.name)(a, b) == join(w, lanes), f"{a:032x} {b:032x}"


@rows("shifts")
def test_shifts(row: Row) -> None:
    shape, operation = parts(row)
    w = WIDTHS[shape]
    counts = (0, 1, 7, w // 2, w - 1, w, w + 3, 0x7FFF_FFFF, 0xFFFF_FFFF)
    for a in vectors(shape, 1):
        for count in counts:
            lanes = [SHIFTS[operation](w, x, count) for x in split(w, a)]
            assert function(row.name)(a, count) == join(w, lanes), f"{a:032x} {count}"


@rows("bitwise")
def test_bitwise(row: Row) -> None:
    _, operation = parts(row)
    count = len(row.params)
    for operands in zip(*[vectors("i32x4", i) for i in range(count)], strict=True):
        columns = zip(*[split(1, operand) for operand in operands], strict=True)
        expected = join(1, [BITWISE[operation](*bits) for bits in columns])
        assert function(row.name)(*operands) == expected


@rows("tests")
def test_tests(row: Row) -> None:
    shape, operation = parts(row)
    for a in [0, 1, 1 << 127, *vectors("i64x2" if shape == "v128" else shape, 1)]:
        if operation == "any_true":
            expected = int(a != 0)
        elif operation == "all_true":
            expected = int(all(split(WIDTHS[shape], a)))
        else:
            w = WIDTHS[shape]
            expected = sum(1 << i for i, x in enumerate(split(w, a)) if signed(w, x) < 0)
        assert function(row.name)(a) == expected, f"{a:032x}"


@rows("resizing")
def test_resizing(row: Row) -> None:
    match = RESIZING.fullmatch(row.name)
    assert match is not None
    target, operation, half, source, sx = match.groups()
    w, v = WIDTHS[target], WIDTHS[source]

    def read(vector: int) -> list[int]:
        lanes = [
            signed(v, x) if sx == "s" or operation == "narrow" else x for x in split(v, vector)
        ]
        if half is None:
            return lanes
        return lanes[: len(lanes) // 2] if half == "low_" else lanes[len(lanes) // 2 :]

    for a, b in pairs(source):
        if operation == "narrow":
            expected = [clamp(w, sx, x) for x in read(a) + read(b)]
        elif operation == "extend":
            expected = read(a)
        elif operation == "extadd_pairwise":
            expected = [x + y for x, y in zip(read(a)[::2], read(a)[1::2], strict=True)]
        else:
            expected = [x * y for x, y in zip(read(a), read(b), strict=True)]
            if operation == "dot":
                expected = [x + y for x, y in zip(expected[::2], expected[1::2], strict=True)]
        operands = (a, b)[: len(row.params)]
        assert function(row.name)(*operands) == join(w, expected), f"{a:032x} {b:032x}"


def test_the_sum_of_the_largest_products_wraps() -> None:
    lowest = join(16, [0x8000] * 8)
    assert function("i32x4.dot_i16x8_s")(lowest, lowest) == join(32, [0x8000_0000] * 4)


@rows("floats")
def test_floats(row: Row) -> None:
    """Lanes are as the scalar instructions give them, which have tests of their own."""
    shape, operation = parts(row)
    w = WIDTHS[shape]
    less = function(f"f{w}.lt")

    def lane(*operands: int) -> int:
        if operation == "pmin":
            return operands[1] if less(operands[1], operands[0]) else operands[0]
        if operation == "pmax":
            return operands[1] if less(operands[0], operands[1]) else operands[0]
        result = function(f"f{w}.{operation}")(*operands)
        return -result if BY_NAME[f"f{w}.{operation}"].compare else result

    for operands in pairs(shape):
        used = operands[: len(row.params)]
        columns = zip(*[split(w, operand) for operand in used], strict=True)
        assert function(row.name)(*used) == join(w, [lane(*column) for column in columns])


@rows("conversions")
def test_conversions(row: Row) -> None:
    scalar = BY_NAME[CONVERSIONS[row.name]]
    shapes = [name for name in re.split(r"[._]", row.name) if name in WIDTHS]
    target, source = WIDTHS[shapes[0]], WIDTHS[shapes[1]]
    for a in vectors(shapes[1], 1):
        lanes = split(source, a)[: 128 // target]
        expected = join(target, [function(scalar.name)(x) for x in lanes])
        assert function(row.name)(a) == expected, f"{a:032x}"


def test_promoted_and_converted_numbers() -> None:
    two = join(32, [2, 0xFFFF_FFFE, 7, 7])
    assert function("f64x2.convert_low_i32x4_s")(two) == join(64, [0x4000 << 48, 0xC000 << 48])
    singles = join(32, [0x3F80_0000, 0x7F80_0001, 7, 7])
    canonical = 0x7FF8 << 48
    assert function("f64x2.promote_low_f32x4")(singles) == join(64, [0x3FF0 << 48, canonical])
    doubles = join(64, [0xC1E0_0000_0000_0001, 0x7FF0 << 48])
    # -2**31 and less, infinity; zeros above
    assert function("i32x4.trunc_sat_f64x2_s_zero")(doubles) == 0x7FFF_FFFF_8000_0000
    assert function("i32x4.trunc_sat_f64x2_u_zero")(doubles) == 0xFFFF_FFFF_0000_0000


# What needs a module: immediates, memories, calls.


def instance(text: str, imports: dict[str, Any] | None = None) -> Any:
    module = zwasm.Module(text, engine=zwasm.Engine("interp"))
    return zwasm.Instance(module, {} if imports is None else {"env": imports}).exports


def lane_bytes(width: int, lanes: list[int]) -> bytes:
    return join(width, lanes).to_bytes(16, "little")


BYTES = bytes([0x80 + i if i % 2 else i for i in range(16)])
OTHER = bytes(range(200, 216))
NUMBERS = {8: 0x1F2, 16: 0xABCDE, 32: 0x8765_4321, 64: 0x9876_5432_1234_5678}


@rows("lanes")
def test_lanes(row: Row) -> None:
    if row.shape == r.SHUFFLE:
        order = [31, 0, 16, 15, 1, 2, 30, 4, 17, 17, 17, 9, 8, 7, 29, 5]
        text = f"""(module (func (export "f") (param v128 v128) (result v128)
            (i8x16.shuffle {" ".join(map(str, order))} (local.get 0) (local.get 1))))"""
        other = bytes(range(100, 116))
        assert instance(text).f(BYTES, other) == bytes([(BYTES + other)[i] for i in order])
        return
    if row.shape == r.CONST:
        text = """(module (func (export "f") (result v128)
            (v128.const i16x8 1 -1 0x8000 3 4 5 6 0xFFFE)))"""
        expected = lane_bytes(16, [1, -1, 0x8000, 3, 4, 5, 6, -2])
        assert instance(text).f() == expected
        return
    shape, operation = parts(row)
    w = WIDTHS[shape]
    scalar = {"i64x2": "i64", "f32x4": "f32", "f64x2": "f64"}.get(shape, "i32")
    bits = f"{scalar.replace('f', 'i')}.reinterpret_{scalar}" if shape[0] == "f" else ""
    number = f"({scalar}.reinterpret_i{w} (local.get 0))" if bits else "(local.get 0)"
    integer = "i64" if w == 64 else "i32"
    if operation == "swizzle":
        indices = bytes([15, 0, 16, 255, 3, 3, 128, 31, 14, 1, 2, 4, 5, 6, 7, 127])
        expected = bytes([BYTES[i] if i < 16 else 0 for i in indices])
        text = """(module (func (export "f") (param v128 v128) (result v128)
            (i8x16.swizzle (local.get 0) (local.get 1))))"""
        assert instance(text).f(BYTES, indices) == expected
    elif operation == "splat":
        text = f"""(module (func (export "f") (param {integer}) (result v128)
            ({row.name} {number})))"""
        assert instance(text).f(NUMBERS[w]) == lane_bytes(w, [NUMBERS[w]] * (128 // w))
    elif operation == "replace_lane":
        for lane in range(row.lanes):
            text = f"""(module (func (export "f") (param {integer}) (param v128) (result v128)
                ({row.name} {lane} (local.get 1) {number})))"""
            lanes = split(w, int.from_bytes(BYTES, "little"))
            lanes[lane] = NUMBERS[w]
            assert instance(text).f(NUMBERS[w], BYTES) == lane_bytes(w, lanes)
    else:
        for lane in range(row.lanes):
            value = f"({row.name} {lane} (local.get 0))"
            text = f"""(module (func (export "f") (param v128) (result {integer})
                {f"({bits} {value})" if bits else value}))"""
            expected_lane = split(w, int.from_bytes(BYTES, "little"))[lane]
            unsigned = operation.endswith("_u")
            assert instance(text).f(BYTES) == (
                expected_lane if unsigned else signed(w, expected_lane)
            )


LOADED = {
    "load8x8": (1, 2),
    "load16x4": (2, 4),
    "load32x2": (4, 8),
}


def loaded(operation: str, data: bytes) -> tuple[int, bytes]:
    """How many bytes a load reads, and its result, given what is in memory."""
    extending = re.fullmatch(r"(load\d+x\d)_([su])", operation)
    if extending is not None:
        size, wide = LOADED[extending.group(1)]
        is_signed = extending.group(2) == "s"
        numbers = [
            int.from_bytes(data[i : i + size], "little", signed=is_signed)
            for i in range(0, 8, size)
        ]
        return 8, b"".join(n.to_bytes(wide, "little", signed=is_signed) for n in numbers)
    other = re.fullmatch(r"load(\d+)_(splat|zero)", operation)
    if other is None:
        return 16, data[:16]
    size = int(other.group(1)) // 8
    if other.group(2) == "zero":
        return size, data[:size].ljust(16, b"\0")
    return size, data[:size] * (16 // size)


def accesses(row: Row) -> Iterator[tuple[str, int, bytes]]:
    """What to try: immediates, the number of bytes accessed, and what is expected: of loads their
    result where memory has `BYTES`, of stores what memory gets, each given `OTHER`."""
    _, operation = parts(row)
    if row.shape == r.LOAD:
        yield "", *loaded(operation, BYTES)
    elif row.shape == r.STORE:
        yield "", 16, OTHER
    else:
        size = 1 << row.align
        for lane in range(row.lanes):
            first, last = lane * size, (lane + 1) * size
            changed = OTHER[:first] + BYTES[:size] + OTHER[last:]
            yield f"{lane}", size, changed if row.shape == r.LOAD_LANE else OTHER[first:last]


@rows("memory")
def test_memory(row: Row) -> None:
    loads = row.shape in (r.LOAD, r.LOAD_LANE)
    second = "" if row.shape == r.LOAD else "(local.get 1)"
    end = 65536
    for lane, size, expected in accesses(row):
        exports = instance(f"""(module (memory 0) (memory (export "m") 1)
            (func (export "f") (param i32 v128) {"(result v128)" if loads else ""}
              ({row.name} 1 offset=3 {lane} (local.get 0) {second})))""")
        memory = exports.m
        for address in (0, 1, end - 3 - size):
            memory[address : address + 3 + size] = bytes(3) + BYTES[:size]
            result = exports.f(address, OTHER)
            after = BYTES[:size] if loads else expected
            assert bytes(memory[address : address + 3 + size]) == bytes(3) + after
            if loads:
                assert result == expected
        for address in (end - 2 - size, end - 3, end, 0xFFFF_FFFF):
            with pytest.raises(zwasm.Trap, match="out of bounds memory access"):
                exports.f(address, OTHER)
        assert bytes(memory[end - size : end]) == after  # traps change nothing


ONE = lane_bytes(32, [1, 2, 3, 4])
TWO = lane_bytes(32, [10, 20, 30, 40])
SUM = lane_bytes(32, [11, 22, 33, 44])


def test_vectors_as_arguments_results_and_locals() -> None:
    exports = instance("""(module
        (func $mix (export "mix") (param i32 v128 i64 v128) (result v128 i32 v128 i64)
          (local i32 v128 v128 i64)
          (local.set 4 (i32.add (local.get 0) (i32.const 1)))
          (local.set 6 (i32x4.add (local.get 1) (local.get 3)))
          (local.get 6) (local.get 4) (local.get 5) (local.get 2))
        (func (export "again") (param v128 v128) (result v128 i32 v128 i64)
          (call $mix (i32.const 6) (local.get 0) (i64.const 9) (local.get 1)))
        (func (export "tail") (param v128 v128) (result v128 i32 v128 i64)
          (return_call $mix (i32.const 6) (local.get 0) (i64.const 9) (local.get 1)))
        (func (export "one") (param v128 i32) (result v128)
          (if (result v128) (local.get 1)
            (then (local.get 0)) (else (v128.not (local.get 0)))))
        (func (export "pick") (param v128 v128 i32) (result v128)
          (select (local.get 0) (local.get 1) (local.get 2)))
        (func (export "last") (param v128 v128 i32) (result i32) (local.get 2)))""")
    assert exports.mix(6, ONE, -9, TWO) == (SUM, 7, bytes(16), -9)
    assert exports.again(ONE, TWO) == exports.tail(ONE, TWO) == (SUM, 7, bytes(16), 9)
    assert exports.one(ONE, 1) == ONE
    assert exports.one(ONE, 0) == bytes([255 - byte for byte in ONE])
    assert exports.pick(ONE, TWO, 1) == ONE
    assert exports.pick(ONE, TWO, 0) == TWO
    assert exports.last(ONE, TWO, 5) == 5


def test_vectors_to_and_from_the_host() -> None:
    seen: list[tuple[object, ...]] = []

    def swap(*values: object) -> tuple[object, ...]:
        seen.append(values)
        return values[::-1]

    exports = instance(
        """(module
        (type $swap (func (param v128 i32 v128 i64) (result i64 v128 i32 v128)))
        (import "env" "swap" (func $swap (type $swap)))
        (import "env" "one" (func $one (param v128) (result v128)))
        (table funcref (elem $swap))
        (func (export "call") (param v128 v128) (result v128 i64 v128 i32)
          (local i64 v128 i32 v128)
          (call $swap (local.get 0) (i32.const 7) (local.get 1) (i64.const 8))
          (local.set 5) (local.set 4) (local.set 3) (local.set 2)
          (local.get 3) (local.get 2) (local.get 5) (local.get 4))
        (func (export "indirect") (param v128 v128) (result i64 v128 i32 v128)
          (call_indirect (type $swap)
            (local.get 0) (i32.const 7) (local.get 1) (i64.const 8) (i32.const 0)))
        (func $tail (param v128 v128) (result i64 v128 i32 v128)
          (return_call $swap (local.get 0) (i32.const 7) (local.get 1) (i64.const 8)))
        (func (export "tail") (param v128 v128) (result i64 v128 i32 v128)
          (return_call $tail (local.get 0) (local.get 1)))
        (func (export "in_tail") (param v128 v128) (result i64 v128 i32 v128)
          (call $tail (local.get 0) (local.get 1)))
        (func (export "twice") (param v128) (result v128)
          (i32x4.add (call $one (local.get 0)) (call $one (local.get 0)))))""",
        {"swap": swap, "one": lambda value: value},
    )
    assert exports.call(ONE, TWO) == (TWO, 8, ONE, 7)
    for name in ("indirect", "tail", "in_tail"):
        assert exports[name](ONE, TWO) == (8, TWO, 7, ONE)
    assert seen == [(ONE, 7, TWO, 8)] * 4
    assert exports.twice(ONE) == lane_bytes(32, [2, 4, 6, 8])


def test_vectors_in_loops_and_globals() -> None:
    exports = instance("""(module
        (global $g (mut v128) (v128.const i32x4 1 1 1 1))
        (func (export "power") (param i32) (result v128)
          (local $v v128)
          (local.set $v (global.get $g))
          (block $done (result v128)
            (loop $next
              (br_if $done (local.get $v) (i32.eqz (local.get 0)))
              (local.set $v (i32x4.add (local.get $v) (local.get $v)))
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (br $next))
            (unreachable))
          (global.set $g (local.get $v))))""")
    assert exports.power(5) == lane_bytes(32, [32] * 4)
    assert exports.power(1) == lane_bytes(32, [64] * 4)
