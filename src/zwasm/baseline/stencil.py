"""The table of stencils, made.

In: rows, keys, ABI. Out: the bytes of the file that `zwasm.baseline.table` reads, whose form is
described there. Needs llvmlite; runs when the package is built, not later.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from zwasm.baseline import abi, holes, keys, raw_x86, table
from zwasm.baseline.stencil_common import LONG_MAX, LONG_MIN, write_common
from zwasm.baseline.stencil_ir import AARCH64, X86_64, Source, Writer, write_rows
from zwasm.baseline.stencil_magic import (
    SETS,
    TOKEN,
    Hole,
    find_holes,
    values,
    with_values,
)
from zwasm.baseline.stencil_object import Machine, StencilError, assemble
from zwasm.baseline.stencil_x86 import Rodata, finish
from zwasm.isa.row import BY_CODE

ARCHITECTURES: Final = (X86_64, AARCH64)
Bounds = tuple[int, int, int]
# Bounds that no value is within: there is no small form.
NEVER: Final[Bounds] = (1, 0, 0)
_INPUTS: Final = ("abi", "holes", "keys", "table")
_GENERATORS: Final = ("stencil*.py", "raw_*.py")


class Stencil:
    """One form of a stencil, as it is copied."""

    def __init__(self, key: int, bits: int, code: bytes, found: list[Hole]) -> None:
        self.key = key
        self.bits = bits
        self.code = code
        self.holes = found
        # By parameter, the values that this form serves, where not those that its holes hold.
        self.bounds: dict[int, Bounds] = {}


class Stencils:
    """All stencils of an architecture."""

    def __init__(self, architecture: str, stencils: list[Stencil], rodata: bytes) -> None:
        self.architecture = architecture
        self.stencils = stencils
        self.rodata = rodata
        if len(rodata) > abi.CODE_TRAPS:
            raise StencilError(f"stencils: {len(rodata)} bytes of constants")


def generate(architecture: str) -> Stencils:
    """Make the stencils of an architecture."""
    sources = sources_of(architecture)
    x86 = architecture == X86_64
    machines = compiled(architecture, sources)
    rodata = Rodata()
    made = []
    for source in sources:
        forms = machines[source.name]
        parameters: list[Hole] = []
        if len(forms) > 1:
            codes = (forms[0].code, forms[1].code, forms[2].code)
            sets = [values(x86, source.text, number) for number in range(SETS)]
            parameters = find_holes(x86, source.name, codes, sets)
        code, found = finish(source.name, forms[0], parameters, rodata)
        stencil = Stencil(source.key, source.bits, code, found)
        stencil.bounds = {"ab".index(name): value for name, value in source.bounds.items()}
        made.append(stencil)
    for key, forms_ in raw_x86.RAW.items():
        made += [Stencil(key, bits, code, found) for bits, code, found in forms_]
    return Stencils(architecture, made, bytes(rodata.data))


def sources_of(architecture: str) -> list[Source]:
    writer = Writer(architecture)
    write_common(writer)
    write_rows(writer)
    return writer.sources


def compiled(architecture: str, sources: list[Source]) -> dict[str, list[Machine]]:
    """Machine code by name: one of functions without parameters, else one of every set."""
    x86 = architecture == X86_64
    found: dict[str, list[Machine]] = {source.name: [] for source in sources}
    plain = "".join(source.text for source in sources if not TOKEN.search(source.text))
    open_ = "".join(source.text for source in sources if TOKEN.search(source.text))
    texts = [with_values(x86, open_, number) for number in range(SETS)]
    for text in (plain, *texts):
        for name, machine in assemble(architecture, text).items():
            found[name].append(machine)
    return found


# What goes into the file.


def small_bounds(stencil: Stencil, parameter: int) -> Bounds:
    """The values of a parameter that a form serves."""
    if parameter in stencil.bounds:
        return stencil.bounds[parameter]
    low, high, mask = LONG_MIN, LONG_MAX, 0
    for hole in stencil.holes:
        if hole.value != parameter:
            continue
        if hole.kind == holes.BYTES1:
            low, high = max(low, -128 - hole.addend), min(high, 127 - hole.addend)
        elif hole.kind == holes.IMM12:
            low = max(low, -hole.addend)
            high = min(high, (4095 << hole.extra) - hole.addend)
            mask |= (1 << hole.extra) - 1
        elif hole.kind == holes.MOVW:
            mask |= ((1 << 16 * hole.extra) - 1) if hole.extra else 0
            low = max(low, 0 if hole.extra < 3 else LONG_MIN)
            high = min(high, (0xFFFF << 16 * hole.extra) if hole.extra < 3 else LONG_MAX)
        elif hole.kind != holes.POOL_A:
            raise StencilError(f"stencils: key {stencil.key} has no small form")
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
            far = any(bits & holes.FAR for bits in forms)
            for bits in range(holes.VARIANTS):
                fitting = [
                    form
                    for form in forms
                    if form & ~bits == 0 and form & holes.FAR == (bits & holes.FAR if far else 0)
                ]
                if fitting:
                    best = max(fitting, key=lambda form: form.bit_count())
                    self.numbers[key * holes.VARIANTS + bits] = forms[best]
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


def packed(code: str, items: Iterable[int]) -> bytes:
    values_ = list(items)
    return struct.pack(f"<{len(values_)}{code}", *values_)


def section(made: Stencils) -> bytes:
    """The part of the file for an architecture."""
    stencils = made.stencils
    index = Index(stencils)
    kinds = sorted({bounds for column in index.bounds for bounds in column})
    number = {bounds: i for i, bounds in enumerate(kinds)}
    all_holes = [hole for stencil in stencils for hole in stencil.holes]
    code = b"".join(stencil.code for stencil in stencils)
    arrays = (
        packed("h", index.numbers),
        packed("B", (number[bounds] for bounds in index.bounds[0])),
        packed("B", (number[bounds] for bounds in index.bounds[1])),
        packed("q", (value for bounds in kinds for value in bounds)),
        packed("B", (len(stencil.code) for stencil in stencils)),
        packed("B", (len(stencil.holes) for stencil in stencils)),
        packed("B", (hole.at for hole in all_holes)),
        packed("B", (hole.kind for hole in all_holes)),
        packed("B", (hole.value for hole in all_holes)),
        packed("h", (hole.addend for hole in all_holes)),
        packed("B", (hole.extra for hole in all_holes)),
        made.rodata,
        code,
    )
    counts = (keys.KEYS, len(kinds), len(stencils), len(all_holes), len(made.rodata), len(code))
    return packed("i", counts) + b"".join(arrays)


def file_of(parts: list[Stencils]) -> bytes:
    """The file's bytes."""
    sections = [section(made) for made in parts]
    head = table.MAGIC + bytes.fromhex(digest()) + packed("i", [len(parts)])
    at = len(head) + 24 * len(parts)
    for made, data in zip(parts, sections, strict=True):
        name = made.architecture.encode().ljust(16, b"\0")
        head += name + packed("i", [at, len(data)])
        at += len(data)
    return head + b"".join(sections)


def digest() -> str:
    """SHA-256 of all that the stencils depend on but LLVM."""
    found = hashlib.sha256()
    folder = Path(__file__).parent
    paths = [folder / f"{name}.py" for name in _INPUTS]
    for pattern in _GENERATORS:
        paths += folder.glob(pattern)
    for path in sorted(paths):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for row in BY_CODE:
        if row is not None:
            found.update(f"{row.name} {row.opcode} {row.llvm}\0".encode())
    return found.hexdigest()
