"""The decoder, section by section, and what it refuses."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.modules import HEADER, modules, section
from zwasm import limits
from zwasm.binary import decode, encode
from zwasm.errors import MalformedError
from zwasm.module import MODE_ACTIVE, MODE_DECLARATIVE, MODE_PASSIVE, Module
from zwasm.types import (
    EXTERNREF,
    FUNCREF,
    HEAP_FUNC,
    HEAP_INDEX,
    I8,
    I32,
    ArrayType,
    FuncType,
    MemoryType,
    StructType,
    ref_type,
)

H = bytes.fromhex
ONE_TYPE = section(1, H("01 60 00 00"))
ONE_FUNC = section(3, H("01 00"))
ONE_BODY = section(10, H("01 02 00 0b"))


def failure(data: bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        decode(data)
    assert caught.value.offset is not None
    assert 0 <= caught.value.offset <= len(data)
    return caught.value


def of(*sections: bytes) -> Module:
    return decode(HEADER + b"".join(sections))


def message(*sections: bytes) -> str:
    return failure(HEADER + b"".join(sections)).message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "unexpected end"),
        (b"\0as", "unexpected end"),
        (b"asm\0", "magic header not detected"),
        (b"(module)", "magic header not detected"),
        (b"\0asm\1\0\0", "unexpected end"),
        (b"\0asm\2\0\0\0", "unknown binary version"),
        (b"\0asm\x0d\0\1\0", "unknown binary version"),
        (HEADER + b"\x0e\0", "malformed section id"),
        (HEADER + b"\x80\1\0", "malformed section id"),
        (HEADER + b"\1", "unexpected end"),
        (HEADER + b"\1\x80", "unexpected end"),
        (HEADER + b"\1\4\0", "length out of bounds"),
        (HEADER + b"\1\x80\x80\x80\x80\x10", "integer too large"),
    ],
)
def test_preamble_and_section_heads(data: bytes, expected: str) -> None:
    assert failure(data).message == expected


def test_offsets() -> None:
    assert failure(HEADER + ONE_TYPE + section(2, H("01 00 00 05"))).offset == 8 + 6 + 5
    assert failure(HEADER + b"\x0e\0").offset == 8
    assert str(failure(b"")) == "unexpected end (at offset 0x0)"


def test_empty_module() -> None:
    module = decode(HEADER)
    assert encode(module) == HEADER


def test_sections_in_order_once() -> None:
    order = [1, 2, 3, 4, 5, 13, 6, 7, 9, 12, 10, 11]
    of(*[section(id, b"\0") for id in order])
    for first, second in itertools.pairwise(order):
        expected = "unexpected content after last section"
        assert message(section(second, b"\0"), section(first, b"\0")) == expected
        assert message(section(first, b"\0"), section(first, b"\0")) == expected


def test_section_size() -> None:
    assert message(section(5, H("01 00 00 00"))) == "section size mismatch"
    assert message(H("05 02 01 00 00")) == "section size mismatch"


def test_types() -> None:
    module = of(
        section(
            1,
            H("04"),
            H("60 02 7f 64 00 01 6f"),
            H("4e 02 50 00 5f 02 78 01 63 00 00 50 01 01 5e 7f 01"),
            H("4e 01 60 00 00"),
            H("4f 01 01 5f 00"),
        )
    )
    assert module.groups == [1, 2, 1, 1]
    assert module.explicit_groups == {2}
    func, struct, array, other, last = module.types
    assert func.comp == FuncType((I32, ref_type(HEAP_INDEX, False)), (EXTERNREF,))
    assert func.final
    assert not struct.final
    assert not array.final
    assert last.final
    assert isinstance(struct.comp, StructType)
    assert struct.comp.fields[0].storage == I8
    assert struct.comp.fields[0].mutable
    assert not struct.comp.fields[1].mutable
    assert isinstance(array.comp, ArrayType)
    assert array.supers == (HEAP_INDEX + 1,)
    assert other.comp == FuncType()
    assert last.supers == (HEAP_INDEX + 1,)
    assert other.offset > 8


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ("01 5d", "malformed composite type"),
        ("01 e0 7f 00 00", "integer representation too long"),
        ("01 5e 78 02", "malformed mutability"),
        ("01 5e 40 00", "malformed storage type"),
        ("01 60 01 78 00", "malformed value type"),
        ("ff ff ff 7f", "too many rec groups"),
        ("01 4e ff ff ff 7f", "too many types"),
        ("09 60 00 00", "unexpected end of section or function"),
        ("01 60 e9 07", "too many parameters"),
        ("01 60 00 e9 07", "too many results"),
        ("01 5f 91 4e", "too many fields"),
    ],
)
def test_bad_types(contents: str, expected: str) -> None:
    assert message(section(1, H(contents))) == expected


def test_imports() -> None:
    module = of(
        section(
            2,
            H("05"),
            H("01 6d 01 66 00 07"),
            H("01 6d 01 74 01 6f 05 01 02"),
            H("01 6d 01 6d 02 03 01 02"),
            H("01 6d 01 67 03 7f 01"),
            H("01 6d 03 e2 82 ac 04 00 09"),
        )
    )
    func, table, memory, global_, tag = module.imports
    assert (func.module, func.name, func.kind, func.type_index) == ("m", "f", 0, 7)
    assert repr(table.table) == "(table i64 1 2 externref)"
    assert memory.memory == MemoryType(1, 2, False, True)
    assert repr(global_.global_) == "(global (mut i32))"
    assert (tag.kind, tag.type_index, tag.name) == (4, 9, "€")
    assert module.imported(4) == [tag]


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ("01 00 00 05", "malformed import kind"),
        ("01 00 00 80 00", "malformed import kind"),
        ("01 01 ff 00 00 00", "malformed UTF-8 encoding"),
        ("01 09 00", "length out of bounds"),
        ("01 00 00 01 7f 00 00", "malformed reference type"),
        ("01 00 00 01 70 02 00", "malformed limits flags"),
        ("01 00 00 02 08 00", "malformed limits flags"),
        ("01 00 00 03 7f 02", "malformed mutability"),
        ("01 00 00 04 01 00", "zero byte expected"),
    ],
)
def test_bad_imports(contents: str, expected: str) -> None:
    assert message(section(2, H(contents))) == expected


def test_tables_and_memories() -> None:
    module = of(
        section(4, H("02 70 01 00 0a 40 00 64 70 00 01 d2 00 0b")),
        section(5, H("02 00 80 80 80 80 80 80 80 80 80 01 07 01 ff ff 03")),
    )
    plain, initialised = module.tables
    assert plain.init is None
    assert (plain.type.minimum, plain.type.maximum) == (0, 10)
    assert initialised.init is not None
    assert module.data[initialised.init.start : initialised.init.end] == H("d2 00 0b")
    assert [m.type for m in module.memories] == [
        MemoryType(1 << 63),
        MemoryType(1, 0xFFFF, True, True),
    ]
    assert message(section(4, H("01 40 01 70 00 01 d0 70 0b"))) == "zero byte expected"


def test_tags_globals_exports_start() -> None:
    module = of(
        section(13, H("01 00 03")),
        section(6, H("02 7f 00 41 05 0b 7e 01 42 00 42 01 7c 0b")),
        section(7, H("05 01 61 00 00 01 62 01 01 01 63 02 02 01 64 03 03 00 04 04")),
        section(8, H("05")),
    )
    assert module.tags[0].type_index == 3
    assert [module.data[g.init.start : g.init.end] for g in module.globals] == [
        H("41 05 0b"),
        H("42 00 42 01 7c 0b"),
    ]
    assert [(e.name, e.kind, e.index) for e in module.exports] == [
        ("a", 0, 0),
        ("b", 1, 1),
        ("c", 2, 2),
        ("d", 3, 3),
        ("", 4, 4),
    ]
    assert module.start == 5
    assert message(section(13, H("01 01 00"))) == "zero byte expected"
    assert message(section(7, H("01 00 05 00"))) == "malformed export kind"
    assert message(section(6, H("01 7f 02 41 00 0b"))) == "malformed mutability"
    assert message(section(6, H("01 7f 00 f3 0b"))) == "illegal opcode f3"
    assert message(section(6, H("01 7f 00 41 00"))) == "unexpected end of section or function"


def test_constant_expressions_may_hold_blocks() -> None:
    expr = H("02 40 04 40 05 0b 0b 23 00 0b")
    module = of(section(6, H("01 7f 00"), expr))
    init = module.globals[0].init
    assert module.data[init.start : init.end] == expr


FUNC = ref_type(HEAP_FUNC, False)


@pytest.mark.parametrize(
    ("contents", "type", "mode", "table", "funcs", "inits"),
    [
        ("00 41 00 0b 02 05 06", FUNC, MODE_ACTIVE, 0, [5, 6], []),
        ("01 00 01 05", FUNC, MODE_PASSIVE, 0, [5], []),
        ("02 07 41 00 0b 00 01 05", FUNC, MODE_ACTIVE, 7, [5], []),
        ("03 00 01 05", FUNC, MODE_DECLARATIVE, 0, [5], []),
        ("04 41 00 0b 01 d0 70 0b", FUNCREF, MODE_ACTIVE, 0, [], ["d0 70 0b"]),
        ("05 6f 01 d0 6f 0b", EXTERNREF, MODE_PASSIVE, 0, [], ["d0 6f 0b"]),
        ("06 07 41 00 0b 6f 01 d0 6f 0b", EXTERNREF, MODE_ACTIVE, 7, [], ["d0 6f 0b"]),
        ("07 6f 00", EXTERNREF, MODE_DECLARATIVE, 0, [], []),
    ],
)
def test_elems(
    contents: str, type: int, mode: int, table: int, funcs: list[int], inits: list[str]
) -> None:
    module = of(section(9, H("01"), H(contents)))
    elem = module.elems[0]
    assert (elem.type, elem.mode, elem.table, elem.funcs) == (type, mode, table, funcs)
    assert [module.data[i.start : i.end] for i in elem.inits] == [H(i) for i in inits]
    assert (elem.offset is not None) == (mode == MODE_ACTIVE)
    assert elem.count() == len(funcs) + len(inits)
    assert encode(module) == module.data


def test_bad_elems() -> None:
    assert message(section(9, H("01 08"))) == "malformed elements segment kind"
    assert message(section(9, H("01 01 01 00"))) == "malformed element kind"
    assert message(section(9, H("01 05 7f 00"))) == "malformed reference type"
    assert message(section(9, H("01 01 00 ff ff ff 7f"))) == "too many elements"


def test_datas() -> None:
    module = of(
        section(12, H("03")),
        section(11, H("03 00 41 00 0b 02 61 62 01 00 02 05 42 00 0b 01 63")),
    )
    assert module.data_count == 3
    assert [(d.flags, d.mode, d.memory, d.init) for d in module.datas] == [
        (0, MODE_ACTIVE, 0, b"ab"),
        (1, MODE_PASSIVE, 0, b""),
        (2, MODE_ACTIVE, 5, b"c"),
    ]
    assert message(section(11, H("01 03"))) == "malformed data segment kind"
    assert message(section(11, H("01 01 05 00"))) == "unexpected end of section or function"
    unequal = "data count and data section have inconsistent lengths"
    assert message(section(12, H("01"))) == unequal
    assert message(section(12, H("01")), section(11, H("02 01 00 01 00"))) == unequal


def test_code() -> None:
    module = of(
        section(1, H("01 60 01 7f 00")),
        section(3, H("02 00 00")),
        section(10, H("02 02 00 0b 09 02 02 7f 01 63 00 20 01 0b")),
    )
    first, second = module.funcs
    assert first.locals == []
    assert module.data[first.body.start : first.body.end] == b"\x0b"
    assert second.locals == [(2, I32), (1, ref_type(HEAP_INDEX, True))]
    assert module.data[second.body.start : second.body.end] == H("20 01 0b")
    assert module.data[second.place :].startswith(H("02 02 7f"))


def test_bad_code() -> None:
    unequal = "function and code section have inconsistent lengths"
    assert message(ONE_TYPE, ONE_FUNC) == unequal
    assert message(ONE_BODY) == unequal
    assert message(ONE_TYPE, ONE_FUNC, section(10, H("02 02 00 0b 02 00 0b"))) == unequal
    assert message(ONE_FUNC, section(10, H("01 00"))) == "unexpected end of section or function"
    assert message(ONE_FUNC, section(10, H("01 01 00"))) == "END opcode expected"
    assert message(ONE_FUNC, section(10, H("01 09 00 0b"))) == (
        "unexpected end of section or function"
    )
    too_large = limits.MAX_BODY_SIZE + 1
    body = bytes([too_large & 127 | 128, too_large >> 7 & 127 | 128, too_large >> 14 & 127 | 128])
    size = body + bytes([too_large >> 21])
    assert message(ONE_FUNC, section(10, b"\1", size)) == "function body too large"


@pytest.mark.parametrize(
    ("runs", "fits"),
    [
        ("01 ce 86 03 7f", True),  # 49998 and two parameters
        ("01 cf 86 03 7f", False),
        ("02 00 7f ce 86 03 7f", True),
        ("02 01 7f ce 86 03 7f", False),
        ("01 ff ff ff ff 0f 7f", False),
        ("02 80 80 80 80 08 7f 80 80 80 80 08 7f", False),
    ],
)
def test_locals_limit(runs: str, fits: bool) -> None:
    body = H(runs) + b"\x0b"
    parts = (
        section(1, H("01 60 02 7f 7f 00")),
        ONE_FUNC,
        section(10, b"\1", bytes([len(body)]), body),
    )
    if fits:
        of(*parts)
    else:
        assert message(*parts) == "too many locals"


def test_a_fault_in_a_body_comes_before_a_later_one() -> None:
    # The section's size is wrong too, but the bytes of the body are read first.
    body = H("00 28 82 80 80 80 80 00 00 1a 0b")
    code = section(10, b"\1", bytes([len(body)]), body)
    assert message(ONE_TYPE, ONE_FUNC, code, b"\x0e\0") == "integer representation too long"
    assert message(ONE_TYPE, ONE_FUNC, ONE_BODY, b"\x0e\0") == "malformed section id"


def test_custom_sections() -> None:
    parts = (
        section(0, b"\1a", b"first"),
        ONE_TYPE,
        section(0, b"\1b"),
        section(0, b"\1b", b"again"),
        ONE_FUNC,
        ONE_BODY,
        section(0, b"\0last"),
    )
    module = of(*parts)
    assert [(c.name, c.data, c.after) for c in module.customs] == [
        ("a", b"first", 0),
        ("b", b"", 1),
        ("b", b"again", 1),
        ("", b"last", 10),
    ]
    assert encode(module) == HEADER + b"".join(parts)
    assert message(section(0)) == "unexpected end"
    assert message(section(0, b"\1")) == "length out of bounds"
    assert message(section(0, b"\1\xff")) == "malformed UTF-8 encoding"


@pytest.mark.parametrize("id", [id for id in range(14) if id != 8])
def test_a_huge_count_costs_nothing(id: int) -> None:
    for count in (H("ff ff ff ff 0f"), H("ff ff 03")):
        parts = [ONE_TYPE, section(id, count)] if id > 1 else [section(id, count)]
        with pytest.raises(MalformedError):
            of(*parts)


@given(st.binary(max_size=40))
def test_random_bytes(data: bytes) -> None:
    for raw in (data, HEADER + data):
        try:
            decode(raw)
        except MalformedError:
            continue


@given(st.integers(0, 13), st.binary(max_size=60))
def test_random_sections(id: int, data: bytes) -> None:
    try:
        of(section(id, data))
    except MalformedError:
        return


@given(modules(), st.data())
def test_truncated_and_mutated_modules(module: Module, data: st.DataObject) -> None:
    raw = bytearray(encode(module))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw))) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    offset: int | None = 0
    try:
        encode(decode(bytes(raw)))
    except MalformedError as error:
        offset = error.offset
    assert offset is not None
    assert 0 <= offset <= len(raw)
