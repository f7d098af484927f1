"""Integer operations of the reference engine against ctypes and plain string arithmetic."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwasm.errors import Trap, TrapCode
from zwasm.interp import integers

WIDTHS = (32, 64)
SIGNED = {32: ctypes.c_int32, 64: ctypes.c_int64}
UNSIGNED = {32: ctypes.c_uint32, 64: ctypes.c_uint64}


def patterns(width: int) -> st.SearchStrategy[int]:
    top = (1 << width) - 1
    edges = [0, 1, 2, top, top - 1, top >> 1, (top >> 1) + 1, width, width - 1, 0x80, 0x8000]
    return st.one_of(st.sampled_from(edges), st.integers(0, top))


def signed(width: int, a: int) -> int:
    return int(SIGNED[width](a).value)


def unsigned(width: int, a: int) -> int:
    return int(UNSIGNED[width](a).value)


def bits(width: int, a: int) -> str:
    return format(a, f"0{width}b")


def operation(width: int, name: str) -> Callable[..., int]:
    function: Callable[..., int] = getattr(integers, f"i{width}_{name}")
    return function


def c_divide(a: int, b: int) -> int:
    """Division towards zero, by way of its definition."""
    quotient = 0 if abs(a) < abs(b) else abs(a) // abs(b)
    return quotient if a * b >= 0 else -quotient


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_arithmetic(width: int, data: st.DataObject) -> None:
    a = data.draw(patterns(width))
    b = data.draw(patterns(width))
    sa, sb, shift = signed(width, a), signed(width, b), b % width
    text = bits(width, a)
    expected = {
        "add": unsigned(width, sa + sb),
        "sub": unsigned(width, sa - sb),
        "mul": unsigned(width, sa * sb),
        "and": a & b,
        "or": a | b,
        "xor": a ^ b,
        "shl": int(text[shift:] + "0" * shift, 2),
        "shr_u": int("0" * shift + text[: width - shift], 2),
        "shr_s": int(text[0] * shift + text[: width - shift], 2),
        "rotl": int(text[shift:] + text[:shift], 2),
        "rotr": int(text[width - shift :] + text[: width - shift], 2),
        "eq": sa == sb,
        "ne": sa != sb,
        "lt_s": sa < sb,
        "lt_u": a < b,
        "gt_s": sa > sb,
        "gt_u": a > b,
        "le_s": sa <= sb,
        "le_u": a <= b,
        "ge_s": sa >= sb,
        "ge_u": a >= b,
    }
    for name, value in expected.items():
        assert operation(width, name)(a, b) == int(value), name


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_division(width: int, data: st.DataObject) -> None:
    a = data.draw(patterns(width))
    b = data.draw(patterns(width).filter(bool))
    sa, sb = signed(width, a), signed(width, b)
    if (sa, sb) != (-(1 << (width - 1)), -1):
        quotient = c_divide(sa, sb)
        assert operation(width, "div_s")(a, b) == unsigned(width, quotient)
        assert operation(width, "rem_s")(a, b) == unsigned(width, sa - sb * quotient)
    assert operation(width, "div_u")(a, b) == c_divide(a, b)
    assert operation(width, "rem_u")(a, b) == a - b * c_divide(a, b)


@pytest.mark.parametrize("width", WIDTHS)
def test_division_edges(width: int) -> None:
    low = 1 << (width - 1)
    for name in ("div_s", "div_u", "rem_s", "rem_u"):
        with pytest.raises(Trap) as info:
            operation(width, name)(low, 0)
        assert info.value.code is TrapCode.INTEGER_DIVIDE_BY_ZERO
    with pytest.raises(Trap) as info:
        operation(width, "div_s")(low, 2 * low - 1)
    assert info.value.code is TrapCode.INTEGER_OVERFLOW
    assert operation(width, "rem_s")(low, 2 * low - 1) == 0


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_one_operand(width: int, data: st.DataObject) -> None:
    a = data.draw(patterns(width))
    text = bits(width, a)
    assert operation(width, "clz")(a) == len(text) - len(text.lstrip("0"))
    assert operation(width, "ctz")(a) == len(text) - len(text.rstrip("0"))
    assert operation(width, "popcnt")(a) == text.count("1")
    assert operation(width, "eqz")(a) == int(a == 0)
    kinds = {8: ctypes.c_int8, 16: ctypes.c_int16, 32: ctypes.c_int32}
    for narrow, kind in kinds.items():
        if narrow < width:
            extended = unsigned(width, int(kind(a).value))
            assert operation(width, f"extend{narrow}_s")(a) == extended
