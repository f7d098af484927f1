"""Linear memory as a NumPy array: Python and wasm work on the same bytes, nothing is copied."""

from __future__ import annotations

import sys

import zwasm

WAT = """
(module
  (memory (export "memory") 1 16)
  (func (export "scale") (param $start i32) (param $count i32) (param $factor f64)
    (local $end i32)
    (local.set $end
      (i32.add (local.get $start) (i32.mul (local.get $count) (i32.const 8))))
    (loop $next
      (if (i32.lt_u (local.get $start) (local.get $end))
        (then
          (f64.store (local.get $start)
            (f64.mul (f64.load (local.get $start)) (local.get $factor)))
          (local.set $start (i32.add (local.get $start) (i32.const 8)))
          (br $next))))))
"""


def main() -> None:
    try:
        import numpy as np
    except ImportError:
        sys.exit("this example needs NumPy: pip install numpy")

    instance = zwasm.Instance(zwasm.Module(WAT))
    memory = instance.exports.memory

    # dtype, count and offset say which part of the memory the array is. WebAssembly is
    # little-endian, which "<f8" says too.
    numbers = np.frombuffer(memory, dtype="<f8", count=5, offset=1024)
    numbers[:] = [1, 2, 3, 4, 5]
    instance.exports.scale(1024, len(numbers), 0.5)
    print("scaled by wasm:", numbers.tolist())

    numbers += 10
    instance.exports.scale(1024, 2, -1.0)
    print("after both have worked on it:", numbers.tolist())

    # An array is a view of the memory as it was when it was made. Release it before the memory
    # grows where that matters (the embedding guide says when), and make a new one afterwards.
    del numbers
    memory.grow(1)
    everything = np.frombuffer(memory, dtype=np.uint8)
    print(f"{memory.pages} pages, {everything.size} bytes, sum {int(everything.sum())}")


if __name__ == "__main__":
    main()
