"""Vector instructions that make integer lanes wider or narrower (specification, sections 4.3.2
and 4.3.4).

In and out: vectors as unsigned numbers of 128 bits, lane 0 lowest. The functions bear the
instructions' names with underscores.
"""

from __future__ import annotations

import struct

from zwasm.interp.integers import M32
from zwasm.interp.vector_lanes import (
    S8X16,
    S16X8,
    S32X4,
    S64X2,
    U8X16,
    U16X8,
    U32X4,
    U64X2,
    joined,
    split,
)


def _narrowed(
    wide: struct.Struct, narrow: struct.Struct, a: int, b: int, low: int, high: int
) -> int:
    """The lanes of both vectors, each within the bounds."""
    lanes = split(wide, a) + split(wide, b)
    return joined(narrow, [min(max(lane, low), high) for lane in lanes])


def _extended(narrow: struct.Struct, wide: struct.Struct, a: int, first: int, count: int) -> int:
    """`count` lanes from the lane `first` on."""
    return int.from_bytes(wide.pack(*split(narrow, a)[first : first + count]), "little")


def _products(
    narrow: struct.Struct, wide: struct.Struct, a: int, b: int, first: int, count: int
) -> int:
    """The products of `count` lanes from the lane `first` on."""
    x = split(narrow, a)
    y = split(narrow, b)
    return joined(wide, [x[i] * y[i] for i in range(first, first + count)])


def _pair_sums(narrow: struct.Struct, wide: struct.Struct, a: int, count: int) -> int:
    """The sums of lanes that stand side by side."""
    x = split(narrow, a)
    return joined(wide, [x[i] + x[i + 1] for i in range(0, count, 2)])


def i8x16_narrow_i16x8_s(a: int, b: int) -> int:
    return _narrowed(S16X8, S8X16, a, b, -0x80, 0x7F)


def i8x16_narrow_i16x8_u(a: int, b: int) -> int:
    return _narrowed(S16X8, U8X16, a, b, 0, 0xFF)


def i16x8_narrow_i32x4_s(a: int, b: int) -> int:
    return _narrowed(S32X4, S16X8, a, b, -0x8000, 0x7FFF)


def i16x8_narrow_i32x4_u(a: int, b: int) -> int:
    return _narrowed(S32X4, U16X8, a, b, 0, 0xFFFF)


def i16x8_extend_low_i8x16_s(a: int) -> int:
    return _extended(S8X16, S16X8, a, 0, 8)


def i16x8_extend_low_i8x16_u(a: int) -> int:
    return _extended(U8X16, U16X8, a, 0, 8)


def i16x8_extend_high_i8x16_s(a: int) -> int:
    return _extended(S8X16, S16X8, a, 8, 8)


def i16x8_extend_high_i8x16_u(a: int) -> int:
    return _extended(U8X16, U16X8, a, 8, 8)


def i16x8_extmul_low_i8x16_s(a: int, b: int) -> int:
    return _products(S8X16, S16X8, a, b, 0, 8)


def i16x8_extmul_low_i8x16_u(a: int, b: int) -> int:
    return _products(U8X16, U16X8, a, b, 0, 8)


def i16x8_extmul_high_i8x16_s(a: int, b: int) -> int:
    return _products(S8X16, S16X8, a, b, 8, 8)


def i16x8_extmul_high_i8x16_u(a: int, b: int) -> int:
    return _products(U8X16, U16X8, a, b, 8, 8)


def i16x8_extadd_pairwise_i8x16_s(a: int) -> int:
    return _pair_sums(S8X16, S16X8, a, 16)


def i16x8_extadd_pairwise_i8x16_u(a: int) -> int:
    return _pair_sums(U8X16, U16X8, a, 16)


def i32x4_extend_low_i16x8_s(a: int) -> int:
    return _extended(S16X8, S32X4, a, 0, 4)


def i32x4_extend_low_i16x8_u(a: int) -> int:
    return _extended(U16X8, U32X4, a, 0, 4)


def i32x4_extend_high_i16x8_s(a: int) -> int:
    return _extended(S16X8, S32X4, a, 4, 4)


def i32x4_extend_high_i16x8_u(a: int) -> int:
    return _extended(U16X8, U32X4, a, 4, 4)


def i32x4_extmul_low_i16x8_s(a: int, b: int) -> int:
    return _products(S16X8, S32X4, a, b, 0, 4)


def i32x4_extmul_low_i16x8_u(a: int, b: int) -> int:
    return _products(U16X8, U32X4, a, b, 0, 4)


def i32x4_extmul_high_i16x8_s(a: int, b: int) -> int:
    return _products(S16X8, S32X4, a, b, 4, 4)


def i32x4_extmul_high_i16x8_u(a: int, b: int) -> int:
    return _products(U16X8, U32X4, a, b, 4, 4)


def i32x4_extadd_pairwise_i16x8_s(a: int) -> int:
    return _pair_sums(S16X8, S32X4, a, 8)


def i32x4_extadd_pairwise_i16x8_u(a: int) -> int:
    return _pair_sums(U16X8, U32X4, a, 8)


def i64x2_extend_low_i32x4_s(a: int) -> int:
    return _extended(S32X4, S64X2, a, 0, 2)


def i64x2_extend_low_i32x4_u(a: int) -> int:
    return _extended(U32X4, U64X2, a, 0, 2)


def i64x2_extend_high_i32x4_s(a: int) -> int:
    return _extended(S32X4, S64X2, a, 2, 2)


def i64x2_extend_high_i32x4_u(a: int) -> int:
    return _extended(U32X4, U64X2, a, 2, 2)


def i64x2_extmul_low_i32x4_s(a: int, b: int) -> int:
    return _products(S32X4, S64X2, a, b, 0, 2)


def i64x2_extmul_low_i32x4_u(a: int, b: int) -> int:
    return _products(U32X4, U64X2, a, b, 0, 2)


def i64x2_extmul_high_i32x4_s(a: int, b: int) -> int:
    return _products(S32X4, S64X2, a, b, 2, 2)


def i64x2_extmul_high_i32x4_u(a: int, b: int) -> int:
    return _products(U32X4, U64X2, a, b, 2, 2)


def i32x4_dot_i16x8_s(a: int, b: int) -> int:
    x = split(S16X8, a)
    y = split(S16X8, b)
    # A sum of two largest products wraps.
    return joined(U32X4, [(x[i] * y[i] + x[i + 1] * y[i + 1]) & M32 for i in range(0, 8, 2)])
