"""The instruction table against facts that the specification states another way."""

from __future__ import annotations

import re

import pytest

from zwasm.errors import WasmError
from zwasm.isa import row as r
from zwasm.isa.ir import IR_OPS, WORDS
from zwasm.isa.row import BY_CODE, BY_NAME, FEATURE_NAMES, PAGES, SECOND_FORMS, Row, row_of
from zwasm.types import F32, F64, I32, I64, V128

ROWS = [row for row in BY_CODE if row is not None]
SIMD_GAPS = {154, 162, 165, 166, 175, 176, 178, 179, 180, 187}
SIMD_GAPS |= {194, 197, 198, 207, 208, 210, 211, 212, 226, 238}


def codes(prefix: int) -> set[int]:
    return {row.code for row in ROWS if row.prefix == prefix}


def span(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


def test_one_byte_opcodes() -> None:
    control = span(0x00, 0x05) | {0x08, 0x0A, 0x0B} | span(0x0C, 0x15)
    others = {0x1A, 0x1B, 0x1C, 0x1F} | span(0x20, 0x26) | span(0x28, 0xC4) | span(0xD0, 0xD6)
    assert codes(0) == control | others


def test_opcodes_with_a_prefix() -> None:
    assert codes(0xFB) == span(0, 30)
    assert codes(0xFC) == span(0, 17)
    assert codes(0xFD) == (span(0, 255) - SIMD_GAPS) | span(0x100, 0x113)
    assert codes(0xFE) == span(0x00, 0x03) | span(0x10, 0x4E)
    assert {row.prefix for row in ROWS} == {0, 0xFB, 0xFC, 0xFD, 0xFE}


@pytest.mark.parametrize(
    ("feature", "count"), [(r.SIMD, 236), (r.RELAXED_SIMD, 20), (r.THREADS, 67), (r.GC, 32)]
)
def test_number_of_instructions_of_a_feature(feature: int, count: int) -> None:
    # Of GC all 31 behind the prefix 0xFB, and ref.eq.
    assert sum(row.feature == feature for row in ROWS) == count


def test_dense_opcodes() -> None:
    for opcode, row in enumerate(BY_CODE):
        if row is not None:
            assert row.opcode == opcode
            assert opcode == (PAGES[row.prefix] + row.code if row.prefix else row.code)
            assert row_of(opcode) is row
    with pytest.raises(WasmError, match="0x6"):
        row_of(0x06)


def test_names() -> None:
    seconds = list(SECOND_FORMS.values())
    assert [row.name for row in seconds] == ["select", "ref.test", "ref.cast"]
    assert all(row_of(first).name == row.name for first, row in SECOND_FORMS.items())
    firsts = [row for row in ROWS if row not in seconds]
    assert len({row.name for row in firsts}) == len(firsts) == len(BY_NAME)
    assert all(BY_NAME[row.name] is row for row in firsts)
    assert all(re.fullmatch(r"[a-z][a-z0-9_.]*", row.name) for row in ROWS)


@pytest.mark.parametrize(
    ("name", "prefix", "code"),
    [
        ("i32.add", 0, 0x6A),
        ("f64.copysign", 0, 0xA6),
        ("i64.extend32_s", 0, 0xC4),
        ("br_on_non_null", 0, 0xD6),
        ("br_on_cast_fail", 0xFB, 25),
        ("i31.get_u", 0xFB, 30),
        ("memory.fill", 0xFC, 11),
        ("table.fill", 0xFC, 17),
        ("v128.any_true", 0xFD, 83),
        ("i64x2.extmul_high_i32x4_u", 0xFD, 223),
        ("f64x2.pmax", 0xFD, 247),
        ("f64x2.convert_low_i32x4_u", 0xFD, 255),
        ("i16x8.relaxed_q15mulr_s", 0xFD, 0x111),
        ("i64.atomic.store32", 0xFE, 0x1D),
        ("i32.atomic.rmw.xchg", 0xFE, 0x41),
        ("i64.atomic.rmw32.cmpxchg_u", 0xFE, 0x4E),
    ],
)
def test_encodings(name: str, prefix: int, code: int) -> None:
    row = BY_NAME[name]
    assert (row.prefix, row.code) == (prefix, code)


def width(row: Row) -> int:
    """The bytes that a memory access touches, from its name."""
    if row.name in ("memory.atomic.notify", "memory.atomic.wait32"):
        return 4
    if row.name == "memory.atomic.wait64":
        return 8
    narrow = re.search(r"(?:load|store|rmw)(\d+)(x(\d+))?", row.name)
    if narrow is None:
        return int(row.name[1:].split(".")[0]) // 8
    return int(narrow[1]) * int(narrow[3] or 1) // 8


def test_alignment_is_the_width_of_the_access() -> None:
    accesses = [row for row in ROWS if r.IMM_MEMARG in row.immediates]
    assert len(accesses) == 23 + 22 + 66  # loads and stores, of vectors, atomic
    for row in accesses:
        assert 1 << row.align == width(row), row.name
    assert all(row.align == 0 for row in ROWS if row not in accesses)


def test_lanes() -> None:
    for row in ROWS:
        if row.shape == r.LANE:
            lanes = re.match(r"[if]\d+x(\d+)\.", row.name)
            assert lanes is not None
            assert row.lanes == int(lanes[1]), row.name
        elif row.shape in (r.LOAD_LANE, r.STORE_LANE):
            assert row.lanes << row.align == 16, row.name
        elif row.shape == r.SHUFFLE:
            assert row.lanes == 32
        else:
            assert row.lanes == 0, row.name


def test_constant_instructions() -> None:
    arithmetic = {f"{t}.{op}" for t in ("i32", "i64") for op in ("add", "sub", "mul")}
    literals = {f"{t}.const" for t in ("i32", "i64", "f32", "f64", "v128")}
    references = {"ref.null", "ref.func", "ref.i31", "any.convert_extern", "extern.convert_any"}
    aggregates = {"struct.new", "struct.new_default"}
    aggregates |= {"array.new", "array.new_default", "array.new_fixed"}
    constant = arithmetic | literals | references | aggregates | {"global.get", "end"}
    assert {row.name for row in ROWS if row.const} == constant


def test_comparisons() -> None:
    compared = [row for row in ROWS if row.compare]
    assert len(compared) == 2 * 11 + 2 * 6
    for row in compared:
        assert row.results == (I32,)
        assert {row.name.split(".")[0]} == {
            {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}[code] for code in row.params
        }


def test_signatures_agree_with_names() -> None:
    of_name = {"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": V128}
    for row in ROWS:
        if row.shape in (r.LOAD, r.CONST):
            assert row.results == (of_name[row.name.split(".")[0]],), row.name
        elif row.shape == r.STORE:
            assert row.params == (of_name[row.name.split(".")[0]],), row.name


def test_features_have_names() -> None:
    known = sum(FEATURE_NAMES)
    assert all(row.feature & ~known == 0 for row in ROWS)
    assert len(set(FEATURE_NAMES.values())) == len(FEATURE_NAMES)


def test_clashing_rows_are_refused() -> None:
    with pytest.raises(WasmError, match="same encoding"):
        r.declare("i32.other", 0x6A, r.PLAIN)
    with pytest.raises(WasmError, match="declared twice"):
        r.declare("i32.add", 0x06, r.PLAIN)
    with pytest.raises(WasmError, match="past its page"):
        r.declare("far", 0xFB100, r.PLAIN)
    assert BY_CODE[0x06] is None


def test_ir_operations() -> None:
    operations = [op for op in IR_OPS if op is not None]
    for op in operations:
        assert len(op.operands) == WORDS - 1
        assert set(op.operands) <= set("dsbln-"), op.name
        assert "-" not in op.operands.rstrip("-") or op.name.startswith("v128.store"), op.name
    for row in ROWS:
        named = IR_OPS[row.opcode]
        assert named is None or named.name == row.name
    add = IR_OPS[BY_NAME["i32.add"].opcode]
    assert add is not None
    assert add.operands == "dss-"
