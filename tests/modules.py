"""Modules for tests: structural comparison, and strategies that make modules of every kind.

The modules made are well-formed but seldom valid: indices point anywhere.
"""

from __future__ import annotations

from hypothesis import strategies as st

from zwasm.binary import write
from zwasm.binary.instructions import InstructionReader, write_instruction
from zwasm.binary.reader import Reader
from zwasm.isa import BY_CODE, Row
from zwasm.isa import row as r
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
    F32,
    F64,
    FUNCREF,
    HEAP_FUNC,
    HEAP_INDEX,
    HEAP_NAMES,
    I8,
    I16,
    I32,
    I64,
    V128,
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    StructType,
    SubType,
    TableType,
    ref_type,
)

U32 = 0xFFFF_FFFF
U64 = 0xFFFF_FFFF_FFFF_FFFF
ROWS = [row for row in BY_CODE if row is not None]
BLOCKS = (r.BLOCK, r.LOOP, r.IF, r.TRY_TABLE)


def describe(module: Module) -> dict[str, object]:
    """A module as nested plain data without places: equal for the same module."""

    def code(expr: Expr | None) -> bytes | None:
        return None if expr is None else module.data[expr.start : expr.end]

    def comp(sub: SubType) -> object:
        c = sub.comp
        if isinstance(c, FuncType):
            return ("func", c.param_codes, c.result_codes)
        if isinstance(c, StructType):
            return ("struct", [(f.storage, f.mutable) for f in c.fields])
        return ("array", c.field.storage, c.field.mutable)

    names = module.names
    return {
        "types": [(t.final, t.supers, comp(t)) for t in module.types],
        "groups": module.groups,
        "explicit_groups": module.explicit_groups,
        "imports": [
            (i.module, i.name, i.kind, i.type_index, i.table, i.memory, i.global_)
            for i in module.imports
        ],
        "funcs": [(f.type_index, f.locals, code(f.body)) for f in module.funcs],
        "tables": [(t.type, code(t.init)) for t in module.tables],
        "memories": [m.type for m in module.memories],
        "tags": [t.type_index for t in module.tags],
        "globals": [(g.type, code(g.init)) for g in module.globals],
        "exports": [(e.name, e.kind, e.index) for e in module.exports],
        "start": module.start,
        "elems": [
            (e.flags, e.type, e.mode, e.table, code(e.offset), e.funcs, [code(i) for i in e.inits])
            for e in module.elems
        ],
        "data_count": module.data_count,
        "datas": [(d.flags, d.mode, d.memory, code(d.offset), d.init) for d in module.datas],
        "customs": [(c.name, c.data, c.after) for c in module.customs],
        "names": [
            names.module,
            names.funcs,
            names.locals,
            names.labels,
            names.types,
            names.tables,
            names.memories,
            names.globals,
            names.elems,
            names.datas,
            names.fields,
            names.tags,
        ],
        "branch_hints": module.branch_hints,
    }


def same_module(a: Module, b: Module) -> bool:
    """Whether two modules have the same structure, whatever their places."""
    return describe(a) == describe(b)


def instructions(module: Module, expr: Expr) -> list[tuple[Row, list[int]]]:
    """The instructions of an expression, the final `end` included."""
    reader = InstructionReader(Reader(module.data, expr.start, expr.end))
    found: list[tuple[Row, list[int]]] = []
    while reader.reader.pos < expr.end:
        row = reader.next()
        found.append((row, reader.immediates))
    return found


u32s = st.one_of(st.integers(0, 300), st.integers(0, U32))
u64s = st.one_of(st.integers(0, 300), st.integers(0, U64))
heaps = st.one_of(st.sampled_from(sorted(HEAP_NAMES)), u32s.map(lambda x: HEAP_INDEX + x))
ref_types = st.builds(ref_type, heaps, st.booleans())
num_types = st.sampled_from([I32, I64, F32, F64, V128])
value_types = st.one_of(num_types, ref_types)
maxima = st.one_of(st.none(), u64s)
table_types = st.builds(TableType, ref_types, u64s, maxima, st.booleans())
memory_types = st.builds(MemoryType, u64s, maxima, st.booleans(), st.booleans())
global_types = st.builds(GlobalType, value_types, st.booleans())
fields = st.builds(FieldType, st.one_of(value_types, st.sampled_from([I8, I16])), st.booleans())
name_strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
results = st.lists(value_types, max_size=4)
comps = st.one_of(
    st.builds(FuncType, results, results),
    st.builds(lambda f: StructType(tuple(f)), st.lists(fields, max_size=3)),
    st.builds(ArrayType, fields),
)
supers = st.lists(u32s.map(lambda x: HEAP_INDEX + x), max_size=2).map(tuple)
sub_types = st.builds(SubType, st.booleans(), supers, comps)


@st.composite
def immediate(draw: st.DrawFn, kind: int) -> list[int]:
    """The values of one immediate."""
    if kind == r.IMM_ZERO:
        return []
    if kind == r.IMM_MEMARG:
        return [draw(st.integers(0, 63)), draw(u32s), draw(u64s)]
    if kind == r.IMM_I32:
        return [draw(st.integers(-(1 << 31), (1 << 31) - 1))]
    if kind == r.IMM_I64:
        return [draw(st.integers(-(1 << 63), (1 << 63) - 1))]
    if kind == r.IMM_F32:
        return [draw(st.integers(0, U32))]
    if kind == r.IMM_F64:
        return [draw(st.integers(0, U64))]
    if kind == r.IMM_V128:
        return [draw(st.integers(0, (1 << 128) - 1))]
    if kind == r.IMM_BLOCK:
        return [draw(st.one_of(st.just(0), value_types, u32s.map(lambda x: ~x)))]
    if kind == r.IMM_LANE:
        return [draw(st.integers(0, 255))]
    if kind == r.IMM_LANES:
        return draw(st.lists(st.integers(0, 255), min_size=16, max_size=16))
    if kind in (r.IMM_HEAP, r.IMM_REF_TYPE):
        return [draw(heaps)]
    if kind == r.IMM_LABELS:
        labels = draw(st.lists(u32s, min_size=1, max_size=5))
        return [len(labels) - 1, *labels]
    if kind == r.IMM_VALTYPES:
        codes = draw(results)
        return [len(codes), *codes]
    if kind == r.IMM_CATCHES:
        count = draw(st.integers(0, 3))
        values = [count]
        for _ in range(count):
            clause = draw(st.integers(0, 3))
            values += [clause, draw(u32s) if clause < 2 else -1, draw(u32s)]
        return values
    if kind == r.IMM_CAST:
        return [draw(st.integers(0, 3)), draw(u32s), draw(heaps), draw(heaps)]
    if kind in (
        r.IMM_CALL_TYPE,
        r.IMM_TABLE_INIT,
        r.IMM_MEMORY_INIT,
        r.IMM_TABLE_COPY,
        r.IMM_MEMORY_COPY,
    ):
        return [draw(u32s), draw(u32s)]
    return [draw(u32s)]


@st.composite
def instruction(draw: st.DrawFn) -> tuple[Row, list[int]]:
    """Any instruction but `else` and `end`."""
    row = draw(st.sampled_from([row for row in ROWS if row.shape not in (r.ELSE, r.END)]))
    values: list[int] = []
    for kind in row.immediates:
        values += draw(immediate(kind))
    return row, values


@st.composite
def exprs(draw: st.DrawFn) -> bytes:
    """An expression: instructions, well nested, and `end`."""
    out = bytearray()
    open_blocks: list[int] = []
    for _ in range(draw(st.integers(0, 6))):
        if len(open_blocks) > 0 and draw(st.booleans()):
            if open_blocks[-1] == r.IF and draw(st.booleans()):
                out.append(0x05)
                open_blocks[-1] = r.ELSE
            else:
                out.append(0x0B)
                open_blocks.pop()
        row, values = draw(instruction())
        write_instruction(out, row, values)
        if row.shape in BLOCKS:
            open_blocks.append(row.shape)
    return bytes(out) + b"\x0b" * (len(open_blocks) + 1)


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """A module with a little of everything, as the decoder would give it."""
    data = bytearray(b"\xff")
    few = st.integers(0, 3)

    def expr() -> Expr:
        start = len(data)
        data.extend(draw(exprs()))
        return Expr(start, len(data))

    module = Module(b"")
    for _ in range(draw(few)):
        size = draw(st.sampled_from([1, 1, 0, 2]))
        if size == 1 and draw(st.booleans()):
            module.explicit_groups.add(len(module.groups))
        module.groups.append(size)
        module.types += [draw(sub_types) for _ in range(size)]
    for _ in range(draw(few)):
        kind = draw(st.integers(0, 4))
        module.imports.append(
            Import(
                draw(name_strings),
                draw(name_strings),
                kind,
                type_index=draw(u32s) if kind in (0, 4) else 0,
                table=draw(table_types) if kind == 1 else None,
                memory=draw(memory_types) if kind == 2 else None,
                global_=draw(global_types) if kind == 3 else None,
            )
        )
    for _ in range(draw(few)):
        runs = draw(st.lists(st.tuples(st.integers(0, 9), value_types), max_size=3))
        module.funcs.append(Func(draw(st.integers(0, 3)), runs, expr(), 0))
    for _ in range(draw(few)):
        module.tables.append(Table(draw(table_types), expr() if draw(st.booleans()) else None, 0))
    module.memories = [Memory(draw(memory_types), 0) for _ in range(draw(few))]
    module.tags = [Tag(draw(u32s), 0) for _ in range(draw(few))]
    module.globals = [Global(draw(global_types), expr(), 0) for _ in range(draw(few))]
    for _ in range(draw(few)):
        module.exports.append(Export(draw(name_strings), draw(st.integers(0, 4)), draw(u32s), 0))
    module.start = draw(st.one_of(st.none(), u32s))
    for _ in range(draw(few)):
        module.elems.append(_elem(draw, draw(st.integers(0, 7)), expr))
    for _ in range(draw(few)):
        flags = draw(st.integers(0, 2))
        module.datas.append(
            Data(
                flags,
                MODE_PASSIVE if flags == 1 else MODE_ACTIVE,
                draw(u32s) if flags == 2 else 0,
                None if flags == 1 else expr(),
                draw(st.binary(max_size=9)),
                0,
            )
        )
    if draw(st.booleans()):
        module.data_count = len(module.datas)
    for _ in range(draw(few)):
        custom = Custom("x" + draw(name_strings), draw(st.binary(max_size=9)), 0, 0)
        module.customs.append(custom)
    module.data = bytes(data)
    return module


def _elem(draw: st.DrawFn, flags: int, expr: object) -> Elem:
    assert callable(expr)
    mode = MODE_ACTIVE
    if flags & 1:
        mode = MODE_DECLARATIVE if flags & 2 else MODE_PASSIVE
    count = draw(st.integers(0, 3))
    if not flags & 4:
        type = ref_type(HEAP_FUNC, False)
    else:
        type = draw(ref_types) if flags & 3 else FUNCREF
    return Elem(
        flags,
        type,
        mode,
        draw(u32s) if flags & 3 == 2 else 0,
        None if flags & 1 else expr(),
        [] if flags & 4 else [draw(u32s) for _ in range(count)],
        [expr() for _ in range(count)] if flags & 4 else [],
        0,
    )


def section(id: int, *parts: bytes) -> bytes:
    """A section's bytes."""
    out = bytearray()
    write.section(out, id, b"".join(parts))
    return bytes(out)


HEADER = b"\0asm\1\0\0\0"
