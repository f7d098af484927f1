"""Stencils for AArch64 from LLVM's machine code.

In: `Machine` and the holes of parameters. Out: code that runs on into the next stencil, and all
holes; a second form for targets that conditional branches do not reach. Runs when the package is
built, not later.
"""

from __future__ import annotations

from typing import Final

from zwasm.baseline import holes
from zwasm.baseline.stencil_ir import StencilError
from zwasm.baseline.stencil_magic import Hole, Rodata
from zwasm.baseline.stencil_object import Machine, Relocation

_R_PAGE: Final = 275
_R_BRANCHES: Final = (279, 280, 282, 283)
# Relocations of offsets in a page: the field's scale.
_R_LOW: Final = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}

_B: Final = 0x14000000
# Of branches by kind: field's position and width.
_FIELDS: Final = {holes.B26: (0, 26), holes.B19: (5, 19), holes.B14: (5, 14)}


def branch_kind(word: int) -> int:
    """How a branch holds its distance, 0 of any other instruction."""
    if word & 0xFC000000 == _B:
        return holes.B26
    if word & 0xFF000010 == 0x54000000 or word & 0x7E000000 == 0x34000000:  # b.cond, cbz, cbnz
        return holes.B19
    return holes.B14 if word & 0x7E000000 == 0x36000000 else 0  # tbz, tbnz


def inverted(word: int) -> int:
    """The conditional branch on the opposite condition."""
    return word ^ (1 if word & 0xFF000000 == 0x54000000 else 1 << 24)


class Instruction:
    """An instruction, apart from its place: of a branch `target` is another one, or a symbol."""

    def __init__(self, word: int) -> None:
        self.word = word
        self.target: Instruction | str | None = None
        self.holes: list[Hole] = []

    @property
    def jumps(self) -> bool:
        return branch_kind(self.word) == holes.B26

    @property
    def branches(self) -> bool:
        return branch_kind(self.word) in (holes.B19, holes.B14)


def finish(
    name: str, machine: Machine, parameters: list[Hole], rodata: Rodata
) -> list[tuple[int, bytes, list[Hole]]]:
    """The forms: variant bits (FAR or none), code, holes."""
    code = instructions(name, machine, parameters, rodata)
    exact_comparison(name, code)
    simplify(code)
    forms = [(0, *encoded(code))]
    if any(one.branches and isinstance(one.target, str) for one in code):
        forms.append((holes.FAR, *encoded(far(code))))
    return forms


def instructions(
    name: str, machine: Machine, parameters: list[Hole], rodata: Rodata
) -> list[Instruction]:
    words = [
        int.from_bytes(machine.code[at : at + 4], "little") for at in range(0, len(machine.code), 4)
    ]
    code = [Instruction(word) for word in words]
    for hole in parameters:
        code[hole.at // 4].holes.append(hole)
    symbolic = set()
    for relocation in machine.relocations:
        relocate(name, code[relocation.at // 4], relocation, rodata)
        symbolic.add(relocation.at // 4)
    for i, one in enumerate(code):
        kind = branch_kind(one.word)
        if kind and i not in symbolic:
            position, width = _FIELDS[kind]
            distance = one.word >> position & ((1 << width) - 1)
            if distance >> (width - 1):
                distance -= 1 << width
            one.target = code[i + distance]
        if one.word & 0xFE000000 == 0xD6000000 or one.word & 0xFC000000 == 0x94000000:
            raise StencilError(f"stencils: {name}: call or return")
    return code


def relocate(name: str, one: Instruction, relocation: Relocation, rodata: Rodata) -> None:
    target = relocation.target
    if relocation.kind in _R_BRANCHES and isinstance(target, str):
        one.target = target
    elif relocation.kind == _R_PAGE and isinstance(target, bytes):
        one.holes.append(Hole(0, holes.PAGE21, holes.RODATA, rodata.place(target)))
    elif relocation.kind in _R_LOW and isinstance(target, bytes):
        scale = _R_LOW[relocation.kind]
        one.holes.append(Hole(0, holes.LO12, holes.RODATA, rodata.place(target), scale))
    else:
        raise StencilError(f"stencils: {name}: relocation {relocation.kind}")


def simplify(code: list[Instruction]) -> None:
    """Branch to symbols directly, drop what cannot be reached, and run on into `next`."""
    for one in code:
        seen = 0
        while isinstance(one.target, Instruction) and one.target.jumps and seen < 8:
            one.target = one.target.target
            seen += 1
    changed = True
    while changed:
        changed = False
        reached = reachable(code)
        if len(reached) < len(code):
            code[:] = [one for one in code if one in reached]
            changed = True
        if code and code[-1].jumps and code[-1].target == "next":
            code.pop()
            changed = True
        elif (
            len(code) > 1
            and code[-1].jumps
            and code[-2].branches
            and code[-2].target == "next"
            and not any(one.target is code[-1] for one in code)
        ):
            code[-2].word = inverted(code[-2].word)
            code[-2].target = code.pop().target
            changed = True
        else:
            changed = changed or drop_branch_around(code)


def drop_branch_around(code: list[Instruction]) -> bool:
    """Turn a branch around a jump into one to the jump's target."""
    for i in range(len(code) - 2):
        one, jump = code[i], code[i + 1]
        if one.branches and jump.jumps and one.target is code[i + 2]:
            if not any(other.target is jump for other in code):
                one.word = inverted(one.word)
                one.target = jump.target
                del code[i + 1]
                return True
    return False


def reachable(code: list[Instruction]) -> set[Instruction]:
    found: set[Instruction] = set()
    places = {one: i for i, one in enumerate(code)}
    waiting = [0] if code else []
    while waiting:
        i = waiting.pop()
        while i < len(code) and code[i] not in found:
            one = code[i]
            found.add(one)
            if isinstance(one.target, Instruction):
                waiting.append(places[one.target])
            if one.jumps:
                break
            i += 1
    return found


def far(code: list[Instruction]) -> list[Instruction]:
    """The same with every conditional branch to a symbol around an unconditional one."""
    made: list[Instruction] = []
    new: dict[Instruction, Instruction] = {}
    end = Instruction(0)
    for i, one in enumerate(code):
        if one.branches and isinstance(one.target, str) and one.target != "next":
            around = Instruction(inverted(one.word))
            around.target = code[i + 1] if i + 1 < len(code) else "next"
            jump = Instruction(_B)
            jump.target = one.target
            new[one] = around
            made += [around, jump]
        else:
            copy = Instruction(one.word)
            copy.target = one.target
            copy.holes = one.holes
            new[one] = copy
            made.append(copy)
    for one in made:
        if isinstance(one.target, Instruction):
            one.target = new.get(one.target, end)
    return made


def encoded(code: list[Instruction]) -> tuple[bytes, list[Hole]]:
    places = {one: i for i, one in enumerate(code)}
    result = b""
    found = []
    for i, one in enumerate(code):
        word = one.word
        kind = branch_kind(word)
        if kind:
            position, width = _FIELDS[kind]
            word &= ~(((1 << width) - 1) << position)
            target = one.target
            if isinstance(target, Instruction) or target == "next":
                goal = places[target] if isinstance(target, Instruction) else len(code)
                word |= (goal - i & ((1 << width) - 1)) << position
            elif target == "taken":
                found.append(Hole(4 * i, kind, holes.LABEL))
            elif target is not None and target.startswith("trap_"):
                trap = int(target.removeprefix("trap_"))
                found.append(Hole(4 * i, kind, holes.TRAP, 0, trap))
            else:
                raise StencilError(f"stencils: unknown target {target}")
        for hole in one.holes:
            word &= ~_MASKS[hole.kind]
            found.append(Hole(4 * i, hole.kind, hole.value, hole.addend, hole.extra))
        result += word.to_bytes(4, "little")
    return result, found


_MASKS: Final = {
    holes.IMM12: 0xFFF << 10,
    holes.MOVW: 0xFFFF << 5,
    holes.PAGE21: 3 << 29 | 0x7FFFF << 5,
    holes.LO12: 0xFFF << 10,
}

# Conditions by number: 2 unsigned not below, 3 below, 8 above, 9 not above, A signed not less, B
# less, C greater, D not greater. x < n is x <= n - 1: the condition for the next smaller and
# greater number. Opposite conditions have opposite results, so it does not matter which is meant.
_SMALLER: Final = {0x8: 0x2, 0x9: 0x3, 0xC: 0xA, 0xD: 0xB}
_GREATER: Final = {0x2: 0x8, 0x3: 0x9, 0xA: 0xC, 0xB: 0xD}


def exact_comparison(name: str, code: list[Instruction]) -> None:
    """Undo that LLVM compares with the next smaller or greater number.

    That is right for its constant, but not for every number: the least one has no smaller one.
    """
    for i, one in enumerate(code):
        for hole in one.holes:
            if hole.beside == 0:
                continue
            if one.word & 0x7F80001F != 0x7100001F:  # subs to the zero register
                raise StencilError(f"stencils: {name}: another number, and no comparison")
            change = _SMALLER if hole.beside == -1 else _GREATER
            following = code[i + 1]
            if following.word & 0xFF000010 == 0x54000000:  # b.cond
                position = 0
            elif following.word & 0x7FE00C00 == 0x1A800400:  # csinc, of which cset is one
                position = 12
            else:
                raise StencilError(f"stencils: {name}: comparison with another number")
            condition = following.word >> position & 0xF
            if condition not in change:
                raise StencilError(f"stencils: {name}: comparison with another number")
            following.word ^= (condition ^ change[condition]) << position
            hole.beside = 0
