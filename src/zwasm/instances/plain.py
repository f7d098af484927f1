"""What instances are made of where machine code cannot run: the Python form of the classes of the
C extension that `zwasm.instances.native` names.

In: cells and limits. Out: `State`, `Cell`, `FuncBase`; a table's references are a list here.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from mypy_extensions import mypyc_attr

from zwasm.errors import ExhaustionError, TrapCode

# What `State.poll` finds; trap codes of `zwasm.baseline.abi`.
OUT_OF_TIME: Final = 14
INTERRUPTED: Final = 15

MAX_ACTIVATIONS: Final = 100  # nested entries into wasm; each costs Python stack

# An interpreted function even where this module is compiled: calling it lets Python switch
# threads and run signal handlers, which compiled code never does by itself.
_breathe: Final = eval("lambda: None")


class State:
    """What runs in a store.

    Engines read and write `fuel_left` (instructions that may still run, -1 if not metered) and
    `depth` (wasm frames on the stack, over all nested activations), and read `max_depth`. Where
    they poll (every so many back edges and calls) they call `poll`. `timeout` is what an
    outermost activation may take, in seconds.
    """

    __slots__ = (
        "_deadline",
        "_interrupted",
        "_lock",
        "_runner",
        "activations",
        "depth",
        "fuel_left",
        "max_depth",
        "timeout",
    )

    def __init__(self, max_depth: int) -> None:
        self.max_depth = max_depth
        self.depth: int = 0
        self.fuel_left: int = -1
        self.timeout: float | None = None
        self.activations: int = 0
        self._deadline: float = 0.0
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
            self._deadline = 0.0 if timeout is None else time.monotonic() + timeout
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
        """Whether wasm runs now."""
        return self._runner != 0

    def interrupt(self) -> None:
        """Let what runs now find `INTERRUPTED` when it polls."""
        self._interrupted = True

    def poll(self) -> int:
        """Let Python handle signals and other threads, which may raise; what stops the code,
        or 0."""
        _breathe()
        if self._interrupted:
            return INTERRUPTED
        if self._deadline != 0.0 and time.monotonic() > self._deadline:
            return OUT_OF_TIME
        return 0


class Cell:
    """A global's storage: its value as a cell."""

    __slots__ = ("state", "value")

    def __init__(self, reference: bool, value: object) -> None:
        self.value = value
        self.state: object = None


@mypyc_attr(allow_interpreted_subclasses=True)
class FuncBase:
    """What a function instance holds (see `zwasm.Func`)."""

    __slots__ = (
        "_name",
        "caller",
        "code",
        "host",
        "index",
        "instance",
        "store",
        "type",
        "type_id",
    )

    def __init__(self) -> None:
        self.host: Any = None
        self.caller: bool = False
        self.type: Any = None
        self.type_id: int = -1
        self.store: Any = None
        self.instance: Any = None
        self.index: int = -1
        self.code: Any = None
        self._name: Any = None
