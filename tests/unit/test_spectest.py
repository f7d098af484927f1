"""The runner of test scripts: what it must not let pass."""

from __future__ import annotations

import pytest

from zwasm.spectest import run_script

ADD = (
    '(module (func (export "add") (param i32 i32) (result i32)'
    " (i32.add (local.get 0) (local.get 1))))"
)


def failures(text: str) -> list[tuple[int, str]]:
    return [(failure.line, failure.message) for failure in run_script(text).failures]


def test_counts_every_command() -> None:
    report = run_script(
        ADD
        + '\n(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))'
        + '\n(invoke "add" (i32.const 1) (i32.const 2))'
    )
    assert (report.passed, report.failures, report.skips) == (3, [], [])


def test_names_line_and_values_of_a_wrong_result() -> None:
    text = ADD + '\n\n(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))'
    assert failures(text) == [(3, "expected i32 0x4, got i32 0x3")]


FLOATS = """(module
  (func (export "f32") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
  (func (export "f64") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0))))
"""


@pytest.mark.parametrize(
    ("bits", "pattern", "holds"),
    [
        ("f32 0x7fc00000", "nan:canonical", True),
        ("f32 0xffc00000", "nan:canonical", True),
        ("f32 0x7fc00001", "nan:canonical", False),
        ("f32 0x7fc00001", "nan:arithmetic", True),
        ("f32 0x7fa00000", "nan:arithmetic", False),
        ("f32 0x7fa00000", "nan:0x200000", True),
        ("f32 0x7fa00000", "nan:0x200001", False),
        ("f32 0x7f800000", "nan:arithmetic", False),
        ("f32 0x7f800000", "inf", True),
        ("f32 0x80000000", "0", False),
        ("f32 0x80000000", "-0", True),
        ("f64 0x7ff8000000000000", "nan:canonical", True),
        ("f64 0xfff8000000000001", "nan:canonical", False),
        ("f64 0xfffc000000000001", "nan:arithmetic", True),
        ("f64 0x7ff4000000000000", "nan:arithmetic", False),
    ],
)
def test_compares_floats_by_bits(bits: str, pattern: str, holds: bool) -> None:
    type, number = bits.split()
    text = (
        f'(assert_return (invoke "{type}" (i{type[1:]}.const {number})) ({type}.const {pattern}))'
    )
    assert (failures(FLOATS + text) == []) == holds


def test_either_and_references() -> None:
    module = """(module
      (func $f) (elem declare func $f)
      (func (export "func") (result funcref) (ref.func $f))
      (func (export "same") (param externref) (result externref) (local.get 0)))
    """
    held = """
      (assert_return (invoke "func") (ref.func))
      (assert_return (invoke "same" (ref.extern 7)) (ref.extern 7))
      (assert_return (invoke "same" (ref.null extern)) (ref.null extern))
      (assert_return (invoke "same" (ref.extern 7)) (either (ref.extern 6) (ref.extern 7)))
    """
    assert failures(module + held) == []
    broken = """
      (assert_return (invoke "func") (ref.null func))
      (assert_return (invoke "same" (ref.extern 7)) (ref.extern 8))
      (assert_return (invoke "same" (ref.null extern)) (ref.extern))
      (assert_return (invoke "same" (ref.extern 7)) (either (ref.extern 6) (ref.null extern)))
    """
    assert len(failures(module + broken)) == 4


TRAPS = """(module
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func $deep (export "deep") (call $deep)))
"""


@pytest.mark.parametrize(
    "assertion",
    [
        '(assert_trap (invoke "divide" (i32.const 1)) "integer divide by zero")',
        '(assert_trap (invoke "divide" (i32.const 0)) "integer overflow")',
        '(assert_exhaustion (invoke "divide" (i32.const 0)) "call stack exhausted")',
        '(assert_exhaustion (invoke "divide" (i32.const 1)) "call stack exhausted")',
        '(assert_return (invoke "divide" (i32.const 0)) (i32.const 0))',
        '(assert_return (invoke "divide" (i32.const 1)))',
        '(assert_exception (invoke "divide" (i32.const 1)))',
        '(assert_return (invoke "none"))',
        '(assert_return (get "divide"))',
        '(assert_return (invoke $none "divide" (i32.const 1)))',
        '(assert_invalid (module) "type mismatch")',
        '(assert_malformed (module quote "(func)") "unexpected token")',
        '(assert_malformed (module quote "(func (i32.const 1))") "type mismatch")',
        '(assert_invalid (module quote "(func") "unexpected end")',
        '(assert_malformed_custom (module) "duplicate")',
        '(assert_unlinkable (module) "unknown import")',
        '(assert_unlinkable (module (func unreachable) (start 0)) "unknown import")',
        '(assert_trap (module) "unreachable")',
        '(module (import "nothing" "here" (func)))',
        "(module (func (i32.const 1)))",
        "(module instance $a $none)",
        "(not_a_command)",
    ],
)
def test_does_not_let_pass(assertion: str) -> None:
    assert [line for line, _ in failures(TRAPS + assertion)] == [4]


def test_exhaustion_and_traps_hold() -> None:
    text = """
      (assert_trap (invoke "divide" (i32.const 0)) "integer divide by zero")
      (assert_exhaustion (invoke "deep") "call stack exhausted")
      (assert_trap (module (func unreachable) (start 0)) "unreachable")
      (assert_unlinkable (module (import "spectest" "print" (func (param f64)))) "incompatible")
      (module (import "spectest" "table64" (table i64 10 20 funcref)))
    """
    assert failures(TRAPS + text) == []


def test_skips_name_the_feature_and_reach_dependents() -> None:
    report = run_script("""
      (module $v (func (export "f") (result i32) (i31.get_s (ref.i31 (i32.const 5)))))
      (assert_return (invoke "f") (i32.const 5))
      (register "v" $v)
      (module (import "v" "f" (func)))
      (module (func (export "g")))
      (assert_return (invoke "g"))
      (assert_return (invoke $v "f") (i32.const 5))
      (assert_invalid (module (func (result v128) (i32.const 0))) "type mismatch")
      (thread $t (invoke "f"))
    """)
    assert report.failures == []
    found = [(skip.line, skip.feature) for skip in report.skips]
    assert found == [(2, "gc"), (3, "gc"), (5, "gc"), (8, "gc"), (10, "threads")]


def test_dependents_of_a_failed_module_fail() -> None:
    text = '(module $m (func (i32.const 1)))\n(assert_return (invoke "f"))'
    assert failures(text)[1] == (2, "the module of line 1 failed")


def test_definitions_and_instances() -> None:
    assert (
        failures("""
      (module definition $d (global (export "g") (mut i32) (i32.const 1))
        (func (export "set") (global.set 0 (i32.const 2))))
      (module instance $a $d)
      (module instance $b $d)
      (invoke $a "set")
      (assert_return (get $a "g") (i32.const 2))
      (assert_return (get $b "g") (i32.const 1))
    """)
        == []
    )


def test_a_script_that_does_not_parse_is_one_failure() -> None:
    assert len(failures("(module")) == 1
