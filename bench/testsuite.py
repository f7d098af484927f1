"""The specification's scripts, parsed, encoded and validated; nothing is run.

In: a folder of `.wast` files. Out: a line with counts and seconds.
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from zwasm._build import compiled
from zwasm.binary import decode, encode
from zwasm.errors import WasmError
from zwasm.text import parse_script
from zwasm.text.script import AssertModule, AssertTrap, ModuleCommand
from zwasm.valid import validate


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
def testsuite(folder: Path) -> None:
    """Parse, encode and validate every module of the scripts in FOLDER.

    Modules that are meant to be malformed or invalid count too, up to their error.
    """
    paths = sorted(folder.glob("*.wast"))
    text = modules = refused = 0
    started = time.perf_counter()
    for path in paths:
        source = path.read_bytes()
        text += len(source)
        for command in parse_script(source).commands:
            module = command
            if isinstance(command, (AssertModule, AssertTrap)) and command.module is not None:
                module = command.module
            if not isinstance(module, ModuleCommand):
                continue
            modules += 1
            try:
                if module.kind == "binary":
                    parsed = decode(module.payload())
                else:
                    parsed = module.parse()
                validate(parsed)
                encode(parsed)
            except WasmError:
                refused += 1
    taken = time.perf_counter() - started
    form = "compiled" if compiled() else "interpreted"
    click.echo(
        f"{form}: {len(paths)} scripts, {text / 1e6:.1f} MB, {modules} modules "
        f"({refused} refused) in {taken:.1f} s"
    )
