"""Operations of the register IR: those derived from the rows, and the few of its own.

In: the rows. Out: `IrOp` for every operation by number (`IR_OPS`), with its name and operands.
Building IR is `zwasm.lower`'s, running it the engines'.

An IR instruction is five words: an op word, then operands a, b, c, d. The op word is

    operation number | place << PLACE_SHIFT

with some bits between for engines, where the place is that of the wasm instruction it came from. A
row's operation has the row's dense opcode as its number. Operands are of these kinds, one letter
each in `IrOp.operands`:

    d   destination slot
    s   source operand: `slot << 2`, `value << 2 | INLINE` (a constant that fits 62 bits), or
        `index << 2 | POOLED` (a constant of the function's pool)
    b   first of several consecutive slots, for arguments and results
    l   label number
    n   a plain number: an index, an offset, a count
    -   unused

Slots are the frame's: locals from 0 on (parameters first), then the operand stack from the
bottom. A slot has 64 bits; a vector takes two, the lower half first, and is named by the first.
Constants are bit patterns: of an i32 the unsigned number, of an i64 the signed one
when inline and the unsigned one when pooled, of floats and vectors the bits as an unsigned
number. A null reference is never a constant operand (`ref.null` makes it).
"""

from __future__ import annotations

from typing import Final

from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, BY_NAME

WORDS: Final = 5  # words of an instruction
PLACE_SHIFT: Final = 16
OP_MASK: Final = 0xFFF
ENGINE_BITS: Final = 12  # from this bit on there are four that an engine may use
SLOT: Final = 0
INLINE: Final = 1
POOLED: Final = 2

IR_COPY: Final = 0x600  # a := b
IR_LABEL: Final = 0x601  # branches to label a arrive here
IR_LOOP: Final = 0x602  # the same at the head of a loop, reached by falling in and by branches back
IR_BR_UNLESS: Final = 0x603  # to label a if b is zero
IR_RETURN_ONE: Final = 0x604  # return the value a
IR_RETURN_MANY: Final = 0x605  # return a values from slot b on
IR_FUEL: Final = 0x606  # charge a wasm instructions before running them
IR_COPY_V128: Final = 0x607  # a := b, vectors
IR_SELECT_V128: Final = 0x608  # a := d ? b : c, vectors
IR_BR_IF_CMP: Final = 0x700  # + a comparison's opcode: to label a if it holds of b (and c)
IR_BR_UNLESS_CMP: Final = 0x800  # the same if it does not hold
IR_OPERATIONS: Final = 0x900  # one past the last number

# Operands of row operations by shape.
_SHAPE_OPERANDS: Final[dict[int, str]] = {
    r.LOAD: "dsnn",  # destination, address, offset, memory
    r.STORE: "ssnn",  # address, value, offset, memory
    r.SHUFFLE: "dssn",  # pool index of the 16 lane numbers as one 128-bit constant
    # pool index of three constants: offset, memory, lane
    r.LOAD_LANE: "dssn",
    r.STORE_LANE: "ss-n",
    r.ATOMIC_RMW: "dbnn",  # destination, address and operands, offset, memory
    r.ATOMIC_FENCE: "----",
    r.UNREACHABLE: "----",
    r.BR: "l---",
    r.BR_IF: "ls--",
    r.BR_TABLE: "snn-",  # index, first of the targets, their number (the last is the default)
    r.BR_ON_NULL: "ls--",
    r.BR_ON_NON_NULL: "ls--",
    r.RETURN: "----",  # without results
    r.CALL: "nb--",  # function, arguments and results
    r.CALL_INDIRECT: "nnsb",  # canonical type id, table, index, arguments and results
    r.CALL_REF: "nsb-",  # canonical type id, function reference, arguments and results
    r.RETURN_CALL: "nb--",
    r.RETURN_CALL_INDIRECT: "nnsb",
    r.RETURN_CALL_REF: "nsb-",
    r.SELECT: "dsss",  # destination, first value, second value, condition
    r.GLOBAL_GET: "dn--",
    r.GLOBAL_SET: "sn--",
    r.TABLE_GET: "dsn-",  # destination, index, table
    r.TABLE_SET: "ssn-",  # index, value, table
    r.TABLE_SIZE: "dn--",
    r.TABLE_GROW: "dssn",  # destination, value, delta, table
    r.TABLE_FILL: "bn--",  # index, value, count; table
    r.TABLE_COPY: "bnn-",  # destination, source, count; to table, from table
    r.TABLE_INIT: "bnn-",  # destination, source, count; element segment, table
    r.ELEM_DROP: "n---",
    r.MEMORY_SIZE: "dn--",
    r.MEMORY_GROW: "dsn-",  # destination, delta, memory
    r.MEMORY_FILL: "bn--",  # destination, value, count; memory
    r.MEMORY_COPY: "bnn-",  # destination, source, count; to memory, from memory
    r.MEMORY_INIT: "bnn-",  # destination, source, count; data segment, memory
    r.DATA_DROP: "n---",
    r.REF_NULL: "d---",
    r.REF_IS_NULL: "ds--",
    r.REF_FUNC: "dn--",
    r.REF_AS_NON_NULL: "ds--",
}


class IrOp:
    """An operation: its number, its name, and its operands' kinds (four letters)."""

    __slots__ = ("name", "number", "operands")

    def __init__(self, number: int, name: str, operands: str) -> None:
        self.number = number
        self.name = name
        self.operands = operands


IR_OPS: Final[list[IrOp | None]] = [None] * IR_OPERATIONS


def _add(number: int, name: str, operands: str) -> None:
    IR_OPS[number] = IrOp(number, name, operands)


def _derive() -> None:
    for row in BY_CODE:
        if row is None:
            continue
        operands = _SHAPE_OPERANDS.get(row.shape)
        if row.shape == r.PLAIN:
            operands = ("d" + "s" * len(row.params) + "---")[:4]
        elif row.shape == r.LANE:
            operands = ("d" + "s" * len(row.params) + "n---")[:4]
        if operands is not None:
            _add(row.opcode, row.name, operands)
        if row.compare:
            compared = ("l" + "s" * len(row.params) + "---")[:4]
            _add(IR_BR_IF_CMP + row.opcode, f"br_if.{row.name}", compared)
            _add(IR_BR_UNLESS_CMP + row.opcode, f"br_unless.{row.name}", compared)
    _add(IR_COPY, "copy", "ds--")
    _add(IR_LABEL, "label", "l---")
    _add(IR_LOOP, "loop", "l---")
    _add(IR_BR_UNLESS, "br_unless", "ls--")
    _add(IR_RETURN_ONE, "return_one", "s---")
    _add(IR_RETURN_MANY, "return_many", "nb--")
    _add(IR_FUEL, "fuel", "n---")
    _add(IR_COPY_V128, "copy_v128", "ds--")
    _add(IR_SELECT_V128, "select_v128", "dsss")


_derive()


def opcode(name: str) -> int:
    """The number of the row operation with this name (of `select`, the untyped form)."""
    return BY_NAME[name].opcode
