"""The parser of a command's arguments: argparse's, with the habits that all commands share.

In: the words behind a command's name. Out: a namespace; help, or a message about a wrong use, and
the end of the process. What arguments a command has is in the command's module.
"""

from __future__ import annotations

import sys
from argparse import OPTIONAL, Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NoReturn

WIDTH: Final = 80  # of help that goes to no terminal
MAX_WIDTH: Final = 100
HELP_COLUMN: Final = 30  # at most, of an option's help


class Parser(ArgumentParser):
    """argparse's parser, which takes options and arguments in any order, unless not
    `interspersed`; then all words from the first argument on are arguments.

    Options have to be written in full. One that needs a value takes the next word for it, whatever
    that is. One whose value may be missing (nargs="?") takes its value behind "=" only.
    """

    color: bool  # which argparse has from Python 3.14 on

    def __init__(self, **settings: Any) -> None:
        self.interspersed = True
        self.width = 0  # columns of help; 0 for those of the terminal
        self.lone_options: list[Action] = []  # those whose value may be missing
        self._options: set[str] = set()
        self._with_value: set[str] = set()
        self._has_arguments = False
        self._mistake = ""  # what is wrong with the words, and argparse does not see or say well
        super().__init__(add_help=False, allow_abbrev=False, **settings)
        self._set_width(WIDTH)

    def _set_width(self, width: int) -> None:
        # Formatters that are not told a width load much to find it, and parsers make them always.
        self.formatter_class = partial(
            RawDescriptionHelpFormatter, max_help_position=HELP_COLUMN, width=width
        )

    def add_argument(self, *names: Any, **settings: Any) -> Action:
        action = super().add_argument(*names, **settings)
        self._options.update(action.option_strings)
        if not action.option_strings:
            self._has_arguments = True
        elif action.nargs is None:
            self._with_value.update(action.option_strings)
        elif action.nargs == OPTIONAL:
            self.lone_options.append(action)
        return action

    # Types of the standard library tell apart what other namespaces give, which nobody uses here.
    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Namespace | None = None
    ) -> tuple[Namespace, list[str]]:
        self._mistake = ""
        words = self._ordered(sys.argv[1:] if args is None else args)
        found = super().parse_known_args(words, namespace)
        if self._mistake:
            self.error(self._mistake)
        return found

    def _ordered(self, words: Sequence[str]) -> list[str]:
        """The same words, first the options, then behind "--" the arguments."""
        options: list[str] = []
        arguments: list[str] = []
        at = 0
        while at < len(words):
            word = words[at]
            at += 1
            if word == "--":
                arguments += words[at:]
                break
            if word == "-" or not word.startswith("-"):
                arguments.append(word)
                if not self.interspersed:
                    arguments += words[at:]
                    break
                continue
            name, equals, value = word.partition("=")
            if not equals and not word.startswith("--"):
                name, value = word[:2], word[2:]
            if name not in self._options and not self._mistake:
                self._mistake = self._no_such_option(word)
            options.append(word)
            if word in self._with_value and at < len(words):
                value = words[at]
                at += 1
                if value.startswith("-"):  # which argparse takes for an option
                    options[-1] += f"={value}" if word.startswith("--") else value
                else:
                    options.append(value)
            if value == "--" and not self._mistake:  # which argparse takes out
                self._mistake = f"argument {name}: '--' is no value"
        if arguments and self._has_arguments:
            options.append("--")
        return options + arguments

    def _no_such_option(self, word: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(word, sorted(self._options), 1)
        return f"no such option: {word}" + (f"; did you mean {near[0]}?" if near else "")

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        text = self._mistake or message
        self.exit(2, f"{self.prog}: error: {text}\nTry `{self.prog} --help` for help.\n")

    def format_help(self) -> str:
        width = self.width
        if width:
            self.color = False
        else:
            import shutil

            width = min(shutil.get_terminal_size((WIDTH, 24)).columns, MAX_WIDTH)
        self._set_width(width - 2)
        return super().format_help()
