"""Zones: loops with registers of their own, and every way from one to another."""

from __future__ import annotations

import pytest

import zwasm
from zwasm.baseline.plan import FLOAT_BASE, REGISTERS, Plan
from zwasm.lower import Lowerer
from zwasm.runtime.engine import why_not

INTS = [f"$i{n}" for n in range(12)]
FLOATS = [f"$f{n}" for n in range(9)]
VECTORS = ["$v0", "$v1"]

# How the inner loop is left: text at its end, within blocks $out (after it) and $skip (further
# out, before the end of the outer loop's body).
EXITS = {
    "falls through": "(br_if $inner (local.get $more))",
    "to a block's end": "(br_if $out (i32.eqz (local.get $more))) (br $inner)",
    "past a block": "(br_if $skip (i32.eqz (local.get $more))) (br $inner)",
    "to the outer loop": """
        (br_if $inner (local.get $more))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $outer (i32.gt_s (local.get $n) (i32.const 0)))""",
    "by a table": """
        (local.set $k (i32.rem_u (local.get $i0) (i32.const 3)))
        (br_if $inner (local.get $more))
        (br_table $out $skip $out $done (local.get $k))""",
    "on a float": "(br_if $out (f64.gt (local.get $f0) (f64.const 90))) (br $inner)",
    "from a loop within": """
        (local.set $k (i32.const 5))
        (loop $again
          (local.set $i11 (i32.add (local.get $i11) (local.get $k)))
          (local.set $k (i32.sub (local.get $k) (i32.const 1)))
          (br_if $skip (i32.eq (local.get $i11) (i32.const 77)))
          (br_if $again (local.get $k)))
        (br_if $inner (local.get $more))""",
    "by returning": """
        (if (i32.gt_u (local.get $i3) (i32.const 0xf0000000))
          (then (return (i64.extend_i32_u (local.get $i5)))))
        (br_if $inner (local.get $more))""",
}
OTHERS = [f"$o{n}" for n in range(7)]


def mixed(names: list[str], operation: str) -> str:
    """Each becomes what an operation makes of it and the next one."""
    after = [*names[1:], names[0]]
    return "\n".join(
        f"(local.set {a} ({operation} (local.get {a}) (local.get {b})))"
        for a, b in zip(names, after, strict=True)
    )


# What the outer loop does besides: calls, which leave it without registers, or work on others.
CALLS = "(drop (call $host (local.get $i0)))" * 3
WORK = (
    mixed(OTHERS, "i32.add") + "(block (br_if 0 (local.get $n)) (local.set $o0 (local.get $n)))"
) * 8


def module(exit: str, around: str = CALLS) -> str:
    locals_ = " ".join(
        f"(local {name} {type})"
        for names, type in ((INTS + OTHERS, "i32"), (FLOATS, "f64"), (VECTORS, "v128"))
        for name in names
    )
    start = "\n".join(
        f"(local.set {name} (i32.const {n * n + 1}))" for n, name in enumerate(INTS + OTHERS)
    )
    start += "\n".join(f"(local.set {name} (f64.const {n}.5))" for n, name in enumerate(FLOATS))
    ints = "(i64.const 0)"
    for name in INTS + OTHERS:
        ints = f"(i64.add (i64.mul {ints} (i64.const 31)) (i64.extend_i32_u (local.get {name})))"
    floats = "(i64.const 0)"
    for name in FLOATS:
        floats = (
            f"(i64.xor (i64.rotl {floats} (i64.const 5)) (i64.reinterpret_f64 (local.get {name})))"
        )
    vectors = "(i64x2.extract_lane 1 (i64x2.add (local.get $v0) (local.get $v1)))"
    return f"""
    (module
      (import "host" "f" (func $host (param i32) (result i32)))
      (func (export "run") (param $n i32) (result i64)
        (local $more i32) (local $k i32) {locals_}
        {start}
        (loop $outer
          (block $done
            {around}
            (local.set $i1 (i32.add (local.get $i1) (i32.mul (local.get $n) (i32.const 7))))
            (local.set $v0 (i32x4.splat (local.get $i1)))
            (local.set $more (i32.const 9))
            (block $skip
              (block $out
                (loop $inner
                  (local.set $more (i32.sub (local.get $more) (i32.const 1)))
                  {mixed(INTS, "i32.add")}
                  {mixed(FLOATS, "f64.add")}
                  {mixed(VECTORS, "i32x4.add")}
                  (local.set $f0 (f64.add (f64.abs (local.get $f0)) (f64.const 10)))
                  {EXITS[exit]}))
              (local.set $i2 (i32.xor (local.get $i2) (local.get $i7))))
            (local.set $i4 (i32.rotl (local.get $i4) (i32.const 3)))
            {around})
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $outer (i32.gt_s (local.get $n) (i32.const 0))))
        (i64.xor (i64.xor {ints} {floats}) {vectors})))
    """


def plan_of(text: str) -> Plan:
    info = zwasm.Module(text).info
    plan = Plan(info)
    plan.make(Lowerer(info, False).func(0), info.funcs[1])
    return plan


@pytest.mark.parametrize("around", [CALLS, WORK], ids=["calls", "work"])
@pytest.mark.parametrize("exit", EXITS)
def test_zones_keep_values(exit: str, around: str) -> None:
    text = module(exit, around)
    assert plan_of(text).zoned
    seen: list[list[int]] = []
    for name in ("interp", "baseline"):
        if why_not(name):
            pytest.skip(why_not(name))
        instance = zwasm.Instance(
            zwasm.Module(text, engine=zwasm.Engine(name)),
            {"host": {"f": lambda x: (x * 7 + 1) & 0x7FFFFFFF}},
        )
        seen.append([instance.exports.run(n) for n in (1, 2, 3, 10)])
    assert seen[0] == seen[1]


def test_a_loop_without_calls_gets_registers_that_calls_would_cost() -> None:
    plan = plan_of(module("falls through"))
    zone = int(plan.zone[2])
    around = int(plan.zone[1])
    assert zone == 2
    slots = [int(plan.zone_slot[zone * REGISTERS + i]) for i in range(REGISTERS)]
    assert len([slot for slot in slots[:FLOAT_BASE] if slot >= 0]) >= 6
    assert len([slot for slot in slots[FLOAT_BASE:] if slot >= 0]) >= 5
    # The outer loop's own code only calls.
    slots = [int(plan.zone_slot[around * REGISTERS + i]) for i in range(REGISTERS)]
    assert len([slot for slot in slots if slot >= 0]) < 4


def test_a_function_that_fits_has_one_zone() -> None:
    plan = plan_of(
        """(module (import "host" "f" (func $host (param i32) (result i32)))
          (func (export "run") (param i32) (result i64) (local i64)
            (loop $a
              (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
              (br_if $a (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (loop $b
              (local.set 1 (i64.mul (local.get 1) (i64.const 3)))
              (br_if $b (i64.lt_u (local.get 1) (i64.const 1000))))
            (local.get 1)))"""
    )
    assert not plan.zoned


def test_a_branch_back_from_an_inner_loop_is_the_outer_loops_end() -> None:
    plan = plan_of(
        """(module (import "host" "f" (func $host (param i32) (result i32)))
          (func (export "run") (param i32) (result i64)
            (loop $outer
              (loop $inner
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (br_if $outer (i32.and (local.get 0) (i32.const 1)))
                (br_if $inner (i32.and (local.get 0) (i32.const 2))))
              )
            (i64.const 1)))"""
    )
    assert plan.nodes == 3
    assert [int(plan.parent[node]) for node in range(3)] == [-1, 0, 1]
    assert plan.last_region[1] == plan.last_region[2]


# A global that a loop reads and writes, one that calls change, one that the host changes.
GLOBALS = """
(module
  (import "host" "f" (func $host (param i32) (result i32)))
  (global $sp (mut i32) (i32.const 1000))
  (global $count (mut i64) (i64.const 5))
  (global $shown (export "shown") (mut i32) (i32.const 3))
  (func (export "run") (param $n i32) (result i64) (local $a i32) (local $b i64)
    (loop $outer
      (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
      (loop $inner
        (global.set $sp (i32.add (global.get $sp) (i32.const 4)))
        (local.set $a (i32.add (local.get $a) (global.get $sp)))
        (global.set $count (i64.add (global.get $count) (i64.extend_i32_u (global.get $sp))))
        (local.set $a (i32.add (local.get $a) (global.get $shown)))
        (if (i32.eqz (i32.rem_u (local.get $a) (i32.const 7)))
          (then (call $change (local.get $a))))
        (br_if $inner (i32.and (global.get $sp) (i32.const 15))))
      (global.set $shown (i32.add (global.get $shown) (call $host (global.get $sp))))
      (local.set $b (i64.add (i64.mul (local.get $b) (i64.const 31)) (global.get $count)))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (local.get $b)
      (i64.extend_i32_u (i32.add (local.get $a) (i32.add (global.get $sp) (global.get $shown))))))
  (func $change (param i32)
    (global.set $count (i64.sub (global.get $count) (i64.extend_i32_u (local.get 0))))
    (global.set $sp (i32.add (global.get $sp) (i32.const 64)))))
"""


def test_globals_in_registers_are_what_calls_make_of_them() -> None:
    plan = plan_of(GLOBALS)
    cached = [int(plan.global_of[i]) for i in range(plan.globals)]
    assert cached == [0, 1]  # what is exported may be changed by the host at any time
    slots = {int(slot) for slot in plan.zone_slot}
    assert plan.global_base in slots
    seen = [results(name) for name in ("interp", "baseline")]
    assert seen[0] == seen[1]


def results(name: str) -> list[int]:
    """What the module of globals gives on an engine."""
    if why_not(name):
        pytest.skip(why_not(name))

    def host(x: int) -> int:
        instance.exports.shown.value += 2
        return x & 7

    module = zwasm.Module(GLOBALS, engine=zwasm.Engine(name))
    instance = zwasm.Instance(module, {"host": {"f": host}})
    seen = [instance.exports.run(n) for n in (1, 2, 3, 50, 1000)]
    return [*seen, instance.exports.shown.value]
