"""One instruction at a time, by its row (specification, section 5.4).

In: a reader. Out: the row of the next instruction and its immediates as a flat list of
numbers, in binary order; and the way back. The printer, the search for the end of a constant
expression and tests use this; the validator reads immediates itself. No typing is done here.

What each kind of immediate gives:

* an index, label, lane, count: itself; two of them for kinds that hold two;
* `IMM_BLOCK`: 0 for no type, a value type's code, or ~x for type index x;
* `IMM_LABELS`: how many labels, the labels, the default label;
* `IMM_MEMARG`: alignment (exponent), memory, offset;
* `IMM_I32`, `IMM_I64`: signed; `IMM_F32`, `IMM_F64`, `IMM_V128`: the bits; `IMM_LANES`: 16;
* `IMM_HEAP`, `IMM_REF_TYPE`: the heap type's code; `IMM_VALTYPES`: how many, the codes;
* `IMM_CATCHES`: how many, then three a clause: its kind, tag (-1 where it has none), label;
* `IMM_CAST`: flags, label, two heap types; `IMM_ZERO`: nothing.
"""

from __future__ import annotations

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.binary.reader import Reader, malformed
from zwasm.isa import BY_CODE, Row
from zwasm.isa import row as r
from zwasm.limits import MAX_BR_TABLE, MAX_CATCHES, MAX_NESTING, MAX_RESULTS

CATCH_NAMES = ("catch", "catch_ref", "catch_all", "catch_all_ref")


class InstructionReader:
    """Reads instructions: `next` sets `row`, `immediates` and `start`, the offset."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.start: i64 = reader.pos
        self.row: Row | None = None
        self.immediates: list[int] = []

    def next(self) -> Row:
        """Read one instruction."""
        reader = self.reader
        self.start = reader.pos
        row = read_opcode(reader)
        self.row = row
        values: list[int] = []
        for kind in row.immediates:
            read_immediate(reader, kind, values)
        self.immediates = values
        return row

    def skip_expr(self) -> None:
        """Read an expression up to its closing `end`."""
        reader = self.reader
        open_ifs: list[bool] = []  # of the open blocks: whether an `else` may come
        while True:
            row = self.next()
            shape = row.shape
            if shape == r.END:
                if not open_ifs:
                    return
                open_ifs.pop()
            elif shape == r.ELSE:
                if not open_ifs or not open_ifs[-1]:
                    raise malformed("misplaced ELSE opcode", self.start)
                open_ifs[-1] = False
            elif shape == r.BLOCK or shape == r.LOOP or shape == r.IF or shape == r.TRY_TABLE:
                if len(open_ifs) >= MAX_NESTING:
                    raise malformed("blocks nested too deeply", reader.pos)
                open_ifs.append(shape == r.IF)


def read_opcode(reader: Reader) -> Row:
    """The row of the instruction whose opcode comes next."""
    start: i64 = reader.pos
    opcode: i64 = reader.byte()
    if opcode == 0xFB or opcode == 0xFC or opcode == 0xFD or opcode == 0xFE:
        code: i64 = reader.u32()
        prefix = int(opcode)
        if code < r.PAGE_SIZES[prefix]:
            row = BY_CODE[r.PAGES[prefix] + int(code)]
            if row is not None:
                return row
        raise malformed(f"illegal opcode {prefix:02x} {code:02x}", start)
    row = BY_CODE[opcode]
    if row is None:
        raise malformed(f"illegal opcode {opcode:02x}", start)
    return row


def read_immediate(reader: Reader, kind: int, values: list[int]) -> None:
    """Read an immediate and append what it gives."""
    if r.IMM_TYPE <= kind <= r.IMM_FIELD or kind == r.IMM_LABEL or kind == r.IMM_COUNT:
        values.append(int(reader.u32()))
    elif kind == r.IMM_MEMARG:
        _read_memarg(reader, values)
    elif kind == r.IMM_I32:
        values.append(int(reader.s32()))
    elif kind == r.IMM_I64:
        values.append(int(reader.s64()))
    elif kind == r.IMM_F32:
        values.append(reader.little(4))
    elif kind == r.IMM_F64:
        values.append(reader.little(8))
    elif kind == r.IMM_V128:
        values.append(reader.little(16))
    elif kind == r.IMM_BLOCK:
        values.append(reader.block_type())
    elif kind == r.IMM_LABELS:
        _read_labels(reader, values)
    elif kind == r.IMM_LANE:
        values.append(int(reader.byte()))
    elif kind == r.IMM_LANES:
        for _ in range(16):
            values.append(int(reader.byte()))
    elif kind == r.IMM_HEAP or kind == r.IMM_REF_TYPE:
        values.append(reader.heap_type())
    elif kind == r.IMM_VALTYPES:
        codes = reader.value_types(MAX_RESULTS, "results")
        values.append(len(codes))
        values.extend(codes)
    elif kind == r.IMM_CATCHES:
        _read_catches(reader, values)
    elif kind == r.IMM_CAST:
        flags: i64 = reader.byte()
        if flags > 3:
            raise malformed("malformed cast flags", reader.pos - 1)
        values.append(int(flags))
        values.append(int(reader.u32()))
        values.append(reader.heap_type())
        values.append(reader.heap_type())
    elif kind == r.IMM_ZERO:
        reader.zero()
    else:  # the kinds with two indices
        values.append(int(reader.u32()))
        values.append(int(reader.u32()))


def _read_memarg(reader: Reader, values: list[int]) -> None:
    start: i64 = reader.pos
    flags: i64 = reader.u32()
    if flags >= 0x80:
        raise malformed("malformed memop flags", start)
    values.append(int(flags & 0x3F))
    values.append(int(reader.u32()) if flags & 0x40 != 0 else 0)
    values.append(reader.u64())


def _read_labels(reader: Reader, values: list[int]) -> None:
    n: i64 = reader.count(MAX_BR_TABLE, "branch targets")
    values.append(int(n))
    while n >= 0:
        values.append(int(reader.u32()))
        n -= 1


def _read_catches(reader: Reader, values: list[int]) -> None:
    n: i64 = reader.count(MAX_CATCHES, "catch clauses")
    values.append(int(n))
    while n > 0:
        kind: i64 = reader.byte()
        if kind > 3:
            raise malformed("malformed catch clause", reader.pos - 1)
        values.append(int(kind))
        values.append(int(reader.u32()) if kind < 2 else -1)
        values.append(int(reader.u32()))
        n -= 1


def write_instruction(out: bytearray, row: Row, values: list[int]) -> None:
    """Append an instruction's encoding, given its immediates as they are read."""
    write.opcode(out, row.prefix, row.code)
    i = 0
    for kind in row.immediates:
        i = _write_immediate(out, kind, values, i)


def _write_immediate(out: bytearray, kind: int, values: list[int], i: int) -> int:
    """Append the immediate whose values start at `i`; returns where the next one's start."""
    if kind == r.IMM_ZERO:
        out.append(0)
        return i
    value = values[i]
    if r.IMM_TYPE <= kind <= r.IMM_FIELD or kind == r.IMM_LABEL or kind == r.IMM_COUNT:
        write.u32(out, value)
        return i + 1
    if kind == r.IMM_MEMARG:
        write.memarg(out, value, values[i + 1], values[i + 2])
        return i + 3
    if kind == r.IMM_I32:
        write.s32(out, value)
    elif kind == r.IMM_I64:
        write.s64(out, value)
    elif kind == r.IMM_F32:
        out += value.to_bytes(4, "little")
    elif kind == r.IMM_F64:
        out += value.to_bytes(8, "little")
    elif kind == r.IMM_V128:
        out += value.to_bytes(16, "little")
    elif kind == r.IMM_BLOCK:
        if value < 0:
            write.s33(out, ~value)
        else:
            write.block_type(out, (), (value,) if value else ())
    elif kind == r.IMM_LANE:
        out.append(value)
    elif kind == r.IMM_HEAP or kind == r.IMM_REF_TYPE:
        write.heap_type(out, value)
    elif kind == r.IMM_LANES:
        out += bytes(values[i : i + 16])
        return i + 16
    elif kind == r.IMM_LABELS:
        for label in values[i : i + value + 2]:
            write.u32(out, label)
        return i + value + 2
    elif kind == r.IMM_VALTYPES:
        write.value_types(out, tuple(values[i + 1 : i + 1 + value]))
        return i + 1 + value
    elif kind == r.IMM_CATCHES:
        write.u32(out, value)
        for at in range(i + 1, i + 1 + 3 * value, 3):
            out.append(values[at])
            if values[at] < 2:
                write.u32(out, values[at + 1])
            write.u32(out, values[at + 2])
        return i + 1 + 3 * value
    elif kind == r.IMM_CAST:
        out.append(value)
        write.u32(out, values[i + 1])
        write.heap_type(out, values[i + 2])
        write.heap_type(out, values[i + 3])
        return i + 4
    else:  # the kinds with two indices
        write.u32(out, value)
        write.u32(out, values[i + 1])
        return i + 2
    return i + 1
