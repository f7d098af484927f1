"""The reference engine's tables: every operation of its features is there."""

from __future__ import annotations

import pytest

from zwasm.errors import WasmError
from zwasm.interp import instr, operations
from zwasm.isa import ir
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, Row


def test_every_operation_of_the_features_has_a_kind() -> None:
    for row in BY_CODE:
        if row is None or ir.IR_OPS[row.opcode] is None:
            continue
        supported = row.feature & ~operations.FEATURES == 0
        assert (operations.KINDS[row.opcode] != 0) == supported, row.name
    for number in range(ir.IR_COPY, ir.IR_OPERATIONS):
        assert ir.IR_OPS[number] is None or operations.KINDS[number] != 0, hex(number)


def test_operations_that_call_have_a_function() -> None:
    calling = (instr.UNARY, instr.BINARY, instr.LOAD, instr.STORE, instr.STEP)
    for number, kind in enumerate(operations.KINDS):
        if kind in (*calling, instr.BR_IF_HOLDS, instr.BR_UNLESS_HOLDS):
            assert operations.FUNCTIONS[number] is not operations.no_function, hex(number)


def test_a_missing_function_is_named() -> None:
    row = Row("i32.nonsense", 0, 0x6A, r.PLAIN, (), (), (), 0, 0, 0, False, False, "")
    with pytest.raises(WasmError, match=r"i32\.nonsense"):
        operations._find(row)
