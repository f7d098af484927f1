"""Floating-point vector instructions (specification, section 4.3.3).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest. Out: the same; lanes of comparisons are
all ones where it holds, else zero. The functions bear the instructions' names with underscores.
NaNs and roundings are as `floats` says, where most of what happens in a lane is.
"""

from __future__ import annotations

from zwasm.interp import floats
from zwasm.interp.floats import f32_bits, f64_bits
from zwasm.interp.integers import M32, M64
from zwasm.interp.vector_lanes import (
    ALL,
    F32X4,
    F64X2,
    HIGH32,
    HIGH64,
    each32,
    each64,
    numbers,
    pairs32,
    pairs64,
)


def _rounded32(p: float, q: float, r: float, s: float) -> int:
    """The vector of the f32s nearest to four values, of NaNs the canonical one."""
    if p == p and q == q and r == r and s == s:
        try:
            return int.from_bytes(F32X4.pack(p, q, r, s), "little")
        except OverflowError:  # one of them rounds to an infinity
            pass
    return f32_bits(p) | f32_bits(q) << 32 | f32_bits(r) << 64 | f32_bits(s) << 96


def _rounded64(p: float, q: float) -> int:
    """The vector of two f64s, of NaNs the canonical one."""
    return f64_bits(p) | f64_bits(q) << 64


def _holds32(p: bool, q: bool, r: bool, s: bool) -> int:
    """All ones in the lanes of which a comparison holds."""
    return (int(p) | int(q) << 32 | int(r) << 64 | int(s) << 96) * M32


def _holds64(p: bool, q: bool) -> int:
    return (int(p) | int(q) << 64) * M64


def _pmin32(a: int, b: int) -> int:
    return b if floats.f32_lt(b, a) else a


def _pmax32(a: int, b: int) -> int:
    return b if floats.f32_lt(a, b) else a


def _pmin64(a: int, b: int) -> int:
    return b if floats.f64_lt(b, a) else a


def _pmax64(a: int, b: int) -> int:
    return b if floats.f64_lt(a, b) else a


def f32x4_eq(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p == t, q == u, r == v, s == w)


def f32x4_ne(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p != t, q != u, r != v, s != w)


def f32x4_lt(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p < t, q < u, r < v, s < w)


def f32x4_gt(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p > t, q > u, r > v, s > w)


def f32x4_le(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p <= t, q <= u, r <= v, s <= w)


def f32x4_ge(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _holds32(p >= t, q >= u, r >= v, s >= w)


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
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _rounded32(p + t, q + u, r + v, s + w)


def f32x4_sub(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _rounded32(p - t, q - u, r - v, s - w)


def f32x4_mul(a: int, b: int) -> int:
    p, q, r, s = numbers(F32X4, a)
    t, u, v, w = numbers(F32X4, b)
    return _rounded32(p * t, q * u, r * v, s * w)


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
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p == t, q == u)


def f64x2_ne(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p != t, q != u)


def f64x2_lt(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p < t, q < u)


def f64x2_gt(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p > t, q > u)


def f64x2_le(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p <= t, q <= u)


def f64x2_ge(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _holds64(p >= t, q >= u)


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
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _rounded64(p + t, q + u)


def f64x2_sub(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _rounded64(p - t, q - u)


def f64x2_mul(a: int, b: int) -> int:
    p, q = numbers(F64X2, a)
    t, u = numbers(F64X2, b)
    return _rounded64(p * t, q * u)


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
