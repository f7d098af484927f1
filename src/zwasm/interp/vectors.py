"""Vector instructions on bits and single lanes (specification, sections 4.3.2 and 4.6.2).

In: vectors as unsigned numbers of 128 bits, lane 0 lowest, bit patterns of numbers, and numbers
of lanes. Out: vectors or bit patterns. The functions bear the instructions' names with
underscores. Arithmetic is in the modules `vector_…`.
"""

from __future__ import annotations

from typing import Final

from zwasm.interp.integers import M32, M64
from zwasm.interp.vector_lanes import ALL, LOW8, LOW16, LOW32, LOW64, M8, M16, chosen

_TABLE: Final = 256  # bytes of a table for bytes.translate


def v128_not(a: int) -> int:
    return a ^ ALL


def v128_and(a: int, b: int) -> int:
    return a & b


def v128_andnot(a: int, b: int) -> int:
    return a & (b ^ ALL)


def v128_or(a: int, b: int) -> int:
    return a | b


def v128_xor(a: int, b: int) -> int:
    return a ^ b


def v128_bitselect(a: int, b: int, c: int) -> int:
    return chosen(a, b, c)


def v128_any_true(a: int) -> int:
    return 1 if a != 0 else 0


def i8x16_shuffle(a: int, b: int, lanes: int) -> int:
    """`lanes` holds the 16 lane numbers, which are below 32."""
    table = (a | b << 128).to_bytes(_TABLE, "little")
    return int.from_bytes(lanes.to_bytes(16, "little").translate(table), "little")


def i8x16_swizzle(a: int, b: int) -> int:
    # The table's entries past the lanes are zero.
    table = a.to_bytes(_TABLE, "little")
    return int.from_bytes(b.to_bytes(16, "little").translate(table), "little")


def i8x16_splat(a: int) -> int:
    return (a & M8) * LOW8


def i16x8_splat(a: int) -> int:
    return (a & M16) * LOW16


def i32x4_splat(a: int) -> int:
    return a * LOW32


def i64x2_splat(a: int) -> int:
    return a * LOW64


def f32x4_splat(a: int) -> int:
    return a * LOW32


def f64x2_splat(a: int) -> int:
    return a * LOW64


def i8x16_extract_lane_s(a: int, lane: int) -> int:
    return ((((a >> (lane * 8)) & M8) ^ 0x80) - 0x80) & M32


def i8x16_extract_lane_u(a: int, lane: int) -> int:
    return (a >> (lane * 8)) & M8


def i16x8_extract_lane_s(a: int, lane: int) -> int:
    return ((((a >> (lane * 16)) & M16) ^ 0x8000) - 0x8000) & M32


def i16x8_extract_lane_u(a: int, lane: int) -> int:
    return (a >> (lane * 16)) & M16


def i32x4_extract_lane(a: int, lane: int) -> int:
    return (a >> (lane * 32)) & M32


def i64x2_extract_lane(a: int, lane: int) -> int:
    return (a >> (lane * 64)) & M64


def f32x4_extract_lane(a: int, lane: int) -> int:
    return (a >> (lane * 32)) & M32


def f64x2_extract_lane(a: int, lane: int) -> int:
    return (a >> (lane * 64)) & M64


def replaced(a: int, value: int, shift: int, ones: int) -> int:
    """`a` with the lowest bits of the value, as many as `ones` has, from bit `shift` on."""
    return a ^ ((((a >> shift) ^ value) & ones) << shift)


def i8x16_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 8, M8)


def i16x8_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 16, M16)


def i32x4_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 32, M32)


def i64x2_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 64, M64)


def f32x4_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 32, M32)


def f64x2_replace_lane(a: int, value: int, lane: int) -> int:
    return replaced(a, value, lane * 64, M64)
