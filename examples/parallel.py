"""Work on several cores: threads with a store each, and processes that get the module pickled."""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import zwasm

WAT = """
(module
  ;; How many steps it takes from n to 1: halve what is even, else triple and add one.
  (func (export "steps") (param $n i64) (result i32)
    (local $count i32)
    (loop $next
      (if (i64.ne (local.get $n) (i64.const 1))
        (then
          (local.set $n (if (result i64) (i64.eqz (i64.and (local.get $n) (i64.const 1)))
            (then (i64.shr_u (local.get $n) (i64.const 1)))
            (else (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $next))))
    (local.get $count)))
"""
NUMBERS = range(1, 2_000)
local = threading.local()


def steps(module: zwasm.Module, n: int) -> int:
    """Runs in each thread, with an instance that is the thread's own; the code is shared."""
    if not hasattr(local, "instance"):
        local.instance = zwasm.Instance(module)  # and with it a new store
    result: int = local.instance.exports.steps(n)
    return result


def most_steps(module: zwasm.Module, numbers: range) -> int:
    """Runs in each process, which has unpickled the module."""
    exports = zwasm.Instance(module).exports
    return max(numbers, key=exports.steps)


def main() -> None:
    module = zwasm.Module(WAT)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: steps(module, n), NUMBERS))
    print("threads: the longest way is", max(found), "steps")

    # "spawn" starts fresh processes, which is safe with threads and the same on every system.
    parts = [range(1, 1_000), range(1_000, 2_000)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        best = max(processes.map(most_steps, [module, module], parts), key=lambda n: found[n - 1])
    print("processes: it begins at", best)

    copy = pickle.loads(pickle.dumps(module))
    print("a pickled module works too:", zwasm.Instance(copy).exports.steps(27), "steps from 27")


if __name__ == "__main__":
    main()
