"""Every IR operation's kind for the loop, and its function, found by name.

In: the IR operations, and the modules that hold the functions: `i32.div_s` is `i32_div_s`. Out:
`KINDS` and `FUNCTIONS` by operation number, other functions for relaxed instructions, and
`FEATURES`. An operation of a supported feature that lacks its function is an error at import,
which names it.
"""

from __future__ import annotations

from typing import Final, cast

from zwasm.errors import WasmError
from zwasm.interp import (
    conversions,
    floats,
    instr,
    integers,
    memory,
    relaxed,
    tables,
    vector_comparisons,
    vector_conversions,
    vector_floats,
    vector_integers,
    vector_memory,
    vector_widths,
    vectors,
)
from zwasm.interp.instr import Operation
from zwasm.isa import ir
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, Row

# What this engine runs, as the feature bits of `zwasm.isa.row`.
FEATURES: Final = (
    r.SIGN_EXTENSION
    | r.SATURATING_FLOAT_TO_INT
    | r.MULTI_VALUE
    | r.BULK_MEMORY
    | r.REFERENCE_TYPES
    | r.SIMD
    | r.RELAXED_SIMD
    | r.TAIL_CALL
    | r.EXTENDED_CONST
    | r.MULTI_MEMORY
    | r.MEMORY64
    | r.FUNCTION_REFERENCES
)

_MODULES: Final = (
    integers,
    floats,
    conversions,
    memory,
    tables,
    vectors,
    vector_integers,
    vector_comparisons,
    vector_widths,
    vector_floats,
    vector_conversions,
    vector_memory,
    relaxed,
)

_SHAPE_KINDS: Final[dict[int, int]] = {
    r.LOAD: instr.LOAD,
    r.STORE: instr.STORE,
    r.UNREACHABLE: instr.UNREACHABLE,
    r.BR: instr.BR,
    r.BR_IF: instr.BR_IF,
    r.BR_TABLE: instr.BR_TABLE,
    r.BR_ON_NULL: instr.BR_ON_NULL,
    r.BR_ON_NON_NULL: instr.BR_ON_NON_NULL,
    r.RETURN: instr.RETURN,
    r.CALL: instr.CALL,
    r.CALL_INDIRECT: instr.CALL_INDIRECT,
    r.CALL_REF: instr.CALL_REF,
    r.RETURN_CALL: instr.RETURN_CALL,
    r.RETURN_CALL_INDIRECT: instr.RETURN_CALL_INDIRECT,
    r.RETURN_CALL_REF: instr.RETURN_CALL_REF,
    r.SELECT: instr.SELECT,
    r.GLOBAL_GET: instr.GLOBAL_GET,
    r.GLOBAL_SET: instr.GLOBAL_SET,
}
_OWN_KINDS: Final[dict[int, int]] = {
    ir.IR_COPY: instr.COPY,
    ir.IR_COPY_V128: instr.COPY,
    ir.IR_SELECT_V128: instr.SELECT,
    ir.IR_LABEL: instr.LABEL,
    ir.IR_LOOP: instr.LOOP,
    ir.IR_BR_UNLESS: instr.BR_UNLESS,
    ir.IR_RETURN_ONE: instr.RETURN_ONE,
    ir.IR_RETURN_MANY: instr.RETURN_MANY,
    ir.IR_FUEL: instr.FUEL,
}
# Operations that the loop runs without calling their function, for speed.
_INLINE_KINDS: Final[dict[int, int]] = {
    ir.opcode("i32.add"): instr.I32_ADD,
    ir.IR_BR_IF_CMP + ir.opcode("i32.eq"): instr.BR_IF_EQUAL,
    ir.IR_BR_IF_CMP + ir.opcode("i32.ne"): instr.BR_UNLESS_EQUAL,
    ir.IR_BR_IF_CMP + ir.opcode("i64.eq"): instr.BR_IF_EQUAL,
    ir.IR_BR_IF_CMP + ir.opcode("i64.ne"): instr.BR_UNLESS_EQUAL,
    ir.IR_BR_UNLESS_CMP + ir.opcode("i32.eq"): instr.BR_UNLESS_EQUAL,
    ir.IR_BR_UNLESS_CMP + ir.opcode("i32.ne"): instr.BR_IF_EQUAL,
    ir.IR_BR_UNLESS_CMP + ir.opcode("i64.eq"): instr.BR_UNLESS_EQUAL,
    ir.IR_BR_UNLESS_CMP + ir.opcode("i64.ne"): instr.BR_IF_EQUAL,
}
# Kinds that the loop runs by itself.
_WITHOUT_FUNCTION: Final = (*_SHAPE_KINDS.values(), *_OWN_KINDS.values())
_WITH_FUNCTION: Final = (instr.LOAD, instr.STORE)
# Kinds by the number of sources.
_PURE: Final = (instr.UNARY, instr.BINARY, instr.TERNARY)
# Loads and stores of single lanes.
LANE_ACCESSES: Final[set[int]] = set()


def no_function() -> object:
    """The function of operations that need none."""
    raise WasmError("interp: an operation without function was called")


KINDS: Final[list[int]] = [0] * ir.IR_OPERATIONS
FUNCTIONS: Final[list[Operation]] = [no_function] * ir.IR_OPERATIONS
_LEVELS: Final[dict[str, list[Operation]]] = {"": FUNCTIONS}  # by `functions`' argument


def _find(row: Row) -> Operation:
    name = row.name.replace(".", "_")
    for module in _MODULES:
        function = getattr(module, name, None)
        if function is not None:
            return cast(Operation, function)
    raise WasmError(f"interp: no function for {row.name}")


def _fill() -> None:
    for row in BY_CODE:
        if row is None or row.feature & ~FEATURES != 0 or ir.IR_OPS[row.opcode] is None:
            continue
        kind = _SHAPE_KINDS.get(row.shape, instr.STEP)
        if row.shape == r.PLAIN:
            kind = _PURE[len(row.params) - 1]
        elif row.shape == r.LANE or row.shape == r.SHUFFLE:
            kind = _PURE[len(row.params)]  # lanes are a source too
        elif row.shape == r.LOAD_LANE or row.shape == r.STORE_LANE:
            LANE_ACCESSES.add(row.opcode)
        KINDS[row.opcode] = kind
        if kind in _WITH_FUNCTION or kind not in _WITHOUT_FUNCTION:
            FUNCTIONS[row.opcode] = _find(row)
        if row.compare:
            if_number = ir.IR_BR_IF_CMP + row.opcode
            unless_number = ir.IR_BR_UNLESS_CMP + row.opcode
            if len(row.params) == 1:  # eqz: a branch on the number itself, the other way
                KINDS[if_number] = instr.BR_UNLESS
                KINDS[unless_number] = instr.BR_IF
            else:
                KINDS[if_number] = instr.BR_IF_HOLDS
                KINDS[unless_number] = instr.BR_UNLESS_HOLDS
                FUNCTIONS[if_number] = FUNCTIONS[row.opcode]
                FUNCTIONS[unless_number] = FUNCTIONS[row.opcode]
    for number, kind in _OWN_KINDS.items():
        KINDS[number] = kind
    for number, kind in _INLINE_KINDS.items():
        KINDS[number] = kind


_fill()


def functions(level: str) -> list[Operation]:
    """`FUNCTIONS`, with relaxed instructions as machines of a level run them (see
    `relaxed.native`)."""
    found = _LEVELS.get(level)
    if found is None:
        found = FUNCTIONS.copy()
        for name, function in relaxed.native(level).items():
            found[ir.opcode(name)] = function
        _LEVELS[level] = found
    return found
