"""The custom sections that have a meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.modules import HEADER, section
from zwasm.binary import check_custom_sections, decode
from zwasm.errors import InvalidError, MalformedError

H = bytes.fromhex
FUNC = section(1, H("01 60 01 7f 00")) + section(3, H("01 00"))
# (local i32) local.get 0, if, end, local.get 0, br_if 0, end
BODY = H("01 01 7f 20 00 04 40 0b 20 00 0d 00 0b")
MODULE = FUNC + section(10, b"\1", bytes([len(BODY)]), BODY)


def names(*parts: bytes) -> bytes:
    return section(0, b"\4name", *parts)


def hints(data: str) -> bytes:
    return section(0, b"\x19metadata.code.branch_hint", H(data))


def with_hints(data: str) -> bytes:
    return HEADER + FUNC + hints(data) + section(10, b"\1", bytes([len(BODY)]), BODY)


def test_all_subsections() -> None:
    parts = [b"\0\2\1m"]
    for id in (1, 4, 5, 6, 7, 8, 9, 11):
        parts.append(bytes([id, 7, 2, 0, 1]) + b"a" + b"\7\1b")
    for id in (2, 3, 10):
        parts.append(bytes([id, 6, 1, 5, 1, 6, 1]) + b"c")
    parts.append(b"\x40\2??")  # of the future
    module = decode(HEADER + names(*parts))
    n = module.names
    assert n.module == "m"
    for direct in (n.funcs, n.types, n.tables, n.memories, n.globals, n.elems, n.datas, n.tags):
        assert direct == {0: "a", 7: "b"}
    for indirect in (n.locals, n.labels, n.fields):
        assert indirect == {5: {6: "c"}}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\1\4\1\0\1f\2", {0: "f"}),
        (b"\1\7\2\0\1f\1\1\xff", {0: "f"}),
        (b"\1\4\1\0\1f\1\x80\x80", {0: "f"}),
        (b"\1\x09\1\0\1f", {}),
        (b"\1\4\2\0\1f", {0: "f"}),
    ],
)
def test_a_broken_name_section_is_read_as_far_as_it_goes(
    data: bytes, found: dict[int, str]
) -> None:
    module = decode(HEADER + names(data))
    assert module.names.funcs == found
    with pytest.raises(MalformedError):
        check_custom_sections(module)


@pytest.mark.parametrize(
    "parts",
    [
        names(b"\1\1\0", b"\0\2\1m"),
        names(b"\1\1\0", b"\1\1\0"),
        names(b"\1\7\2\1\1f\0\1g"),
        names(b"\1\2\0\0"),
        names() + names(),
        names() + MODULE,
    ],
)
def test_strictness(parts: bytes) -> None:
    module = decode(HEADER + parts)
    with pytest.raises(MalformedError):
        check_custom_sections(module)


def test_what_is_well_formed_passes() -> None:
    check_custom_sections(decode(HEADER))
    check_custom_sections(decode(HEADER + MODULE + names(b"\0\2\1m", b"\1\4\1\0\1f")))
    check_custom_sections(decode(with_hints("01 00 02 05 01 00 0a 01 01")))


def test_branch_hints() -> None:
    module = decode(with_hints("01 00 02 05 01 00 0a 01 01"))
    assert module.branch_hints == {0: [(5, False), (10, True)]}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("01 00 01 03 01 00", InvalidError),  # local.get
        ("01 00 01 06 01 00", InvalidError),  # within an instruction
        ("01 00 01 0c 01 00", InvalidError),  # the last end
        ("01 00 01 40 01 00", InvalidError),
        ("01 01 01 05 01 00", InvalidError),  # no such function
        ("01 00 01 05 01 02", MalformedError),
        ("01 00 01 05 02 00 00", MalformedError),
        ("01 00 02 0a 01 00 05 01 00", MalformedError),
        ("02 00 00 00 00", MalformedError),
        ("00 00", MalformedError),
        ("01", MalformedError),
    ],
)
def test_bad_branch_hints(data: str, kind: type[Exception]) -> None:
    module = decode(with_hints(data))
    with pytest.raises(kind):
        check_custom_sections(module)


def test_branch_hints_after_the_code_are_misplaced() -> None:
    with pytest.raises(MalformedError, match="misplaced"):
        check_custom_sections(decode(HEADER + MODULE + hints("00")))


@given(st.binary(max_size=40), st.booleans())
def test_random_contents_never_reject_a_module(data: bytes, as_names: bool) -> None:
    if as_names:
        module = decode(HEADER + names(data))
    else:
        module = decode(HEADER + section(0, b"\x19metadata.code.branch_hint", data))
    try:
        check_custom_sections(module)
    except (MalformedError, InvalidError):
        return
