"""Making a function's IR shorter before registers are chosen.

In: a function's IR and what the first pass of `analysis` found out. Out: the same IR, rewritten in
place. What compilers leave that do not optimise: constants and copies that go through locals,
truth values that are masked and tested again.

A local is *simple* if it is written once and read only in the region where it is written. Copies
of constants, of simple locals and of parameters that never change are left out where they go to
simple locals, and their uses read the original.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.ops import OPS
from zwasm.isa.ir import (
    INLINE,
    IR_BR_IF_CMP,
    IR_BR_UNLESS,
    IR_BR_UNLESS_CMP,
    OP_MASK,
    WORDS,
)
from zwasm.isa.ir import opcode as opcode_of
from zwasm.lower.code import FuncIR

_I32_AND: Final = opcode_of("i32.and")
_I32_EQZ: Final = opcode_of("i32.eqz")
_BR_IF: Final = opcode_of("br_if")
_BYTE_LOADS: Final = (opcode_of("i32.load8_u"), opcode_of("i64.load8_u"))

# What is known of a simple local's value: it is at most this.
ANYTHING: Final = 0
BOOLEAN: Final = 1
BYTE: Final = 255


def simplify(
    code: FuncIR,
    exposed: vec[i64],
    writes: vec[i64],
    reads: vec[i64],
    original: vec[i64],
    known: vec[i64],
) -> None:
    """Rewrite a function. `writes` and `reads` count the instructions that write and read each
    slot; `original` (-1 everywhere) and `known` (ANYTHING everywhere) are working memory."""
    words = code.words
    locals_: i64 = i64(code.local_count)
    kinds = OPS.kind
    all_sources = OPS.sources
    results = OPS.result
    at: i64 = 0
    to: i64 = 0
    end: i64 = i64(code.count) * WORDS
    while at < end:
        word = words[at]
        number = word & OP_MASK
        kind = kinds[number]
        sources = all_sources[number]
        i: i64 = at + 1
        while sources != 0:
            if sources & 1 != 0:
                entry = words[i]
                if entry & 3 == 0:
                    source = original[entry >> 2]
                    if source >= 0:
                        words[i] = source
            sources >>= 1
            i += 1
        slot = words[at + 1]
        if kind == ops.LABEL or kind == ops.LOOP:
            code.labels[slot] = int(to // WORDS)
        elif results[number] != 0 and slot < locals_:
            if exposed[slot] == 0 and writes[slot] == 1:
                entry = words[at + 2]
                alias: i64 = -1
                if kind == ops.COPY:
                    if entry & 3 != 0 or unchanging(entry >> 2, code, exposed, writes):
                        alias = entry
                elif kind == keys.INT_COMPARE or kind == keys.INT_TEST:
                    known[slot] = BOOLEAN
                elif kind == keys.FLOAT_COMPARE:
                    known[slot] = BOOLEAN
                elif number in _BYTE_LOADS:
                    known[slot] = BYTE
                elif number == _I32_AND and entry & 3 == 0 and words[at + 3] & 3 == INLINE:
                    limit = known[entry >> 2]
                    if limit != ANYTHING and words[at + 3] >> 2 == limit:
                        alias = entry
                if alias >= 0:
                    original[slot] = alias
                    if alias & 3 == 0:
                        reads[alias >> 2] += reads[slot] - 1
                    at += WORDS
                    continue
        elif to > 0 and (kind == ops.BR_IF or kind == ops.BR_UNLESS or number_tests(number)):
            entry = words[at + 2]
            fused = fuse(words, to - WORDS, entry, number, locals_, exposed, writes, reads)
            if fused >= 0:
                # The comparison's operands move up, and the branch takes its place.
                to -= WORDS
                words[to + 4] = 0
                b = words[to + 2]
                c = words[to + 3]
                words[to] = fused | (words[to] & ~OP_MASK)
                words[to + 1] = words[at + 1]
                words[to + 2] = b
                words[to + 3] = c
                to += WORDS
                at += WORDS
                continue
        if to != at:
            words[to] = word
            words[to + 1] = words[at + 1]
            words[to + 2] = words[at + 2]
            words[to + 3] = words[at + 3]
            words[to + 4] = words[at + 4]
        at += WORDS
        to += WORDS
    code.count = int(to // WORDS)


def unchanging(slot: i64, code: FuncIR, exposed: vec[i64], writes: vec[i64]) -> bool:
    """Whether a slot keeps its value for as long as copies of it are read."""
    if slot >= i64(code.local_count):
        return False
    if slot < i64(code.param_count):
        return writes[slot] == 0
    return exposed[slot] == 0 and writes[slot] == 1


def number_tests(number: i64) -> bool:
    """Whether an operation is a branch on `i32.eqz`."""
    return number == IR_BR_IF_CMP + _I32_EQZ or number == IR_BR_UNLESS_CMP + _I32_EQZ


def fuse(
    words: vec[i64],
    before: i64,
    entry: i64,
    number: i64,
    locals_: i64,
    exposed: vec[i64],
    writes: vec[i64],
    reads: vec[i64],
) -> i64:
    """The operation that a branch on a comparison's result, which is the instruction before and
    read by nothing else, becomes; -1 if there is none."""
    if entry & 3 != 0:
        return -1
    slot = entry >> 2
    if slot >= locals_ or exposed[slot] != 0 or writes[slot] != 1 or reads[slot] != 1:
        return -1
    compared = words[before] & OP_MASK
    kind = OPS.kind[compared]
    if kind != keys.INT_COMPARE and kind != keys.INT_TEST and kind != keys.FLOAT_COMPARE:
        return -1
    if words[before + 1] != slot:
        return -1
    holds = number == _BR_IF or number == IR_BR_UNLESS_CMP + _I32_EQZ
    if kind == keys.INT_TEST and number == IR_BR_UNLESS:
        holds = False
    return (IR_BR_IF_CMP if holds else IR_BR_UNLESS_CMP) + compared
