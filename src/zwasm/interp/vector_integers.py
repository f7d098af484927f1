"""Arithmetic on the lanes of integer vectors (specification, section 4.3.2).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest, and counts of shifts. Out: vectors; of
tests, numbers. The functions bear the instructions' names with underscores. Comparisons are in
`vector_comparisons`, what makes lanes wider or narrower in `vector_widths`.
"""

from __future__ import annotations

from typing import Final

from zwasm.interp.integers import M32, M64
from zwasm.interp.vector_lanes import (
    HIGH8,
    HIGH16,
    HIGH32,
    HIGH64,
    LOW8,
    LOW16,
    LOW32,
    LOW64,
    M16,
    S16X8,
    U16X8,
    U32X4,
    U64X2,
    add,
    add_sat_s,
    add_sat_u,
    avgr_u,
    below,
    bitmask,
    chosen,
    joined,
    magnitudes,
    mask,
    nonzero,
    shl,
    shr_s,
    shr_u,
    split,
    sub,
    sub_sat_s,
    sub_sat_u,
)

# The number of ones of every byte.
_POPULATION: Final = bytes([i.bit_count() for i in range(256)])


def _all_true(high: int, a: int) -> int:
    return 1 if nonzero(high, a) == high else 0


def _min_u(width: int, high: int, a: int, b: int) -> int:
    return chosen(a, b, mask(width, below(high, a, b)))


def _max_u(width: int, high: int, a: int, b: int) -> int:
    return chosen(b, a, mask(width, below(high, a, b)))


def _min_s(width: int, high: int, a: int, b: int) -> int:
    return chosen(a, b, mask(width, below(high, a ^ high, b ^ high)))


def _max_s(width: int, high: int, a: int, b: int) -> int:
    return chosen(b, a, mask(width, below(high, a ^ high, b ^ high)))


def i8x16_abs(a: int) -> int:
    return magnitudes(8, HIGH8, a)


def i8x16_neg(a: int) -> int:
    return sub(HIGH8, 0, a)


def i8x16_popcnt(a: int) -> int:
    return int.from_bytes(a.to_bytes(16, "little").translate(_POPULATION), "little")


def i8x16_all_true(a: int) -> int:
    return _all_true(HIGH8, a)


def i8x16_bitmask(a: int) -> int:
    return bitmask(8, a)


def i8x16_shl(a: int, count: int) -> int:
    return shl(8, LOW8, a, count)


def i8x16_shr_s(a: int, count: int) -> int:
    return shr_s(8, LOW8, a, count)


def i8x16_shr_u(a: int, count: int) -> int:
    return shr_u(8, LOW8, a, count)


def i8x16_add(a: int, b: int) -> int:
    return add(HIGH8, a, b)


def i8x16_add_sat_s(a: int, b: int) -> int:
    return add_sat_s(8, HIGH8, a, b)


def i8x16_add_sat_u(a: int, b: int) -> int:
    return add_sat_u(8, HIGH8, a, b)


def i8x16_sub(a: int, b: int) -> int:
    return sub(HIGH8, a, b)


def i8x16_sub_sat_s(a: int, b: int) -> int:
    return sub_sat_s(8, HIGH8, a, b)


def i8x16_sub_sat_u(a: int, b: int) -> int:
    return sub_sat_u(8, HIGH8, a, b)


def i8x16_min_s(a: int, b: int) -> int:
    return _min_s(8, HIGH8, a, b)


def i8x16_min_u(a: int, b: int) -> int:
    return _min_u(8, HIGH8, a, b)


def i8x16_max_s(a: int, b: int) -> int:
    return _max_s(8, HIGH8, a, b)


def i8x16_max_u(a: int, b: int) -> int:
    return _max_u(8, HIGH8, a, b)


def i8x16_avgr_u(a: int, b: int) -> int:
    return avgr_u(LOW8, a, b)


def i16x8_abs(a: int) -> int:
    return magnitudes(16, HIGH16, a)


def i16x8_neg(a: int) -> int:
    return sub(HIGH16, 0, a)


def i16x8_all_true(a: int) -> int:
    return _all_true(HIGH16, a)


def i16x8_bitmask(a: int) -> int:
    return bitmask(16, a)


def i16x8_shl(a: int, count: int) -> int:
    return shl(16, LOW16, a, count)


def i16x8_shr_s(a: int, count: int) -> int:
    return shr_s(16, LOW16, a, count)


def i16x8_shr_u(a: int, count: int) -> int:
    return shr_u(16, LOW16, a, count)


def i16x8_add(a: int, b: int) -> int:
    return add(HIGH16, a, b)


def i16x8_add_sat_s(a: int, b: int) -> int:
    return add_sat_s(16, HIGH16, a, b)


def i16x8_add_sat_u(a: int, b: int) -> int:
    return add_sat_u(16, HIGH16, a, b)


def i16x8_sub(a: int, b: int) -> int:
    return sub(HIGH16, a, b)


def i16x8_sub_sat_s(a: int, b: int) -> int:
    return sub_sat_s(16, HIGH16, a, b)


def i16x8_sub_sat_u(a: int, b: int) -> int:
    return sub_sat_u(16, HIGH16, a, b)


def i16x8_mul(a: int, b: int) -> int:
    x = split(U16X8, a)
    y = split(U16X8, b)
    return joined(U16X8, [x[i] * y[i] & M16 for i in range(8)])


def i16x8_q15mulr_sat_s(a: int, b: int) -> int:
    x = split(S16X8, a)
    y = split(S16X8, b)
    return joined(S16X8, [min((x[i] * y[i] + 0x4000) >> 15, 0x7FFF) for i in range(8)])


def i16x8_min_s(a: int, b: int) -> int:
    return _min_s(16, HIGH16, a, b)


def i16x8_min_u(a: int, b: int) -> int:
    return _min_u(16, HIGH16, a, b)


def i16x8_max_s(a: int, b: int) -> int:
    return _max_s(16, HIGH16, a, b)


def i16x8_max_u(a: int, b: int) -> int:
    return _max_u(16, HIGH16, a, b)


def i16x8_avgr_u(a: int, b: int) -> int:
    return avgr_u(LOW16, a, b)


def i32x4_abs(a: int) -> int:
    return magnitudes(32, HIGH32, a)


def i32x4_neg(a: int) -> int:
    return sub(HIGH32, 0, a)


def i32x4_all_true(a: int) -> int:
    return _all_true(HIGH32, a)


def i32x4_bitmask(a: int) -> int:
    return bitmask(32, a)


def i32x4_shl(a: int, count: int) -> int:
    return shl(32, LOW32, a, count)


def i32x4_shr_s(a: int, count: int) -> int:
    return shr_s(32, LOW32, a, count)


def i32x4_shr_u(a: int, count: int) -> int:
    return shr_u(32, LOW32, a, count)


def i32x4_add(a: int, b: int) -> int:
    return add(HIGH32, a, b)


def i32x4_sub(a: int, b: int) -> int:
    return sub(HIGH32, a, b)


def i32x4_mul(a: int, b: int) -> int:
    x = split(U32X4, a)
    y = split(U32X4, b)
    return joined(U32X4, [x[i] * y[i] & M32 for i in range(4)])


def i32x4_min_s(a: int, b: int) -> int:
    return _min_s(32, HIGH32, a, b)


def i32x4_min_u(a: int, b: int) -> int:
    return _min_u(32, HIGH32, a, b)


def i32x4_max_s(a: int, b: int) -> int:
    return _max_s(32, HIGH32, a, b)


def i32x4_max_u(a: int, b: int) -> int:
    return _max_u(32, HIGH32, a, b)


def i64x2_abs(a: int) -> int:
    return magnitudes(64, HIGH64, a)


def i64x2_neg(a: int) -> int:
    return sub(HIGH64, 0, a)


def i64x2_all_true(a: int) -> int:
    return _all_true(HIGH64, a)


def i64x2_bitmask(a: int) -> int:
    return bitmask(64, a)


def i64x2_shl(a: int, count: int) -> int:
    return shl(64, LOW64, a, count)


def i64x2_shr_s(a: int, count: int) -> int:
    return shr_s(64, LOW64, a, count)


def i64x2_shr_u(a: int, count: int) -> int:
    return shr_u(64, LOW64, a, count)


def i64x2_add(a: int, b: int) -> int:
    return add(HIGH64, a, b)


def i64x2_sub(a: int, b: int) -> int:
    return sub(HIGH64, a, b)


def i64x2_mul(a: int, b: int) -> int:
    x = split(U64X2, a)
    y = split(U64X2, b)
    return (x[0] * y[0] & M64) | (x[1] * y[1] & M64) << 64
