"""Small modules with vectors that code and its registers must get right: every engine gives the
same. What one stencil does is in `test_baseline_vectors`.
"""

from __future__ import annotations

import itertools
import random
from typing import Any, Final

import pytest

import zwasm
from tests.unit.baseline_harness import Engines, agreed, has_level, table_of
from tools.generate import generate
from zwasm.baseline.compile import Compiler
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.stencil_ir import LEVELS
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, Row
from zwasm.runtime.engine import why_not
from zwasm.text import parse_module
from zwasm.types import V128
from zwasm.valid import validate

pytestmark = pytest.mark.skipif(
    bool(why_not("baseline")), reason=f"no baseline engine: {why_not('baseline')}"
)
each_metering = pytest.mark.parametrize("fuel", [None, 1_000_000], ids=["free", "metered"])

# Changes every register: results of calls, and what is left of operands, are not where they were.
LITTER: Final = """
  (func $litter (param v128 i32) (result v128) (local $i i32) (local $v v128) (local $w v128)
    (local $x v128) (local $y v128) (local $z v128) (local $f f64)
    (local.set $i (i32.const 3))
    (loop $again
      (local.set $v (i32x4.add (local.get $v) (v128.const i64x2 3 7)))
      (local.set $w (i16x8.sub (local.get $v) (local.get $w)))
      (local.set $x (v128.xor (local.get $v) (v128.not (local.get $x))))
      (local.set $y (i8x16.add (local.get $x) (local.get $y)))
      (local.set $z (i64x2.sub (local.get $y) (local.get $z)))
      (local.set $f (f64.add (local.get $f) (f64.const 1.5)))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32x4.add (local.get 0) (i32x4.splat (local.get 1))))"""


def vector(*lanes: int) -> bytes:
    """A vector of four lanes."""
    return b"".join((lane & 0xFFFF_FFFF).to_bytes(4, "little") for lane in lanes)


FIRST: Final = vector(1, -2, 0x7FFF_FFFF, 0x1234_5678)
SECOND: Final = vector(-1, 5, 0x8000_0000, 0x9ABC_DEF0)


# Registers.


@each_metering
@pytest.mark.parametrize("called", [False, True])
def test_locals_are_hot_across_loops_and_calls(called: bool, fuel: int | None) -> None:
    call = "(local.set $b (call $litter (local.get $b) (local.get $n)))" if called else ""
    text = f"""(module {LITTER}
      (func (export "f") (param $a v128) (param $n i32) (result v128)
        (local $b v128) (local $c v128) (local $s f64)
        (loop $outer
          (local.set $c (i8x16.add (local.get $c) (local.get $a)))
          (if (i32.and (local.get $n) (i32.const 1)) (then {call}
            (local.set $s (f64.add (local.get $s)
              (f64.convert_i32_s (i32x4.extract_lane 0 (local.get $b)))))))
          (loop $inner
            (local.set $b (i32x4.add (local.get $b) (local.get $a)))
            (local.set $a (i64x2.add (local.get $a) (v128.xor (local.get $b) (local.get $c))))
            (br_if $inner (i32.gt_u (i32x4.extract_lane 3 (local.get $b)) (i32.const 99999999))))
          (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (v128.xor (local.get $a)
          (v128.xor (f64x2.splat (local.get $s)) (v128.xor (local.get $b) (local.get $c))))))"""
    for count in (1, 2, 9):
        agreed(text, FIRST, count, fuel=fuel)


@each_metering
@pytest.mark.parametrize("count", [5, 6, 7, 8, 13, 30])
@pytest.mark.parametrize("called", [False, True])
def test_more_vectors_are_alive_than_there_are_registers(
    count: int, called: bool, fuel: int | None
) -> None:
    source = random.Random(count)
    order = list(range(count))
    source.shuffle(order)
    makes = "".join(
        f"(local.set $v{i} (i32x4.mul (local.get $a) (v128.const i32x4 {i + 1} {i + 2} 3 -{i})))"
        for i in range(count)
    )
    call = "(local.set $a (call $litter (local.get $a) (i32.const 1)))" if called else ""
    uses = "".join(
        f"(local.set $a (i32x4.add (i32x4.mul (local.get $a) (local.get $b)) (local.get $v{i})))"
        for i in (*order, *order[::-2])
    )
    declared = "".join(f"(local $v{i} v128)" for i in range(count))
    text = f"""(module {LITTER}
      (func (export "f") (param $a v128) (param $b v128) (result v128) {declared}
        {makes} {call} {uses} (local.get $a)))"""
    agreed(text, FIRST, SECOND, fuel=fuel)


@pytest.mark.parametrize("count", [6, 8, 20])
@pytest.mark.parametrize("called", [False, True])
def test_operands_are_many(count: int, called: bool) -> None:
    call = "(call $litter (local.get $a) (i32.const 9))" if called else "(v128.not (local.get $a))"
    pushes = "".join(
        f"(i32x4.add (local.get $a) (v128.const i32x4 {i} 0 1 -{i}))" for i in range(count)
    )
    combines = "".join(
        ("i32x4.add ", "v128.andnot ", "i16x8.mul ", "i8x16.sub ")[i % 4] for i in range(count)
    )
    text = f"""(module {LITTER}
      (func (export "f") (param $a v128) (result v128) {pushes} {call} {combines}))"""
    agreed(text, FIRST)


@each_metering
def test_values_live_across_calls(fuel: int | None) -> None:
    text = f"""(module {LITTER}
      (func $both (param v128 f64 v128 i64) (result v128)
        (i64x2.add (i64x2.replace_lane 1 (local.get 0) (local.get 3))
          (f64x2.replace_lane 0 (local.get 2) (local.get 1))))
      (func (export "f") (param $a v128) (param $b v128) (result v128) (local $t v128)
        (local.set $t (i32x4.mul (local.get $a) (local.get $b)))
        (i32x4.sub
          (i32x4.add (local.get $a) (call $litter (local.get $t) (i32.const 2)))
          (call $both
            (i32x4.neg (local.get $t))
            (f64x2.extract_lane 1 (local.get $b))
            (call $litter (i8x16.neg (local.get $a)) (i32.const 3))
            (i64x2.extract_lane 1 (call $litter (local.get $b) (i32.const 4)))))))"""
    agreed(text, FIRST, SECOND, fuel=fuel)


@pytest.mark.parametrize("types", list(itertools.product(("v128", "i32", "f64", "i64"), repeat=2)))
def test_block_results_of_several_types_are_at_one_height(types: tuple[str, str]) -> None:
    """What is a vector in one block is a number, or the half of a vector is one, in another."""
    first, second = types
    values = {
        "v128": "(i32x4.add (local.get $a) (i32x4.splat (local.get $n)))",
        "i32": "(i32.add (local.get $n) (i32.const 11))",
        "f64": "(f64.convert_i32_s (local.get $n))",
        "i64": "(i64.extend_i32_u (local.get $n))",
    }

    def block(code: str) -> str:
        return f"""
          (block $out (result {code})
            (drop (br_if $out {values[code]} (i32.and (local.get $n) (i32.const 2))))
            {values[code]})
          {use_of(code)}"""

    text = f"""(module {LITTER}
      (func (export "f") (param $a v128) (param $n i32) (result v128 i32 f64 i64)
        (local $s f64) (local $l i64) (local $i i32)
        (local.set $i (i32.const 7))
        (loop $again
          {block(first)} {block(second)}
          (block $two (result {first} {second})
            {values[first]} {values[second]}
            (br_if $two (i32.and (local.get $n) (i32.const 1)))
            (br $two))
          {use_of(second)} {use_of(first)}
          (local.set $a (call $litter (local.get $a) (local.get $n)))
          {block(second)} {block(first)}
          (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (local.get $a) (local.get $n) (local.get $s) (local.get $l)))"""
    for count in (0, 1, 2, 3):
        agreed(text, FIRST, count)


def use_of(code: str) -> str:
    """Use what is on top of the stack."""
    return {
        "v128": "(local.get $a) i32x4.sub local.set $a",
        "i32": "(local.get $n) i32.sub local.set $n",
        "f64": "(local.get $s) f64.sub local.set $s",
        "i64": "(local.get $l) i64.sub local.set $l",
    }[code]


BETWEEN: Final = {
    "nothing": "",
    "call": "(local.set $b (call $litter (local.get $b) (local.get $n)))",
    "call of it": "(local.set $b (call $litter (local.get $v) (local.get $n)))",
    "branch": "(br_if $out (i32.and (local.get $n) (i32.const 1)))",
    "branch past it": "(br_if $next (i32.and (local.get $n) (i32.const 1)))",
    "return": "(if (i32.and (local.get $n) (i32.const 4)) (then (return (local.get $v))))",
    "helper": "(memory.fill (i32.const 0) (i32.const 1) (i32.const 20))",
    "label": "(block (nop))",
    "loop": "(loop (nop))",
    "trap": "(drop (i32.div_u (i32.const 9) (local.get $n)))",
}


@pytest.mark.parametrize("first", BETWEEN)
@pytest.mark.parametrize("second", ["nothing", "call", "branch", "branch past it"])
def test_locals_are_overwritten(first: str, second: str) -> None:
    """A local's values one after the other in one region, with what may end it between."""
    text = f"""(module (memory 1) {LITTER}
      (func (export "f") (param $v v128) (param $n i32) (result v128) (local $b v128)
        (block $out
          (loop $again
            (block $next
              (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $n))))
              (local.set $b (v128.xor (local.get $b) (local.get $v)))
              {BETWEEN[first]}
              (local.set $v (i16x8.sub (local.get $b) (local.get $v)))
              {BETWEEN[second]}
              (local.set $b (i8x16.add (local.get $v) (local.get $v)))
              (local.set $v (i8x16.max_u (local.get $v) (local.get $b))))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (i64x2.add (local.get $v) (local.get $b))))"""
    for count in (1, 2, 5):
        agreed(text, FIRST, count)


@each_metering
@pytest.mark.parametrize("code", ["v128", "f64", "f32"])
def test_what_was_just_stored_is_read_after_labels(code: str, fuel: int | None) -> None:
    """It is in f only if no other branch comes there. Locals are more than registers."""
    make, add, get = {
        "v128": ("i32x4.splat", "i32x4.add", "(i32x4.extract_lane 0 (local.get $x))"),
        "f64": ("f64.convert_i32_s", "f64.add", "(i32.trunc_sat_f64_s (local.get $x))"),
        "f32": ("f32.convert_i32_s", "f32.add", "(i32.trunc_sat_f32_s (local.get $x))"),
    }[code]
    others = "".join(f"(local $o{i} {code})" for i in range(9))
    busy = "".join(
        f"(local.set $o{i} ({add} (local.get $o{i}) (local.get $o{(i + 1) % 9})))"
        for i in (*range(9), *range(0, 9, 2))
    )
    text = f"""(module {LITTER}
      (func (export "f") (param $n i32) (result i32) (local $x {code}) {others}
        (loop $again
          {busy}
          (local.set $o1 ({make} (local.get $n)))
          (block $here
            (local.set $x ({add} (local.get $o3) (local.get $o4)))
            (br_if $here (i32.and (local.get $n) (i32.const 1)))
            (local.set $o2 ({add} (local.get $o2) ({make} (local.get $n))))
            (br_if $here (i32.and (local.get $n) (i32.const 2)))
            (local.set $x ({add} (local.get $o7) ({make} (local.get $n)))))
          (local.set $o5 ({add} (local.get $x) (local.get $o1)))
          (drop (call $litter (v128.const i64x2 1 2) (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.set $x ({add} (local.get $o5) (local.get $o2)))
        {get}))"""
    for count in (1, 2, 3, 8):
        agreed(text, count, fuel=fuel)


def test_operands_of_operations_that_take_three() -> None:
    """Each operand is on the stack, in a local, a constant or what another one is."""
    operands = (
        "(local.get $a)",
        "(local.get $b)",
        "(i32x4.neg (local.get $a))",
        "(v128.const i64x2 0x0123456789abcdef 0x3f3f3f3f40404040)",
        "(local.tee $c (i8x16.add (local.get $a) (local.get $b)))",
        "(v128.const i64x2 0 0)",
    )
    operations = (
        "v128.bitselect {} {} {}",
        "f32x4.relaxed_madd {} {} {}",
        "i8x16.relaxed_laneselect {} {} {}",
        "i32x4.relaxed_dot_i8x16_i7x16_add_s {} {} {}",
        "select (result v128) {} {} (i8x16.all_true {})",
        "select (result v128) {} {} (local.get $n)",
        "f64x2.replace_lane 1 (i8x16.add {} {}) (f64x2.extract_lane 0 (local.get $a))",
        "i32x4.replace_lane 2 (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31 {} {})"
        " (i32x4.extract_lane 1 {})",
        "f64x2.replace_lane 1 (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 {} {})"
        " (f64x2.extract_lane 1 {})",
    )
    functions: list[str] = []
    for operation in operations:
        sums = "".join(
            f"(local.set $s (i64x2.add (local.get $s) ({operation.format(*chosen)})))"
            "(local.set $n (i32.eqz (local.get $n)))"
            for chosen in itertools.product(operands, repeat=3)
        )
        functions.append(
            f"""(func (export "f{len(functions)}") (param $a v128) (param $b v128) (result v128)
              (local $c v128) (local $s v128) (local $n i32) {sums}
              (v128.xor (local.get $c) (local.get $s)))"""
        )
    text = f"(module {''.join(functions)})"
    engines = Engines(text)
    for i in range(len(operations)):
        # As floats no NaNs.
        engines.call(
            f"f{i}", vector(*[0x3E00_0001 + n for n in range(4)]), vector(*[0x3D3E_3F07] * 4)
        )


def test_binary_operations_of_all_places() -> None:
    """Operands and results in registers, slots, constants, in both orders."""
    operands = ("$a", "$b", "$h", "$x", "constant", "pending")
    shown = {
        "constant": "(v128.const i64x2 0x7fff000180000001 -9)",
        "pending": "(i32x4.abs (local.get $x))",
    }
    names = ("i32x4.sub", "i32x4.add", "i8x16.swizzle", "f32x4.pmin", "f64x2.pmax", "i16x8.gt_s")
    for name in names:
        body = "".join(
            f"(local.set {target} ({name} {shown.get(a, f'(local.get {a})')}"
            f" {shown.get(b, f'(local.get {b})')}))"
            for target, a, b in itertools.product(("$x", "$h"), operands, operands)
        )
        text = f"""(module
          (func (export "f") (param $a v128) (param $b v128) (result v128)
            (local $h v128) (local $x v128) (local $n i32)
            (local.set $h (local.get $b))
            (loop $again
              {body}
              (local.set $h (v128.xor (local.get $h) (i32x4.splat (local.get $n))))
              (br_if $again
                (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
            (v128.xor (local.get $x) (local.get $h))))"""
        agreed(text, FIRST, SECOND)


# Calls.


@each_metering
def test_tail_calls_move_vectors(fuel: int | None) -> None:
    text = """(module
      (type $t (func (param i32 v128 v128 f64) (result v128)))
      (table funcref (elem $second $third))
      (func $first (export "f") (type $t)
        (if (i32.eqz (local.get 0)) (then (return (i32x4.sub (local.get 1) (local.get 2)))))
        (return_call $second (i32.sub (local.get 0) (i32.const 1))
          (local.get 2) (i32x4.add (local.get 1) (v128.const i32x4 1 2 3 4)) (local.get 3)))
      (func $second (type $t)
        (return_call_indirect (type $t) (local.get 0)
          (f64x2.replace_lane 1 (local.get 2) (local.get 3)) (local.get 1)
          (f64x2.extract_lane 0 (local.get 1)) (i32.const 1)))
      (func $third (type $t) (local v128 i64 v128)
        (return_call $more (i64.const 5) (local.get 1) (local.get 0) (local.get 2) (local.get 3)))
      (func $more (param i64 v128 i32 v128 f64) (result v128)
        (return_call $first (local.get 2) (local.get 3) (local.get 1) (local.get 4))))"""
    for count in (0, 1, 2, 500):
        agreed(text, count, FIRST, SECOND, 1.5, fuel=fuel)


def test_results_are_many() -> None:
    types = "v128 i32 v128 f64 v128 v128 i64 f32 v128"
    text = f"""(module {LITTER}
      (func $many (param $a v128) (param $n i32) (result {types})
        (local.get $a)
        (local.get $n)
        (i32x4.neg (local.get $a))
        (f64.convert_i32_s (local.get $n))
        (call $litter (local.get $a) (local.get $n))
        (v128.const i64x2 5 6)
        (i64.extend_i32_s (local.get $n))
        (f32.convert_i32_s (local.get $n))
        (v128.not (local.get $a)))
      (func (export "all") (param $a v128) (param $n i32) (result {types})
        (call $many (local.get $a) (local.get $n)))
      (func (export "f") (param $a v128) (param $n i32) (result v128)
        (local $v v128) (local $w v128) (local $x v128) (local $y v128) (local $z v128)
        (local $f f64) (local $l i64) (local $g f32)
        (call $many (local.get $a) (local.get $n))
        (local.set $v) (local.set $g) (local.set $l) (local.set $w) (local.set $x) (local.set $f)
        (local.set $y) (local.set $n) (local.set $z)
        (i32x4.add (i32x4.splat (local.get $n))
          (i32x4.add (f64x2.splat (local.get $f))
            (i32x4.add (i64x2.splat (local.get $l))
              (i32x4.add (f32x4.splat (local.get $g))
                (i32x4.mul (local.get $v)
                  (i32x4.sub (local.get $w)
                    (i8x16.sub (local.get $x)
                      (i16x8.mul (local.get $y) (local.get $z)))))))))))"""
    agreed(text, FIRST, 7, name="all")
    agreed(text, SECOND, -7)


@each_metering
def test_recursion_is_deep(fuel: int | None) -> None:
    text = """(module
      (func $down (export "f") (param $a v128) (param $n i32) (result v128) (local $keep v128)
        (local.set $keep (i32x4.mul (local.get $a) (v128.const i32x4 3 5 7 9)))
        (if (result v128) (i32.eqz (local.get $n))
          (then (local.get $a))
          (else
            (i32x4.add
              (local.get $keep)
              (call $down
                (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0
                  (local.get $a) (local.get $a))
                (i32.sub (local.get $n) (i32.const 1))))))))"""
    agreed(text, FIRST, 900, fuel=fuel)
    assert "CALL_STACK_EXHAUSTED" in str(agreed(text, FIRST, 1_000_000))


def test_globals_are_own_and_imported() -> None:
    text = f"""(module
      (import "m" "far" (global $far (mut v128)))
      (import "m" "fixed" (global $fixed v128))
      (global $own (mut v128) (v128.const i64x2 5 6))
      (global $copy v128 (global.get $fixed))
      {LITTER}
      (func (export "f") (param $a v128) (param $n i32) (result v128 v128 v128)
        (loop $again
          (global.set $own (i32x4.add (global.get $own) (local.get $a)))
          (global.set $far (i32x4.sub (global.get $own) (global.get $far)))
          (local.set $a (call $litter (global.get $far) (local.get $n)))
          (global.set $own (local.get $a))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64x2.add (global.get $fixed) (global.get $copy)) (global.get $own) (global.get $far)))"""

    def imports() -> Any:
        return {
            "m": {
                "far": zwasm.Global("v128", SECOND, mutable=True),
                "fixed": zwasm.Global("v128", FIRST),
            }
        }

    agreed(text, FIRST, 3, imports=imports)


# Memory.

ACCESSES: Final = [
    row
    for row in BY_CODE
    if row is not None
    and row.shape in (r.LOAD, r.STORE, r.LOAD_LANE, r.STORE_LANE)
    and V128 in (*row.params, *row.results)
]


def access(row: Row, memory: str, address: str, offset: int) -> str:
    """An access as a function's body that gives a vector."""
    lane = ""
    if row.shape in (r.LOAD_LANE, r.STORE_LANE):
        lane = f" {row.lanes - 1}"
    value = "" if row.shape == r.LOAD else "(local.get $v)"
    text = f"({row.name} {memory} offset={offset}{lane} {address} {value})"
    return text if row.results else f"{text} (v128.load {memory} (local.get $low))"


# A memory's declaration, its index, the type of its addresses.
MEMORIES: Final = {
    "guarded": ("(memory 1)", "", "i32"),
    "unguarded": ('(import "m" "memory" (memory 1))', "", "i32"),
    "64 bits": ("(memory i64 1)", "", "i64"),
    "second": ("(memory 0) (memory 1)", "1", "i32"),
    "second of 64 bits": ("(memory 0) (memory i64 1)", "1", "i64"),
}
SIZE: Final = 65_536


def unguarded() -> Any:
    memory = zwasm.Memory(1)
    memory.inst.guarded = False
    return {"m": {"memory": memory}}


@pytest.mark.parametrize("kind", MEMORIES)
@pytest.mark.parametrize("row", ACCESSES, ids=lambda row: row.name)
def test_accesses_end_where_the_memory_does(row: Row, kind: str) -> None:
    declaration, memory, code = MEMORIES[kind]
    width = 1 << row.align
    offsets = [0, 1, 5000, SIZE - width, SIZE - width + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    if code == "i64":
        offsets += [1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 16, (1 << 64) - 1]
    functions = ""
    for offset in offsets:
        for place, address in (
            ("p", "(local.get $p)"),
            ("s", f"({code}.add (local.get $p) ({code}.const 0))"),
        ):
            functions += f"""
              (func (export "{place}{offset}") (param $p {code}) (param $v v128) (result v128)
                (local $low {code}) {access(row, memory, address, offset)})"""
    # In a loop, address and value are in registers.
    functions += f"""
      (func (export "loop") (param $p {code}) (param $v v128) (result v128)
        (local $low {code}) (local $n i32) (local $s v128)
        (loop $again
          (local.set $s (i8x16.add (local.get $s) {access(row, memory, "(local.get $p)", 3)}))
          (local.set $v (i8x16.sub (local.get $v) (local.get $s)))
          (local.set $p ({code}.add (local.get $p) ({code}.const 1)))
          (br_if $again
            (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4))))
        (local.get $s))"""
    data = "".join(f"\\{(i * 37 + 129) & 255:02x}" for i in range(64))
    where = f"(memory {memory or 0})"
    text = f"""(module {declaration}
      (data {where} (offset ({code}.const 0)) "{data}")
      (data {where} (offset ({code}.const {SIZE - 64})) "{data}")
      {functions})"""
    engines = Engines(text, imports=unguarded if kind == "unguarded" else None)
    last = SIZE - width
    for offset in offsets:
        for end in (last - 1, last, last + 1, SIZE):
            start = (end - offset) & ((1 << 64) - 1 if code == "i64" else 0xFFFF_FFFF)
            for place in "ps":
                found = engines.call(f"{place}{offset}", start, SECOND)
                trapped = found.startswith("TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS")
                assert trapped == (start + offset > last)
    for start in (0, last - 3 - 4, last - 3 - 3, last - 3 - 2, last, SIZE):
        engines.call("loop", start, FIRST)


# Levels.


class Range:
    """As much of a `zwasm._native.Code` as a compiler asks for before it writes."""

    entries = 0x8000


@pytest.mark.parametrize("level", LEVELS)
def test_code_of_every_level_can_be_made(level: str) -> None:
    """Also for processors that are not here."""
    if not has_level(level):
        pytest.skip(f"installed without stencils for {level}")
    table = table_of(level)
    for seed in range(4):
        info = validate(parse_module(generate(seed, "only", "native")))
        layout = ContextLayout(info)
        way = seed % 2 == 0
        compiler = Compiler(info, layout, table, Range(), seed < 2, way, not way)
        for i in range(len(info.module.funcs)):
            bench = compiler.take()
            compiler.emit(bench, i, None)
            bench.emitter.finish_function(None)
            assert len(bench.emitter.out) > 0
            compiler.spare.append(bench)
