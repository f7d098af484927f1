"""Reading of numbers, names and types from bytes (specification, sections 5.2 and 5.3).

In: bytes and a range of them. Out: values, or MalformedError with the byte offset where the
reading went wrong. What a section or an instruction is made of is not here.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.errors import MalformedError
from zwasm.limits import MAX_PARAMS, MAX_RESULTS, MAX_STRING, MAX_STRUCT_FIELDS
from zwasm.types import (
    HEAP_EXN,
    HEAP_INDEX,
    HEAP_NOEXN,
    I8,
    I16,
    I32,
    V128,
    ArrayType,
    CompType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    StructType,
    SubType,
    TableType,
    ref_type,
)

UNEXPECTED_END: Final = "unexpected end of section or function"
TOO_LONG: Final = "integer representation too long"
TOO_LARGE: Final = "integer too large"

LOWEST_I64: Final = -0x7FFF_FFFF_FFFF_FFFF - 1


def malformed(message: str, offset: int) -> MalformedError:
    """A MalformedError with its offset."""
    return MalformedError(message, offset=offset)


class Reader:
    """A position in `data`; nothing at or past `end` is read."""

    def __init__(self, data: bytes, pos: i64, end: i64) -> None:
        self.data = data
        self.pos: i64 = pos
        self.end: i64 = end

    def byte(self) -> i64:
        """One byte."""
        p: i64 = self.pos
        if p >= self.end:
            raise malformed(UNEXPECTED_END, p)
        self.pos = p + 1
        return i64(self.data[p])

    def peek(self) -> i64:
        """The next byte, which stays unread."""
        p: i64 = self.pos
        if p >= self.end:
            raise malformed(UNEXPECTED_END, p)
        return i64(self.data[p])

    def zero(self) -> None:
        """A byte that the format reserves."""
        if self.byte() != 0:
            raise malformed("zero byte expected", self.pos - 1)

    def u32(self) -> i64:
        """An unsigned 32-bit number."""
        p: i64 = self.pos
        if p < self.end:
            b: i64 = i64(self.data[p])
            if b < 0x80:
                self.pos = p + 1
                return b
        return self._u32_slow()

    def _u32_slow(self) -> i64:
        start: i64 = self.pos
        p: i64 = start
        data = self.data
        end: i64 = self.end
        result: i64 = 0
        shift: i64 = 0
        while True:
            if p >= end:
                raise malformed(UNEXPECTED_END, p)
            b: i64 = i64(data[p])
            p += 1
            if shift == 28:
                if b & 0x70 != 0:
                    raise malformed(TOO_LARGE, start)
                if b >= 0x80:
                    raise malformed(TOO_LONG, start)
            result |= (b & 0x7F) << shift
            if b < 0x80:
                self.pos = p
                return result
            shift += 7

    def u64(self) -> int:
        """An unsigned 64-bit number, which an i64 does not hold."""
        start: i64 = self.pos
        p: i64 = start
        data = self.data
        end: i64 = self.end
        result: i64 = 0
        shift: i64 = 0
        while True:
            if p >= end:
                raise malformed(UNEXPECTED_END, p)
            b: i64 = i64(data[p])
            p += 1
            if shift == 63:
                if b & 0x7E != 0:
                    raise malformed(TOO_LARGE, start)
                if b >= 0x80:
                    raise malformed(TOO_LONG, start)
                self.pos = p
                return int(result) + (0x8000_0000_0000_0000 if b == 1 else 0)
            result |= (b & 0x7F) << shift
            if b < 0x80:
                self.pos = p
                return int(result)
            shift += 7

    def s32(self) -> i64:
        """A signed 32-bit number."""
        return self._signed(28, 0x78)

    def s33(self) -> i64:
        """A signed 33-bit number."""
        return self._signed(28, 0x70)

    def _signed(self, last: i64, mask: i64) -> i64:
        """A signed number of at most `last` + 7 bits, where the bits `mask` of the last byte
        it may take must be all alike."""
        start: i64 = self.pos
        p: i64 = start
        data = self.data
        end: i64 = self.end
        result: i64 = 0
        shift: i64 = 0
        while True:
            if p >= end:
                raise malformed(UNEXPECTED_END, p)
            b: i64 = i64(data[p])
            p += 1
            if shift == last:
                if b & mask != 0 and b & mask != mask:
                    raise malformed(TOO_LARGE, start)
                if b >= 0x80:
                    raise malformed(TOO_LONG, start)
            if b < 0x80:
                self.pos = p
                if b & 0x40 != 0:
                    b -= 0x80
                return result + (b << shift)
            result |= (b & 0x7F) << shift
            shift += 7

    def s64(self) -> i64:
        """A signed 64-bit number."""
        start: i64 = self.pos
        p: i64 = start
        data = self.data
        end: i64 = self.end
        result: i64 = 0
        shift: i64 = 0
        while True:
            if p >= end:
                raise malformed(UNEXPECTED_END, p)
            b: i64 = i64(data[p])
            p += 1
            if shift == 63:
                if b & 0x7F != 0 and b & 0x7F != 0x7F:
                    raise malformed(TOO_LARGE, start)
                if b >= 0x80:
                    raise malformed(TOO_LONG, start)
                self.pos = p
                return result if b == 0 else result + LOWEST_I64
            if b < 0x80:
                self.pos = p
                if b & 0x40 != 0:
                    b -= 0x80
                return result + (b << shift)
            result |= (b & 0x7F) << shift
            shift += 7

    def little(self, size: i64) -> int:
        """A number of `size` bytes, the lowest first."""
        p: i64 = self.pos
        if size > self.end - p:
            raise malformed(UNEXPECTED_END, self.end)
        self.pos = p + size
        return int.from_bytes(self.data[p : p + size], "little")

    def count(self, limit: int, what: str) -> i64:
        """A vector's length. Each element takes at least one byte, so that a length past the
        remaining bytes is refused before anything is made of it."""
        start: i64 = self.pos
        n: i64 = self.u32()
        if n > limit:
            raise malformed(f"too many {what}", start)
        if n > self.end - self.pos:
            raise malformed(UNEXPECTED_END, self.end)
        return n

    def bytes_(self) -> bytes:
        """A vector of bytes."""
        n: i64 = self.u32()
        p: i64 = self.pos
        if n > self.end - p:
            raise malformed(UNEXPECTED_END, self.end)
        self.pos = p + n
        return self.data[p : p + n]

    def name(self) -> str:
        """A name."""
        start: i64 = self.pos
        n: i64 = self.u32()
        p: i64 = self.pos
        if n > self.end - p:
            raise malformed("length out of bounds", start)
        if n > MAX_STRING:
            raise malformed("name too long", start)
        self.pos = p + n
        try:
            return self.data[p : p + n].decode("utf-8")
        except UnicodeDecodeError:
            raise malformed("malformed UTF-8 encoding", p) from None

    def heap_type(self) -> int:
        """A heap type."""
        b: i64 = self.peek()
        if HEAP_EXN <= b <= HEAP_NOEXN:
            self.pos += 1
            return int(b)
        start: i64 = self.pos
        index: i64 = self.s33()
        if index < 0:
            raise malformed("malformed heap type", start)
        return HEAP_INDEX + int(index)

    def _type(self, message: str) -> int:
        """A value type, or 0 with nothing read where there is none."""
        b: i64 = self.peek()
        if V128 <= b <= I32:
            self.pos += 1
            return int(b)
        if HEAP_EXN <= b <= HEAP_NOEXN:
            self.pos += 1
            return ref_type(int(b), True)
        if b == 0x63 or b == 0x64:
            self.pos += 1
            return ref_type(self.heap_type(), b == 0x63)
        if b >= 0x80:
            message = TOO_LONG
        raise malformed(message, self.pos)

    def value_type(self) -> int:
        """A value type."""
        return self._type("malformed value type")

    def ref_type(self) -> int:
        """A reference type."""
        b: i64 = self.peek()
        if V128 <= b <= I32:
            raise malformed("malformed reference type", self.pos)
        return self._type("malformed reference type")

    def value_types(self, limit: int, what: str) -> tuple[int, ...]:
        """A vector of value types."""
        n: i64 = self.count(limit, what)
        codes: list[int] = []
        while n > 0:
            codes.append(self.value_type())
            n -= 1
        return tuple(codes)

    def block_type(self) -> int:
        """A block type: 0 for none, a value type's code, or ~x for type index x."""
        b: i64 = self.peek()
        if b == 0x40:
            self.pos += 1
            return 0
        if 0x40 < b < 0x80:
            return self._type("malformed block type")
        start: i64 = self.pos
        index: i64 = self.s33()
        if index < 0:
            raise malformed("malformed block type", start)
        return int(~index)

    def mutable(self) -> bool:
        """A mutability."""
        b: i64 = self.byte()
        if b > 1:
            raise malformed("malformed mutability", self.pos - 1)
        return b == 1

    def field_type(self) -> FieldType:
        """A field of a structure or array."""
        b: i64 = self.peek()
        if I16 <= b <= I8:
            self.pos += 1
            storage = int(b)
        else:
            storage = self._type("malformed storage type")
        return FieldType(storage, self.mutable())

    def comp_type(self) -> CompType:
        """A composite type."""
        b: i64 = self.byte()
        if b == 0x60:
            params = self.value_types(MAX_PARAMS, "parameters")
            return FuncType(params, self.value_types(MAX_RESULTS, "results"))
        if b == 0x5F:
            fields: list[FieldType] = []
            n: i64 = self.count(MAX_STRUCT_FIELDS, "fields")
            while n > 0:
                fields.append(self.field_type())
                n -= 1
            return StructType(tuple(fields))
        if b == 0x5E:
            return ArrayType(self.field_type())
        raise malformed(TOO_LONG if b >= 0x80 else "malformed composite type", self.pos - 1)

    def sub_type(self) -> SubType:
        """A type definition."""
        start = int(self.pos)
        b: i64 = self.peek()
        if b != 0x50 and b != 0x4F:
            return SubType(True, (), self.comp_type(), start)
        self.pos += 1
        supers: list[int] = []
        n: i64 = self.count(MAX_PARAMS, "supertypes")
        while n > 0:
            supers.append(HEAP_INDEX + int(self.u32()))
            n -= 1
        return SubType(b == 0x4F, tuple(supers), self.comp_type(), start)

    def limits_flags(self, known: i64) -> i64:
        """The flags of limits, whose bits are among `known`."""
        flags: i64 = self.byte()
        if flags & ~known != 0:
            raise malformed("malformed limits flags", self.pos - 1)
        return flags

    def table_type(self) -> TableType:
        """A table type."""
        element = self.ref_type()
        flags: i64 = self.limits_flags(5)
        minimum = self.u64()
        maximum = self.u64() if flags & 1 != 0 else None
        return TableType(element, minimum, maximum, flags & 4 != 0)

    def memory_type(self) -> MemoryType:
        """A memory type."""
        flags: i64 = self.limits_flags(7)
        minimum = self.u64()
        maximum = self.u64() if flags & 1 != 0 else None
        return MemoryType(minimum, maximum, flags & 4 != 0, flags & 2 != 0)

    def global_type(self) -> GlobalType:
        """A global type."""
        content = self.value_type()
        return GlobalType(content, self.mutable())
