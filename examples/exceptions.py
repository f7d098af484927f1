"""Callbacks and errors: Python exceptions pass through wasm as themselves, traps tell where."""

from __future__ import annotations

import zwasm

WAT = """
(module $filter
  (import "env" "check" (func $check (param i32) (result i32)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $visit (param $value i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call $check (local.get $value)))
  (func (export "count") (param $from i32) (param $to i32) (result i32)
    (local $found i32)
    (loop $next
      (local.set $found (i32.add (local.get $found) (call $visit (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $from) (local.get $to))))
    (local.get $found))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1))))
"""


class TooLarge(Exception):
    """An exception of the application's own."""


def check(value: int) -> int:
    if value > 100:
        raise TooLarge(value)
    return value % 3 == 0


def main() -> None:
    exports = zwasm.Instance(zwasm.Module(WAT), {"env": {"check": check}}).exports
    print("multiples of 3 from 0 to 9:", exports.count(0, 10))

    try:
        exports.count(95, 1_000)
    except TooLarge as error:
        # The frames of wasm in between are gone; what they had done so far stays done.
        print("TooLarge:", error, "after", exports.calls.value, "calls in all")

    try:
        exports.divide(1, 0)
    except zwasm.Trap as trap:
        print("Trap:", trap.message)
        print(trap.backtrace())
        print("this was", trap.code)

    print("after both it still works:", exports.count(0, 4))


if __name__ == "__main__":
    main()
