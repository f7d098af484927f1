"""`zwasm run`: what its options grant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Writes its arguments and environment, each ended by a NUL, to standard output.
SHOW = """(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_size (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $env_size (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $args_size (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 0x8000) (i32.const 0x10000)))
    (i32.store (i32.const 0) (i32.const 0x10000))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $env_size (i32.const 0) (i32.const 4)))
    (drop (call $env (i32.const 0x8000) (i32.const 0x10000)))
    (i32.store (i32.const 0) (i32.const 0x10000))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
# Copies standard input to the file "f" below descriptor 3; ends with what path_open says.
SAVE = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f")
  (data (i32.const 16) "\\00\\01\\00\\00\\00\\10\\00\\00")
  (func (export "_start") (local $error i32)
    (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))
    (if (i32.eqz (local.get $error)) (then
      (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 20)))
      (drop (call $write (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 24)))))
    (call $exit (local.get $error))))
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "show.wat").write_text(SHOW)
    (folder / "save.wat").write_text(SAVE)
    return folder


def run(*args: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "zwasm", "run", *map(str, args)]
    return subprocess.run(command, capture_output=True, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


def test_nothing_by_default(programs: Path) -> None:
    done = run(programs / "show.wat")
    assert done.stdout == b"show.wat\0"


def test_arguments_and_environment(programs: Path) -> None:
    options = ["--argv0", "tool", "--env", "B=2", "--env", "C", "--env", "MISSING"]
    done = run(*options, programs / "show.wat", "--x", "caf\udce9", env={**os.environ, "C": "c"})
    assert done.stdout == b"tool\0--x\0caf\xe9\0B=2\0C=c\0"


def test_the_whole_environment(programs: Path) -> None:
    env = {**os.environ, "A": "1", "B": "not this"}
    done = run("--inherit-env", "--env", "B=2", programs / "show.wat", env=env)
    found = set(done.stdout.split(b"\0")[1:-1])
    wanted = {os.fsencode(f"{name}={value}") for name, value in {**env, "B": "2"}.items()}
    assert found == wanted


def test_granted_folders(programs: Path, tmp_path: Path) -> None:
    done = run("--dir", f"{tmp_path}::/data", programs / "save.wat", input=b"text")
    assert (done.returncode, (tmp_path / "f").read_bytes()) == (0, b"text")
    done = run("--dir", f"{tmp_path}::/data:ro", programs / "save.wat", input=b"other")
    assert done.returncode == 63
    done = run("--dir", f"{tmp_path}:ro", programs / "save.wat", input=b"other")
    assert done.returncode == 63
    assert (tmp_path / "f").read_bytes() == b"text"
    done = run(programs / "save.wat", input=b"other")
    assert done.returncode == 8


def test_standard_input_from_a_file(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from a file")
    done = run("--stdin", tmp_path / "in", "--dir", tmp_path, programs / "save.wat", input=b"x")
    assert (done.returncode, (tmp_path / "f").read_bytes()) == (0, b"from a file")


@pytest.mark.parametrize(
    ("options", "text", "code"),
    [
        (["--dir", "MISSING"], "--dir MISSING: No such file", 1),
        (["--dir", "MISSING:ro"], "--dir MISSING: No such file", 1),
        (["--stdin", "MISSING"], "--stdin MISSING: No such file", 1),
        (["--tcplisten", "nonsense"], "no address", 2),
        (["--tcplisten", "203.0.113.1:80"], "--tcplisten: ", 1),
        (["--dir", "::x"], "HOST[::GUEST][:ro]", 2),
        (["--dir", ".", "--dir", ".:ro"], "two folders", 2),
    ],
)
def test_what_cannot_be_granted(programs: Path, options: list[str], text: str, code: int) -> None:
    done = run(*options, programs / "show.wat")
    assert done.returncode == code
    assert text in done.stderr.decode()
    assert b"Traceback" not in done.stderr
