"""Strings in and out: WebAssembly has numbers only, so text goes through memory as UTF-8.

The module has the two functions that such modules usually export: one that gives a free place in
its memory, and one that works on what is there and returns where the result is.
"""

from __future__ import annotations

import zwasm

WAT = """
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func $alloc (export "alloc") (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  ;; A copy of the text with a to z as A to Z: its place and size.
  (func (export "shout") (param $from i32) (param $size i32) (result i32 i32)
    (local $to i32) (local $i i32) (local $byte i32)
    (local.set $to (call $alloc (local.get $size)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
        (local.set $byte (i32.load8_u (i32.add (local.get $from) (local.get $i))))
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
          (then (local.set $byte (i32.sub (local.get $byte) (i32.const 32)))))
        (i32.store8 (i32.add (local.get $to) (local.get $i)) (local.get $byte))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $to) (local.get $size)))
"""


def write_string(exports: zwasm.Exports, text: str) -> tuple[int, int]:
    """Put a string into the guest's memory; its address and size."""
    data = text.encode()
    address = exports.alloc(len(data))
    exports.memory.write(address, data)
    return address, len(data)


def read_string(exports: zwasm.Exports, address: int, size: int) -> str:
    return bytes(exports.memory.read(address, size)).decode()


def main() -> None:
    exports = zwasm.Instance(zwasm.Module(WAT)).exports
    for text in ("hello", "grüße an alle", ""):
        address, size = exports.shout(*write_string(exports, text))
        print(repr(text), "->", repr(read_string(exports, address, size)))

    # Addresses from a guest are not to be trusted: those outside its memory raise IndexError.
    try:
        read_string(exports, 70_000, 10)
    except IndexError as error:
        print("IndexError:", error)


if __name__ == "__main__":
    main()
