"""Python functions that a module imports: plain ones, typed ones, and ones that see the caller."""

from __future__ import annotations

import math

import zwasm

WAT = """
(module $shapes
  (import "math" "sqrt" (func $sqrt (param f64) (result f64)))
  (import "math" "divmod" (func $divmod (param i32 i32) (result i32 i32)))
  (import "env" "say" (func $say (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hypotenuse done")
  (func (export "hypotenuse") (param $a f64) (param $b f64) (result f64)
    (call $say (i32.const 16) (i32.const 15))
    (call $sqrt (f64.add
      (f64.mul (local.get $a) (local.get $a))
      (f64.mul (local.get $b) (local.get $b)))))
  (func (export "minutes") (param $seconds i32) (result i32 i32)
    (call $divmod (local.get $seconds) (i32.const 60))))
"""


def say(caller: zwasm.Instance, offset: int, size: int) -> None:
    """Called by wasm with a place in its memory; `caller` is the instance it was called from."""
    text = caller.exports.memory.read(offset, size).decode()
    print(f"the guest says: {text}")


def main() -> None:
    imports = {
        # Any callable will do: its type is that of the import. Several results are a tuple.
        "math": {"sqrt": math.sqrt, "divmod": divmod},
        # With caller=True the function gets the instance first.
        "env": {"say": zwasm.host(say, caller=True)},
    }
    instance = zwasm.Instance(zwasm.Module(WAT), imports)
    print("hypotenuse:", instance.exports.hypotenuse(3, 4))
    print("200 s are", instance.exports.minutes(200))

    # A function with a type of its own: imports and calls of it are checked against that.
    square = zwasm.Func(lambda x: x * x, zwasm.FuncType(["i32"], ["i32"]), name="square")
    print(square, "gives", square(12))
    try:
        zwasm.Instance(zwasm.Module(WAT), {**imports, "math": {"sqrt": square, "divmod": divmod}})
    except zwasm.LinkError as error:
        print("LinkError:", error)


if __name__ == "__main__":
    main()
