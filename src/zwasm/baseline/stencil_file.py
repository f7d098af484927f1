"""The file of stencils, written.

In: `Stencils`. Out: the bytes that `zwasm.baseline.table` reads; their form is described there.
Runs when the package is built, not later. Does without llvmlite.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from zwasm.baseline import holes, keys, table
from zwasm.baseline.stencil_check import Stencil, Stencils
from zwasm.baseline.stencil_common import LONG_MAX, LONG_MIN
from zwasm.baseline.stencil_ir import StencilError
from zwasm.baseline.stencil_magic import Hole
from zwasm.isa.row import BY_CODE

Bounds = tuple[int, int, int]
# Bounds that no value is within: there is no small form.
NEVER: Final[Bounds] = (1, 0, 0)
_INPUTS: Final = ("abi.py", "holes.py", "keys.py", "table.py", "stencil*.py", "raw_*.py")


def small_bounds(stencil: Stencil, parameter: int) -> Bounds:
    """The values of a parameter that a form with small fields serves."""
    if parameter in stencil.bounds:
        return stencil.bounds[parameter]
    low, high, mask = LONG_MIN, LONG_MAX, 0
    for hole in stencil.holes:
        if hole.value != parameter:
            continue
        if hole.kind == holes.BYTES1:
            low, high = max(low, -128), min(high, 127)
        elif hole.kind == holes.IMM12:
            low, high = max(low, 0), min(high, 4095 << hole.extra)
            mask |= (1 << hole.extra) - 1
        elif hole.kind == holes.MOVW and hole.extra == 3:
            mask |= (1 << 48) - 1
        elif hole.kind == holes.MOVW:
            low, high = max(low, 0), min(high, 0xFFFF << 16 * hole.extra)
            mask |= (1 << 16 * hole.extra) - 1
        else:
            raise StencilError(f"stencils: key {stencil.key}: {hole} is not small")
        if hole.addend:
            raise StencilError(f"stencils: key {stencil.key}: {hole} has an addend")
    return low, high, mask


class Index:
    """Which form serves a key with variant bits, and which values are small."""

    def __init__(self, stencils: list[Stencil]) -> None:
        self.numbers = [-1] * (keys.KEYS * holes.VARIANTS)
        self.bounds: list[list[Bounds]] = [[NEVER] * keys.KEYS, [NEVER] * keys.KEYS]
        by_key: dict[int, dict[int, int]] = {}
        for number, stencil in enumerate(stencils):
            by_key.setdefault(stencil.key, {})[stencil.bits] = number
        for key, forms in by_key.items():
            self._place(key, forms)
            for parameter, bit in ((holes.A, holes.SMALL_A), (holes.B, holes.SMALL_B)):
                ranges = {
                    small_bounds(stencils[number], parameter)
                    for bits, number in forms.items()
                    if bits & bit
                }
                if len(ranges) > 1:
                    raise StencilError(f"stencils: key {key} has forms with different bounds")
                if ranges:
                    self.bounds[parameter][key] = ranges.pop()

    def singles(self) -> list[int]:
        """By key: the number that all variants have, or else what `table` says."""
        found = []
        for at in range(0, len(self.numbers), holes.VARIANTS):
            numbers = set(self.numbers[at : at + holes.VARIANTS])
            found.append(numbers.pop() if len(numbers) == 1 else table.VARIOUS)
        return found

    def _place(self, key: int, forms: dict[int, int]) -> None:
        """Of the forms that do for variant bits the one with the smallest fields."""
        far = holes.FAR if any(bits & holes.FAR for bits in forms) else 0
        for bits in range(holes.VARIANTS):
            fitting = [
                form for form in forms if form & ~bits == 0 and form & holes.FAR == bits & far
            ]
            best = max(fitting, key=lambda form: form.bit_count())
            self.numbers[key * holes.VARIANTS + bits] = forms[best]


def word(hole: Hole) -> int:
    """A hole as one number."""
    low = hole.at | hole.kind << 8 | hole.value << 12 | hole.extra << 16
    return low | hole.addend << 24


def packed(code: str, items: Iterable[int]) -> bytes:
    values = list(items)
    return struct.pack(f"<{len(values)}{code}", *values)


def section(made: Stencils) -> bytes:
    """The part of the file for a level."""
    stencils = made.stencils
    index = Index(stencils)
    kinds = sorted({bounds for column in index.bounds for bounds in column})
    number = {bounds: i for i, bounds in enumerate(kinds)}
    every = [hole for stencil in stencils for hole in stencil.holes]
    code = b"".join(stencil.code for stencil in stencils)
    spans = []
    starts = [0]
    first = 0
    for stencil in stencils:
        spans.append(first << 8 | len(stencil.holes))
        starts.append(starts[-1] + len(stencil.code))
        first += len(stencil.holes)
    arrays = (
        packed("h", index.singles()),
        packed("h", index.numbers),
        packed("B", (number[bounds] for bounds in index.bounds[0])),
        packed("B", (number[bounds] for bounds in index.bounds[1])),
        packed("q", (value for bounds in kinds for value in bounds)),
        packed("i", spans),
        packed("i", starts),
        packed("q", map(word, every)),
        made.rodata,
        code,
    )
    counts = (keys.KEYS, len(kinds), len(stencils), len(every), len(made.rodata), len(code))
    return packed("i", counts) + b"".join(arrays)


def file_of(parts: list[Stencils]) -> bytes:
    """The file's bytes."""
    sections = [section(made) for made in parts]
    head = table.MAGIC + bytes.fromhex(digest()) + packed("i", [len(parts)])
    at = len(head) + 24 * len(parts)
    for made, data in zip(parts, sections, strict=True):
        head += made.level.encode().ljust(16, b"\0") + packed("i", [at, len(data)])
        at += len(data)
    return head + b"".join(sections)


def digest() -> str:
    """SHA-256 of all that the stencils depend on but LLVM."""
    found = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(path for pattern in _INPUTS for path in folder.glob(pattern)):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for row in BY_CODE:
        if row is not None:
            found.update(f"{row.name} {row.opcode} {row.llvm}\0".encode())
    return found.hexdigest()
