"""The command line: `zwasm` and its subcommands, one module each.

In: arguments. Out: output, messages on standard error, an exit code. Commands import what they
need when they run, so that help comes at once.
"""

from __future__ import annotations

from zwasm.cli.group import main

__all__ = ["main"]
