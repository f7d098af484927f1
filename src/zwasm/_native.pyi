"""The C extension (sources in `_native/`): what machine code needs, and buffers.

`Exporter` is in every build. The rest is there where `ARCHITECTURE` is not empty. What C and
machine code agree on is in `zwasm.baseline.abi`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

ARCHITECTURE: str  # "x86_64" or "aarch64", or "" where machine code cannot run
# What of its instructions code may use, as far as processor and operating system have them:
# "x86_64" (SSE4.2), "x86_64_avx2" (with FMA, BMI and LZCNT) or "x86_64_avx512" (F, VL, BW, DQ);
# else as ARCHITECTURE.
LEVEL: str

class Exporter:
    """Base of classes that give out buffers by `__buffer__` (PEP 688), as any class may do from
    Python 3.12 on."""

def set_hooks(
    *,
    call: Callable[[Any, tuple[object, ...]], object],
    argument: Callable[[Any, int, object], object],
    result: Callable[[Any, int, object], object],
    results: Callable[[Any, object], object],
    wrong_count: Callable[[Any, int], BaseException],
    unwind: Callable[[int, BaseException | None, list[int]], BaseException],
    exhausted: Callable[[], BaseException],
) -> dict[str, Callable[..., Any]] | None:
    """Set what is called where C does not know a case itself; what was set before, if anything.
    The cell of a number is an int, that of a vector one of up to 128 bits.

    call: calls a Func that is not attached to code (a host function, or another engine's).
    argument, result: (func, index, value): the cell of a value, or raises.
    results: (func, value): the list of cells of what a host function with other than one result
        returned, or raises.
    wrong_count: (func, given): what to raise.
    unwind: (trap code, or TRAP_PYTHON; the pending exception or None; code addresses, innermost
        first, at most the 50 innermost and 10 outermost, each behind the first byte of its
        instruction and at most behind the last): what to raise. Called once an activation that
        ends by a trap or an exception.
    exhausted: what to raise where activations are nested too deeply.
    """

def set_sampling(period: int, /) -> None:
    """Sample the stacks of code every `period` nanoseconds, in all stores; 0 ends that.
    RuntimeError where samples are taken already."""

def take_samples() -> tuple[bytes, dict[int, FuncBase], int]:
    """The samples since the last call, as sample.c lays them out, the host functions in them by
    address, and for how many ticks there was no room. To be called before 8 MB are full."""

class State:
    """What runs in a store; the C structure at CTX_STATE is inside."""

    def __init__(self, max_depth: int) -> None: ...
    @property
    def max_depth(self) -> int: ...
    @property
    def activations(self) -> int: ...
    depth: int  # frames in use by all activations
    fuel_left: int  # -1: not metered
    timeout: float | None  # seconds of an outermost activation
    def enter(self) -> None:
        """Begin an activation: RuntimeError where another thread runs, `exhausted()` past 100."""
    def leave(self, depth: int) -> None:
        """End an activation; `depth` is what it was once it had begun."""
    def running(self) -> bool: ...
    def interrupt(self) -> None:
        """Stop what runs, from any thread and any signal handler."""
    def poll(self) -> int:
        """0, TRAP_INTERRUPTED or TRAP_TIME, for interpreters; lets Python handle signals, which
        may raise, and switch threads."""
    def pin(self, value: object) -> None:
        """Keep a reference until the outermost activation ends."""

class LinearMemory:
    """Address space for a memory. Bytes from `size` on are inaccessible. MemoryError where the
    system refuses. A writable buffer of `reserved` bytes, of which `size` may be touched."""

    def __init__(self, reserved: int, guard: int) -> None: ...
    @property
    def size(self) -> int: ...
    @property
    def reserved(self) -> int: ...
    @property
    def guard(self) -> int: ...
    @property
    def address(self) -> int: ...
    def commit(self, size: int) -> bool:
        """Grow to `size` bytes, in place; False if refused."""
    def __buffer__(self, flags: int, /) -> memoryview: ...

class Refs:
    """A sequence of references (any objects; None is null), for tables. The C structure has items
    and size. References that are overwritten while `state` runs are pinned there."""

    def __init__(self, cells: Iterable[object] = ()) -> None: ...
    state: State | None
    def __len__(self) -> int: ...
    def __getitem__(self, index: Any) -> Any: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __iter__(self) -> Iterator[object]: ...
    def extend(self, cells: Iterable[object]) -> None: ...
    def copy(self) -> list[object]: ...

class Cell:
    """Storage of a global. Numbers are unsigned ints of up to 128 bits."""

    def __init__(self, reference: bool, value: object) -> None: ...
    value: Any
    state: State | None  # as for Refs

class Code:
    """A module's code, never writable and executable at once. The layout is in
    `zwasm.baseline.abi`. `compile` is called with a function's index when it is first called, and
    ends with `set_entry`."""

    def __init__(self, functions: int, capacity: int, rodata: bytes) -> None: ...
    compile: Callable[[int], None] | None
    @property
    def base(self) -> int: ...  # address
    @property
    def entries(self) -> int: ...  # offset of the entries
    @property
    def start(self) -> int: ...  # offset of the code
    @property
    def used(self) -> int: ...  # bytes of code
    def reserve(self, size: int) -> int:
        """The offset, a multiple of 16, for `size` bytes; MemoryError if there is no room."""
    def write(self, offset: int, code: bytes) -> None: ...
    def set_entry(self, index: int, offset: int) -> None: ...
    def entry(self, index: int) -> int:
        """A function's offset, 0 while it is not compiled."""

class Context:
    """What code finds at vm. Host functions with `caller` get `owner.public`. `operation` serves
    HELPER_PYTHON: (x, y, slot 0, slot 1, slot 2); of its result an int is a number, None nothing,
    all else a reference."""

    def __init__(self, size: int, state: State, code: Code) -> None: ...
    @property
    def address(self) -> int: ...
    owner: Any
    operation: Callable[[int, int, Any, Any, Any], object] | None
    def set_arrays(
        self,
        funcs: Iterable[FuncBase],
        tables: Iterable[Refs],
        memories: Iterable[LinearMemory],
        cells: Iterable[Cell],
    ) -> None:
        """Set all functions, tables, memories and globals of the instance."""
    def set_pointer(self, offset: int, target: LinearMemory | Refs | Cell | FuncBase) -> None:
        """Put the address of an object's C structure (of a Func itself) at an offset."""
    def adopt(self, offset: int, cell: Cell) -> None:
        """Move a cell's value to an offset; there it stays."""
    def set_memory(self, memory: LinearMemory) -> None:
        """Say what memory 0 is."""

class FuncBase:
    """Base of `zwasm.Func`: what is called, from Python and from machine code."""

    host: Any
    caller: bool
    type: Any
    type_id: int
    store: Any  # an object whose `state` is a State, or None
    instance: Any
    index: int
    code: Any
    _name: Any
    def _signature(self, params: bytes, results: bytes) -> None:
        """Set the types, a byte a value: those of i32, i64, f32, f64 and v128, which takes two
        slots; 1 for any object, None being null; 2 for what the hooks check and convert."""
    def _attach(self, context: Context, index: int) -> None:
        """Make it the module's own function `index`, with code."""
    def _set_ancestors(self, ids: tuple[int, ...]) -> None:
        """Set the canonical ids of the type's supertypes, for HELPER_CALLEE."""
    def __call__(self, *args: Any) -> Any: ...

def seal(cls: type, /) -> None:
    """Let a subclass of FuncBase be called as fast as it. The subclass defines no `__call__`."""
