"""Guest programs, run by the command line as a user would on each engine, against what was
recorded.

The cases are described in tests/guests/README.md.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zwasm
from zwasm.runtime import engine as engines
from zwasm.wasi import resolve

ROOT = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/guests/cases.json").read_text())
# Those that begin with one empty folder; the Go program takes long to start.
FOLDER_CASES = [
    case
    for case in CASES
    if "dir" in case
    and not {"files", "links", "outside", "second", "readonly", "loose"} & set(case)
    and "/go/" not in case["guest"]
]


def contents(given: Any) -> bytes:
    if isinstance(given, str):
        return given.encode()
    if "base64" in given:
        return base64.b64decode(str(given["base64"]))
    path = ROOT / str(given["copy"])
    return path.read_bytes()


def found_files(folder: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The contents of files by name (of folders, whose names end in a slash, empty) and the
    targets of links."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links[name] = os.readlink(path)
        elif path.is_dir():
            files[name + "/"] = b""
        else:
            files[name] = path.read_bytes()
    return files, links


def set_up(case: dict[str, Any], outer: Path, granted: Path) -> None:
    granted.mkdir()
    for name, given in case.get("outside", {}).items():
        (outer / name).write_bytes(contents(given))
    for name, given in case.get("files", {}).items():
        path = granted / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents(given))
    for name, target in case.get("links", {}).items():
        (granted / name).symlink_to(target)


@pytest.mark.parametrize("way", ["walk", "memory"])
@pytest.mark.parametrize("case", FOLDER_CASES, ids=[case["name"] for case in FOLDER_CASES])
def test_other_folders(
    case: dict[str, Any], way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same in a folder in memory, and without the kernel's help to stay in one."""
    folder: Path | zwasm.Directory = tmp_path
    if way == "memory":
        folder = zwasm.Directory()
    else:
        check_host(case)
        monkeypatch.setattr(resolve._kernel, "_known", True)
        monkeypatch.setattr(resolve._kernel, "_call", None)
    stdout, stderr = bytearray(), bytearray()
    with zwasm.Wasi(
        args=[Path(case["guest"]).name, *case.get("args", [])],
        env=case.get("env"),
        dirs={case["dir"]: folder},
        stdin=contents(case.get("stdin", "")),
        stdout=stdout,
        stderr=stderr,
    ) as wasi:
        code = wasi.run(zwasm.Module.from_file(ROOT / case["guest"]))
    assert shown(stdout) == shown(expected_output(case))
    assert code == case["expect"]["exit"]
    assert stderr == contents(case["expect"]["stderr"])


def shown(output: bytes | bytearray) -> str:
    return output.decode(errors="surrogateescape")


def check_host(case: dict[str, Any]) -> None:
    if not sys.platform.startswith(case.get("host", "")):
        pytest.skip("what is expected has another host's error numbers")


def expected_output(case: dict[str, Any]) -> bytes:
    """What wasmtime printed, but for the lines that zwasm is known to print otherwise."""
    printed = contents(case["expect"]["stdout"])
    lines: dict[str, str] = {}
    for difference in case.get("differs", []):
        lines.update(difference["lines"])
    if not lines:
        return printed
    return "".join(f"{lines.get(line, line)}\n" for line in printed.decode().splitlines()).encode()


@pytest.mark.parametrize("engine", engines.ENGINES)
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_guest(case: dict[str, Any], engine: str, tmp_path: Path) -> None:
    reason = engines.why_not(engine)
    if reason:
        pytest.skip(f"the engine {engine} cannot run here: {reason}")
    check_host(case)
    expect = case["expect"]
    loose = case.get("loose", [])
    granted = tmp_path / "granted"
    set_up(case, tmp_path, granted)
    before = found_files(granted)
    command = [sys.executable, "-m", "zwasm", "run", "--engine", engine]
    if "dir" in case:
        command += ["--dir", f"{granted}::{case['dir']}{':ro' if case.get('readonly') else ''}"]
    if "second" in case:
        (tmp_path / "second").mkdir()
        command += ["--dir", f"{tmp_path / 'second'}::{case['second']}"]
    for name, value in case.get("env", {}).items():
        command += ["--env", f"{name}={value}"]
    command += [str(ROOT / case["guest"]), *case.get("args", [])]
    done = subprocess.run(
        command, input=contents(case.get("stdin", "")), capture_output=True, timeout=600
    )
    stderr = done.stderr.decode()
    if "stdout" not in loose:
        assert shown(done.stdout) == shown(expected_output(case)), stderr
    if expect.get("trap"):
        assert done.returncode == 134, stderr
        assert "zwasm: trap: " in stderr
    else:
        assert done.returncode == expect["exit"], stderr
        if "stderr" not in loose:
            assert done.stderr == contents(expect["stderr"])
    files, links = found_files(granted)
    if "files" not in loose:
        changed = {name: contents(given) for name, given in expect.get("files", {}).items()}
        assert files == (changed if "files" in expect else before[0])
    if "links" not in loose:
        assert links == expect.get("links", before[1])
    for name, given in case.get("outside", {}).items():
        assert (tmp_path / name).read_bytes() == contents(given)
