"""The command line called in this process, as tests call it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from unittest import mock

from zwasm.cli.group import cli


@dataclass(frozen=True)
class Result:
    """What a command did: its exit code, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def invoke(*args: object, input: str | bytes = b"") -> Result:
    """Call `zwasm` with these arguments and this standard input."""
    given = input.encode() if isinstance(input, str) else input
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") for data in (given, b"", b"")]
    stdin, stdout, stderr = streams
    with (
        mock.patch.object(sys, "stdin", stdin),
        mock.patch.dict(os.environ, NO_COLOR="1"),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            code = cli([str(arg) for arg in args])
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 1
    written = []
    for stream in (stdout, stderr):
        stream.seek(0)
        written.append(stream.read())
    return Result(code, *written)
