"""Machine code of the baseline engine, below its source.

Each `baseline/*.wat` holds a module and, below it in line comments, the x86-64 code of its
functions: offset, instruction, and the place in the module that it comes from. `pytest
tests/filetests --update` rewrites the comments, also where another LLVM makes other stencils.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mypy_extensions import i64

from zwasm import baseline
from zwasm.baseline.abi import CODE_RODATA, CODE_THUNKS, CODE_TRAPS, FUNC_TYPE_ID, TRAPS
from zwasm.baseline.compile import Compiler
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.table import Table
from zwasm.text import parse_module
from zwasm.valid import validate

FOLDER = Path(__file__).parent / "baseline"
STENCILS = Path(baseline.__file__).parent / "stencils.bin"
MARK = ";; x86-64 code, made by the test"
START = 0x10_0000  # where every function's code is taken to be

pytestmark = [
    pytest.mark.skipif(not STENCILS.exists(), reason="zwasm is installed without stencils"),
    pytest.mark.skipif(
        importlib.util.find_spec("capstone") is None, reason="needs capstone to disassemble"
    ),
]


class Code:
    """As much of a `zwasm._native.Code` as a compiler asks for before it writes."""

    entries = 0x8000


def named(address: int) -> str:
    """What is at an address outside of the function."""
    if address >= Code.entries:
        return f"entry {(address - Code.entries) // 8}"
    assert address < CODE_THUNKS
    if address >= CODE_TRAPS:
        return TRAPS[(address - CODE_TRAPS) // 16 - 1].lower()
    return f"rodata {address - CODE_RODATA}"


def readable(operands: str, end: int, length: int) -> str:
    """An instruction's operands with names of what it reaches by its own address."""

    def place(address: int) -> str:
        if START <= address < START + length:
            return f"0x{address - START:x}"
        return named(address)

    if re.fullmatch("0x[0-9a-f]+", operands):  # a branch or call
        return place(int(operands, 16))

    def replaced(found: re.Match[str]) -> str:
        distance = int(found[2], 16)
        return f"[{place(end + (distance if found[1] == '+' else -distance))}]"

    # Numbers of types are those of the whole process.
    operands = re.sub(rf"(\[rax \+ {FUNC_TYPE_ID:#x}\]), \w+", r"\1, type", operands)
    return re.sub(r"\[rip ([+-]) (0x[0-9a-f]+|\d)\]", replaced, operands)


def disassembled(compiler: Compiler, index: int) -> Iterator[str]:
    """The lines of a function's code."""
    import capstone

    places: list[tuple[int, int]] = []
    bench = compiler.take()
    compiler.emit(bench, index, places)
    emitter = bench.emitter
    emitter.finish_function(None)
    emitter.settle(i64(START), emitter.outer, [])
    code = emitter.out.getvalue()
    compiler.spare.append(bench)
    machine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    sources = dict(places)
    tables = {place: start for place, start, _ in emitter.tables}
    pool = len(code) - 8 * len(emitter.pool)
    end = len(code[:pool].rstrip(b"\0"))  # the last instruction is a call backwards
    at = 0
    while at < end:
        if at in tables:
            distance = int.from_bytes(code[at : at + 4], "little", signed=True)
            yield f"{at:5x}  {'.case':<10}0x{tables[at] + distance:x}"
            at += 4
            continue
        found = next(machine.disasm(code[at : at + 15], START + at, 1))
        operands = readable(found.op_str, START + at + found.size, len(code))
        comment = f"; 0x{sources[at]:x}" if at in sources else ""
        yield f"{at:5x}  {found.mnemonic:<10}{operands:<40} {comment}"
        at += found.size
    for i in range(len(emitter.pool)):
        yield f"{pool + 8 * i:5x}  {'.quad':<10}0x{emitter.pool[i] % (1 << 64):x}"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.wat")), ids=lambda path: path.stem)
def test_machine_code(path: Path, update: bool) -> None:
    text = path.read_text()
    source = text.partition(MARK)[0].rstrip("\n")
    info = validate(parse_module(source))
    table = Table(str(STENCILS), "x86_64")
    metered = path.stem.startswith("fuel")
    compiler = Compiler(info, ContextLayout(info), table, Code(), metered, False, False)
    lines: list[str] = []
    for index in range(len(info.module.funcs)):
        name = info.func_name(info.imported_funcs + index)
        lines += [f"func {index} ${name}", *disassembled(compiler, index)]
    found = f"{source}\n\n{MARK}\n" + "".join(f";; {line}".rstrip() + "\n" for line in lines)
    if update:
        path.write_text(found)
    assert text == found
