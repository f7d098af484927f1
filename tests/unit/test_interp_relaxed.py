"""Relaxed vector instructions of the reference engine: the deterministic profile, and what
machines do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_interp_floats import INF, NAN, is_inf, is_nan, patterns, rounded, value_of
from zwasm.instances.native import LEVEL
from zwasm.interp import machine, operations
from zwasm.isa import ir
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE

WIDTHS = (32, 64)
LEVELS = ("", "aarch64", "x86_64", "x86_64_avx2", "x86_64_avx512")
X86 = LEVELS[2:]
ROWS = [row for row in BY_CODE if row is not None and row.feature == r.RELAXED_SIMD]


def function(name: str, level: str = "") -> Callable[..., int]:
    found: Any = operations.functions(level)[ir.opcode(name)]
    return found  # type: ignore[no-any-return]


def run(name: str, level: str, width: int, *operands: list[int], result: int = 0) -> list[int]:
    """The lanes that an instruction gives, signed; operands are repeated to fill a vector."""
    size = result or width
    top = 1 << (size - 1)
    vector = function(name, level)(*[join(width, lanes) for lanes in operands])
    lanes = [vector >> at & (2 * top - 1) for at in range(0, 128, size)]
    return [(lane ^ top) - top for lane in lanes]


def join(width: int, lanes: list[int]) -> int:
    lanes = lanes * (128 // width // len(lanes))
    return sum((lane & ((1 << width) - 1)) << at * width for at, lane in enumerate(lanes))


TWINS = {
    "i8x16.relaxed_swizzle": "i8x16.swizzle",
    "i32x4.relaxed_trunc_f32x4_s": "i32x4.trunc_sat_f32x4_s",
    "i32x4.relaxed_trunc_f32x4_u": "i32x4.trunc_sat_f32x4_u",
    "i32x4.relaxed_trunc_f64x2_s_zero": "i32x4.trunc_sat_f64x2_s_zero",
    "i32x4.relaxed_trunc_f64x2_u_zero": "i32x4.trunc_sat_f64x2_u_zero",
    "i8x16.relaxed_laneselect": "v128.bitselect",
    "i16x8.relaxed_laneselect": "v128.bitselect",
    "i32x4.relaxed_laneselect": "v128.bitselect",
    "i64x2.relaxed_laneselect": "v128.bitselect",
    "f32x4.relaxed_min": "f32x4.min",
    "f32x4.relaxed_max": "f32x4.max",
    "f64x2.relaxed_min": "f64x2.min",
    "f64x2.relaxed_max": "f64x2.max",
    "i16x8.relaxed_q15mulr_s": "i16x8.q15mulr_sat_s",
}
# Those that differ on x86-64 from the deterministic profile whatever its level.
ON_X86 = {*TWINS, *[row.name for row in ROWS if "dot" in row.name]}
ON_X86 -= {name for name in TWINS if "trunc" in name and "_u" in name}
MADDS = {row.name for row in ROWS if "madd" in row.name}

VECTORS = st.one_of(
    st.lists(patterns(32), min_size=4, max_size=4).map(lambda lanes: join(32, lanes)),
    st.lists(patterns(64), min_size=2, max_size=2).map(lambda lanes: join(64, lanes)),
    st.integers(0, (1 << 128) - 1),
)


@pytest.mark.parametrize("name", TWINS)
@given(data=st.data())
def test_deterministic_results_are_those_of_another_instruction(
    name: str, data: st.DataObject
) -> None:
    row = r.BY_NAME[name]
    operands = [data.draw(VECTORS) for _ in row.params]
    assert function(name)(*operands) == function(TWINS[name])(*operands)


def test_instructions_that_differ_between_levels() -> None:
    assert len(ROWS) == 20
    for level in LEVELS:
        different = {row.name for row in ROWS if function(row.name, level) != function(row.name)}
        expected = ON_X86 if level in X86 else set()
        if level not in ("", "x86_64"):
            expected = expected | MADDS
        assert different == expected, level


def test_the_machine_has_the_functions_asked_for() -> None:
    assert machine.Interp(False, "deterministic").functions is operations.FUNCTIONS
    native = machine.Interp(False, "native").functions
    assert native is operations.functions(LEVEL)
    assert machine.Interp().functions is native


FUSING = ["aarch64", "x86_64_avx2", "x86_64_avx512"]


def check_fused(width: int, level: str, a: int, b: int, c: int) -> None:
    shape = f"f{width}x{128 // width}"
    sign = 1 << (width - 1)
    expected = join(width, [fused(width, a, b, c)])
    operands = [join(width, [lane]) for lane in (a, b, c)]
    assert function(f"{shape}.relaxed_madd", level)(*operands) == expected
    operands[0] = join(width, [a ^ sign])
    assert function(f"{shape}.relaxed_nmadd", level)(*operands) == expected


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("level", FUSING)
@given(data=st.data())
def test_fused_multiply_and_add(width: int, level: str, data: st.DataObject) -> None:
    a, b, c = [data.draw(patterns(width)) for _ in range(3)]
    check_fused(width, level, a, b, c)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("level", FUSING)
def test_fused_multiply_and_add_of_special_values(width: int, level: str) -> None:
    inf, sign = INF[width], 1 << (width - 1)
    largest = inf - 1
    for a, b, c in [
        (largest, largest, inf | sign),  # the product is finite here
        (largest, largest, largest),
        (inf, 0, NAN[width]),
        (1, 1, sign),  # a product far below the least number
        (1, 1 | sign, 1),
        (0, sign, sign),
        (0, sign, 0),
        (1, inf, inf | sign),
        (1, inf, sign),
    ]:
        check_fused(width, level, a, b, c)


def test_lanes_of_fused_operations_stay_apart() -> None:
    singles = [join(32, lanes) for lanes in ([0x3F80_0000] * 4, [0, 1, 2, 3], [0] * 4)]
    assert function("f32x4.relaxed_madd", "aarch64")(*singles) == singles[1]
    doubles = [join(64, lanes) for lanes in ([0x3FF0 << 48] * 2, [4, 5], [0] * 2)]
    assert function("f64x2.relaxed_madd", "aarch64")(*doubles) == doubles[1]


def fused(width: int, a: int, b: int, c: int) -> int:
    """`a * b + c`, rounded once, from the definition."""
    sign, inf, nan = 1 << (width - 1), INF[width], NAN[width]
    minus = (a ^ b) & sign
    if is_nan(width, a) or is_nan(width, b) or is_nan(width, c):
        return nan
    if is_inf(width, a) or is_inf(width, b):
        if a & ~sign == 0 or b & ~sign == 0 or (is_inf(width, c) and c & sign != minus):
            return nan
        return inf | minus
    if is_inf(width, c):
        return c
    product = value_of(width, a) * value_of(width, b)
    both_minus = product == 0 and minus != 0 and c == sign
    return rounded(width, product + value_of(width, c), int(both_minus))


ROUNDINGS = [
    # 2796203.5 * 3 + 8388611 is 16777221.5, and the product alone rounds to 8388610.
    ("f32x4.relaxed_madd", 32, (0x4A2A_AAAE, 0x4040_0000, 0x4B00_0003), 0x4B80_0002, 0x4B80_0003),
    ("f32x4.relaxed_nmadd", 32, (0xCA2A_AAAE, 0x4040_0000, 0x4B00_0003), 0x4B80_0002, 0x4B80_0003),
    # (1 + 2**-52) * (1 - 2**-53) - 1: the product alone is 1.
    (
        "f64x2.relaxed_madd",
        64,
        (0x3FF0_0000_0000_0001, 0x3FEF_FFFF_FFFF_FFFF, 0xBFF0_0000_0000_0000),
        0,
        0x3C9F_FFFF_FFFF_FFFE,
    ),
]


@pytest.mark.parametrize("level", LEVELS)
def test_one_rounding_or_two(level: str) -> None:
    for name, width, operands, two, one in ROUNDINGS:
        expected = two if level in ("", "x86_64") else one
        assert run(name, level, width, *[[operand] for operand in operands]) == [expected] * (
            128 // width
        )


@pytest.mark.parametrize("level", X86)
def test_results_on_x86(level: str) -> None:
    indices = [0, 15, 16, 31, 127, 128, 255, 3]
    lanes = list(range(16))
    assert run("i8x16.relaxed_swizzle", level, 8, lanes, indices) == [0, 15, 0, 15, 15, 0, 0, 3] * 2

    lowest = -0x8000_0000
    floats = [0x4F00_0000, 0x7FC0_0000, 0xCF00_0001, 0xC020_0000]  # 2**31, NaN, below -2**31, -2.5
    assert run("i32x4.relaxed_trunc_f32x4_s", level, 32, floats) == [lowest, lowest, lowest, -2]
    doubles = [0x41DF_FFFF_FFFF_FFFF, 0xC1E0_0000_001F_FFFF]  # 2**31 and -2**31 - 1, nearly
    name = "i32x4.relaxed_trunc_f64x2_s_zero"
    assert run(name, level, 64, doubles, result=32) == [0x7FFF_FFFF, lowest, 0, 0]
    doubles = [0x41E0_0000_0000_0000, 0xC1E0_0000_0020_0000]  # 2**31 and -2**31 - 1
    assert run(name, level, 64, doubles, result=32) == [lowest, lowest, 0, 0]

    assert run("i8x16.relaxed_laneselect", level, 8, [1], [2], [0x80, 0x7F]) == [1, 2] * 8
    name = "i16x8.relaxed_laneselect"
    assert run(name, level, 16, [0x1122], [0x3344], [0x8000, 0x0080]) == [0x1144, 0x3322] * 4
    assert run("i32x4.relaxed_laneselect", level, 32, [1], [2], [1 << 31, 0x80]) == [1, 2] * 2
    assert run("i64x2.relaxed_laneselect", level, 64, [1], [2], [1 << 63, 1 << 31]) == [1, 2]

    name = "i16x8.relaxed_q15mulr_s"
    assert run(name, level, 16, [-0x8000, 0x7FFF], [-0x8000]) == [-0x8000, -0x7FFF] * 4


@pytest.mark.parametrize("level", X86)
@pytest.mark.parametrize("width", WIDTHS)
def test_minimum_and_maximum_on_x86(level: str, width: int) -> None:
    shape = f"f{width}x{128 // width}"
    minus, nan = 1 << (width - 1), NAN[width] | 5
    one, two = (0x3F80_0000, 0x4000_0000) if width == 32 else (0x3FF0 << 48, 0x4000 << 48)
    smaller = function(f"{shape}.relaxed_min", level)
    larger = function(f"{shape}.relaxed_max", level)
    cases = [
        # operands, minimum, maximum: of two zeros and with NaN the second
        (one, two, one, two),
        (two, one, one, two),
        (0, minus, minus, minus),
        (minus, 0, 0, 0),
        (nan, one, one, one),
        (one, nan, nan, nan),
    ]
    for a, b, least, most in cases:
        assert smaller(join(width, [a]), join(width, [b])) == join(width, [least])
        assert larger(join(width, [a]), join(width, [b])) == join(width, [most])


DOT = "i16x8.relaxed_dot_i8x16_i7x16_s"
DOT_ADD = "i32x4.relaxed_dot_i8x16_i7x16_add_s"


@pytest.mark.parametrize("level", LEVELS)
def test_dot_products(level: str) -> None:
    left = [1, -2, 127, 127, -128, -128, 0, 5]
    right = [3, 4, 127, 127, 127, 127, 9, 6]
    sums = [-5, 32258, -32512, 30]
    assert run(DOT, level, 8, left, right, result=16) == sums * 2
    wide = [sums[0] + sums[1] + 7, sums[2] + sums[3] + 8] * 2
    dot = function(DOT_ADD, level)(join(8, left), join(8, right), join(32, [7, 8]))
    assert dot == join(32, wide)


@pytest.mark.parametrize("level", LEVELS)
def test_dot_products_with_a_negative_second_operand(level: str) -> None:
    left, right = [-128, -128, 3, 5, -128, -128, 127, 127], [-128, -128, -1, -1, -1, -1, -128, -1]
    # Signed it is, or unsigned on x86-64; sums of two saturate.
    sums = [32767, -8, 256, -16383]
    if level in X86:
        sums = [-32768, 2040, -32768, 32767]
    assert run(DOT, level, 8, left, right, result=16) == sums * 2
    dot = function(DOT_ADD, level)(join(8, left), join(8, right), join(32, [-1]))
    assert dot == join(32, [sums[0] + sums[1] - 1, sums[2] + sums[3] - 1])
