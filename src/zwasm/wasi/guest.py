"""A guest's memory, as the functions of WASI read and write it.

In: pointers and sizes that a guest gave, unsigned. Out: bytes, numbers and views of the memory;
OSError with EFAULT where a pointer leads out of it. A memory's `data` may be longer than the
memory, so every access is checked against `size` first, and nothing is allocated before that.
"""

from __future__ import annotations

import errno
import struct
from typing import Final

from zwasm.instances.memory import MemoryInst
from zwasm.wasi.descriptors import failure

MAX_IOVECS: Final = 1_024  # of one read or write
MAX_PATH: Final = 65_536  # bytes; no host takes more, and it need not be copied to know that

_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_IOVEC: Final = struct.Struct("<II")


def check(memory: MemoryInst, pointer: int, size: int) -> None:
    """Raise EFAULT unless the range lies in the memory."""
    if pointer + size > memory.size:
        raise failure(errno.EFAULT)


def read(memory: MemoryInst, pointer: int, size: int) -> bytes:
    if pointer + size > memory.size:
        raise failure(errno.EFAULT)
    return bytes(memory.data[pointer : pointer + size])


def write(memory: MemoryInst, pointer: int, data: bytes) -> None:
    end = pointer + len(data)
    if end > memory.size:
        raise failure(errno.EFAULT)
    memory.data[pointer:end] = data


def write_u32(memory: MemoryInst, pointer: int, value: int) -> None:
    if pointer + 4 > memory.size:
        raise failure(errno.EFAULT)
    _U32.pack_into(memory.data, pointer, value)


def write_u64(memory: MemoryInst, pointer: int, value: int) -> None:
    if pointer + 8 > memory.size:
        raise failure(errno.EFAULT)
    _U64.pack_into(memory.data, pointer, value)


def read_path(memory: MemoryInst, pointer: int, size: int) -> bytes:
    """A path; ENAMETOOLONG where it is absurdly long."""
    check(memory, pointer, size)
    if size > MAX_PATH:
        raise failure(errno.ENAMETOOLONG)
    return read(memory, pointer, size)


def buffers(memory: MemoryInst, pointer: int, count: int) -> list[memoryview]:
    """Views of the buffers that `count` iovecs at `pointer` name.

    Raises EINVAL for more than 1024, EFAULT unless all lie in the memory.
    """
    if count > MAX_IOVECS:
        raise failure(errno.EINVAL)
    limit = memory.size
    if pointer + 8 * count > limit:
        raise failure(errno.EFAULT)
    data = memory.data
    if count == 1:
        found = _IOVEC.unpack_from(data, pointer)
        address: int = found[0]
        end: int = address + found[1]
        if end > limit:
            raise failure(errno.EFAULT)
        return [data[address:end]]
    if count == 0:
        return [data[0:0]]  # hosts differ in what they say about none at all
    views: list[memoryview] = []
    for _ in range(count):
        found = _IOVEC.unpack_from(data, pointer)
        address = found[0]
        end = address + found[1]
        if end > limit:
            raise failure(errno.EFAULT)
        views.append(data[address:end])
        pointer += 8
    return views


def total_size(views: list[memoryview]) -> int:
    """The sum of the views' sizes in bytes."""
    if len(views) == 1:
        return len(views[0])
    total = 0
    for view in views:
        total += len(view)
    return total


def write_strings(memory: MemoryInst, strings: list[bytes], pointers: int, buffer: int) -> None:
    """Write strings with a NUL each, one after the other, and the address of each."""
    data = b"".join([string + b"\0" for string in strings])
    check(memory, pointers, 4 * len(strings))
    check(memory, buffer, len(data))
    position = buffer
    for i, string in enumerate(strings):
        write_u32(memory, pointers + 4 * i, position)
        position += len(string) + 1
    write(memory, buffer, data)


def write_sizes(memory: MemoryInst, strings: list[bytes], count: int, size: int) -> None:
    """Write how many strings there are and how many bytes they take, a NUL each included."""
    check(memory, count, 4)
    check(memory, size, 4)
    write_u32(memory, count, len(strings))
    write_u32(memory, size, sum([len(string) + 1 for string in strings]))
