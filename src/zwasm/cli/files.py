"""What several commands share: reading modules, options, and text about types."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from zwasm.cli.group import CommandError, report_error
from zwasm.errors import MalformedError, UnsupportedError, WasmError

if TYPE_CHECKING:
    from zwasm.module import Module
    from zwasm.runtime.engine import Engine
    from zwasm.valid import ModuleInfo

FILE = click.Path(allow_dash=True, dir_okay=False)


def read_bytes(file: str) -> bytes:
    """The contents of a file, "-" being standard input. Raises click's error for a bad one."""
    try:
        if file == "-":
            return sys.stdin.buffer.read()
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def is_binary(data: bytes) -> bool:
    """Whether the bytes are meant to be a binary module: no text begins with a NUL."""
    return data.startswith(b"\0")


def read_module(file: str) -> Module:
    """The module in a file, in either format. Ends the command where it is malformed."""
    from zwasm.binary import decode
    from zwasm.text import parse_module

    data = read_bytes(file)
    try:
        return decode(data) if is_binary(data) else parse_module(data)
    except WasmError as error:
        raise fail(error, file) from None


def to_source(data: bytes) -> bytes | str:
    """A module's bytes, or its text as `zwasm.Module` takes it. Raises MalformedError."""
    if is_binary(data) or not data:
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedError("malformed UTF-8 encoding", offset=error.start) from None


def fail(error: WasmError, file: str) -> click.exceptions.Exit:
    """Report an error of a file; the exception that ends the command with exit code 1."""
    report_error(error, file)
    return click.exceptions.Exit(1)


def engine_option(function: Any) -> Any:
    """The option --engine."""
    return click.option(
        "--engine",
        metavar="NAME",
        default="auto",
        show_default=True,
        help="Engine to run on: auto takes the fastest; see `zwasm features`.",
    )(function)


def make_engine(name: str, compile: str = "lazy", fuel: bool = False) -> Engine:
    """The engine that the option names. Raises click's error for one that is not known, or
    cannot run here."""
    from zwasm.runtime.engine import Engine

    try:
        return Engine(name, compile=compile, fuel=fuel)
    except (ValueError, UnsupportedError) as error:
        raise click.BadParameter(str(error), param_hint="--engine") from None


def find_func(info: ModuleInfo, wanted: str) -> int:
    """The number, among the module's own functions, of the one with this name or index. Raises
    click's error where there is none."""
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
