"""Small modules that code and its registers must get right: every engine gives the same.

What one stencil does is in `test_baseline_operands`; here it is what analysis and the sharing of
registers make of several.
"""

from __future__ import annotations

from typing import Any

import pytest

import zwasm
from tests.unit.baseline_harness import agreed
from zwasm.runtime.engine import why_not

pytestmark = pytest.mark.skipif(
    bool(why_not("baseline")), reason=f"no baseline engine: {why_not('baseline')}"
)


def test_a_local_that_is_never_written_keeps_its_zero_across_labels_and_calls() -> None:
    text = """(module
      (memory 1)
      (func $litter (param i64 i64 i64 i64))
      (func $g (param i32) (result i32) (local $zero i32)
        (if (i32.const 1) (then))
        (memory.copy (i32.const 1) (i32.const 1) (i32.const 1))
        (select
          (i32.const 1)
          (block $a (result i32) (br_if $a (local.get $zero) (i32.const 1)))
          (local.get $zero)))
      (func (export "f") (result i32)
        (call $litter (i64.const 7) (i64.const 7) (i64.const 7) (i64.const 7))
        (call $g (i32.const 1))))"""
    assert agreed(text) == "0"


def test_a_trap_at_the_very_end_of_a_functions_code_is_that_functions() -> None:
    # Functions of all lengths modulo the alignment of code.
    functions = "".join(
        f"""(func $f{count} (param $x i32) (result i32)
          {"(local.set $x (i32.xor (local.get $x) (i32.const 100000)))" * count}
          (i32.div_u (i32.const 1) (local.get $x)))"""
        for count in range(16)
    )
    cases = "".join(
        f"(if (i32.eq (local.get 0) (i32.const {i})) (then (return (call $f{i} (local.get 1)))))"
        for i in range(16)
    )
    text = f"""(module {functions}
      (func (export "f") (param i32 i32) (result i32) {cases} (i32.const 0)))"""
    for count in range(16):
        assert f"DIVIDE_BY_ZERO [({count}, " in str(agreed(text, count, 100000 * (count & 1)))


def test_a_call_that_is_too_deep_ends_in_the_callee() -> None:
    # The copy that the callee begins with is left out of its code.
    text = """(module
      (func $g (param i32) (result i32) (local i32)
        (local.set 1 (i32.const 5))
        (i32.add (local.get 1) (call $g (local.get 0))))
      (func (export "f") (result i32) (call $g (i32.const 1))))"""
    assert "CALL_STACK_EXHAUSTED [(0, 3, 10), (0, 4, 33), " in str(agreed(text))


@pytest.mark.parametrize("strategy", ["interp", "baseline"])
def test_a_function_that_called_a_host_function_as_a_tail_is_in_no_backtrace(strategy: str) -> None:
    text = """(module
      (import "host" "back" (func $back (param i32) (result i32)))
      (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
      (func $tail (param i32) (result i32) (return_call $back (local.get 0)))
      (func (export "f") (param i32) (result i32) (call $tail (local.get 0))))"""

    def back(x: int) -> Any:
        return exports["divide"](x)

    engine = zwasm.Engine(strategy)
    module = zwasm.Module(text, engine=engine)
    imports = {"host": {"back": back}}
    exports: Any = zwasm.Instance(module, imports, store=zwasm.Store(engine)).exports
    with pytest.raises(zwasm.Trap) as caught:
        exports["f"](0)
    assert [frame.index for frame in caught.value.frames] == [1, 3]


def test_constants_of_vectors_are_within_reach_of_the_longest_functions() -> None:
    # What goes through slots far from the frame's start takes much code: on AArch64 over 1 MiB.
    masks = "(v128.const i64x2 -2 -3) (v128.const i64x2 0x0fedcba987654321 77)"
    selection = f"(local.set $x (v128.bitselect (local.get $x) {masks}))"
    text = f"""(module
      (func (export "f") (param i64) (result i64 i64) (local {"v128 " * 3000}) (local $x v128)
        (local.set $x (v128.xor (i64x2.splat (local.get 0)) (v128.const i64x2 5 -7)))
        (local.set $x (i8x16.shuffle 0 17 3 20 8 9 31 30 1 1 2 25 7 6 5 4
          (local.get $x) (v128.const i64x2 0x0123456789abcdef 0x0fedcba987654321)))
        (local.set $x (i8x16.shuffle 15 3 2 1 0 4 9 8 7 6 5 10 11 12 14 13
          (local.get $x) (local.get $x)))
        {selection * 14000}
        (i64x2.extract_lane 0 (local.get $x)) (i64x2.extract_lane 1 (local.get $x))))"""
    agreed(text, 0x1234_5678_9ABC)
