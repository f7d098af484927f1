"""Runs the tests of github.com/WebAssembly/wasi-testsuite on zwasm, as an adapter of its runner.

In: a test, its arguments, environment and folders, as the runner gives them. Out: zwasm's command
line, or, run as a script, the test's exit code.

    git clone --branch prod/testsuite-base https://github.com/WebAssembly/wasi-testsuite
    cd wasi-testsuite && ./run-tests --runtime-adapter path/to/tools/wasi_adapter.py

The runner of today imports this file and calls the functions. The one of 2025 and before ran it
with --version, --test-file, --arg, --env and --dir; as today's takes a file that answers
--version for such an old adapter and refuses it, ZWASM_ADAPTER=script has to say so:

    ZWASM_ADAPTER=script python3 test-runner/wasi_test_runner.py \\
        -r path/to/tools/wasi_adapter.py -t ./tests/c/testsuite ./tests/rust/testsuite

ZWASM is the command to use in place of this interpreter's `-m zwasm`, and ZWASM_RUN_OPTIONS what
`zwasm run` gets besides, such as "--engine interp".
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from os import PathLike
from typing import Any

ZWASM = shlex.split(os.environ.get("ZWASM", "")) or [sys.executable, "-m", "zwasm"]
RUN_OPTIONS = shlex.split(os.environ.get("ZWASM_RUN_OPTIONS", ""))

Dir = str | PathLike[str] | tuple[str | PathLike[str], str]  # of the host, and the guest's name


def get_name() -> str:
    return "zwasm"


def get_version() -> str:
    """The version alone. Raises CalledProcessError or FileNotFoundError where there is none."""
    shown = subprocess.run([*ZWASM, "--version"], capture_output=True, text=True, check=True)
    return shown.stdout.split()[1]


def get_wasi_versions() -> list[str]:
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> list[str]:
    return ["wasi:cli/command"]


def get_timeout_seconds() -> float:
    return 60.0  # for the interpreter on a busy machine


def compute_argv(test_path: str, *given: Any) -> list[str]:
    """The command that runs a test.

    The runner has given the rest in three ways: as arguments, environment and folders one after
    another; as a tuple of these three, followed by what is not needed here; and as such a tuple
    with one folder or None, which is the guest's root.
    """
    args, env, dirs = given[0] if isinstance(given[0], tuple) else given[:3]
    if dirs is None:
        dirs = []
    elif isinstance(dirs, str | PathLike):
        dirs = [(dirs, "/")]
    return _command(test_path, args, [f"{name}={value}" for name, value in env.items()], dirs)


def _command(
    test_path: str, args: Sequence[str], env: Sequence[str], dirs: Sequence[Dir]
) -> list[str]:
    command = [*ZWASM, "run", *RUN_OPTIONS]
    for variable in env:
        command += ["--env", variable]
    for folder in dirs:
        host, guest = folder if isinstance(folder, tuple) else (folder, os.fspath(folder))
        command += ["--dir", f"{os.fspath(host)}::{guest}"]
    return [*command, os.fspath(test_path), *args]


def main() -> int:
    """Does what a runner of the old kind asks for."""
    # An argument of a test may begin with a dash, so its option takes it as it is.
    argv: list[str] = []
    for word in sys.argv[1:]:
        if argv and argv[-1] in ("--arg", "--env", "--dir", "--test-file"):
            argv[-1] += f"={word}"
        else:
            argv.append(word)
    parser = argparse.ArgumentParser(description="Run one test of wasi-testsuite on zwasm.")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--test-file")
    parser.add_argument("--arg", action="append", default=[])
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("--dir", action="append", default=[])
    options = parser.parse_args(argv)
    if options.version:
        if os.environ.get("ZWASM_ADAPTER") == "script":
            print(get_name(), get_version())
        return 0
    if options.test_file is None:
        parser.error("--test-file or --version")
    command = _command(options.test_file, options.arg, options.env, options.dir)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
