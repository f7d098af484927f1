"""`zwasm disasm`: what it shows, and that it shows the code that runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import zwasm
from tests.cli.command import Result, invoke
from zwasm.baseline.listing import listing
from zwasm.instances.native import LEVEL
from zwasm.runtime.engine import why_not
from zwasm.valid import ModuleInfo

needs_code = pytest.mark.skipif(bool(why_not("baseline")), reason="there is no machine code")

TEXT = """(module $m
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func $g (param i32) (result f64) (f64.const 1.25))
  (func $f (export "exported") (param $n i32) (result i32) (local $x f64)
    (local.set $x (f64.add (call $g (local.get $n)) (f64.const 3.7)))
    (block $a (block $b (br_table $a $b (local.get $n))) (call $log (local.get $n)))
    (i32.div_s (local.get $n) (i32.load offset=16 (local.get $n))))
  (func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
"""


def disasm(*args: object) -> Result:
    return invoke("disasm", *args)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.wat"
    path.write_text(TEXT)
    return path


@needs_code
def test_three_columns(file: Path) -> None:
    pytest.importorskip("capstone")
    result = disasm(file, "f")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "func[2] $f"
    division = next(line for line in lines if "i32.div_s" in line)
    # Text, register code and machine code of one instruction stand on one line.
    assert re.match(r" +[0-9a-f]+  i32\.div_s +\d+  i32\.div_s  s\d.* +[0-9a-f]+  \w+", division)
    assert any(line.endswith("<trap: integer divide by zero>") for line in lines)
    assert any("entry of func[1] $g" in line for line in lines)
    assert any("call $log" in line for line in lines)
    assert any(".word 0x" in line for line in lines)  # the br_table
    assert all(len(line) <= 120 for line in lines)


@needs_code
@pytest.mark.parametrize("name", ["$f", "exported", "2"])
def test_a_function_has_several_names(file: Path, name: str) -> None:
    assert disasm(file, name).output == disasm(file, "f").output


@needs_code
def test_every_instruction_is_shown_once_and_in_order(file: Path) -> None:
    info = zwasm.Module(TEXT).info
    body = info.module.funcs[1].body
    output = disasm(file, "f").output
    shown = [re.match(r"(?=.{6}  ) {0,5}([0-9a-f]+)  ", line) for line in output.splitlines()]
    offsets = [int(match[1], 16) for match in shown if match is not None]
    assert offsets == sorted(set(offsets))
    assert body.start <= offsets[0]
    assert offsets[-1] == body.end - 1
    assert len(offsets) == 18


@needs_code
def test_without_capstone_there_are_bytes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "capstone", None)
    result = disasm(file, 3)
    assert result.exit_code == 0
    assert "pip install 'zwasm[disasm]'" in result.output
    made = listing(zwasm.Module(TEXT).info, 2, LEVEL, False, False)
    rows = re.findall(r" ([0-9a-f]+)  ((?:[0-9a-f]{2} )*[0-9a-f]{2})$", result.output, re.MULTILINE)
    rows.sort(key=lambda row: int(row[0], 16))
    assert bytes.fromhex("".join(row[1] for row in rows)) == made.code


def compiled_code(info: ModuleInfo, index: int) -> tuple[int, bytes]:
    """The offset and bytes of what is compiled for a call."""
    import ctypes

    from zwasm.baseline.machine import compiled_module

    module = compiled_module(info, False, False, False, False)
    module.compile_function(index)
    offset, end, _ = next(entry for entry in module.compiler.ranges if entry[2] == index)
    return offset, ctypes.string_at(module.base + offset, end - offset)


@needs_code
def test_it_is_the_code_that_runs() -> None:
    info = zwasm.Module(TEXT).info
    for index in range(3):
        made = listing(info, index, LEVEL, False, False)
        offset, code = compiled_code(info, index)
        assert len(code) == len(made.code)
        if offset == made.start:  # otherwise distances to the outside differ
            assert code == made.code
    assert compiled_code(info, 0)[0] == listing(info, 0, LEVEL, False, False).start


@needs_code
def test_pieces_cover_the_code_once() -> None:
    info = zwasm.Module(TEXT).info
    for index in range(3):
        made = listing(info, index, LEVEL, False, False)
        at = 0
        for begin, end, _ in made.pieces:
            assert begin == at
            at = end
        assert at == made.end


@needs_code
def test_other_code(file: Path) -> None:
    plain = disasm(file, "f").output
    assert disasm("--checked", file, "f").output != plain
    assert "fuel" in disasm("--fuel", file, "f").output
    assert "fuel" not in plain


@needs_code
def test_levels(file: Path) -> None:
    if LEVEL.startswith("x86_64"):
        assert disasm("--level", "x86_64", file, "f").exit_code == 0
    assert disasm("--level", "mips", file, "f").exit_code == 2


def test_without_machine_code(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zwasm.cli import disasm as module

    monkeypatch.setattr(module, "_machine_code", lambda *args: (None, "the reason"))
    result = disasm(file, "f")
    assert result.exit_code == 0
    assert "zwasm: no machine code: the reason" in result.output
    assert "i32.div_s" in result.output
    assert "machine code" not in result.output.splitlines()[5]


@pytest.mark.parametrize("wanted", ["nothing", "0", "4"])
def test_functions_that_are_not_there(file: Path, wanted: str) -> None:
    result = disasm(file, wanted)
    assert result.exit_code == 2
    assert "function" in result.output


def test_bad_modules(tmp_path: Path) -> None:
    path = tmp_path / "bad.wat"
    path.write_text("(module (func (result i32)))")
    assert disasm(path, 0).exit_code == 1
    path.write_bytes(b"\0asm")
    assert disasm(path, 0).exit_code == 1


@needs_code
def test_names_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "m.wat"
    path.write_text('(module (func $a (export "\\1b[2J\\0a") (call 0)) (func $b (call $a)))')
    result = disasm(path, "b")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
