"""Types of the text format (specification, section 6.4).

In: a context whose type identifiers are bound. Out: type codes and type objects; type uses,
which may add function types to the module. Instructions and module fields are not here.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.module import TEXT_PLACE
from zwasm.text.context import Context, Space
from zwasm.types import (
    HEAP_INDEX,
    HEAP_NAMES,
    NUM_NAMES,
    REF_NAMES,
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

_PACKED: Final = ("i8", "i16")
_HEAPS: Final[dict[str, int]] = {name: code for code, name in HEAP_NAMES.items()}
_SHORT: Final[dict[str, int]] = {name: code for code, name in REF_NAMES.items()}
_VALUES: Final[dict[str, int]] = dict(_SHORT)
for _code, _name in NUM_NAMES.items():
    if _name not in _PACKED:
        _VALUES[_name] = _code
_STORAGES: Final[dict[str, int]] = dict(_VALUES)
for _code, _name in NUM_NAMES.items():
    _STORAGES[_name] = _code


def heap_type(c: Context) -> int:
    """A heap type."""
    code = _HEAPS.get(c.texts[c.pos])
    if code is not None:
        c.pos += 1
        return code
    if not c.at_index():
        raise c.unexpected()
    return HEAP_INDEX + c.index(c.types)


def _long_ref_type(c: Context) -> int:
    c.open("ref")
    nullable = c.texts[c.pos] == "null"
    if nullable:
        c.pos += 1
    heap = heap_type(c)
    c.close()
    return ref_type(heap, nullable)


def reference_type(c: Context) -> int:
    """A reference type."""
    code = _SHORT.get(c.texts[c.pos])
    if code is None:
        return _long_ref_type(c)
    c.pos += 1
    return code


def value_type(c: Context) -> int:
    """A value type."""
    code = _VALUES.get(c.texts[c.pos])
    if code is None:
        return _long_ref_type(c)
    c.pos += 1
    return code


def at_reference_type(c: Context) -> bool:
    """Whether a reference type follows."""
    return c.texts[c.pos] in _SHORT or c.at_open("ref")


def storage_type(c: Context) -> int:
    """A storage type."""
    code = _STORAGES.get(c.texts[c.pos])
    if code is None:
        return _long_ref_type(c)
    c.pos += 1
    return code


def field_type(c: Context) -> FieldType:
    """A field type."""
    if c.at_open("mut"):
        c.pos += 2
        field = FieldType(storage_type(c), True)
        c.close()
        return field
    return FieldType(storage_type(c), False)


def value_types(c: Context, keyword: str) -> list[int]:
    """Any number of `(keyword t*)`, without identifiers."""
    codes: list[int] = []
    while c.at_open(keyword):
        c.pos += 2
        while c.texts[c.pos] != ")":
            codes.append(value_type(c))
        c.pos += 1
    return codes


def parameters(c: Context) -> list[int]:
    """Any number of `(param ...)`, with identifiers, which `c.param_ids` gets together with
    their parameter's number and their token."""
    codes: list[int] = []
    c.param_ids = []
    while c.at_open("param"):
        c.pos += 2
        at = c.pos
        identifier = c.optional_id()
        name = c.annotation_name(identifier)
        if identifier or name:
            c.param_ids.append((identifier, len(codes), at))
            if c.func_index >= 0:
                c.module.names.locals.setdefault(c.func_index, {})[len(codes)] = name
            codes.append(value_type(c))
        else:
            while c.texts[c.pos] != ")":
                codes.append(value_type(c))
        c.close()
    return codes


def func_type(c: Context) -> FuncType:
    """What follows `(func` in a type definition."""
    params = parameters(c)
    return FuncType(tuple(params), tuple(value_types(c, "result")))


def composite_type(c: Context, index: int) -> CompType:
    """The composite type of the definition with that index."""
    if c.texts[c.pos] != "(":
        raise c.unexpected()
    keyword = c.texts[c.pos + 1]
    comp: CompType
    if keyword == "func":
        c.pos += 2
        comp = func_type(c)
    elif keyword == "struct":
        c.pos += 2
        comp = _struct_type(c, index)
    elif keyword == "array":
        c.pos += 2
        comp = ArrayType(field_type(c))
    else:
        raise c.unexpected(c.pos + 1)
    c.close()
    return comp


def _struct_type(c: Context, index: int) -> StructType:
    fields: list[FieldType] = []
    space = Space("field")
    while c.at_open("field"):
        c.pos += 2
        at = c.pos
        identifier = c.optional_id()
        name = c.annotation_name(identifier)
        if identifier or name:
            space.count = len(fields)
            c.bind(space, identifier, at)
            c.module.names.fields.setdefault(index, {})[len(fields)] = name
            fields.append(field_type(c))
        else:
            while c.texts[c.pos] != ")":
                fields.append(field_type(c))
        c.close()
    if space.ids:
        c.field_ids[index] = space.ids
    return StructType(tuple(fields))


def type_definition(c: Context, index: int) -> SubType:
    """What follows `(type $id?`, up to the closing parenthesis."""
    place = TEXT_PLACE + c.starts[c.pos]
    if not c.at_open("sub"):
        return SubType(True, (), composite_type(c, index), place)
    c.pos += 2
    final = c.texts[c.pos] == "final"
    if final:
        c.pos += 1
    supers: list[int] = []
    while c.at_index():
        supers.append(HEAP_INDEX + c.index(c.types))
    comp = composite_type(c, index)
    c.close()
    return SubType(final, tuple(supers), comp, place)


def plain_func_types(c: Context) -> None:
    """Note which types an inline function type stands for: those that are a rec group of
    their own, final and without a supertype, the first of equal ones."""
    index = 0
    for size in c.module.groups:
        if size == 1:
            sub = c.module.types[index]
            comp = sub.comp
            if sub.final and not sub.supers and isinstance(comp, FuncType):
                c.func_types.setdefault((comp.param_codes, comp.result_codes), index)
        index += size


def func_type_index(c: Context, params: tuple[int, ...], results: tuple[int, ...]) -> int:
    """The index of a function type, which is added if there is none."""
    key = (params, results)
    found = c.func_types.get(key)
    if found is not None:
        return found
    index = len(c.module.types)
    c.module.types.append(SubType(True, (), FuncType(params, results), c.place(c.pos)))
    c.module.groups.append(1)
    c.func_types[key] = index
    return index


def type_use(c: Context, named: bool) -> int:
    """A type use; its type index. Identifiers of parameters are allowed, and left in
    `c.param_ids`, where `named`."""
    index = _explicit_type(c)
    start = c.pos
    if named:
        params = parameters(c)
    else:
        params = value_types(c, "param")
    results = value_types(c, "result")
    if index < 0:
        return func_type_index(c, tuple(params), tuple(results))
    check_inline(c, index, params, results, start)
    return index


def _explicit_type(c: Context) -> int:
    """The index in `(type x)`, -1 if it does not follow."""
    if not c.at_open("type"):
        return -1
    c.pos += 2
    index = c.index(c.types)
    c.close()
    return index


def check_inline(c: Context, index: int, params: list[int], results: list[int], start: i64) -> None:
    """Check that parameters and results given beside `(type x)` are those of the type."""
    if not params and not results:
        return
    if c.at_open("type") or c.at_open("param"):
        raise c.unexpected(c.pos + 1)
    if index >= len(c.module.types):
        raise c.error(f"unknown type {index}", start)
    comp = c.module.types[index].comp
    if not isinstance(comp, FuncType):
        raise c.error(f"type {index} is not a function type", start)
    if comp.param_codes != tuple(params) or comp.result_codes != tuple(results):
        raise c.error("inline function type does not match the type it names", start)


def param_count(c: Context, index: int) -> int:
    """The number of parameters of a function type; 0 where the index is wrong, which is for
    the validator to say."""
    if index < len(c.module.types):
        comp = c.module.types[index].comp
        if isinstance(comp, FuncType):
            return len(comp.param_codes)
    return 0


# What `block_type` gives instead of a type index.
BLOCK_EMPTY: Final = -1
BLOCK_VALUE: Final = -2


def block_type(c: Context, result: list[int]) -> int:
    """A block type: its type index, BLOCK_EMPTY, or BLOCK_VALUE with the value type added to
    `result`."""
    if c.texts[c.pos] != "(" or c.texts[c.pos + 1] not in ("type", "param", "result"):
        return BLOCK_EMPTY
    index = _explicit_type(c)
    start = c.pos
    params = value_types(c, "param")
    results = value_types(c, "result")
    if index >= 0:
        check_inline(c, index, params, results, start)
        return index
    if params or len(results) > 1:
        return func_type_index(c, tuple(params), tuple(results))
    if not results:
        return BLOCK_EMPTY
    result.append(results[0])
    return BLOCK_VALUE


def global_type(c: Context) -> GlobalType:
    """A global type."""
    if c.at_open("mut"):
        c.pos += 2
        code = value_type(c)
        c.close()
        return GlobalType(code, True)
    return GlobalType(value_type(c), False)


def address_type(c: Context) -> bool:
    """An optional address type; whether it is i64."""
    text = c.texts[c.pos]
    if text == "i64" or text == "i32":
        c.pos += 1
    return text == "i64"


def table_type(c: Context, is64: bool) -> TableType:
    """A table type after its address type."""
    minimum = c.natural(64)
    maximum = c.natural(64) if c.at_index() else None
    return TableType(reference_type(c), minimum, maximum, is64)


def memory_type(c: Context, is64: bool) -> MemoryType:
    """A memory type after its address type."""
    minimum = c.natural(64)
    maximum = c.natural(64) if c.at_index() else None
    shared = c.texts[c.pos] == "shared"
    if shared:
        c.pos += 1
    return MemoryType(minimum, maximum, is64, shared)
