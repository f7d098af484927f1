"""Integer operations (specification, section 4.3.2).

In: unsigned bit patterns of i32 and i64. Out: the same; booleans are 0 or 1. The functions bear
the instructions' names with underscores. Division traps as the specification says; conversions
between types are in `conversions`.
"""

from __future__ import annotations

from typing import Final

from zwasm.errors import Trap, TrapCode

M32: Final = 0xFFFF_FFFF
M64: Final = 0xFFFF_FFFF_FFFF_FFFF
SIGN32: Final = 0x8000_0000
SIGN64: Final = 0x8000_0000_0000_0000


def signed32(a: int) -> int:
    """The signed number of a 32-bit pattern."""
    return (a ^ SIGN32) - SIGN32


def signed64(a: int) -> int:
    """The signed number of a 64-bit pattern."""
    return (a ^ SIGN64) - SIGN64


def _quotient(a: int, b: int) -> int:
    """`a / b` rounded towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _remainder(a: int, b: int) -> int:
    """`a - b * (a / b)`, with the sign of `a`."""
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def i32_add(a: int, b: int) -> int:
    return (a + b) & M32


def i32_sub(a: int, b: int) -> int:
    return (a - b) & M32


def i32_mul(a: int, b: int) -> int:
    return (a * b) & M32


def i32_div_s(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    if a == SIGN32 and b == M32:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    return _quotient(signed32(a), signed32(b)) & M32


def i32_div_u(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a // b


def i32_rem_s(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return _remainder(signed32(a), signed32(b)) & M32


def i32_rem_u(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a % b


def i32_and(a: int, b: int) -> int:
    return a & b


def i32_or(a: int, b: int) -> int:
    return a | b


def i32_xor(a: int, b: int) -> int:
    return a ^ b


def i32_shl(a: int, b: int) -> int:
    return (a << (b & 31)) & M32


def i32_shr_s(a: int, b: int) -> int:
    return (signed32(a) >> (b & 31)) & M32


def i32_shr_u(a: int, b: int) -> int:
    return a >> (b & 31)


def i32_rotl(a: int, b: int) -> int:
    n = b & 31
    return ((a << n) | (a >> (32 - n))) & M32


def i32_rotr(a: int, b: int) -> int:
    n = b & 31
    return ((a >> n) | (a << (32 - n))) & M32


def i32_clz(a: int) -> int:
    return 32 - a.bit_length()


def i32_ctz(a: int) -> int:
    return (a & -a).bit_length() - 1 if a != 0 else 32


def i32_popcnt(a: int) -> int:
    return a.bit_count()


def i32_eqz(a: int) -> int:
    return 1 if a == 0 else 0


def i32_eq(a: int, b: int) -> int:
    return 1 if a == b else 0


def i32_ne(a: int, b: int) -> int:
    return 1 if a != b else 0


def i32_lt_s(a: int, b: int) -> int:
    return 1 if signed32(a) < signed32(b) else 0


def i32_lt_u(a: int, b: int) -> int:
    return 1 if a < b else 0


def i32_gt_s(a: int, b: int) -> int:
    return 1 if signed32(a) > signed32(b) else 0


def i32_gt_u(a: int, b: int) -> int:
    return 1 if a > b else 0


def i32_le_s(a: int, b: int) -> int:
    return 1 if signed32(a) <= signed32(b) else 0


def i32_le_u(a: int, b: int) -> int:
    return 1 if a <= b else 0


def i32_ge_s(a: int, b: int) -> int:
    return 1 if signed32(a) >= signed32(b) else 0


def i32_ge_u(a: int, b: int) -> int:
    return 1 if a >= b else 0


def i32_extend8_s(a: int) -> int:
    return (((a & 0xFF) ^ 0x80) - 0x80) & M32


def i32_extend16_s(a: int) -> int:
    return (((a & 0xFFFF) ^ 0x8000) - 0x8000) & M32


def i64_add(a: int, b: int) -> int:
    return (a + b) & M64


def i64_sub(a: int, b: int) -> int:
    return (a - b) & M64


def i64_mul(a: int, b: int) -> int:
    return (a * b) & M64


def i64_div_s(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    if a == SIGN64 and b == M64:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    return _quotient(signed64(a), signed64(b)) & M64


def i64_div_u(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a // b


def i64_rem_s(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return _remainder(signed64(a), signed64(b)) & M64


def i64_rem_u(a: int, b: int) -> int:
    if b == 0:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a % b


def i64_and(a: int, b: int) -> int:
    return a & b


def i64_or(a: int, b: int) -> int:
    return a | b


def i64_xor(a: int, b: int) -> int:
    return a ^ b


def i64_shl(a: int, b: int) -> int:
    return (a << (b & 63)) & M64


def i64_shr_s(a: int, b: int) -> int:
    return (signed64(a) >> (b & 63)) & M64


def i64_shr_u(a: int, b: int) -> int:
    return a >> (b & 63)


def i64_rotl(a: int, b: int) -> int:
    n = b & 63
    return ((a << n) | (a >> (64 - n))) & M64


def i64_rotr(a: int, b: int) -> int:
    n = b & 63
    return ((a >> n) | (a << (64 - n))) & M64


def i64_clz(a: int) -> int:
    return 64 - a.bit_length()


def i64_ctz(a: int) -> int:
    return (a & -a).bit_length() - 1 if a != 0 else 64


def i64_popcnt(a: int) -> int:
    return a.bit_count()


def i64_eqz(a: int) -> int:
    return 1 if a == 0 else 0


def i64_eq(a: int, b: int) -> int:
    return 1 if a == b else 0


def i64_ne(a: int, b: int) -> int:
    return 1 if a != b else 0


def i64_lt_s(a: int, b: int) -> int:
    return 1 if signed64(a) < signed64(b) else 0


def i64_lt_u(a: int, b: int) -> int:
    return 1 if a < b else 0


def i64_gt_s(a: int, b: int) -> int:
    return 1 if signed64(a) > signed64(b) else 0


def i64_gt_u(a: int, b: int) -> int:
    return 1 if a > b else 0


def i64_le_s(a: int, b: int) -> int:
    return 1 if signed64(a) <= signed64(b) else 0


def i64_le_u(a: int, b: int) -> int:
    return 1 if a <= b else 0


def i64_ge_s(a: int, b: int) -> int:
    return 1 if signed64(a) >= signed64(b) else 0


def i64_ge_u(a: int, b: int) -> int:
    return 1 if a >= b else 0


def i64_extend8_s(a: int) -> int:
    return (((a & 0xFF) ^ 0x80) - 0x80) & M64


def i64_extend16_s(a: int) -> int:
    return (((a & 0xFFFF) ^ 0x8000) - 0x8000) & M64


def i64_extend32_s(a: int) -> int:
    return (((a & M32) ^ SIGN32) - SIGN32) & M64
