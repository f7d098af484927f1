"""Errors: their text, and copies of them."""

from __future__ import annotations

import copy
import pickle

import pytest

import zwasm
from zwasm.binary.encode import encode
from zwasm.text import parse_module

TEXT = """(module $m
  (func $inner (unreachable))
  (func (export "outer") (call $inner)))"""


def trap_of(module: zwasm.Module) -> zwasm.Trap:
    with pytest.raises(zwasm.Trap) as caught:
        zwasm.Instance(module).exports.outer()
    return caught.value


def test_frames_of_a_text_module_have_lines() -> None:
    trap = trap_of(zwasm.Module(TEXT))
    assert [str(frame) for frame in trap.frames] == [
        "m!inner (line 2, column 17)",
        "m!outer (line 3, column 27)",
    ]
    assert trap.backtrace().startswith("  0: m!inner (line 2")


def test_frames_of_a_binary_module_have_offsets() -> None:
    data = encode(parse_module(TEXT))
    inner, outer = trap_of(zwasm.Module(data)).frames
    assert data[inner.offset or 0] == 0x00
    assert data[outer.offset or 0] == 0x10
    assert (inner.line, inner.function, outer.index) == (None, "inner", 1)


def test_errors_can_be_pickled_and_copied() -> None:
    trap = trap_of(zwasm.Module(TEXT))
    for twin in (pickle.loads(pickle.dumps(trap)), copy.copy(trap)):
        assert type(twin) is zwasm.Trap
        assert (twin.code, str(twin), len(twin.frames)) == (trap.code, "unreachable", 2)
    error = zwasm.InvalidError("type mismatch", line=3, column=7)
    assert str(pickle.loads(pickle.dumps(error))) == "type mismatch (line 3, column 7)"


def test_every_error_is_a_wasm_error() -> None:
    for name in ("MalformedError", "InvalidError", "LinkError", "Trap", "ExhaustionError"):
        assert issubclass(getattr(zwasm, name), zwasm.WasmError)
