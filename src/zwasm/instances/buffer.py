"""Where the bytes of memories lie, and how a memory object gives them out as a buffer.

In: sizes in bytes. Out: `BASE`, the class that `Memory` derives from, and maps. There are three
ways, chosen once:

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

from zwasm.limits import PAGE_SIZE

VIEWS: Final = 0
EXACT_MAP: Final = 1
BYTES: Final = 2

_LINUX: Final = sys.platform.startswith("linux")
_NORESERVE: Final = 0x4000 if _LINUX else 0
_PRESSURE: Final = 1 << 28  # bytes of new memories between two collections of garbage


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
    _pressure.size += size
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
