"""The command line, command by command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import invoke as zwasm
from zwasm.cli.group import COMMANDS

ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "tests/guests"
FIB = """(module
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add
        (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "spin") (loop (br 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "two") (param i64 f64) (result i64 f64) (local.get 0) (local.get 1))
  (func (export "ref") (param externref) (result externref) (local.get 0))
  (memory (export "memory") 1))
"""


def process(*args: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "zwasm", *(str(arg) for arg in args)]
    return subprocess.run(command, capture_output=True, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def fib(tmp_path: Path) -> Path:
    path = tmp_path / "fib.wat"
    path.write_text(FIB)
    return path


# Help and usage


def test_help_of_everything() -> None:
    top = zwasm("--help")
    assert top.exit_code == 0
    for name, line in COMMANDS.items():
        assert f"{name} " in top.output
        assert line in top.output
        own = zwasm(name, "-h")
        assert own.exit_code == 0
        assert own.stdout.startswith(f"usage: zwasm {name} ")
        assert "examples:" in own.stdout
        assert zwasm(name, "--help") == own


def test_version() -> None:
    result = zwasm("--version")
    assert result.exit_code == 0
    assert result.output.startswith("zwasm 0.")


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["run", "--nonsense", "x"],
        ["run", "--dir", "::x", "FILE"],
        ["run", "--env", "=x", "FILE"],
        ["run", "--fuel", "-1", "FILE"],
        ["run", "--max-memory", "much", "FILE"],
        ["run", "--engine", "none", "FILE"],
        ["run", "--invoke", "fib", "FILE"],
        ["run", "--invoke", "fib", "FILE", "1", "2"],
        ["run", "--invoke", "fib", "FILE", "one"],
        ["run", "--invoke", "fib", "FILE", "4294967296"],
        ["run", "--invoke", "ref", "FILE"],
        ["validate"],
        ["parse", "FILE"],
        ["ir", "FILE", "nothing"],
        ["ir", "FILE", "99"],
        ["wast"],
        ["wast", "missing.wast"],
    ],
)
def test_wrong_use(args: list[str], fib: Path) -> None:
    result = zwasm(*(str(fib) if arg == "FILE" else arg for arg in args))
    assert result.exit_code == 2, result.output
    assert "usage: zwasm " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["run", "validate", "inspect", "print", "ir"])
def test_files_that_are_not_there(command: str, tmp_path: Path) -> None:
    result = zwasm(command, tmp_path / "missing.wasm")
    assert result.exit_code == 1
    assert f"zwasm: error: {tmp_path}/missing.wasm: No such file" in result.stderr


@pytest.mark.parametrize("command", ["run", "validate", "inspect", "print", "ir"])
@pytest.mark.parametrize(
    "data", [b"", b"\0asm", b"\0asm\1\0\0\0\1", b"\0\0\0", b"(module", b"\xff\xfe", b"(" * 100_000]
)
def test_malformed_files(command: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(data)
    result = zwasm(command, path)
    if data == b"" and command != "run":
        return  # the empty text is the empty module
    assert result.exit_code == 1
    assert result.stderr.startswith(f"zwasm: error: {path}: ")


# run


def test_run_invoke(fib: Path) -> None:
    assert zwasm("run", "--invoke", "fib", fib, 10).stdout == "55\n"
    assert zwasm("run", "--invoke", "two", fib, -1, "0x1p-1").stdout == "-1\n0.5\n"
    assert zwasm("run", "--invoke", "two", fib, "0xffffffffffffffff", "nan").stdout == "-1\nnan\n"
    assert zwasm("run", "--invoke", "ref", fib, "null").stdout == "null\n"
    assert zwasm("run", "--invoke", "ref", fib, "text").stdout == "text\n"
    missing = zwasm("run", "--invoke", "fob", fib)
    assert missing.exit_code == 1
    assert "exports no function 'fob'; it exports fib, divide" in missing.stderr


def test_run_is_the_default(fib: Path) -> None:
    assert zwasm("--invoke", "fib", fib, 10).stdout == "55\n"
    done = process(GUESTS / "c/args_env.wasm", "--help", "-x", "--", "validate")
    assert done.returncode == 0
    for i, arg in enumerate(["args_env.wasm", "--help", "-x", "--", "validate"]):
        assert f'argv[{i}] = "{arg}"' in done.stdout.decode()


def test_run_reads_standard_input(fib: Path) -> None:
    assert zwasm("run", "--invoke", "fib", "-", 10, input=FIB).stdout == "55\n"


def test_run_trap(fib: Path) -> None:
    result = zwasm("run", "--invoke", "divide", fib, 1, 0)
    assert result.exit_code == 134
    lines = result.stderr.splitlines()
    assert lines[0] == "zwasm: trap: integer divide by zero"
    assert lines[1].startswith("  0: divide")


def test_run_limits(fib: Path) -> None:
    for option, message in ((("--fuel", 1000), "out of fuel"), (("--timeout", 0.2), "out of time")):
        result = zwasm("run", *option, "--invoke", "spin", fib)
        assert result.exit_code == 134
        assert result.stderr.startswith(f"zwasm: trap: {message}")
    assert zwasm("run", "--max-memory", "128K", "--invoke", "grow", fib, 1).stdout == "1\n"
    assert zwasm("run", "--max-memory", "128k", "--invoke", "grow", fib, 2).stdout == "-1\n"
    result = zwasm("run", "--max-memory", 65535, "--invoke", "fib", fib, 2)
    assert result.exit_code == 1
    assert "zwasm: error: " in result.stderr


def test_run_of_no_program(fib: Path, tmp_path: Path) -> None:
    result = zwasm("run", fib)
    assert result.exit_code == 1
    assert "--invoke NAME" in result.stderr
    empty = tmp_path / "empty.wat"
    empty.write_text("(module (func unreachable) (start 0))")
    assert zwasm("run", empty).exit_code == 134


def test_run_missing_import(tmp_path: Path) -> None:
    path = tmp_path / "a.wat"
    path.write_text('(module (import "env" "log" (func)))')
    result = zwasm("run", path)
    assert result.exit_code == 1
    assert "env" in result.stderr
    assert "log" in result.stderr


def test_run_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.delenv("NOT_SET", raising=False)
    env = ["--env", "GREETING=a=b", "--env", "HOME", "--env", "NOT_SET"]
    done = process("run", *env, GUESTS / "c/args_env.wasm")
    text = done.stdout.decode()
    assert 'GREETING is "a=b"' in text
    assert 'HOME is "/home/somebody"' in text
    assert "2 variables" in text


def test_run_folder_that_is_not_there(fib: Path) -> None:
    result = zwasm("run", "--dir", "/no/such/folder", fib)
    assert result.exit_code == 1
    assert "zwasm: error: --dir /no/such/folder: No such file" in result.stderr


def test_a_closed_pipe_ends_quietly(fib: Path) -> None:
    for args in (
        ["run", GUESTS / "c/cat.wasm"],
        ["print", GUESTS / "go/tour.wasm"],
    ):
        command = [sys.executable, "-m", "zwasm", *(str(arg) for arg in args)]
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            command, input=b"text\n", stdout=writer, stderr=subprocess.PIPE, timeout=120
        )
        os.close(writer)
        assert done.stderr == b""
        assert done.returncode == -signal.SIGPIPE


@pytest.mark.parametrize("what", ["spin", "stdin"])
def test_interrupt(fib: Path, what: str) -> None:
    args = ["--invoke", "spin", fib] if what == "spin" else [GUESTS / "c/cat.wasm"]
    command = [sys.executable, "-m", "zwasm", "run", *(str(arg) for arg in args)]
    running = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background may have it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        time.sleep(1.5)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 130
    finally:
        running.kill()
        _, stderr = running.communicate()
    assert stderr == b""


# The others


def test_validate(fib: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wat"
    bad.write_text("(module\n  (func (i32.const 1)))")
    result = zwasm("validate", fib, bad)
    assert result.exit_code == 1
    assert result.stdout == f"{fib}: valid\n"
    assert result.stderr.startswith(f"zwasm: error: {bad}: type mismatch")
    assert "(line 2, column " in result.stderr
    assert zwasm("validate", "-q", fib).output == ""


def test_parse_and_print(fib: Path, tmp_path: Path) -> None:
    binary = tmp_path / "fib.wasm"
    text = tmp_path / "again.wat"
    again = tmp_path / "again.wasm"
    assert zwasm("parse", fib, "-o", binary).exit_code == 0
    assert binary.read_bytes().startswith(b"\0asm")
    printed = zwasm("print", binary)
    text.write_text(printed.stdout)
    assert "func $fib" in printed.stdout
    assert zwasm("parse", text, "-o", again).exit_code == 0
    assert again.read_bytes() == binary.read_bytes()
    assert zwasm("run", "--invoke", "fib", again, 10).stdout == "55\n"


def test_parse_writes_nothing_invalid(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wat"
    bad.write_text("(module (func (i32.const 1)))")
    out = tmp_path / "bad.wasm"
    assert zwasm("parse", bad, "-o", out).exit_code == 1
    assert not out.exists()
    assert zwasm("parse", "--no-check", bad, "-o", out).exit_code == 0
    assert out.exists()
    assert zwasm("parse", bad, "-o", tmp_path / "no/such/folder").exit_code == 1


def test_inspect(fib: Path) -> None:
    report = json.loads(zwasm("inspect", "--json", fib).stdout)
    assert report["valid"] is True
    assert report["exports"][0] == {
        "name": "fib",
        "kind": "func",
        "type": "(func (param i32) (result i32))",
    }
    assert "multi-value" in report["features"]
    assert [section["name"] for section in report["sections"]] == [
        "type",
        "function",
        "memory",
        "export",
        "code",
        "custom",
    ]
    sizes = sum(section["bytes"] for section in report["sections"])
    assert 0 < report["bytes"] - 8 - sizes < 20
    text = zwasm("inspect", GUESTS / "c/hello.wasm").stdout
    assert "wasi_snapshot_preview1  fd_write" in text
    assert "Exports" in text


def test_inspect_of_an_invalid_module(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wat"
    bad.write_text('(module (func (export "f") (i32.const 1)))')
    result = zwasm("inspect", "--json", bad)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["valid"] is False
    assert report["exports"] == [{"name": "f", "kind": "func", "type": None}]


def test_ir(fib: Path) -> None:
    whole = zwasm("ir", fib).stdout
    assert "func[0] $fib" in whole
    assert "func[1]" in whole
    for name in ("fib", "$fib", "0"):
        one = zwasm("ir", fib, name).stdout
        assert "i32.sub" in one
        assert "func[1]" not in one
    assert "fuel" in zwasm("ir", "--fuel", fib, "fib").stdout
    assert "imported" in zwasm("ir", GUESTS / "c/hello.wasm", "0").stderr


def test_features() -> None:
    report = json.loads(zwasm("features", "--json").stdout)
    assert report["auto"] in report["engines"]
    assert "bulk-memory" in report["engines"]["interp"]
    assert "bulk-memory" in report["engines"]["baseline"]
    text = zwasm("features").stdout
    assert "bulk-memory" in text
    assert f"The engine auto is {report['auto']} here." in text
    assert report["auto"] == ("interp" if "baseline" in report["missing"] else "baseline")
    for name, reason in report["missing"].items():
        assert f"The engine {name} cannot run here: {reason}." in text


def test_run_on_each_engine(each_engine: str) -> None:
    for compile in ("lazy", "eager"):
        options = ("--engine", each_engine, "--compile", compile, "--invoke", "_start")
        result = zwasm("run", *options, GUESTS / "c/hello.wasm")
        assert (result.exit_code, result.stderr) == (0, "")
    result = zwasm("run", "--engine", "fast", GUESTS / "c/hello.wasm")
    assert result.exit_code == 2
    assert "unknown strategy 'fast'" in result.stderr
    result = zwasm("run", "--compile", "later", GUESTS / "c/hello.wasm")
    assert result.exit_code == 2


def test_wast(tmp_path: Path) -> None:
    good = tmp_path / "good.wast"
    good.write_text('(module (func (export "f")))\n(invoke "f")\n')
    below = tmp_path / "below"
    below.mkdir()
    (below / "other.wast").write_text("(nonsense)")
    result = zwasm("wast", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "2 passed, 0 failed, 0 skipped\n")
    bad = tmp_path / "bad.wast"
    bad.write_text(
        '(module (func (export "f") (result i32) (i32.const 1)))\n'
        '(assert_return (invoke "f") (i32.const 2))\n'
        "(thread $t)\n"
    )
    result = zwasm("wast", bad, good)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{bad}:2: expected i32 0x2, got i32 0x1",
        f"{bad}:3: skipped 1: threads",
        "3 passed, 1 failed, 1 skipped",
    ]
    report = json.loads(zwasm("wast", "--json", bad).stdout)
    assert (report["passed"], report["failed"], report["skipped"]) == (1, 1, 1)
    assert report["files"][0]["failures"] == [
        {"line": 2, "message": "expected i32 0x2, got i32 0x1"}
    ]
    assert report["files"][0]["skips"][0]["feature"] == "threads"
    assert zwasm("wast", "--engine", "none", good).exit_code == 2
    (below / "other.wast").unlink()
    assert zwasm("wast", below).exit_code == 1


def test_help_is_cheap() -> None:
    code = (
        "import sys\n"
        "from zwasm.cli.group import cli\n"
        "try: cli(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*[name for name in sys.modules if name.startswith('zwasm.')], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert b"commands:" in done.stdout
    loaded = set(done.stderr.decode().split())
    assert loaded <= {
        "zwasm.cli",
        "zwasm.cli.arguments",
        "zwasm.cli.group",
        "zwasm._build",
        "zwasm.errors",
        "zwasm.types",
    }
