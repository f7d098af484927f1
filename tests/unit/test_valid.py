"""Validation: what is accepted, and errors with their place and words."""

from __future__ import annotations

import time

import pytest

from zwasm.binary import decode, encode
from zwasm.errors import InvalidError, MalformedError
from zwasm.isa import row as r
from zwasm.limits import MAX_NESTING
from zwasm.module import Module
from zwasm.text import parse_module
from zwasm.types import FuncType
from zwasm.valid import ModuleInfo, validate


def check(text: str) -> ModuleInfo:
    """Validate a module in text form, and its binary form too."""
    module = parse_module(text)
    info = validate(module)
    validate(decode(encode(module)))
    return info


def invalid(text: str) -> InvalidError:
    with pytest.raises(InvalidError) as caught:
        validate(parse_module(text))
    return caught.value


def test_error_in_text_has_line_and_column() -> None:
    error = invalid("(module\n  (func (result i32)\n    i64.const 1))")
    assert (error.line, error.offset) == (3, None)
    assert str(error).startswith("type mismatch")


def test_error_in_binary_has_offset_of_the_instruction() -> None:
    data = encode(
        parse_module("(module (func (result i32) (i32.add (i32.const 1) (i64.const 2))))")
    )
    with pytest.raises(InvalidError) as caught:
        validate(decode(data))
    assert caught.value.offset == data.index(b"\x41\x01\x42\x02\x6a") + 4
    assert caught.value.message == "type mismatch: i32.add expected i32, found i64"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("(drop)", "type mismatch: drop expected an operand, found nothing on the stack"),
        ("(i32.const 1)", "type mismatch: values remaining on stack"),
        ("(local.get 7)", "unknown local 7"),
        ("(br 1)", "unknown label 1"),
        ("(call 9)", "unknown function 9"),
        ("(global.set 0 (i32.const 1))", "unknown global 0"),
        ("(drop (i32.load (i32.const 0)))", "unknown memory 0"),
        ("(drop (table.get 0 (i32.const 0)))", "unknown table 0"),
        ("(data.drop 0)", "unknown data segment 0"),
        ("(elem.drop 0)", "unknown elem segment 0"),
        ("(drop (ref.func 0))", "undeclared function reference 0"),
        ("(drop (select (ref.null func) (ref.null func) (i32.const 1)))", "type mismatch: select"),
        ("(local $r (ref func)) (drop (local.get $r))", "uninitialized local 0"),
        (
            "(if (result i32) (i32.const 1) (then (i32.const 1))) (drop)",
            "type mismatch: if without",
        ),
        ("(unreachable) (i64.const 0) (i32.eqz) (drop)", "type mismatch: i32.eqz expected i32"),
    ],
)
def test_body_errors(body: str, words: str) -> None:
    assert words in invalid(f"(module (func {body}))").message


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("(memory 65537)", "memory size must be at most 65536 pages (4GiB)"),
        ("(memory 2 1)", "size minimum must not be greater than maximum"),
        ('(func (export "a")) (func (export "a"))', "duplicate export name 'a'"),
        ("(global i32 (i64.const 1))", "type mismatch"),
        ("(global i32 (i32.clz (i32.const 1)))", "constant expression required"),
        ("(global i32 (global.get 0))", "unknown global 0"),
        ("(table 1 (ref func))", "needs an initial value"),
        ("(start 0) (func (param i32))", "start function must have no parameters"),
        ("(type $a (sub (func))) (type $b (sub $a (func (param i32))))", "does not match"),
        ("(type $a (func)) (type $b (sub $a (func)))", "does not match"),
        (f"(func (param {'i32 ' * 1001}))", "more than 1000 parameters"),
        (f"(func (result {'i32 ' * 1001}) unreachable)", "more than 1000 results"),
        (f"(type (struct {'(field i8)' * 10001}))", "more than 10000 fields"),
        ("(tag (result i32))", "non-empty tag result type"),
        ('(import "" "" (memory 1 2 shared)) (memory 1 shared)', "shared memory must have maximum"),
    ],
)
def test_module_errors(fields: str, words: str) -> None:
    assert words in invalid(f"(module {fields})").message


def test_unreachable_code_is_polymorphic() -> None:
    check("(module (func (result i32 i64) unreachable i32.add br_if 0))")
    check("(module (func unreachable select drop))")
    check("(module (func unreachable ref.as_non_null drop))")


def test_local_set_in_a_block_is_forgotten_after_it() -> None:
    check(
        "(module (func (param (ref func)) (local $r (ref func)) (local.set $r (local.get 0)) "
        "(block (drop (local.get $r)))))"
    )
    error = invalid(
        "(module (func (param (ref func)) (local $r (ref func)) "
        "(block (local.set $r (local.get 0))) (drop (local.get $r))))"
    )
    assert "uninitialized local 1" in error.message


def test_equal_types_of_two_modules_are_one() -> None:
    text = "(module (type $a (func (param i32))) (rec (type $s (struct)) (type $t (func))))"
    one, two = check(text), check("(module (type (func (result f32))) " + text[8:])
    assert one.type_ids == two.type_ids[1:]


def test_info_lists_index_spaces_with_imports_first() -> None:
    info = check(
        '(module (import "m" "f" (func (param i32))) (import "m" "g" (global i32)) (func) '
        '(global f32 (f32.const 0)) (memory 1) (table 1 funcref) (export "x" (func 1)))'
    )
    assert [t.params for t in info.funcs] == [("i32",), ()]
    assert [g.content for g in info.globals] == ["i32", "f32"]
    assert (info.imported_funcs, info.imported_globals) == (1, 1)
    assert info.export_types == [FuncType()]


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ("(func (drop (v128.const i64x2 0 0)))", r.SIMD),
        ("(func (param v128))", r.SIMD),
        ("(func (param externref))", r.REFERENCE_TYPES),
        ("(table 1 externref)", r.REFERENCE_TYPES),
        ("(global funcref (ref.null func))", r.REFERENCE_TYPES),
        ("(func (local v128))", r.SIMD),
        ("(func (drop (ref.i31 (i32.const 1))))", r.GC),
        ("(tag)", r.EXCEPTIONS),
        ("(memory 1 1 shared)", r.THREADS),
        ("(func (return_call 0))", r.TAIL_CALL),
        ("(memory 1) (memory 1)", r.MULTI_MEMORY),
        ("(memory i64 1)", r.MEMORY64),
        ("(func (result i32 i32) unreachable)", r.MULTI_VALUE),
    ],
)
def test_features_are_found(fields: str, feature: int) -> None:
    assert check(f"(module {fields})").features & feature
    assert not check("(module (func) (table 1 funcref))").features


def test_module_without_end_is_malformed() -> None:
    data = bytearray(encode(parse_module("(module (func nop nop))")))
    data[-1] = 0x01  # the closing end becomes a nop
    with pytest.raises(MalformedError, match="unexpected end"):
        validate(decode(bytes(data)))


def wide_leb(number: int) -> bytes:
    """A number in four bytes of LEB128."""
    return bytes([number >> shift & 0x7F | (0x80 if shift < 21 else 0) for shift in (0, 7, 14, 21)])


def body_module(body: bytes) -> Module:
    """A module with one function, of no parameters, results and locals, with this body."""
    code = b"\x01" + wide_leb(len(body) + 1) + b"\x00" + body
    return decode(
        b"\0asm\1\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\x00\x0a" + wide_leb(len(code)) + code
    )


def test_deep_nesting_ends_in_an_error() -> None:
    deep = MAX_NESTING * 2
    with pytest.raises(InvalidError, match="nesting too deep"):
        validate(body_module(b"\x02\x40" * deep + b"\x0b" * (deep + 1)))
    shallow = MAX_NESTING - 10
    validate(body_module(b"\x02\x40" * shallow + b"\x0b" * (shallow + 1)))


def test_large_branch_table_takes_no_quadratic_time() -> None:
    count = 100_000
    table = (
        b"\x02\x40" * 500
        + b"\x41\x00\x0e"
        + bytes([count & 0x7F | 0x80, count >> 7 & 0x7F | 0x80, count >> 14])
    )
    started = time.monotonic()
    validate(body_module(table + b"\x00" * (count + 1) + b"\x0b" * 501))
    assert time.monotonic() - started < 20
