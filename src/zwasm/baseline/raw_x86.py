"""Stencils for x86-64 that are no LLVM functions: calls, frames, jumps.

In: nothing. Out: `RAW`, by key. Each is written as its instructions, bytes and holes in the order
of the code. What they do is in `zwasm.baseline.keys`, the frames are in `zwasm.baseline.abi`.

They may use r10 and rbx, which have no role. The context's address is in r12, the frame's in r13.
"""

from __future__ import annotations

from typing import Final

from zwasm.baseline import abi, holes
from zwasm.baseline import keys as k
from zwasm.baseline.stencil_magic import Hole

# A form of a stencil: variant bits, code, holes.
Raw = tuple[int, bytes, list[Hole]]

_A4: Final = ("a", holes.BYTES4)
_A1: Final = ("a", holes.BYTES1)
_B4: Final = ("b", holes.BYTES4)
_B1: Final = ("b", holes.BYTES1)
_D4: Final = ("d", holes.BYTES4)
_LABEL: Final = ("label", holes.PC32)
_ENTRY: Final = ("entry", holes.PC32)
_STACK: Final = ("trap", holes.PC32)
_VALUES: Final = {
    "a": holes.A,
    "b": holes.B,
    "d": holes.D,
    "label": holes.LABEL,
    "entry": holes.ENTRY,
    "trap": holes.TRAP,
}


def raw(bits: int, *parts: bytes | tuple[str, int]) -> Raw:
    code = b""
    found = []
    for part in parts:
        if isinstance(part, bytes):
            code += part
            continue
        value, kind = part
        distance = kind == holes.PC32
        extra = abi.TRAP_STACK if value == "trap" else 0
        found.append(Hole(len(code), kind, _VALUES[value], -4 if distance else 0, extra))
        code += bytes(1 if kind == holes.BYTES1 else 4)
    return bits, code, found


def byte(offset: int) -> bytes:
    """An offset of the ABI as an 8-bit displacement."""
    return offset.to_bytes(1, "little", signed=True)


_CMP_RSP_LIMIT: Final = b"\x49\x3b\x64\x24" + byte(abi.CTX_LIMIT)  # cmp rsp, [r12 + CTX_LIMIT]
_JB: Final = b"\x0f\x82"  # jb rel32
_CALL: Final = b"\xe8"  # call rel32
_JMP: Final = b"\xe9"  # jmp rel32
_CALL_MEMORY: Final = b"\xff\x15"  # call [rip + rel32]
_JMP_MEMORY: Final = b"\xff\x25"  # jmp [rip + rel32]
_UP: Final = b"\x49\x81\xc5"  # add r13, imm32
_DOWN: Final = b"\x49\x81\xed"  # sub r13, imm32
_UP_SMALL: Final = b"\x49\x83\xc5"  # add r13, imm8
_DOWN_SMALL: Final = b"\x49\x83\xed"  # sub r13, imm8
_RAX_CONTEXT: Final = b"\x49\x8b\x84\x24"  # mov rax, [r12 + disp32]
_RAX_CONTEXT_SMALL: Final = b"\x49\x8b\x44\x24"  # mov rax, [r12 + disp8]
_CALL_CROSS: Final = b"\xff\x50" + byte(abi.FUNC_CROSS)  # call [rax + FUNC_CROSS]
_JMP_TAIL: Final = b"\xff\x60" + byte(abi.FUNC_TAIL)  # jmp [rax + FUNC_TAIL]


def target(cross: int) -> bytes:
    """r10 = the address to enter the Func in rax at: its entry if it belongs to this instance."""
    return (
        b"\x4c\x8b\x50"
        + byte(cross)  # mov r10, [rax + cross]
        + b"\x4c\x39\x60"
        + byte(abi.FUNC_CTX)  # cmp [rax + FUNC_CTX], r12
        + b"\x4c\x0f\x44\x50"
        + byte(abi.FUNC_ENTRY)  # cmove r10, [rax + FUNC_ENTRY]
    )


RAW: Final[dict[int, list[Raw]]] = {
    k.ENTER: [raw(0, _CMP_RSP_LIMIT, _JB, _STACK)],
    k.ENTER_BIG: [
        raw(
            0,
            b"\x48\x81\xec",  # sub rsp, imm32
            _A4,
            b"\x48\xc7\x04\x24",  # mov qword [rsp], imm32
            _B4,
            _CMP_RSP_LIMIT,
            _JB,
            _STACK,
        )
    ],
    k.CALL_NEAR: [
        raw(0, _UP, _A4, _CALL, _LABEL, _DOWN, _A4),
        raw(holes.SMALL_A, _UP_SMALL, _A1, _CALL, _LABEL, _DOWN_SMALL, _A1),
    ],
    k.CALL_ENTRY: [
        raw(0, _UP, _A4, _CALL_MEMORY, _ENTRY, _DOWN, _A4),
        raw(holes.SMALL_A, _UP_SMALL, _A1, _CALL_MEMORY, _ENTRY, _DOWN_SMALL, _A1),
    ],
    k.CALL_FUNC: [
        raw(0, _UP, _A4, target(abi.FUNC_CROSS), b"\x41\xff\xd2", _DOWN, _A4),  # call r10
        raw(
            holes.SMALL_A,
            _UP_SMALL,
            _A1,
            target(abi.FUNC_CROSS),
            b"\x41\xff\xd2",  # call r10
            _DOWN_SMALL,
            _A1,
        ),
    ],
    k.CALL_IMPORT: [
        raw(0, _UP, _A4, _RAX_CONTEXT, _B4, _CALL_CROSS, _DOWN, _A4),
        raw(holes.SMALL_A, _UP_SMALL, _A1, _RAX_CONTEXT, _B4, _CALL_CROSS, _DOWN_SMALL, _A1),
        raw(holes.SMALL_B, _UP, _A4, _RAX_CONTEXT_SMALL, _B1, _CALL_CROSS, _DOWN, _A4),
        raw(
            holes.SMALL_A | holes.SMALL_B,
            _UP_SMALL,
            _A1,
            _RAX_CONTEXT_SMALL,
            _B1,
            _CALL_CROSS,
            _DOWN_SMALL,
            _A1,
        ),
    ],
    k.LEAVE_BIG: [raw(0, b"\x48\x81\xc4", _A4)],  # add rsp, imm32
    k.RETURN: [raw(0, b"\xc3")],  # ret
    k.TAIL_NEAR: [raw(0, _JMP, _LABEL)],
    k.TAIL_ENTRY: [raw(0, _JMP_MEMORY, _ENTRY)],
    k.TAIL_FUNC: [raw(0, target(abi.FUNC_TAIL), b"\x41\xff\xe2")],  # jmp r10
    k.TAIL_IMPORT: [
        raw(0, _RAX_CONTEXT, _B4, _JMP_TAIL),
        raw(holes.SMALL_B, _RAX_CONTEXT_SMALL, _B1, _JMP_TAIL),
    ],
    k.JUMP: [raw(0, _JMP, _LABEL)],
    k.JUMP_TABLE: [
        raw(
            0,
            b"\x41\xba",  # mov r10d, imm32
            _A4,
            b"\x41\x3b\xc2"  # cmp eax, r10d
            b"\x41\x0f\x43\xc2"  # cmovae eax, r10d
            b"\x4c\x8d\x15\x09\0\0\0"  # lea r10, [rip + 9], the table's start
            b"\x49\x63\x04\x82"  # movsxd rax, dword [r10 + rax * 4]
            b"\x4c\x01\xd0"  # add rax, r10
            b"\xff\xe0",  # jmp rax
        )
    ],
    k.TRAP: [raw(0, _CALL, _LABEL)],
    k.HELPER: [
        raw(
            bits,
            b"\x49\x8d" + (b"\x75" if bits else b"\xb5"),  # lea rsi, [r13 + disp]
            _A1 if bits else _A4,
            b"\xba",  # mov edx, imm32
            _B4,
            b"\xb9",  # mov ecx, imm32
            _D4,
            b"\x41\xff\x54\x24" + byte(abi.CTX_HELPER),  # call [r12 + CTX_HELPER]
        )
        for bits in (0, holes.SMALL_A)
    ],
}
