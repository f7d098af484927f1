"""Numbers of the text format are exact."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwasm.text.numbers import HUGE, NOT_A_NUMBER, OUT_OF_RANGE, float_bits, integer, round_bits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+1_000", 1000),
        ("-0x8000_0000", -(1 << 31)),
        ("0xDEADbeef", 0xDEADBEEF),
        ("0" * 5000 + "7", 7),
        ("-" + "0" * 50 + "7", -7),
        ("9" * 5000, HUGE),
        ("-" + "9" * 5000, -HUGE),
        ("0x" + "f" * 50, int("f" * 50, 16)),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert integer(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "+", "-", "x", "0x", "0xg", "1__0", "_1", "1_", "0_x1", "0x_1", "0x1_", "1.0", "1e1",
     "--1", "0X1", "1\n", "inf", "\u0663", "+_1", "0b1"],
)  # fmt: skip
def test_no_integers(text: str) -> None:
    assert integer(text) is None


@pytest.mark.parametrize(
    "text",
    ["", ".", ".5", "1.e", "1e", "1e+", "1_.0", "1._0", "1e_1", "0x", "0x.8", "0x1p", "0x1p_1",
     "0x1p+", "1p1", "nan:", "nan:0x", "nan:1", "nan:0xg", "Inf", "infinity", "nan:canonical",
     "++1", "- 1"],
)  # fmt: skip
def test_no_floats(text: str) -> None:
    assert float_bits(text, 32) == NOT_A_NUMBER
    assert float_bits(text, 64) == NOT_A_NUMBER


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("0", 0),
        ("-0x0p-999999999999999999999", 0x8000_0000),
        ("1", 0x3F80_0000),
        ("1.", 0x3F80_0000),
        ("0x1.8p+1", 0x4040_0000),
        ("0x1.8e", 0x3FC7_0000),  # `e` is a digit there
        ("0x0.", 0),
        ("1e-45", 1),
        ("0x1p-149", 1),
        ("0x1p-150", 0),
        ("0x1.8p-150", 1),
        ("0x1.0000000001p-150", 1),
        ("7.006492321624085e-46", 0),  # just below half of the least float
        ("7.006492321624086e-46", 1),
        ("0x1.fffffep127", 0x7F7F_FFFF),
        ("340282356779733661637539395458142568447", 0x7F7F_FFFF),
        ("340282356779733661637539395458142568448", OUT_OF_RANGE),
        ("0x1.ffffffp127", OUT_OF_RANGE),
        ("0x1p128", OUT_OF_RANGE),
        ("1e99999999999999999999999", OUT_OF_RANGE),
        ("1e-99999999999999999999999", 0),
        ("0x1p99999999999999999999999", OUT_OF_RANGE),
        ("inf", 0x7F80_0000),
        ("-inf", 0xFF80_0000),
        ("nan", 0x7FC0_0000),
        ("-nan:0x1", 0xFF80_0001),
        ("nan:0x7f_ffff", 0x7FFF_FFFF),
        ("nan:0x0", OUT_OF_RANGE),
        ("nan:0x80_0000", OUT_OF_RANGE),
        # Half way between two floats; rounding to 64 bits first would lose the rest.
        ("1.00000005960464477539062500000000000000000000000000", 0x3F80_0000),
        ("1.00000005960464477539062500000000000000000000000001", 0x3F80_0001),
        ("1.00000017881393432617187499999999999999999999999999", 0x3F80_0001),
        ("1.00000017881393432617187500000000000000000000000000", 0x3F80_0002),
        ("1.000000059604644775390625" + "0" * 3000 + "1", 0x3F80_0001),
    ],
)
def test_f32(text: str, bits: int) -> None:
    assert float_bits(text, 32) == bits


@given(st.integers(0, 0x7F7F_FFFE), st.integers(-3, 3), st.booleans())
def test_f32_near_the_middle(bits: int, nudge: int, long: bool) -> None:
    low = Fraction(struct.unpack("<f", struct.pack("<I", bits))[0])
    high = Fraction(struct.unpack("<f", struct.pack("<I", bits + 1))[0])
    exact = (low + high) / 2 + Fraction(nudge, 10**160)
    # Every such number has a finite decimal expansion.
    digits = 1400 if long else 160
    scaled = exact * 10**digits
    assert scaled.denominator == 1
    text = f"{scaled.numerator}e-{digits}"
    expected = bits if nudge < 0 or (nudge == 0 and bits % 2 == 0) else bits + 1
    assert float_bits(text, 32) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_f64(value: float) -> None:
    bits = struct.unpack("<Q", struct.pack("<d", value))[0]
    assert float_bits(repr(value), 64) == bits
    assert float_bits(value.hex(), 64) == bits


@given(st.integers(0, 1 << 80), st.integers(-1200, 1000))
def test_rounding(mantissa: int, exponent: int) -> None:
    bits = round_bits(mantissa, exponent, 64)
    try:
        value = float(Fraction(mantissa) * Fraction(2) ** exponent)
    except OverflowError:
        value = float("inf")
    assert bits == struct.unpack("<Q", struct.pack("<d", value))[0]
