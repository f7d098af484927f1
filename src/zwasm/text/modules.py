"""Modules of the text format (specification, section 6.6).

In: tokens. Out: a `Module`. A first pass over the fields binds their identifiers, then types
are parsed, then all other fields in their order. Inline imports, exports and segments become
fields of their own here. Nothing is validated.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.errors import InvalidError
from zwasm.limits import MAX_LOCALS, PAGE_SIZE
from zwasm.module import (
    MODE_ACTIVE,
    MODE_DECLARATIVE,
    MODE_PASSIVE,
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
    line_and_column,
)
from zwasm.text.annotations import attach_customs, check_unused, custom_hints
from zwasm.text.context import Context, Space
from zwasm.text.instructions import END_BYTE, expression, folded_expression
from zwasm.text.lexer import END, Tokens
from zwasm.text.types import (
    address_type,
    at_reference_type,
    global_type,
    memory_type,
    param_count,
    plain_func_types,
    reference_type,
    table_type,
    type_definition,
    type_use,
    value_type,
)
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_NAMES,
    EXTERN_TABLE,
    EXTERN_TAG,
    FUNCREF,
    HEAP_FUNC,
    MemoryType,
    TableType,
    ref_type,
)

_KINDS: Final[dict[str, int]] = {name: kind for kind, name in enumerate(EXTERN_NAMES)}
# The types of a segment's elements where they are written as functions.
_FUNCS_TYPE: Final = ref_type(HEAP_FUNC, False)
_FIELDS: Final = ("type", "rec", "import", "export", "start", "elem", "data")


def module_fields(tokens: Tokens, start: int, in_script: bool) -> Module:
    """The module at the token `start`: `(module $id? ...)`, or fields up to the end. In a
    script, `definition` may follow `module`."""
    c = Context(tokens, start)
    names = c.module.names
    if c.at_open("module"):
        c.pos += 2
        if in_script and c.texts[c.pos] == "definition":
            c.pos += 1
        identifier = c.optional_id()
        if c.annotations:
            _check_module_names(c)
        name = c.annotation_name(identifier)
        if name:
            names.module = name
        fields = c.pos
        types = _bind_fields(c)
        end = c.pos
        c.close()
        if not in_script and c.texts[c.pos] is not END:
            raise c.unexpected()
    else:
        fields = c.pos
        types = _bind_fields(c)
        end = c.pos
        if c.texts[end] is not END:
            raise c.unexpected()
    _types(c, types)
    c.pos = fields
    while c.pos < end:
        _field(c)
    module = c.module
    if c.uses_data:
        module.data_count = len(module.datas)
    _put_names(c)
    module.source = c.source_map
    if c.annotations:
        attach_customs(c, fields, end)
        check_unused(c, start, end)
        custom_hints(c)
    module.data = bytes(c.out)
    if c.hint_error >= 0:
        line, column = line_and_column(tokens.source, c.starts[c.hint_error])
        raise InvalidError(
            "@metadata.code.branch_hint annotation: invalid target", line=line, column=column
        )
    return module


def _check_module_names(c: Context) -> None:
    found = [a for a in c.annotations.get(c.pos, []) if a.name == "name"]
    if len(found) > 1:
        raise c.error("@name annotation: multiple module names")


def _put_names(c: Context) -> None:
    """Names from identifiers; those that an annotation gave are there already."""
    names = c.module.names
    _fill(names.types, c.types)
    _fill(names.funcs, c.externs[EXTERN_FUNC])
    _fill(names.tables, c.externs[EXTERN_TABLE])
    _fill(names.memories, c.externs[EXTERN_MEMORY])
    _fill(names.globals, c.externs[EXTERN_GLOBAL])
    _fill(names.tags, c.externs[EXTERN_TAG])
    _fill(names.elems, c.elems)
    _fill(names.datas, c.datas)


def _fill(names: dict[int, str], space: Space) -> None:
    for identifier, index in space.ids.items():
        names.setdefault(index, identifier[1:])


# First pass: identifiers


def _bind_fields(c: Context) -> list[int]:
    """Bind the identifiers of all fields, up to the first token that begins none. Returns the
    tokens where type definitions begin."""
    types: list[int] = []
    defined = ""  # the first definition, after which no import may come
    starts = 0
    while c.texts[c.pos] == "(":
        at = c.pos
        end = c.skip_list()
        keyword = c.texts[at + 1]
        c.pos = at + 2
        kind = _KINDS.get(keyword, -1)
        if kind >= 0:
            if _bind_extern(c, kind, end):
                _check_order(c, at, defined)
            elif not defined:
                defined = "function" if keyword == "func" else keyword
        elif keyword == "type":
            types.append(at)
            _bind_next(c, c.types)
        elif keyword == "rec":
            types.append(at)
            while c.at_open("type"):
                after = c.skip_list()
                c.pos += 2
                _bind_next(c, c.types)
                c.pos = after
        elif keyword == "import":
            _check_order(c, at, defined)
            _bind_import(c)
        elif keyword == "elem":
            _bind_next(c, c.elems)
        elif keyword == "data":
            _bind_next(c, c.datas)
        elif keyword == "start":
            starts += 1
            if starts > 1:
                raise c.error("multiple start sections", at)
        elif keyword not in _FIELDS:
            raise c.unexpected(at + 1)
        c.pos = end
    return types


def _bind_next(c: Context, space: Space) -> None:
    at = c.pos
    c.bind(space, c.optional_id(), at)


def _check_order(c: Context, at: i64, defined: str) -> None:
    if defined:
        raise c.error("import after " + defined, at)


def _bind_import(c: Context) -> None:
    c.pos += 2
    if c.texts[c.pos] != "(":
        raise c.unexpected()
    kind = _KINDS.get(c.texts[c.pos + 1], -1)
    if kind < 0:
        raise c.unexpected(c.pos + 1)
    c.pos += 2
    _bind_next(c, c.externs[kind])


def _bind_extern(c: Context, kind: int, end: i64) -> bool:
    """Bind a function, table, memory, global or tag, and its inline segment. Returns whether
    it is imported."""
    _bind_next(c, c.externs[kind])
    while c.at_open("export"):
        c.pos = c.skip_list()
    if c.at_open("import"):
        return True
    if kind == EXTERN_TABLE or kind == EXTERN_MEMORY:
        keyword = "elem" if kind == EXTERN_TABLE else "data"
        while c.pos < end - 1:
            if c.texts[c.pos] == "(":
                if c.texts[c.pos + 1] == keyword:
                    space = c.elems if kind == EXTERN_TABLE else c.datas
                    space.count += 1
                    break
                c.pos = c.skip_list()
            else:
                c.pos += 1
    return False


# Second pass: types


def _types(c: Context, fields: list[int]) -> None:
    """Parse all type definitions; the fields are at these tokens."""
    module = c.module
    for at in fields:
        c.pos = at
        if c.texts[c.pos + 1] == "type":
            module.groups.append(1)
            _type(c)
        else:
            c.pos += 2
            count = 0
            while c.at_open("type"):
                _type(c)
                count += 1
            c.close()
            if count == 1:
                module.explicit_groups.add(len(module.groups))
            module.groups.append(count)
    plain_func_types(c)


def _type(c: Context) -> None:
    c.open("type")
    identifier = c.optional_id()
    index = len(c.module.types)
    name = c.annotation_name(identifier)
    if name:
        c.module.names.types[index] = name
    c.module.types.append(type_definition(c, index))
    c.close()


# Third pass: all other fields


def _field(c: Context) -> None:
    """Parse one field other than a type."""
    at = c.pos
    keyword = c.texts[at + 1]
    if keyword == "type" or keyword == "rec":
        c.pos = c.skip_list()
        return
    c.pos = at + 2
    if keyword == "func":
        _func(c, at)
    elif keyword == "import":
        _import(c, at)
    elif keyword == "export":
        _export(c, at)
    elif keyword == "global":
        _global(c, at)
    elif keyword == "table":
        _table(c, at)
    elif keyword == "memory":
        _memory(c, at)
    elif keyword == "elem":
        _elem(c, at)
    elif keyword == "data":
        _data(c, at)
    elif keyword == "tag":
        _tag(c, at)
    elif keyword == "start":
        c.module.start = c.index(c.externs[EXTERN_FUNC])
        c.module.start_place = c.place(at)
    else:
        raise c.unexpected(at + 1)
    c.close()


def _import(c: Context, at: i64) -> None:
    module = c.name()
    name = c.name()
    if c.texts[c.pos] != "(":
        raise c.unexpected()
    kind = _KINDS.get(c.texts[c.pos + 1], -1)
    if kind < 0:
        raise c.unexpected(c.pos + 1)
    c.pos += 2
    index = _next_index(c, kind)
    _entity_name(c, kind, index)
    _import_type(c, at, kind, index, module, name)
    c.close()


def _next_index(c: Context, kind: int) -> int:
    """The index of the entity at hand."""
    module = c.module
    if kind == EXTERN_FUNC:
        defined = len(module.funcs)
    elif kind == EXTERN_TABLE:
        defined = len(module.tables)
    elif kind == EXTERN_MEMORY:
        defined = len(module.memories)
    elif kind == EXTERN_GLOBAL:
        defined = len(module.globals)
    else:
        defined = len(module.tags)
    return c.imported[kind] + defined


def _entity_name(c: Context, kind: int, index: int) -> None:
    """Take an entity's identifier and its name."""
    identifier = c.optional_id()
    if not c.annotations:
        return
    name = c.annotation_name(identifier)
    if name:
        names = c.module.names
        if kind == EXTERN_FUNC:
            names.funcs[index] = name
        elif kind == EXTERN_TABLE:
            names.tables[index] = name
        elif kind == EXTERN_MEMORY:
            names.memories[index] = name
        elif kind == EXTERN_GLOBAL:
            names.globals[index] = name
        else:
            names.tags[index] = name


def _import_type(c: Context, at: i64, kind: int, index: int, module: str, name: str) -> None:
    """The type of an import, which is added to the module."""
    entry = Import(module, name, kind, place=c.place(at))
    if kind == EXTERN_FUNC:
        c.func_index = index
        entry.type_index = type_use(c, True)
        c.func_index = -1
    elif kind == EXTERN_TAG:
        entry.type_index = type_use(c, True)
    elif kind == EXTERN_TABLE:
        entry.table = table_type(c, address_type(c))
    elif kind == EXTERN_MEMORY:
        entry.memory = memory_type(c, address_type(c))
    else:
        entry.global_ = global_type(c)
    c.imported[kind] += 1
    c.module.imports.append(entry)


def _inline(c: Context, at: i64, kind: int, index: int) -> bool:
    """Inline exports and import. Returns whether the entity is imported; it is done then."""
    while c.at_open("export"):
        export_at = c.pos
        c.pos += 2
        c.module.exports.append(Export(c.name(), kind, index, c.place(export_at)))
        c.close()
    if not c.at_open("import"):
        return False
    c.pos += 2
    module = c.name()
    name = c.name()
    c.close()
    _import_type(c, at, kind, index, module, name)
    return True


def _export(c: Context, at: i64) -> None:
    name = c.name()
    if c.texts[c.pos] != "(":
        raise c.unexpected()
    kind = _KINDS.get(c.texts[c.pos + 1], -1)
    if kind < 0:
        raise c.unexpected(c.pos + 1)
    c.pos += 2
    index = c.index(c.externs[kind])
    c.close()
    c.module.exports.append(Export(name, kind, index, c.place(at)))


def _func(c: Context, at: i64) -> None:
    index = _next_index(c, EXTERN_FUNC)
    _entity_name(c, EXTERN_FUNC, index)
    if _inline(c, at, EXTERN_FUNC, index):
        return
    c.func_index = index
    c.block_count = 0
    type_index = type_use(c, True)
    locals = Space("local")
    for identifier, number, token in c.param_ids:
        locals.count = number
        c.bind(locals, identifier, token)
    locals.count = param_count(c, type_index)
    runs = _locals(c, locals)
    c.locals = locals
    body = expression(c)
    c.module.funcs.append(Func(type_index, runs, body, c.place(at)))
    if c.hints:
        # Hints count from the function's first byte, where its locals are declared.
        head = bytearray()
        write.local_runs(head, runs)
        base = body.start - len(head)
        c.module.branch_hints[index] = [(offset - base, likely) for offset, likely in c.hints]
        c.hints = []
    c.func_index = -1
    c.locals = Space("local")


def _locals(c: Context, space: Space) -> list[tuple[int, int]]:
    """The declarations of locals, as runs of one type."""
    runs: list[tuple[int, int]] = []
    last = -1
    count = 0
    while c.at_open("local"):
        c.pos += 2
        at = c.pos
        identifier = c.optional_id()
        name = c.annotation_name(identifier)
        named = identifier != "" or name != ""
        if named:
            c.module.names.locals.setdefault(c.func_index, {})[space.count] = name
        while named or c.texts[c.pos] != ")":
            code = value_type(c)
            c.bind(space, identifier, at)
            if space.count > MAX_LOCALS:
                raise c.error("too many locals", at)
            if code != last:
                if count:
                    runs.append((count, last))
                last = code
                count = 0
            count += 1
            if named:
                break
        c.close()
    if count:
        runs.append((count, last))
    return runs


def _global(c: Context, at: i64) -> None:
    index = _next_index(c, EXTERN_GLOBAL)
    _entity_name(c, EXTERN_GLOBAL, index)
    if _inline(c, at, EXTERN_GLOBAL, index):
        return
    type = global_type(c)
    c.module.globals.append(Global(type, expression(c), c.place(at)))


def _tag(c: Context, at: i64) -> None:
    index = _next_index(c, EXTERN_TAG)
    _entity_name(c, EXTERN_TAG, index)
    if not _inline(c, at, EXTERN_TAG, index):
        c.module.tags.append(Tag(type_use(c, True), c.place(at)))


def _table(c: Context, at: i64) -> None:
    index = _next_index(c, EXTERN_TABLE)
    _entity_name(c, EXTERN_TABLE, index)
    if _inline(c, at, EXTERN_TABLE, index):
        return
    is64 = address_type(c)
    if c.at_index():
        type = table_type(c, is64)
        init = expression(c) if c.texts[c.pos] != ")" else None
        c.module.tables.append(Table(type, init, c.place(at)))
        return
    element = reference_type(c)
    elem_at = c.pos
    c.open("elem")
    offset = _zero(c, is64, elem_at)
    funcs: list[int] = []
    inits: list[Expr] = []
    if c.texts[c.pos] == "(":
        _elem_expressions(c, inits)
        flags = _elem_flags(MODE_ACTIVE, index != 0, True, element)
    elif element == FUNCREF or element == _FUNCS_TYPE:
        _functions(c, funcs)
        element_type = _FUNCS_TYPE
        flags = _elem_flags(MODE_ACTIVE, index != 0, False, element_type)
        segment = Elem(flags, element_type, MODE_ACTIVE, index, offset, funcs, [], c.place(elem_at))
        _table_of(c, at, element, is64, segment)
        return
    else:
        # The segment has the table's type, which needs expressions.
        _functions(c, funcs)
        for func in funcs:
            inits.append(_ref_func(c, func, elem_at))
        flags = _elem_flags(MODE_ACTIVE, index != 0, True, element)
    segment = Elem(flags, element, MODE_ACTIVE, index, offset, [], inits, c.place(elem_at))
    _table_of(c, at, element, is64, segment)


def _table_of(c: Context, at: i64, element: int, is64: bool, segment: Elem) -> None:
    """A table that holds just its inline segment."""
    c.close()
    size = segment.count()
    c.module.tables.append(Table(TableType(element, size, size, is64), None, c.place(at)))
    c.module.elems.append(segment)


def _zero(c: Context, is64: bool, at: i64) -> Expr:
    """The offset of an inline segment."""
    start = len(c.out)
    c.mark(at)
    c.out += b"\x42\x00" if is64 else b"\x41\x00"
    c.out.append(END_BYTE)
    return Expr(start, len(c.out))


def _ref_func(c: Context, func: int, at: i64) -> Expr:
    start = len(c.out)
    c.mark(at)
    c.out.append(0xD2)
    c.index_out(func)
    c.out.append(END_BYTE)
    return Expr(start, len(c.out))


def _functions(c: Context, funcs: list[int]) -> None:
    space = c.externs[EXTERN_FUNC]
    while c.at_index():
        funcs.append(c.index(space))


def _elem_expressions(c: Context, inits: list[Expr]) -> None:
    while c.texts[c.pos] == "(":
        if c.texts[c.pos + 1] == "item":
            c.pos += 2
            inits.append(expression(c))
            c.close()
        else:
            inits.append(folded_expression(c))


def _elem_flags(mode: int, explicit: bool, expressions: bool, element: int) -> int:
    """The number that an element segment's encoding begins with (section 5.5.12)."""
    flags = 4 if expressions else 0
    if mode == MODE_PASSIVE:
        return flags | 1
    if mode == MODE_DECLARATIVE:
        return flags | 3
    if explicit or (expressions and element != FUNCREF):
        return flags | 2
    return flags


def _elem(c: Context, at: i64) -> None:
    identifier = c.optional_id()
    name = c.annotation_name(identifier)
    if name:
        c.module.names.elems[len(c.module.elems)] = name
    mode = MODE_PASSIVE
    table = 0
    offset: Expr | None = None
    explicit = False  # whether the table is named, which the encoding keeps
    bare = False  # function indices may follow without `func`
    if c.texts[c.pos] == "declare":
        c.pos += 1
        mode = MODE_DECLARATIVE
    elif c.at_open("table"):
        c.pos += 2
        table = c.index(c.externs[EXTERN_TABLE])
        c.close()
        explicit = True
        mode = MODE_ACTIVE
        offset = _offset(c)
    elif c.at_index():
        # The form before bulk memory operations: the table's index alone.
        table = c.index(c.externs[EXTERN_TABLE])
        explicit = table != 0
        mode = MODE_ACTIVE
        offset = _offset(c)
        bare = True
    elif c.texts[c.pos] == "(" and not at_reference_type(c):
        mode = MODE_ACTIVE
        offset = _offset(c)
        bare = True
    funcs: list[int] = []
    inits: list[Expr] = []
    element = _FUNCS_TYPE
    if c.texts[c.pos] == "func":
        c.pos += 1
        _functions(c, funcs)
    elif bare and (c.at_index() or c.texts[c.pos] == ")"):
        _functions(c, funcs)
    else:
        element = reference_type(c)
        _elem_expressions(c, inits)
        flags = _elem_flags(mode, explicit, True, element)
        c.module.elems.append(Elem(flags, element, mode, table, offset, [], inits, c.place(at)))
        return
    flags = _elem_flags(mode, explicit, False, element)
    c.module.elems.append(Elem(flags, element, mode, table, offset, funcs, [], c.place(at)))


def _offset(c: Context) -> Expr:
    """The offset of an active segment."""
    if c.at_open("offset"):
        c.pos += 2
        offset = expression(c)
        c.close()
        return offset
    return folded_expression(c)


def _strings(c: Context) -> bytes:
    if c.texts[c.pos + 1] == ")":
        return c.string() if c.at_string() else b""
    parts: list[bytes] = []
    while c.at_string():
        parts.append(c.string())
    return b"".join(parts)


def _memory(c: Context, at: i64) -> None:
    index = _next_index(c, EXTERN_MEMORY)
    _entity_name(c, EXTERN_MEMORY, index)
    if _inline(c, at, EXTERN_MEMORY, index):
        return
    is64 = address_type(c)
    if not c.at_open("data"):
        c.module.memories.append(Memory(memory_type(c, is64), c.place(at)))
        return
    data_at = c.pos
    c.pos += 2
    offset = _zero(c, is64, data_at)
    init = _strings(c)
    c.close()
    pages = (len(init) + PAGE_SIZE - 1) // PAGE_SIZE
    c.module.memories.append(Memory(MemoryType(pages, pages, is64), c.place(at)))
    flags = 2 if index else 0
    c.module.datas.append(Data(flags, MODE_ACTIVE, index, offset, init, c.place(data_at)))


def _data(c: Context, at: i64) -> None:
    identifier = c.optional_id()
    name = c.annotation_name(identifier)
    if name:
        c.module.names.datas[len(c.module.datas)] = name
    mode = MODE_PASSIVE
    memory = 0
    explicit = False  # whether the memory is named, which the encoding keeps
    offset: Expr | None = None
    if c.at_open("memory"):
        c.pos += 2
        memory = c.index(c.externs[EXTERN_MEMORY])
        c.close()
        explicit = True
        mode = MODE_ACTIVE
        offset = _offset(c)
    elif c.at_index():
        # As for element segments.
        memory = c.index(c.externs[EXTERN_MEMORY])
        explicit = memory != 0
        mode = MODE_ACTIVE
        offset = _offset(c)
    elif c.texts[c.pos] == "(":
        mode = MODE_ACTIVE
        offset = _offset(c)
    flags = 1 if mode == MODE_PASSIVE else 2 if explicit else 0
    init = _strings(c)
    c.module.datas.append(Data(flags, mode, memory, offset, init, c.place(at)))
