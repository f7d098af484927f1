"""`zwasm parse`: text to binary."""

from __future__ import annotations

import click

from zwasm.cli.files import FILE, read_module
from zwasm.cli.group import CommandError


@click.command(
    epilog="""\b
Examples:
  zwasm parse fib.wat -o fib.wasm
  zwasm parse - -o - < fib.wat | xxd
"""
)
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=FILE, help='Where to write; "-": stdout.'
)
@click.option("--no-check", is_flag=True, help="Write the module even if it is not valid.")
@click.argument("file", type=FILE)
def command(file: str, output: str, no_check: bool) -> None:
    """Turn the module in FILE, usually text, into the binary format.

    Names become a name section. A module that is not valid is not written.
    """
    from zwasm.binary import encode
    from zwasm.cli.files import fail
    from zwasm.errors import WasmError
    from zwasm.valid import validate

    module = read_module(file)
    try:
        if not no_check:
            validate(module)
        data = encode(module)
    except WasmError as error:
        raise fail(error, file) from None
    try:
        with click.open_file(output, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise CommandError(f"{output}: {error.strerror}") from None
