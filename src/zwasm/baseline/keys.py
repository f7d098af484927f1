"""The numbers of the stencils.

In: an operation and where its operands are. Out: the stencil's *key*, a dense number. The
generator makes a stencil for every key that has one; the compiler looks keys up in the table.
Neither knows the other.

Operand kinds of integer operands: SLOT, IMM (a 32-bit immediate, sign-extended for 64-bit
operations), REG + i for hot register i, SCRATCH. Of float and vector operands the same with
REG + i for i below NG, and IMM is a constant in memory near the code, which for vectors the
parameter names by its place in the pool. SCRATCH is c or x where the first operand
is in the accumulator, and the accumulator where the first operand is in a hot register.

A *place* is 0 for the accumulator and 1 + i for hot register i.

Unless said otherwise a stencil may change acc, c, f and x, and nothing else but its result.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.baseline.abi import NG, NH
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, OPCODES, Row
from zwasm.types import F32, F64, I32, I64, V128

SLOT: Final = 0
IMM: Final = 1
REG: Final = 2
INT_KINDS: Final = REG + NH + 1
FLOAT_KINDS: Final = REG + NG + 1
INT_SCRATCH: Final = REG + NH
FLOAT_SCRATCH: Final = REG + NG
INT_PLACES: Final = 1 + NH
FLOAT_PLACES: Final = 1 + NG
PLACE_SLOT: Final = 1 + NH  # first operand of a branch in its slot

# Classes of rows.
NONE: Final = 0
INT_BINARY: Final = 1
INT_COMPARE: Final = 2
INT_TEST: Final = 3
FLOAT_BINARY: Final = 4
FLOAT_COMPARE: Final = 5
UNARY: Final = 6  # one operand, one result, each integer or float
LOAD: Final = 7
STORE: Final = 8
VECTOR_BINARY: Final = 9
VECTOR_UNARY: Final = 10  # one operand, one result, at least one of them a vector
VECTOR_TERNARY: Final = 11
VECTOR_SHIFT: Final = 12
EXTRACT: Final = 13
REPLACE: Final = 14
VECTOR_LOAD: Final = 15
VECTOR_STORE: Final = 16
LOAD_LANE: Final = 17
STORE_LANE: Final = 18
SHUFFLE: Final = 19

_FLOATS: Final = (F32, F64)
_NUMBERS: Final = (I32, I64, F32, F64)

# Stencils of a class, and where the parts begin.
BINARY_REG: Final = INT_KINDS  # after acc = acc op kind: h = h op kind, at + h * INT_KINDS + kind
COMPARE_BRANCH: Final = INT_KINDS  # after acc = (acc op kind): + place * INT_KINDS + kind
TEST_ZERO: Final = 1  # after acc = (acc == 0): branch if zero, + place (PLACE_SLOT too)
TEST_NONZERO: Final = 1 + INT_PLACES + 1
FLOAT_REG: Final = FLOAT_KINDS  # after f = f op kind: g = g op kind, at + g * FLOAT_KINDS + kind
# after acc = (f op kind): + (sense * FLOAT_PLACES + place) * FLOAT_KINDS + kind; sense 1 branches
# if it holds, 0 if not
FLOAT_BRANCH: Final = FLOAT_KINDS
INT_LOAD_RAW: Final = INT_PLACES * INT_PLACES  # after dst place * INT_PLACES + address place
FLOAT_LOAD_RAW: Final = FLOAT_PLACES * INT_PLACES
# Integer stores: value * INT_PLACES + address place, where value is 0 for c, 1 + i for hot
# register i, NH + 1 for an immediate; then those of acc: + 0 for the address in c, 1 + i in h i.
INT_STORE_ACC: Final = (NH + 2) * INT_PLACES
INT_STORE_RAW: Final = INT_STORE_ACC + INT_PLACES
FLOAT_STORE_RAW: Final = FLOAT_PLACES * INT_PLACES  # after value place * INT_PLACES + address
# Of vectors: binary operations as of floats, but only the simple ones with a hot register as the
# target; loads and stores as of floats; f = ternary operation of f, x and kind.
VECTOR_KINDS: Final = FLOAT_KINDS - 1  # the third operand is not in a scratch register
SHIFT_IMM: Final = 1  # after f = f shifted by acc: place shifted by a, + place
# f = f with lane replaced by acc or x, + lane; acc or f = lane of a place, lane * FLOAT_PLACES +
# place; lane accesses with the vector in f and the host's address in acc, + lane.
# Shuffles: by the numbers of lanes in a constant, whose place in the pool is parameter b.
SHUFFLE_TWO: Final = FLOAT_PLACES  # after f = lanes of place: f = lanes of f, b, or of x, a
SHUFFLE_KNOWN: Final = FLOAT_PLACES + 1  # f = f shuffled with kind, by PATTERNS, + kind

# Shuffles with stencils of their own: the numbers of the lanes.
PATTERNS: Final[tuple[tuple[int, ...], ...]] = (
    *[
        tuple([i * width + half * 8 + j + 16 * k for i in range(8 // width) for k in (0, 1)
               for j in range(width)])
        for width in (1, 2, 4, 8)
        for half in (0, 1)
    ],  # interleaved
    *[tuple(range(n, n + 16)) for n in range(1, 16)],  # concatenated and shifted
    tuple([i for first in (0, 8, 16, 24) for i in range(first, first + 4)]),  # even words
    tuple([i for first in (4, 12, 20, 28) for i in range(first, first + 4)]),  # odd words
    (*range(8), *range(24, 32)),
)  # fmt: skip


def class_of(row: Row) -> int:
    """The class of a row, NONE if its stencils are none of the families by row."""
    if V128 in row.params or V128 in row.results:
        return vector_class_of(row)
    if row.shape == r.LOAD and row.results[0] in _NUMBERS:
        return LOAD
    if row.shape == r.STORE and row.params[0] in _NUMBERS:
        return STORE
    if row.shape != r.PLAIN:
        return NONE
    if not all(code in _NUMBERS for code in (*row.params, *row.results)):
        return NONE
    if len(row.params) == 1:
        return INT_TEST if row.compare else UNARY
    if row.params[0] in _FLOATS:
        return FLOAT_COMPARE if row.compare else FLOAT_BINARY
    return INT_COMPARE if row.compare else INT_BINARY


def vector_class_of(row: Row) -> int:
    """The class of a row with vectors."""
    found = _VECTOR_SHAPES.get(row.shape, NONE)
    if row.shape == r.LANE:
        return EXTRACT if len(row.params) == 1 else REPLACE
    if row.shape != r.PLAIN:
        return found
    if len(row.params) == 1:
        return VECTOR_UNARY
    if len(row.params) == 3:
        return VECTOR_TERNARY
    return VECTOR_SHIFT if row.params[1] == I32 else VECTOR_BINARY


_VECTOR_SHAPES: Final[dict[int, int]] = {
    r.LOAD: VECTOR_LOAD,
    r.STORE: VECTOR_STORE,
    r.LOAD_LANE: LOAD_LANE,
    r.STORE_LANE: STORE_LANE,
    r.SHUFFLE: SHUFFLE,
}


def is_simple(row: Row) -> bool:
    """Whether a binary operation of vectors is about one instruction, so that it deserves
    stencils for each hot register as its target."""
    lines = [line for line in row.llvm.splitlines() if " = bitcast " not in line]
    slow = ("@llvm.minimum", "@llvm.maximum", "mul <2 x i64>")
    return 1 <= len(lines) <= 2 and not any(word in row.llvm for word in slow)


def is_relaxed(row: Row) -> bool:
    """Whether a row has keys for the machine's own results, and as many for deterministic ones."""
    return row.feature == r.RELAXED_SIMD


def count_of(row: Row) -> int:
    """The number of keys of a row."""
    count = _count_of(row)
    return 2 * count if is_relaxed(row) else count


def _count_of(row: Row) -> int:
    kind = class_of(row)
    if kind == VECTOR_BINARY:
        return FLOAT_REG + NG * FLOAT_KINDS if is_simple(row) else FLOAT_KINDS
    if kind == VECTOR_UNARY:
        return INT_PLACES if row.params[0] in (I32, I64) else FLOAT_PLACES
    if kind == VECTOR_TERNARY:
        return VECTOR_KINDS
    if kind == VECTOR_SHIFT:
        return SHIFT_IMM + FLOAT_PLACES
    if kind == EXTRACT:
        return row.lanes * FLOAT_PLACES
    if kind == REPLACE or kind == LOAD_LANE or kind == STORE_LANE:
        return row.lanes
    if kind == VECTOR_LOAD or kind == VECTOR_STORE:
        return FLOAT_LOAD_RAW + 1
    if kind == SHUFFLE:
        return SHUFFLE_KNOWN + len(PATTERNS) * FLOAT_KINDS
    if kind == INT_BINARY:
        return BINARY_REG + NH * INT_KINDS
    if kind == INT_COMPARE:
        return COMPARE_BRANCH + (INT_PLACES + 1) * INT_KINDS
    if kind == INT_TEST:
        return TEST_NONZERO + INT_PLACES + 1
    if kind == FLOAT_BINARY:
        return FLOAT_REG + NG * FLOAT_KINDS
    if kind == FLOAT_COMPARE:
        return FLOAT_BRANCH + 2 * FLOAT_PLACES * FLOAT_KINDS
    if kind == UNARY:  # by the operand's place
        return FLOAT_PLACES if row.params[0] in _FLOATS else INT_PLACES
    if kind == LOAD:
        return (FLOAT_LOAD_RAW if row.results[0] in _FLOATS else INT_LOAD_RAW) + 1
    if kind == STORE:
        return (FLOAT_STORE_RAW if row.params[0] in _FLOATS else INT_STORE_RAW) + 1
    return 0


# Keys that belong to no row come first. Widths: 0 for 32, 1 for 64 bits.
# Moves of integers; scratch registers keep their values. Destinations: 0 acc, 1 + i h i, NH + 1 c.
# Sources: SLOT, IMM, REG + i, INT_SCRATCH for acc, INT_SCRATCH + 1 for c. At
# (dst * MOVE_SOURCES + src) * 2 + width; register sources are copied whole, at width 1 only. A
# 32-bit IMM is zero-extended, a 64-bit one sign-extended.
MOVE_TARGETS: Final = NH + 2
MOVE_SOURCES: Final = INT_KINDS + 1
MOVE: Final = 0
BIG: Final = MOVE + MOVE_TARGETS * MOVE_SOURCES * 2  # + dst: a 64-bit immediate (a)
# slot d = source (IMM, REG + i, acc, c as for moves): src * 2 + width
STORE_SLOT: Final = BIG + MOVE_TARGETS
# Moves of floats: destinations 0 f, 1 + i g i, NG + 1 x; sources SLOT, IMM, REG + i,
# FLOAT_SCRATCH for f, FLOAT_SCRATCH + 1 for x; register sources at width 1 only.
FLOAT_MOVE_TARGETS: Final = NG + 2
FLOAT_MOVE_SOURCES: Final = FLOAT_KINDS + 1
FLOAT_MOVE: Final = STORE_SLOT + MOVE_SOURCES * 2
FLOAT_STORE_SLOT: Final = (
    FLOAT_MOVE + FLOAT_MOVE_TARGETS * FLOAT_MOVE_SOURCES * 2
)  # src * 2 + width
# Globals at offset a of the context: place * 2 + width. Scratch registers keep their values.
GLOBAL_GET: Final = FLOAT_STORE_SLOT + FLOAT_MOVE_SOURCES * 2
GLOBAL_SET: Final = GLOBAL_GET + INT_PLACES * 2
FLOAT_GLOBAL_GET: Final = GLOBAL_SET + INT_PLACES * 2  # f; + width
FLOAT_GLOBAL_SET: Final = FLOAT_GLOBAL_GET + 2
# Globals whose address is at offset a of the context: acc or f; + width.
FAR_GLOBAL_GET: Final = FLOAT_GLOBAL_SET + 2
FAR_GLOBAL_SET: Final = FAR_GLOBAL_GET + 2
FAR_FLOAT_GLOBAL_GET: Final = FAR_GLOBAL_SET + 2
FAR_FLOAT_GLOBAL_SET: Final = FAR_FLOAT_GLOBAL_GET + 2
# Vectors. Moves between registers are those of floats. Scratch registers keep their values.
VECTOR_LOAD_SLOT: Final = FAR_FLOAT_GLOBAL_SET + 2  # + destination, as of float moves
VECTOR_CONSTANT: Final = VECTOR_LOAD_SLOT + FLOAT_MOVE_TARGETS  # the same; a names a constant
VECTOR_ZERO: Final = VECTOR_CONSTANT + FLOAT_MOVE_TARGETS  # the same
VECTOR_STORE_SLOT: Final = VECTOR_ZERO + FLOAT_MOVE_TARGETS  # slot b = source, 0 f, 1 + i g i
VECTOR_GLOBAL_GET: Final = VECTOR_STORE_SLOT + FLOAT_PLACES  # f = global at offset a
VECTOR_GLOBAL_SET: Final = VECTOR_GLOBAL_GET + 1
FAR_VECTOR_GLOBAL_GET: Final = VECTOR_GLOBAL_SET + 1  # its address is at offset a
FAR_VECTOR_GLOBAL_SET: Final = FAR_VECTOR_GLOBAL_GET + 1
# acc = host's address of guest's address at place, plus a, in memory 0; keeps c, f and x
HOST_ADDRESS: Final = FAR_VECTOR_GLOBAL_SET + 1
# acc = c ? acc : kind b (SLOT, IMM, REG + i); c is an i32; kind * 2 + width
SELECT: Final = HOST_ADDRESS + INT_PLACES
FLOAT_SELECT: Final = SELECT + INT_SCRATCH * 2  # f = acc ? f : x, all 128 bits
# acc = h i + (h j << shift), shift 0 to 3: ((width * 4 + shift) * NH + i) * NH + j
ADD_SHIFTED: Final = FLOAT_SELECT + 1
MEMORY_SIZE: Final = ADD_SHIFTED + 2 * 4 * NH * NH  # acc = pages of the memory at context offset a
# acc = host address of an access of 1 << n bytes at acc + b (64-bit immediate) in the memory whose
# structure's address is at context offset a; traps; keeps c, f and x. + n, 0 to 4
CHECK: Final = MEMORY_SIZE + 1
# acc = the Func at index acc of the table whose structure's address is at context offset a, with
# canonical type id b; traps (undefined, uninitialized, mismatch)
CALLEE: Final = CHECK + 5
TABLE_SIZE: Final = CALLEE + 1  # acc = elements of the table at context offset a
NON_NULL: Final = TABLE_SIZE + 1  # trap if acc is null; keeps acc; + 1: the function's trap code
REF_FUNC: Final = NON_NULL + 2  # acc = reference at offset a of the array at CTX_FUNCS
FUEL: Final = REF_FUNC + 1  # take a from the fuel; if it becomes negative trap; keeps all
# acc = the high half of acc * c, of 64 bits each
HIGH_UNSIGNED: Final = FUEL + 1
HIGH_SIGNED: Final = HIGH_UNSIGNED + 1

# Stencils written by hand, since they are no LLVM functions. Scratch registers keep their values.
# Calls move fp up by a bytes and back; acc and f are the result afterwards.
ENTER: Final = HIGH_SIGNED + 1  # prologue of cost 1; traps
ENTER_BIG: Final = ENTER + 1  # prologue; a bytes of padding, b words of it
CALL_NEAR: Final = ENTER_BIG + 1  # to code at the label
CALL_ENTRY: Final = CALL_NEAR + 1  # through the entry b of this module (address of code + b)
CALL_FUNC: Final = CALL_ENTRY + 1  # the Func in acc, of any instance
CALL_IMPORT: Final = CALL_FUNC + 1  # the Func at context offset b
LEAVE_BIG: Final = CALL_IMPORT + 1  # drop a bytes of padding
RETURN: Final = LEAVE_BIG + 1
# Tail calls, for which the arguments stand from slot 0 on and the padding is dropped.
TAIL_NEAR: Final = RETURN + 1
TAIL_ENTRY: Final = TAIL_NEAR + 1
TAIL_FUNC: Final = TAIL_ENTRY + 1
TAIL_IMPORT: Final = TAIL_FUNC + 1
JUMP: Final = TAIL_IMPORT + 1  # to the label
# Jump by the table that follows at once: acc is the index, a the number of entries less one (which
# is the default); an entry is the distance from the table's start, 32 bits.
JUMP_TABLE: Final = JUMP + 1
TRAP: Final = JUMP_TABLE + 1  # call the trap thunk of code a
HELPER: Final = TRAP + 1  # a: offset of `at` from fp, b: x, d: y << 8 | helper
ROWS: Final = HELPER + 1


class Numbers:
    """By opcode: the row's class (`kinds`) and its first key (`bases`)."""

    def __init__(self) -> None:
        self.kinds: list[int] = [NONE] * OPCODES
        self.bases: list[int] = [-1] * OPCODES
        self.total: int = ROWS
        for row in BY_CODE:
            if row is not None:
                self.kinds[row.opcode] = class_of(row)
                self.bases[row.opcode] = self.total
                self.total += count_of(row)


NUMBERS: Final = Numbers()
KEYS: Final[int] = NUMBERS.total


def move(dst: i64, src: i64, width: i64) -> i64:
    """The key of an integer move."""
    return MOVE + (dst * MOVE_SOURCES + src) * 2 + width


def float_move(dst: i64, src: i64, width: i64) -> i64:
    """The key of a float move."""
    return FLOAT_MOVE + (dst * FLOAT_MOVE_SOURCES + src) * 2 + width
