"""`zwasm validate`: check that modules are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zwasm.cli.files import FILE_HELP, input_file, is_binary, read_bytes
from zwasm.cli.group import CommandError, report_error, say
from zwasm.errors import WasmError

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] FILE..."
    parser.description = """\
Check that modules are well-formed and valid.

Each file is named with "valid" or with what is wrong and where. The exit code
is 1 if any module is not valid.
"""
    parser.epilog = """\
examples:
  zwasm validate a.wasm b.wat
  zwasm validate -q *.wasm && echo all valid
"""
    parser.add_argument("files", metavar="FILE", nargs="+", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="Say nothing about valid modules."
    )


def run(args: Namespace) -> None:
    from zwasm.binary import decode
    from zwasm.text import parse_module
    from zwasm.valid import validate

    failed = False
    for file in args.files:
        try:
            data = read_bytes(file)
            validate(decode(data) if is_binary(data) else parse_module(data))
        except WasmError as error:
            report_error(error, file)
            failed = True
        except CommandError as error:
            report_error(error)
            failed = True
        else:
            if not args.quiet:
                say(f"{file}: valid")
    if failed:
        raise SystemExit(1)
