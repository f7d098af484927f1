"""Modules as text."""

from __future__ import annotations

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.modules import HEADER, instruction, modules, section
from zwasm.binary import decode, encode
from zwasm.binary.instructions import write_instruction
from zwasm.errors import MalformedError
from zwasm.isa import Row
from zwasm.module import Expr, Func, Module
from zwasm.text import parse_module
from zwasm.text.format import bytes_text, f32_text, f64_text, id_text, name_text
from zwasm.text.numbers import float_bits
from zwasm.text.printer import print_module
from zwasm.types import FuncType, SubType


def printed(text: str) -> str:
    """What the module of a text is printed as, which must be the same module."""
    module = parse_module(text)
    raw = encode(module)
    out = print_module(module)
    assert encode(parse_module(out)) == raw
    assert encode(parse_module(print_module(decode(raw)))) == raw
    return out


def lines(text: str) -> list[str]:
    return [line.strip() for line in printed(text).splitlines()]


def test_a_small_module() -> None:
    text = """
      (module $m
        (func $add (export "add") (param $a i32) (param i32 i32) (result i32)
          (local i64 i64) (local $x f32)
          (block $out (result i32)
            (br_if $out (local.get $a) (i32.const -1))
            (if (then (nop)) (else (unreachable)))
            local.get 1)))
    """
    assert (
        printed(text)
        == """(module $m
  (type (;0;) (func (param i32 i32 i32) (result i32)))
  (func $add (;0;) (type 0) (param $a i32) (param i32 i32) (result i32)
    (local i64 i64) (local $x f32)
    block $out (result i32)
      local.get $a
      i32.const -1
      br_if $out
      if
        nop
      else
        unreachable
      end
      local.get 1
    end
  )
  (export "add" (func $add))
)
"""
    )


def test_every_kind_of_field() -> None:
    printed("""
      (module
        (rec (type $s (sub (struct (field $x (mut i8)) (field (ref null $t)))))
             (type $t (sub final $s (struct (field (mut i8)) (field (ref null $t))
                                            (field $y v128)))))
        (rec (type $a (array (mut (ref $s)))))
        (type $f (func (param i32 (ref null extern)) (result (ref $a) nullref)))
        (import "m" "f" (func $g (type $f)))
        (import "m" "\\u{1f600}\\00\\"" (table $t0 i64 1 2 (ref null $f)))
        (import "m" "m" (memory $m0 1 2 shared))
        (import "m" "g" (global $g0 (mut f64)))
        (import "m" "t" (tag $e (param i64)))
        (table $t1 1 funcref)
        (table $t2 1 1 (ref func) (ref.func $g))
        (memory $m1 i64 1)
        (tag $e2 (param i32))
        (global $g1 f32 (f32.const nan:0x12))
        (global $g2 (ref null any) (ref.null any))
        (export "" (tag $e2))
        (export "a\\"\\\\b" (memory $m1))
        (start $g)
        (elem $e0 (table $t1) (offset (i32.const 0)) func $g $g)
        (elem $e1 declare func $g)
        (elem $e2 funcref (ref.func $g) (item ref.null func))
        (elem $e3 (i64.const 1) (ref null $f))
        (data $d0 (memory $m1) (i64.const 1) "a" "\\00\\ff\\n\\"")
        (data $d1 ""))
    """)


@pytest.mark.parametrize(
    "code",
    [
        "call_indirect 1 (type 0)",
        "call_indirect (type 0)",
        "return_call_indirect $t1 (type 0)",
        "select (result i32)",
        "select (result i32 (ref null 0))",
        "table.init $t1 $e",
        "table.init $e",
        "table.copy",
        "table.copy $t1 $t0",
        "memory.init $m1 $d",
        "memory.init $d",
        "memory.copy",
        "memory.copy $m0 $m1",
        "memory.size",
        "memory.size $m1",
        "i32.load",
        "i32.load $m1 offset=18446744073709551615 align=1",
        "v128.load8_lane offset=3 15",
        "i64.atomic.rmw16.cmpxchg_u $m1 offset=2",
        "atomic.fence",
        "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
        "v128.const i32x4 0x00000000 0xffffffff 0x00000001 0x80000000",
        "ref.null 0",
        "ref.null none",
        "ref.test (ref 0)",
        "ref.test (ref null any)",
        "ref.cast (ref null 0)",
        "br_on_cast 0 (ref null any) (ref i31)",
        "br_on_cast_fail 0 (ref any) (ref null i31)",
        "br_table 0",
        "br_table 0 0 0",
        "try_table (catch $e1 0) (catch_ref $e1 0) (catch_all 0) (catch_all_ref 0)",
        "struct.get $s $x",
        "struct.get $s 1",
        "array.new_fixed $s 5",
        "array.init_data $s $d",
        "f32.const -nan:0x1",
        "f64.const inf",
        "i64.const -9223372036854775808",
    ],
)
def test_instructions(code: str) -> None:
    end = "end" if code.startswith("try_table") else ""
    text = f"""
      (module (type (func)) (type $s (struct (field $x i32) (field i32)))
        (table $t0 0 funcref) (table $t1 0 funcref) (memory $m0 0) (memory $m1 0) (tag $e1)
        (elem $e func) (data $d "") (func {code} {end}))
    """
    expected = code.replace("funcref", "").replace("call_indirect 1", "call_indirect $t1")
    assert expected in lines(text)


def test_labels_that_an_inner_one_hides() -> None:
    text = "(func block $a block $a br $a br 1 br 2 block $b br $a end end br $a end)"
    assert [line for line in lines(text) if line.startswith("br")] == [
        "br $a",
        "br 1",
        "br 2",
        "br $a",
        "br $a",
    ]


def test_names_that_are_not_unique() -> None:
    module = parse_module("(func) (func) (func) (func call 1 call 2 call 3)")
    module.names.funcs = {0: "f", 1: "f", 2: "", 3: "a b"}
    out = print_module(module)
    assert '(func (@name "f") (;1;)' in out
    assert '(func $"a b" (;3;)' in out
    again = parse_module(out)
    assert again.names.funcs == {0: "f", 1: "f", 3: "a b"}  # text has no empty names


def test_customs_and_hints() -> None:
    text = """
      (module
        (@custom "first" (before first) "\\00x")
        (@custom "mid" (after global))
        (@custom "last")
        (func (param i32) (local i64)
          local.get 0
          (@metadata.code.branch_hint "\\01") if end
          (@metadata.code.branch_hint "\\00") (br_if 0 (local.get 0))))
    """
    out = lines(text)
    assert out[1] == '(@custom "first" (before first) "\\00x")'
    assert out[out.index("if") - 1] == '(@metadata.code.branch_hint "\\01")'
    assert out[out.index("br_if 0") - 1] == '(@metadata.code.branch_hint "\\00")'


def test_a_branch_hint_section_that_annotations_cannot_say_is_kept() -> None:
    raw = HEADER + section(0, b"\x19metadata.code.branch_hint", b"\xff")
    out = print_module(decode(raw))
    assert out.splitlines()[1].strip() == (
        '(@custom "metadata.code.branch_hint" (before first) "\\ff")'
    )


def test_a_body_that_cannot_be_read() -> None:
    for body in ("00 ff 0b", "00 41 0b", "00 0b 0b", "00 41 00"):
        code = bytes.fromhex(body)
        raw = (
            HEADER
            + section(1, bytes.fromhex("01 60 00 00"))
            + section(3, b"\1\0")
            + section(10, b"\1", bytes([len(code)]), code)
        )
        with pytest.raises(MalformedError):
            print_module(decode(raw))


def test_deep_nesting_stays_small() -> None:
    depth = 5000
    data = b"\x02\x40" * depth + b"\x0b" * (depth + 1)
    module = Module(data)
    module.types = [SubType(True, (), FuncType())]
    module.groups = [1]
    module.funcs = [Func(0, [], Expr(0, len(data)), 0)]
    assert len(print_module(module)) < 2 * depth * 120


@given(instruction())
def test_any_instruction_reads_back(case: tuple[Row, list[int]]) -> None:
    row, values = case
    out = bytearray()
    write_instruction(out, row, values)
    if row.name in ("block", "loop", "if", "try_table"):
        out.append(0x0B)
    out.append(0x0B)
    module = Module(bytes(out))
    module.types = [SubType(True, (), FuncType())]
    module.groups = [1]
    module.funcs = [Func(0, [], Expr(0, len(out)), 0)]
    again = parse_module(print_module(module))
    body = again.funcs[0].body
    assert again.data[body.start : body.end] == out


@given(modules())
def test_any_module_is_printed(module: Module) -> None:
    out = print_module(module)
    assert out.startswith("(module\n")
    assert out.count("(import ") == len(module.imports)


@given(st.integers(0, 0xFFFF_FFFF))
def test_f32_text(bits: int) -> None:
    assert float_bits(f32_text(bits), 32) == bits


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_f32_text_is_short(value: float) -> None:
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    text = f32_text(bits)
    assert float_bits(text, 32) == bits
    assert len(re.sub(r"[^0-9]", "", text.split("e")[0]).strip("0")) <= 9


@given(st.integers(0, (1 << 64) - 1))
def test_f64_text(bits: int) -> None:
    assert float_bits(f64_text(bits), 64) == bits


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0x3DCCCCCD, "0.1"),
        (0x80000000, "-0.0"),
        (0x7F800000, "inf"),
        (0xFFC00000, "-nan"),
        (0x7F800001, "nan:0x1"),
        (0x00000001, "1.4e-45"),
        (0x7F7FFFFF, "3.4028235e+38"),
        (0x4B800000, "16777216.0"),
    ],
)
def test_f32_examples(bits: int, text: str) -> None:
    assert f32_text(bits) == text
    assert float_bits(text, 32) == bits


def test_strings_and_identifiers() -> None:
    assert bytes_text(b'a"\\\x00\x7f\xff') == '"a\\22\\5c\\00\\7f\\ff"'
    assert name_text('é"\\\n\u202e') == '"é\\"\\\\\\u{a}\\u{202e}"'
    assert id_text("a.b") == "$a.b"
    assert id_text("a b") == '$"a b"'
    assert id_text("λ") == '$"λ"'
