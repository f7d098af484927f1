"""The command `zwasm`: finding the subcommand, and what every end of one looks like.

In: arguments. Out: the exit code: a command's own, 1 after an error of a module, 2 for a wrong
use, 130 after Ctrl-C, 134 after a trap.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Final

from zwasm.cli.arguments import Parser
from zwasm.errors import Exit, Trap, UnsupportedError, WasmError

# Subcommands with their one-line help, in the order of the help. Each is a module with its name,
# that has the functions `arguments`, which gives a parser the command's arguments, and `run`.
COMMANDS: Final[dict[str, str]] = {
    "run": "Run a WASI program, or call an export of a module.",
    "validate": "Check that modules are valid.",
    "inspect": "Show what a module consists of.",
    "parse": "Turn a module's text into its binary form.",
    "print": "Turn a module's binary form into text.",
    "ir": "Show the register code that functions are lowered to.",
    "disasm": "Show the machine code of a function beside its text.",
    "wast": "Run test scripts of the specification.",
    "features": "Show which features each engine has.",
}
EXIT_TRAP: Final = 134
EXIT_INTERRUPT: Final = 130
OPTIONS: Final = ("-h", "--help", "--version")


class CommandError(Exception):
    """An error that is none of a module, such as a file that cannot be read; exit code 1."""


class UsageError(Exception):
    """A wrong use that only shows when the command runs; exit code 2."""


def say(text: str, err: bool = False) -> None:
    """Write a line to standard output, or to standard error, at once."""
    print(text, file=sys.stderr if err else sys.stdout, flush=True)


def report_trap(trap: Trap) -> None:
    """Write a trap and its backtrace to standard error."""
    say(f"zwasm: trap: {trap.message}", err=True)
    backtrace = trap.backtrace()
    if backtrace:
        say(backtrace, err=True)


def report_error(error: WasmError | CommandError, file: str | None = None) -> None:
    """Write an error to standard error, with the file it is about."""
    place = "" if file is None else f"{file}: "
    text = str(error)
    if isinstance(error, UnsupportedError) and error.feature not in text:
        text = f"{text} (feature {error.feature})"
    say(f"zwasm: error: {place}{text}", err=True)


def start_garbage_collection() -> None:
    """Let looking for garbage begin, if it has not, with what is made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def group_parser() -> Parser:
    """The parser of `zwasm` itself, without its commands' arguments."""
    from zwasm._build import VERSION, compiled

    form = "compiled" if compiled() else "pure Python"
    python = ".".join(map(str, sys.version_info[:3]))
    parser = Parser(prog="zwasm", usage="%(prog)s COMMAND ...\n       %(prog)s FILE ...")
    parser.interspersed = False
    parser.description = """\
Run and examine WebAssembly modules.

A FILE may be in the binary or the text format, whatever its name; "-" is
standard input. `zwasm FILE ...` is short for `zwasm run FILE ...`.

commands:
""" + "\n".join(f"  {name:10}{line}" for name, line in COMMANDS.items())
    parser.epilog = """\
`zwasm COMMAND --help` tells more about a command.

examples:
  zwasm hello.wasm one two            run a program with two arguments
  zwasm run --dir . tool.wasm         the same, granting it the current folder
  zwasm run --invoke fib fib.wat 35   call an export
  zwasm print a.wasm | less           read a module as text

shell completion, with pip install 'zwasm[completion]':
  eval "$(register-python-argcomplete zwasm)"               bash, zsh
  register-python-argcomplete --shell fish zwasm | source   fish
"""
    _add_help(parser)
    parser.add_argument(
        "--version",
        action="version",
        version=f"zwasm {VERSION} ({form}, Python {python})",
        help="Show the version and exit.",
    )
    return parser


def command_parser(name: str) -> Parser:
    """The parser of a command."""
    parser = Parser(prog=f"zwasm {name}")
    _fill(parser, _module(name))
    return parser


def completion_parser() -> Parser:
    """The parser of `zwasm` with all commands and their arguments, for completing words."""
    parser = group_parser()
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for name in COMMANDS:
        command = commands.add_parser(name)
        _fill(command, _module(name))
        for option in command.lone_options:
            option.nargs = None  # a shell that completes a value has seen "="
    return parser


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"zwasm.cli.{name}")


def _fill(parser: Parser, module: ModuleType) -> None:
    module.arguments(parser)
    _add_help(parser)


def _add_help(parser: Parser) -> None:
    parser.add_argument("-h", "--help", action="help", help="Show this message and exit.")


def cli(words: Sequence[str]) -> int:
    """Run the command that these words are, and return its exit code. Raises SystemExit with the
    exit code where the parser or a command ends the process."""
    if not words:
        group_parser().print_help(sys.stderr)
        return 2
    if words[0] in OPTIONS:
        group_parser().parse_args(words[:1])
    name = "run"
    if words[0] in COMMANDS:
        name, *words = words
    try:
        parser = command_parser(name)
        args = parser.parse_args(words)
        if name != "run":  # which has more to load
            start_garbage_collection()
        try:
            _module(name).run(args)
        except UsageError as error:
            parser.error(str(error))
    except KeyboardInterrupt:
        return EXIT_INTERRUPT
    except Exit as exit:
        return exit.code
    except Trap as trap:
        report_trap(trap)
        return EXIT_TRAP
    except (CommandError, WasmError) as error:
        report_error(error)
        return 1
    return 0


def complete() -> None:
    """Answer a shell that asks for completions, and end the process; does nothing without
    argcomplete."""
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(completion_parser(), always_complete_options=False)


def main() -> None:
    """The command, run by this process's arguments; ends the process."""
    # A reader that has gone away ends the process, as it ends other programs.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names may have what it cannot encode
        sys.stdout.reconfigure(errors="backslashreplace")
    if "_ARGCOMPLETE" in os.environ:
        complete()
    sys.exit(cli(sys.argv[1:]))
