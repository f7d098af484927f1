"""Values between Python and the engines."""

from __future__ import annotations

import math
import struct

import pytest

import zwasm
from zwasm.instances.values import from_cell, to_cell
from zwasm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type_code


@pytest.mark.parametrize(
    ("code", "value", "cell", "back"),
    [
        (I32, 0, 0, 0),
        (I32, -1, 0xFFFF_FFFF, -1),
        (I32, 0xFFFF_FFFF, 0xFFFF_FFFF, -1),
        (I32, -(1 << 31), 1 << 31, -(1 << 31)),
        (I32, True, 1, 1),
        (I64, -1, (1 << 64) - 1, -1),
        (I64, (1 << 64) - 1, (1 << 64) - 1, -1),
        (I64, 1 << 62, 1 << 62, 1 << 62),
        (F32, 1.5, 0x3FC0_0000, 1.5),
        (F32, 3, 0x4040_0000, 3.0),
        (F32, 0.1, 0x3DCC_CCCD, 0.10000000149011612),
        (F32, 1e300, 0x7F80_0000, math.inf),
        (F32, -1e39, 0xFF80_0000, -math.inf),
        (F32, 3.4028235677973362e38, 0x7F7F_FFFF, 3.4028234663852886e38),
        (F32, 3.4028235677973366e38, 0x7F80_0000, math.inf),
        (F32, math.nan, 0x7FC0_0000, None),
        (F64, -0.0, 1 << 63, -0.0),
        (F64, 2, 1 << 62, 2.0),
        (V128, bytes(range(16)), int.from_bytes(bytes(range(16)), "little"), bytes(range(16))),
        (V128, 1, 1, b"\1" + bytes(15)),
        (V128, (1 << 128) - 1, (1 << 128) - 1, b"\xff" * 16),
        (V128, bytearray(range(16)), 0x0F0E0D0C_0B0A0908_07060504_03020100, bytes(range(16))),
        (V128, memoryview(b"\2" + bytes(15)), 2, b"\2" + bytes(15)),
        (V128, memoryview(b"\1" * 32)[::2], (1 << 128) // 255, b"\1" * 16),
        (V128, memoryview(b"\3" + bytes(15)).cast("I"), 3, b"\3" + bytes(15)),
        (EXTERNREF, None, None, None),
        (FUNCREF, None, None, None),
    ],
)
def test_cells(code: int, value: object, cell: object, back: object) -> None:
    assert to_cell(value, code) == cell
    found = from_cell(cell, code)
    if back is None and code == F32:
        assert isinstance(found, float)
        assert math.isnan(found)
    else:
        assert found == back
        assert type(found) is type(back)


@pytest.mark.parametrize(
    ("code", "value", "error"),
    [
        (I32, 1 << 32, OverflowError),
        (I32, -(1 << 31) - 1, OverflowError),
        (I64, 1 << 64, OverflowError),
        (F64, 10**400, OverflowError),
        (V128, 1 << 128, OverflowError),
        (V128, -1, OverflowError),
        (I32, 1.0, TypeError),
        (I32, "1", TypeError),
        (I32, None, TypeError),
        (F64, "1", TypeError),
        (F32, None, TypeError),
        (F32, 1j, TypeError),
        (V128, "x" * 16, TypeError),
        (V128, b"abc", ValueError),
        (V128, bytearray(17), ValueError),
        (V128, memoryview(bytes(64)).cast("I"), ValueError),
        (V128, None, TypeError),
        (V128, 1.0, TypeError),
        (FUNCREF, print, TypeError),
        (FUNCREF, 1, TypeError),
        (type_code("(ref extern)"), None, TypeError),
        (type_code("anyref"), object(), TypeError),
    ],
)
def test_wrong_values(code: int, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        to_cell(value, code)


@pytest.mark.parametrize("bits", [0x7FC0_0001, 0x7F80_0001, 0xFFC1_2345, 0x7FC0_0000, 0xFFFF_FFFF])
def test_f32_nan_survives(bits: int) -> None:
    assert to_cell(from_cell(bits, F32), F32) == bits


def test_f32_is_rounded_to_nearest() -> None:
    for value in (1 / 3, 16777217.0, 1e-46, 2**-149, math.pi):
        expected = int.from_bytes(struct.pack("<f", value), "little")
        assert to_cell(value, F32) == expected


def test_what_has_index_or_float_will_do() -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    class Real:
        def __float__(self) -> float:
            return 0.5

    assert to_cell(Index(), I32) == 7
    assert to_cell(Index(), V128) == 7
    assert from_cell(to_cell(Real(), F64), F64) == 0.5
    assert from_cell(to_cell(Index(), F64), F64) == 7.0


def test_function_references_are_typed() -> None:
    func = zwasm.Func(lambda: None, zwasm.FuncType())
    assert to_cell(func, FUNCREF) is func
    assert to_cell(func, EXTERNREF) is func
    with pytest.raises(TypeError, match="nullfuncref"):
        to_cell(func, type_code("nullfuncref"))


def test_global() -> None:
    variable = zwasm.Global("i64", -5, mutable=True)
    assert (variable.value, repr(variable.type)) == (-5, "(global (mut i64))")
    variable.value = 1 << 63
    assert variable.value == -(1 << 63)
    with pytest.raises(TypeError):
        variable.value = 1.5
    assert variable.value == -(1 << 63)
    constant = zwasm.Global(zwasm.GlobalType("f64"), 2.5)
    with pytest.raises(TypeError, match="immutable"):
        constant.value = 1.0
    assert constant.value == 2.5
    anything = object()
    assert zwasm.Global("externref", anything).value is anything


def test_table() -> None:
    table = zwasm.Table("externref", 2, maximum=5, init="x")
    assert list(table) == ["x", "x"]
    table[0] = None
    table[-1] = 3
    assert (table[0], table[1], len(table)) == (None, 3, 2)
    assert table.grow(2, "new") == 2
    assert list(table) == [None, 3, "new", "new"]
    assert repr(table.type) == "(table 4 5 externref)"
    with pytest.raises(ValueError, match="cannot grow"):
        table.grow(2)
    for index in (4, -5):
        with pytest.raises(IndexError):
            table[index]
    with pytest.raises(TypeError):
        zwasm.Table("funcref", 2)[0] = print
    with pytest.raises(zwasm.InstantiationError, match="exceeds"):
        zwasm.Table("funcref", 1 << 31)
    with pytest.raises(ValueError, match="below its minimum"):
        zwasm.Table("funcref", 2, maximum=1)


def test_table_limit_of_the_store() -> None:
    store = zwasm.Store(max_table_elements=10)
    table = zwasm.Table("funcref", 8, store=store)
    assert table.try_grow(3, None) == -1
    assert table.try_grow(2, None) == 8
    with pytest.raises(zwasm.InstantiationError, match="10 elements"):
        zwasm.Table("funcref", 1, store=store)


def test_tags_are_themselves() -> None:
    one, two = zwasm.Tag(zwasm.FuncType(["i32"])), zwasm.Tag(zwasm.FuncType(["i32"]))
    assert one != two
    assert one.type == two.type
    assert repr(one) == "<zwasm.Tag (tag (param i32))>"


@pytest.mark.parametrize("code", [I32, I64, V128])
def test_ints_of_very_many_digits_are_out_of_range(code: int) -> None:
    for value in (10**5000, -(10**5000)):
        with pytest.raises(OverflowError, match="an int of 16610 bits is out of range"):
            to_cell(value, code)


def test_messages_say_what_is_wrong() -> None:
    func = zwasm.Func(lambda value: value, zwasm.FuncType(["v128"], ["v128"]), name="same")
    for value, error, text in (
        (b"abc", ValueError, "a v128 is 16 bytes, not 3"),
        ("abc", TypeError, "expected v128, not str"),
        (1 << 128, OverflowError, f"{1 << 128} is out of range for v128"),
        (1 << 20_000, OverflowError, "an int of 20001 bits is out of range for v128"),
    ):
        with pytest.raises(error) as info:
            func(value)
        assert str(info.value) == f"argument 1 of same {func.type}: {text}"
    assert func(memoryview(bytes(16))) == bytes(16)
    odd = zwasm.Func(lambda: b"abc", zwasm.FuncType([], ["v128"]), name="odd")
    with pytest.raises(ValueError, match=r"the result of host function odd .* 16 bytes, not 3"):
        odd()


def test_globals_hold_vectors() -> None:
    vector = bytes(range(16))
    found = zwasm.Global("v128", vector, mutable=True)
    assert found.value == vector
    cases: list[tuple[object, bytes]] = [
        (bytearray(vector[::-1]), vector[::-1]),
        (1 << 127, bytes(15) + b"\x80"),
    ]
    for value, expected in cases:
        found.value = value
        assert found.value == expected
    assert zwasm.Global("v128").value == bytes(16)
    with pytest.raises(ValueError, match="16 bytes, not 1"):
        found.value = b"x"
    with pytest.raises(OverflowError, match="v128"):
        zwasm.Global("v128", -1)
    assert found.value == bytes(15) + b"\x80"
