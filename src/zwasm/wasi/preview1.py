"""The functions of WASI preview 1, by their witx names.

In: calls by guests, with the guest's memory first and numbers unsigned. Out: WASI error
numbers, results written to the guest's memory. Pointers are checked here; what is behind a
descriptor is in `zwasm.wasi.descriptors` and its kinds.

A pointer outside of the memory gives EFAULT. The functions raise `OSError` inside;
`call` turns it into the number.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import Final

from zwasm.errors import Exit
from zwasm.instances.memory import MemoryInst
from zwasm.wasi import abi
from zwasm.wasi.abi import Subscription
from zwasm.wasi.clocks import clock_resolution, clock_time
from zwasm.wasi.descriptors import DescriptorTable, failure
from zwasm.wasi.poll import poll, wait_readable

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

MAX_IOVECS: Final = 1_024  # of one read or write
MAX_GATHER: Final = 8 << 20  # bytes written at once; more is a short write
MAX_RANDOM: Final = 1 << 20  # bytes asked of the host at once
MAX_SUBSCRIPTIONS: Final = 65_536


class Preview1:
    """One guest's view of the system: arguments, environment, descriptors."""

    def __init__(
        self,
        args: list[bytes],
        environment: list[bytes],
        table: DescriptorTable,
        clock: Callable[[int], int] | None,
        random: Callable[[int], bytes] | None,
    ) -> None:
        self.args = args
        self.environment = environment
        self.table = table
        self.clock: Callable[[int], int] = clock_time if clock is None else clock
        self.random: Callable[[int], bytes] = os.urandom if random is None else random

    # Arguments and environment

    def args_sizes_get(self, memory: MemoryInst, count: int, size: int) -> None:
        _write_sizes(memory, self.args, count, size)

    def args_get(self, memory: MemoryInst, pointers: int, buffer: int) -> None:
        _write_strings(memory, self.args, pointers, buffer)

    def environ_sizes_get(self, memory: MemoryInst, count: int, size: int) -> None:
        _write_sizes(memory, self.environment, count, size)

    def environ_get(self, memory: MemoryInst, pointers: int, buffer: int) -> None:
        _write_strings(memory, self.environment, pointers, buffer)

    # Clocks, random numbers, the process

    def clock_res_get(self, memory: MemoryInst, clock: int, result: int) -> None:
        _write_u64(memory, result, clock_resolution(clock))

    def clock_time_get(self, memory: MemoryInst, clock: int, precision: int, result: int) -> None:
        _write_u64(memory, result, self.clock(clock))

    def random_get(self, memory: MemoryInst, buffer: int, size: int) -> None:
        _check(memory, buffer, size)
        for start in range(0, size, MAX_RANDOM):
            part = min(MAX_RANDOM, size - start)
            _write(memory, buffer + start, self.random(part))

    def sched_yield(self, memory: MemoryInst) -> None:
        time.sleep(0)

    def proc_exit(self, memory: MemoryInst, code: int) -> None:
        raise Exit(code)

    def proc_raise(self, memory: MemoryInst, signal: int) -> None:
        raise failure(errno.ENOTSUP)

    def poll_oneoff(
        self, memory: MemoryInst, subscriptions: int, events: int, count: int, result: int
    ) -> None:
        if count == 0 or count > MAX_SUBSCRIPTIONS:
            raise failure(errno.EINVAL)
        _check(memory, events, count * abi.EVENT_SIZE)
        _check(memory, result, 4)
        size = abi.SUBSCRIPTION_SIZE
        data = _read(memory, subscriptions, count * size)
        wanted = [Subscription(data[i : i + size]) for i in range(0, len(data), size)]
        packed = poll(wanted, self.table, memory.store)
        _write(memory, events, packed)
        _write_u32(memory, result, len(packed) // abi.EVENT_SIZE)

    # Descriptors

    def fd_advise(self, memory: MemoryInst, fd: int, offset: int, length: int, advice: int) -> None:
        descriptor = self.table.get(fd)
        if advice > 5:
            raise failure(errno.EINVAL)
        descriptor.advise(offset, length, advice)

    def fd_allocate(self, memory: MemoryInst, fd: int, offset: int, length: int) -> None:
        self.table.get(fd).allocate(offset, length)

    def fd_close(self, memory: MemoryInst, fd: int) -> None:
        self.table.close(fd)

    def fd_datasync(self, memory: MemoryInst, fd: int) -> None:
        self.table.get(fd).sync(True)

    def fd_sync(self, memory: MemoryInst, fd: int) -> None:
        self.table.get(fd).sync(False)

    def fd_fdstat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        found = self.table.get(fd)
        stat = abi.pack_fdstat(found.filetype(), found.flags, found.rights, found.rights_inheriting)
        _write(memory, result, stat)

    def fd_fdstat_set_flags(self, memory: MemoryInst, fd: int, flags: int) -> None:
        descriptor = self.table.get(fd)
        if flags & ~abi.FDFLAGS_ALL:
            raise failure(errno.EINVAL)
        descriptor.set_flags(flags)

    def fd_fdstat_set_rights(self, memory: MemoryInst, fd: int, base: int, inheriting: int) -> None:
        self.table.get(fd)
        raise failure(errno.ENOTSUP)

    def fd_filestat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        _write(memory, result, abi.pack_filestat(self.table.get(fd).stat()))

    def fd_filestat_set_size(self, memory: MemoryInst, fd: int, size: int) -> None:
        self.table.get(fd).set_size(size)

    def fd_filestat_set_times(
        self, memory: MemoryInst, fd: int, atim: int, mtim: int, flags: int
    ) -> None:
        descriptor = self.table.get(fd)
        access, modification = self._times(atim, mtim, flags)
        descriptor.set_times(access, modification)

    def _times(self, atim: int, mtim: int, flags: int) -> tuple[int | None, int | None]:
        """The times to set by `fstflags`, None for one to be left alone."""
        if flags >= 16:
            raise failure(errno.EINVAL)
        now = self.clock(abi.CLOCK_REALTIME)
        return (
            _time(atim, now, flags & abi.FST_ATIM, flags & abi.FST_ATIM_NOW),
            _time(mtim, now, flags & abi.FST_MTIM, flags & abi.FST_MTIM_NOW),
        )

    def fd_read(self, memory: MemoryInst, fd: int, iovs: int, count: int, result: int) -> None:
        descriptor = self.table.get(fd)
        buffers = _iovecs(memory, iovs, count)
        _check(memory, result, 4)
        wait_readable(descriptor, memory.store)
        data = descriptor.read(_total(buffers))
        _scatter(memory, buffers, data)
        _write_u32(memory, result, len(data))

    def fd_pread(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, offset: int, result: int
    ) -> None:
        descriptor = self.table.get(fd)
        buffers = _iovecs(memory, iovs, count)
        _check(memory, result, 4)
        data = descriptor.pread(_total(buffers), offset)
        _scatter(memory, buffers, data)
        _write_u32(memory, result, len(data))

    def fd_write(self, memory: MemoryInst, fd: int, iovs: int, count: int, result: int) -> None:
        descriptor = self.table.get(fd)
        data = _gather(memory, _iovecs(memory, iovs, count))
        _check(memory, result, 4)
        _write_u32(memory, result, descriptor.write(data))

    def fd_pwrite(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, offset: int, result: int
    ) -> None:
        descriptor = self.table.get(fd)
        data = _gather(memory, _iovecs(memory, iovs, count))
        _check(memory, result, 4)
        _write_u32(memory, result, descriptor.pwrite(data, offset))

    def fd_seek(self, memory: MemoryInst, fd: int, offset: int, whence: int, result: int) -> None:
        descriptor = self.table.get(fd)
        _check(memory, result, 8)
        if whence == abi.WHENCE_SET:
            host = os.SEEK_SET
        elif whence == abi.WHENCE_CUR:
            host = os.SEEK_CUR
        elif whence == abi.WHENCE_END:
            host = os.SEEK_END
        else:
            raise failure(errno.EINVAL)
        signed = offset - (1 << 64) if offset >> 63 else offset
        _write_u64(memory, result, descriptor.seek(signed, host))

    def fd_tell(self, memory: MemoryInst, fd: int, result: int) -> None:
        _write_u64(memory, result, self.table.get(fd).seek(0, os.SEEK_CUR))

    def fd_renumber(self, memory: MemoryInst, fd: int, target: int) -> None:
        self.table.renumber(fd, target)

    def fd_prestat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        name = self.table.get(fd).preopen
        if name is None:
            raise failure(errno.EBADF)
        _write(memory, result, abi.pack_prestat(len(name)))

    def fd_prestat_dir_name(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        name = self.table.get(fd).preopen
        if name is None:
            raise failure(errno.ENOTDIR)
        if len(name) > size:
            raise failure(errno.ENAMETOOLONG)
        _write(memory, path, name)

    def fd_readdir(
        self, memory: MemoryInst, fd: int, buffer: int, size: int, cookie: int, result: int
    ) -> None:
        folder = self.table.folder(fd)
        _check(memory, buffer, size)
        _check(memory, result, 4)
        # A cookie is the number of entries before it, in the listing made at cookie 0.
        entries = folder.entries(cookie == 0)
        position = buffer
        left = size
        index = cookie
        while left > 0 and index < len(entries):
            entry = entries[index]
            index += 1
            head = abi.pack_dirent(index, entry.ino, len(entry.name), entry.filetype)
            data = (head + entry.name)[:left]
            _write(memory, position, data)
            position += len(data)
            left -= len(data)
        _write_u32(memory, result, size - left)

    # Paths

    def path_create_directory(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        self.table.folder(fd).make_folder(_path(memory, path, size))

    def path_filestat_get(
        self, memory: MemoryInst, fd: int, flags: int, path: int, size: int, result: int
    ) -> None:
        folder = self.table.folder(fd)
        name = _path(memory, path, size)
        _check(memory, result, 64)
        _write(memory, result, abi.pack_filestat(folder.stat_at(name, _follow(flags))))

    def path_filestat_set_times(
        self,
        memory: MemoryInst,
        fd: int,
        flags: int,
        path: int,
        size: int,
        atim: int,
        mtim: int,
        times: int,
    ) -> None:
        folder = self.table.folder(fd)
        name = _path(memory, path, size)
        access, modification = self._times(atim, mtim, times)
        folder.set_times_at(name, _follow(flags), access, modification)

    def path_link(
        self,
        memory: MemoryInst,
        fd: int,
        flags: int,
        path: int,
        size: int,
        new_fd: int,
        new_path: int,
        new_size: int,
    ) -> None:
        folder = self.table.folder(fd)
        target = self.table.folder(new_fd)
        name = _path(memory, path, size)
        folder.link(name, _follow(flags), target, _path(memory, new_path, new_size))

    def path_open(
        self,
        memory: MemoryInst,
        fd: int,
        lookup: int,
        path: int,
        size: int,
        oflags: int,
        base: int,
        inheriting: int,
        flags: int,
        result: int,
    ) -> None:
        folder = self.table.folder(fd)
        name = _path(memory, path, size)
        _check(memory, result, 4)
        if oflags & ~abi.OFLAGS_ALL or flags & ~abi.FDFLAGS_ALL:
            raise failure(errno.EINVAL)
        opened = folder.open(name, _follow(lookup), oflags, base, flags)
        try:
            number = self.table.add(opened)
        except OSError:
            opened.close()
            raise
        _write_u32(memory, result, number)

    def path_readlink(
        self,
        memory: MemoryInst,
        fd: int,
        path: int,
        size: int,
        buffer: int,
        room: int,
        result: int,
    ) -> None:
        text = self.table.folder(fd).read_link(_path(memory, path, size))[:room]
        _check(memory, result, 4)
        _write(memory, buffer, text)
        _write_u32(memory, result, len(text))

    def path_remove_directory(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        self.table.folder(fd).remove_folder(_path(memory, path, size))

    def path_rename(
        self,
        memory: MemoryInst,
        fd: int,
        path: int,
        size: int,
        new_fd: int,
        new_path: int,
        new_size: int,
    ) -> None:
        folder = self.table.folder(fd)
        target = self.table.folder(new_fd)
        name = _path(memory, path, size)
        folder.rename(name, target, _path(memory, new_path, new_size))

    def path_symlink(
        self,
        memory: MemoryInst,
        contents: int,
        contents_size: int,
        fd: int,
        path: int,
        size: int,
    ) -> None:
        folder = self.table.folder(fd)
        text = _path(memory, contents, contents_size)
        folder.symlink(text, _path(memory, path, size))

    def path_unlink_file(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        self.table.folder(fd).unlink(_path(memory, path, size))

    # Sockets: none can be granted, so every descriptor is something else.

    def sock_accept(self, memory: MemoryInst, fd: int, flags: int, result: int) -> None:
        self.table.get(fd)
        raise failure(errno.ENOTSOCK)

    def sock_recv(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, flags: int, size: int, out: int
    ) -> None:
        self.table.get(fd)
        raise failure(errno.ENOTSOCK)

    def sock_send(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, flags: int, result: int
    ) -> None:
        self.table.get(fd)
        raise failure(errno.ENOTSOCK)

    def sock_shutdown(self, memory: MemoryInst, fd: int, how: int) -> None:
        self.table.get(fd)
        raise failure(errno.ENOTSOCK)


# The guest's memory. Its `data` may be longer than it, so every access is checked first.


def _check(memory: MemoryInst, pointer: int, size: int) -> None:
    if pointer + size > memory.size:
        raise failure(errno.EFAULT)


def _read(memory: MemoryInst, pointer: int, size: int) -> bytes:
    if pointer + size > memory.size:
        raise failure(errno.EFAULT)
    return bytes(memory.data[pointer : pointer + size])


def _write(memory: MemoryInst, pointer: int, data: bytes) -> None:
    end = pointer + len(data)
    if end > memory.size:
        raise failure(errno.EFAULT)
    memory.data[pointer:end] = data


def _write_u32(memory: MemoryInst, pointer: int, value: int) -> None:
    _write(memory, pointer, (value & 0xFFFF_FFFF).to_bytes(4, "little"))


def _write_u64(memory: MemoryInst, pointer: int, value: int) -> None:
    _write(memory, pointer, (value & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little"))


def _path(memory: MemoryInst, pointer: int, size: int) -> bytes:
    _check(memory, pointer, size)
    if size > 65_536:  # no host takes it, and it need not be copied to know that
        raise failure(errno.ENAMETOOLONG)
    return _read(memory, pointer, size)


def _write_sizes(memory: MemoryInst, strings: list[bytes], count: int, size: int) -> None:
    _write_u32(memory, count, len(strings))
    _write_u32(memory, size, sum([len(string) + 1 for string in strings]))


def _write_strings(memory: MemoryInst, strings: list[bytes], pointers: int, buffer: int) -> None:
    data = b"".join([string + b"\0" for string in strings])
    _check(memory, pointers, 4 * len(strings))
    _check(memory, buffer, len(data))
    position = buffer
    for i, string in enumerate(strings):
        _write_u32(memory, pointers + 4 * i, position)
        position += len(string) + 1
    _write(memory, buffer, data)


def _iovecs(memory: MemoryInst, pointer: int, count: int) -> list[tuple[int, int]]:
    """The (address, size) pairs of a vector of buffers, all within the memory."""
    if count > MAX_IOVECS:
        raise failure(errno.EINVAL)
    data = _read(memory, pointer, 8 * count)
    limit = memory.size
    buffers: list[tuple[int, int]] = []
    for i in range(0, 8 * count, 8):
        address = int.from_bytes(data[i : i + 4], "little")
        size = int.from_bytes(data[i + 4 : i + 8], "little")
        if address + size > limit:
            raise failure(errno.EFAULT)
        buffers.append((address, size))
    return buffers


def _total(buffers: list[tuple[int, int]]) -> int:
    total = 0
    for _, size in buffers:
        total += size
    return total


def _gather(memory: MemoryInst, buffers: list[tuple[int, int]]) -> bytes:
    parts: list[bytes] = []
    room = MAX_GATHER
    for address, size in buffers:
        size = min(size, room)
        parts.append(bytes(memory.data[address : address + size]))
        room -= size
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _scatter(memory: MemoryInst, buffers: list[tuple[int, int]], data: bytes) -> None:
    position = 0
    for address, size in buffers:
        if position == len(data):
            break
        part = data[position : position + size]
        memory.data[address : address + len(part)] = part
        position += len(part)


def _follow(flags: int) -> bool:
    return flags & abi.LOOKUP_SYMLINK_FOLLOW != 0


def _time(given: int, now: int, set_given: int, set_now: int) -> int | None:
    if set_given and set_now:
        raise failure(errno.EINVAL)
    if set_given:
        return given
    return now if set_now else None


def call(function: Callable[..., None], memory: MemoryInst, args: tuple[int, ...]) -> int:
    """Call one of the functions; the error number it ends with."""
    try:
        function(memory, *args)
    except OSError as error:
        return abi.errno_of(error)
    return abi.SUCCESS
