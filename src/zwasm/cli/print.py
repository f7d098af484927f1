"""`zwasm print`: binary to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwasm.cli.files import FILE_HELP, fail, input_file, output_file, read_module, write_bytes

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] FILE"
    parser.description = """\
Print the module in FILE in the text format.

The text parses back to the same module.
"""
    parser.epilog = """\
examples:
  zwasm print fib.wasm
  zwasm print fib.wasm -o fib.wat
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        type=output_file,
        help="Where to write, not to standard output.",
    )


def run(args: Namespace) -> None:
    from zwasm.errors import WasmError
    from zwasm.text.printer import print_module

    module = read_module(args.file)
    try:
        text = print_module(module)
    except WasmError as error:
        raise fail(error, args.file) from None
    write_bytes(args.output, (text if text.endswith("\n") else text + "\n").encode())
