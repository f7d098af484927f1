"""An untrusted plugin: fuel, time, memory, table and call depth are limited, and each limit
ends in an error of Python's."""

from __future__ import annotations

import zwasm

PLUGIN = """
(module $plugin
  (memory (export "memory") 1)
  (func (export "work") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "forever") (loop $again (br $again)))
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func $deep (export "deep") (call $deep)))
"""


def main() -> None:
    engine = zwasm.Engine(fuel=True)
    module = zwasm.Module(PLUGIN, engine=engine)
    # Each plugin gets a store of its own: limits are a store's.
    store = zwasm.Store(
        engine,
        fuel=100_000,  # instructions
        timeout=0.2,  # seconds that one call from Python may take
        max_memory=1 << 20,  # bytes of all memories
        max_table_elements=1_000,
        max_depth=500,  # nested calls
    )
    plugin = zwasm.Instance(module, store=store).exports

    print("work(100) =", plugin.work(100))
    print("fuel used:", 100_000 - (store.fuel or 0))

    try:
        plugin.work(1_000_000)
    except zwasm.ExhaustionError as error:
        print(f"{error.code.name}: {error}")

    store.fuel = None  # from here on time is what ends it
    try:
        plugin.forever()
    except zwasm.ExhaustionError as error:
        print(f"{error.code.name}: {error}")

    try:
        plugin.deep()
    except zwasm.ExhaustionError as error:
        print(f"{error.code.name}: {error}, innermost frame {error.frames[0].function}")

    # A memory that may not grow tells the guest so, as a machine without memory would.
    print("grow(10) =", plugin.grow(10), "and grow(100) =", plugin.grow(100))
    print("the store still works: work(4) =", plugin.work(4))


if __name__ == "__main__":
    main()
