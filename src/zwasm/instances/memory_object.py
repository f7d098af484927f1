"""Memories as users hold them.

In: sizes, or a memory that an instance has. Out: `Memory`, a sequence of bytes and a buffer.
This module is not compiled: the class that `Memory` derives from depends on the platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zwasm.errors import InstantiationError
from zwasm.instances.buffer import BASE, BYTES, EXACT_MAP, KIND, VIEWS, add_pressure, map_flags
from zwasm.instances.memory import MemoryInst
from zwasm.instances.store import Store
from zwasm.limits import MAX_PAGES_32, MAX_PAGES_64, PAGE_SIZE
from zwasm.types import MemoryType


class Memory(BASE):  # type: ignore[misc]
    """A linear memory: `Memory(1, maximum=4)` has one page of 64 KiB and may grow to four.

    `memory[i]` is a byte, `memory[a:b]` bytes; both can be assigned, a slice only with as many
    bytes as it has. `memoryview(memory)` gives direct access to all its bytes as they are now.

    `minimum` and `maximum` are in pages, `maximum` None for no maximum; `is64` gives the memory
    64-bit addresses; a shared memory needs a maximum. `store` is the store that the memory
    belongs to; without one it joins the first store that imports it. Raises ValueError for
    sizes that no memory has, InstantiationError where the memory cannot be had.
    """

    def __new__(
        cls,
        minimum: int,
        maximum: int | None = None,
        *,
        is64: bool = False,
        shared: bool = False,
        store: Store | None = None,
    ) -> Memory:
        largest = MAX_PAGES_64 if is64 else MAX_PAGES_32
        if not 0 <= minimum <= largest:
            raise ValueError(f"a memory has 0 to {largest} pages, not {minimum}")
        if maximum is not None and not minimum <= maximum:
            raise ValueError(f"a memory's maximum of {maximum} pages is below its minimum")
        if shared and maximum is None:
            raise ValueError("a shared memory needs a maximum")
        size = minimum * PAGE_SIZE
        if store is not None and not store.take_memory(size):
            raise InstantiationError(
                f"a memory of {minimum} pages exceeds the store's limit of {store.max_memory} bytes"
            )
        add_pressure(size)
        try:
            if KIND == EXACT_MAP:
                memory = BASE.__new__(cls, -1, max(size, PAGE_SIZE), flags=map_flags())
            else:
                memory = BASE.__new__(cls)
            if KIND == BYTES:
                bytearray.__init__(memory, size)
            inst = MemoryInst(memory, maximum, is64, shared, None)
            if KIND == VIEWS:
                possible = inst.resize(size)
            else:
                inst.data = memoryview(memory)
                inst.size = size
                possible = True
        except (OSError, OverflowError, ValueError, MemoryError):
            possible = False
        if not possible:
            if store is not None:
                store.memory_bytes -= size
            raise InstantiationError(f"cannot allocate a memory of {minimum} pages")
        inst.store = store
        memory.inst = inst
        return memory  # type: ignore[no-any-return]

    def __init__(
        self,
        minimum: int,
        maximum: int | None = None,
        *,
        is64: bool = False,
        shared: bool = False,
        store: Store | None = None,
    ) -> None:
        self.inst: MemoryInst

    @property
    def type(self) -> MemoryType:
        """The memory's type, with its present size as the minimum."""
        inst = self.inst
        return MemoryType(inst.pages(), inst.maximum, inst.is64, inst.shared)

    @property
    def pages(self) -> int:
        """The present size in pages of 64 KiB."""
        return self.inst.pages()

    def grow(self, delta: int) -> int:
        """Grow by `delta` pages; the old size in pages.

        Raises ValueError where the maximum, a limit of the store or the system forbids it,
        BufferError where a buffer that somebody holds does.
        """
        if delta < 0:
            raise ValueError("a memory cannot shrink")
        inst = self.inst
        old = inst.try_grow(delta)
        if old >= 0:
            return old
        text = f"cannot grow a memory of {inst.pages()} pages by {delta}"
        if delta > inst.limit() - inst.pages():
            raise ValueError(f"{text}: its maximum is {inst.limit()}")
        store = inst.store
        if store is not None and store.max_memory is not None:
            if store.memory_bytes + delta * PAGE_SIZE > store.max_memory:
                raise ValueError(f"{text}: the store's limit is {store.max_memory} bytes")
        raise BufferError(f"{text}: a buffer of it is held, or the system has no more memory")

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset` on; IndexError if they do not all lie in the memory."""
        inst = self.inst
        if offset < 0 or size < 0 or offset + size > inst.size:
            raise IndexError(f"{size} bytes at {offset} are not in a memory of {inst.size} bytes")
        return bytes(inst.data[offset : offset + size])

    def write(self, offset: int, data: Any) -> None:
        """Write bytes from `offset` on; IndexError if they do not all lie in the memory."""
        inst = self.inst
        with memoryview(data) as view, view.cast("B") as raw:
            if offset < 0 or offset + len(raw) > inst.size:
                raise IndexError(
                    f"{len(raw)} bytes at {offset} are not in a memory of {inst.size} bytes"
                )
            inst.data[offset : offset + len(raw)] = raw

    def __len__(self) -> int:
        """The size in bytes."""
        return self.inst.size

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[int]:
        return iter(self[:])

    def __contains__(self, item: Any) -> bool:
        return item in self[:]

    def __getitem__(self, index: Any) -> Any:
        inst = self.inst
        if isinstance(index, slice):
            start, stop, step = index.indices(inst.size)
            return (
                bytes(inst.data[start:stop]) if step == 1 else bytes(inst.data[: inst.size][index])
            )
        return inst.data[self._place(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        inst = self.inst
        if not isinstance(index, slice):
            inst.data[self._place(index)] = value
            return
        with memoryview(value) as view, view.cast("B") as raw:
            count = len(range(*index.indices(inst.size)))
            if count != len(raw):
                raise ValueError(f"a slice of {count} bytes cannot be set to {len(raw)} bytes")
            inst.data[: inst.size][index] = raw

    def __delitem__(self, index: Any) -> None:
        raise TypeError("bytes of a memory cannot be deleted")

    def _place(self, index: Any) -> int:
        size = self.inst.size
        if not isinstance(index, int):
            if not hasattr(index, "__index__"):
                raise TypeError(f"memory indices are ints or slices, not {type(index).__name__}")
            index = index.__index__()
        place = index + size if index < 0 else index
        if not 0 <= place < size:
            raise IndexError(f"index {index} is not in a memory of {size} bytes")
        return place  # type: ignore[no-any-return]

    def __buffer__(self, flags: int) -> memoryview:
        return self.inst.data[: self.inst.size]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self) >> 4

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a memory cannot be copied or pickled; its bytes can: memory[:]")

    def __repr__(self) -> str:
        return f"<zwasm.Memory {self.type}>"
