"""A first module, written as text: one exported function, called from Python."""

from __future__ import annotations

import zwasm

WAT = """
(module
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add))
"""


def main() -> None:
    # A str is the text format, bytes are the binary one; a file of either is
    # zwasm.Module.from_file(path), or zwasm.load(path) for module and instance in one.
    module = zwasm.Module(WAT)
    instance = zwasm.Instance(module)
    add = instance.exports.add

    print("2 + 3 =", add(2, 3))
    print("the type of add is", add.type)
    # An i32 wraps around, as the specification says.
    print("2147483647 + 1 =", add(2147483647, 1))
    # Wrong arguments are errors of Python's.
    try:
        add(2, "three")
    except TypeError as error:
        print("TypeError:", error)


if __name__ == "__main__":
    main()
