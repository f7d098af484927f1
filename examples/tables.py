"""Tables and references: functions in a table, and any Python object as an externref."""

from __future__ import annotations

import zwasm

WAT = """
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $ops (export "ops") 3 10 funcref)
  (elem (i32.const 0) $add $mul)
  (func $add (export "add") (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $mul (type $binary) (i32.mul (local.get 0) (local.get 1)))
  (func (export "apply") (param $op i32) (param $a i32) (param $b i32) (result i32)
    (call_indirect $ops (type $binary) (local.get $a) (local.get $b) (local.get $op)))

  (table $things (export "things") 4 externref)
  (func (export "keep") (param $at i32) (param $thing externref)
    (table.set $things (local.get $at) (local.get $thing)))
  (func (export "kept") (param $at i32) (result externref)
    (table.get $things (local.get $at))))
"""


def main() -> None:
    exports = zwasm.Instance(zwasm.Module(WAT)).exports
    ops = exports.ops
    print("the table holds", [None if func is None else func.name for func in ops])
    print("apply(1, 6, 7) =", exports.apply(1, 6, 7))

    # An element is a function of wasm or of Python; a reference keeps its identity.
    print("element 0 is the export add:", ops[0] is exports.add)
    ops[2] = zwasm.Func(max, zwasm.FuncType(["i32", "i32"], ["i32"]))
    print("apply(2, 6, 7) =", exports.apply(2, 6, 7))
    print("grown from", ops.grow(1), "to", len(ops), "elements")

    # An empty element, and one of another type, trap when they are called.
    ops[1] = zwasm.Func(lambda: None, zwasm.FuncType())
    for index in (3, 1):
        try:
            exports.apply(index, 6, 7)
        except zwasm.Trap as trap:
            print(f"apply({index}, 6, 7) traps: {trap.message}")

    # wasm can keep and hand back an externref, and look at nothing in it.
    settings = {"colour": "green"}
    exports.keep(0, settings)
    print("the same object:", exports.kept(0) is settings, "and", exports.things[1])


if __name__ == "__main__":
    main()
