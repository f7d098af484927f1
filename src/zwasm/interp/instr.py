"""An instruction as the loop reads it, and the kinds of instructions that the loop tells apart.

In: `zwasm.interp.code` makes these from IR. Out: data. The loop is in `machine`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

# Operands a, b, c, d as in `zwasm.isa.ir`, with sources as slots and labels as instruction
# numbers. `function` is the operation's own function unless said otherwise.
UNARY: Final = 1  # a := function(b)
BINARY: Final = 2  # a := function(b, c)
LOAD: Final = 3  # a := function(memory d, address b + number)
STORE: Final = 4  # function(memory d, address a + number, value b)
COPY: Final = 5
SELECT: Final = 6
STEP: Final = 7  # function(instance, slots, instruction)
GLOBAL_GET: Final = 8
GLOBAL_SET: Final = 9
BR: Final = 10
BR_IF: Final = 11
BR_UNLESS: Final = 12
BR_IF_HOLDS: Final = 13  # to a if function(b, c)
BR_UNLESS_HOLDS: Final = 14
BR_TABLE: Final = 15
BR_ON_NULL: Final = 16
BR_ON_NON_NULL: Final = 17
LOOP: Final = 18  # b: the weight of one turn for polling
FUEL: Final = 19
CALL: Final = 20
CALL_INDIRECT: Final = 21
CALL_REF: Final = 22
RETURN: Final = 23
RETURN_ONE: Final = 24
RETURN_MANY: Final = 25
RETURN_CALL: Final = 26
RETURN_CALL_INDIRECT: Final = 27
RETURN_CALL_REF: Final = 28
UNREACHABLE: Final = 29
LABEL: Final = 30  # nothing at run time, left out

Operation = Callable[..., object]


class Instr:
    """One instruction. `number` is the offset of a load or store, `place` the wasm
    instruction's."""

    __slots__ = ("a", "b", "c", "d", "function", "kind", "number", "place")

    def __init__(
        self, kind: i64, a: i64, b: i64, c: i64, d: i64, function: Operation, place: i64
    ) -> None:
        self.kind: i64 = kind
        self.a: i64 = a
        self.b: i64 = b
        self.c: i64 = c
        self.d: i64 = d
        self.number: int = 0
        self.function = function
        self.place: i64 = place
