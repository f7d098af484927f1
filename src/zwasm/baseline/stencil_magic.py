"""Values for the parameters of stencils while they are compiled, and where they end up.

In: IR with tokens (see `stencil_ir`), and machine code of it with three sets of values. Out: the
IR with the values of a set; `Hole` objects that say how any other value is written.

Two sets show where the fields are, the third checks that writing its values into the code of the
first set gives the code that LLVM makes. So the values must be such that LLVM does the same with
all of them as with any other: no powers of two, no sums of few of them, no repeated bits; and those
of different sets must differ in every byte of a field.
"""

from __future__ import annotations

import re
from typing import Final

from zwasm.baseline import holes
from zwasm.baseline.stencil_ir import StencilError

SETS: Final = 3
TOKEN: Final = re.compile(r"<([ab]):(\w+)(?::(\d+))?>")

# By class of value: values of a, values of b.
_BOTH: Final[dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]]] = {
    # Large offsets and immediates; 64-bit immediates are negative, to be seen sign-extended.
    "dl": ((0x12345678, 0x2BCD1F08, 0x0FEDAAB0), (0x3456A1C8, 0x16789AB8, 0x25D37350)),
    "il32": ((0x13579BD7, 0x2468ACE5, 0x3A7B5C9B), (0x5B6D7F91, 0x46A35EC7, 0x31D9C7B5)),
    "il64": ((-0x13579BD7, -0x2468ACE5, -0x3A7B5C9B), (-0x5B6D7F91, -0x46A35EC7, -0x31D9C7B5)),
    "q": (
        (0x1234F678B1CD23EF, 0x5A6B7C8D1E2F4A5B, 0x3C9D8B6F55E1A7D3),
        (0x2345E789C1DE34F1, 0x6B7C9DAE2F4A5B6C, 0x4DAE9C7F66F2B8E5),
    ),
}
_X86: Final[dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]]] = {
    **_BOTH,
    "ds": ((0x28, 0x58, 0x70), (0x38, 0x48, 0x60)),
    "is32": ((91, -77, 107), (107, -93, 83)),
    "is64": ((-91, -77, -107), (-107, -93, -83)),
    "sh": ((11, 19, 7), (11, 19, 7)),
    "shn": ((11, 13, 7), (11, 13, 7)),  # of less than 16 bits
}
_AARCH64: Final[dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]]] = {
    **_BOTH,
    "ds": ((0x550, 0xAA8, 0x338), (0x5A8, 0xC30, 0x1C8)),
    "dv": ((0x5550, 0xAAA0, 0x3330), (0x5AA0, 0xC330, 0x1CC0)),
    "i12": ((0x5A5, 0x9C3, 0x321), (0x6B6, 0xAD4, 0x257)),
    "i16": ((0x5A5B, 0x9C3D, 0x7321), (0x6B6D, 0xAD45, 0x2579)),
    "top32": ((0x5A5B0000, 0x9C3D0000, 0x73210000), (0x6B6D0000, 0xAD450000, 0x25790000)),
    "top64": (
        (0x5A5B << 48, 0x4C3D << 48, 0x7321 << 48),
        (0x6B6D << 48, 0x2D45 << 48, 0x2579 << 48),
    ),
}


class Hole:
    """See `zwasm.baseline.holes`. Of a parameter `beside` is 1 or -1 where LLVM turned a comparison
    into one with the next number, which is not yet part of the addend."""

    def __init__(self, at: int, kind: int, value: int, addend: int = 0, extra: int = 0) -> None:
        self.at = at
        self.kind = kind
        self.value = value
        self.addend = addend
        self.extra = extra
        self.beside = 0

    def __repr__(self) -> str:
        return f"{self.at}:{self.kind}={self.value}{self.addend:+}/{self.extra}"


class Rodata:
    """The constants of all stencils, each once.

    None is at offset 0, so that an offset with the addend of a field is never negative.
    """

    def __init__(self) -> None:
        self.data = bytearray(16)
        self.places: dict[bytes, int] = {}

    def copy(self) -> Rodata:
        made = Rodata()
        made.data = bytearray(self.data)
        made.places = dict(self.places)
        return made

    def place(self, constant: bytes) -> int:
        if constant not in self.places:
            size = len(constant)
            self.data += bytes(-len(self.data) % size)
            self.places[constant] = len(self.data)
            self.data += constant
        return self.places[constant]


def values(x86: bool, text: str, number: int) -> dict[int, int]:
    """The values of a stencil's parameters in a set."""
    table = _X86 if x86 else _AARCH64
    found = {}
    for name, kind, _ in TOKEN.findall(text):
        parameter = holes.A if name == "a" else holes.B
        found[parameter] = table[kind][parameter][number]
    return found


def addends(text: str) -> dict[int, int]:
    """What is added to the parameters of a stencil."""
    return {holes.A if a == "a" else holes.B: int(n or 0) for a, _, n in TOKEN.findall(text)}


def with_values(x86: bool, text: str, number: int) -> str:
    """IR with the values of a set."""
    table = _X86 if x86 else _AARCH64

    def value(match: re.Match[str]) -> str:
        parameter = 0 if match[1] == "a" else 1
        return str(table[match[2]][parameter][number] + int(match[3] or 0))

    return TOKEN.sub(value, text)


def write(code: bytearray, hole: Hole, value: int) -> None:
    """Write a parameter's value into its field."""
    value += hole.addend + hole.beside
    if hole.kind in _SIZES:
        size = _SIZES[hole.kind]
        code[hole.at : hole.at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        return
    word = int.from_bytes(code[hole.at : hole.at + 4], "little")
    if hole.kind == holes.IMM12:
        word = word & ~(0xFFF << 10) | (value >> hole.extra & 0xFFF) << 10
    else:
        word = word & ~(0xFFFF << 5) | (value >> 16 * hole.extra & 0xFFFF) << 5
    code[hole.at : hole.at + 4] = word.to_bytes(4, "little")


_SIZES: Final = {holes.BYTES1: 1, holes.BYTES4: 4, holes.BYTES8: 8}


def fits(x86: bool, hole: Hole, value: int) -> bool:
    """Whether a field holds a value whole, or the part of it that it is for."""
    value += hole.addend + hole.beside
    if hole.kind == holes.IMM12:
        return value & ((1 << hole.extra) - 1) == 0 and 0 <= value >> hole.extra < 4096
    return True


def candidates(x86: bool, at: int, parameter: int, addend: int) -> list[Hole]:
    """The fields that could be at a place."""
    if x86:
        kinds = (holes.BYTES8, holes.BYTES4, holes.BYTES1)
        return [Hole(at, kind, parameter, addend) for kind in kinds]
    found = [Hole(at, holes.IMM12, parameter, addend, scale) for scale in range(5)]
    if addend == 0:
        found += [Hole(at, holes.MOVW, parameter, 0, part) for part in range(4)]
    return found


def find_holes(x86: bool, name: str, text: str, codes: tuple[bytes, bytes, bytes]) -> list[Hole]:
    """The fields of parameters in a stencil that was compiled with every set."""
    first, second, third = codes
    sets = [values(x86, text, number) for number in range(SETS)]
    added = addends(text)
    if not len(first) == len(second) == len(third):
        raise StencilError(f"stencils: {name}: LLVM looks at the values")
    found = []
    step = 1 if x86 else 4
    at = 0
    while at < len(first):
        if first[at : at + step] == second[at : at + step]:
            at += step
            continue
        hole = hole_at(x86, at, first, second, sets, added)
        if hole is None:
            raise StencilError(f"stencils: {name}: no parameter explains byte {at}")
        found.append(hole)
        at += _SIZES.get(hole.kind, 4)
    check = bytearray(first)
    for hole in found:
        write(check, hole, sets[2][hole.value])
    if check != third:
        raise StencilError(f"stencils: {name}: {found} do not give the third set's code")
    return found


def hole_at(
    x86: bool,
    at: int,
    first: bytes,
    second: bytes,
    sets: list[dict[int, int]],
    added: dict[int, int],
) -> Hole | None:
    for beside in (0, 1, -1):
        for parameter, addend in added.items():
            for hole in candidates(x86, at, parameter, addend):
                hole.beside = beside
                if explains(x86, hole, first, sets[0][parameter]) and explains(
                    x86, hole, second, sets[1][parameter]
                ):
                    return hole
    return None


def explains(x86: bool, hole: Hole, code: bytes, value: int) -> bool:
    if hole.at + _SIZES.get(hole.kind, 4) > len(code) or not fits(x86, hole, value):
        return False
    written = bytearray(code)
    write(written, hole, value)
    return written == code
