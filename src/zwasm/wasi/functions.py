"""The functions of WASI preview 1 with their types, and how engines call them.

In: a system, which has a method for every function. Out: `Entry` objects, the host functions
that guests import. What the functions do is in `zwasm.wasi.preview1`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from zwasm.errors import LinkError
from zwasm.instances.memory import MemoryInst
from zwasm.wasi.abi import SUCCESS, errno_of

# The functions' parameters, one letter each: i for i32, I for i64. All give an i32, the error
# number, but proc_exit, which does not return.
FUNCTIONS: Final[dict[str, str]] = {
    "args_get": "ii",
    "args_sizes_get": "ii",
    "environ_get": "ii",
    "environ_sizes_get": "ii",
    "clock_res_get": "ii",
    "clock_time_get": "iIi",
    "fd_advise": "iIIi",
    "fd_allocate": "iII",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "ii",
    "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "iII",
    "fd_filestat_get": "ii",
    "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi",
    "fd_pread": "iiiIi",
    "fd_prestat_get": "ii",
    "fd_prestat_dir_name": "iii",
    "fd_pwrite": "iiiIi",
    "fd_read": "iiii",
    "fd_readdir": "iiiIi",
    "fd_renumber": "ii",
    "fd_seek": "iIii",
    "fd_sync": "i",
    "fd_tell": "ii",
    "fd_write": "iiii",
    "path_create_directory": "iii",
    "path_filestat_get": "iiiii",
    "path_filestat_set_times": "iiiiIIi",
    "path_link": "iiiiiii",
    "path_open": "iiiiiIIii",
    "path_readlink": "iiiiii",
    "path_remove_directory": "iii",
    "path_rename": "iiiiii",
    "path_symlink": "iiiii",
    "path_unlink_file": "iii",
    "poll_oneoff": "iiii",
    "proc_exit": "i",
    "proc_raise": "i",
    "sched_yield": "",
    "random_get": "ii",
    "sock_accept": "iii",
    "sock_recv": "iiiiii",
    "sock_send": "iiiii",
    "sock_shutdown": "ii",
}

PREVIEW_1: Final = "wasi_snapshot_preview1"
SNAPSHOT_0: Final = "wasi_unstable"
# Functions that came after snapshot 0.
LATER: Final = ("sock_accept",)

_MASKS: Final[dict[str, int]] = {"i": 0xFFFF_FFFF, "I": 0xFFFF_FFFF_FFFF_FFFF}


class Memories:
    """Finds the memory of the instance that calls; the last one found is at hand."""

    def __init__(self) -> None:
        # One tuple, so that threads with instances of their own never see another's memory.
        self.last: tuple[object, MemoryInst | None] = (None, None)

    def of(self, caller: Any) -> MemoryInst:
        """The memory that the instance exports. Raises LinkError if it exports none."""
        last = self.last
        if last[0] is caller and last[1] is not None:
            return last[1]
        memory = None
        if caller is not None and "memory" in caller.exports:
            memory = caller.exports["memory"]
        inst = getattr(memory, "inst", None)
        if not isinstance(inst, MemoryInst):
            raise LinkError('a WASI program exports a memory under the name "memory"')
        self.last = (caller, inst)
        return inst

    def forget(self) -> None:
        """Let go of the last instance."""
        self.last = (None, None)


class Entry:
    """One function for guests: gets the calling instance and the arguments, signed or not, and
    gives the error number. What is no OSError arrives at the guest's caller."""

    def __init__(self, memories: Memories, function: Callable[..., None], params: str) -> None:
        self._memories = memories
        self._function = function
        self._masks = [_MASKS[letter] for letter in params]

    def __call__(self, caller: object, *args: int) -> int:
        memory = self._memories.of(caller)
        masks = self._masks
        return call(self._function, memory, [args[i] & masks[i] for i in range(len(masks))])


class Entry4(Entry):
    """The same for four parameters of 32 bits, which the functions called most have."""

    def __call__(self, caller: object, a: int, b: int, c: int, d: int) -> int:  # type: ignore[override]
        last = self._memories.last
        memory = last[1]
        if memory is None or last[0] is not caller:
            memory = self._memories.of(caller)
        mask = 0xFFFF_FFFF
        try:
            self._function(memory, a & mask, b & mask, c & mask, d & mask)
        except OSError as error:
            return errno_of(error)
        return SUCCESS


class ExitEntry(Entry):
    """The same for a function that gives nothing."""

    def __call__(self, caller: object, *args: int) -> None:  # type: ignore[override]
        call(self._function, self._memories.of(caller), [arg & 0xFFFF_FFFF for arg in args])


def entry(
    memories: Memories, function: Callable[..., None], params: str, returns: bool
) -> Callable[..., int | None]:
    """What a guest's import of a function is."""
    if not returns:
        return ExitEntry(memories, function, params)
    if params == "iiii":
        return Entry4(memories, function, params)
    return Entry(memories, function, params)


def call(function: Callable[..., None], memory: MemoryInst, args: list[int]) -> int:
    """Call one of the functions with unsigned arguments; the error number it ends with."""
    try:
        function(memory, *args)
    except OSError as error:
        return errno_of(error)
    return SUCCESS
