"""The decoder: bytes to a `Module` (specification, section 5.5).

In: a module's bytes. Out: a `Module`, or MalformedError. Function bodies are not looked into:
they stay ranges of the bytes, and what is malformed in them is found when they are validated.

Sections are read without a bound and must end where their size says, so that a section of the
wrong size is told from bytes that end too early. Counts are compared once all sections are
read, since a section out of order is the worse fault.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm import limits
from zwasm.binary.instructions import InstructionReader
from zwasm.binary.names import BRANCH_HINTS, NAME, read_branch_hints, read_names
from zwasm.binary.reader import UNEXPECTED_END, Reader, malformed
from zwasm.errors import MalformedError
from zwasm.module import (
    MODE_ACTIVE,
    MODE_DECLARATIVE,
    MODE_PASSIVE,
    Custom,
    Data,
    Elem,
    Export,
    Expr,
    Func,
    Global,
    Import,
    Memory,
    Module,
    Table,
    Tag,
)
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_TABLE,
    EXTERN_TAG,
    FUNCREF,
    HEAP_FUNC,
    FuncType,
    ref_type,
)

CUSTOM: Final = 0
TYPE: Final = 1
IMPORT: Final = 2
FUNCTION: Final = 3
TABLE: Final = 4
MEMORY: Final = 5
GLOBAL: Final = 6
EXPORT: Final = 7
START: Final = 8
ELEMENT: Final = 9
CODE: Final = 10
DATA: Final = 11
DATA_COUNT: Final = 12
TAG: Final = 13
# The order in which sections stand, and each id's rank in it.
SECTION_ORDER: Final = (
    TYPE,
    IMPORT,
    FUNCTION,
    TABLE,
    MEMORY,
    TAG,
    GLOBAL,
    EXPORT,
    START,
    ELEMENT,
    DATA_COUNT,
    CODE,
    DATA,
)
RANKS: Final[list[int]] = [0] * 14
for _i, _id in enumerate(SECTION_ORDER):
    RANKS[_id] = _i + 1


def decode(data: bytes) -> Module:
    """Decode a module. Raises MalformedError."""
    if len(data) > limits.MAX_MODULE_SIZE:
        raise malformed("module too large", limits.MAX_MODULE_SIZE)
    magic = data[:4]
    if magic != b"\0asm":
        if len(data) < 4:
            raise malformed("unexpected end", len(data))
        raise malformed("magic header not detected", 0)
    if data[4:8] != b"\1\0\0\0":
        if len(data) < 8:
            raise malformed("unexpected end", len(data))
        raise malformed("unknown binary version", 4)
    decoder = Decoder(data)
    try:
        decoder.sections()
    except MalformedError:
        decoder.check_bodies()  # what comes first in the bytes is told first
        raise
    return decoder.module


class Decoder:
    """Fills `module` from its sections."""

    def __init__(self, data: bytes) -> None:
        self.module = Module(data)
        self.reader = Reader(data, 8, len(data))
        self.instructions = InstructionReader(self.reader)
        self.type_indices: list[int] = []  # of the function section

    def sections(self) -> None:
        """Read all sections."""
        reader = self.reader
        module = self.module
        last = 0
        while reader.pos < reader.end:
            start: i64 = reader.pos
            id = int(reader.byte())
            if id > TAG:
                raise malformed("malformed section id", start)
            size: i64 = self._section_size()
            end: i64 = reader.pos + size
            if id == CUSTOM:
                self._custom(end, last)
                continue
            if RANKS[id] <= RANKS[last]:
                raise malformed("unexpected content after last section", start)
            last = id
            self._section(id)
            if reader.pos != end:
                raise malformed("section size mismatch", end)
        if len(self.type_indices) != len(module.funcs):
            raise malformed("function and code section have inconsistent lengths", reader.end)
        if module.data_count is not None and module.data_count != len(module.datas):
            raise malformed("data count and data section have inconsistent lengths", reader.end)
        for custom in module.customs:
            if custom.name == NAME:
                read_names(module, custom)
            elif custom.name == BRANCH_HINTS:
                read_branch_hints(module, custom)

    def check_bodies(self) -> None:
        """Raise the first fault in the encoding of the function bodies read so far. Bodies are
        read without a bound, as sections are."""
        reader = self.reader
        for func in self.module.funcs:
            reader.pos = func.body.start
            self.instructions.skip_expr()
            if reader.pos != func.body.end:
                return  # the reader was out of step: what follows means nothing

    def _section_size(self) -> i64:
        reader = self.reader
        start: i64 = reader.pos
        try:
            size: i64 = reader.u32()
        except MalformedError as error:
            if error.message == UNEXPECTED_END:
                raise malformed("unexpected end", reader.end) from None
            raise
        if size > reader.end - reader.pos:
            raise malformed("length out of bounds", start)
        return size

    def _custom(self, end: i64, after: int) -> None:
        reader = self.reader
        start: i64 = reader.pos
        if start == end:
            raise malformed("unexpected end", start)
        inner = Reader(reader.data, start, end)
        name = inner.name()
        custom = Custom(name, reader.data[inner.pos : end], after, int(start))
        self.module.customs.append(custom)
        reader.pos = end

    def _section(self, id: int) -> None:
        if id == TYPE:
            self._types()
        elif id == IMPORT:
            self._imports()
        elif id == FUNCTION:
            self._functions()
        elif id == TABLE:
            self._tables()
        elif id == MEMORY:
            self._memories()
        elif id == GLOBAL:
            self._globals()
        elif id == EXPORT:
            self._exports()
        elif id == START:
            self.module.start_place = int(self.reader.pos)
            self.module.start = int(self.reader.u32())
        elif id == ELEMENT:
            self._elems()
        elif id == CODE:
            self._code()
        elif id == DATA:
            self._datas()
        elif id == DATA_COUNT:
            self.module.data_count = int(self.reader.u32())
        else:
            self._tags()

    def _types(self) -> None:
        reader = self.reader
        module = self.module
        types = module.types
        groups = module.groups
        n: i64 = reader.count(limits.MAX_REC_GROUPS, "rec groups")
        while n > 0:
            if reader.peek() == 0x4E:
                start: i64 = reader.pos
                reader.pos += 1
                size: i64 = reader.count(limits.MAX_TYPES, "types")
                if len(types) + size > limits.MAX_TYPES:
                    raise malformed("too many types", start)
                if size == 1:
                    module.explicit_groups.add(len(groups))
                groups.append(int(size))
                while size > 0:
                    types.append(reader.sub_type())
                    size -= 1
            else:
                if len(types) >= limits.MAX_TYPES:
                    raise malformed("too many types", reader.pos)
                groups.append(1)
                types.append(reader.sub_type())
            n -= 1

    def _imports(self) -> None:
        reader = self.reader
        imports = self.module.imports
        n: i64 = reader.count(limits.MAX_IMPORTS, "imports")
        while n > 0:
            start = int(reader.pos)
            module_name = reader.name()
            name = reader.name()
            kind = int(reader.byte())
            entry = Import(module_name, name, kind, place=start)
            if kind == EXTERN_FUNC:
                entry.type_index = int(reader.u32())
            elif kind == EXTERN_TABLE:
                entry.table = reader.table_type()
            elif kind == EXTERN_MEMORY:
                entry.memory = reader.memory_type()
            elif kind == EXTERN_GLOBAL:
                entry.global_ = reader.global_type()
            elif kind == EXTERN_TAG:
                reader.zero()
                entry.type_index = int(reader.u32())
            else:
                raise malformed("malformed import kind", reader.pos - 1)
            imports.append(entry)
            n -= 1

    def _functions(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_FUNCTIONS, "functions")
        while n > 0:
            self.type_indices.append(int(reader.u32()))
            n -= 1

    def _tables(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_TABLES, "tables")
        while n > 0:
            start = int(reader.pos)
            init: Expr | None = None
            if reader.peek() == 0x40:
                reader.pos += 1
                reader.zero()
                type = reader.table_type()
                init = self._expr()
            else:
                type = reader.table_type()
            self.module.tables.append(Table(type, init, start))
            n -= 1

    def _memories(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_MEMORIES, "memories")
        while n > 0:
            start = int(reader.pos)
            self.module.memories.append(Memory(reader.memory_type(), start))
            n -= 1

    def _tags(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_TAGS, "tags")
        while n > 0:
            start = int(reader.pos)
            reader.zero()
            self.module.tags.append(Tag(int(reader.u32()), start))
            n -= 1

    def _globals(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_GLOBALS, "globals")
        while n > 0:
            start = int(reader.pos)
            type = reader.global_type()
            self.module.globals.append(Global(type, self._expr(), start))
            n -= 1

    def _exports(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_EXPORTS, "exports")
        while n > 0:
            start = int(reader.pos)
            name = reader.name()
            kind = int(reader.byte())
            if kind > EXTERN_TAG:
                raise malformed("malformed export kind", reader.pos - 1)
            self.module.exports.append(Export(name, kind, int(reader.u32()), start))
            n -= 1

    def _expr(self) -> Expr:
        """A constant expression, up to its `end`."""
        reader = self.reader
        start: i64 = reader.pos
        opcode: i64 = reader.peek()
        if opcode == 0x41 or opcode == 0x23:  # most are one i32.const or global.get
            reader.pos = start + 1
            if opcode == 0x41:
                reader.s32()
            else:
                reader.u32()
            if reader.peek() == 0x0B:
                reader.pos += 1
                return Expr(int(start), int(reader.pos))
            reader.pos = start
        self.instructions.skip_expr()
        return Expr(int(start), int(reader.pos))

    def _elems(self) -> None:
        n: i64 = self.reader.count(limits.MAX_ELEM_SEGMENTS, "element segments")
        while n > 0:
            self.module.elems.append(self._elem())
            n -= 1

    def _elem(self) -> Elem:
        reader = self.reader
        start = int(reader.pos)
        flags = int(reader.u32())
        if flags > 7:
            raise malformed("malformed elements segment kind", start)
        mode = MODE_ACTIVE
        table = 0
        offset: Expr | None = None
        if flags & 1 == 0:
            if flags & 2:
                table = int(reader.u32())
            offset = self._expr()
        else:
            mode = MODE_DECLARATIVE if flags & 2 else MODE_PASSIVE
        type = FUNCREF if flags & 4 else ref_type(HEAP_FUNC, False)
        if flags & 3:  # all but the oldest form say what the elements are
            if flags & 4:
                type = reader.ref_type()
            elif reader.byte() != 0:
                raise malformed("malformed element kind", reader.pos - 1)
        funcs: list[int] = []
        inits: list[Expr] = []
        n: i64 = reader.count(limits.MAX_TABLE_SIZE, "elements")
        if flags & 4:
            while n > 0:
                inits.append(self._expr())
                n -= 1
        else:
            while n > 0:
                funcs.append(int(reader.u32()))
                n -= 1
        return Elem(flags, type, mode, table, offset, funcs, inits, start)

    def _code(self) -> None:
        reader = self.reader
        funcs = self.module.funcs
        n: i64 = reader.count(limits.MAX_FUNCTIONS, "functions")
        while n > 0:
            size_place: i64 = reader.pos
            size: i64 = reader.u32()
            if size > limits.MAX_BODY_SIZE:
                raise malformed("function body too large", size_place)
            start: i64 = reader.pos
            if size > reader.end - start:
                raise malformed(UNEXPECTED_END, reader.end)
            end: i64 = start + size
            index = len(funcs)
            type_index = self.type_indices[index] if index < len(self.type_indices) else 0
            runs = self._locals(type_index)
            if reader.pos >= end:
                raise malformed("END opcode expected", end)
            funcs.append(Func(type_index, runs, Expr(int(reader.pos), int(end)), int(start)))
            reader.pos = end
            n -= 1

    def _locals(self, type_index: int) -> list[tuple[int, int]]:
        """The declarations of a function's locals."""
        reader = self.reader
        runs: list[tuple[int, int]] = []
        n: i64 = reader.u32()
        if n == 0:
            return runs
        if n > reader.end - reader.pos:
            raise malformed(UNEXPECTED_END, reader.end)
        total: i64 = 0
        types = self.module.types
        if type_index < len(types):
            comp = types[type_index].comp
            if isinstance(comp, FuncType):
                total = len(comp.param_codes)
        while n > 0:
            start: i64 = reader.pos
            count: i64 = reader.u32()
            total += count
            if total > limits.MAX_LOCALS:
                raise malformed("too many locals", start)
            runs.append((int(count), reader.value_type()))
            n -= 1
        return runs

    def _datas(self) -> None:
        reader = self.reader
        n: i64 = reader.count(limits.MAX_DATA_SEGMENTS, "data segments")
        while n > 0:
            start = int(reader.pos)
            flags = int(reader.u32())
            if flags > 2:
                raise malformed("malformed data segment kind", start)
            memory = int(reader.u32()) if flags == 2 else 0
            mode = MODE_PASSIVE if flags == 1 else MODE_ACTIVE
            offset = None if flags == 1 else self._expr()
            init = reader.bytes_()
            self.module.datas.append(Data(flags, mode, memory, offset, init, start))
            n -= 1
