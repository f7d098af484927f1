"""Validation of aggregate and cast instructions (specification, sections 3.4.2 and 3.4.6 to
3.4.9).

In: the walk's state, standing after the opcode. Out: the state after the instruction. Called
by `zwasm.valid.func` for the shapes of this chapter.
"""

from __future__ import annotations

from mypy_extensions import i64

from zwasm.isa import row as r
from zwasm.limits import MAX_ARRAY_NEW_FIXED
from zwasm.types import (
    ANYREF,
    ARRAYREF,
    EXTERNREF,
    HEAP_ANY,
    HEAP_EXTERN,
    HEAP_INDEX,
    I8,
    I16,
    I32,
    NULL_BIT,
    REF_BIT,
    ArrayType,
    FieldType,
    StructType,
    heap_of,
    is_defaultable,
    matches,
    ref_type,
    top_of,
)
from zwasm.valid.operands import Operands


def aggregate(v: Operands, opcode: i64, shape: i64) -> None:
    """Check one instruction of the shapes REF_TEST to EXTERN_CONVERT_ANY or BR_ON_CAST."""
    if shape == r.REF_TEST or shape == r.REF_CAST:
        heap = v.canonical_heap()
        nullable = opcode == r.SECOND_FORMS[r.BY_NAME[v.instruction()].opcode].opcode
        v.pop(ref_of_top(int(heap)))
        v.push(I32 if shape == r.REF_TEST else ref_type(int(heap), nullable))
    elif shape == r.BR_ON_CAST or shape == r.BR_ON_CAST_FAIL:
        br_on_cast(v, shape)
    elif shape == r.ANY_CONVERT_EXTERN:
        convert(v, EXTERNREF, HEAP_ANY)
    elif shape == r.EXTERN_CONVERT_ANY:
        convert(v, ANYREF, HEAP_EXTERN)
    elif shape == r.ARRAY_LEN:
        v.pop(ARRAYREF)
        v.push(I32)
    elif shape <= r.STRUCT_SET:
        struct(v, shape)
    else:
        array(v, shape)


def ref_of_top(heap: int) -> int:
    """The nullable reference to the top of a heap type's hierarchy."""
    return ref_type(top_of(heap), True)


def convert(v: Operands, source: int, heap: int) -> None:
    """A conversion between internal and external references keeps nullability."""
    code = v.pop_ref()
    if not matches(int(code), source):
        v.mismatch(source, code)
    v.push(ref_type(heap, code & NULL_BIT != 0))


def br_on_cast(v: Operands, shape: i64) -> None:
    flags = v.byte()
    if flags > 3:
        raise v.malformed("malformed cast flags")
    label = v.u32()
    first = ref_type(int(v.canonical_heap()), flags & 1 != 0)
    second = ref_type(int(v.canonical_heap()), flags & 2 != 0)
    if not matches(second, first):
        raise v.invalid(
            f"type mismatch: {v.instruction()} from {v.named(first)} to {v.named(second)}, "
            "which is no subtype"
        )
    # What is left of the first type once the second is ruled out.
    rest = ref_type(heap_of(first), False) if flags & 2 != 0 else first
    taken, kept = (second, rest) if shape == r.BR_ON_CAST else (rest, second)
    types = v.label_types(label)
    if not types or not matches(taken, types[-1]):
        raise v.invalid(f"type mismatch: the label of {v.instruction()} takes no {v.named(taken)}")
    v.pop(first)
    v.pop_all(types[:-1])
    v.push_all(types[:-1])
    v.push(kept)


def struct_type(v: Operands, x: i64) -> StructType:
    comp = v.defs[v.check_type(x)].comp
    if not isinstance(comp, StructType):
        raise v.invalid(f"type mismatch: type {x} is not a structure type")
    return comp


def array_type(v: Operands, x: i64) -> ArrayType:
    comp = v.defs[v.check_type(x)].comp
    if not isinstance(comp, ArrayType):
        raise v.invalid(f"type mismatch: type {x} is not an array type")
    return comp


def ref_to(v: Operands, x: i64, nullable: bool) -> int:
    """The reference type to the module's type x."""
    return ref_type(HEAP_INDEX + v.info.type_ids[x], nullable)


def check_packed(v: Operands, field: FieldType) -> None:
    """`get` is for unpacked fields, `get_s` and `get_u` for packed ones."""
    packed = field.storage == I8 or field.storage == I16
    if packed != v.instruction().endswith(("_s", "_u")):
        what = "packed" if packed else "unpacked"
        raise v.invalid(f"type mismatch: {v.instruction()} of a field that is {what}")


def check_mutable(v: Operands, field: FieldType, what: str) -> None:
    if not field.mutable:
        raise v.invalid(f"immutable {what}")


def struct(v: Operands, shape: i64) -> None:
    x = v.u32()
    fields = struct_type(v, x).fields
    if shape == r.STRUCT_NEW:
        i: i64 = i64(len(fields)) - 1
        while i >= 0:
            v.pop(fields[i].unpacked())
            i -= 1
        v.push(ref_to(v, x, False))
    elif shape == r.STRUCT_NEW_DEFAULT:
        for field in fields:
            check_default(v, field)
        v.push(ref_to(v, x, False))
    else:
        y = v.u32()
        if y >= i64(len(fields)):
            raise v.invalid(f"unknown field {y}")
        field = fields[y]
        if shape == r.STRUCT_GET:
            check_packed(v, field)
            v.pop(ref_to(v, x, True))
            v.push(field.unpacked())
        else:
            check_mutable(v, field, "field")
            v.pop(field.unpacked())
            v.pop(ref_to(v, x, True))


def check_default(v: Operands, field: FieldType) -> None:
    if not is_defaultable(field.storage):
        raise v.invalid(f"field type is not defaultable: {v.named(field.storage)}")


def array(v: Operands, shape: i64) -> None:
    x = v.u32()
    field = array_type(v, x).field
    element = field.unpacked()
    if shape == r.ARRAY_NEW:
        v.pop(I32)
        v.pop(element)
        v.push(ref_to(v, x, False))
    elif shape == r.ARRAY_NEW_DEFAULT:
        check_default(v, field)
        v.pop(I32)
        v.push(ref_to(v, x, False))
    elif shape == r.ARRAY_NEW_FIXED:
        count = v.u32()
        if count > MAX_ARRAY_NEW_FIXED:
            raise v.invalid(f"array.new_fixed of more than {MAX_ARRAY_NEW_FIXED} elements")
        i: i64 = 0
        while i < count:
            v.pop(element)
            i += 1
        v.push(ref_to(v, x, False))
    elif shape == r.ARRAY_NEW_DATA or shape == r.ARRAY_NEW_ELEM:
        check_segment(v, field, shape == r.ARRAY_NEW_DATA)
        v.pop(I32)
        v.pop(I32)
        v.push(ref_to(v, x, False))
    elif shape == r.ARRAY_GET:
        check_packed(v, field)
        v.pop(I32)
        v.pop(ref_to(v, x, True))
        v.push(element)
    elif shape == r.ARRAY_SET:
        check_mutable(v, field, "array")
        v.pop(element)
        v.pop(I32)
        v.pop(ref_to(v, x, True))
    elif shape == r.ARRAY_FILL:
        check_mutable(v, field, "array")
        v.pop(I32)
        v.pop(element)
        v.pop(I32)
        v.pop(ref_to(v, x, True))
    elif shape == r.ARRAY_COPY:
        y = v.u32()
        source = array_type(v, y).field
        check_mutable(v, field, "array")
        if source.storage != field.storage and not (
            source.storage & REF_BIT != 0 and matches(source.storage, field.storage)
        ):
            raise v.invalid(
                f"array types do not match: elements {v.named(source.storage)} "
                f"to {v.named(field.storage)}"
            )
        v.pop(I32)
        v.pop(I32)
        v.pop(ref_to(v, y, True))
        v.pop(I32)
        v.pop(ref_to(v, x, True))
    else:
        check_mutable(v, field, "array")
        check_segment(v, field, shape == r.ARRAY_INIT_DATA)
        v.pop(I32)
        v.pop(I32)
        v.pop(I32)
        v.pop(ref_to(v, x, True))


def check_segment(v: Operands, field: FieldType, is_data: bool) -> None:
    """Read a segment's index; its contents fit the array's elements."""
    if is_data:
        v.data_index()
        if field.storage & REF_BIT != 0:
            raise v.invalid("array type is not numeric or vector")
    else:
        y = v.elem_index()
        v.check_element(i64(v.info.elem_types[y]), i64(field.storage))
