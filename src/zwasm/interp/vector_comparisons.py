"""Comparisons of the lanes of integer vectors (specification, section 4.3.2).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest. Out: vectors whose lanes are all ones
where the comparison holds, else zero. The functions bear the instructions' names with
underscores.
"""

from __future__ import annotations

from zwasm.interp.vector_lanes import (
    ALL,
    HIGH8,
    HIGH16,
    HIGH32,
    HIGH64,
    below,
    mask,
    nonzero,
)


def _equal(width: int, high: int, a: int, b: int) -> int:
    return mask(width, nonzero(high, a ^ b) ^ high)


def _unequal(width: int, high: int, a: int, b: int) -> int:
    return mask(width, nonzero(high, a ^ b))


def _less_u(width: int, high: int, a: int, b: int) -> int:
    return mask(width, below(high, a, b))


def _less_s(width: int, high: int, a: int, b: int) -> int:
    # With the highest bits inverted, signed numbers are in the order of unsigned ones.
    return mask(width, below(high, a ^ high, b ^ high))


def i8x16_eq(a: int, b: int) -> int:
    return _equal(8, HIGH8, a, b)


def i8x16_ne(a: int, b: int) -> int:
    return _unequal(8, HIGH8, a, b)


def i8x16_lt_s(a: int, b: int) -> int:
    return _less_s(8, HIGH8, a, b)


def i8x16_lt_u(a: int, b: int) -> int:
    return _less_u(8, HIGH8, a, b)


def i8x16_gt_s(a: int, b: int) -> int:
    return _less_s(8, HIGH8, b, a)


def i8x16_gt_u(a: int, b: int) -> int:
    return _less_u(8, HIGH8, b, a)


def i8x16_le_s(a: int, b: int) -> int:
    return _less_s(8, HIGH8, b, a) ^ ALL


def i8x16_le_u(a: int, b: int) -> int:
    return _less_u(8, HIGH8, b, a) ^ ALL


def i8x16_ge_s(a: int, b: int) -> int:
    return _less_s(8, HIGH8, a, b) ^ ALL


def i8x16_ge_u(a: int, b: int) -> int:
    return _less_u(8, HIGH8, a, b) ^ ALL


def i16x8_eq(a: int, b: int) -> int:
    return _equal(16, HIGH16, a, b)


def i16x8_ne(a: int, b: int) -> int:
    return _unequal(16, HIGH16, a, b)


def i16x8_lt_s(a: int, b: int) -> int:
    return _less_s(16, HIGH16, a, b)


def i16x8_lt_u(a: int, b: int) -> int:
    return _less_u(16, HIGH16, a, b)


def i16x8_gt_s(a: int, b: int) -> int:
    return _less_s(16, HIGH16, b, a)


def i16x8_gt_u(a: int, b: int) -> int:
    return _less_u(16, HIGH16, b, a)


def i16x8_le_s(a: int, b: int) -> int:
    return _less_s(16, HIGH16, b, a) ^ ALL


def i16x8_le_u(a: int, b: int) -> int:
    return _less_u(16, HIGH16, b, a) ^ ALL


def i16x8_ge_s(a: int, b: int) -> int:
    return _less_s(16, HIGH16, a, b) ^ ALL


def i16x8_ge_u(a: int, b: int) -> int:
    return _less_u(16, HIGH16, a, b) ^ ALL


def i32x4_eq(a: int, b: int) -> int:
    return _equal(32, HIGH32, a, b)


def i32x4_ne(a: int, b: int) -> int:
    return _unequal(32, HIGH32, a, b)


def i32x4_lt_s(a: int, b: int) -> int:
    return _less_s(32, HIGH32, a, b)


def i32x4_lt_u(a: int, b: int) -> int:
    return _less_u(32, HIGH32, a, b)


def i32x4_gt_s(a: int, b: int) -> int:
    return _less_s(32, HIGH32, b, a)


def i32x4_gt_u(a: int, b: int) -> int:
    return _less_u(32, HIGH32, b, a)


def i32x4_le_s(a: int, b: int) -> int:
    return _less_s(32, HIGH32, b, a) ^ ALL


def i32x4_le_u(a: int, b: int) -> int:
    return _less_u(32, HIGH32, b, a) ^ ALL


def i32x4_ge_s(a: int, b: int) -> int:
    return _less_s(32, HIGH32, a, b) ^ ALL


def i32x4_ge_u(a: int, b: int) -> int:
    return _less_u(32, HIGH32, a, b) ^ ALL


def i64x2_eq(a: int, b: int) -> int:
    return _equal(64, HIGH64, a, b)


def i64x2_ne(a: int, b: int) -> int:
    return _unequal(64, HIGH64, a, b)


def i64x2_lt_s(a: int, b: int) -> int:
    return _less_s(64, HIGH64, a, b)


def i64x2_gt_s(a: int, b: int) -> int:
    return _less_s(64, HIGH64, b, a)


def i64x2_le_s(a: int, b: int) -> int:
    return _less_s(64, HIGH64, b, a) ^ ALL


def i64x2_ge_s(a: int, b: int) -> int:
    return _less_s(64, HIGH64, a, b) ^ ALL
