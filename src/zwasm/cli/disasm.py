"""`zwasm disasm`: a function's instructions, register code and machine code side by side."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

from zwasm.cli.files import FILE_HELP, fail, find_func, input_file, read_module
from zwasm.cli.group import UsageError, say

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.baseline.listing import Listing
    from zwasm.cli.arguments import Parser
    from zwasm.lower import FuncIR
    from zwasm.valid import ModuleInfo

LEVELS = ("x86_64", "x86_64_avx2", "x86_64_avx512", "aarch64")
WIDTH = 120  # of the page, where it goes to no terminal
WASM_WIDTH = 36  # at most
INDENT = 6  # levels; deeper code is not indented further
IR_WIDTH = 38
CODE_WIDTH = 30  # at least
BYTES = 12  # of machine code on a line
HINT = "zwasm: for machine code as instructions, install capstone: pip install 'zwasm[disasm]'"

ENTER = -1  # places that are no instruction's
CONSTANTS = 1 << 62


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] FILE FUNC"
    parser.description = """\
Show text, register code and machine code of the function FUNC in FILE.

Each instruction of the text is followed on its line by the register code and
the machine code that were made for it, as they are when the function is first
called. Numbers are byte offsets, of the text in the module, of machine code
in the function; <...> says what lies outside.
"""
    parser.epilog = """\
examples:
  zwasm disasm fib.wat fib                the function named or exported as fib
  zwasm disasm app.wasm 2                 function 2, imports counted
  zwasm disasm --level x86_64 app.wasm 2  for a processor without AVX2
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "func", metavar="FUNC", help="A function's name, the name of an export, or an index."
    )
    parser.add_argument(
        "--level",
        metavar="LEVEL",
        choices=LEVELS,
        help="What of the processor's instructions code may use, instead of all that this one has: "
        + ", ".join(LEVELS[:-1])
        + f" or {LEVELS[-1]}.",
    )
    parser.add_argument(
        "--fuel", action="store_true", help="Show the code that is run where fuel is limited."
    )
    parser.add_argument(
        "--checked",
        action="store_true",
        help="Show the code that is run where address space is too short for unchecked accesses.",
    )


def run(args: Namespace) -> None:
    from zwasm.errors import WasmError
    from zwasm.lower import Lowerer
    from zwasm.lower.show import show_head
    from zwasm.valid import validate

    module = read_module(args.file)
    try:
        info = validate(module)
        index = find_func(info, args.func)
        ir = Lowerer(info, args.fuel).func(index)
        wasm = _wasm(info, index)
        checked = args.checked or (bool(info.memories) and info.memories[0].is64)
        made, reason = _machine_code(info, index, args.level, args.fuel, checked)
    except WasmError as error:
        raise fail(error, args.file) from None
    say(_printable(show_head(info, index, ir)))
    columns = [wasm, _register_code(info, ir)]
    disassembler = None
    if made is not None:
        disassembler = _disassembler(made)
        columns.append(_instructions(made, disassembler))
    say(_page(columns, ["instructions", "register code", "machine code"]))
    if made is None:
        say(f"zwasm: no machine code: {reason}", err=True)
    elif disassembler is None:
        say(HINT, err=True)


Column = dict[int, list[str]]  # the lines by places, which are ascending


def _machine_code(
    info: ModuleInfo, index: int, level: str | None, fuel: bool, checked: bool
) -> tuple[Listing | None, str]:
    """The machine code, or None and why there is none. Raises UsageError where a level has
    been asked for."""
    from zwasm.baseline.listing import listing
    from zwasm.errors import WasmError
    from zwasm.instances.native import LEVEL
    from zwasm.runtime.engine import why_not

    wanted = level or LEVEL
    reason = why_not("baseline")
    if wanted:
        try:
            return listing(info, index, wanted, fuel, checked), ""
        except OSError:
            pass
        except WasmError as error:
            reason = str(error)
    if level is not None:
        raise UsageError(f"argument --level: {reason}")
    return None, reason


def _wasm(info: ModuleInfo, index: int) -> Column:
    """The instructions' text."""
    from zwasm.text.printer import CodePrinter, Ids, Printer

    module = info.module
    whole = info.imported_funcs + index
    printer = Printer(module)
    names = module.names
    printer.locals = Ids(names.locals.get(whole, {}))
    code = CodePrinter(printer, module.funcs[index].body, names.labels.get(whole, {}))
    column: Column = {}
    while True:
        text = code.next()
        place = int(code.instructions.start)
        indent = "  " * min(code.depth, INDENT)
        column[place] = [f"{place:6x}  {indent}{'end' if text is None else text}"]
        if text is None:
            return column


def _register_code(info: ModuleInfo, ir: FuncIR) -> Column:
    from zwasm.isa.ir import PLACE_SHIFT, WORDS
    from zwasm.lower.show import show_instruction

    column: Column = {}
    for i in range(ir.count):
        place = int(ir.words[i * WORDS]) >> PLACE_SHIFT
        number, name, *operands = show_instruction(info, ir, i).split(maxsplit=2)
        column.setdefault(place, []).append(f"{number:>4}  {name}  {''.join(operands).rstrip()}")
    return column


def _instructions(made: Listing, disassembler: Any) -> Column:
    """The machine code's lines."""
    column: Column = {}
    for begin, end, place in made.pieces:
        lines = column.setdefault(place, [])
        at = begin
        for data in sorted(word for word in made.data if begin <= word < end):
            lines += _code(made, disassembler, at, data)
            word = int.from_bytes(made.code[data : data + 4], "little")
            lines.append(f"{data:5x}  .word 0x{word:x}")
            at = data + 4
        lines += _code(made, disassembler, at, end)
    for data in sorted(word for word in made.data if word >= made.end):
        word = int.from_bytes(made.code[data : data + 8], "little")
        column.setdefault(CONSTANTS, []).append(f"{data:5x}  .quad 0x{word:x}")
    return column


def _code(made: Listing, disassembler: Any, begin: int, end: int) -> list[str]:
    """The lines of some code: instructions, or without a disassembler bytes."""
    lines: list[str] = []
    at = begin
    if disassembler is not None:
        for instruction in disassembler.disasm(made.code[begin:end], made.start + begin):
            text = f"{instruction.mnemonic} {_operands(made, instruction)}"
            lines.append(f"{at:5x}  {text.rstrip()}")
            at += instruction.size
    while at < end:
        part = made.code[at : min(at + BYTES, end)]
        lines.append(f"{at:5x}  {part.hex(' ')}")
        at += len(part)
    return lines


def _operands(made: Listing, instruction: Any) -> str:
    """An instruction's operands, with what addresses mean."""
    import capstone

    text = str(instruction.op_str)
    operands = instruction.operands
    is_branch = instruction.group(capstone.CS_GRP_JUMP) or instruction.group(capstone.CS_GRP_CALL)
    if is_branch or instruction.mnemonic == "adr":
        if operands and operands[-1].type == capstone.CS_OP_IMM:
            before = text.rpartition(", ")[0]
            target = _target(made, operands[-1].imm)
            return f"{before}, {target}" if before else target
    for operand in operands:
        if operand.type == capstone.CS_OP_MEM and operand.mem.base:
            if instruction.reg_name(operand.mem.base) == "rip":
                address = instruction.address + instruction.size + operand.mem.disp
                head, _, rest = text.partition("[")
                head = head.removesuffix("qword ptr ")
                return f"{head}[{_target(made, address)}]{rest.partition(']')[2]}"
    return text


def _target(made: Listing, offset: int) -> str:
    own = offset - made.start
    if 0 <= own < len(made.code):
        return f"0x{own:x}"
    return f"<{made.target(offset) or hex(offset)}>"


def _disassembler(made: Listing) -> Any:
    """Capstone's disassembler, or None if it is not installed."""
    try:
        import capstone
    except ImportError:
        return None
    if made.level == "aarch64":
        arch = getattr(capstone, "CS_ARCH_AARCH64", None) or capstone.CS_ARCH_ARM64
        disassembler = capstone.Cs(arch, capstone.CS_MODE_LITTLE_ENDIAN)
    else:
        disassembler = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    disassembler.detail = True
    return disassembler


def _page(columns: list[Column], titles: list[str]) -> str:
    """The columns side by side, what belongs to one place on the same lines."""
    width = max(80, min(shutil.get_terminal_size((WIDTH, 1)).columns, 2 * WIDTH))
    widths = [_widest(columns[0], WASM_WIDTH), _widest(columns[1], IR_WIDTH)]
    widths.append(max(width - sum(widths) - 4, CODE_WIDTH))
    page = [_line(titles[: len(columns)], widths)]
    for place in sorted(set().union(*columns)):
        cells = [_wrapped(column.get(place, []), widths[i]) for i, column in enumerate(columns)]
        if not cells[0]:
            cells[0] = {ENTER: ["        enter"], CONSTANTS: ["        constants"]}.get(place, [])
        for row in range(max(map(len, cells))):
            page.append(_line([cell[row] if row < len(cell) else "" for cell in cells], widths))
    return "\n".join(page)


def _widest(column: Column, most: int) -> int:
    return min(max(len(line) for lines in column.values() for line in lines), most)


def _wrapped(lines: list[str], width: int) -> list[str]:
    found: list[str] = []
    for line in lines:
        text = _printable(line)
        if len(text) > width:
            indent = " " * min(len(text) - len(text.lstrip()) + 8, width // 2)
            found += textwrap.wrap(text, width, subsequent_indent=indent)
        else:
            found.append(text)
    return found


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def _printable(text: str) -> str:
    """A text whose names may be a guest's, with what is not printable escaped."""
    return "".join(
        letter
        if letter.isprintable() or letter == "\n"
        else letter.encode("unicode_escape").decode()
        for letter in text
    )
