"""Lanes of vectors: splitting, joining, and arithmetic on all lanes at once.

In and out: a vector as an unsigned number of 128 bits, lane 0 lowest; lanes as numbers. What is
done on all lanes at once takes a word of them that has every lane's highest bit set (`HIGH8` for
lanes of 8 bits, and so on), so that sums and differences do not run over into the next lane. The
instructions are in the other `vector` modules.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

ALL: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF

# Every lane's lowest bit: times a number that fits a lane, that number in all lanes.
LOW8: Final = 0x01010101_01010101_01010101_01010101
LOW16: Final = 0x00010001_00010001_00010001_00010001
LOW32: Final = 0x00000001_00000001_00000001_00000001
LOW64: Final = 0x00000000_00000001_00000000_00000001

# Every lane's highest bit.
HIGH8: Final = 0x80808080_80808080_80808080_80808080
HIGH16: Final = 0x80008000_80008000_80008000_80008000
HIGH32: Final = 0x80000000_80000000_80000000_80000000
HIGH64: Final = 0x80000000_00000000_80000000_00000000

M8: Final = 0xFF
M16: Final = 0xFFFF

U8X16: Final = struct.Struct("<16B")
S8X16: Final = struct.Struct("<16b")
U16X8: Final = struct.Struct("<8H")
S16X8: Final = struct.Struct("<8h")
U32X4: Final = struct.Struct("<4I")
S32X4: Final = struct.Struct("<4i")
U64X2: Final = struct.Struct("<2Q")
S64X2: Final = struct.Struct("<2q")
F32X4: Final = struct.Struct("<4f")
F64X2: Final = struct.Struct("<2d")

# The highest bit of every byte as a digit.
_HIGHEST_BITS: Final = b"0" * 128 + b"1" * 128


def split(lanes: struct.Struct, a: int) -> tuple[int, ...]:
    """The lanes, as the struct describes them."""
    return lanes.unpack(a.to_bytes(16, "little"))


def numbers(lanes: struct.Struct, a: int) -> tuple[float, ...]:
    """The lanes as floats, exact; of a NaN, some NaN."""
    return lanes.unpack(a.to_bytes(16, "little"))


def joined(lanes: struct.Struct, values: list[int]) -> int:
    """The vector of lanes, which fit what the struct describes."""
    return int.from_bytes(lanes.pack(*values), "little")


def each32(function: Callable[[int], int], a: int) -> int:
    """The function of every lane of 32 bits."""
    p, q, r, s = split(U32X4, a)
    return function(p) | function(q) << 32 | function(r) << 64 | function(s) << 96


def each64(function: Callable[[int], int], a: int) -> int:
    """The function of every lane of 64 bits."""
    p, q = split(U64X2, a)
    return function(p) | function(q) << 64


def pairs32(function: Callable[[int, int], int], a: int, b: int) -> int:
    """The function of every two lanes of 32 bits that stand in the same place."""
    p, q, r, s = split(U32X4, a)
    t, u, v, w = split(U32X4, b)
    low = function(p, t) | function(q, u) << 32
    return low | function(r, v) << 64 | function(s, w) << 96


def pairs64(function: Callable[[int, int], int], a: int, b: int) -> int:
    """The function of every two lanes of 64 bits that stand in the same place."""
    p, q = split(U64X2, a)
    t, u = split(U64X2, b)
    return function(p, t) | function(q, u) << 64


def add(high: int, a: int, b: int) -> int:
    """Sums, modulo the lane's size."""
    low = ALL ^ high
    return ((a & low) + (b & low)) ^ ((a ^ b) & high)


def sub(high: int, a: int, b: int) -> int:
    """Differences, modulo the lane's size."""
    return ((a | high) - (b & (ALL ^ high))) ^ ((a ^ b ^ ALL) & high)


def mask(width: int, tops: int) -> int:
    """All bits of the lanes whose highest bit is set; no other bits may be."""
    return (tops << 1) - (tops >> (width - 1))


def chosen(a: int, b: int, bits: int) -> int:
    """`a` where a bit is set, else `b`."""
    return b ^ ((a ^ b) & bits)


def nonzero(high: int, a: int) -> int:
    """The highest bits of the lanes that are not zero."""
    low = ALL ^ high
    return (((a & low) + low) | a) & high


def below(high: int, a: int, b: int) -> int:
    """The highest bits of the lanes in which `a < b`, unsigned: those that borrow."""
    return ((b & (ALL ^ a)) | ((a ^ b ^ ALL) & sub(high, a, b))) & high


def add_sat_u(width: int, high: int, a: int, b: int) -> int:
    """Sums, at most the largest unsigned number."""
    total = add(high, a, b)
    carries = ((a & b) | ((a | b) & (ALL ^ total))) & high
    return total | mask(width, carries)


def sub_sat_u(width: int, high: int, a: int, b: int) -> int:
    """Differences, at least zero."""
    return sub(high, a, b) & (ALL ^ mask(width, below(high, a, b)))


def _bounds(width: int, high: int, a: int) -> int:
    """The signed bound on each lane's side of zero: 0x80 for a negative byte, else 0x7F."""
    return (ALL ^ high) + ((a & high) >> (width - 1))


def add_sat_s(width: int, high: int, a: int, b: int) -> int:
    """Sums, within the bounds of signed numbers."""
    total = add(high, a, b)
    over = (a ^ b ^ ALL) & (a ^ total) & high
    return chosen(_bounds(width, high, a), total, mask(width, over))


def sub_sat_s(width: int, high: int, a: int, b: int) -> int:
    """Differences, within the bounds of signed numbers."""
    difference = sub(high, a, b)
    over = (a ^ b) & (a ^ difference) & high
    return chosen(_bounds(width, high, a), difference, mask(width, over))


def avgr_u(low: int, a: int, b: int) -> int:
    """Averages, rounded up; `low` has every lane's lowest bit."""
    return (a | b) - (((a ^ b) & (ALL ^ low)) >> 1)


def magnitudes(width: int, high: int, a: int) -> int:
    """Absolute values of signed numbers; that of the lowest is itself."""
    negative = a & high
    return (a ^ mask(width, negative)) + (negative >> (width - 1))


def shl(width: int, low: int, a: int, count: int) -> int:
    """Every lane shifted to the left, by the count modulo the width."""
    n = count & (width - 1)
    return (a & (low * ((1 << (width - n)) - 1))) << n


def shr_u(width: int, low: int, a: int, count: int) -> int:
    """Every lane shifted to the right, filled with zeros."""
    n = count & (width - 1)
    return (a >> n) & (low * ((1 << (width - n)) - 1))


def shr_s(width: int, low: int, a: int, count: int) -> int:
    """Every lane shifted to the right, filled with its highest bit."""
    n = count & (width - 1)
    kept = low * ((1 << (width - n)) - 1)
    negative = mask(width, a & (low << (width - 1)))
    return ((a >> n) & kept) | (negative & (ALL ^ kept))


def bitmask(width: int, a: int) -> int:
    """The highest bits of the lanes side by side, that of lane 0 lowest."""
    tops = a.to_bytes(16, "big")[:: width // 8]
    return int(tops.translate(_HIGHEST_BITS), 2)
