"""Reference and aggregate instructions: typed function references and garbage-collected
structures, arrays and i31 (sections 3.4.6 to 3.4.9, encodings in section 5.4.3)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import EQREF, HEAP_I31, I31REF, I32, ref_type

declare("ref.null", 0xD0, r.REF_NULL, (r.IMM_HEAP,), feature=r.REFERENCE_TYPES, const=True)
declare("ref.is_null", 0xD1, r.REF_IS_NULL, feature=r.REFERENCE_TYPES)
declare("ref.func", 0xD2, r.REF_FUNC, (r.IMM_FUNC,), feature=r.REFERENCE_TYPES, const=True)
declare("ref.eq", 0xD3, r.PLAIN, (), (EQREF, EQREF), (I32,), feature=r.GC)
declare("ref.as_non_null", 0xD4, r.REF_AS_NON_NULL, feature=r.FUNCTION_REFERENCES)


def gc(
    name: str,
    number: int,
    shape: int,
    *immediates: int,
    params: tuple[int, ...] = (),
    results: tuple[int, ...] = (),
    const: bool = False,
    second: bool = False,
) -> None:
    declare(
        name,
        0xFB000 + number,
        shape,
        immediates,
        params,
        results,
        feature=r.GC,
        const=const,
        second=second,
    )


gc("struct.new", 0, r.STRUCT_NEW, r.IMM_TYPE, const=True)
gc("struct.new_default", 1, r.STRUCT_NEW_DEFAULT, r.IMM_TYPE, const=True)
gc("struct.get", 2, r.STRUCT_GET, r.IMM_TYPE, r.IMM_FIELD)
gc("struct.get_s", 3, r.STRUCT_GET, r.IMM_TYPE, r.IMM_FIELD)
gc("struct.get_u", 4, r.STRUCT_GET, r.IMM_TYPE, r.IMM_FIELD)
gc("struct.set", 5, r.STRUCT_SET, r.IMM_TYPE, r.IMM_FIELD)
gc("array.new", 6, r.ARRAY_NEW, r.IMM_TYPE, const=True)
gc("array.new_default", 7, r.ARRAY_NEW_DEFAULT, r.IMM_TYPE, const=True)
gc("array.new_fixed", 8, r.ARRAY_NEW_FIXED, r.IMM_TYPE, r.IMM_COUNT, const=True)
gc("array.new_data", 9, r.ARRAY_NEW_DATA, r.IMM_TYPE, r.IMM_DATA)
gc("array.new_elem", 10, r.ARRAY_NEW_ELEM, r.IMM_TYPE, r.IMM_ELEM)
gc("array.get", 11, r.ARRAY_GET, r.IMM_TYPE)
gc("array.get_s", 12, r.ARRAY_GET, r.IMM_TYPE)
gc("array.get_u", 13, r.ARRAY_GET, r.IMM_TYPE)
gc("array.set", 14, r.ARRAY_SET, r.IMM_TYPE)
gc("array.len", 15, r.ARRAY_LEN)
gc("array.fill", 16, r.ARRAY_FILL, r.IMM_TYPE)
gc("array.copy", 17, r.ARRAY_COPY, r.IMM_TYPE, r.IMM_TYPE)
gc("array.init_data", 18, r.ARRAY_INIT_DATA, r.IMM_TYPE, r.IMM_DATA)
gc("array.init_elem", 19, r.ARRAY_INIT_ELEM, r.IMM_TYPE, r.IMM_ELEM)
gc("ref.test", 20, r.REF_TEST, r.IMM_REF_TYPE)
gc("ref.test", 21, r.REF_TEST, r.IMM_REF_TYPE, second=True)  # to a nullable type
gc("ref.cast", 22, r.REF_CAST, r.IMM_REF_TYPE)
gc("ref.cast", 23, r.REF_CAST, r.IMM_REF_TYPE, second=True)  # to a nullable type
gc("any.convert_extern", 26, r.ANY_CONVERT_EXTERN, const=True)
gc("extern.convert_any", 27, r.EXTERN_CONVERT_ANY, const=True)
gc(
    "ref.i31",
    28,
    r.PLAIN,
    params=(I32,),
    results=(ref_type(HEAP_I31, False),),
    const=True,
)
gc("i31.get_s", 29, r.PLAIN, params=(I31REF,), results=(I32,))
gc("i31.get_u", 30, r.PLAIN, params=(I31REF,), results=(I32,))
