"""Conversions between number types (specification, section 4.3.4).

In: bit patterns as unsigned numbers. Out: the same. The functions bear the instructions' names
with underscores.
"""

from __future__ import annotations

import math
from typing import Final

from zwasm.errors import Trap, TrapCode
from zwasm.interp.floats import INF, f32_bits, f32_float, f64_bits, f64_float
from zwasm.interp.integers import M32, M64, signed32, signed64

_F32_PRECISION: Final = 24  # bits of an f32's significand
_EXACT: Final = 1 << 53  # integers up to here are doubles

_MIN_S32: Final = -(1 << 31)
_MAX_S32: Final = (1 << 31) - 1
_MIN_S64: Final = -(1 << 63)
_MAX_S64: Final = (1 << 63) - 1


def _truncate(value: float, low: int, high: int) -> int:
    """The value without its fraction, if that is within the bounds."""
    if value != value:
        raise Trap(TrapCode.INVALID_CONVERSION_TO_INTEGER)
    if value == INF or value == -INF:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    whole = math.trunc(value)
    if whole < low or whole > high:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    return whole


def _truncate_sat(value: float, low: int, high: int) -> int:
    """The value without its fraction, or the bound that it lies past; zero for a NaN."""
    if value != value:
        return 0
    if value == INF:
        return high
    if value == -INF:
        return low
    return min(max(math.trunc(value), low), high)


def _nearest_f32(n: int) -> int:
    """The bits of the f32 nearest to an integer, rounded once: by way of a double, an integer
    of more than 53 bits would be rounded twice."""
    if -_EXACT <= n <= _EXACT:
        return f32_bits(float(n))
    magnitude = abs(n)
    shift = magnitude.bit_length() - _F32_PRECISION
    kept = magnitude >> shift
    rest = magnitude & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    if rest > half or (rest == half and kept & 1 == 1):
        kept += 1
    rounded = float(kept << shift)
    return f32_bits(rounded if n > 0 else -rounded)


def i32_wrap_i64(a: int) -> int:
    return a & M32


def i64_extend_i32_s(a: int) -> int:
    return signed32(a) & M64


def i64_extend_i32_u(a: int) -> int:
    return a


def i32_trunc_f32_s(a: int) -> int:
    return _truncate(f32_float(a), _MIN_S32, _MAX_S32) & M32


def i32_trunc_f32_u(a: int) -> int:
    return _truncate(f32_float(a), 0, M32)


def i32_trunc_f64_s(a: int) -> int:
    return _truncate(f64_float(a), _MIN_S32, _MAX_S32) & M32


def i32_trunc_f64_u(a: int) -> int:
    return _truncate(f64_float(a), 0, M32)


def i64_trunc_f32_s(a: int) -> int:
    return _truncate(f32_float(a), _MIN_S64, _MAX_S64) & M64


def i64_trunc_f32_u(a: int) -> int:
    return _truncate(f32_float(a), 0, M64)


def i64_trunc_f64_s(a: int) -> int:
    return _truncate(f64_float(a), _MIN_S64, _MAX_S64) & M64


def i64_trunc_f64_u(a: int) -> int:
    return _truncate(f64_float(a), 0, M64)


def i32_trunc_sat_f32_s(a: int) -> int:
    return _truncate_sat(f32_float(a), _MIN_S32, _MAX_S32) & M32


def i32_trunc_sat_f32_u(a: int) -> int:
    return _truncate_sat(f32_float(a), 0, M32)


def i32_trunc_sat_f64_s(a: int) -> int:
    return _truncate_sat(f64_float(a), _MIN_S32, _MAX_S32) & M32


def i32_trunc_sat_f64_u(a: int) -> int:
    return _truncate_sat(f64_float(a), 0, M32)


def i64_trunc_sat_f32_s(a: int) -> int:
    return _truncate_sat(f32_float(a), _MIN_S64, _MAX_S64) & M64


def i64_trunc_sat_f32_u(a: int) -> int:
    return _truncate_sat(f32_float(a), 0, M64)


def i64_trunc_sat_f64_s(a: int) -> int:
    return _truncate_sat(f64_float(a), _MIN_S64, _MAX_S64) & M64


def i64_trunc_sat_f64_u(a: int) -> int:
    return _truncate_sat(f64_float(a), 0, M64)


def f32_convert_i32_s(a: int) -> int:
    return f32_bits(float(signed32(a)))


def f32_convert_i32_u(a: int) -> int:
    return f32_bits(float(a))


def f32_convert_i64_s(a: int) -> int:
    return _nearest_f32(signed64(a))


def f32_convert_i64_u(a: int) -> int:
    return _nearest_f32(a)


def f64_convert_i32_s(a: int) -> int:
    return f64_bits(float(signed32(a)))


def f64_convert_i32_u(a: int) -> int:
    return f64_bits(float(a))


def f64_convert_i64_s(a: int) -> int:
    return f64_bits(float(signed64(a)))


def f64_convert_i64_u(a: int) -> int:
    return f64_bits(float(a))


def f32_demote_f64(a: int) -> int:
    return f32_bits(f64_float(a))


def f64_promote_f32(a: int) -> int:
    return f64_bits(f32_float(a))


def i32_reinterpret_f32(a: int) -> int:
    return a


def i64_reinterpret_f64(a: int) -> int:
    return a


def f32_reinterpret_i32(a: int) -> int:
    return a


def f64_reinterpret_i64(a: int) -> int:
    return a
