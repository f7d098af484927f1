"""The form of an instruction's declaration, and the tables made from all of them.

In: calls of `declare` from the modules of this package, one a row. Out: `BY_CODE`, `BY_NAME`
and, for compiled code, dense columns (`zwasm.isa.tables`). What an instruction does is not
here; its *shape* says which typing rule of the specification (section 3.4) covers it.

An instruction's number is its dense *opcode*: the byte of a one-byte instruction, or
`PAGE_…` + the number after the prefix byte. It fits the range of a small table.
"""

from __future__ import annotations

from typing import Final

from zwasm.errors import WasmError

# Dense opcodes of instructions with a prefix byte (section 5.4).
PAGE_FB: Final = 0x100
PAGE_FC: Final = 0x200
PAGE_FD: Final = 0x300
PAGE_FE: Final = 0x500
OPCODES: Final = 0x600  # one past the last dense opcode
PAGES: Final[dict[int, int]] = {0xFB: PAGE_FB, 0xFC: PAGE_FC, 0xFD: PAGE_FD, 0xFE: PAGE_FE}
PAGE_SIZES: Final[dict[int, int]] = {0xFB: 0x100, 0xFC: 0x100, 0xFD: 0x200, 0xFE: 0x100}

# Kinds of immediates, in the order of the binary format. The text format has the same order
# but where a kind says otherwise.
IMM_BLOCK: Final = 1  # block type
IMM_LABEL: Final = 2
IMM_LABELS: Final = 3  # vector of labels, then the default label
IMM_TYPE: Final = 4  # type index
IMM_FUNC: Final = 5
IMM_TABLE: Final = 6
IMM_MEMORY: Final = 7
IMM_GLOBAL: Final = 8
IMM_LOCAL: Final = 9
IMM_TAG: Final = 10
IMM_ELEM: Final = 11
IMM_DATA: Final = 12
IMM_FIELD: Final = 13  # field index, of the type named by the immediate before it
IMM_MEMARG: Final = 14  # alignment, memory index, offset
IMM_I32: Final = 15
IMM_I64: Final = 16
IMM_F32: Final = 17
IMM_F64: Final = 18
IMM_V128: Final = 19  # 16 bytes
IMM_LANE: Final = 20  # lane index, one byte
IMM_LANES: Final = 21  # 16 lane indices
IMM_HEAP: Final = 22  # heap type
IMM_VALTYPES: Final = 23  # vector of value types; in text: (result ...)
IMM_CATCHES: Final = 24  # vector of catch clauses
IMM_CAST: Final = 25  # cast flags, label, two heap types; in text: label, two reference types
IMM_COUNT: Final = 26  # number of operands
IMM_CALL_TYPE: Final = 27  # type index, table index; in text: table index?, type use
IMM_TABLE_INIT: Final = 28  # element index, table index; in text: table index?, element index
IMM_MEMORY_INIT: Final = 29  # data index, memory index; in text: memory index?, data index
IMM_TABLE_COPY: Final = 30  # two table indices; in text both or none
IMM_MEMORY_COPY: Final = 31  # two memory indices; in text both or none
IMM_REF_TYPE: Final = 32  # heap type; in text a reference type, whose null picks the opcode
IMM_ZERO: Final = 33  # a zero byte, not in text

# Shapes: one a typing rule. PLAIN is the rule of every instruction that only takes the row's
# parameters and gives its results.
PLAIN: Final = 1
CONST: Final = 2
LOAD: Final = 3
STORE: Final = 4
LANE: Final = 5
SHUFFLE: Final = 6
LOAD_LANE: Final = 7
STORE_LANE: Final = 8
ATOMIC_RMW: Final = 9  # every atomic access that takes an address and operands
ATOMIC_FENCE: Final = 10
UNREACHABLE: Final = 12
NOP: Final = 13
BLOCK: Final = 14
LOOP: Final = 15
IF: Final = 16
ELSE: Final = 17
END: Final = 18
TRY_TABLE: Final = 19
THROW: Final = 20
THROW_REF: Final = 21
BR: Final = 22
BR_IF: Final = 23
BR_TABLE: Final = 24
BR_ON_NULL: Final = 25
BR_ON_NON_NULL: Final = 26
BR_ON_CAST: Final = 27
BR_ON_CAST_FAIL: Final = 28
RETURN: Final = 29
CALL: Final = 30
CALL_INDIRECT: Final = 31
CALL_REF: Final = 32
RETURN_CALL: Final = 33
RETURN_CALL_INDIRECT: Final = 34
RETURN_CALL_REF: Final = 35
DROP: Final = 36
SELECT: Final = 37
SELECT_TYPED: Final = 38
LOCAL_GET: Final = 39
LOCAL_SET: Final = 40
LOCAL_TEE: Final = 41
GLOBAL_GET: Final = 42
GLOBAL_SET: Final = 43
TABLE_GET: Final = 44
TABLE_SET: Final = 45
TABLE_SIZE: Final = 46
TABLE_GROW: Final = 47
TABLE_FILL: Final = 48
TABLE_COPY: Final = 49
TABLE_INIT: Final = 50
ELEM_DROP: Final = 51
MEMORY_SIZE: Final = 52
MEMORY_GROW: Final = 53
MEMORY_FILL: Final = 54
MEMORY_COPY: Final = 55
MEMORY_INIT: Final = 56
DATA_DROP: Final = 57
REF_NULL: Final = 58
REF_IS_NULL: Final = 59
REF_FUNC: Final = 60
REF_AS_NON_NULL: Final = 61
REF_TEST: Final = 62
REF_CAST: Final = 63
STRUCT_NEW: Final = 64
STRUCT_NEW_DEFAULT: Final = 65
STRUCT_GET: Final = 66
STRUCT_SET: Final = 67
ARRAY_NEW: Final = 68
ARRAY_NEW_DEFAULT: Final = 69
ARRAY_NEW_FIXED: Final = 70
ARRAY_NEW_DATA: Final = 71
ARRAY_NEW_ELEM: Final = 72
ARRAY_GET: Final = 73
ARRAY_SET: Final = 74
ARRAY_LEN: Final = 75
ARRAY_FILL: Final = 76
ARRAY_COPY: Final = 77
ARRAY_INIT_DATA: Final = 78
ARRAY_INIT_ELEM: Final = 79
ANY_CONVERT_EXTERN: Final = 80
EXTERN_CONVERT_ANY: Final = 81

# Features: bits, each the name of a proposal that became part of the specification, or of
# threads.
MVP: Final = 0
SIGN_EXTENSION: Final = 1 << 0
SATURATING_FLOAT_TO_INT: Final = 1 << 1
MULTI_VALUE: Final = 1 << 2
BULK_MEMORY: Final = 1 << 3
REFERENCE_TYPES: Final = 1 << 4
SIMD: Final = 1 << 5
RELAXED_SIMD: Final = 1 << 6
TAIL_CALL: Final = 1 << 7
EXTENDED_CONST: Final = 1 << 8
MULTI_MEMORY: Final = 1 << 9
MEMORY64: Final = 1 << 10
FUNCTION_REFERENCES: Final = 1 << 11
GC: Final = 1 << 12
EXCEPTIONS: Final = 1 << 13
THREADS: Final = 1 << 14

FEATURE_NAMES: Final[dict[int, str]] = {
    SIGN_EXTENSION: "sign-extension",
    SATURATING_FLOAT_TO_INT: "saturating-float-to-int",
    MULTI_VALUE: "multi-value",
    BULK_MEMORY: "bulk-memory",
    REFERENCE_TYPES: "reference-types",
    SIMD: "simd",
    RELAXED_SIMD: "relaxed-simd",
    TAIL_CALL: "tail-call",
    EXTENDED_CONST: "extended-const",
    MULTI_MEMORY: "multi-memory",
    MEMORY64: "memory64",
    FUNCTION_REFERENCES: "function-references",
    GC: "gc",
    EXCEPTIONS: "exceptions",
    THREADS: "threads",
}


class Row:
    """One instruction.

    `name` is the text format's keyword, `opcode` the dense opcode, `prefix` and `code` the
    encoding (prefix 0 for one-byte instructions), `immediates` the kinds above in binary
    order, `shape` the typing rule, `params` and `results` the value types that the rule fixes
    (for memory accesses without the address), `feature` the feature bit, `align` the log2 of
    a memory access's width in bytes, `lanes` the number of lanes of a lane access, `const`
    whether the instruction may stand in a constant expression (section 3.4.13), `compare`
    whether it is a test or comparison of numbers (testop, relop), `llvm` the instruction's
    meaning as LLVM IR, empty where it has none.

    The IR is lines over the operands {a} and {b} that give {r}, typed i32, i64, float or double
    as the specification types them; the result of a comparison is an i1. Of a load {a} is the
    host's address of the first byte, as ptr, and of a store too, {b} being the value. A line
    `trap CODE if %x` traps with that code (`zwasm.errors.TrapCode`) where the i1 %x holds.

    Vectors are <16 x i8> whatever their lanes are; {c} is a third operand, {lane} the number of
    the instruction's lane. Loads and stores of a lane have the address in {a} and the vector in
    {b}. The result of a test of a vector is an i32.
    """

    __slots__ = (
        "align",
        "code",
        "compare",
        "const",
        "feature",
        "immediates",
        "lanes",
        "llvm",
        "name",
        "opcode",
        "params",
        "prefix",
        "results",
        "shape",
    )

    def __init__(
        self,
        name: str,
        prefix: int,
        code: int,
        shape: int,
        immediates: tuple[int, ...],
        params: tuple[int, ...],
        results: tuple[int, ...],
        feature: int,
        align: int,
        lanes: int,
        const: bool,
        compare: bool,
        llvm: str,
    ) -> None:
        self.name = name
        self.prefix = prefix
        self.code = code
        self.opcode: int = PAGES[prefix] + code if prefix else code
        self.shape = shape
        self.immediates = immediates
        self.params = params
        self.results = results
        self.feature = feature
        self.align = align
        self.lanes = lanes
        self.const = const
        self.compare = compare
        self.llvm = llvm

    def __repr__(self) -> str:
        return f"<Row {self.name} 0x{self.opcode:x}>"


BY_CODE: Final[list[Row | None]] = [None] * OPCODES
BY_NAME: Final[dict[str, Row]] = {}
# Keywords that name two instructions, told apart by an immediate in text (`select` with a
# type, casts to a nullable type): the second row by the first row's opcode.
SECOND_FORMS: Final[dict[int, Row]] = {}


def declare(
    name: str,
    encoding: int,
    shape: int,
    immediates: tuple[int, ...] = (),
    params: tuple[int, ...] = (),
    results: tuple[int, ...] = (),
    feature: int = MVP,
    align: int = 0,
    lanes: int = 0,
    const: bool = False,
    compare: bool = False,
    second: bool = False,
    llvm: str = "",
) -> None:
    """Declare an instruction.

    `encoding` is the opcode byte, or the prefix byte times 0x1000 plus the number after it
    (0xFD100 is prefix 0xFD, number 0x100). `second` declares the second form of a keyword
    that an earlier row has. Raises WasmError where two rows clash.
    """
    prefix = encoding >> 12
    code = encoding & 0xFFF
    if prefix and code >= PAGE_SIZES[prefix]:
        raise WasmError(f"isa: {name}: number 0x{code:x} is past its page")
    row = Row(
        name,
        prefix,
        code,
        shape,
        immediates,
        params,
        results,
        feature,
        align,
        lanes,
        const,
        compare,
        llvm,
    )
    other = BY_CODE[row.opcode]
    if other is not None:
        raise WasmError(f"isa: {name} and {other.name} have the same encoding")
    if second:
        SECOND_FORMS[BY_NAME[name].opcode] = row
    elif name in BY_NAME:
        raise WasmError(f"isa: {name} is declared twice")
    else:
        BY_NAME[name] = row
    BY_CODE[row.opcode] = row


def row_of(opcode: int) -> Row:
    """The row of a dense opcode that is known to exist."""
    row = BY_CODE[opcode]
    if row is None:
        raise WasmError(f"isa: no instruction has opcode 0x{opcode:x}")
    return row
