"""Checks of all stencils of an architecture, before they are written to the table.

In: the stencils. Out: nothing, or a StencilError. Runs when the package is built, not later.
"""

from __future__ import annotations

from typing import Final

from zwasm.baseline import abi, holes
from zwasm.baseline import keys as k
from zwasm.baseline.stencil_ir import HOT, X86_64, StencilError
from zwasm.baseline.stencil_magic import Hole
from zwasm.baseline.stencil_vector_ir import has_immediate_shift
from zwasm.isa.row import BY_CODE, BY_NAME, Row

# The registers of the table in `abi`, by number.
REGISTERS: Final = {
    "x86_64": {
        "vm": 12,
        "fp": 13,
        "mem": 14,
        "h0": 15,
        "h1": 7,
        "h2": 6,
        "h3": 2,
        "c": 1,
        "h4": 8,
        "h5": 9,
        "h6": 11,
        "acc": 0,
    },
    "aarch64": {
        "vm": 20,
        "fp": 21,
        "mem": 22,
        "h0": 23,
        "h1": 24,
        "h2": 25,
        "h3": 26,
        "c": 27,
        "h4": 28,
        "h5": 0,
        "h6": 1,
        "acc": 2,
    },
}


class Stencil:
    """One form of a stencil, as it is copied."""

    def __init__(self, key: int, bits: int, code: bytes, found: list[Hole]) -> None:
        self.key = key
        self.bits = bits
        self.code = code
        self.holes = found
        # By parameter, the values that this form serves, where not those that its holes hold.
        self.bounds: dict[int, tuple[int, int, int]] = {}


class Stencils:
    """All stencils of a level, and their constants."""

    def __init__(self, level: str, stencils: list[Stencil], rodata: bytes) -> None:
        self.level = level
        self.stencils = stencils
        self.rodata = rodata
        if len(rodata) > abi.CODE_TRAPS:
            raise StencilError(f"stencils: {len(rodata)} bytes of constants")


def check(architecture: str, stencils: list[Stencil]) -> None:
    forms = {(stencil.key, stencil.bits): stencil for stencil in stencils}
    if len(forms) != len(stencils):
        raise StencilError(f"stencils: {architecture}: two with one key")
    keys = {stencil.key for stencil in stencils}
    lacking = [key for key in range(k.KEYS) if key not in keys]
    if set(lacking) != absent(architecture):
        wrong = sorted(set(lacking) ^ absent(architecture))
        raise StencilError(f"stencils: {architecture}: keys {wrong} lack, or should")
    for key in keys:
        if (key, 0) not in forms:
            raise StencilError(f"stencils: {architecture}: key {key} has no form for all values")
    check_registers(architecture, forms)
    if architecture == X86_64:
        for stencil in stencils:
            check_fields(stencil, forms)


def check_registers(architecture: str, forms: dict[tuple[int, int], Stencil]) -> None:
    """Whether LLVM gives roles to registers as `abi` says."""
    x86 = architecture == X86_64
    number = REGISTERS[architecture]
    sources = {HOT[i]: k.move(0, k.REG + i, 1) for i in range(abi.NH)}
    sources["c"] = k.move(0, k.INT_SCRATCH + 1, 1)
    expected = {key: moved(x86, number["acc"], number[name]) for name, key in sources.items()}
    expected[k.move(k.MOVE_TARGETS - 1, k.INT_SCRATCH, 1)] = moved(x86, number["c"], number["acc"])
    floats = {k.REG + i: 1 + i for i in range(abi.NG)} | {k.FLOAT_SCRATCH + 1: 1 + abi.NG}
    for source, vector in floats.items():
        if x86:  # movaps xmm0, register
            code = bytes((0x0F, 0x28, 0xC0 | vector))
        else:  # mov v0.16b, register
            code = (0x4EA01C00 | vector << 16 | vector << 5).to_bytes(4, "little")
        expected[k.float_move(0, source, 1)] = code
    for key, base in ((k.move(0, k.SLOT, 1), "fp"), (k.GLOBAL_GET + 1, "vm")):
        if x86:  # mov rax, [base + offset]
            code = b"\x49\x8b\x45\0" if base == "fp" else b"\x49\x8b\x44\x24\0"
        else:  # ldr x2, [base, #offset]
            code = (0xF9400002 | number[base] << 5).to_bytes(4, "little")
        expected[key] = code
    for key, code in expected.items():
        form = forms.get((key, holes.SMALL_A)) or forms[key, 0]
        if form.code != code:
            raise StencilError(f"stencils: key {key} is {form.code.hex()}, not {code.hex()}")
    load = forms[k.NUMBERS.bases[BY_NAME["i64.load"].opcode], holes.SMALL_A].code
    if x86:  # mov rax, [r14 + rax + offset]
        right = load == b"\x49\x8b\x44\x06\0"
    else:  # add x8, x22, x2 before the load
        right = load[:4] == (0x8B020008 | number["mem"] << 5).to_bytes(4, "little")
    if not right:
        raise StencilError(f"stencils: memory 0 is not at mem: {load.hex()}")


def moved(x86: bool, to: int, source: int) -> bytes:
    """The code of a move between registers."""
    if x86:
        prefix = 0x48 | source >> 3 << 2 | to >> 3
        return bytes((prefix, 0x89, 0xC0 | (source & 7) << 3 | to & 7))
    return (0xAA0003E0 | source << 16 | to).to_bytes(4, "little")


def check_fields(small: Stencil, forms: dict[tuple[int, int], Stencil]) -> None:
    """Whether the short fields of a form are short in its instructions.

    Values seen in one byte could stand in a field of four. Then the code would not be shorter
    than that of the form with long fields.
    """
    for bit, parameter in ((holes.SMALL_A, holes.A), (holes.SMALL_B, holes.B)):
        count = sum(hole.kind == holes.BYTES1 and hole.value == parameter for hole in small.holes)
        if small.bits & bit == 0 or count == 0:
            continue
        saved = len(forms[small.key, small.bits ^ bit].code) - len(small.code)
        # With the accumulator, instructions with long fields have an encoding one byte shorter.
        if not 2 * count <= saved <= 3 * count:
            raise StencilError(f"stencils: key {small.key}: {small.holes} are not short")


def absent(architecture: str) -> set[int]:
    """The keys that have no stencil."""
    found = set()
    for dst in range(k.MOVE_TARGETS):
        for src in range(k.REG, k.MOVE_SOURCES):
            found.add(k.move(dst, src, 0))
    for dst in range(k.FLOAT_MOVE_TARGETS):
        for src in range(k.REG, k.FLOAT_MOVE_SOURCES):
            found.add(k.float_move(dst, src, 0))
    for first in (k.STORE_SLOT, k.FLOAT_STORE_SLOT):
        found |= {first + k.SLOT * 2, first + k.SLOT * 2 + 1}
    for row in BY_CODE:
        if row is not None:
            found |= absent_of(architecture, row)
    return found


def absent_of(architecture: str, row: Row) -> set[int]:
    """The keys of a row that have no stencil.

    Divisions by constants and functions of floats by constants or with results in hot registers
    are rare; so are immediate floats on AArch64, which has no instruction for them.
    """
    kind, base = k.NUMBERS.kinds[row.opcode], k.NUMBERS.bases[row.opcode]
    found = set()
    name = row.name.partition(".")[2].split("_")[0]
    if kind == k.INT_BINARY and name in ("div", "rem"):
        found.add(base + k.IMM)
        found |= set(range(base + k.BINARY_REG, base + k.count_of(row)))
    if kind == k.FLOAT_BINARY:
        if name in ("min", "max", "copysign"):
            found |= set(range(base + k.FLOAT_REG, base + k.count_of(row)))
        if architecture != X86_64:
            found |= set(range(base + k.IMM, base + k.count_of(row), k.FLOAT_KINDS))
    if kind in (k.VECTOR_BINARY, k.VECTOR_TERNARY, k.SHUFFLE) and architecture != X86_64:
        first = base + (k.SHUFFLE_KNOWN if kind == k.SHUFFLE else 0) + k.IMM
        step = k.VECTOR_KINDS if kind == k.VECTOR_TERNARY else k.FLOAT_KINDS
        found |= set(range(first, base + k.count_of(row), step))
    if kind == k.VECTOR_SHIFT and not has_immediate_shift(architecture, row):
        found |= set(range(base + k.SHIFT_IMM, base + k.count_of(row)))
    if kind == k.FLOAT_COMPARE and architecture != X86_64:
        found |= set(range(base + k.IMM, base + k.count_of(row), k.FLOAT_KINDS))
    return found
