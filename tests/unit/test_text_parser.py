"""Modules of the text format."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zwasm.binary import decode, encode
from zwasm.errors import InvalidError, MalformedError, WasmError
from zwasm.isa import BY_NAME
from zwasm.limits import MAX_LOCALS, MAX_NESTING
from zwasm.module import TEXT_PLACE, Module
from zwasm.text import parse_module
from zwasm.text.context import KEYWORDS
from zwasm.types import FUNCREF, HEAP_FUNC, HEAP_INDEX, I32, I64, FuncType, ref_type


def body(source: str, index: int = -1) -> str:
    """The encoded body of a function, in hexadecimal."""
    module = parse_module(source)
    expr = module.funcs[index].body
    return module.data[expr.start : expr.end].hex()


def fails(source: str) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_module(source)
    assert caught.value.line is not None
    return caught.value


# Instructions


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "0b"),
        ("nop nop", "01010b"),
        ("(nop) nop", "01010b"),
        ("(drop (i32.const -1))", "417f1a0b"),
        ("i32.const 4294967295 drop", "417f1a0b"),
        ("i32.const 0x80000000", "4180808080780b"),
        ("i64.const -0x8000_0000_0000_0000", "428080808080808080807f0b"),
        ("(i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))", "4101410241036c6a0b"),
        ("f32.const 1", "430000803f0b"),
        ("f64.const -0x1p-1", "44000000000000e0bf0b"),
        ("block end", "02400b0b"),
        ("(block)", "02400b0b"),
        ("block (result i32) i32.const 0 end drop", "027f41000b1a0b"),
        ("(loop $l (br $l))", "03400c000b0b"),
        ("block $a block $b br $a br $b br 2 end end", "024002400c010c000c020b0b0b"),
        ("(block $a (block $a (br $a)))", "024002400c000b0b0b"),
        ("(block $a (block $b (br_table $a $b 2 (i32.const 0))))",
         "0240024041000e020100020b0b0b"),
        ("i32.const 0 if nop else unreachable end", "410004400105000b0b"),
        ("i32.const 0 if $x else $x end $x", "41000440050b0b"),
        ("(if (i32.const 0) (then nop))", "41000440010b0b"),
        ("(if (i32.const 0) (then nop) (else))", "4100044001050b0b"),
        ("(if $l (br 0) (then (br $l)) (else (br $l)))", "0c0004400c00050c000b0b"),
        ("(if (result i32) (i32.const 0) (i32.eqz) (then) (else))", "410045047f050b0b"),
        ("select", "1b0b"),
        ("(select (result i32) (result) (result i64))", "1c027f7e0b"),
        ("(select (result))", "1c000b"),
        ("i32.load", "2802000b"),
        ("i32.load offset=0x10 align=1", "2800100b"),
        ("i64.load align=8", "2903000b"),
        ("i32.load 1 offset=3", "284201030b"),
        ("i32.load offset=0xffff_ffff_ffff_ffff", "2802ffffffffffffffffff010b"),
        ("v128.load8_lane 3", "fd540000030b"),
        ("v128.load8_lane 1 3", "fd54400100030b"),
        ("v128.load8_lane 1 offset=2 3", "fd54400102030b"),
        ("v128.const i16x8 1 -1 0 0 0 0 0 0", "fd0c0100ffff" + "00" * 12 + "0b"),
        ("v128.const f64x2 inf nan", "fd0c000000000000f07f000000000000f87f0b"),
        ("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 255",
         "fd0d000102030405060708090a0b0c0d0eff0b"),
        ("memory.size memory.size 1", "3f003f010b"),
        ("memory.copy memory.copy 1 0", "fc0a0000fc0a01000b"),
        ("memory.init 1 memory.init 1 0", "fc080100fc0800010b"),
        ("table.init 1 table.init 1 0", "fc0c0100fc0c00010b"),
        ("table.copy table.copy 1 0", "fc0e0000fc0e01000b"),
        ("call_indirect (type 0)", "1100000b"),
        ("call_indirect 1", "1100010b"),
        ("ref.null func ref.null 0", "d070d0000b"),
        ("ref.test funcref ref.test (ref i31) ref.cast (ref null 0)", "fb1570fb146cfb17000b"),
        ("br_on_cast 0 anyref (ref i31)", "fb1801006e6c0b"),
        ("br_on_cast_fail 0 (ref any) (ref null 0)", "fb1902006e000b"),
        ("(try_table $l (result i32) (catch_all 0) (catch_all_ref 0) (br $l))",
         "1f7f02020003000c000b0b"),
        ("block $l try_table $l (catch_all $l) end end", "02401f400102000b0b0b"),
        ("atomic.fence", "fe03000b"),
    ],
)  # fmt: skip
def test_encoding(source: str, code: str) -> None:
    assert body(f"(func {source})") == code


def test_every_plain_instruction_has_its_keyword() -> None:
    for name, row in BY_NAME.items():
        if not row.immediates:
            if name not in ("else", "end"):
                parse_module(f"(func {name})")
                parse_module(f"(func ({name}))")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("foo", "unknown operator foo"),
        ("(foo)", "unknown operator foo"),
        ("i32.const", "unexpected token"),
        ("i32.const x", "unknown operator x"),
        ("i32.const 0x", "unknown operator 0x"),
        ("i32.const 1.0", "unexpected token 1.0"),
        ("i32.const 0x1_0000_0000", "i32 constant out of range"),
        ("i32.const -0x8000_0001", "i32 constant out of range"),
        ("i64.const 0x1_0000_0000_0000_0000", "i64 constant out of range"),
        ("f32.const 1e39", "f32 constant out of range"),
        ("br $x", "unknown label $x"),
        ("block $x end br $x", "unknown label $x"),
        ("br -1", "unexpected token -1"),
        ("br 4294967296", "i32 constant out of range"),
        ("block", "unexpected token )"),
        ("(block", "unexpected token"),
        ("end", "unexpected token end"),
        ("else", "unexpected token else"),
        ("(end)", "unexpected token end"),
        ("block else end", "unexpected token else"),
        ("if else else end", "unexpected token else"),
        ("(block end)", "unexpected token end"),
        ("block $a end $b", "mismatching label $b"),
        ("if $a else $b end", "mismatching label $b"),
        ("block end $b", "mismatching label $b"),
        ("(then)", "unexpected token then"),
        ("(if (else))", "unexpected token else"),
        ("(if)", "unexpected token )"),
        ("(if (then) (then))", "unexpected token then"),
        ("(if (then) (else) (else))", "unexpected token else"),
        ("(if (then) nop)", "unexpected token nop"),
        ("(if (then) (nop))", "unexpected token ("),
        ("(if nop (then))", "unexpected token nop"),
        ("(nop nop)", "unexpected token nop"),
        ("(i32.eqz (nop) nop)", "unexpected token nop"),
        ("local.get $x", "unknown local $x"),
        ("call $x", "unknown func $x"),
        ("global.get $x", "unknown global $x"),
        ("i32.load align=0", "alignment must be a power of two"),
        ("i32.load align=3", "alignment must be a power of two"),
        ("i32.load align=4 offset=4", "unexpected token offset=4"),
        ("i32.load offset=", "unknown operator offset="),
        ("i32.load offset=-1", "unknown operator offset=-1"),
        ("i32.load offset=0x1_0000_0000_0000_0000", "i64 constant out of range"),
        ("v128.const i8x16 0", "wrong number of lane literals"),
        ("v128.const i64x2 0 0 0", "wrong number of lane literals"),
        ("v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "i8 constant out of range"),
        ("i8x16.extract_lane_s -1", "unexpected token -1"),
        ("i8x16.extract_lane_s 256", "i8 constant out of range"),
        ("i8x16.shuffle 0", "invalid lane length"),
        ("(result i32) (param i32)", "unexpected token param"),
        ("block (result i32) (param i32) end", "unexpected token param"),
        ("block (param $x i32) end", "unexpected token $x"),
        ("block (type 7) (param i32) end", "unknown type"),
        ("block (type $t) (param i64) end", "inline function type"),
        ("select (result i8)", "unexpected token i8"),
        ("ref.test i32", "unexpected token i32"),
        ("(local i32) nop (local i32)", "unexpected token local"),
    ],
)
def test_malformed_instructions(source: str, message: str) -> None:
    error = fails(f"(type $t (func))\n(func {source})")
    assert error.message.startswith(message)
    assert error.line == 2


# Types and type uses


def test_type_uses() -> None:
    module = parse_module(
        """(func $f (result f64) (f64.const 0))
        (func $g (param i32) (block (param i32) (result i32)))
        (func $h (result f64) (f64.const 1))
        (type $open (sub (func (param i32))))
        (rec (type $a (func (param i64))) (type (struct)))
        (type $t (func (param i32)))
        (func (param i64))
        (func (type $open) (param i32))
        (func (call_indirect (param i64)))
        """
    )
    assert [func.type_index for func in module.funcs] == [4, 3, 4, 6, 0, 7]
    assert [repr(module.types[i].comp) for i in (4, 5, 6, 7)] == [
        "(func (result f64))",
        "(func (param i32) (result i32))",
        "(func (param i64))",
        "(func)",
    ]
    assert module.groups == [1, 2, 1, 1, 1, 1, 1]
    assert not module.explicit_groups


def test_types() -> None:
    module = parse_module(
        """(rec (type $a (sub final $b
          (struct (field $x i32) (field (mut i8) i16) (field $y (ref null $a))))))
        (type $b (sub (array (mut (ref $c)))))
        (rec)
        (rec (type $c (func (param $p i32) (param i64 f32) (result) (result anyref)))
          (type (func)))
        (func (struct.get $a $y) (struct.set 0 $x))"""
    )
    a, b, c = (sub.comp for sub in module.types[:3])
    assert [(f.storage, f.mutable) for f in a.fields] == [  # type: ignore[union-attr]
        (I32, False),
        (0x78, True),
        (0x77, False),
        (ref_type(HEAP_INDEX, True), False),
    ]
    assert module.types[0].supers == (HEAP_INDEX + 1,)
    assert module.types[0].final
    assert not module.types[1].final
    assert b.field.storage == ref_type(HEAP_INDEX + 2, False)  # type: ignore[union-attr]
    assert isinstance(c, FuncType)
    assert c.params == ("i32", "i64", "f32")
    assert module.groups == [1, 1, 0, 2, 1]
    assert module.explicit_groups == {0}
    assert module.names.fields == {0: {0: "x", 3: "y"}}
    code = module.data[module.funcs[0].body.start : module.funcs[0].body.end].hex()
    assert code == "fb020003fb0500000b"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(type $x (func)) (type $x (func))", "duplicate type $x"),
        ("(type (struct (field $x i32) (field $x i32)))", "duplicate field $x"),
        ("(type (func (result i32) (param i32)))", "unexpected token"),
        ("(type (func (result $x i32)))", "unexpected token $x"),
        ("(type (array i32 i32))", "unexpected token i32"),
        ("(type (array))", "unexpected token )"),
        ("(type func)", "unexpected token func"),
        ("(type (sub $x (func)))", "unknown type $x"),
        ("(type (func (param (ref null $y))))", "unknown type $y"),
        ("(type (func (param (ref null))))", "unexpected token )"),
        ("(type (func (param i8)))", "unexpected token i8"),
        ("(type (func (param anyfunc)))", "unknown operator anyfunc"),
        ("(rec (func))", "unexpected token"),
        ("(type 0 (func))", "unexpected token 0"),
    ],
)
def test_malformed_types(source: str, message: str) -> None:
    assert fails(source).message.startswith(message)


# Fields


def test_inline_imports_and_exports() -> None:
    module = parse_module(
        """(module $m
          (func $f (export "a") (export "b") (import "m" "f") (param $p i32))
          (import "m" "t" (table $t 1 2 (ref null extern)))
          (memory $i (import "m" "m") i64 1 3 shared)
          (global $g (export "g") (import "m" "g") (mut i32))
          (tag $e (import "m" "e") (param i64))
          (func (export "h") (call $f (global.get $g)))
          (export "late" (memory $i)))"""
    )
    assert [(i.module, i.name, i.kind) for i in module.imports] == [
        ("m", "f", 0), ("m", "t", 1), ("m", "m", 2), ("m", "g", 3), ("m", "e", 4),
    ]  # fmt: skip
    assert [(e.name, e.kind, e.index) for e in module.exports] == [
        ("a", 0, 0), ("b", 0, 0), ("g", 3, 0), ("h", 0, 1), ("late", 2, 0),
    ]  # fmt: skip
    memory = module.imports[2].memory
    assert memory is not None
    assert (memory.minimum, memory.maximum, memory.is64, memory.shared) == (1, 3, True, True)
    names = module.names
    assert names.module == "m"
    assert names.funcs == {0: "f"}
    assert names.locals == {0: {0: "p"}}
    assert (names.tables, names.memories, names.globals, names.tags) == (
        {0: "t"}, {0: "i"}, {0: "g"}, {0: "e"},
    )  # fmt: skip


def test_names_of_locals_and_labels() -> None:
    module = parse_module(
        """(func (param i32) (param $a i32) (local i64 i64) (local $b i64) (local f32)
             block loop $l (block $"m n") end end
             local.get $b local.get $a)"""
    )
    func = module.funcs[0]
    assert func.locals == [(3, I64), (1, 0x7D)]
    assert module.names.locals == {0: {1: "a", 4: "b"}}
    assert module.names.labels == {0: {1: "l", 2: "m n"}}
    assert module.data[func.body.end - 5 : func.body.end] == b"\x20\x04\x20\x01\x0b"


def test_locals_after_a_named_type() -> None:
    source = "(type $t (func (param i32 i64))) (func (type $t) (local $x i32) (local.get $x))"
    assert body(source) == "20020b"


def elem(source: str) -> tuple[object, ...]:
    module = parse_module(f"(table 9 funcref) (table 9 funcref) (func $f) (func $g)\n{source}")
    (e,) = module.elems
    offset = None if e.offset is None else module.data[e.offset.start : e.offset.end].hex()
    inits = [module.data[i.start : i.end].hex() for i in e.inits]
    return (e.flags, e.type, e.mode, e.table, offset, e.funcs, inits)


FUNCS = ref_type(HEAP_FUNC, False)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(elem (i32.const 0) $g $f)", (0, FUNCS, 0, 0, "41000b", [1, 0], [])),
        ("(elem $x (offset i32.const 0) func 0)", (0, FUNCS, 0, 0, "41000b", [0], [])),
        ("(elem (table 0) (i32.const 0) func)", (2, FUNCS, 0, 0, "41000b", [], [])),
        ("(elem (table 1) (i32.const 0) func 0)", (2, FUNCS, 0, 1, "41000b", [0], [])),
        ("(elem func 0)", (1, FUNCS, 1, 0, None, [0], [])),
        ("(elem declare func 0)", (3, FUNCS, 2, 0, None, [0], [])),
        ("(elem funcref (ref.func 0) (item ref.null func))",
         (5, FUNCREF, 1, 0, None, [], ["d2000b", "d0700b"])),
        ("(elem (ref func) (item (ref.func $g)))", (5, FUNCS, 1, 0, None, [], ["d2010b"])),
        ("(elem (i32.const 0) funcref (ref.func 0))",
         (4, FUNCREF, 0, 0, "41000b", [], ["d2000b"])),
        ("(elem (i32.const 0) (ref func) (ref.func 0))",
         (6, FUNCS, 0, 0, "41000b", [], ["d2000b"])),
        ("(elem (table 1) (i32.const 0) funcref)", (6, FUNCREF, 0, 1, "41000b", [], [])),
        ("(elem declare funcref (ref.func 0))", (7, FUNCREF, 2, 0, None, [], ["d2000b"])),
        ("(table funcref (elem $g $f))", (2, FUNCS, 0, 2, "41000b", [1, 0], [])),
        ("(table i64 (ref func) (elem (ref.func 0)))",
         (6, FUNCS, 0, 2, "42000b", [], ["d2000b"])),
    ],
)  # fmt: skip
def test_element_segments(source: str, expected: tuple[object, ...]) -> None:
    assert elem(source) == expected


def test_inline_segments() -> None:
    module = parse_module(
        """(type $t (func)) (func $f)
        (table $a (ref null $t) (elem $f $f))
        (elem $e func $f)
        (memory $m i64 (data "abc" "d"))
        (memory (data))
        (data $d "x")
        (table 3 funcref (ref.null func))
        (func elem.drop $e data.drop $d)"""
    )
    assert [(t.type.minimum, t.type.maximum) for t in module.tables] == [(2, 2), (3, None)]
    assert module.tables[1].init is not None
    assert module.elems[0].type == ref_type(HEAP_INDEX, True)
    assert len(module.elems[0].inits) == 2
    assert [(d.mode, d.memory, d.init) for d in module.datas] == [
        (0, 0, b"abcd"), (0, 1, b""), (1, 0, b"x"),
    ]  # fmt: skip
    assert [(m.type.minimum, m.type.maximum) for m in module.memories] == [(1, 1), (0, 0)]
    assert module.data_count == 3
    func = module.funcs[1].body
    assert module.data[func.start : func.end].hex() == "fc0d01fc09020b"


def test_data_count_only_where_needed() -> None:
    assert parse_module('(memory 1) (data "a") (func)').data_count is None
    for use in ("memory.init 0", "data.drop 0", "array.new_data 0 0", "array.init_data 0 0"):
        assert parse_module(f'(memory 1) (data "a") (func {use})').data_count == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(func $f) (func $f)", "duplicate func $f"),
        ('(import "" "" (func $f)) (func $f)', "duplicate func $f"),
        ('(func $f) (func $"f")', "duplicate func $f"),
        ("(memory $m 1) (memory $m 1)", "duplicate memory $m"),
        ("(func (param $x i32) (local $x i32))", "duplicate local $x"),
        ('(func) (import "" "" (func))', "import after function"),
        ('(global i32 (i32.const 0)) (memory (import "" "") 1)', "import after global"),
        ("(start 0) (start 0)", "multiple start sections"),
        ('(import "\\ff" "" (func))', "malformed UTF-8 encoding"),
        ('(export "a" (func $x))', "unknown func $x"),
        ("(export a (func 0))", "unknown operator a"),
        ("(memory)", "unexpected token )"),
        ("(memory 1 2 3)", "unexpected token 3"),
        ("(memory -1)", "unexpected token -1"),
        ("(table 1 i32)", "unexpected token i32"),
        ("(elem 0)", "unexpected token )"),
        ("(elem (ref.func 0) i32)", "unexpected token i32"),
        ("(global (mut i32 (i32.const 0)))", "unexpected token ("),
        ("(module) (module)", "unexpected token ("),
        ("(module (func)", "unexpected token"),
        ("(module))", "unexpected token )"),
        ("(func", "unexpected token"),
        ("module", "unexpected token module"),
        ("(foo)", "unknown operator foo"),
        ("(param)", "unexpected token param"),
        ("()", "unexpected token )"),
        ("(module binary)", "unexpected token binary"),
        ("(module definition)", "unexpected token definition"),
    ],
)
def test_malformed_fields(source: str, message: str) -> None:
    assert fails(source).message.startswith(message)


# Places


def test_places() -> None:
    source = """(module
  (import "m" "f" (func))
  (func (export "x")
    (drop
      (i32.add
        (i32.const 1) (i32.const 2)))
    (if (i32.const 3)
      (then nop)))
  (global i32 i32.const 5))"""
    module = parse_module(source)
    source_map = module.source
    assert source_map is not None
    assert source_map.offsets == sorted(set(source_map.offsets))
    seen = {}
    for offset, position in zip(source_map.offsets, source_map.positions, strict=True):
        seen[module.data[offset]] = source[position:].split()[0].rstrip(")")
    assert seen[0x1A] == "drop"
    assert seen[0x6A] == "i32.add"
    assert seen[0x04] == "if"
    assert seen[0x01] == "nop"
    func = module.funcs[0]
    assert source_map.locate(func.place) == (3, 3)
    assert source_map.locate(module.imports[0].place) == (2, 3)
    assert source_map.locate(module.globals[0].init.start) == (9, 15)
    assert func.place >= TEXT_PLACE


def test_error_places() -> None:
    error = fails("(module\n  (func\n    é))".replace("é", "(nop) foo"))
    assert (error.line, error.column) == (3, 11)
    assert str(error) == "unknown operator foo (line 3, column 11)"


def test_bytes() -> None:
    assert parse_module(b'(module (export "\xc3\xa9" (func 0)))').exports[0].name == "é"
    with pytest.raises(MalformedError, match="malformed UTF-8 encoding"):
        parse_module(b"(module ;;\xff\n)")


# Annotations


def test_names_given_by_annotations() -> None:
    module = parse_module(
        """(module $m (@name "M")
          (type $t (@name "T") (func))
          (func $f (@name "F") (param $x (@name "X") i32) (local (@name "Y") i32))
          (tag (@name "E")))"""
    )
    names = module.names
    assert (names.module, names.types, names.funcs, names.tags) == (
        "M", {0: "T"}, {0: "F"}, {0: "E"},
    )  # fmt: skip
    assert names.locals == {0: {0: "X", 1: "Y"}}


def test_custom_sections() -> None:
    module = parse_module(
        r"""(module (@custom "a" "x" "\00") (func) (@custom "b" (before func))
            (@custom "c" (after tag) "y") (@custom "d" (before first)) (@other "x"))"""
    )
    assert [(c.name, c.data, c.after) for c in module.customs] == [
        ("a", b"x\0", 11), ("b", b"", 2), ("c", b"y", 13), ("d", b"", 0),
    ]  # fmt: skip


def test_branch_hints() -> None:
    module = parse_module(
        r"""(func) (func (param i32) (local i64) (local f32)
          local.get 0 (@metadata.code.branch_hint "\01") if end
          (block (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0))))"""
    )
    # The locals take five bytes.
    assert module.branch_hints == {1: [(7, True), (14, False)]}
    (custom,) = module.customs
    assert custom.name == "metadata.code.branch_hint"
    assert custom.data.hex() == "0101020701010e0100"
    assert decode(encode(module)).branch_hints == module.branch_hints


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('(func (@custom "a"))', "misplaced @custom annotation"),
        ("(@custom)", "@custom annotation: missing section name"),
        ('(@custom "a" (about func))', "@custom annotation: malformed placement"),
        ('(@custom "a" (after first))', "@custom annotation: malformed section kind"),
        ('(@custom "a" (after func func))', "@custom annotation: unexpected token"),
        ('(@custom "\\ff")', "@custom annotation: malformed UTF-8 encoding"),
        ('(func (nop) (@name "x"))', "misplaced @name annotation"),
        ('(module (@name "x") (@name "y"))', "@name annotation: multiple module"),
        ("(func (@name x))", "@name annotation"),
        ('(@metadata.code.branch_hint "\\00")',
         "@metadata.code.branch_hint annotation: not in a function"),
        ('(func (@metadata.code.branch_hint "\\02") if end)',
         "@metadata.code.branch_hint annotation: malformed hint"),
    ],
)  # fmt: skip
def test_malformed_annotations(source: str, message: str) -> None:
    assert fails(source).message.startswith(message)


def test_branch_hint_elsewhere() -> None:
    with pytest.raises(InvalidError, match="invalid target"):
        parse_module(r'(func (@metadata.code.branch_hint "\00") nop)')


# Limits and hostile input


@pytest.mark.parametrize(
    "source",
    [
        "(func " + "(block " * (MAX_NESTING + 1),
        "(func " + "(block " * (MAX_NESTING + 1) + ")" * (MAX_NESTING + 2),
        "(func " + "block " * (MAX_NESTING + 1) + "end " * (MAX_NESTING + 1) + ")",
        "(func " + "(i32.eqz " * (MAX_NESTING + 2) + ")" * (MAX_NESTING + 3),
        "(func " + "(if " * (MAX_NESTING + 1) + ")" * (MAX_NESTING + 2),
        "(func " + "(if (then " * (MAX_NESTING + 1) + "))" * (MAX_NESTING + 1) + ")",
        "(global i32 " + "(i32.eqz " * (MAX_NESTING + 2) + ")" * (MAX_NESTING + 3),
    ],
)
def test_deep_nesting(source: str) -> None:
    fails(source)


def test_nesting_at_the_limit() -> None:
    depth = MAX_NESTING - 1
    parse_module("(func " + "(block " * depth + ")" * depth + ")")
    parse_module("(func " + "block " * depth + "end " * depth + ")")


def test_other_nesting() -> None:
    for piece in ("(", "(module ", "(type ", "(ref null ", "(sub ", "(;", "(@name ", "(rec "):
        fails("(module " + piece * 100_000)
        fails("(type (func (param " + piece * 100_000)


def test_many_locals() -> None:
    locals = f"(local {'i32 ' * MAX_LOCALS})"
    assert parse_module(f"(func {locals})").funcs[0].locals == [(MAX_LOCALS, I32)]
    assert fails(f"(func {locals} (local i32))").message == "too many locals"


SOUP = st.lists(
    st.sampled_from(
        sorted(KEYWORDS)
        + ["(", ")"] * 120
        + ["(func", "(param", "(result", "(type", "(elem", "(data", "(table", "(memory", "(block",
           "(if", "(then", "(else", "(module", "(rec", "(global i32", "(import \"a\" \"b\""] * 8
        + ["0", "1", "-1", "99999999999999999999", "0x", "1.5", "nan:0x1", "$x", "$y", "$", '"s"',
           '"\\00', "offset=1", "align=2", "align=3", "(@name", "(@custom", "(;", ";)", ";;", "\n",
           "(@metadata.code.branch_hint \"\\01\")", ",", "\u00e9", "(@name \"n\")"] * 4
    )
)  # fmt: skip


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_token_soup(pieces: list[str]) -> None:
    for separator in (" ", ""):
        for frame in ("{}", "(module (func $x {}))", "(type $x (struct (field {})))"):
            source = frame.format(separator.join(pieces))
            try:
                module = parse_module(source)
            except WasmError:
                continue
            assert isinstance(module, Module)
            encode(module)


VALID = """(module $m (type $t (func (param i32) (result i32)))
  (import "a" "b" (func $i (type $t)))
  (table $tab 1 funcref) (memory $mem 1 2) (global $g (mut i32) (i32.const 0))
  (func $f (export "f") (param $x i32) (result i32) (local $y i32)
    (if (result i32) (local.get $x) (then (i32.const 1)) (else (call $i (local.get $y))))
    (i32.load offset=4 align=2) (drop) (v128.const i32x4 0 1 2 3) (drop))
  (elem (i32.const 0) $f $i) (data (i32.const 0) "abc\\00") (start $f))"""


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_modules(data: st.DataObject) -> None:
    source = VALID
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(source)))
        end = min(start + data.draw(st.integers(0, 8)), len(source))
        piece = data.draw(st.sampled_from(["", "(", ")", " ", '"', "$x", "0", ";", "\\", "@", "é"]))
        source = source[:start] + piece + source[end:]
    try:
        encode(parse_module(source))
    except WasmError:
        pass
