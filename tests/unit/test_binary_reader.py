"""Numbers, names and types in the binary format."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.modules import sub_types
from zwasm.binary import write
from zwasm.binary.reader import Reader
from zwasm.errors import MalformedError

KINDS: dict[str, tuple[Callable[[bytearray, int], None], int, int]] = {
    "u32": (write.u32, 0, (1 << 32) - 1),
    "u64": (write.u64, 0, (1 << 64) - 1),
    "s32": (write.s32, -(1 << 31), (1 << 31) - 1),
    "s33": (write.s33, -(1 << 32), (1 << 32) - 1),
    "s64": (write.s64, -(1 << 63), (1 << 63) - 1),
}


def read(kind: str, data: bytes) -> int:
    reader = Reader(data, 0, len(data))
    value = getattr(reader, kind)()
    assert reader.pos == len(data)
    return int(value)


def written(kind: str, value: int) -> bytearray:
    out = bytearray()
    KINDS[kind][0](out, value)
    return out


def failure(kind: str, data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        read(kind, data)
    assert caught.value.offset is not None
    return caught.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_edges_of_the_range(kind: str) -> None:
    _, low, high = KINDS[kind]
    for value in {low, low + 1, -1, 0, 1, 63, 64, 127, 128, high - 1, high}:
        if low <= value <= high:
            assert read(kind, bytes(written(kind, value))) == value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_is_written_is_read(kind: str, data: st.DataObject) -> None:
    _, low, high = KINDS[kind]
    value = data.draw(st.integers(low, high))
    assert read(kind, bytes(written(kind, value))) == value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_padding_is_read_up_to_the_longest_form(kind: str, data: st.DataObject) -> None:
    _, low, high = KINDS[kind]
    value = data.draw(st.integers(low, high))
    out = written(kind, value)
    longest = 10 if "64" in kind else 5
    fill = 0x7F if value < 0 else 0
    while len(out) < longest:
        out[-1] |= 0x80
        out.append(fill)
        assert read(kind, bytes(out)) == value
    out[-1] |= 0x80
    out.append(fill)
    assert failure(kind, bytes(out)) == "integer representation too long"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("u32", "ffffffff1f"),
        ("u32", "8080808070"),
        ("u64", "80808080808080808002"),
        ("u64", "8080808080808080807e"),
        ("s32", "8080808008"),
        ("s32", "808080800f"),
        ("s32", "ffffffff0f"),
        ("s32", "ffffffff77"),
        ("s33", "8080808010"),
        ("s33", "ffffffff6f"),
        ("s64", "80808080808080808001"),
        ("s64", "8080808080808080807e"),
        ("s64", "ffffffffffffffffff01"),
    ],
)
def test_unused_bits_must_extend_the_sign(kind: str, data: str) -> None:
    assert failure(kind, bytes.fromhex(data)) == "integer too large"


@pytest.mark.parametrize("kind", KINDS)
def test_an_unfinished_number(kind: str) -> None:
    assert failure(kind, b"") == "unexpected end of section or function"
    assert failure(kind, b"\x80\x80") == "unexpected end of section or function"


def test_nothing_is_read_past_the_end() -> None:
    reader = Reader(b"\x80\x00\x00", 0, 1)
    with pytest.raises(MalformedError):
        reader.u32()


def test_names() -> None:
    assert Reader(b"\x03\xe2\x82\xac", 0, 4).name() == "€"
    for bad in (b"\x01\x80", b"\x03\xed\xa0\x80", b"\x02\xc0\x80", b"\x04\xf4\x90\x80\x80"):
        with pytest.raises(MalformedError, match="malformed UTF-8 encoding"):
            Reader(bad, 0, len(bad)).name()
    with pytest.raises(MalformedError, match="length out of bounds"):
        Reader(b"\x05abc", 0, 4).name()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("7a", "malformed value type"),
        ("40", "malformed value type"),
        ("68", "malformed value type"),
        ("78", "malformed value type"),
        ("ff7f", "integer representation too long"),
        ("6368", "malformed heap type"),
        ("647f", "malformed heap type"),
        ("64f07f", "malformed heap type"),
        ("63", "unexpected end of section or function"),
    ],
)
def test_bad_value_types(data: str, message: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(MalformedError) as caught:
        Reader(raw, 0, len(raw)).value_type()
    assert caught.value.message == message


def test_block_types() -> None:
    def block_type(data: str) -> int:
        raw = bytes.fromhex(data)
        return Reader(raw, 0, len(raw)).block_type()

    assert block_type("40") == 0
    assert block_type("7f") == 0x7F
    assert block_type("00") == ~0
    assert block_type("ffffffff0f") == ~0xFFFF_FFFF
    for bad in ("78", "c07f", "ff7f", "41"):
        with pytest.raises(MalformedError, match="malformed block type"):
            block_type(bad)


@given(sub_types)
def test_type_definitions_are_read_as_written(sub: object) -> None:
    out = bytearray()
    write.sub_type(out, sub)  # type: ignore[arg-type]
    reader = Reader(bytes(out), 0, len(out))
    again = bytearray()
    write.sub_type(again, reader.sub_type())
    assert reader.pos == len(out)
    assert again == out
