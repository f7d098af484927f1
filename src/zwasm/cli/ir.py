"""`zwasm ir`: the register code of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zwasm.cli.files import FILE, fail, read_module

if TYPE_CHECKING:
    from zwasm.valid import ModuleInfo


@click.command(
    epilog="""\b
Examples:
  zwasm ir fib.wat          all functions
  zwasm ir fib.wat fib      the function named or exported as fib
  zwasm ir fib.wat 0        the function with index 0, imports counted
"""
)
@click.option("--fuel", is_flag=True, help="Show the code that is run where fuel is limited.")
@click.argument("file", type=FILE)
@click.argument("func", required=False)
def command(file: str, func: str | None, fuel: bool) -> None:
    """Show the register code that the functions in FILE are lowered to.

    One line is one instruction: its number, operation, operands (s slot, # constant, L label)
    and the byte offset that it came from.
    """
    from zwasm.errors import WasmError
    from zwasm.lower import Lowerer
    from zwasm.lower.show import show_function
    from zwasm.valid import validate

    module = read_module(file)
    try:
        info = validate(module)
        lowerer = Lowerer(info, fuel)
        indices = range(len(module.funcs)) if func is None else [_find(info, func)]
        for index in indices:
            click.echo(show_function(info, index, lowerer.func(index)))
    except WasmError as error:
        raise fail(error, file) from None


def _find(info: ModuleInfo, wanted: str) -> int:
    """The number among the module's own functions of the one that is wanted."""
    from zwasm.types import EXTERN_FUNC

    names = info.module.names.funcs
    found = next((index for index, name in names.items() if name == wanted.lstrip("$")), -1)
    for export in info.module.exports:
        if export.kind == EXTERN_FUNC and export.name == wanted and found < 0:
            found = export.index
    if found < 0 and wanted.isdecimal():
        found = int(wanted)
    if not 0 <= found < len(info.funcs):
        raise click.BadParameter(f"the module has no function {wanted}", param_hint="FUNC")
    if found < info.imported_funcs:
        raise click.BadParameter(f"function {wanted} is imported", param_hint="FUNC")
    return found - info.imported_funcs
