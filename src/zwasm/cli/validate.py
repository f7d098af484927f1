"""`zwasm validate`: check that modules are valid."""

from __future__ import annotations

import click

from zwasm.cli.files import FILE, is_binary, read_bytes
from zwasm.cli.group import report_error
from zwasm.errors import WasmError


@click.command(
    epilog="""\b
Examples:
  zwasm validate a.wasm b.wat
  zwasm validate -q *.wasm && echo all valid
"""
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing about valid modules.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
def command(files: tuple[str, ...], quiet: bool) -> None:
    """Check that modules are well-formed and valid.

    Each file is named with "valid" or with what is wrong and where. The exit code is 1 if any
    module is not valid.
    """
    from zwasm.binary import decode
    from zwasm.text import parse_module
    from zwasm.valid import validate

    failed = False
    for file in files:
        try:
            data = read_bytes(file)
            validate(decode(data) if is_binary(data) else parse_module(data))
        except WasmError as error:
            report_error(error, file)
            failed = True
        except click.ClickException as error:
            error.show()
            failed = True
        else:
            if not quiet:
                click.echo(f"{file}: valid")
    if failed:
        raise click.exceptions.Exit(1)
