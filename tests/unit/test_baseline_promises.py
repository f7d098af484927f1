"""What the baseline engine promises over long runs: no leak, constant stack, a set depth."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import zwasm
from zwasm.runtime.engine import why_not

pytestmark = pytest.mark.skipif(
    bool(why_not("baseline")), reason=f"no baseline engine: {why_not('baseline')}"
)

MILLION = 1_000_000

REFERENCES = """
(module
  (import "host" "pass" (func $pass (param externref) (result externref)))
  (import "host" "fail" (func $fail))
  (table $table 2 externref)
  (global $global (mut externref) (ref.null extern))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "through") (param externref i32) (result externref)
    (loop $again
      (table.set $table (i32.const 0) (call $pass (local.get 0)))
      (global.set $global (table.get $table (i32.const 0)))
      (table.set $table (i32.const 1) (global.get $global))
      (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.set 0 (table.get $table (i32.const 1)))
    (table.set $table (i32.const 0) (ref.null extern))
    (table.set $table (i32.const 1) (ref.null extern))
    (global.set $global (ref.null extern))
    (local.get 0))
  (func (export "fail") (call $fail))
  (func (export "trap") unreachable))
"""

TAILS = """
(module
  (type $count (func (param i64) (result i64)))
  (table funcref (elem $indirect))
  (func $direct (export "direct") (type $count)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 42))
      (else (return_call $other (i64.sub (local.get 0) (i64.const 1))))))
  (func $other (type $count)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 42))
      (else (return_call $direct (i64.sub (local.get 0) (i64.const 1))))))
  (func $indirect (export "indirect") (type $count)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 42))
      (else (return_call_indirect (type $count)
        (i64.sub (local.get 0) (i64.const 1)) (i32.const 0))))))
"""

DEEP = """
(module
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func $down (export "down")
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $down)))
"""


def make(text: str, imports: Any = None, **limits: Any) -> Any:
    store = zwasm.Store(zwasm.Engine("baseline"), **limits)
    return zwasm.Instance(zwasm.Module(text), imports, store=store).exports


def blocks_after(action: Callable[[], object]) -> int:
    """How many more blocks of memory Python has after an action than before."""
    gc.collect()
    before = sys.getallocatedblocks()
    action()
    gc.collect()
    return sys.getallocatedblocks() - before


def references() -> Any:
    def fail() -> None:
        raise KeyError("from the host")

    return make(REFERENCES, {"host": {"pass": lambda value: value, "fail": fail}})


def test_a_million_calls_with_references_leak_nothing() -> None:
    exports = references()
    value = object()
    count = sys.getrefcount(value)
    same = exports.same

    def calls() -> None:
        for _ in range(MILLION):
            same(value)

    assert blocks_after(calls) < 1000
    assert sys.getrefcount(value) == count


def test_a_million_callbacks_with_references_leak_nothing() -> None:
    exports = references()
    value = object()
    count = sys.getrefcount(value)
    assert blocks_after(lambda: exports.through(value, MILLION)) < 1000
    assert exports.through(value, 1) is value
    assert sys.getrefcount(value) == count


def test_new_objects_do_not_pile_up_within_a_call() -> None:
    seen: list[int] = []

    class Small:
        pass

    def fresh(_: object) -> object:
        seen[:] = [sys.getallocatedblocks()]
        return Small()

    exports = make(REFERENCES, {"host": {"pass": fresh, "fail": print}})
    gc.collect()
    before = sys.getallocatedblocks()
    assert isinstance(exports.through(None, 300_000), Small)
    assert seen[0] - before < 200_000


def test_exceptions_and_traps_leak_nothing() -> None:
    exports = references()

    def failures() -> None:
        for _ in range(2000):
            with pytest.raises(KeyError):
                exports.fail()
            with pytest.raises(zwasm.Trap):
                exports.trap()

    failures()
    assert blocks_after(failures) < 1000


@pytest.mark.parametrize("name", ["direct", "indirect"])
def test_ten_million_tail_calls_take_constant_stack(name: str) -> None:
    assert make(TAILS, max_depth=10)[name](10 * MILLION) == 42


def test_tail_calls_between_instances_take_constant_stack() -> None:
    engine = zwasm.Engine("baseline")
    store = zwasm.Store(engine, max_depth=10)
    text = """
      (module
        (type $step (func (param i32) (result i32)))
        (import "a" "table" (table 2 funcref))
        (elem (i32.const {own}) func $step)
        (func $step (export "step") (type $step)
          (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7))
            (else (return_call_indirect (type $step)
              (i32.sub (local.get 0) (i32.const 1)) (i32.const {other}))))))"""
    table = zwasm.Table("funcref", 2, store=store)
    made = [
        zwasm.Instance(
            zwasm.Module(text.format(own=own, other=1 - own)), {"a": {"table": table}}, store=store
        )
        for own in (0, 1)
    ]
    assert made[0].exports.step(MILLION) == 7


def test_the_depth_limit_is_the_same_in_a_thread_with_a_small_stack() -> None:
    def depth() -> int:
        exports = make(DEEP, max_depth=5000)
        with pytest.raises(zwasm.ExhaustionError) as caught:
            exports.down()
        assert caught.value.code is zwasm.TrapCode.CALL_STACK_EXHAUSTED
        found: int = exports.depth.value
        return found

    found: list[int] = []
    previous = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(depth()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)
    assert found == [5000] == [depth()]
