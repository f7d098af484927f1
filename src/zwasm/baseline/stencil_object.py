"""Machine code of stencils by LLVM, from the object file that it makes.

In: functions in LLVM IR. Out: `Machine`, their code and relocations. Needs llvmlite; runs when the
package is built, not later.
"""

from __future__ import annotations

import re
import struct
from typing import Final

import llvmlite.binding as llvm

from zwasm.baseline.stencil_ir import TYPES, X86_64, StencilError, architecture_of
from zwasm.baseline.stencil_vectors import ATTRIBUTES

_V2: Final = "+cx16,+popcnt,+sahf,+sse3,+ssse3,+sse4.1,+sse4.2"
_AVX2: Final = "+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+movbe,+f16c"
_AVX512: Final = "+avx512f,+avx512cd,+avx512vl,+avx512bw,+avx512dq"
_TARGETS: Final = {
    # The instructions of x86-64-v2, but not LLVM's tuning for it, which is for an old processor.
    "x86_64": ("x86_64-unknown-linux-gnu", "x86-64", _V2),
    "x86_64_avx2": ("x86_64-unknown-linux-gnu", "x86-64", f"{_V2},{_AVX2}"),
    "x86_64_avx512": ("x86_64-unknown-linux-gnu", "x86-64", f"{_V2},{_AVX2},{_AVX512}"),
    # x18 belongs to the platform on macOS.
    "aarch64": ("aarch64-unknown-linux-gnu", "generic", "+reserve-x18"),
}
# Unwind tables are there to show which functions move the stack pointer.
_ATTRIBUTES: Final = (
    "attributes #0 = { nounwind optsize noredzone uwtable }\n"
    f"attributes #1 = {{ {ATTRIBUTES} }}\n"
)
_METADATA: Final = '!0 = !{!"branch_weights", i32 1, i32 2000}\n!1 = !{}\n'
_TARGET: Final = re.compile(r"void (@(?:next|taken|trap_\d+))\(")
_SHT_RELA: Final = 4
_SHT_SYMTAB: Final = 2


class Relocation:
    """A field that LLVM leaves open: `target` is a symbol's name, or a constant's bytes."""

    def __init__(self, at: int, kind: int, target: str | bytes, addend: int) -> None:
        self.at = at
        self.kind = kind
        self.target = target
        self.addend = addend


class Machine:
    """A function's code, with its relocations in order."""

    def __init__(self, code: bytes, relocations: list[Relocation]) -> None:
        self.code = code
        self.relocations = relocations


def module_of(functions: str) -> str:
    """A module of functions and all that they refer to but intrinsics, which LLVM knows."""
    parts = []
    for name in sorted(set(_TARGET.findall(functions))):
        parts.append(f"declare dso_local preserve_nonecc void {name}({TYPES})\n")
    for name in ("@pool_a", "@pool_b", "@vector_a", "@vector_b"):
        if name in functions:
            parts.append(f"{name} = external dso_local global i8\n")
    return "".join([*parts, functions, _ATTRIBUTES, _METADATA])


def machine(level: str) -> llvm.TargetMachine:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple, cpu, features = _TARGETS[level]
    target = llvm.Target.from_triple(triple)
    return target.create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )


def assemble(level: str, functions: str) -> dict[str, Machine]:
    """Compile functions; their code by name."""
    if not functions:
        return {}
    module = llvm.parse_assembly(module_of(functions))
    module.triple = _TARGETS[level][0]
    module.verify()
    return Elf(machine(level).emit_object(module), architecture_of(level)).functions()


def assembly(level: str, functions: str) -> str:
    """The same as assembly text, for people."""
    module = llvm.parse_assembly(module_of(functions))
    module.triple = _TARGETS[level][0]
    text: str = machine(level).emit_assembly(module)
    return text


class Section:
    def __init__(self, fields: tuple[int, ...], data: bytes) -> None:
        self.kind = fields[1]
        self.link = fields[6]
        self.info = fields[7]
        self.entry_size = fields[9]
        self.data = data[fields[4] : fields[4] + fields[5]]
        self.name = ""


class Elf:
    """A relocatable ELF object."""

    def __init__(self, data: bytes, architecture: str) -> None:
        self.x86 = architecture == X86_64
        header = struct.unpack_from("<16sHHIQQQIHHHHHH", data)
        table, size, count, names = header[6], header[11], header[12], header[13]
        self.sections = [
            Section(struct.unpack_from("<IIQQQQIIQQ", data, table + size * i), data)
            for i in range(count)
        ]
        strings = self.sections[names].data
        for i, section in enumerate(self.sections):
            (at,) = struct.unpack_from("<I", data, table + size * i)
            section.name = text_at(strings, at)
        (symbols,) = [section for section in self.sections if section.kind == _SHT_SYMTAB]
        strings = self.sections[symbols.link].data
        self.symbols = [
            (text_at(strings, name), section, value, size)
            for name, _, _, section, value, size in struct.iter_unpack("<IBBHQQ", symbols.data)
        ]

    def relocations(self, section: int) -> list[tuple[int, int, int, int]]:
        """Offset, kind, symbol and addend of a section's relocations, in order."""
        found = []
        for table in self.sections:
            if table.kind == _SHT_RELA and table.info == section:
                for at, info, addend in struct.iter_unpack("<QQq", table.data):
                    found.append((at, info & 0xFFFFFFFF, info >> 32, addend))
        return sorted(found)

    def functions(self) -> dict[str, Machine]:
        (text,) = [i for i, section in enumerate(self.sections) if section.name == ".text"]
        code = self.sections[text].data
        starts = sorted(
            (value, size, name)
            for name, where, value, size in self.symbols
            if where == text and size
        )
        self.check_stack(text, starts)
        relocations = self.relocations(text)
        found = {}
        next_one = 0
        for start, size, name in starts:
            own = []
            while next_one < len(relocations) and relocations[next_one][0] < start + size:
                at, kind, symbol, addend = relocations[next_one]
                target, rest = self.target(symbol, addend)
                own.append(Relocation(at - start, kind, target, rest))
                next_one += 1
            found[name] = Machine(code[start : start + size], own)
        return found

    def target(self, symbol: int, addend: int) -> tuple[str | bytes, int]:
        """What a relocation refers to, and the addend to that."""
        name, where, value, _ = self.symbols[symbol]
        if where == 0:
            return name, addend
        section = self.sections[where]
        if not section.name.startswith(".rodata.cst"):
            raise StencilError(f"stencils: reference into section {section.name}")
        size = section.entry_size
        # On x86-64 the addend has in it the distance from the field to the instruction's end,
        # which is 4 bytes and those of an immediate.
        at = value + addend + (4 if self.x86 else 0)
        start = -(-at // size) * size
        return section.data[start : start + size], at - start - (4 if self.x86 else 0)

    def check_stack(self, text: int, starts: list[tuple[int, int, str]]) -> None:
        """Refuse functions that move the stack pointer.

        Their unwind information says how. They may not use memory below it either (`noredzone`).
        """
        (frames,) = [i for i, section in enumerate(self.sections) if section.name == ".eh_frame"]
        data = self.sections[frames].data
        owners = {at: (symbol, addend) for at, _, symbol, addend in self.relocations(frames)}
        at = 0
        seen = 0
        while at < len(data):
            length, kind = struct.unpack_from("<II", data, at)
            if kind != 0:  # not the information that the others share
                # Pointer, start and size of the function, length of augmentation data, program.
                program = data[at + 4 + 4 + 8 + 1 : at + 4 + length]
                if any(program):
                    symbol, addend = owners[at + 8]
                    start = self.symbols[symbol][2] + addend
                    name = next(name for first, _, name in starts if first == start)
                    raise StencilError(f"stencils: {name} uses the stack")
                seen += 1
            at += 4 + length
        if seen != len(starts):
            raise StencilError("stencils: functions without unwind information")


def text_at(strings: bytes, at: int) -> str:
    return strings[at : strings.index(b"\0", at)].decode()
