"""Relaxed vector instructions (specification, sections 4.3.2 to 4.3.4, and appendix A.5).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest. Out: the same. The functions that bear
an instruction's name give the result of the deterministic profile; those with another ending, and
`native`, are what machines do.

A fused operation is computed in exact integer arithmetic and rounded once. That NaNs are the
canonical one is explained in `floats`; x86-64's own minimum and maximum choose an operand as it
is.
"""

from __future__ import annotations

from typing import Final

from zwasm.interp import floats, vector_conversions, vector_floats, vectors
from zwasm.interp.floats import F32_SIGN, F64_SIGN, f32_float, f64_float
from zwasm.interp.instr import Operation
from zwasm.interp.integers import M32, SIGN32
from zwasm.interp.vector_floats import f32x4_add, f32x4_mul, f64x2_add, f64x2_mul
from zwasm.interp.vector_integers import i16x8_q15mulr_sat_s, i32x4_add
from zwasm.interp.vector_lanes import (
    HIGH8,
    HIGH32,
    HIGH64,
    M16,
    S8X16,
    S16X8,
    U8X16,
    U16X8,
    U64X2,
    chosen,
    each32,
    joined,
    mask,
    pairs32,
    pairs64,
    split,
)
from zwasm.interp.vector_widths import i32x4_extadd_pairwise_i16x8_s


class _Format:
    """A floating-point format: the bits of its fraction and the pattern of its sign. A finite
    number is a whole multiple of two to the power `lowest`."""

    __slots__ = ("fraction", "infinity", "lowest", "sign")

    def __init__(self, fraction: int, sign: int, lowest: int) -> None:
        self.fraction = fraction
        self.sign = sign
        self.infinity: int = sign - (1 << fraction)
        self.lowest = lowest


_F32: Final = _Format(23, F32_SIGN, -149)
_F64: Final = _Format(52, F64_SIGN, -1074)


def _significand(form: _Format, a: int) -> int:
    """The significand of a finite number, with its sign."""
    value = a & ((1 << form.fraction) - 1)
    if a & form.infinity != 0:
        value |= 1 << form.fraction
    return -value if a & form.sign != 0 else value


def _scale(form: _Format, a: int) -> int:
    """The power of two of a finite number's significand, counted from `lowest`."""
    return max(((a & form.infinity) >> form.fraction) - 1, 0)


def _rounded(form: _Format, value: int, scale: int) -> int:
    """The float nearest to `value * 2 ** (scale + lowest)`, ties to even; the value is not 0."""
    magnitude = abs(value)
    shift = max(magnitude.bit_length() - form.fraction - 1, -scale)
    if shift <= 0:
        kept = magnitude << -shift
    else:
        kept = magnitude >> shift
        rest = magnitude & ((1 << shift) - 1)
        half = 1 << (shift - 1)
        if rest > half or (rest == half and kept & 1 == 1):
            kept += 1
    # A significand's highest bit, which is not stored, adds 1 to the exponent.
    bits = min(((scale + shift) << form.fraction) + kept, form.infinity)
    return bits | form.sign if value < 0 else bits


def _fused(form: _Format, a: int, b: int, c: int) -> int:
    """`a * b + c` of finite numbers, rounded once."""
    product = _significand(form, a) * _significand(form, b)
    addend = _significand(form, c)
    scale = _scale(form, a) + _scale(form, b) + form.lowest
    scale_c = _scale(form, c)
    lowest = min(scale, scale_c)
    total = (product << (scale - lowest)) + (addend << (scale_c - lowest))
    if total == 0:
        return (a ^ b) & c & form.sign  # -0 only if both terms are
    return _rounded(form, total, lowest)


def _f32_fused(a: int, b: int, c: int) -> int:
    if a & _F32.infinity == _F32.infinity or b & _F32.infinity == _F32.infinity:
        return floats.f32_add(floats.f32_mul(a, b), c)
    if c & _F32.infinity == _F32.infinity:
        return floats.f32_bits(f32_float(c))
    return _fused(_F32, a, b, c)


def _f64_fused(a: int, b: int, c: int) -> int:
    if a & _F64.infinity == _F64.infinity or b & _F64.infinity == _F64.infinity:
        return floats.f64_add(floats.f64_mul(a, b), c)
    if c & _F64.infinity == _F64.infinity:
        return floats.f64_bits(f64_float(c))
    return _fused(_F64, a, b, c)


def f32x4_relaxed_madd(a: int, b: int, c: int) -> int:
    return f32x4_add(f32x4_mul(a, b), c)


def f32x4_relaxed_nmadd(a: int, b: int, c: int) -> int:
    return f32x4_relaxed_madd(a ^ HIGH32, b, c)


def f64x2_relaxed_madd(a: int, b: int, c: int) -> int:
    return f64x2_add(f64x2_mul(a, b), c)


def f64x2_relaxed_nmadd(a: int, b: int, c: int) -> int:
    return f64x2_relaxed_madd(a ^ HIGH64, b, c)


def f32x4_relaxed_madd_fused(a: int, b: int, c: int) -> int:
    result = 0
    for shift in range(0, 128, 32):
        lane = _f32_fused((a >> shift) & M32, (b >> shift) & M32, (c >> shift) & M32)
        result |= lane << shift
    return result


def f32x4_relaxed_nmadd_fused(a: int, b: int, c: int) -> int:
    return f32x4_relaxed_madd_fused(a ^ HIGH32, b, c)


def f64x2_relaxed_madd_fused(a: int, b: int, c: int) -> int:
    p, q = split(U64X2, a)
    t, u = split(U64X2, b)
    x, y = split(U64X2, c)
    return _f64_fused(p, t, x) | _f64_fused(q, u, y) << 64


def f64x2_relaxed_nmadd_fused(a: int, b: int, c: int) -> int:
    return f64x2_relaxed_madd_fused(a ^ HIGH64, b, c)


def i8x16_relaxed_swizzle(a: int, b: int) -> int:
    return vectors.i8x16_swizzle(a, b)


def i8x16_relaxed_swizzle_x86(a: int, b: int) -> int:
    """pshufb: zero where an index's highest bit is set, else the lane of its lowest four bits."""
    table = a.to_bytes(16, "little") * 8 + bytes(128)
    return int.from_bytes(b.to_bytes(16, "little").translate(table), "little")


def i32x4_relaxed_trunc_f32x4_s(a: int) -> int:
    return vector_conversions.i32x4_trunc_sat_f32x4_s(a)


def i32x4_relaxed_trunc_f32x4_u(a: int) -> int:
    return vector_conversions.i32x4_trunc_sat_f32x4_u(a)


def i32x4_relaxed_trunc_f64x2_s_zero(a: int) -> int:
    return vector_conversions.i32x4_trunc_sat_f64x2_s_zero(a)


def i32x4_relaxed_trunc_f64x2_u_zero(a: int) -> int:
    return vector_conversions.i32x4_trunc_sat_f64x2_u_zero(a)


def _truncated_x86(value: float) -> int:
    """The signed number, or 0x80000000 for what is not in its range."""
    return int(value) & M32 if -2147483649.0 < value < 2147483648.0 else SIGN32


def _f32_truncated_x86(a: int) -> int:
    return _truncated_x86(f32_float(a))


def i32x4_relaxed_trunc_f32x4_s_x86(a: int) -> int:
    """cvttps2dq."""
    return each32(_f32_truncated_x86, a)


def i32x4_relaxed_trunc_f64x2_s_zero_x86(a: int) -> int:
    """cvttpd2dq."""
    p, q = split(U64X2, a)
    return _truncated_x86(f64_float(p)) | _truncated_x86(f64_float(q)) << 32


def i8x16_relaxed_laneselect(a: int, b: int, c: int) -> int:
    return chosen(a, b, c)


def i16x8_relaxed_laneselect(a: int, b: int, c: int) -> int:
    return chosen(a, b, c)


def i32x4_relaxed_laneselect(a: int, b: int, c: int) -> int:
    return chosen(a, b, c)


def i64x2_relaxed_laneselect(a: int, b: int, c: int) -> int:
    return chosen(a, b, c)


def i8x16_relaxed_laneselect_x86(a: int, b: int, c: int) -> int:
    """pblendvb, by the highest bit of each byte; lanes of 16 bits have no instruction of their
    own."""
    return chosen(a, b, mask(8, c & HIGH8))


def i32x4_relaxed_laneselect_x86(a: int, b: int, c: int) -> int:
    """blendvps."""
    return chosen(a, b, mask(32, c & HIGH32))


def i64x2_relaxed_laneselect_x86(a: int, b: int, c: int) -> int:
    """blendvpd."""
    return chosen(a, b, mask(64, c & HIGH64))


def f32x4_relaxed_min(a: int, b: int) -> int:
    return vector_floats.f32x4_min(a, b)


def f32x4_relaxed_max(a: int, b: int) -> int:
    return vector_floats.f32x4_max(a, b)


def f64x2_relaxed_min(a: int, b: int) -> int:
    return vector_floats.f64x2_min(a, b)


def f64x2_relaxed_max(a: int, b: int) -> int:
    return vector_floats.f64x2_max(a, b)


def _f32_min_x86(a: int, b: int) -> int:
    """`b` too if an operand is NaN or both are zero."""
    return a if floats.f32_lt(a, b) else b


def _f32_max_x86(a: int, b: int) -> int:
    return a if floats.f32_gt(a, b) else b


def _f64_min_x86(a: int, b: int) -> int:
    return a if floats.f64_lt(a, b) else b


def _f64_max_x86(a: int, b: int) -> int:
    return a if floats.f64_gt(a, b) else b


def f32x4_relaxed_min_x86(a: int, b: int) -> int:
    """minps."""
    return pairs32(_f32_min_x86, a, b)


def f32x4_relaxed_max_x86(a: int, b: int) -> int:
    """maxps."""
    return pairs32(_f32_max_x86, a, b)


def f64x2_relaxed_min_x86(a: int, b: int) -> int:
    """minpd."""
    return pairs64(_f64_min_x86, a, b)


def f64x2_relaxed_max_x86(a: int, b: int) -> int:
    """maxpd."""
    return pairs64(_f64_max_x86, a, b)


def i16x8_relaxed_q15mulr_s(a: int, b: int) -> int:
    return i16x8_q15mulr_sat_s(a, b)


def i16x8_relaxed_q15mulr_s_x86(a: int, b: int) -> int:
    """pmulhrsw: the square of the lowest number wraps."""
    x = split(S16X8, a)
    y = split(S16X8, b)
    return joined(U16X8, [((x[i] * y[i] + 0x4000) >> 15) & M16 for i in range(8)])


def _dot(x: tuple[int, ...], y: tuple[int, ...]) -> int:
    """The sums of the products of two lanes that stand side by side, each within the bounds of
    signed numbers of 16 bits."""
    sums = [x[i] * y[i] + x[i + 1] * y[i + 1] for i in range(0, 16, 2)]
    return joined(S16X8, [min(max(total, -0x8000), 0x7FFF) for total in sums])


def i16x8_relaxed_dot_i8x16_i7x16_s(a: int, b: int) -> int:
    return _dot(split(S8X16, a), split(S8X16, b))


def i16x8_relaxed_dot_i8x16_i7x16_s_x86(a: int, b: int) -> int:
    """pmaddubsw: the second operand is unsigned."""
    return _dot(split(S8X16, a), split(U8X16, b))


def i32x4_relaxed_dot_i8x16_i7x16_add_s(a: int, b: int, c: int) -> int:
    dot = i16x8_relaxed_dot_i8x16_i7x16_s(a, b)
    return i32x4_add(i32x4_extadd_pairwise_i16x8_s(dot), c)


def i32x4_relaxed_dot_i8x16_i7x16_add_s_x86(a: int, b: int, c: int) -> int:
    """pmaddubsw, pmaddwd with ones, paddd."""
    dot = i16x8_relaxed_dot_i8x16_i7x16_s_x86(a, b)
    return i32x4_add(i32x4_extadd_pairwise_i16x8_s(dot), c)


_FUSED: Final[dict[str, Operation]] = {
    "f32x4.relaxed_madd": f32x4_relaxed_madd_fused,
    "f32x4.relaxed_nmadd": f32x4_relaxed_nmadd_fused,
    "f64x2.relaxed_madd": f64x2_relaxed_madd_fused,
    "f64x2.relaxed_nmadd": f64x2_relaxed_nmadd_fused,
}
_X86: Final[dict[str, Operation]] = {
    "i8x16.relaxed_swizzle": i8x16_relaxed_swizzle_x86,
    "i32x4.relaxed_trunc_f32x4_s": i32x4_relaxed_trunc_f32x4_s_x86,
    "i32x4.relaxed_trunc_f64x2_s_zero": i32x4_relaxed_trunc_f64x2_s_zero_x86,
    "i8x16.relaxed_laneselect": i8x16_relaxed_laneselect_x86,
    "i16x8.relaxed_laneselect": i8x16_relaxed_laneselect_x86,
    "i32x4.relaxed_laneselect": i32x4_relaxed_laneselect_x86,
    "i64x2.relaxed_laneselect": i64x2_relaxed_laneselect_x86,
    "f32x4.relaxed_min": f32x4_relaxed_min_x86,
    "f32x4.relaxed_max": f32x4_relaxed_max_x86,
    "f64x2.relaxed_min": f64x2_relaxed_min_x86,
    "f64x2.relaxed_max": f64x2_relaxed_max_x86,
    "i16x8.relaxed_q15mulr_s": i16x8_relaxed_q15mulr_s_x86,
    "i16x8.relaxed_dot_i8x16_i7x16_s": i16x8_relaxed_dot_i8x16_i7x16_s_x86,
    "i32x4.relaxed_dot_i8x16_i7x16_add_s": i32x4_relaxed_dot_i8x16_i7x16_add_s_x86,
}


def native(level: str) -> dict[str, Operation]:
    """By instruction, the functions that differ from the deterministic profile on machines of a
    level: "aarch64", "x86_64", "x86_64_avx2", "x86_64_avx512", or "" for machines that have no
    code of their own."""
    if level == "aarch64":
        return _FUSED
    if level == "x86_64":
        return _X86
    if level == "x86_64_avx2" or level == "x86_64_avx512":
        return _X86 | _FUSED
    return {}
