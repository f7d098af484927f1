"""Float operations and conversions of the reference engine against exact rational arithmetic."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zwasm.errors import Trap, TrapCode
from zwasm.interp import conversions, floats

WIDTHS = (32, 64)
EXPONENT = {32: 8, 64: 11}
MANTISSA = {32: 23, 64: 52}
NAN = {32: 0x7FC0_0000, 64: 0x7FF8_0000_0000_0000}
INF = {32: 0x7F80_0000, 64: 0x7FF0_0000_0000_0000}


def sign_bit(width: int) -> int:
    return 1 << (width - 1)


def patterns(width: int) -> st.SearchStrategy[int]:
    m, inf = MANTISSA[width], INF[width]
    one = ((1 << (EXPONENT[width] - 1)) - 1) << m
    magnitudes = [
        0,
        1,
        2,
        (1 << m) - 1,
        1 << m,
        one,
        one + 1,
        one - 1,
        one - (1 << m),  # 0.5
        one + (1 << (m - 1)),  # 1.5
        one + (1 << m) + (1 << (m - 2)),  # 2.5
        one + (m << m) - 1,
        one + (m << m),
        one + (m << m) + 1,
        inf - 1,
        inf,
        inf + 1,  # a signalling NaN
        NAN[width],
        NAN[width] + 1,
    ]
    edges = magnitudes + [value | sign_bit(width) for value in magnitudes]
    near_one = st.integers(one - (40 << m), one + (70 << m))
    return st.one_of(st.sampled_from(edges), st.integers(0, (1 << width) - 1), near_one)


def is_nan(width: int, bits: int) -> bool:
    return bits & ~sign_bit(width) > INF[width]


def is_inf(width: int, bits: int) -> bool:
    return bits & ~sign_bit(width) == INF[width]


def value_of(width: int, bits: int) -> Fraction:
    """The exact value of a finite float, from its definition."""
    m = MANTISSA[width]
    bias = (1 << (EXPONENT[width] - 1)) - 1
    exponent = (bits & ~sign_bit(width)) >> m
    fraction = bits & ((1 << m) - 1)
    if exponent == 0:
        value = Fraction(fraction) * Fraction(2) ** (1 - bias - m)
    else:
        value = Fraction(fraction + (1 << m)) * Fraction(2) ** (exponent - bias - m)
    return -value if bits & sign_bit(width) else value


def rounded(width: int, value: Fraction, zero_sign: int = 0) -> int:
    """The bits of the float nearest to a value, ties to even, by search over all floats."""
    sign = sign_bit(width) if value < 0 or (value == 0 and zero_sign) else 0
    value = abs(value)
    low, high = 0, INF[width]  # value_of(low) <= value < value_of(high), infinity as if finite
    if value >= value_of(width, high):
        return sign | high
    while high - low > 1:
        middle = (low + high) // 2
        if value_of(width, middle) <= value:
            low = middle
        else:
            high = middle
    below, above = value - value_of(width, low), value_of(width, high) - value
    if below < above or (below == above and low % 2 == 0):
        return sign | low
    return sign | high


def operation(width: int, name: str) -> Callable[..., int]:
    function: Callable[..., int] = getattr(floats, f"f{width}_{name}")
    return function


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_arithmetic_of_finite_numbers(width: int, data: st.DataObject) -> None:
    finite = patterns(width).filter(lambda bits: bits & ~sign_bit(width) < INF[width])
    a, b = data.draw(finite), data.draw(finite)
    x, y = value_of(width, a), value_of(width, b)
    negative_a, negative_b = bool(a & sign_bit(width)), bool(b & sign_bit(width))
    differ = negative_a != negative_b
    assert operation(width, "add")(a, b) == rounded(width, x + y, negative_a and negative_b)
    assert operation(width, "sub")(a, b) == rounded(width, x - y, negative_a and not negative_b)
    assert operation(width, "mul")(a, b) == rounded(width, x * y, differ)
    if y != 0:
        assert operation(width, "div")(a, b) == rounded(width, x / y, differ)
    elif x != 0:
        assert operation(width, "div")(a, b) == INF[width] | (sign_bit(width) if differ else 0)
    else:
        assert operation(width, "div")(a, b) == NAN[width]
    zeros = x == 0 and y == 0
    if zeros:
        assert operation(width, "min")(a, b) == (a if negative_a else b)
        assert operation(width, "max")(a, b) == (b if negative_a else a)
    else:
        assert operation(width, "min")(a, b) == (a if x <= y else b)
        assert operation(width, "max")(a, b) == (a if x >= y else b)
    assert operation(width, "copysign")(a, b) == (a ^ sign_bit(width) if differ else a)


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_rounding_to_integers_and_square_root(width: int, data: st.DataObject) -> None:
    a = data.draw(patterns(width).filter(lambda bits: bits & ~sign_bit(width) < INF[width]))
    x, negative = value_of(width, a), bool(a & sign_bit(width))
    for name, function in (
        ("ceil", math.ceil),
        ("floor", math.floor),
        ("trunc", math.trunc),
        ("nearest", round),
    ):
        expected = rounded(width, Fraction(function(x)), negative)
        assert operation(width, name)(a) == expected, name
    root = operation(width, "sqrt")(a)
    if x == 0:
        assert root == a
    elif negative:
        assert root == NAN[width]
    else:
        # The root lies between the midpoints next to it. It is never one itself.
        low = (value_of(width, root - 1) + value_of(width, root)) / 2
        high = (value_of(width, root + 1) + value_of(width, root)) / 2
        assert low * low < x < high * high


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_comparisons(width: int, data: st.DataObject) -> None:
    a, b = data.draw(patterns(width)), data.draw(patterns(width))
    unordered = is_nan(width, a) or is_nan(width, b)
    huge = Fraction(2) ** 5000

    def key(bits: int) -> Fraction:
        if is_inf(width, bits):
            return -huge if bits & sign_bit(width) else huge
        return value_of(width, bits)

    x, y = (Fraction(0), Fraction(0)) if unordered else (key(a), key(b))
    ordered = not unordered
    expected = {
        "eq": ordered and x == y,
        "ne": unordered or x != y,
        "lt": ordered and x < y,
        "gt": ordered and x > y,
        "le": ordered and x <= y,
        "ge": ordered and x >= y,
    }
    for name, value in expected.items():
        assert operation(width, name)(a, b) == int(value), name
    if unordered:
        for name in ("add", "sub", "mul", "div", "min", "max"):
            assert operation(width, name)(a, b) == NAN[width], name


@pytest.mark.parametrize("width", WIDTHS)
def test_special_values(width: int) -> None:
    inf, nan, minus = INF[width], NAN[width], sign_bit(width)
    signalling = inf + 1
    one = ((1 << (EXPONENT[width] - 1)) - 1) << MANTISSA[width]
    cases: list[tuple[str, tuple[int, ...], int]] = [
        ("add", (inf, inf), inf),
        ("add", (inf, inf | minus), nan),
        ("sub", (inf, inf), nan),
        ("mul", (inf, 0), nan),
        ("mul", (inf, minus | one), inf | minus),
        ("div", (inf, inf), nan),
        ("div", (one, 0), inf),
        ("div", (one, minus), inf | minus),
        ("div", (inf | minus, 0), inf | minus),
        ("div", (signalling, 0), nan),
        ("div", (one, inf | minus), minus),
        ("sqrt", (inf,), inf),
        ("sqrt", (inf | minus,), nan),
        ("sqrt", (minus,), minus),
        ("min", (minus, 0), minus),
        ("max", (minus, 0), 0),
        ("min", (inf | minus, nan), nan),
        ("max", (signalling, one), nan),
        ("min", (inf, one), one),
        ("max", (inf | minus, one), one),
        ("neg", (signalling,), signalling | minus),
        ("abs", (signalling | minus,), signalling),
        ("copysign", (signalling, minus), signalling | minus),
        ("ceil", (signalling,), nan),
        ("floor", (inf | minus,), inf | minus),
        ("nearest", (minus | 1,), minus),
        ("trunc", (inf,), inf),
    ]
    for name, operands, result in cases:
        assert operation(width, name)(*operands) == result, (name, operands)


@given(st.integers(0, (1 << 64) - 1))
@example(0x7FFF_FF40_0000_0001)
@example(0x7FFF_FF40_0000_0000)
@example(0xFFFF_FF80_0000_0000)
@example((1 << 53) + 1)
def test_conversions_of_integers(a: int) -> None:
    signed = struct.unpack("<q", struct.pack("<Q", a))[0]
    low = a & 0xFFFF_FFFF
    low_signed = struct.unpack("<i", struct.pack("<I", low))[0]
    for width in WIDTHS:
        for source, bits, value in (
            ("i64_s", a, signed),
            ("i64_u", a, a),
            ("i32_s", low, low_signed),
            ("i32_u", low, low),
        ):
            result = getattr(conversions, f"f{width}_convert_{source}")(bits)
            assert result == rounded(width, Fraction(value)), (width, source)
    assert conversions.i64_extend_i32_s(low) == low_signed & 0xFFFF_FFFF_FFFF_FFFF
    assert conversions.i64_extend_i32_u(low) == low
    assert conversions.i32_wrap_i64(a) == low


@given(patterns(64), patterns(32))
@example(0x47EF_FFFF_F000_0000, 0)  # the tie between the greatest f32 and infinity
@example(0x47EF_FFFF_EFFF_FFFF, 0)
@example(0xC7EF_FFFF_F000_0000, 0)
@example(0x3690_0000_0000_0000, 0)  # the tie between zero and the least f32
@example(0x3690_0000_0000_0001, 0)
def test_demote_and_promote(double: int, single: int) -> None:
    result = conversions.f32_demote_f64(double)
    if is_nan(64, double):
        assert result == NAN[32]
    elif is_inf(64, double):
        assert result == INF[32] | (sign_bit(32) if double & sign_bit(64) else 0)
    else:
        assert result == rounded(32, value_of(64, double), double & sign_bit(64))
    result = conversions.f64_promote_f32(single)
    if is_nan(32, single):
        assert result == NAN[64]
    elif is_inf(32, single):
        assert result == INF[64] | (sign_bit(64) if single & sign_bit(32) else 0)
    else:
        assert value_of(64, result) == value_of(32, single)
        assert result >> 63 == single >> 31


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("target", WIDTHS)
@given(data=st.data())
def test_truncation(width: int, target: int, data: st.DataObject) -> None:
    m = MANTISSA[width]
    bias = (1 << (EXPONENT[width] - 1)) - 1
    near_bounds = st.builds(
        lambda exponent, low, sign: (sign << (width - 1)) | (((bias + exponent) << m) + low),
        st.sampled_from([31, 32, 63, 64]),
        st.integers(-3, 3),
        st.integers(0, 1),
    )
    a = data.draw(st.one_of(near_bounds, patterns(width)))
    for suffix, low, high in (
        ("s", -(1 << (target - 1)), (1 << (target - 1)) - 1),
        ("u", 0, (1 << target) - 1),
    ):
        exact = getattr(conversions, f"i{target}_trunc_f{width}_{suffix}")
        saturating = getattr(conversions, f"i{target}_trunc_sat_f{width}_{suffix}")
        code: TrapCode | None = None
        if is_nan(width, a):
            code, clamped = TrapCode.INVALID_CONVERSION_TO_INTEGER, 0
        elif is_inf(width, a):
            code, clamped = TrapCode.INTEGER_OVERFLOW, low if a & sign_bit(width) else high
        else:
            whole = math.trunc(value_of(width, a))
            clamped = max(low, min(high, whole))
            if clamped != whole:
                code = TrapCode.INTEGER_OVERFLOW
        assert saturating(a) == clamped % (1 << target)
        if code is None:
            assert exact(a) == clamped % (1 << target)
        else:
            with pytest.raises(Trap) as info:
                exact(a)
            assert info.value.code is code
