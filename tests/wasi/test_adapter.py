"""The adapter for the runner of the public WASI testsuite, called as the runner has called it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import wasi_adapter

GUESTS = Path(__file__).parents[1] / "guests/c"
ARGS = ["--first", "the second", ""]
ENV = {"GREETING": "hello", "EQUALS": "a=b"}


def run(*given: Any, guest: str = "args_env") -> subprocess.CompletedProcess[str]:
    command = wasi_adapter.compute_argv(str(GUESTS / f"{guest}.wasm"), *given)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run_script(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, wasi_adapter.__file__, *options]
    env = {**os.environ, **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "given",
    [
        (ARGS, ENV, []),
        ((ARGS, ENV, []), ["mvp"], "wasm32-wasip1"),
        ((ARGS, ENV, None), ["mvp"], "wasi:cli/command", "wasm32-wasip1"),
    ],
)
def test_arguments_and_environment(given: Any) -> None:
    done = run(*given)
    assert done.returncode == 0, done.stderr
    assert 'argv[1] = "--first"\nargv[2] = "the second"\nargv[3] = ""\n' in done.stdout
    assert 'environ[0] = "GREETING=hello"\nenviron[1] = "EQUALS=a=b"\n2 var' in done.stdout


def test_folders(tmp_path: Path) -> None:
    forms: list[tuple[Any, ...]] = [
        (["/"], {}, [(tmp_path, "/")]),
        ((["/"], {}, [(tmp_path, "/")]), [], "wasm32-wasip1"),
        ((["/"], {}, tmp_path), [], "wasi:cli/command", "wasm32-wasip1"),
        ((["/"], {}, str(tmp_path)), [], "wasi:cli/command", "wasm32-wasip1"),
    ]
    for given in forms:
        assert run(*given, guest="files").returncode == 0
    assert run(["/"], {}, [], guest="files").returncode != 0


def test_what_it_says_of_itself() -> None:
    import zwasm

    assert wasi_adapter.get_name() == "zwasm"
    assert wasi_adapter.get_version() == zwasm.__version__
    assert wasi_adapter.get_wasi_versions() == ["wasm32-wasip1"]


def test_as_a_script(tmp_path: Path) -> None:
    import zwasm

    # The runner of today takes a file that prints anything here for an old adapter.
    silent = run_script("--version", ZWASM_ADAPTER="")
    assert (silent.stdout, silent.stderr, silent.returncode) == ("", "", 0)
    assert run_script("--version", ZWASM_ADAPTER="script").stdout == f"zwasm {zwasm.__version__}\n"
    guest = str(GUESTS / "args_env.wasm")
    done = run_script("--test-file", guest, "--arg", "--first", "--arg", "", "--env", "A=b=c")
    assert 'argv[1] = "--first"\nargv[2] = ""\n' in done.stdout, done.stderr
    assert 'environ[0] = "A=b=c"\n1 var' in done.stdout
    assert run_script("--test-file", str(GUESTS / "exitcode.wasm"), "--arg", "42").returncode == 42
    done = run_script(
        "--test-file", str(GUESTS / "files.wasm"), "--dir", str(tmp_path), "--arg", str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
