"""The encoder: a `Module` to bytes (specification, section 5.5).

In: a module, decoded or parsed from text. Out: its bytes. Instructions are copied as they
stand in `Module.data`; all else is written in the shortest form, and empty sections are left
out. The custom sections of a decoded module are written as they were read; for a parsed one
the name and branch hint sections are made from what the module says.
"""

from __future__ import annotations

from zwasm.binary import write
from zwasm.binary.decode import (
    CODE,
    CUSTOM,
    DATA,
    DATA_COUNT,
    ELEMENT,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    RANKS,
    SECTION_ORDER,
    START,
    TABLE,
    TAG,
    TYPE,
)
from zwasm.binary.names import BRANCH_HINTS, NAME, branch_hint_section, name_section
from zwasm.errors import WasmError
from zwasm.module import Custom, Elem, Expr, Import, Module
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_TAG,
)


def encode(module: Module) -> bytes:
    """Encode a module."""
    out = bytearray(b"\0asm\1\0\0\0")
    # By the rank of the section they follow; a stable sort keeps their order otherwise.
    customs = sorted(module.customs, key=_custom_rank)
    written = {custom.name for custom in customs}
    parsed = module.source is not None
    next_custom = 0
    for rank in range(len(SECTION_ORDER) + 1):
        id = SECTION_ORDER[rank - 1] if rank else CUSTOM
        if rank:
            if id == CODE and parsed and module.branch_hints and BRANCH_HINTS not in written:
                _custom(out, BRANCH_HINTS, branch_hint_section(module.branch_hints))
            part = _section(module, id)
            if part:
                write.section(out, id, part)
        while next_custom < len(customs) and _custom_rank(customs[next_custom]) == rank:
            custom = customs[next_custom]
            next_custom += 1
            _custom(out, custom.name, custom.data)
    if parsed and NAME not in written:
        names = name_section(module.names)
        if names:
            _custom(out, NAME, names)
    return bytes(out)


def _custom_rank(custom: Custom) -> int:
    return RANKS[custom.after]


def _custom(out: bytearray, name: str, data: bytes) -> None:
    part = bytearray()
    write.name(part, name)
    part += data
    write.section(out, CUSTOM, part)


def _section(module: Module, id: int) -> bytearray:
    """The contents of a section, empty where the module has nothing for it."""
    part = bytearray()
    if id == TYPE:
        if module.groups:
            _types(part, module)
    elif id == IMPORT:
        if module.imports:
            write.u32(part, len(module.imports))
            for entry in module.imports:
                _import(part, entry)
    elif id == FUNCTION:
        if module.funcs:
            write.u32(part, len(module.funcs))
            for func in module.funcs:
                write.u32(part, func.type_index)
    elif id == TABLE:
        if module.tables:
            _tables(part, module)
    elif id == MEMORY:
        if module.memories:
            write.u32(part, len(module.memories))
            for memory in module.memories:
                write.memory_type(part, memory.type)
    elif id == TAG:
        if module.tags:
            write.u32(part, len(module.tags))
            for tag in module.tags:
                part.append(0)
                write.u32(part, tag.type_index)
    elif id == GLOBAL:
        if module.globals:
            write.u32(part, len(module.globals))
            for global_ in module.globals:
                write.global_type(part, global_.type)
                _expr(part, module, global_.init)
    elif id == EXPORT:
        if module.exports:
            write.u32(part, len(module.exports))
            for export in module.exports:
                write.name(part, export.name)
                part.append(export.kind)
                write.u32(part, export.index)
    elif id == START:
        if module.start is not None:
            write.u32(part, module.start)
    elif id == ELEMENT:
        if module.elems:
            write.u32(part, len(module.elems))
            for elem in module.elems:
                _elem(part, module, elem)
    elif id == DATA_COUNT:
        if module.data_count is not None:
            write.u32(part, module.data_count)
    elif id == CODE:
        if module.funcs:
            _code(part, module)
    elif id == DATA:
        if module.datas:
            _datas(part, module)
    else:
        raise WasmError(f"no section has id {id}")
    return part


def _expr(out: bytearray, module: Module, expr: Expr) -> None:
    out += module.data[expr.start : expr.end]


def _types(out: bytearray, module: Module) -> None:
    write.u32(out, len(module.groups))
    at = 0
    for i, size in enumerate(module.groups):
        if size != 1 or i in module.explicit_groups:
            out.append(0x4E)
            write.u32(out, size)
        for sub in module.types[at : at + size]:
            write.sub_type(out, sub)
        at += size


def _import(out: bytearray, entry: Import) -> None:
    write.name(out, entry.module)
    write.name(out, entry.name)
    out.append(entry.kind)
    if entry.kind == EXTERN_FUNC:
        write.u32(out, entry.type_index)
    elif entry.kind == EXTERN_TAG:
        out.append(0)
        write.u32(out, entry.type_index)
    elif entry.table is not None:
        write.table_type(out, entry.table)
    elif entry.memory is not None:
        write.memory_type(out, entry.memory)
    elif entry.global_ is not None:
        write.global_type(out, entry.global_)


def _tables(out: bytearray, module: Module) -> None:
    write.u32(out, len(module.tables))
    for table in module.tables:
        if table.init is not None:
            out += b"\x40\0"
        write.table_type(out, table.type)
        if table.init is not None:
            _expr(out, module, table.init)


def _elem(out: bytearray, module: Module, elem: Elem) -> None:
    flags = elem.flags
    write.u32(out, flags)
    if flags & 3 == 2:
        write.u32(out, elem.table)
    if elem.offset is not None:
        _expr(out, module, elem.offset)
    if flags & 3:
        if flags & 4:
            write.value_type(out, elem.type)
        else:
            out.append(0)
    if flags & 4:
        write.u32(out, len(elem.inits))
        for init in elem.inits:
            _expr(out, module, init)
    else:
        write.u32(out, len(elem.funcs))
        for index in elem.funcs:
            write.u32(out, index)


def _code(out: bytearray, module: Module) -> None:
    write.u32(out, len(module.funcs))
    data = module.data
    for func in module.funcs:
        runs = bytearray()
        write.local_runs(runs, func.locals)
        body = func.body
        write.u32(out, len(runs) + body.end - body.start)
        out += runs
        out += data[body.start : body.end]


def _datas(out: bytearray, module: Module) -> None:
    write.u32(out, len(module.datas))
    for data in module.datas:
        write.u32(out, data.flags)
        if data.flags == 2:
            write.u32(out, data.memory)
        if data.offset is not None:
            _expr(out, module, data.offset)
        write.vector(out, data.init)
