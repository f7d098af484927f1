"""Conversions between integer and floating-point lanes (specification, section 4.3.4).

In and out: vectors as unsigned numbers of 128 bits, lane 0 lowest. The functions bear the
instructions' names with underscores. What happens in a lane is in `conversions`.
"""

from __future__ import annotations

from collections.abc import Callable

from zwasm.interp import conversions
from zwasm.interp.integers import M32
from zwasm.interp.vector_lanes import U64X2, each32, split


def _narrowed(function: Callable[[int], int], a: int) -> int:
    """The function of both lanes of 64 bits as lanes of 32 bits, zeros above."""
    p, q = split(U64X2, a)
    return function(p) | function(q) << 32


def _widened(function: Callable[[int], int], a: int) -> int:
    """The function of the lower two lanes of 32 bits as lanes of 64 bits."""
    return function(a & M32) | function((a >> 32) & M32) << 64


def i32x4_trunc_sat_f32x4_s(a: int) -> int:
    return each32(conversions.i32_trunc_sat_f32_s, a)


def i32x4_trunc_sat_f32x4_u(a: int) -> int:
    return each32(conversions.i32_trunc_sat_f32_u, a)


def i32x4_trunc_sat_f64x2_s_zero(a: int) -> int:
    return _narrowed(conversions.i32_trunc_sat_f64_s, a)


def i32x4_trunc_sat_f64x2_u_zero(a: int) -> int:
    return _narrowed(conversions.i32_trunc_sat_f64_u, a)


def f32x4_convert_i32x4_s(a: int) -> int:
    return each32(conversions.f32_convert_i32_s, a)


def f32x4_convert_i32x4_u(a: int) -> int:
    return each32(conversions.f32_convert_i32_u, a)


def f64x2_convert_low_i32x4_s(a: int) -> int:
    return _widened(conversions.f64_convert_i32_s, a)


def f64x2_convert_low_i32x4_u(a: int) -> int:
    return _widened(conversions.f64_convert_i32_u, a)


def f32x4_demote_f64x2_zero(a: int) -> int:
    return _narrowed(conversions.f32_demote_f64, a)


def f64x2_promote_low_f32x4(a: int) -> int:
    return _widened(conversions.f64_promote_f32, a)
