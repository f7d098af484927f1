"""`zwasm print`: binary to text."""

from __future__ import annotations

import click

from zwasm.cli.files import FILE, fail, read_module
from zwasm.cli.group import CommandError


@click.command(
    epilog="""\b
Examples:
  zwasm print fib.wasm
  zwasm print fib.wasm -o fib.wat
"""
)
@click.option(
    "-o", "--output", metavar="FILE", default="-", type=FILE, help="Where to write, not stdout."
)
@click.argument("file", type=FILE)
def command(file: str, output: str) -> None:
    """Print the module in FILE in the text format.

    The text parses back to the same module.
    """
    from zwasm.errors import WasmError
    from zwasm.text.printer import print_module

    module = read_module(file)
    try:
        text = print_module(module)
    except WasmError as error:
        raise fail(error, file) from None
    try:
        with click.open_file(output, "w", encoding="utf-8") as stream:
            stream.write(text if text.endswith("\n") else text + "\n")
    except OSError as error:
        raise CommandError(f"{output}: {error.strerror}") from None
