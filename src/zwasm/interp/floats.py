"""Floating-point operations (specification, section 4.3.3).

In: the bits of f32 and f64 as unsigned numbers. Out: the same; booleans are 0 or 1. The functions
bear the instructions' names with underscores.

Every operation that may give a NaN gives the positive canonical one, whatever went in: the
deterministic profile (section 4.3.3, appendix A.5), which the rules allow everywhere. f32
operations compute in double precision and round once more. For add, sub, mul, div and sqrt that
second rounding changes nothing, for a double has more than twice the bits of a single, plus two.
"""

from __future__ import annotations

import math
import struct
from typing import Final

F32_NAN: Final = 0x7FC0_0000
F64_NAN: Final = 0x7FF8_0000_0000_0000
F32_INF: Final = 0x7F80_0000
F64_INF: Final = 0x7FF0_0000_0000_0000
F32_SIGN: Final = 0x8000_0000
F64_SIGN: Final = 0x8000_0000_0000_0000
F32_MAGNITUDE: Final = 0x7FFF_FFFF
F64_MAGNITUDE: Final = 0x7FFF_FFFF_FFFF_FFFF
INF: Final = math.inf
NAN: Final = math.nan

# From 2**52 on every double is an integer; infinities and NaNs are no smaller either.
INTEGRAL: Final = 4503599627370496.0

_F32: Final = struct.Struct("<f")
_F64: Final = struct.Struct("<d")
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")


def f32_float(bits: int) -> float:
    """The value of an f32, exact; of a NaN, some NaN."""
    value: float = _F32.unpack(_U32.pack(bits))[0]
    return value


def f64_float(bits: int) -> float:
    """The value of an f64; of a NaN, some NaN."""
    value: float = _F64.unpack(_U64.pack(bits))[0]
    return value


def f32_bits(value: float) -> int:
    """The bits of the f32 nearest to a value (ties to even), of a NaN the canonical one."""
    if value != value:
        return F32_NAN
    try:
        bits: int = _U32.unpack(_F32.pack(value))[0]
    except OverflowError:  # finite, but rounds to an infinity
        return F32_INF if value > 0.0 else F32_INF | F32_SIGN
    return bits


def f64_bits(value: float) -> int:
    """The bits of an f64, of a NaN the canonical one."""
    if value != value:
        return F64_NAN
    bits: int = _U64.unpack(_F64.pack(value))[0]
    return bits


def _divide(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:
        return NAN
    return math.copysign(INF, a) * math.copysign(1.0, b)


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else NAN


def _whole(a: float, whole: int) -> float:
    """`whole`, which `a` was rounded to, with the sign of `a` if it is zero."""
    return math.copysign(float(whole), a)


def _ceil(a: float) -> float:
    return _whole(a, math.ceil(a)) if -INTEGRAL < a < INTEGRAL else a


def _floor(a: float) -> float:
    return _whole(a, math.floor(a)) if -INTEGRAL < a < INTEGRAL else a


def _trunc(a: float) -> float:
    return _whole(a, math.trunc(a)) if -INTEGRAL < a < INTEGRAL else a


def _nearest(a: float) -> float:
    # round() takes ties to even
    return _whole(a, round(a)) if -INTEGRAL < a < INTEGRAL else a


def f32_add(a: int, b: int) -> int:
    return f32_bits(f32_float(a) + f32_float(b))


def f32_sub(a: int, b: int) -> int:
    return f32_bits(f32_float(a) - f32_float(b))


def f32_mul(a: int, b: int) -> int:
    return f32_bits(f32_float(a) * f32_float(b))


def f32_div(a: int, b: int) -> int:
    return f32_bits(_divide(f32_float(a), f32_float(b)))


def f32_min(a: int, b: int) -> int:
    x = f32_float(a)
    y = f32_float(b)
    if x != x or y != y:
        return F32_NAN
    if x == y:
        return a | b  # equal, or zeros: -0 if one is
    return a if x < y else b


def f32_max(a: int, b: int) -> int:
    x = f32_float(a)
    y = f32_float(b)
    if x != x or y != y:
        return F32_NAN
    if x == y:
        return a & b  # equal, or zeros: -0 only if both are
    return a if x > y else b


def f32_copysign(a: int, b: int) -> int:
    return (a & F32_MAGNITUDE) | (b & F32_SIGN)


def f32_abs(a: int) -> int:
    return a & F32_MAGNITUDE


def f32_neg(a: int) -> int:
    return a ^ F32_SIGN


def f32_ceil(a: int) -> int:
    return f32_bits(_ceil(f32_float(a)))


def f32_floor(a: int) -> int:
    return f32_bits(_floor(f32_float(a)))


def f32_trunc(a: int) -> int:
    return f32_bits(_trunc(f32_float(a)))


def f32_nearest(a: int) -> int:
    return f32_bits(_nearest(f32_float(a)))


def f32_sqrt(a: int) -> int:
    return f32_bits(_sqrt(f32_float(a)))


def f32_eq(a: int, b: int) -> int:
    return 1 if f32_float(a) == f32_float(b) else 0


def f32_ne(a: int, b: int) -> int:
    return 1 if f32_float(a) != f32_float(b) else 0


def f32_lt(a: int, b: int) -> int:
    return 1 if f32_float(a) < f32_float(b) else 0


def f32_gt(a: int, b: int) -> int:
    return 1 if f32_float(a) > f32_float(b) else 0


def f32_le(a: int, b: int) -> int:
    return 1 if f32_float(a) <= f32_float(b) else 0


def f32_ge(a: int, b: int) -> int:
    return 1 if f32_float(a) >= f32_float(b) else 0


def f64_add(a: int, b: int) -> int:
    return f64_bits(f64_float(a) + f64_float(b))


def f64_sub(a: int, b: int) -> int:
    return f64_bits(f64_float(a) - f64_float(b))


def f64_mul(a: int, b: int) -> int:
    return f64_bits(f64_float(a) * f64_float(b))


def f64_div(a: int, b: int) -> int:
    return f64_bits(_divide(f64_float(a), f64_float(b)))


def f64_min(a: int, b: int) -> int:
    x = f64_float(a)
    y = f64_float(b)
    if x != x or y != y:
        return F64_NAN
    if x == y:
        return a | b  # equal, or zeros: -0 if one is
    return a if x < y else b


def f64_max(a: int, b: int) -> int:
    x = f64_float(a)
    y = f64_float(b)
    if x != x or y != y:
        return F64_NAN
    if x == y:
        return a & b  # equal, or zeros: -0 only if both are
    return a if x > y else b


def f64_copysign(a: int, b: int) -> int:
    return (a & F64_MAGNITUDE) | (b & F64_SIGN)


def f64_abs(a: int) -> int:
    return a & F64_MAGNITUDE


def f64_neg(a: int) -> int:
    return a ^ F64_SIGN


def f64_ceil(a: int) -> int:
    return f64_bits(_ceil(f64_float(a)))


def f64_floor(a: int) -> int:
    return f64_bits(_floor(f64_float(a)))


def f64_trunc(a: int) -> int:
    return f64_bits(_trunc(f64_float(a)))


def f64_nearest(a: int) -> int:
    return f64_bits(_nearest(f64_float(a)))


def f64_sqrt(a: int) -> int:
    return f64_bits(_sqrt(f64_float(a)))


def f64_eq(a: int, b: int) -> int:
    return 1 if f64_float(a) == f64_float(b) else 0


def f64_ne(a: int, b: int) -> int:
    return 1 if f64_float(a) != f64_float(b) else 0


def f64_lt(a: int, b: int) -> int:
    return 1 if f64_float(a) < f64_float(b) else 0


def f64_gt(a: int, b: int) -> int:
    return 1 if f64_float(a) > f64_float(b) else 0


def f64_le(a: int, b: int) -> int:
    return 1 if f64_float(a) <= f64_float(b) else 0


def f64_ge(a: int, b: int) -> int:
    return 1 if f64_float(a) >= f64_float(b) else 0
