"""Stencils for AArch64 that are no LLVM functions: calls, frames, jumps.

In: nothing. Out: `RAW`, by key. Each is written as its instructions, 32-bit numbers, with the hole
of an instruction after it. What they do is in `zwasm.baseline.keys`, the frames are in
`zwasm.baseline.abi`.

They may use x16 and x17, which have no role. The context's address is in x20, the frame's in x21,
and x2 is the accumulator.
"""

from __future__ import annotations

from typing import Final

from zwasm.baseline import abi, holes
from zwasm.baseline import keys as k
from zwasm.baseline.raw_x86 import Raw
from zwasm.baseline.stencil_magic import Hole
from zwasm.isa.row import BY_NAME


def raw(bits: int, *parts: int | Hole) -> Raw:
    code = b""
    found = []
    for part in parts:
        if isinstance(part, int):
            code += part.to_bytes(4, "little")
        else:
            found.append(Hole(len(code) - 4, part.kind, part.value, part.addend, part.extra))
    return bits, code, found


def low(value: int) -> Hole:
    return Hole(0, holes.MOVW, value, 0, 0)


def high(value: int) -> Hole:
    return Hole(0, holes.MOVW, value, 0, 1)


def word(offset: int) -> int:
    """An offset of the ABI as the field of a 64-bit load."""
    return offset // 8 << 10


_A12: Final = Hole(0, holes.IMM12, holes.A)
_LABEL: Final = Hole(0, holes.B26, holes.LABEL)

_PUSH: Final = 0xF81F0FFE  # str x30, [sp, #-16]!
_POP: Final = 0xF84107FE  # ldr x30, [sp], #16
_BL: Final = 0x94000000  # bl
_B: Final = 0x14000000  # b
_BLR_X16: Final = 0xD63F0200  # blr x16
_BR_X16: Final = 0xD61F0200  # br x16

# The address of the module's entry, then its value.
_ENTRY: Final[tuple[int | Hole, ...]] = (
    0x90000010,  # adrp x16, entry
    Hole(0, holes.PAGE21, holes.ENTRY),
    0xF9400210,  # ldr x16, [x16, #lo12]
    Hole(0, holes.LO12, holes.ENTRY, 0, 3),
)
_X16_A: Final[tuple[int | Hole, ...]] = (
    0xD2800010,  # movz x16, #a
    low(holes.A),
    0xF2A00010,  # movk x16, #a, lsl #16
    high(holes.A),
)
_UP: Final = (*_X16_A, 0x8B1002B5)  # add x21, x21, x16
_DOWN: Final = (*_X16_A, 0xCB1002B5)  # sub x21, x21, x16
_UP_SMALL: Final = (0x910002B5, _A12)  # add x21, x21, #a
_DOWN_SMALL: Final = (0xD10002B5, _A12)  # sub x21, x21, #a
_IMPORT: Final[tuple[int | Hole, ...]] = (
    0xD2800010,  # movz x16, #b
    low(holes.B),
    0xF2A00010,  # movk x16, #b, lsl #16
    high(holes.B),
    0xF8706A82,  # ldr x2, [x20, x16]
)
_IMPORT_SMALL: Final = (0xF9400282, Hole(0, holes.IMM12, holes.B, 0, 3))  # ldr x2, [x20, #b]
_CROSS: Final = 0xF9400050 | word(abi.FUNC_CROSS)  # ldr x16, [x2, #FUNC_CROSS]
_TAIL: Final = 0xF9400050 | word(abi.FUNC_TAIL)  # ldr x16, [x2, #FUNC_TAIL]


def target(cross: int) -> tuple[int, ...]:
    """x16 = the address to enter the Func in x2 at: its entry if it belongs to this instance."""
    return (
        0xF9400050 | word(abi.FUNC_CTX),  # ldr x16, [x2, #FUNC_CTX]
        0xEB14021F,  # cmp x16, x20
        0xF9400050 | word(abi.FUNC_ENTRY),  # ldr x16, [x2, #FUNC_ENTRY]
        0xF9400051 | word(cross),  # ldr x17, [x2, #cross]
        0x9A910210,  # csel x16, x16, x17, eq
    )


def limit(far: bool) -> tuple[int | Hole, ...]:
    """Trap if the stack pointer is below the limit."""
    check = (
        0xF9400290 | word(abi.CTX_LIMIT),  # ldr x16, [x20, #CTX_LIMIT]
        0xEB3063FF,  # cmp sp, x16
    )
    if far:
        return (
            *check,
            0x54000042,  # b.hs, over the next instruction
            _B,  # b trap
            Hole(0, holes.B26, holes.TRAP, 0, abi.TRAP_STACK),
        )
    return (*check, 0x54000003, Hole(0, holes.B19, holes.TRAP, 0, abi.TRAP_STACK))  # b.lo trap


def calls(*middle: int | Hole) -> list[Raw]:
    return [
        raw(0, *_UP, *middle, *_DOWN),
        raw(holes.SMALL_A, *_UP_SMALL, *middle, *_DOWN_SMALL),
    ]


def calls_import() -> list[Raw]:
    found = []
    for bits in (0, holes.SMALL_B):
        middle = (*(_IMPORT_SMALL if bits else _IMPORT), _CROSS, _BLR_X16)
        found.append(raw(bits, *_UP, *middle, *_DOWN))
        found.append(raw(bits | holes.SMALL_A, *_UP_SMALL, *middle, *_DOWN_SMALL))
    return found


RAW: Final[dict[int, list[Raw]]] = {
    k.ENTER: [raw(holes.FAR if far else 0, _PUSH, *limit(far)) for far in (False, True)],
    k.ENTER_BIG: [
        raw(
            holes.FAR if far else 0,
            _PUSH,
            *_X16_A,
            0xCB3063FF,  # sub sp, sp, x16
            0xD2800011,  # movz x17, #b
            low(holes.B),
            0xF2A00011,  # movk x17, #b, lsl #16
            high(holes.B),
            0xF90003F1,  # str x17, [sp]
            *limit(far),
        )
        for far in (False, True)
    ],
    k.CALL_NEAR: calls(_BL, _LABEL),
    k.CALL_ENTRY: calls(*_ENTRY, _BLR_X16),
    k.CALL_FUNC: calls(*target(abi.FUNC_CROSS), _BLR_X16),
    k.CALL_IMPORT: calls_import(),
    k.LEAVE_BIG: [
        raw(0, *_X16_A, 0x8B3063FF),  # add sp, sp, x16
        raw(holes.SMALL_A, 0x910003FF, _A12),  # add sp, sp, #a
    ],
    k.RETURN: [raw(0, _POP, 0xD65F03C0)],  # ret
    k.TAIL_NEAR: [raw(0, _POP, _B, _LABEL)],
    k.TAIL_ENTRY: [raw(0, _POP, *_ENTRY, _BR_X16)],
    k.TAIL_FUNC: [raw(0, _POP, *target(abi.FUNC_TAIL), _BR_X16)],
    k.TAIL_IMPORT: [
        raw(0, _POP, *_IMPORT, _TAIL, _BR_X16),
        raw(holes.SMALL_B, _POP, *_IMPORT_SMALL, _TAIL, _BR_X16),
    ],
    k.JUMP: [raw(0, _B, _LABEL)],
    k.JUMP_TABLE: [
        raw(
            0,
            0x52800010,  # movz w16, #a
            low(holes.A),
            0x72A00010,  # movk w16, #a, lsl #16
            high(holes.A),
            0x6B10005F,  # cmp w2, w16
            0x1A903050,  # csel w16, w2, w16, lo
            0x10000091,  # adr x17, 4 instructions on, the table's start
            0xB8B05A30,  # ldrsw x16, [x17, w16, uxtw #2]
            0x8B100230,  # add x16, x17, x16
            _BR_X16,
        )
    ],
    k.TRAP: [raw(0, _BL, _LABEL)],
    k.HELPER: [
        raw(
            bits,
            *((0x910002A1, _A12) if bits else (*_X16_A, 0x8B1002A1)),  # add x1, x21, #a or x16
            0x52800002,  # movz w2, #b
            low(holes.B),
            0x72A00002,  # movk w2, #b, lsl #16
            high(holes.B),
            0x52800003,  # movz w3, #d
            low(holes.D),
            0x72A00003,  # movk w3, #d, lsl #16
            high(holes.D),
            0xF9400290 | word(abi.CTX_HELPER),  # ldr x16, [x20, #CTX_HELPER]
            _BLR_X16,
        )
        for bits in (0, holes.SMALL_A)
    ],
}


# Constants of vectors, and shuffles by them: v0 is f, v1 to v6 are hot, v7 is x.


def literal(register: int, value: int, far: bool) -> tuple[int | Hole, ...]:
    """Load a vector register with a constant."""
    if far:
        return (
            0x90000010,  # adrp x16, constant
            Hole(0, holes.PAGE21, value),
            0x91000210,  # add x16, x16, #lo12
            Hole(0, holes.LO12, value),
            0x3DC00200 | register,  # ldr q, [x16]
        )
    return 0x9C000000 | register, Hole(0, holes.B19, value)  # ldr q, constant


def _add_vectors() -> None:
    shuffle = k.NUMBERS.bases[BY_NAME["i8x16.shuffle"].opcode]
    for bits in (0, holes.FAR):
        for target in range(8):
            made = raw(bits, *literal(target, holes.VECTOR_A, bits != 0))
            RAW.setdefault(k.VECTOR_CONSTANT + target, []).append(made)
        lanes = literal(18, holes.VECTOR_B, bits != 0)
        for source in range(k.FLOAT_PLACES):
            tbl = 0x4E120000 | source << 5  # tbl v0.16b, {v source.16b}, v18.16b
            RAW.setdefault(shuffle + source, []).append(raw(bits, *lanes, tbl))
        made = raw(
            bits,
            *lanes,
            0x4EA01C10,  # mov v16.16b, v0.16b
            0x4EA71CF1,  # mov v17.16b, v7.16b
            0x4E122200,  # tbl v0.16b, {v16.16b, v17.16b}, v18.16b
        )
        RAW.setdefault(shuffle + k.SHUFFLE_TWO, []).append(made)


_add_vectors()
