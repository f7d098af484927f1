"""The functions of WASI preview 1, by their witx names.

In: calls by guests, with the guest's memory first and numbers unsigned. Out: WASI error
numbers, results written to the guest's memory. Pointers are checked here; what is behind a
descriptor is in `zwasm.wasi.descriptors` and its kinds. The types are in `zwasm.wasi.functions`.

A pointer outside of the memory gives EFAULT, before anything is done. The functions raise
`OSError` inside, which `zwasm.wasi.functions` turns into the number.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import Final

from zwasm.errors import Exit
from zwasm.instances.memory import MemoryInst
from zwasm.wasi import abi, guest
from zwasm.wasi.abi import FileStat, Subscription
from zwasm.wasi.clocks import clock_resolution
from zwasm.wasi.descriptors import Descriptor, DescriptorTable, failure
from zwasm.wasi.poll import poll

MAX_RANDOM: Final = 1 << 20  # bytes asked of the host at once
MAX_SUBSCRIPTIONS: Final = 65_536
_U64: Final = 1 << 64


class Preview1:
    """One guest's view of the system: arguments, environment, descriptors."""

    subscription_size = abi.SUBSCRIPTION_SIZE
    filestat_size = abi.FILESTAT_SIZE

    def __init__(
        self,
        args: list[bytes],
        environment: list[bytes],
        table: DescriptorTable,
        clock: Callable[[int], int],
        random: Callable[[int], bytes],
    ) -> None:
        self.args = args
        self.environment = environment
        self.table = table
        self.clock = clock
        self.random = random

    # What snapshot 0 has in other layouts.

    def unpack_subscription(self, data: bytes) -> Subscription:
        return abi.unpack_subscription(data)

    def pack_filestat(self, info: FileStat) -> bytes:
        return abi.pack_filestat(info)

    # Arguments and environment

    def args_sizes_get(self, memory: MemoryInst, count: int, size: int) -> None:
        guest.write_sizes(memory, self.args, count, size)

    def args_get(self, memory: MemoryInst, pointers: int, buffer: int) -> None:
        guest.write_strings(memory, self.args, pointers, buffer)

    def environ_sizes_get(self, memory: MemoryInst, count: int, size: int) -> None:
        guest.write_sizes(memory, self.environment, count, size)

    def environ_get(self, memory: MemoryInst, pointers: int, buffer: int) -> None:
        guest.write_strings(memory, self.environment, pointers, buffer)

    # Clocks, random numbers, the process

    def clock_res_get(self, memory: MemoryInst, clock: int, result: int) -> None:
        guest.write_u64(memory, result, clock_resolution(clock))

    def clock_time_get(self, memory: MemoryInst, clock: int, precision: int, result: int) -> None:
        guest.check(memory, result, 8)
        guest.write_u64(memory, result, self.clock(clock) % _U64)

    def random_get(self, memory: MemoryInst, buffer: int, size: int) -> None:
        guest.check(memory, buffer, size)
        for start in range(0, size, MAX_RANDOM):
            part = min(MAX_RANDOM, size - start)
            data = self.random(part)
            if len(data) != part:
                raise ValueError(f"random gave {len(data)} bytes, not {part}")
            guest.write(memory, buffer + start, data)

    def sched_yield(self, memory: MemoryInst) -> None:
        time.sleep(0)

    def proc_exit(self, memory: MemoryInst, code: int) -> None:
        raise Exit(code)

    def proc_raise(self, memory: MemoryInst, signal: int) -> None:
        # A guest has neither handlers nor other processes, and a signal would be the host's.
        raise failure(errno.EINVAL if signal >= abi.SIGNALS else errno.ENOTSUP)

    def poll_oneoff(
        self, memory: MemoryInst, subscriptions: int, events: int, count: int, result: int
    ) -> None:
        if count == 0 or count > MAX_SUBSCRIPTIONS:
            raise failure(errno.EINVAL)
        guest.check(memory, events, count * abi.EVENT_SIZE)
        guest.check(memory, result, 4)
        size = self.subscription_size
        data = guest.read(memory, subscriptions, count * size)
        wanted = [self.unpack_subscription(data[i : i + size]) for i in range(0, len(data), size)]
        packed = poll(wanted, self.table, self.clock, memory.store)
        guest.write(memory, events, packed)
        guest.write_u32(memory, result, len(packed) // abi.EVENT_SIZE)

    # Descriptors

    def fd_advise(self, memory: MemoryInst, fd: int, offset: int, length: int, advice: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_ADVISE)
        if advice > 5:
            raise failure(errno.EINVAL)
        descriptor.advise(offset, length, advice)

    def fd_allocate(self, memory: MemoryInst, fd: int, offset: int, length: int) -> None:
        self.table.get(fd, abi.RIGHT_FD_ALLOCATE).allocate(offset, length)

    def fd_close(self, memory: MemoryInst, fd: int) -> None:
        self.table.close(fd)

    def fd_datasync(self, memory: MemoryInst, fd: int) -> None:
        self.table.get(fd, abi.RIGHT_FD_DATASYNC).sync(True)

    def fd_sync(self, memory: MemoryInst, fd: int) -> None:
        self.table.get(fd, abi.RIGHT_FD_SYNC).sync(False)

    def fd_fdstat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        found = self.table.get(fd)
        stat = abi.pack_fdstat(found.filetype(), found.flags, found.rights, found.rights_inheriting)
        guest.write(memory, result, stat)

    def fd_fdstat_set_flags(self, memory: MemoryInst, fd: int, flags: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_FDSTAT_SET_FLAGS)
        if flags & ~abi.FDFLAGS_ALL:
            raise failure(errno.EINVAL)
        descriptor.set_flags(flags)

    def fd_fdstat_set_rights(self, memory: MemoryInst, fd: int, base: int, inheriting: int) -> None:
        self.table.get(fd).give_up(base, inheriting)

    def fd_filestat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_FILESTAT_GET)
        guest.write(memory, result, self.pack_filestat(descriptor.stat()))

    def fd_filestat_set_size(self, memory: MemoryInst, fd: int, size: int) -> None:
        self.table.get(fd, abi.RIGHT_FD_FILESTAT_SET_SIZE).set_size(size)

    def fd_filestat_set_times(
        self, memory: MemoryInst, fd: int, atim: int, mtim: int, flags: int
    ) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_FILESTAT_SET_TIMES)
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
        descriptor = self.table.get(fd, abi.RIGHT_FD_READ)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        guest.write_u32(memory, result, descriptor.read(views, memory.store))

    def fd_pread(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, offset: int, result: int
    ) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_READ)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        guest.write_u32(memory, result, descriptor.pread(views, offset))

    def fd_write(self, memory: MemoryInst, fd: int, iovs: int, count: int, result: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_WRITE)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        guest.write_u32(memory, result, descriptor.write(views, memory.store))

    def fd_pwrite(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, offset: int, result: int
    ) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_WRITE)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        guest.write_u32(memory, result, descriptor.pwrite(views, offset))

    def fd_seek(self, memory: MemoryInst, fd: int, offset: int, whence: int, result: int) -> None:
        signed = offset - _U64 if offset >> 63 else offset
        # Where it only asks for the position, the right to tell is enough.
        right = abi.RIGHT_FD_SEEK
        if signed == 0 and whence == abi.WHENCE_CUR:
            right = abi.RIGHT_FD_TELL
        descriptor = self.table.get(fd, right)
        guest.check(memory, result, 8)
        if whence == abi.WHENCE_SET:
            host = os.SEEK_SET
        elif whence == abi.WHENCE_CUR:
            host = os.SEEK_CUR
        elif whence == abi.WHENCE_END:
            host = os.SEEK_END
        else:
            raise failure(errno.EINVAL)
        guest.write_u64(memory, result, descriptor.seek(signed, host))

    def fd_tell(self, memory: MemoryInst, fd: int, result: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_TELL)
        guest.write_u64(memory, result, descriptor.seek(0, os.SEEK_CUR))

    def fd_renumber(self, memory: MemoryInst, fd: int, target: int) -> None:
        self.table.renumber(fd, target)

    def fd_prestat_get(self, memory: MemoryInst, fd: int, result: int) -> None:
        name = self.table.get(fd).preopen
        if name is None:
            raise failure(errno.EBADF)
        guest.write(memory, result, abi.pack_prestat(len(name)))

    def fd_prestat_dir_name(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        name = self.table.get(fd).preopen
        if name is None:
            raise failure(errno.ENOTDIR)
        if len(name) > size:
            raise failure(errno.ENAMETOOLONG)
        guest.write(memory, path, name)

    def fd_readdir(
        self, memory: MemoryInst, fd: int, buffer: int, size: int, cookie: int, result: int
    ) -> None:
        folder = self.table.folder(fd, abi.RIGHT_FD_READDIR)
        guest.check(memory, buffer, size)
        guest.check(memory, result, 4)
        # What guests call a cookie is the one of the entry before, and one more.
        listing = folder.listing(cookie == 0)
        entries = listing.entries
        parts: list[bytes] = []
        left = size
        for i in range(listing.start(cookie), len(entries)):
            entry = entries[i]
            head = abi.pack_dirent(entry.cookie + 1, entry.ino, len(entry.name), entry.filetype)
            parts.append(head)
            parts.append(entry.name)
            left -= len(head) + len(entry.name)
            if left <= 0:
                break
        data = b"".join(parts)[:size]
        guest.write(memory, buffer, data)
        guest.write_u32(memory, result, len(data))

    # Paths

    def path_create_directory(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        folder = self.table.folder(fd, abi.RIGHT_PATH_CREATE_DIRECTORY)
        folder.make_folder(guest.read_path(memory, path, size))

    def path_filestat_get(
        self, memory: MemoryInst, fd: int, flags: int, path: int, size: int, result: int
    ) -> None:
        folder = self.table.folder(fd, abi.RIGHT_PATH_FILESTAT_GET)
        name = guest.read_path(memory, path, size)
        guest.check(memory, result, self.filestat_size)
        guest.write(memory, result, self.pack_filestat(folder.stat_at(name, _follow(flags))))

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
        folder = self.table.folder(fd, abi.RIGHT_PATH_FILESTAT_SET_TIMES)
        name = guest.read_path(memory, path, size)
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
        folder = self.table.folder(fd, abi.RIGHT_PATH_LINK_SOURCE)
        target = self.table.folder(new_fd, abi.RIGHT_PATH_LINK_TARGET)
        name = guest.read_path(memory, path, size)
        new_name = guest.read_path(memory, new_path, new_size)
        folder.link(name, _follow(flags), target, new_name)

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
        folder = self.table.get(fd, _rights_to_open(oflags))
        if not folder.is_folder():
            raise failure(errno.ENOTDIR if folder.is_file() else errno.EBADF)
        name = guest.read_path(memory, path, size)
        guest.check(memory, result, 4)
        if oflags & ~abi.OFLAGS_ALL or flags & ~abi.FDFLAGS_ALL:
            raise failure(errno.EINVAL)
        if base & folder.given_up_inheriting:
            raise failure(abi.ENOTCAPABLE)
        opened = folder.open(name, _follow(lookup), oflags, base, flags)
        opened.inherit(folder)
        guest.write_u32(memory, result, self._add(opened))

    def _add(self, opened: Descriptor) -> int:
        try:
            return self.table.add(opened)
        except OSError:
            opened.close()
            raise

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
        folder = self.table.folder(fd, abi.RIGHT_PATH_READLINK)
        name = guest.read_path(memory, path, size)
        guest.check(memory, buffer, room)
        guest.check(memory, result, 4)
        text = folder.read_link(name)[:room]
        guest.write(memory, buffer, text)
        guest.write_u32(memory, result, len(text))

    def path_remove_directory(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        folder = self.table.folder(fd, abi.RIGHT_PATH_REMOVE_DIRECTORY)
        folder.remove_folder(guest.read_path(memory, path, size))

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
        folder = self.table.folder(fd, abi.RIGHT_PATH_RENAME_SOURCE)
        target = self.table.folder(new_fd, abi.RIGHT_PATH_RENAME_TARGET)
        name = guest.read_path(memory, path, size)
        folder.rename(name, target, guest.read_path(memory, new_path, new_size))

    def path_symlink(
        self,
        memory: MemoryInst,
        contents: int,
        contents_size: int,
        fd: int,
        path: int,
        size: int,
    ) -> None:
        folder = self.table.folder(fd, abi.RIGHT_PATH_SYMLINK)
        text = guest.read_path(memory, contents, contents_size)
        folder.symlink(text, guest.read_path(memory, path, size))

    def path_unlink_file(self, memory: MemoryInst, fd: int, path: int, size: int) -> None:
        folder = self.table.folder(fd, abi.RIGHT_PATH_UNLINK_FILE)
        folder.unlink(guest.read_path(memory, path, size))

    # Sockets

    def sock_accept(self, memory: MemoryInst, fd: int, flags: int, result: int) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_SOCK_ACCEPT)
        guest.check(memory, result, 4)
        accepted = descriptor.accept(flags, memory.store)
        accepted.inherit(descriptor)
        guest.write_u32(memory, result, self._add(accepted))

    def sock_recv(
        self,
        memory: MemoryInst,
        fd: int,
        iovs: int,
        count: int,
        flags: int,
        result: int,
        result_flags: int,
    ) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_READ)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        guest.check(memory, result_flags, 2)
        size, out_flags = descriptor.receive(views, flags, memory.store)
        guest.write_u32(memory, result, size)
        guest.write(memory, result_flags, out_flags.to_bytes(2, "little"))

    def sock_send(
        self, memory: MemoryInst, fd: int, iovs: int, count: int, flags: int, result: int
    ) -> None:
        descriptor = self.table.get(fd, abi.RIGHT_FD_WRITE)
        views = guest.buffers(memory, iovs, count)
        guest.check(memory, result, 4)
        if flags != 0:
            raise failure(errno.EINVAL)
        guest.write_u32(memory, result, descriptor.send(views, memory.store))

    def sock_shutdown(self, memory: MemoryInst, fd: int, how: int) -> None:
        self.table.get(fd, abi.RIGHT_SOCK_SHUTDOWN).shutdown(how)


def _follow(flags: int) -> bool:
    if flags & ~abi.LOOKUP_SYMLINK_FOLLOW:
        raise failure(errno.EINVAL)
    return flags & abi.LOOKUP_SYMLINK_FOLLOW != 0


def _rights_to_open(oflags: int) -> int:
    rights = abi.RIGHT_PATH_OPEN
    if oflags & abi.OFLAG_CREAT:
        rights |= abi.RIGHT_PATH_CREATE_FILE
    if oflags & abi.OFLAG_TRUNC:
        rights |= abi.RIGHT_PATH_FILESTAT_SET_SIZE
    return rights


def _time(given: int, now: int, set_given: int, set_now: int) -> int | None:
    if set_given and set_now:
        raise failure(errno.EINVAL)
    if set_given:
        return given
    return now if set_now else None
