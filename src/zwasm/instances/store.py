"""The store: what all instances in it share (specification, section 4.2.3), and its limits.

In: limits from the user. Out: accounting that instances and engines ask for, and the state of
the computation that runs in the store. A store owns none of its instances: they live as long
as somebody refers to them.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from mypy_extensions import mypyc_attr

from zwasm.errors import ExhaustionError, Trap, TrapCode

DEFAULT_DEPTH: Final = 20_000  # wasm frames
MAX_ACTIVATIONS: Final = 100  # nested entries into wasm; each costs Python stack


# An interpreted function even where this module is compiled: calling it lets Python switch
# threads and run signal handlers, which compiled code never does by itself.
_breathe: Final = eval("lambda: None")


@mypyc_attr(allow_interpreted_subclasses=True)
class Store:
    """The part of a store that engines see.

    Engines read and write: `fuel_left` (instructions that may still run, -1 if not metered),
    `depth` (wasm frames on the stack, over all nested activations), and read `max_depth`,
    `machine`. Where they poll (every so many back edges and calls) they call `poll`.

    The state of limits: `memory_bytes` and `table_elements` are in use of `max_memory` (bytes,
    all memories together) and `max_table_elements` (all tables together); None is no limit.
    """

    __slots__ = (
        "_interrupted",
        "_lock",
        "_runner",
        "activations",
        "deadline",
        "depth",
        "fuel_left",
        "machine",
        "max_depth",
        "max_memory",
        "max_table_elements",
        "memory_bytes",
        "table_elements",
        "timeout",
    )

    def __init__(
        self,
        machine: object,
        max_memory: int | None,
        max_table_elements: int | None,
        fuel: int | None,
        timeout: float | None,
        max_depth: int,
    ) -> None:
        self.machine = machine  # a zwasm.instances.func.Machine
        self.max_memory = max_memory
        self.max_table_elements = max_table_elements
        self.timeout = timeout
        self.max_depth = max_depth
        self.fuel_left: int = -1 if fuel is None else fuel
        self.memory_bytes: int = 0
        self.table_elements: int = 0
        self.depth: int = 0
        self.activations: int = 0
        self.deadline: float = 0.0
        self._interrupted: bool = False
        self._lock = threading.Lock()
        self._runner: int = 0

    def enter(self) -> None:
        """Begin an activation: wasm is about to run, called from Python.

        Raises RuntimeError if another thread runs in this store, ExhaustionError if
        activations are nested too deeply.
        """
        thread = threading.get_ident()
        if self._runner != thread:
            if not self._lock.acquire(False):
                raise RuntimeError("the store is in use by another thread")
            self._runner = thread
            self._interrupted = False
            timeout = self.timeout
            self.deadline = 0.0 if timeout is None else time.monotonic() + timeout
        elif self.activations >= MAX_ACTIVATIONS:
            raise ExhaustionError(TrapCode.CALL_STACK_EXHAUSTED)
        self.activations += 1

    def leave(self, depth: int) -> None:
        """End an activation; `depth` is what `self.depth` was once it had begun."""
        self.depth = depth
        self.activations -= 1
        if self.activations == 0:
            self.depth = 0
            self._runner = 0
            self._lock.release()

    def running(self) -> bool:
        """Whether wasm runs in this store now."""
        return self._runner != 0

    def interrupt(self) -> None:
        """Stop the code that runs in this store now, from another thread or a signal handler.

        It traps with `TrapCode.INTERRUPTED` as soon as it notices. Where nothing runs, nothing
        happens.
        """
        self._interrupted = True

    def poll(self) -> None:
        """Let Python handle signals and other threads; raise if the code has to stop.

        Raises Trap if `interrupt` was called, ExhaustionError if the time is up.
        """
        _breathe()
        if self._interrupted:
            raise Trap(TrapCode.INTERRUPTED)
        if self.deadline != 0.0 and time.monotonic() > self.deadline:
            raise ExhaustionError(TrapCode.OUT_OF_TIME)

    def take_memory(self, size: int) -> bool:
        """Account for `size` more bytes of memory; False if the limit forbids them."""
        if self.max_memory is not None and self.memory_bytes + size > self.max_memory:
            return False
        self.memory_bytes += size
        return True

    def take_elements(self, count: int) -> bool:
        """Account for `count` more table elements; False if the limit forbids them."""
        limit = self.max_table_elements
        if limit is not None and self.table_elements + count > limit:
            return False
        self.table_elements += count
        return True


def adopted(current: Store | None, store: Store, what: str) -> bool:
    """Whether an object that belongs to `current` is new to `store` and has to join it.

    An object belongs to one store, or to none until it first meets one. Raises ValueError if
    it belongs to another store.
    """
    if current is None:
        return True
    if current is not store:
        raise ValueError(f"the {what} belongs to another store")
    return False
