"""Where the bytes of memories lie, and how a memory object gives them out as a buffer.

In: sizes in bytes. Out: `BASE`, the class that `Memory` derives from, and maps, or address space
of the C extension where machine code can run. There are three ways, chosen once:

* `VIEWS`: from Python 3.12 on, or with the package's C extension, an object of any class gives
  out buffers. Address space is reserved for the memory's maximum, growing moves nothing, and
  buffers held meanwhile stay valid.
* `EXACT_MAP`: a pure Python build before 3.12, on Linux. Only the classes built into Python
  give out buffers, so a memory is a `mmap`; growing fails while somebody holds a buffer.
* `BYTES`: the same elsewhere, where a `mmap` cannot be resized: a memory is a `bytearray`.
"""

from __future__ import annotations

import gc
import importlib
import mmap
import sys
from typing import Any, Final

from zwasm.instances.native import EXTENSION, NATIVE
from zwasm.limits import MAX_PAGES_32, PAGE_SIZE

VIEWS: Final = 0
EXACT_MAP: Final = 1
BYTES: Final = 2

_LINUX: Final = sys.platform.startswith("linux")
_NORESERVE: Final = 0x4000 if _LINUX else 0
_PRESSURE: Final = 1 << 28  # bytes of new memories between two collections of garbage

# All that a 32-bit address reaches, and room behind it: with that an access with an offset below
# 2 GiB needs no check, since what is not the memory's is inaccessible.
_ADDRESSES: Final = MAX_PAGES_32 * PAGE_SIZE
_GUARD: Final = (1 << 31) + PAGE_SIZE
_LARGEST_64: Final = 1 << 36  # bytes that a 64-bit memory may grow to
_LARGEST_SHORT: Final = 1 << 30  # the same of a 32-bit memory where address space is short
_LEAST_ROOM: Final = 1 << 24  # the least room to grow, unless there is none at all


def _choose() -> tuple[int, Any]:
    if sys.version_info >= (3, 12):
        return VIEWS, object
    try:
        # In a source tree the name is that of a folder without code.
        exporter = getattr(importlib.import_module("zwasm._native"), "Exporter", None)
    except ImportError:
        exporter = None
    if exporter is not None:
        return VIEWS, exporter
    return (EXACT_MAP, mmap.mmap) if _LINUX else (BYTES, bytearray)


_CHOICE: Final = _choose()
KIND: Final[int] = _CHOICE[0]
BASE: Final[Any] = _CHOICE[1]


class _Pressure:
    """Instances are cyclic garbage, and the collector does not see how big their memories are:
    it is called when many bytes were given out."""

    def __init__(self) -> None:
        self.size: int = 0


_pressure: Final = _Pressure()


def add_pressure(size: int) -> None:
    """Tell that a memory of `size` bytes is about to be made."""
    _pressure.size += size + PAGE_SIZE  # for its address space
    if _pressure.size > _PRESSURE:
        _pressure.size = 0
        gc.collect()


def map_flags() -> int:
    """Flags for a private map of zeros that takes no swap space in advance."""
    return mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE


def new_map(size: int) -> mmap.mmap | None:
    """A map of `size` zero bytes (not 0), None if the system refuses it."""
    try:
        return mmap.mmap(-1, size, flags=map_flags())
    except (OSError, OverflowError, ValueError, MemoryError):
        return None


def reserve(size: int, wanted: int) -> mmap.mmap | None:
    """A map of at least `size` bytes with room to grow up to `wanted`, None if refused.

    Where address space is short (a limit set on the process, many memories) the room shrinks:
    to 16 MiB, then to nothing.
    """
    size = max(size, PAGE_SIZE)
    for room in (wanted, min(size + (1 << 24), wanted), size):
        found = new_map(max(room, size))
        if found is not None:
            return found
    gc.collect()
    return new_map(size)


def reserve_native(size: int, limit: int, is64: bool) -> Any:
    """The extension's address space for a memory of `size` bytes that may grow to `limit`, None
    if the system refuses it."""
    found = _reserve(size, limit, is64)
    if found is None:
        gc.collect()
        found = _reserve(size, limit, is64)
    return found


def _reserve(size: int, limit: int, is64: bool) -> Any:
    if not is64:
        found = _try(size, _ADDRESSES, _GUARD)
        if found is not None:
            return found
    room = min(limit, _LARGEST_64 if is64 else _LARGEST_SHORT)
    # Other things need address space too: at most half of what there seems to be is taken.
    while room >= size + _LEAST_ROOM:
        found = _try(size, room, 0)
        if found is not None and _try(0, room, 0) is not None:
            _pressure.size += min(room, _PRESSURE)
            return found
        room //= 4
    found = _try(size, max(size, min(limit, size + _LEAST_ROOM)), 0)
    return _try(size, size, 0) if found is None else found


def _try(size: int, reserved: int, guard: int) -> Any:
    try:
        found = EXTENSION.LinearMemory(max(reserved, PAGE_SIZE), guard)
    except (MemoryError, OverflowError):
        return None
    return found if found.commit(size) else None


def is_guarded(memory: Any) -> bool:
    """Whether address space of the extension is such that 32-bit accesses need no check."""
    return NATIVE and int(memory.guard) >= _GUARD
