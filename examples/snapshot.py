"""Going back in time: save memory and globals of an instance, and put them back later.

Enough for modules whose state is in one memory and in mutable globals that they export. Tables
and globals that are not exported stay out of reach.
"""

from __future__ import annotations

import zwasm

WAT = """
(module
  (memory (export "memory") 1 8)
  (global $steps (export "steps") (mut i64) (i64.const 0))
  (func (export "step") (result i32)
    (local $new i32)
    (global.set $steps (i64.add (global.get $steps) (i64.const 1)))
    (i32.store (i32.const 0)
      (local.tee $new (i32.add
        (i32.mul (i32.load (i32.const 0)) (i32.const 1103515245)) (i32.const 12345))))
    (local.get $new)))
"""
Snapshot = tuple[bytes, dict[str, object]]


def save(instance: zwasm.Instance) -> Snapshot:
    exports = instance.exports
    values = {
        name: item.value
        for name, item in exports.items()
        if isinstance(item, zwasm.Global) and item.mutable
    }
    return exports.memory[:], values


def restore(instance: zwasm.Instance, snapshot: Snapshot) -> None:
    data, values = snapshot
    memory = instance.exports.memory
    # Memories never shrink: of one that has grown since, the rest is cleared.
    if len(memory) < len(data):
        memory.grow((len(data) - len(memory)) >> 16)
    memory[:] = data + bytes(len(memory) - len(data))
    for name, value in values.items():
        instance.exports[name].value = value


def main() -> None:
    module = zwasm.Module(WAT)
    instance = zwasm.Instance(module)
    exports = instance.exports
    print("three steps:", [exports.step() for _ in range(3)])
    exports.memory.grow(1)
    saved = save(instance)
    first = [exports.step() for _ in range(3)]
    exports.memory.grow(1)

    restore(instance, saved)
    print("steps done:", exports.steps.value)
    print("the same future:", [exports.step() for _ in range(3)] == first)

    # Into a new instance as well, in another process too: bytes and numbers can be pickled.
    other = zwasm.Instance(module)
    restore(other, saved)
    print("the same elsewhere:", [other.exports.step() for _ in range(3)] == first)


if __name__ == "__main__":
    main()
