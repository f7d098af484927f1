"""The command `zwasm`: finding the subcommand, and what every end of one looks like.

In: arguments. Out: the exit code: a command's own, 1 after an error of a module, 2 for a wrong
use, 130 after Ctrl-C, 134 after a trap.
"""

from __future__ import annotations

import gc
import importlib
import signal
import sys
from typing import Final

import click

from zwasm._build import VERSION, compiled
from zwasm.errors import Exit, Trap, UnsupportedError, WasmError

# Subcommands with their one-line help, in the order of the help; each is the function `command`
# of the module with its name.
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
SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Group(click.Group):
    """A group that loads its commands when they are used, and takes anything that is no
    command's name for the beginning of `run`'s arguments."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"zwasm.cli.{cmd_name}")
        if cmd_name != "run":  # which has more to load
            gc.enable()
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in COMMANDS:
            own = {name for param in self.get_params(ctx) for name in param.opts}
            if args[0] not in own:
                args = ["run", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPT)
        except Exit as exit:
            ctx.exit(exit.code)
        except Trap as trap:
            report_trap(trap)
            ctx.exit(EXIT_TRAP)
        except WasmError as error:
            report_error(error)
            ctx.exit(1)


class CommandError(click.ClickException):
    """An error that is none of a module, such as a file that cannot be read; exit code 1."""

    def show(self, file: object = None) -> None:
        click.echo(f"zwasm: error: {self.message}", err=True)


def report_trap(trap: Trap) -> None:
    """Write a trap and its backtrace to standard error."""
    click.echo(f"zwasm: trap: {trap.message}", err=True)
    backtrace = trap.backtrace()
    if backtrace:
        click.echo(backtrace, err=True)


def report_error(error: WasmError, file: str | None = None) -> None:
    """Write an error to standard error, with the file it is about."""
    place = "" if file is None else f"{file}: "
    text = str(error)
    if isinstance(error, UnsupportedError) and error.feature not in text:
        text = f"{text} (feature {error.feature})"
    click.echo(f"zwasm: error: {place}{text}", err=True)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        form = "compiled" if compiled() else "pure Python"
        python = ".".join(map(str, sys.version_info[:3]))
        click.echo(f"zwasm {VERSION} ({form}, Python {python})")
        ctx.exit()


@click.group(
    cls=Group,
    context_settings=SETTINGS,
    epilog="""\b
Examples:
  zwasm hello.wasm one two          run a program with two arguments
  zwasm run --dir . tool.wasm       the same, granting it the current folder
  zwasm run --invoke fib fib.wat 35 call an export
  zwasm print a.wasm | less         read a module as text

\b
Shell completion (bash; zsh and fish likewise):
  eval "$(_ZWASM_COMPLETE=bash_source zwasm)"
""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Run and examine WebAssembly modules.

    A FILE may be in the binary or the text format, whatever its name; "-" is standard input.
    `zwasm FILE ...` is short for `zwasm run FILE ...`.
    """


def main() -> None:
    """The command, run by this process's arguments; ends the process."""
    # A reader that has gone away ends the process, as it ends other programs.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    cli.main(prog_name="zwasm")
