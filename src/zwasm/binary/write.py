"""The encoder's smallest pieces (specification, sections 5.2 and 5.3).

In: numbers, names and types. Out: their bytes, appended to a bytearray. What a module or an
instruction is made of is not here (see `zwasm.binary.encode`). Values out of range are the
caller's fault: integers are cut to the type's width.
"""

from __future__ import annotations

from zwasm.types import (
    HEAP_INDEX,
    HEAP_SHIFT,
    NULL_BIT,
    REF_BIT,
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    StructType,
    SubType,
    TableType,
)


def unsigned(out: bytearray, value: int) -> None:
    """An unsigned LEB128 number, in as few bytes as it takes."""
    while value >= 0x80:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)


def signed(out: bytearray, value: int) -> None:
    """A signed LEB128 number, in as few bytes as it takes."""
    while value < -0x40 or value >= 0x40:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value & 0x7F)


def u32(out: bytearray, value: int) -> None:
    """An unsigned 32-bit number; also every index and length."""
    unsigned(out, value & 0xFFFF_FFFF)


def u64(out: bytearray, value: int) -> None:
    """An unsigned 64-bit number."""
    unsigned(out, value & 0xFFFF_FFFF_FFFF_FFFF)


def s32(out: bytearray, value: int) -> None:
    """A 32-bit number in signed LEB128, given signed or unsigned."""
    signed(out, ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000)


def s33(out: bytearray, value: int) -> None:
    """A signed 33-bit number: a type index where a type could stand as well."""
    signed(out, ((value & 0x1_FFFF_FFFF) ^ 0x1_0000_0000) - 0x1_0000_0000)


def s64(out: bytearray, value: int) -> None:
    """A 64-bit number in signed LEB128, given signed or unsigned."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    signed(out, (value ^ 0x8000_0000_0000_0000) - 0x8000_0000_0000_0000)


def vector(out: bytearray, data: bytes) -> None:
    """A vector of bytes: length and contents."""
    unsigned(out, len(data))
    out += data


def name(out: bytearray, text: str) -> None:
    """A name: a vector of its UTF-8 bytes."""
    vector(out, text.encode("utf-8"))


def heap_type(out: bytearray, heap: int) -> None:
    """A heap type: an abstract one's byte, or a type index."""
    if heap >= HEAP_INDEX:
        signed(out, heap - HEAP_INDEX)
    else:
        out.append(heap)


def value_type(out: bytearray, code: int) -> None:
    """A value type or packed type."""
    if code & REF_BIT == 0:
        out.append(code)
        return
    heap = code >> HEAP_SHIFT
    if code & NULL_BIT == 0:
        out.append(0x64)
    elif heap >= HEAP_INDEX:
        out.append(0x63)
    heap_type(out, heap)


def value_types(out: bytearray, codes: tuple[int, ...]) -> None:
    """A vector of value types: a result type."""
    unsigned(out, len(codes))
    for code in codes:
        value_type(out, code)


def block_type(out: bytearray, params: tuple[int, ...], results: tuple[int, ...]) -> bool:
    """A block type that needs no type index: none, or one result and no parameter. Returns
    False, and writes nothing, where an index is needed (`s33` writes it)."""
    if params or len(results) > 1:
        return False
    if results:
        value_type(out, results[0])
    else:
        out.append(0x40)
    return True


def memarg(out: bytearray, align: int, memory: int, offset: int) -> None:
    """A memory access's immediate; `align` is a power of two's exponent."""
    if memory:
        unsigned(out, align | 0x40)
        unsigned(out, memory)
    else:
        unsigned(out, align)
    unsigned(out, offset)


def limits(
    out: bytearray, minimum: int, maximum: int | None, is64: bool, shared: bool = False
) -> None:
    """Limits with their flags."""
    flags = (0 if maximum is None else 1) | (2 if shared else 0) | (4 if is64 else 0)
    out.append(flags)
    unsigned(out, minimum)
    if maximum is not None:
        unsigned(out, maximum)


def table_type(out: bytearray, table: TableType) -> None:
    """A table type."""
    value_type(out, table.element_code)
    limits(out, table.minimum, table.maximum, table.is64)


def memory_type(out: bytearray, memory: MemoryType) -> None:
    """A memory type."""
    limits(out, memory.minimum, memory.maximum, memory.is64, memory.shared)


def global_type(out: bytearray, global_: GlobalType) -> None:
    """A global type."""
    value_type(out, global_.content_code)
    out.append(1 if global_.mutable else 0)


def field_type(out: bytearray, field: FieldType) -> None:
    """A field of a structure or array."""
    value_type(out, field.storage)
    out.append(1 if field.mutable else 0)


def sub_type(out: bytearray, sub: SubType) -> None:
    """A type definition, in the short form where it is final and has no supertype."""
    if not sub.final or sub.supers:
        out.append(0x4F if sub.final else 0x50)
        unsigned(out, len(sub.supers))
        for heap in sub.supers:
            unsigned(out, heap - HEAP_INDEX)
    comp = sub.comp
    if isinstance(comp, FuncType):
        out.append(0x60)
        value_types(out, comp.param_codes)
        value_types(out, comp.result_codes)
    elif isinstance(comp, StructType):
        out.append(0x5F)
        unsigned(out, len(comp.fields))
        for field in comp.fields:
            field_type(out, field)
    elif isinstance(comp, ArrayType):
        out.append(0x5E)
        field_type(out, comp.field)


def opcode(out: bytearray, prefix: int, code: int) -> None:
    """An instruction's encoding: a byte, or a prefix byte and a number (a row's `prefix` and
    `code`)."""
    if prefix:
        out.append(prefix)
        unsigned(out, code)
    else:
        out.append(code)


def local_runs(out: bytearray, runs: list[tuple[int, int]]) -> None:
    """The local declarations at the start of a function's code: (count, value type) runs."""
    unsigned(out, len(runs))
    for count, code in runs:
        unsigned(out, count)
        value_type(out, code)


def section(out: bytearray, section_id: int, contents: bytes | bytearray) -> None:
    """A section with its id and size."""
    out.append(section_id)
    unsigned(out, len(contents))
    out += contents
