"""Memory instances (specification, section 4.2.8).

In: a memory type. Out: `MemoryInst`, which engines access. `zwasm.instances.memory_object` has
the same memory as users hold it. Where the bytes lie is `zwasm.instances.buffer`'s affair, how
instructions access them the engines'.
"""

from __future__ import annotations

import mmap
from typing import Any, Final

from mypy_extensions import i64

from zwasm.instances.buffer import (
    EXACT_MAP,
    KIND,
    VIEWS,
    is_guarded,
    reserve,
    reserve_native,
)
from zwasm.instances.native import NATIVE
from zwasm.instances.store import Store, adopted
from zwasm.limits import MAX_PAGES_32, MAX_PAGES_64, PAGE_SIZE

_RESERVED: Final = MAX_PAGES_32 * PAGE_SIZE  # address space for a memory at most, in bytes


class MemoryInst:
    """A memory as engines see it.

    The memory's bytes are `data[0:size]`; `data` may be longer, and what lies behind `size` must
    not be touched. Both may be replaced when the memory grows, so they are read anew after
    anything that can grow it. `memory` is the public object of the same memory.

    Where machine code can run, `storage` is the C extension's `LinearMemory`, which never moves;
    with `guarded` all that a 32-bit address with an offset below 2 GiB reaches is the memory or
    inaccessible.
    """

    __slots__ = (
        "_map",
        "data",
        "guarded",
        "is64",
        "maximum",
        "memory",
        "shared",
        "size",
        "storage",
        "store",
    )

    def __init__(
        self, memory: object, maximum: int | None, is64: bool, shared: bool, store: Store | None
    ) -> None:
        self.memory: Any = memory  # the public object
        self.maximum = maximum
        self.is64 = is64
        self.shared = shared
        self.store = store
        self.data: memoryview = memoryview(bytearray())  # empty writes are allowed
        self.size: i64 = 0
        self._map: mmap.mmap | None = None
        self.storage: Any = None
        self.guarded: bool = False

    def __del__(self) -> None:
        if self.store is not None:
            self.store.memory_bytes -= self.size

    def pages(self) -> int:
        """The size in pages."""
        return self.size // PAGE_SIZE

    def limit(self) -> int:
        """The most pages that the memory's type allows."""
        largest = MAX_PAGES_64 if self.is64 else MAX_PAGES_32
        return largest if self.maximum is None else min(self.maximum, largest)

    def try_grow(self, delta: int) -> int:
        """Grow by `delta` pages; the old size in pages, or -1 where that is impossible."""
        old = self.pages()
        if delta > self.limit() - old:
            return -1
        if delta == 0:
            return old
        store = self.store
        if store is not None and not store.take_memory(delta * PAGE_SIZE):
            return -1
        if not self.resize((old + delta) * PAGE_SIZE):
            if store is not None:
                store.memory_bytes -= delta * PAGE_SIZE
            return -1
        return old

    def resize(self, size: int) -> bool:
        """Make the memory `size` bytes long, at least what it is; False if that fails."""
        if NATIVE:
            if not self._commit(size):
                return False
            self.size = size
            return True
        if self.size == 0 and KIND != VIEWS:
            self.data[:] = bytes(len(self.data))  # the filler of an empty map was in reach
        if size > len(self.data):
            enlarged = self._move(size) if KIND == VIEWS else self._stretch(size)
            if not enlarged:
                return False
        self.size = size
        return True

    def _commit(self, size: int) -> bool:
        if self.storage is None:
            storage = reserve_native(size, self.limit() * PAGE_SIZE, self.is64)
            if storage is None:
                return False
            self.storage = storage
            self.data = memoryview(storage)
            self.guarded = is_guarded(storage)
            return True
        return size <= int(self.storage.reserved) and bool(self.storage.commit(size))

    def _move(self, size: int) -> bool:
        wanted = min(self.limit() * PAGE_SIZE, max(_RESERVED, 2 * size))
        found = reserve(size, wanted)
        if found is None:
            return False
        data = memoryview(found)
        old = self._map
        if old is not None:
            data[: self.size] = self.data[: self.size]
            self.data.release()
            try:
                old.close()
            except BufferError:  # somebody holds a buffer, which must not be left behind
                self.data = memoryview(old)
                data.release()
                found.close()
                return False
        self._map = found
        self.data = data
        return True

    def _stretch(self, size: int) -> bool:
        self.data.release()
        try:
            if KIND == EXACT_MAP:
                self.memory.resize(size)
            else:
                bytearray.extend(self.memory, bytes(size - self.size))
        except (BufferError, OSError, OverflowError, ValueError, MemoryError):
            return False
        finally:
            self.data = memoryview(self.memory)
        return True

    def join(self, store: Store) -> bool:
        """Make the memory belong to the store; False if a limit of the store forbids it."""
        if adopted(self.store, store, "memory"):
            if not store.take_memory(self.size):
                return False
            self.store = store
        return True
