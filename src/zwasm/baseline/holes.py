"""Kinds of holes in stencils, and what goes into them.

In: nothing. Out: numbers that the generator writes and the compiler reads. A hole is

    at      offset of the field's first byte, or of the instruction on AArch64
    kind    how a value is written (below)
    value   what is written (below)
    addend  added to the value; of a distance, to the target
    extra   trap code, offset into the constants, scale or part, as the kinds say
"""

from __future__ import annotations

from typing import Final

# Kinds.
BYTES1: Final = 1  # x86-64: little-endian bytes
BYTES4: Final = 2
BYTES8: Final = 3
PC32: Final = 4  # x86-64: target + addend - address of the field, 4 bytes
IMM12: Final = 5  # AArch64: value >> extra into bits 10 to 21
MOVW: Final = 6  # AArch64: (value >> 16 * extra) & 0xffff into bits 5 to 20
B26: Final = 7  # AArch64: distance from the instruction / 4 into bits 0 to 25
B19: Final = 8  # AArch64: the same into bits 5 to 23
B14: Final = 9  # AArch64: the same into bits 5 to 18
PAGE21: Final = 10  # AArch64: distance of 4 KiB pages, for adrp
LO12: Final = 11  # AArch64: offset in the 4 KiB page >> extra into bits 10 to 21

# Values: parameters, then targets.
A: Final = 0
B: Final = 1
D: Final = 2
LABEL: Final = 3  # where a branch or near call goes
TRAP: Final = 4  # out-of-line code of this function that traps with code `extra`
RODATA: Final = 5  # the stencils' constants, at addend
POOL_A: Final = 6  # 8 bytes near the code that hold parameter a
POOL_B: Final = 7  # 8 bytes near the code that hold parameter b
ENTRY: Final = 8  # the module's entry number b
VECTOR_A: Final = 9  # 16 bytes near the code, whose place in the pool is parameter a
VECTOR_B: Final = 10  # the same for parameter b

# Variants of one key, as bits: parameters that are small, and branches out of reach.
SMALL_A: Final = 1
SMALL_B: Final = 2
FAR: Final = 4
VARIANTS: Final = 8
