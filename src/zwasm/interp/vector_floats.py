"""Floating-point vector instructions (specification, section 4.3.3).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest. Out: the same; lanes of comparisons are
all ones where it holds, else zero. The functions bear the instructions' names with underscores.
What happens in a lane is in `floats`, NaNs included.
"""

from __future__ import annotations

from collections.abc import Callable

from zwasm.interp import floats
from zwasm.interp.integers import M32, M64
from zwasm.interp.vector_lanes import (
    ALL,
    HIGH32,
    HIGH64,
    each32,
    each64,
    pairs32,
    pairs64,
)


def _holds32(function: Callable[[int, int], int], a: int, b: int) -> int:
    """All ones in the lanes of which a comparison holds."""
    return pairs32(function, a, b) * M32


def _holds64(function: Callable[[int, int], int], a: int, b: int) -> int:
    return pairs64(function, a, b) * M64


def _pmin32(a: int, b: int) -> int:
    return b if floats.f32_lt(b, a) else a


def _pmax32(a: int, b: int) -> int:
    return b if floats.f32_lt(a, b) else a


def _pmin64(a: int, b: int) -> int:
    return b if floats.f64_lt(b, a) else a


def _pmax64(a: int, b: int) -> int:
    return b if floats.f64_lt(a, b) else a


def f32x4_eq(a: int, b: int) -> int:
    return _holds32(floats.f32_eq, a, b)


def f32x4_ne(a: int, b: int) -> int:
    return _holds32(floats.f32_ne, a, b)


def f32x4_lt(a: int, b: int) -> int:
    return _holds32(floats.f32_lt, a, b)


def f32x4_gt(a: int, b: int) -> int:
    return _holds32(floats.f32_gt, a, b)


def f32x4_le(a: int, b: int) -> int:
    return _holds32(floats.f32_le, a, b)


def f32x4_ge(a: int, b: int) -> int:
    return _holds32(floats.f32_ge, a, b)


def f32x4_abs(a: int) -> int:
    return a & (ALL ^ HIGH32)


def f32x4_neg(a: int) -> int:
    return a ^ HIGH32


def f32x4_ceil(a: int) -> int:
    return each32(floats.f32_ceil, a)


def f32x4_floor(a: int) -> int:
    return each32(floats.f32_floor, a)


def f32x4_trunc(a: int) -> int:
    return each32(floats.f32_trunc, a)


def f32x4_nearest(a: int) -> int:
    return each32(floats.f32_nearest, a)


def f32x4_sqrt(a: int) -> int:
    return each32(floats.f32_sqrt, a)


def f32x4_add(a: int, b: int) -> int:
    return pairs32(floats.f32_add, a, b)


def f32x4_sub(a: int, b: int) -> int:
    return pairs32(floats.f32_sub, a, b)


def f32x4_mul(a: int, b: int) -> int:
    return pairs32(floats.f32_mul, a, b)


def f32x4_div(a: int, b: int) -> int:
    return pairs32(floats.f32_div, a, b)


def f32x4_min(a: int, b: int) -> int:
    return pairs32(floats.f32_min, a, b)


def f32x4_max(a: int, b: int) -> int:
    return pairs32(floats.f32_max, a, b)


def f32x4_pmin(a: int, b: int) -> int:
    return pairs32(_pmin32, a, b)


def f32x4_pmax(a: int, b: int) -> int:
    return pairs32(_pmax32, a, b)


def f64x2_eq(a: int, b: int) -> int:
    return _holds64(floats.f64_eq, a, b)


def f64x2_ne(a: int, b: int) -> int:
    return _holds64(floats.f64_ne, a, b)


def f64x2_lt(a: int, b: int) -> int:
    return _holds64(floats.f64_lt, a, b)


def f64x2_gt(a: int, b: int) -> int:
    return _holds64(floats.f64_gt, a, b)


def f64x2_le(a: int, b: int) -> int:
    return _holds64(floats.f64_le, a, b)


def f64x2_ge(a: int, b: int) -> int:
    return _holds64(floats.f64_ge, a, b)


def f64x2_abs(a: int) -> int:
    return a & (ALL ^ HIGH64)


def f64x2_neg(a: int) -> int:
    return a ^ HIGH64


def f64x2_ceil(a: int) -> int:
    return each64(floats.f64_ceil, a)


def f64x2_floor(a: int) -> int:
    return each64(floats.f64_floor, a)


def f64x2_trunc(a: int) -> int:
    return each64(floats.f64_trunc, a)


def f64x2_nearest(a: int) -> int:
    return each64(floats.f64_nearest, a)


def f64x2_sqrt(a: int) -> int:
    return each64(floats.f64_sqrt, a)


def f64x2_add(a: int, b: int) -> int:
    return pairs64(floats.f64_add, a, b)


def f64x2_sub(a: int, b: int) -> int:
    return pairs64(floats.f64_sub, a, b)


def f64x2_mul(a: int, b: int) -> int:
    return pairs64(floats.f64_mul, a, b)


def f64x2_div(a: int, b: int) -> int:
    return pairs64(floats.f64_div, a, b)


def f64x2_min(a: int, b: int) -> int:
    return pairs64(floats.f64_min, a, b)


def f64x2_max(a: int, b: int) -> int:
    return pairs64(floats.f64_max, a, b)


def f64x2_pmin(a: int, b: int) -> int:
    return pairs64(_pmin64, a, b)


def f64x2_pmax(a: int, b: int) -> int:
    return pairs64(_pmax64, a, b)
