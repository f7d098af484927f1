"""Validation of whole modules (specification, section 3.5).

In: a `Module` as plain data. Out: its `ModuleInfo`, or an InvalidError (MalformedError for a
body that is not well-formed). Rules of instructions are in `zwasm.valid.func`.
"""

from __future__ import annotations

from zwasm import types as t
from zwasm.isa import row as r
from zwasm.limits import (
    MAX_PAGES_32,
    MAX_PAGES_64,
    MAX_PARAMS,
    MAX_RESULTS,
    MAX_STRUCT_FIELDS,
    MAX_SUBTYPE_DEPTH,
)
from zwasm.module import MODE_ACTIVE, Import, Module
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_NAMES,
    EXTERN_TABLE,
    EXTERN_TAG,
    HEAP_INDEX,
    HEAP_SHIFT,
    I32,
    I64,
    NULL_BIT,
    REF_BIT,
    ArrayType,
    CompType,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    StructType,
    SubType,
    TableType,
    TagType,
    canonical_group,
    comp_matches,
    def_type,
    map_code,
    matches,
    type_name,
)
from zwasm.valid.func import FuncValidator
from zwasm.valid.info import ModuleInfo


def validate(module: Module) -> ModuleInfo:
    """Validate a module, all function bodies included.

    Raises InvalidError, or MalformedError where a body's bytes are no instructions.
    """
    info = validate_outside(module)
    validator = FuncValidator(info)
    for index in range(len(module.funcs)):
        validator.func(index)
    info.features |= int(validator.features)
    return info


def validate_outside(module: Module) -> ModuleInfo:
    """Validate everything but function bodies."""
    info = declare(module)
    validator = FuncValidator(info)
    check_initialisers(info, validator)
    info.features |= int(validator.features)
    return info


def declare(module: Module) -> ModuleInfo:
    """Check everything but expressions, and fill the index spaces."""
    info = ModuleInfo(module)
    _types(info)
    for entry in module.imports:
        _import(info, entry)
    info.imported_funcs = len(info.funcs)
    info.imported_globals = len(info.globals)
    for func in module.funcs:
        _func(info, func.type_index, func.place)
    for table in module.tables:
        info.tables.append(_table_type(info, table.type, table.place))
    for memory in module.memories:
        info.memories.append(_memory_type(info, memory.type, memory.place))
    for tag in module.tags:
        _tag(info, tag.type_index, tag.place)
    for global_ in module.globals:
        info.globals.append(_global_type(info, global_.type, global_.place))
    for elem in module.elems:
        info.elem_types.append(_value_type(info, elem.type, elem.place))
    _exports(info)
    _start(info)
    _declared_funcs(info)
    if len(info.memories) > 1:
        info.features |= r.MULTI_MEMORY
    return info


def _types(info: ModuleInfo) -> None:
    """Type definitions, one rec group after the other (section 3.2)."""
    module = info.module
    first = 0
    for size in module.groups:
        group = module.types[first : first + size]
        for i, sub in enumerate(group):
            _check_indices(info, sub, first + i, first + size)
        canonical_group(group, first, info.type_ids)
        for i, sub in enumerate(group):
            _check_supertype(info, sub, first + i)
        first += size


def _check_indices(info: ModuleInfo, sub: SubType, index: int, bound: int) -> None:
    """Every type named exists, supertypes before the type itself."""
    module = info.module
    if len(sub.supers) > 1:
        raise module.invalid("sub type has more than one supertype", sub.offset)
    for heap in sub.supers:
        if heap - HEAP_INDEX >= index:
            raise module.invalid(f"unknown type {heap - HEAP_INDEX}", sub.offset)
    for code in _codes_of(sub.comp):
        if code & REF_BIT != 0 and (code >> HEAP_SHIFT) - HEAP_INDEX >= bound:
            raise module.invalid(f"unknown type {(code >> HEAP_SHIFT) - HEAP_INDEX}", sub.offset)
        if code == t.V128:
            info.features |= r.SIMD
        elif code & REF_BIT != 0:
            info.features |= r.REFERENCE_TYPES
    comp = sub.comp
    if isinstance(comp, FuncType):
        if len(comp.param_codes) > MAX_PARAMS:
            raise module.invalid(f"more than {MAX_PARAMS} parameters", sub.offset)
        if len(comp.result_codes) > MAX_RESULTS:
            raise module.invalid(f"more than {MAX_RESULTS} results", sub.offset)
        if len(comp.result_codes) > 1:
            info.features |= r.MULTI_VALUE
    elif isinstance(comp, StructType) and len(comp.fields) > MAX_STRUCT_FIELDS:
        raise module.invalid(f"more than {MAX_STRUCT_FIELDS} fields", sub.offset)


def _codes_of(comp: CompType) -> list[int]:
    if isinstance(comp, FuncType):
        return [*comp.param_codes, *comp.result_codes]
    if isinstance(comp, ArrayType):
        return [comp.field.storage]
    return [field.storage for field in comp.fields]


def _check_supertype(info: ModuleInfo, sub: SubType, index: int) -> None:
    if not sub.supers:
        return
    own = def_type(info.type_ids[index])
    parent_index = sub.supers[0] - HEAP_INDEX
    parent = def_type(info.type_ids[parent_index])
    if parent.final or not comp_matches(own.comp, parent.comp):
        raise info.module.invalid(
            f"sub type {index} does not match super type {parent_index}", sub.offset
        )
    if len(own.ancestors) > MAX_SUBTYPE_DEPTH:
        raise info.module.invalid("sub type nesting too deep", sub.offset)


def _value_type(info: ModuleInfo, code: int, place: int) -> int:
    """A value type made canonical."""
    if code & REF_BIT != 0 and (code >> HEAP_SHIFT) - HEAP_INDEX >= len(info.type_ids):
        raise info.module.invalid(f"unknown type {(code >> HEAP_SHIFT) - HEAP_INDEX}", place)
    if code == t.V128:
        info.features |= r.SIMD
    return map_code(code, info.type_ids)


def _func_type(info: ModuleInfo, index: int, place: int) -> FuncType:
    if index >= len(info.type_ids):
        raise info.module.invalid(f"unknown type {index}", place)
    comp = def_type(info.type_ids[index]).comp
    if not isinstance(comp, FuncType):
        raise info.module.invalid(f"type mismatch: type {index} is not a function type", place)
    return comp


def _func(info: ModuleInfo, type_index: int, place: int) -> FuncType:
    func_type = _func_type(info, type_index, place)
    info.funcs.append(func_type)
    info.func_type_ids.append(info.type_ids[type_index])
    return func_type


def _tag(info: ModuleInfo, type_index: int, place: int) -> FuncType:
    func_type = _func_type(info, type_index, place)
    if func_type.result_codes:
        raise info.module.invalid("non-empty tag result type", place)
    info.tags.append(func_type)
    info.tag_type_ids.append(info.type_ids[type_index])
    info.features |= r.EXCEPTIONS
    return func_type


def _table_type(info: ModuleInfo, table: TableType, place: int) -> TableType:
    element = _value_type(info, table.element_code, place)
    if element != t.FUNCREF:
        info.features |= r.REFERENCE_TYPES
    bound = (1 << 64) - 1 if table.is64 else (1 << 32) - 1
    if table.minimum > bound or (table.maximum is not None and table.maximum > bound):
        power = 64 if table.is64 else 32
        raise info.module.invalid(f"table size must be at most 2^{power}-1", place)
    _check_order(info, table.minimum, table.maximum, place)
    if table.is64:
        info.features |= r.MEMORY64
    return TableType(element, table.minimum, table.maximum, table.is64)


def _memory_type(info: ModuleInfo, memory: MemoryType, place: int) -> MemoryType:
    bound = MAX_PAGES_64 if memory.is64 else MAX_PAGES_32
    if memory.minimum > bound or (memory.maximum is not None and memory.maximum > bound):
        what = "2^48 pages" if memory.is64 else "65536 pages (4GiB)"
        raise info.module.invalid(f"memory size must be at most {what}", place)
    _check_order(info, memory.minimum, memory.maximum, place)
    if memory.shared:
        info.features |= r.THREADS
        if memory.maximum is None:
            raise info.module.invalid("shared memory must have maximum", place)
    if memory.is64:
        info.features |= r.MEMORY64
    return memory


def _check_order(info: ModuleInfo, minimum: int, maximum: int | None, place: int) -> None:
    if maximum is not None and minimum > maximum:
        raise info.module.invalid("size minimum must not be greater than maximum", place)


def _global_type(info: ModuleInfo, global_: GlobalType, place: int) -> GlobalType:
    code = _value_type(info, global_.content_code, place)
    if code & REF_BIT != 0:
        info.features |= r.REFERENCE_TYPES
    return GlobalType(code, global_.mutable)


def _import(info: ModuleInfo, entry: Import) -> None:
    """Section 3.5.10."""
    kind = entry.kind
    described: ExternType
    if kind == EXTERN_FUNC:
        described = _func(info, entry.type_index, entry.place)
    elif kind == EXTERN_TAG:
        described = TagType(_tag(info, entry.type_index, entry.place))
    elif entry.table is not None:
        table = _table_type(info, entry.table, entry.place)
        info.tables.append(table)
        described = table
    elif entry.memory is not None:
        memory = _memory_type(info, entry.memory, entry.place)
        info.memories.append(memory)
        described = memory
    elif entry.global_ is not None:
        global_ = _global_type(info, entry.global_, entry.place)
        info.globals.append(global_)
        described = global_
    else:
        raise info.module.malformed("malformed import kind", entry.place)
    info.import_types.append(described)


def _exports(info: ModuleInfo) -> None:
    """Section 3.5.11."""
    module = info.module
    names: set[str] = set()
    for export in module.exports:
        space = _space(info, export.kind)
        if export.index >= len(space):
            what = "function" if export.kind == EXTERN_FUNC else EXTERN_NAMES[export.kind]
            raise module.invalid(f"unknown {what} {export.index}", export.place)
        if export.name in names:
            raise module.invalid(f"duplicate export name {export.name!r}", export.place)
        names.add(export.name)
        described = space[export.index]
        info.export_types.append(
            TagType(info.tags[export.index]) if export.kind == EXTERN_TAG else described
        )


def _space(info: ModuleInfo, kind: int) -> list[ExternType]:
    if kind == EXTERN_FUNC:
        return [*info.funcs]
    if kind == EXTERN_TABLE:
        return [*info.tables]
    if kind == EXTERN_MEMORY:
        return [*info.memories]
    if kind == EXTERN_GLOBAL:
        return [*info.globals]
    return [*info.tags]


def _start(info: ModuleInfo) -> None:
    """Section 3.5.9."""
    module = info.module
    if module.start is None:
        return
    if module.start >= len(info.funcs):
        raise module.invalid(f"unknown function {module.start}", module.start_place)
    if info.funcs[module.start] != FuncType():
        raise module.invalid(
            "start function must have no parameters and no results", module.start_place
        )


def _declared_funcs(info: ModuleInfo) -> None:
    """The functions that bodies may take references of: those named outside of bodies. The
    validation of constant expressions adds those that they name."""
    module = info.module
    declared = info.declared_funcs
    for export in module.exports:
        if export.kind == EXTERN_FUNC:
            declared.add(export.index)
    for elem in module.elems:
        declared.update(elem.funcs)


def check_initialisers(info: ModuleInfo, validator: FuncValidator) -> None:
    """Constant expressions and segments (sections 3.5.5 to 3.5.8)."""
    module = info.module
    imported = info.imported_globals
    for i, table in enumerate(module.tables):
        element = info.tables[len(info.tables) - len(module.tables) + i].element_code
        if table.init is not None:
            validator.expr(table.init, element, imported)
        elif element & NULL_BIT == 0:
            raise module.invalid(
                f"type mismatch: a table of {type_name(element)} needs an initial value",
                table.place,
            )
    for i, global_ in enumerate(module.globals):
        code = info.globals[imported + i].content_code
        validator.expr(global_.init, code, imported + i)
    every = len(info.globals)
    for i, elem in enumerate(module.elems):
        code = info.elem_types[i]
        for index in elem.funcs:
            if index >= len(info.funcs):
                raise module.invalid(f"unknown function {index}", elem.place)
        for init in elem.inits:
            validator.expr(init, code, every)
        if elem.mode == MODE_ACTIVE:
            if elem.table >= len(info.tables):
                raise module.invalid(f"unknown table {elem.table}", elem.place)
            target = info.tables[elem.table]
            if not matches(code, target.element_code):
                raise module.invalid(
                    f"type mismatch: elements {type_name(code)} for a table of "
                    f"{type_name(target.element_code)}",
                    elem.place,
                )
            if elem.offset is not None:
                validator.expr(elem.offset, I64 if target.is64 else I32, every)
    for data in module.datas:
        if data.mode == MODE_ACTIVE:
            if data.memory >= len(info.memories):
                raise module.invalid(f"unknown memory {data.memory}", data.place)
            if data.offset is not None:
                is64 = info.memories[data.memory].is64
                validator.expr(data.offset, I64 if is64 else I32, every)
