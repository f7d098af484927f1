"""Reading single instructions by their rows."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.modules import ROWS, exprs, instruction, instructions
from zwasm.binary.instructions import InstructionReader, write_instruction
from zwasm.binary.reader import Reader
from zwasm.errors import MalformedError
from zwasm.isa import Row
from zwasm.module import Expr, Module


def reader_of(data: bytes) -> InstructionReader:
    return InstructionReader(Reader(data, 0, len(data)))


@given(instruction())
def test_what_is_written_is_read(case: tuple[Row, list[int]]) -> None:
    row, values = case
    out = bytearray()
    write_instruction(out, row, values)
    reader = reader_of(bytes(out))
    assert reader.next() is row
    assert reader.immediates == values
    assert reader.reader.pos == len(out)


@given(exprs())
def test_an_expression_ends_at_its_end(data: bytes) -> None:
    reader = reader_of(data + b"\x0b\x0b")
    reader.skip_expr()
    assert reader.reader.pos == len(data)
    assert instructions(Module(data), Expr(0, len(data)))[-1][0].name == "end"


def test_every_other_opcode_is_illegal() -> None:
    known = {(row.prefix, row.code) for row in ROWS}
    for byte in range(256):
        if (0, byte) not in known and byte not in (0xFB, 0xFC, 0xFD, 0xFE):
            with pytest.raises(MalformedError, match=f"illegal opcode {byte:02x}"):
                reader_of(bytes([byte, 0, 0])).next()
    for prefix in (0xFB, 0xFC, 0xFD, 0xFE):
        for code in (*range(0x80), 0x1FF, 0x200, 0xFFFF):
            if (prefix, code) not in known:
                number = bytes([code & 0x7F | 0x80, code >> 7 & 0x7F | 0x80, code >> 14])
                with pytest.raises(MalformedError, match="illegal opcode"):
                    reader_of(bytes([prefix]) + number).next()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("28800100", "malformed memop flags"),
        ("fb1804000000", "malformed cast flags"),
        ("1f40010400000b", "malformed catch clause"),
        ("fe0301", "zero byte expected"),
        ("fd0c0000", "unexpected end of section or function"),
        ("0effffffff0f00", "too many branch targets"),
        ("0e0900", "unexpected end of section or function"),
        ("fc8080808070", "integer too large"),
        ("", "unexpected end of section or function"),
    ],
)
def test_bad_immediates(data: str, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        reader_of(bytes.fromhex(data)).next()
    assert caught.value.message == message


@pytest.mark.parametrize("data", ["050b", "02400b050b", "0440050505", "0340050b0b"])
def test_else_without_if(data: str) -> None:
    with pytest.raises(MalformedError, match="misplaced ELSE opcode"):
        reader_of(bytes.fromhex(data)).skip_expr()


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(MalformedError, match="nested too deeply"):
        reader_of(b"\x02\x40" * 100_000).skip_expr()
