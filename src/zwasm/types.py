"""Types of WebAssembly (specification, section 2.3) and matching between them (section 3.3).

In: type codes and type definitions. Out: type classes, canonical ids of defined types, the
subtype relation, the text form of types. Decoding and parsing of types is not here.

A value type is one `int`, its *code*, so that the compiled validator compares machine words:

* a number, vector or packed type is its byte in the binary format (`I32` is 0x7F, ...);
* a reference type is `ref_type(heap, nullable)`; a heap type is its byte in the binary format
  when abstract, or `HEAP_INDEX + x` for a defined type, where `x` is the type's index in its
  module as long as the module is plain data, and its canonical id once validated;
* `BOT` is the type of operands below unreachable code.

Defined types are made canonical per process (rec groups are iso-recursive): two definitions
are the same type exactly when they have the same canonical id, so matching across modules is
a comparison of numbers.
"""

from __future__ import annotations

from typing import Final

BOT: Final = 0
I32: Final = 0x7F
I64: Final = 0x7E
F32: Final = 0x7D
F64: Final = 0x7C
V128: Final = 0x7B
I8: Final = 0x78  # packed, in fields only
I16: Final = 0x77  # packed, in fields only

HEAP_NOEXN: Final = 0x74
HEAP_NOFUNC: Final = 0x73
HEAP_NOEXTERN: Final = 0x72
HEAP_NONE: Final = 0x71
HEAP_FUNC: Final = 0x70
HEAP_EXTERN: Final = 0x6F
HEAP_ANY: Final = 0x6E
HEAP_EQ: Final = 0x6D
HEAP_I31: Final = 0x6C
HEAP_STRUCT: Final = 0x6B
HEAP_ARRAY: Final = 0x6A
HEAP_EXN: Final = 0x69
HEAP_BOT: Final = 1  # heap type of a reference below unreachable code
HEAP_INDEX: Final = 0x80  # first code of a defined type

REF_BIT: Final = 0x100
NULL_BIT: Final = 0x80
HEAP_SHIFT: Final = 9

EXTERN_FUNC: Final = 0
EXTERN_TABLE: Final = 1
EXTERN_MEMORY: Final = 2
EXTERN_GLOBAL: Final = 3
EXTERN_TAG: Final = 4
EXTERN_NAMES: Final = ("func", "table", "memory", "global", "tag")


def ref_type(heap: int, nullable: bool) -> int:
    """The code of the reference type `(ref null? heap)`."""
    return (heap << HEAP_SHIFT) | (REF_BIT | NULL_BIT if nullable else REF_BIT)


def is_ref(code: int) -> bool:
    """Whether the value type is a reference type."""
    return code & REF_BIT != 0


def is_nullable(code: int) -> bool:
    """Whether the reference type admits null."""
    return code & NULL_BIT != 0


def heap_of(code: int) -> int:
    """The heap type of a reference type."""
    return code >> HEAP_SHIFT


def is_defaultable(code: int) -> bool:
    """Whether the value type has a default value (specification, section 3.1.6)."""
    return code & REF_BIT == 0 or code & NULL_BIT != 0


FUNCREF: Final = (0x70 << 9) | 0x180
EXTERNREF: Final = (0x6F << 9) | 0x180
EXNREF: Final = (0x69 << 9) | 0x180
ANYREF: Final = (0x6E << 9) | 0x180
EQREF: Final = (0x6D << 9) | 0x180
I31REF: Final = (0x6C << 9) | 0x180
STRUCTREF: Final = (0x6B << 9) | 0x180
ARRAYREF: Final = (0x6A << 9) | 0x180
NULLREF: Final = (0x71 << 9) | 0x180
NULLFUNCREF: Final = (0x73 << 9) | 0x180
NULLEXTERNREF: Final = (0x72 << 9) | 0x180
NULLEXNREF: Final = (0x74 << 9) | 0x180

# Names of the text format, each declared once: number, vector and packed types; abstract heap
# types; and the abbreviations of nullable references to them.
NUM_NAMES: Final[dict[int, str]] = {
    I32: "i32",
    I64: "i64",
    F32: "f32",
    F64: "f64",
    V128: "v128",
    I8: "i8",
    I16: "i16",
}
HEAP_NAMES: Final[dict[int, str]] = {
    HEAP_NOEXN: "noexn",
    HEAP_NOFUNC: "nofunc",
    HEAP_NOEXTERN: "noextern",
    HEAP_NONE: "none",
    HEAP_FUNC: "func",
    HEAP_EXTERN: "extern",
    HEAP_ANY: "any",
    HEAP_EQ: "eq",
    HEAP_I31: "i31",
    HEAP_STRUCT: "struct",
    HEAP_ARRAY: "array",
    HEAP_EXN: "exn",
}
REF_NAMES: Final[dict[int, str]] = {
    FUNCREF: "funcref",
    EXTERNREF: "externref",
    EXNREF: "exnref",
    ANYREF: "anyref",
    EQREF: "eqref",
    I31REF: "i31ref",
    STRUCTREF: "structref",
    ARRAYREF: "arrayref",
    NULLREF: "nullref",
    NULLFUNCREF: "nullfuncref",
    NULLEXTERNREF: "nullexternref",
    NULLEXNREF: "nullexnref",
}
_CODE_OF_NAME: Final[dict[str, int]] = {
    name: code for names in (NUM_NAMES, REF_NAMES) for code, name in names.items()
}


def heap_name(heap: int) -> str:
    """The text form of a heap type; a defined type is its number."""
    if heap >= HEAP_INDEX:
        return str(heap - HEAP_INDEX)
    return HEAP_NAMES.get(heap, "bot")


def type_name(code: int) -> str:
    """The text form of a value or storage type."""
    if code & REF_BIT != 0:
        short = REF_NAMES.get(code)
        if short is not None:
            return short
        null = "null " if code & NULL_BIT != 0 else ""
        return f"(ref {null}{heap_name(code >> HEAP_SHIFT)})"
    return NUM_NAMES.get(code, "bot")


def type_code(name: str) -> int:
    """The code of a value type given in text form, such as "i32" or "(ref null extern)".

    Raises ValueError for anything that is not the text form of a value type with an abstract
    heap type.
    """
    code = _CODE_OF_NAME.get(name)
    if code is not None and code != I8 and code != I16:
        return code
    words = name.replace("(", " ( ").replace(")", " ) ").split()
    if len(words) in (4, 5) and words[:2] == ["(", "ref"] and words[-1] == ")":
        nullable = len(words) == 5
        if not nullable or words[2] == "null":
            for heap, heap_text in HEAP_NAMES.items():
                if heap_text == words[-2]:
                    return ref_type(heap, nullable)
    known = ", ".join(sorted(n for n in _CODE_OF_NAME if n not in ("i8", "i16")))
    raise ValueError(f"unknown value type {name!r}; known are {known}")


def _codes(types: object) -> tuple[int, ...]:
    if isinstance(types, str):
        return (type_code(types),)
    if not isinstance(types, (tuple, list)):
        raise TypeError(f"expected a sequence of value types, not {type(types).__name__}")
    codes: list[int] = []
    for entry in types:
        if isinstance(entry, str):
            codes.append(type_code(entry))
        elif isinstance(entry, int):
            codes.append(entry)
        else:
            raise TypeError(f"expected a value type such as 'i32', not {entry!r}")
    return tuple(codes)


class FuncType:
    """A function type: `FuncType(["i32", "i32"], ["i32"])`.

    `params` and `results` are tuples of value types in text form; `param_codes` and
    `result_codes` the same as codes. Equal types compare equal and hash alike.
    """

    __slots__ = ("param_codes", "result_codes")

    def __init__(self, params: object = (), results: object = ()) -> None:
        self.param_codes: tuple[int, ...] = _codes(params)
        self.result_codes: tuple[int, ...] = _codes(results)

    @property
    def params(self) -> tuple[str, ...]:
        return tuple([type_name(code) for code in self.param_codes])

    @property
    def results(self) -> tuple[str, ...]:
        return tuple([type_name(code) for code in self.result_codes])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FuncType)
            and self.param_codes == other.param_codes
            and self.result_codes == other.result_codes
        )

    def __hash__(self) -> int:
        return hash((self.param_codes, self.result_codes))

    def __reduce__(self) -> tuple[object, ...]:
        return (FuncType, (self.param_codes, self.result_codes))

    def __repr__(self) -> str:
        text = "(func"
        if self.param_codes:
            text += " (param " + " ".join(self.params) + ")"
        if self.result_codes:
            text += " (result " + " ".join(self.results) + ")"
        return text + ")"


class FieldType:
    """A field of a structure or array: `storage` is a value type's or packed type's code."""

    __slots__ = ("mutable", "storage")

    def __init__(self, storage: int, mutable: bool) -> None:
        self.storage = storage
        self.mutable = mutable

    def unpacked(self) -> int:
        """The value type of the field once unpacked."""
        return I32 if self.storage == I8 or self.storage == I16 else self.storage


class StructType:
    """A structure type."""

    __slots__ = ("fields",)

    def __init__(self, fields: tuple[FieldType, ...]) -> None:
        self.fields = fields


class ArrayType:
    """An array type."""

    __slots__ = ("field",)

    def __init__(self, field: FieldType) -> None:
        self.field = field


CompType = FuncType | StructType | ArrayType


class SubType:
    """A type definition: `supers` are heap type codes of defined types (at most one is valid),
    `comp` its composite type. `offset` is where it stands, for messages."""

    __slots__ = ("comp", "final", "offset", "supers")

    def __init__(
        self, final: bool, supers: tuple[int, ...], comp: CompType, offset: int = 0
    ) -> None:
        self.final = final
        self.supers = supers
        self.comp = comp
        self.offset = offset


class TableType:
    """A table type: element type, size limits in elements, 32- or 64-bit addresses.

    `element` is the element type in text form, `element_code` its code.
    """

    __slots__ = ("element_code", "is64", "maximum", "minimum")

    def __init__(
        self, element: str | int, minimum: int = 0, maximum: int | None = None, is64: bool = False
    ) -> None:
        self.element_code: int = type_code(element) if isinstance(element, str) else element
        self.minimum = minimum
        self.maximum = maximum
        self.is64 = is64

    @property
    def element(self) -> str:
        return type_name(self.element_code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableType) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, int, int | None, bool]:
        return (self.element_code, self.minimum, self.maximum, self.is64)

    def __reduce__(self) -> tuple[object, ...]:
        return (TableType, self._key())

    def __repr__(self) -> str:
        return f"(table {_limits_text(self.minimum, self.maximum, self.is64)} {self.element})"


class MemoryType:
    """A memory type: size limits in pages of 64 KiB, 32- or 64-bit addresses, shared or not."""

    __slots__ = ("is64", "maximum", "minimum", "shared")

    def __init__(
        self, minimum: int = 0, maximum: int | None = None, is64: bool = False, shared: bool = False
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.is64 = is64
        self.shared = shared

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryType) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, int | None, bool, bool]:
        return (self.minimum, self.maximum, self.is64, self.shared)

    def __reduce__(self) -> tuple[object, ...]:
        return (MemoryType, self._key())

    def __repr__(self) -> str:
        shared = " shared" if self.shared else ""
        return f"(memory {_limits_text(self.minimum, self.maximum, self.is64)}{shared})"


def _limits_text(minimum: int, maximum: int | None, is64: bool) -> str:
    text = f"i64 {minimum}" if is64 else str(minimum)
    return text if maximum is None else f"{text} {maximum}"


class GlobalType:
    """A global type: `content` is its value type in text form, `content_code` the code."""

    __slots__ = ("content_code", "mutable")

    def __init__(self, content: str | int, mutable: bool = False) -> None:
        self.content_code: int = type_code(content) if isinstance(content, str) else content
        self.mutable = mutable

    @property
    def content(self) -> str:
        return type_name(self.content_code)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, GlobalType)
            and self.content_code == other.content_code
            and self.mutable == other.mutable
        )

    def __hash__(self) -> int:
        return hash((self.content_code, self.mutable))

    def __reduce__(self) -> tuple[object, ...]:
        return (GlobalType, (self.content_code, self.mutable))

    def __repr__(self) -> str:
        return f"(global (mut {self.content}))" if self.mutable else f"(global {self.content})"


class TagType:
    """A tag type: the function type that gives an exception's arguments."""

    __slots__ = ("func",)

    def __init__(self, func: FuncType) -> None:
        self.func = func

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TagType) and self.func == other.func

    def __hash__(self) -> int:
        return hash(("tag", self.func))

    def __reduce__(self) -> tuple[object, ...]:
        return (TagType, (self.func,))

    def __repr__(self) -> str:
        return "(tag" + repr(self.func)[5:]


ExternType = FuncType | TableType | MemoryType | GlobalType | TagType


class DefType:
    """A canonical defined type.

    `id` is its canonical id, `ancestors` the canonical ids of its supertypes, nearest last,
    and `comp` its composite type with every reference to a defined type by canonical id.
    """

    __slots__ = ("ancestors", "comp", "final", "id", "kind")

    def __init__(self, id: int, final: bool, ancestors: tuple[int, ...], comp: CompType) -> None:
        self.id = id
        self.final = final
        self.ancestors = ancestors
        self.comp = comp
        self.kind: int = HEAP_STRUCT
        if isinstance(comp, FuncType):
            self.kind = HEAP_FUNC
        elif isinstance(comp, ArrayType):
            self.kind = HEAP_ARRAY


class _Canon:
    """All canonical types of the process."""

    def __init__(self) -> None:
        self.defs: list[DefType] = []
        self.groups: dict[object, int] = {}  # key of a rec group -> id of its first type


_CANON: Final = _Canon()


def def_type(id: int) -> DefType:
    """The canonical defined type with this id."""
    return _CANON.defs[id]


def map_code(code: int, ids: list[int]) -> int:
    """A value type code with its module type index replaced by a canonical id."""
    if code & REF_BIT != 0:
        heap = code >> HEAP_SHIFT
        if heap >= HEAP_INDEX:
            return ref_type(HEAP_INDEX + ids[heap - HEAP_INDEX], code & NULL_BIT != 0)
    return code


def _map_codes(codes: tuple[int, ...], ids: list[int]) -> tuple[int, ...]:
    for code in codes:
        if code >> HEAP_SHIFT >= HEAP_INDEX:
            return tuple([map_code(c, ids) for c in codes])
    return codes


def map_comp(comp: CompType, ids: list[int]) -> CompType:
    """A composite type with module type indices replaced by canonical ids."""
    if isinstance(comp, FuncType):
        params = _map_codes(comp.param_codes, ids)
        results = _map_codes(comp.result_codes, ids)
        if params is comp.param_codes and results is comp.result_codes:
            return comp
        return FuncType(params, results)
    if isinstance(comp, ArrayType):
        return ArrayType(FieldType(map_code(comp.field.storage, ids), comp.field.mutable))
    return StructType(tuple([FieldType(map_code(f.storage, ids), f.mutable) for f in comp.fields]))


def _key_code(code: int, ids: list[int], first: int) -> int:
    """A code as it stands in a rec group's key: own members by their place, from -1 down."""
    if code & REF_BIT != 0:
        heap = code >> HEAP_SHIFT
        if heap >= HEAP_INDEX:
            index = heap - HEAP_INDEX
            if index >= first:
                return -1 - ((index - first) << 1) - (1 if code & NULL_BIT != 0 else 0)
            return map_code(code, ids)
    return code


def _key_fields(fields: tuple[FieldType, ...], ids: list[int], first: int) -> tuple[object, ...]:
    return tuple([(_key_code(f.storage, ids, first), f.mutable) for f in fields])


def _key_of(sub: SubType, ids: list[int], first: int) -> object:
    supers: list[int] = []
    for heap in sub.supers:
        index = heap - HEAP_INDEX
        supers.append(-1 - (index - first) if index >= first else ids[index])
    comp = sub.comp
    shape: object
    if isinstance(comp, FuncType):
        shape = (
            HEAP_FUNC,
            tuple([_key_code(c, ids, first) for c in comp.param_codes]),
            tuple([_key_code(c, ids, first) for c in comp.result_codes]),
        )
    elif isinstance(comp, ArrayType):
        shape = (HEAP_ARRAY, _key_fields((comp.field,), ids, first))
    else:
        shape = (HEAP_STRUCT, _key_fields(comp.fields, ids, first))
    return (sub.final, tuple(supers), shape)


def canonical_group(subs: list[SubType], first: int, ids: list[int]) -> None:
    """Make one rec group canonical: append its members' canonical ids to `ids`.

    `subs` are the group's types, which occupy module type indices from `first` on;
    `len(ids) == first`. Every type index in them must be below `first + len(subs)`, and a
    supertype's index below the index of the type that names it.
    """
    key = (len(subs), *[_key_of(sub, ids, first) for sub in subs])
    known = _CANON.groups.get(key)
    if known is not None:
        for i in range(len(subs)):
            ids.append(known + i)
        return
    start = len(_CANON.defs)
    _CANON.groups[key] = start
    for i in range(len(subs)):
        ids.append(start + i)
    for i in range(len(subs)):
        sub = subs[i]
        ancestors: tuple[int, ...] = ()
        if sub.supers:
            parent = ids[sub.supers[0] - HEAP_INDEX]
            ancestors = (*_CANON.defs[parent].ancestors, parent)
        _CANON.defs.append(DefType(start + i, sub.final, ancestors, map_comp(sub.comp, ids)))


def func_type_id(func_type: FuncType) -> int:
    """The canonical id of a function type that stands alone, final and without supertype;
    codes in it must be canonical."""
    key = (1, (True, (), (HEAP_FUNC, func_type.param_codes, func_type.result_codes)))
    known = _CANON.groups.get(key)
    if known is None:
        known = len(_CANON.defs)
        _CANON.groups[key] = known
        _CANON.defs.append(DefType(known, True, (), func_type))
    return known


def top_of(heap: int) -> int:
    """The top heap type of the hierarchy that a canonical heap type belongs to."""
    if heap >= HEAP_INDEX:
        return HEAP_FUNC if _CANON.defs[heap - HEAP_INDEX].kind == HEAP_FUNC else HEAP_ANY
    if heap == HEAP_FUNC or heap == HEAP_NOFUNC:
        return HEAP_FUNC
    if heap == HEAP_EXTERN or heap == HEAP_NOEXTERN:
        return HEAP_EXTERN
    if heap == HEAP_EXN or heap == HEAP_NOEXN:
        return HEAP_EXN
    return HEAP_ANY


def heap_matches(a: int, b: int) -> bool:
    """Whether heap type `a` matches `b` (section 3.3.3); codes are canonical."""
    if a == b or a == HEAP_BOT:
        return True
    if b >= HEAP_INDEX:
        target = b - HEAP_INDEX
        if a >= HEAP_INDEX:
            return target in _CANON.defs[a - HEAP_INDEX].ancestors
        kind = _CANON.defs[target].kind
        return a == (HEAP_NOFUNC if kind == HEAP_FUNC else HEAP_NONE)
    if a >= HEAP_INDEX:
        kind = _CANON.defs[a - HEAP_INDEX].kind
        if kind == HEAP_FUNC:
            return b == HEAP_FUNC
        return b == kind or b == HEAP_EQ or b == HEAP_ANY
    if b == HEAP_ANY:
        return (
            a == HEAP_EQ or a == HEAP_I31 or a == HEAP_STRUCT or a == HEAP_ARRAY or a == HEAP_NONE
        )
    if b == HEAP_EQ:
        return a == HEAP_I31 or a == HEAP_STRUCT or a == HEAP_ARRAY or a == HEAP_NONE
    if b == HEAP_I31 or b == HEAP_STRUCT or b == HEAP_ARRAY:
        return a == HEAP_NONE
    if b == HEAP_FUNC:
        return a == HEAP_NOFUNC
    if b == HEAP_EXTERN:
        return a == HEAP_NOEXTERN
    if b == HEAP_EXN:
        return a == HEAP_NOEXN
    return False


def matches(a: int, b: int) -> bool:
    """Whether value type `a` matches `b` (section 3.3.1 to 3.3.5); codes are canonical."""
    if a == b or a == BOT:
        return True
    if a & REF_BIT == 0 or b & REF_BIT == 0:
        return False
    if a & NULL_BIT != 0 and b & NULL_BIT == 0:
        return False
    return heap_matches(a >> HEAP_SHIFT, b >> HEAP_SHIFT)


def all_match(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether a sequence of value types matches another, one by one (section 3.3.6)."""
    if len(a) != len(b):
        return False
    for i in range(len(a)):
        if not matches(a[i], b[i]):
            return False
    return True


def _field_matches(a: FieldType, b: FieldType) -> bool:
    if a.mutable != b.mutable:
        return False
    if a.mutable:
        return a.storage == b.storage
    return a.storage == b.storage or (
        is_ref(a.storage) and is_ref(b.storage) and matches(a.storage, b.storage)
    )


def comp_matches(a: CompType, b: CompType) -> bool:
    """Whether composite type `a` matches `b` (section 3.3.8); codes are canonical."""
    if isinstance(a, FuncType):
        return (
            isinstance(b, FuncType)
            and all_match(b.param_codes, a.param_codes)
            and all_match(a.result_codes, b.result_codes)
        )
    if isinstance(a, ArrayType):
        return isinstance(b, ArrayType) and _field_matches(a.field, b.field)
    if not isinstance(b, StructType) or len(a.fields) < len(b.fields):
        return False
    for i in range(len(b.fields)):
        if not _field_matches(a.fields[i], b.fields[i]):
            return False
    return True


def limits_match(
    a_minimum: int, a_maximum: int | None, b_minimum: int, b_maximum: int | None
) -> bool:
    """Whether limits `a` match `b` (section 3.3.12)."""
    if a_minimum < b_minimum:
        return False
    return b_maximum is None or (a_maximum is not None and a_maximum <= b_maximum)
