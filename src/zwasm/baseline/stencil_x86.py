"""Stencils for x86-64 from LLVM's machine code.

In: `Machine` and the holes of parameters. Out: code that runs on into the next stencil, and all
holes. Runs when the package is built, not later.
"""

from __future__ import annotations

import struct
from typing import Final

from zwasm.baseline import holes
from zwasm.baseline.stencil_ir import StencilError
from zwasm.baseline.stencil_magic import Hole, Rodata
from zwasm.baseline.stencil_object import Machine, Relocation

_R_PC32: Final = 2
_R_PLT32: Final = 4
_JMP: Final = 0xE9
_JCC: Final = 0x80  # behind 0x0F, plus the condition


def finish(
    name: str, machine: Machine, parameters: list[Hole], rodata: Rodata
) -> list[tuple[int, bytes, list[Hole]]]:
    """The only form: no variant bits, code, holes."""
    code = bytearray(machine.code)
    relocations = list(machine.relocations)
    exact_comparison(name, code, parameters)
    cut_end(code, relocations)
    found = list(parameters)
    for relocation in relocations:
        if relocation.kind not in (_R_PC32, _R_PLT32):
            raise StencilError(f"stencils: {name}: relocation {relocation.kind}")
        if relocation.target == "next":
            distance = len(code) - (relocation.at + 4)
            struct.pack_into("<i", code, relocation.at, distance)
        else:
            found.append(hole_of(relocation, rodata))
    for hole in found:
        size = {holes.BYTES1: 1, holes.BYTES8: 8}.get(hole.kind, 4)
        code[hole.at : hole.at + size] = bytes(size)
    return [(0, bytes(code), sorted(found, key=lambda hole: hole.at))]


def hole_of(relocation: Relocation, rodata: Rodata) -> Hole:
    at, target, addend = relocation.at, relocation.target, relocation.addend
    if isinstance(target, bytes):
        return Hole(at, holes.PC32, holes.RODATA, rodata.place(target) + addend)
    if target == "taken":
        return Hole(at, holes.PC32, holes.LABEL, addend)
    if target == "pool_a":
        return Hole(at, holes.PC32, holes.POOL_A, addend)
    if target == "pool_b":
        return Hole(at, holes.PC32, holes.POOL_B, addend)
    if target == "vector_a":
        return Hole(at, holes.PC32, holes.VECTOR_A, addend)
    if target == "vector_b":
        return Hole(at, holes.PC32, holes.VECTOR_B, addend)
    if target.startswith("trap_"):
        return Hole(at, holes.PC32, holes.TRAP, addend, int(target.removeprefix("trap_")))
    raise StencilError(f"stencils: unknown target {target}")


def cut_end(code: bytearray, relocations: list[Relocation]) -> None:
    """Drop a jump to the next stencil at the end, after making it the last one."""
    split_conditions(code, relocations)
    if not relocations or not is_jump(code, len(code), relocations[-1]):
        return
    last = relocations[-1]
    if last.target != "next" and len(relocations) > 1:
        before = relocations[-2]
        branch = before.at - 2
        if before.target == "next" and before.at + 4 == last.at - 1 and is_branch(code, branch):
            # jcc next; jmp target: the opposite branch to the target.
            code[branch + 1] ^= 1
            before.target = last.target
            last.target = "next"
    if last.target == "next":
        del code[-5:]
        relocations.pop()


def is_jump(code: bytearray, end: int, relocation: Relocation) -> bool:
    """Whether the relocation is of a jump that ends there."""
    return relocation.at + 4 == end and code[end - 5] == _JMP


def is_branch(code: bytearray, at: int) -> bool:
    return code[at] == 0x0F and code[at + 1] & 0xF0 == _JCC


def split_conditions(code: bytearray, relocations: list[Relocation]) -> None:
    """Branch directly where equality of floats is branched on.

    LLVM makes of it two short branches to the two jumps after them.
    """
    end = len(code)
    if len(relocations) < 2 or end < 14 or code[end - 14] != 0x75 or code[end - 12] & 0xFE != 0x7A:
        return
    first, second = relocations[-2:]
    if not is_jump(code, end - 5, first) or not is_jump(code, end, second):
        return
    jumps = {end - 10: first.target, end - 5: second.target}
    branches = []
    for at in (end - 14, end - 12):
        distance = int.from_bytes(code[at + 1 : at + 2], "little", signed=True)
        branches.append((code[at] & 0xF, jumps[at + 2 + distance]))
    relocations[-2:] = []
    del code[-14:]
    for condition, target in branches:
        code += bytes((0x0F, _JCC | condition, 0, 0, 0, 0))
        relocations.append(Relocation(len(code) - 4, first.kind, target, -4))
    code += bytes((_JMP, 0, 0, 0, 0))
    relocations.append(Relocation(len(code) - 4, first.kind, first.target, -4))


# Conditions by number: 2 below, 3 not below, 6 not above, 7 above, C less, D not less, E not
# greater, F greater. x < n is x <= n - 1: the condition for the next smaller and greater number.
_SMALLER: Final = {0x7: 0x3, 0x6: 0x2, 0xF: 0xD, 0xE: 0xC}
_GREATER: Final = {0x3: 0x7, 0x2: 0x6, 0xD: 0xF, 0xC: 0xE}


def exact_comparison(name: str, code: bytearray, parameters: list[Hole]) -> None:
    """Undo that LLVM compares with the next smaller or greater number.

    That is right for its constant, but not for every number: the least one has no smaller one.
    """
    for hole in parameters:
        if hole.beside == 0:
            continue
        change = _SMALLER if hole.beside == -1 else _GREATER
        at = hole.at + (1 if hole.kind == holes.BYTES1 else 4)
        if code[at] & 0xF0 == 0x40:  # a prefix of setcc
            at += 1
        condition = code[at + 1] & 0xF
        is_branch = code[at + 1] & 0xF0 == _JCC
        is_set = code[at + 1] & 0xF0 == 0x90
        if code[at] != 0x0F or not (is_branch or is_set) or condition not in change:
            raise StencilError(f"stencils: {name}: comparison with another number")
        code[at + 1] = code[at + 1] & 0xF0 | change[condition]
        hole.beside = 0
