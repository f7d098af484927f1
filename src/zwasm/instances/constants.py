"""Constant expressions (specification, section 3.4.16), evaluated at instantiation.

In: a validated expression and a module instance that has its imports and what was made before.
Out: the value, a cell.
"""

from __future__ import annotations

from typing import Final

from zwasm.binary.instructions import InstructionReader
from zwasm.binary.reader import Reader
from zwasm.errors import UnsupportedError
from zwasm.instances.module import ModuleInst
from zwasm.isa import row as r
from zwasm.isa.row import BY_NAME, FEATURE_NAMES
from zwasm.module import Expr
from zwasm.types import I32

_I32_CONST: Final = BY_NAME["i32.const"].opcode
_REF_FUNC: Final = BY_NAME["ref.func"].opcode
_ADD: Final = (BY_NAME["i32.add"].opcode, BY_NAME["i64.add"].opcode)
_SUB: Final = (BY_NAME["i32.sub"].opcode, BY_NAME["i64.sub"].opcode)
_MUL: Final = (BY_NAME["i32.mul"].opcode, BY_NAME["i64.mul"].opcode)
_M32: Final = 0xFFFF_FFFF
_M64: Final = 0xFFFF_FFFF_FFFF_FFFF


def evaluate(inst: ModuleInst, expr: Expr) -> object:
    """The value of a constant expression. Raises UnsupportedError for instructions that no
    engine runs."""
    data = inst.info.module.data
    # Nearly all are a lone number or function.
    first = data[expr.start]
    if first == _I32_CONST or first == _REF_FUNC:
        short = Reader(data, expr.start + 1, expr.end)
        value = int(short.s32()) if first == _I32_CONST else int(short.u32())
        if short.pos == expr.end - 1:
            return value & _M32 if first == _I32_CONST else inst.func(value)
    reader = InstructionReader(Reader(data, expr.start, expr.end))
    stack: list[object] = []
    while True:
        row = reader.next()
        shape = row.shape
        if shape == r.END:
            return stack[0]
        if shape == r.CONST:
            number = reader.immediates[0]
            code = row.results[0]
            stack.append(number & _M32 if code == I32 else number & _M64 if number < 0 else number)
        elif shape == r.GLOBAL_GET:
            stack.append(inst.globals[reader.immediates[0]].cell)
        elif shape == r.REF_FUNC:
            stack.append(inst.func(reader.immediates[0]))
        elif shape == r.REF_NULL:
            stack.append(None)
        elif row.opcode in _ADD or row.opcode in _SUB or row.opcode in _MUL:
            right = stack.pop()
            left = stack.pop()
            assert isinstance(left, int)
            assert isinstance(right, int)
            stack.append(_arithmetic(row, left, right))
        else:
            feature = FEATURE_NAMES.get(row.feature, "")
            raise UnsupportedError(f"{row.name} in a constant expression", feature)


def _arithmetic(row: r.Row, left: int, right: int) -> int:
    if row.opcode in _ADD:
        value = left + right
    elif row.opcode in _SUB:
        value = left - right
    else:
        value = left * right
    return value & (_M32 if row.results[0] == I32 else _M64)
