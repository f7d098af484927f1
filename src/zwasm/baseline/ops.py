"""What the compiler needs to know of every IR operation.

In: the IR operations and the rows. Out: dense tables by operation number: how an operation is
compiled (`kinds`), which of its words are sources and which class they have, whether it gives a
result and of which class, and whether it leaves the machine's registers alone.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.baseline import keys
from zwasm.isa import ir
from zwasm.isa import row as r
from zwasm.isa.ir import IR_BR_IF_CMP, IR_BR_UNLESS_CMP, IR_OPERATIONS, IR_OPS
from zwasm.isa.row import BY_CODE, BY_NAME, OPCODES
from zwasm.types import F32, F64, I64, V128

# How an operation is compiled: the classes of rows in `keys`, then these.
COPY: Final = 20
LABEL: Final = 21
LOOP: Final = 22
BR: Final = 23
BR_IF: Final = 24
BR_UNLESS: Final = 25
INT_COMPARE_BRANCH: Final = 26
INT_TEST_BRANCH: Final = 27
FLOAT_COMPARE_BRANCH: Final = 28
BR_TABLE: Final = 29
BR_ON_NULL: Final = 30
BR_ON_NON_NULL: Final = 31
RETURN: Final = 32
RETURN_ONE: Final = 33
RETURN_MANY: Final = 34
CALL: Final = 35
CALL_INDIRECT: Final = 36
CALL_REF: Final = 37
RETURN_CALL: Final = 38
RETURN_CALL_INDIRECT: Final = 39
RETURN_CALL_REF: Final = 40
SELECT: Final = 41
GLOBAL_GET: Final = 42
GLOBAL_SET: Final = 43
TABLE_GET: Final = 44
TABLE_SET: Final = 45
TABLE_SIZE: Final = 46
TABLE_GROW: Final = 47
MEMORY_SIZE: Final = 48
MEMORY_GROW: Final = 49
BULK: Final = 50  # three operands from slot a on, then one or two indices
SEGMENT_DROP: Final = 51
REF_NULL: Final = 52
REF_IS_NULL: Final = 53
REF_FUNC: Final = 54
REF_AS_NON_NULL: Final = 55
UNREACHABLE: Final = 56
FUEL: Final = 57
COPY_V128: Final = 58
SELECT_V128: Final = 59

# Classes of values, as bits. ANY is what only moves 64 bits.
ANY: Final = 0
INT: Final = 1
FLOAT: Final = 2
VECTOR: Final = 4
CLASS_BITS: Final = 3
CLASS_MASK: Final = 7

_SHAPES: Final[dict[int, int]] = {
    r.BR: BR,
    r.BR_IF: BR_IF,
    r.BR_TABLE: BR_TABLE,
    r.BR_ON_NULL: BR_ON_NULL,
    r.BR_ON_NON_NULL: BR_ON_NON_NULL,
    r.RETURN: RETURN,
    r.CALL: CALL,
    r.CALL_INDIRECT: CALL_INDIRECT,
    r.CALL_REF: CALL_REF,
    r.RETURN_CALL: RETURN_CALL,
    r.RETURN_CALL_INDIRECT: RETURN_CALL_INDIRECT,
    r.RETURN_CALL_REF: RETURN_CALL_REF,
    r.SELECT: SELECT,
    r.GLOBAL_GET: GLOBAL_GET,
    r.GLOBAL_SET: GLOBAL_SET,
    r.TABLE_GET: TABLE_GET,
    r.TABLE_SET: TABLE_SET,
    r.TABLE_SIZE: TABLE_SIZE,
    r.TABLE_GROW: TABLE_GROW,
    r.TABLE_FILL: BULK,
    r.TABLE_COPY: BULK,
    r.TABLE_INIT: BULK,
    r.ELEM_DROP: SEGMENT_DROP,
    r.MEMORY_SIZE: MEMORY_SIZE,
    r.MEMORY_GROW: MEMORY_GROW,
    r.MEMORY_FILL: BULK,
    r.MEMORY_COPY: BULK,
    r.MEMORY_INIT: BULK,
    r.DATA_DROP: SEGMENT_DROP,
    r.REF_NULL: REF_NULL,
    r.REF_IS_NULL: REF_IS_NULL,
    r.REF_FUNC: REF_FUNC,
    r.REF_AS_NON_NULL: REF_AS_NON_NULL,
    r.UNREACHABLE: UNREACHABLE,
}
_OWN: Final[dict[int, int]] = {
    ir.IR_COPY: COPY,
    ir.IR_LABEL: LABEL,
    ir.IR_LOOP: LOOP,
    ir.IR_BR_UNLESS: BR_UNLESS,
    ir.IR_RETURN_ONE: RETURN_ONE,
    ir.IR_RETURN_MANY: RETURN_MANY,
    ir.IR_FUEL: FUEL,
    ir.IR_COPY_V128: COPY_V128,
    ir.IR_SELECT_V128: SELECT_V128,
}
# Operations after which no register but vm, fp and mem has its value.
BARRIERS: Final = (
    CALL,
    CALL_INDIRECT,
    CALL_REF,
    TABLE_GET,
    TABLE_SET,
    TABLE_GROW,
    MEMORY_GROW,
    BULK,
    SEGMENT_DROP,
)
# Comparisons: the one that holds when this one does not, and the one with swapped operands.
_NEGATED: Final = {
    "eq": "ne",
    "ne": "eq",
    "lt_s": "ge_s",
    "lt_u": "ge_u",
    "gt_s": "le_s",
    "gt_u": "le_u",
    "le_s": "gt_s",
    "le_u": "gt_u",
    "ge_s": "lt_s",
    "ge_u": "lt_u",
}
_SWAPPED: Final = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_COMMUTATIVE: Final = ("add", "mul", "and", "or", "xor")
# Of vectors of integers.
_COMMUTATIVE_LANES: Final = (
    "eq",
    "ne",
    "add_sat_s",
    "add_sat_u",
    "min_s",
    "min_u",
    "max_s",
    "max_u",
    "avgr_u",
    "dot_i16x8_s",
)


def _zeros(count: int) -> vec[i64]:
    made = vec[i64](capacity=i64(count))
    for _ in range(count):
        made = append(made, 0)
    return made


def class_of(code: int) -> i64:
    """The class of a value type."""
    if code == V128:
        return VECTOR
    return FLOAT if code == F32 or code == F64 else INT


def _swapped(name: str) -> str:
    kind, _, relation = name.partition(".")
    bare = relation[:2]
    return f"{kind}.{_SWAPPED.get(bare, bare)}{relation[2:]}"


class Ops:
    """The tables, by operation number.

    `sources` has bit i set where word 1 + i is a source, `source_classes` the classes, CLASS_BITS
    each; `result` is 1 where word 1 is a destination, of class `result_class`. `width` is 1
    where the operands are 64 bits wide. `row` is the row's opcode of a fused operation.
    `negated` and `swapped` are opcodes of comparisons, `commutes` is 1 where operands may be
    swapped (for comparisons always). `key` is the row's first key; of a relaxed one `relaxed` is
    the distance to the first of those with deterministic results. `align` is the log2 of the
    width of a memory access, `lanes` the number of lanes of an access to a lane. `simple` is 1 for
    a binary operation of vectors that has stencils with hot registers as targets, `mask` what is
    taken of the count of a vector's shift.
    """

    def __init__(self) -> None:
        self.kind = _zeros(IR_OPERATIONS)
        self.sources = _zeros(IR_OPERATIONS)
        self.source_classes = _zeros(IR_OPERATIONS)
        self.result = _zeros(IR_OPERATIONS)
        self.result_class = _zeros(IR_OPERATIONS)
        self.width = _zeros(IR_OPERATIONS)
        self.row = _zeros(IR_OPERATIONS)
        self.negated = _zeros(OPCODES)
        self.swapped = _zeros(OPCODES)
        self.commutes = _zeros(OPCODES)
        self.key = _zeros(OPCODES)
        self.relaxed = _zeros(OPCODES)
        self.align = _zeros(OPCODES)
        self.lanes = _zeros(OPCODES)
        self.simple = _zeros(OPCODES)
        self.mask = _zeros(OPCODES)
        self.barrier = _zeros(64)  # by kind
        for kind in BARRIERS:
            self.barrier[i64(kind)] = 1
        for row in BY_CODE:
            if row is not None:
                self._add_row(row)
        for number, kind in _OWN.items():
            self.kind[i64(number)] = kind
        for number in range(IR_OPERATIONS):
            self._add_operands(number)

    def _add_row(self, row: r.Row) -> None:
        code = i64(row.opcode)
        kind = keys.NUMBERS.kinds[row.opcode]
        self.key[code] = keys.NUMBERS.bases[row.opcode]
        self.row[code] = code
        self.align[code] = row.align
        self.lanes[code] = row.lanes
        if keys.is_relaxed(row):
            self.relaxed[code] = keys.count_of(row) // 2
        if kind == keys.NONE:
            self.kind[code] = _SHAPES.get(row.shape, 0)
            return
        self.kind[code] = kind
        name = row.name.partition(".")[2]
        first = row.params[0] if row.params else row.results[0]
        if kind == keys.VECTOR_BINARY and row.name[0] != "f" and name in _COMMUTATIVE_LANES:
            self.commutes[code] = 1
        if kind == keys.VECTOR_BINARY and keys.is_simple(row):
            self.simple[code] = 1
        if kind == keys.VECTOR_SHIFT:
            self.mask[code] = int(row.name[1:].partition("x")[0]) - 1
        if kind == keys.REPLACE:
            first = row.params[1]
        self.width[code] = 1 if first in (I64, F64) else 0
        if kind == keys.INT_COMPARE or kind == keys.FLOAT_COMPARE:
            self.swapped[code] = BY_NAME[_swapped(row.name)].opcode
            self.commutes[code] = 1
            if kind == keys.INT_COMPARE:
                prefix = row.name.partition(".")[0]
                self.negated[code] = BY_NAME[f"{prefix}.{_NEGATED[name]}"].opcode
        elif name in _COMMUTATIVE:
            self.commutes[code] = 1
        if row.compare:
            fused = INT_TEST_BRANCH
            if kind == keys.INT_COMPARE:
                fused = INT_COMPARE_BRANCH
            elif kind == keys.FLOAT_COMPARE:
                fused = FLOAT_COMPARE_BRANCH
            for base in (IR_BR_IF_CMP, IR_BR_UNLESS_CMP):
                self.kind[base + code] = fused
                self.row[base + code] = code
                self.width[base + code] = self.width[code]

    def _add_operands(self, number: int) -> None:
        operation = IR_OPS[number]
        at = i64(number)
        if operation is None or self.kind[at] == 0:
            return
        row = BY_CODE[int(self.row[at])] if self.row[at] != 0 else None
        params: list[int] = []
        if row is not None and keys.NUMBERS.kinds[row.opcode] != keys.NONE:
            params = [int(class_of(code)) for code in row.params]
            if row.shape in (r.LOAD, r.STORE, r.LOAD_LANE, r.STORE_LANE):
                params.insert(0, INT)
            if number < OPCODES and row.results:
                self.result_class[at] = class_of(row.results[0])
        elif self.kind[at] in (COPY, SELECT, RETURN_ONE, GLOBAL_SET):
            params = [ANY, ANY, INT if self.kind[at] == SELECT else ANY]
        elif self.kind[at] in (COPY_V128, SELECT_V128):
            params = [VECTOR, VECTOR, INT]
            self.result_class[at] = VECTOR
        else:
            params = [INT] * 4
            self.result_class[at] = INT
            if self.kind[at] == GLOBAL_GET:
                self.result_class[at] = ANY
        sources: i64 = 0
        classes: i64 = 0
        seen = 0
        one: i64 = 1
        for i in range(4):
            kind = operation.operands[i]
            place: i64 = i
            if kind == "s":
                sources |= one << place
                classes |= i64(params[seen]) << (CLASS_BITS * place)
                seen += 1
            elif kind == "d":
                self.result[at] = 1
        self.sources[at] = sources
        self.source_classes[at] = classes


OPS: Final = Ops()
