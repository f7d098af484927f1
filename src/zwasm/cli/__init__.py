"""The command line: `zwasm` and its subcommands, one module each.

In: arguments. Out: output, messages on standard error, an exit code. Commands import what they
need when they run, so that help comes at once.
"""

from __future__ import annotations

import gc


def main() -> None:
    """The command `zwasm`; does not return."""
    # What starting makes stays, so that looking for garbage only takes time. It begins when the
    # command has what it needs.
    gc.disable()
    from zwasm.cli.group import main as run

    run()


__all__ = ["main"]
