"""`zwasm parse`: text to binary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwasm.cli.files import FILE_HELP, fail, input_file, output_file, read_module, write_bytes

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] -o FILE FILE"
    parser.description = """\
Turn the module in FILE, usually text, into the binary format.

Names become a name section. A module that is not valid is not written.
"""
    parser.epilog = """\
examples:
  zwasm parse fib.wat -o fib.wasm
  zwasm parse - -o - < fib.wat | xxd
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        type=output_file,
        help='Where to write; "-" is standard output. [required]',
    )
    parser.add_argument(
        "--no-check", action="store_true", help="Write the module even if it is not valid."
    )


def run(args: Namespace) -> None:
    from zwasm.binary import encode
    from zwasm.errors import WasmError
    from zwasm.valid import validate

    module = read_module(args.file)
    try:
        if not args.no_check:
            validate(module)
        data = encode(module)
    except WasmError as error:
        raise fail(error, args.file) from None
    write_bytes(args.output, data)
