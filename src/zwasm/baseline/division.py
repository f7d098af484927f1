"""Divisions by constants, as multiplications.

In: an instruction that divides by a constant. Out: code for it in the assembler. That x / d is the
high half of x times something near 2**n / d is in Granlund and Montgomery, "Division by Invariant
Integers using Multiplication"; that the low half gives the remainder, in Lemire, Kaser and Kurz,
"Faster Remainder by Direct Computation".
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.abi import SLOT_SIZE
from zwasm.baseline.keys import IMM, INT_SCRATCH, REG, SLOT, STORE_SLOT, move
from zwasm.baseline.ops import OPS
from zwasm.baseline.registers import ACC, PENDING, C, Registers
from zwasm.isa.ir import opcode as opcode_of

I32_DIV_S: Final = opcode_of("i32.div_s")
I32_DIV_U: Final = opcode_of("i32.div_u")
I32_REM_S: Final = opcode_of("i32.rem_s")
I32_REM_U: Final = opcode_of("i32.rem_u")
I64_DIV_U: Final = opcode_of("i64.div_u")
I64_REM_U: Final = opcode_of("i64.rem_u")
_I32_ADD: Final = opcode_of("i32.add")
_I32_SUB: Final = opcode_of("i32.sub")
_I32_MUL: Final = opcode_of("i32.mul")
_I64_ADD: Final = opcode_of("i64.add")
_I64_SUB: Final = opcode_of("i64.sub")
_I64_MUL: Final = opcode_of("i64.mul")
_I64_AND: Final = opcode_of("i64.and")
_I64_SHR_U: Final = opcode_of("i64.shr_u")
_I64_EXTEND32_S: Final = opcode_of("i64.extend32_s")
_POWER_64: Final[int] = 1 << 64


class Magic:
    """How to divide an unsigned number of 64 bits: shift right by `before`, take the high half of
    the product with `factor`, with `add` do as if 2**64 were added to the factor, and shift right
    by `after`."""

    def __init__(self, divisor: int) -> None:
        """For a divisor from 3 on that is no power of two."""
        self.before = 0
        self.add = False
        self.after = divisor.bit_length() - 1
        power = _POWER_64 << self.after
        self.factor = power // divisor + 1
        if self.factor * divisor - power > 1 << self.after:
            while divisor & 1 == 0:
                divisor >>= 1
                self.before += 1
            if self.before != 0:
                self.after = divisor.bit_length() - 1
                self.factor = (_POWER_64 << self.after) // divisor + 1
            else:
                self.add = True
                self.after += 1
                self.factor = (_POWER_64 << self.after) // divisor + 1 - _POWER_64


class Divider(Registers):
    """Emits divisions."""

    def divide(self, op: i64, dst: i64, a: i64, b: i64, ka: i64) -> bool:
        """Emit dst = a op b for a constant b, if there is something better than a division."""
        divisor = int(self.bits(b))
        if op != I64_DIV_U and op != I64_REM_U:
            divisor &= 0xFFFF_FFFF
            if op == I32_DIV_S or op == I32_REM_S:
                divisor -= (divisor >> 31) << 32
        elif divisor < 0:
            divisor += _POWER_64
        signed = op == I32_DIV_S or op == I32_REM_S
        positive = abs(divisor)
        simple = positive & (positive - 1) == 0
        if divisor == 0 or (signed and simple) or (ka != PENDING and ka != SLOT and ka < REG):
            return False
        if op == I32_DIV_U or op == I32_REM_U or op == I64_DIV_U or op == I64_REM_U:
            rest = op == I32_REM_U or op == I64_REM_U
            if simple:
                self.by_power(dst, a, ka, divisor, rest)
            elif op == I32_DIV_U or op == I32_REM_U:
                self.divide_32(dst, a, ka, divisor, rest)
            else:
                self.divide_64(dst, a, ka, divisor, rest)
        else:
            self.divide_signed(dst, a, ka, divisor, op == I32_REM_S)
        return True

    def by_power(self, dst: i64, a: i64, ka: i64, divisor: int, rest: bool) -> None:
        """Divide by a power of two."""
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.load_kind(ACC, a, ka, 1)
        if rest:
            self.with_value(_I64_AND, divisor - 1)
        else:
            self.with_value(_I64_SHR_U, divisor.bit_length() - 1)
        self.finish(dst, rd)

    def divide_32(self, dst: i64, a: i64, ka: i64, divisor: int, rest: bool) -> None:
        """Divide an unsigned number of 32 bits, which registers and slots have zero-extended."""
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.load_kind(ACC, a, ka, 1)
        self.load_bits(C, _POWER_64 // divisor + 1)
        if rest:
            self.with_c(_I64_MUL)
            self.load_bits(C, divisor)
        self.put(keys.HIGH_UNSIGNED, 0, 0)
        self.finish(dst, rd)

    def divide_64(self, dst: i64, a: i64, ka: i64, divisor: int, rest: bool) -> None:
        """Divide an unsigned number of 64 bits."""
        magic = Magic(divisor)
        self.hold(ka)
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.load_kind(ACC, a, ka, 1)
        if magic.before != 0:
            self.with_value(_I64_SHR_U, magic.before)
        self.load_bits(C, magic.factor)
        self.put(keys.HIGH_UNSIGNED, 0, 0)
        after = magic.after
        if magic.add:
            place = (self.scratch + 1) * SLOT_SIZE
            self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, place)
            self.put(move(C, INT_SCRATCH, 1), 0, 0)
            self.load_again(a, ka)
            self.with_c(_I64_SUB)
            self.with_value(_I64_SHR_U, 1)
            self.put(move(C, SLOT, 1), place, 0)
            self.with_c(_I64_ADD)
            after -= 1
        if after != 0:
            self.with_value(_I64_SHR_U, after)
        if rest:
            self.rest(a, ka, divisor, _I64_MUL, _I64_SUB)
        self.finish(dst, rd)

    def divide_signed(self, dst: i64, a: i64, ka: i64, divisor: int, rest: bool) -> None:
        """Divide a signed number of 32 bits by one whose absolute value is at least 3."""
        positive = abs(divisor)
        if rest:
            self.hold(ka)
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.load_kind(ACC, a, ka, 1)
        self.put(OPS.key[_I64_EXTEND32_S], 0, 0)
        self.load_bits(C, _POWER_64 // positive + 1)
        self.put(keys.HIGH_SIGNED, 0, 0)
        # Of a negative number it is one too low.
        self.put(move(C, INT_SCRATCH, 1), 0, 0)
        self.with_value(_I64_SHR_U, 63)
        self.with_c(_I32_ADD)
        if rest:
            self.rest(a, ka, positive, _I32_MUL, _I32_SUB)
        elif divisor < 0:
            self.put(move(C, INT_SCRATCH, 1), 0, 0)
            self.put(move(ACC, IMM, 0), 0, 0)
            self.with_c(_I32_SUB)
        self.finish(dst, rd)

    def rest(self, a: i64, ka: i64, divisor: int, mul: i64, sub: i64) -> None:
        """acc = the dividend less acc times the divisor"""
        self.load_bits(C, divisor)
        self.with_c(mul)
        self.put(move(C, INT_SCRATCH, 1), 0, 0)
        self.load_again(a, ka)
        self.with_c(sub)

    def hold(self, ka: i64) -> None:
        """Keep an operand that is in acc, to be loaded again."""
        if ka == PENDING:
            self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, self.scratch * SLOT_SIZE)

    def load_again(self, a: i64, ka: i64) -> None:
        """Load an operand into acc, not for the first time."""
        if ka == PENDING:
            self.put(move(ACC, SLOT, 1), self.scratch * SLOT_SIZE, 0)
        else:
            self.load_kind(ACC, a, ka, 1)

    def load_bits(self, dst: i64, value: int) -> None:
        """Load an unsigned number of 64 bits."""
        self.load_value(dst, i64(value - _POWER_64 if value >= 1 << 63 else value))

    def with_c(self, op: i64) -> None:
        """acc = acc op c"""
        self.put(OPS.key[op] + INT_SCRATCH, 0, 0)

    def with_value(self, op: i64, value: int) -> None:
        """acc = acc op a number that fits 32 bits, or any other by way of c"""
        if value <= 0x7FFF_FFFF and self.has(OPS.key[op] + IMM):
            self.put(OPS.key[op] + IMM, 0, i64(value))
        else:
            self.load_bits(C, value)
            self.with_c(op)
