"""What several commands share: reading and writing files, options, and finding functions."""

from __future__ import annotations

import os
import stat
import sys
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from zwasm.cli.group import CommandError, UsageError, report_error
from zwasm.errors import MalformedError, UnsupportedError, WasmError

if TYPE_CHECKING:
    from zwasm.cli.arguments import Parser
    from zwasm.module import Module
    from zwasm.runtime.engine import Engine
    from zwasm.valid import ModuleInfo

FILE_HELP = 'A module in the binary or the text format; "-" is standard input.'


def input_file(value: str) -> str:
    """The type of arguments that name a file to read: no folder, and if it is there, readable."""
    if value != "-" and _mode(value):
        output_file(value)
        if not os.access(value, os.R_OK):
            raise ArgumentTypeError(f"{value!r} is not readable")
    return value


def output_file(value: str) -> str:
    """The type of arguments that name a file to write: no folder."""
    if value != "-" and stat.S_ISDIR(_mode(value)):
        raise ArgumentTypeError(f"{value!r} is a folder")
    return value


def _mode(path: str) -> int:
    """What kind of file it is, and its rights; 0 if there is none that can be seen."""
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


def read_bytes(file: str) -> bytes:
    """The contents of a file, "-" being standard input. Raises CommandError for a bad one."""
    try:
        if file == "-":
            return sys.stdin.buffer.read()
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def write_bytes(file: str, data: bytes) -> None:
    """Write a file, "-" being standard output. Raises CommandError where that fails."""
    try:
        if file == "-":
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            with open(file, "wb") as stream:
                stream.write(data)
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


def fail(error: WasmError, file: str) -> SystemExit:
    """Report an error of a file; the exception that ends the command with exit code 1."""
    report_error(error, file)
    return SystemExit(1)


def add_engine(parser: Parser) -> None:
    """Give a command the option --engine."""
    parser.add_argument(
        "--engine",
        metavar="NAME",
        default="auto",
        help="Engine to run on: auto takes the fastest; see `zwasm features`. [default: auto]",
    )


def make_engine(name: str, compile: str = "lazy", fuel: bool = False) -> Engine:
    """The engine that the option names. Raises UsageError for one that is not known, or
    cannot run here."""
    from zwasm.runtime.engine import Engine

    try:
        return Engine(name, compile=compile, fuel=fuel)
    except (ValueError, UnsupportedError) as error:
        raise UsageError(f"argument --engine: {error}") from None


def find_func(info: ModuleInfo, wanted: str) -> int:
    """The number, among the module's own functions, of the one with this name or index. Raises
    UsageError where there is none."""
    from zwasm.types import EXTERN_FUNC

    names = info.module.names.funcs
    found = next((index for index, name in names.items() if name == wanted.lstrip("$")), -1)
    for export in info.module.exports:
        if export.kind == EXTERN_FUNC and export.name == wanted and found < 0:
            found = export.index
    if found < 0 and wanted.isdecimal():
        found = int(wanted)
    if not 0 <= found < len(info.funcs):
        raise UsageError(f"argument FUNC: the module has no function {wanted}")
    if found < info.imported_funcs:
        raise UsageError(f"argument FUNC: function {wanted} is imported")
    return found - info.imported_funcs
