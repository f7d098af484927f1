"""The store: what all instances in it share (specification, section 4.2.3), and its limits.

In: limits from the user. Out: accounting that instances and engines ask for, and the state of
the computation that runs in the store. A store owns none of its instances: they live as long
as somebody refers to them.
"""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from zwasm.errors import ExhaustionError, Trap, TrapCode
from zwasm.instances.native import State
from zwasm.instances.plain import INTERRUPTED
from zwasm.limits import MAX_DEPTH

DEFAULT_DEPTH: Final = 20_000  # wasm frames
MAX_FUEL: Final = 1 << 62  # more than that is never used up


@mypyc_attr(allow_interpreted_subclasses=True)
class Store:
    """The part of a store that engines see: `machine`, and `state`, which says what runs (see
    `zwasm.instances.plain.State`).

    The state of limits: `memory_bytes` and `table_elements` are in use of `max_memory` (bytes,
    all memories together) and `max_table_elements` (all tables together); None is no limit.
    """

    __slots__ = (
        "machine",
        "max_memory",
        "max_table_elements",
        "memory_bytes",
        "state",
        "table_elements",
    )

    def __init__(
        self,
        machine: object,
        max_memory: int | None,
        max_table_elements: int | None,
        timeout: float | None,
        max_depth: int,
    ) -> None:
        self.machine: Any = machine  # a zwasm.instances.module.Machine
        self.max_memory = max_memory
        self.max_table_elements = max_table_elements
        self.memory_bytes: int = 0
        self.table_elements: int = 0
        self.state: Any = State(max(1, min(max_depth, MAX_DEPTH)))
        self.state.timeout = timeout

    @property
    def timeout(self) -> float | None:
        """Seconds that a call from Python may take, None without a limit."""
        timeout: float | None = self.state.timeout
        return timeout

    @timeout.setter
    def timeout(self, timeout: float | None) -> None:
        self.state.timeout = timeout

    @property
    def max_depth(self) -> int:
        """How deep calls of wasm functions may nest."""
        depth: int = self.state.max_depth
        return depth

    def enter(self) -> None:
        """Begin an activation: wasm is about to run, called from Python.

        Raises RuntimeError if another thread runs in this store, ExhaustionError if
        activations are nested too deeply.
        """
        self.state.enter()

    def leave(self, depth: int) -> None:
        """End an activation; `depth` is what `state.depth` was once it had begun."""
        self.state.leave(depth)

    def running(self) -> bool:
        """Whether wasm runs in this store now."""
        return bool(self.state.running())

    def interrupt(self) -> None:
        """Stop the code that runs in this store now, from another thread or a signal handler.

        It traps with `TrapCode.INTERRUPTED` as soon as it notices. Where nothing runs, nothing
        happens.
        """
        self.state.interrupt()

    def poll(self) -> None:
        """Let Python handle signals and other threads; raise if the code has to stop.

        Raises Trap if `interrupt` was called, ExhaustionError if the time is up.
        """
        code: int = self.state.poll()
        if code == 0:
            return
        if code == INTERRUPTED:
            raise Trap(TrapCode.INTERRUPTED)
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
