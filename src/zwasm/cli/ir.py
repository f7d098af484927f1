"""`zwasm ir`: the register code of functions."""

from __future__ import annotations

import click

from zwasm.cli.files import FILE, fail, find_func, read_module


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
        indices = range(len(module.funcs)) if func is None else [find_func(info, func)]
        for index in indices:
            click.echo(show_function(info, index, lowerer.func(index)))
    except WasmError as error:
        raise fail(error, file) from None
