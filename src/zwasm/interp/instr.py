"""An instruction as the loop reads it, and the kinds of instructions that the loop tells apart.

In: `zwasm.interp.code` makes these from IR. Out: data. The loop is in `machine`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

# Operands a, b, c, d as in `zwasm.isa.ir`, with sources as slots and labels as instruction
# numbers. `function` is the operation's own function unless said otherwise. The order is the
# loop's, more or less that of frequency; it tells apart first
# those up to TERNARY, those up to BR_ON_NON_NULL, and the rest.
I32_ADD: Final = 1  # a := b + c, without a call of i32_add: by far the most frequent operation
BINARY: Final = 2  # a := function(b, c)
LOAD: Final = 3  # a := function(memory d, address b + number)
COPY: Final = 4
UNARY: Final = 5  # a := function(b)
STORE: Final = 6  # function(memory d, address a + number, value b)
SELECT: Final = 7
TERNARY: Final = 8  # a := function(b, c, d)
BR_IF: Final = 9
LOOP: Final = 10  # b: the weight of one turn for polling
BR_IF_HOLDS: Final = 11  # to a if function(b, c)
BR_IF_EQUAL: Final = 12  # the same for eq of integers, without a call
BR_UNLESS_EQUAL: Final = 13
BR_UNLESS: Final = 14
BR_UNLESS_HOLDS: Final = 15
BR: Final = 16
GLOBAL_GET: Final = 17
GLOBAL_SET: Final = 18
BR_TABLE: Final = 19
STEP: Final = 20  # function(instance, slots, instruction)
BR_ON_NULL: Final = 21
BR_ON_NON_NULL: Final = 22
CALL: Final = 23
RETURN_ONE: Final = 24
RETURN: Final = 25
RETURN_MANY: Final = 26
CALL_INDIRECT: Final = 27
CALL_REF: Final = 28
RETURN_CALL: Final = 29
RETURN_CALL_INDIRECT: Final = 30
RETURN_CALL_REF: Final = 31
FUEL: Final = 32
UNREACHABLE: Final = 33
LABEL: Final = 34  # nothing at run time, left out

Operation = Callable[..., object]


class Instr:
    """One instruction. `number` is the offset of a load or store, `lane` the lane of one that
    accesses a single lane, `place` the wasm instruction's."""

    __slots__ = ("a", "b", "c", "d", "function", "kind", "lane", "number", "place")

    def __init__(
        self, kind: i64, a: i64, b: i64, c: i64, d: i64, function: Operation, place: i64
    ) -> None:
        self.kind: i64 = kind
        self.a: i64 = a
        self.b: i64 = b
        self.c: i64 = c
        self.d: i64 = d
        self.number: int = 0
        self.lane: i64 = 0
        self.function = function
        self.place: i64 = place
