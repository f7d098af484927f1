"""Values between Python and the engines (specification, section 4.2.1).

In: a Python value and a value type, or a cell and a value type. Out: the other of the two.

| type           | Python gives                       | Python gets            |
|----------------|------------------------------------|------------------------|
| i32, i64       | an int, signed or unsigned range   | a signed int           |
| f32, f64       | a float or int                     | a float                |
| v128           | 16 bytes, or an unsigned int       | 16 bytes (`bytes`)     |
| funcref        | None or a Func                     | None or a Func         |
| externref      | any object, None is null           | the same object        |
"""

from __future__ import annotations

import operator
import struct
from typing import Any, Final

from zwasm.instances.native import FuncBase
from zwasm.instances.store import Store
from zwasm.types import (
    F32,
    F64,
    HEAP_EXTERN,
    HEAP_FUNC,
    HEAP_INDEX,
    HEAP_SHIFT,
    I32,
    I64,
    NULL_BIT,
    REF_BIT,
    V128,
    heap_matches,
    top_of,
    type_name,
)

_pack_f64: Final = struct.Struct("<d").pack
_unpack_f64: Final = struct.Struct("<d").unpack
_pack_f32: Final = struct.Struct("<f").pack
_unpack_f32: Final = struct.Struct("<f").unpack

F32_LARGEST: Final = 3.4028235677973366e38  # from here on a double rounds to the f32 infinity


def bits_of_f64(value: float) -> int:
    """The bits of a double."""
    return int.from_bytes(_pack_f64(value), "little")


def f64_of_bits(bits: int) -> float:
    """The double with these bits."""
    value: float = _unpack_f64(bits.to_bytes(8, "little"))[0]
    return value


def bits_of_f32(value: float) -> int:
    """The bits of a double rounded to single precision; a NaN keeps its sign and the upper
    bits of its payload."""
    if value != value:
        wide = bits_of_f64(value)
        payload = (wide >> 29) & 0x7F_FFFF
        return (wide >> 63) << 31 | 0x7F80_0000 | (payload if payload else 0x40_0000)
    if value >= F32_LARGEST:
        return 0x7F80_0000
    if value <= -F32_LARGEST:
        return 0xFF80_0000
    return int.from_bytes(_pack_f32(value), "little")


def f32_of_bits(bits: int) -> float:
    """The double that equals the single with these bits; a NaN keeps sign and payload."""
    if bits & 0x7F80_0000 == 0x7F80_0000 and bits & 0x7F_FFFF:
        sign = bits >> 31
        return f64_of_bits(sign << 63 | 0x7FF0_0000_0000_0000 | (bits & 0x7F_FFFF) << 29)
    value: float = _unpack_f32(bits.to_bytes(4, "little"))[0]
    return value


def _not_a(value: object, code: int) -> TypeError:
    return TypeError(f"expected {type_name(code)}, not {_describe(value)}")


def _describe(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _out_of_range(number: int, code: int) -> OverflowError:
    # A number of very many digits has no decimal form (`sys.set_int_max_str_digits`).
    size = number.bit_length()
    text = f"an int of {size} bits" if size > 256 else str(number)
    return OverflowError(f"{text} is out of range for {type_name(code)}")


def _integer(value: object, code: int) -> int:
    if isinstance(value, int):
        return int(value)
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise _not_a(value, code) from None


def _real(value: object, code: int) -> float:
    if isinstance(value, float):
        return value
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise _not_a(value, code)
    return float(value)  # type: ignore[arg-type]


def to_cell(value: object, code: int, store: Store | None = None) -> object:
    """The cell of a Python value for the value type `code`.

    Raises TypeError for a value of another kind, OverflowError for an int out of range,
    ValueError for a vector of wrong length and for a function of a store other than `store`
    (None takes functions of any).
    """
    if code == I32:
        number = _integer(value, code)
        if not -0x8000_0000 <= number <= 0xFFFF_FFFF:
            raise _out_of_range(number, code)
        return number & 0xFFFF_FFFF
    if code == I64:
        number = _integer(value, code)
        if not -0x8000_0000_0000_0000 <= number <= 0xFFFF_FFFF_FFFF_FFFF:
            raise _out_of_range(number, code)
        return number & 0xFFFF_FFFF_FFFF_FFFF
    if code == F64:
        return bits_of_f64(_real(value, code))
    if code == F32:
        return bits_of_f32(_real(value, code))
    if code & REF_BIT != 0:
        return _to_reference(value, code, store)
    if code == V128:
        if isinstance(value, (bytes, bytearray, memoryview)):
            size = memoryview(value).nbytes
            if size != 16:
                raise ValueError(f"a v128 is 16 bytes, not {size}")
            return int.from_bytes(bytes(value), "little")
        number = _integer(value, code)
        if not 0 <= number < 1 << 128:
            raise _out_of_range(number, code)
        return number
    raise TypeError(f"no value has type {type_name(code)}")


def _to_reference(value: object, code: int, store: Store | None) -> object:
    if value is None:
        if code & NULL_BIT == 0:
            raise TypeError(f"expected {type_name(code)}, which has no null, not None")
        return None
    heap = code >> HEAP_SHIFT
    if heap == HEAP_EXTERN:
        return value
    if top_of(heap) == HEAP_FUNC:
        if not isinstance(value, FuncBase):
            raise TypeError(
                f"expected {type_name(code)}: None or a zwasm.Func, not {_describe(value)}"
            )
        func: Any = value
        if not heap_matches(HEAP_INDEX + int(func.type_id), heap):
            raise TypeError(f"expected {type_name(code)}, not a function of type {func.type}")
        if store is not None:
            if func.store is None:
                func.store = store
            elif func.store is not store:
                raise ValueError("the function belongs to another store")
        return func
    raise _not_a(value, code)


def from_cell(cell: object, code: int) -> object:
    """The Python value of a cell of the value type `code`."""
    if code & REF_BIT != 0:
        return cell
    assert isinstance(cell, int)
    if code == I32:
        return cell - 0x1_0000_0000 if cell & 0x8000_0000 else cell
    if code == I64:
        return cell - 0x1_0000_0000_0000_0000 if cell & 0x8000_0000_0000_0000 else cell
    if code == F64:
        return f64_of_bits(cell)
    if code == F32:
        return f32_of_bits(cell)
    return cell.to_bytes(16, "little")
