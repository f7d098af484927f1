"""Vectors: a v128 is 16 bytes in Python, which struct or NumPy turn into lanes and back."""

from __future__ import annotations

import struct

import zwasm

WAT = """
(module
  (memory (export "memory") 1)
  (func (export "add") (param v128 v128) (result v128)
    (f32x4.add (local.get 0) (local.get 1)))
  ;; The sum of as many bytes as $size says, a multiple of 16, from the address $at on.
  (func (export "sum") (param $at i32) (param $size i32) (result i32)
    (local $lanes v128) (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (loop $next
      (local.set $lanes (i32x4.add (local.get $lanes)
        (i32x4.extadd_pairwise_i16x8_u
          (i16x8.extadd_pairwise_i8x16_u (v128.load (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes)))
    )))
"""


def main() -> None:
    module = zwasm.Module(WAT)
    print("it uses", ", ".join(module.features))
    exports = zwasm.Instance(module).exports

    lanes = struct.Struct("<4f")  # four floats, little-endian as WebAssembly is
    result = exports.add(lanes.pack(1, 2, 3, 4), lanes.pack(0.5, 0.5, 0.5, 0.5))
    print("sums of lanes:", lanes.unpack(result))

    data = bytes(range(256)) * 4
    exports.memory.write(64, data)
    print("sum of bytes:", exports.sum(64, len(data)), "and by Python:", sum(data))


if __name__ == "__main__":
    main()
