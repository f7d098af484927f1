"""`zwasm ir`: the register code of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwasm.cli.files import FILE_HELP, fail, find_func, input_file, read_module
from zwasm.cli.group import say

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] FILE [FUNC]"
    parser.description = """\
Show the register code that the functions in FILE are lowered to.

One line is one instruction: its number, operation, operands (s slot,
# constant, L label) and the byte offset that it came from.
"""
    parser.epilog = """\
examples:
  zwasm ir fib.wat          all functions
  zwasm ir fib.wat fib      the function named or exported as fib
  zwasm ir fib.wat 0        the function with index 0, imports counted
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "func",
        metavar="FUNC",
        nargs="?",
        help="A function's name, the name of an export, or an index; all functions without it.",
    )
    parser.add_argument(
        "--fuel", action="store_true", help="Show the code that is run where fuel is limited."
    )


def run(args: Namespace) -> None:
    from zwasm.errors import WasmError
    from zwasm.lower import Lowerer
    from zwasm.lower.show import show_function
    from zwasm.valid import validate

    module = read_module(args.file)
    try:
        info = validate(module)
        lowerer = Lowerer(info, args.fuel)
        every = range(len(module.funcs))
        indices = every if args.func is None else [find_func(info, args.func)]
        for index in indices:
            say(show_function(info, index, lowerer.func(index)))
    except WasmError as error:
        raise fail(error, args.file) from None
