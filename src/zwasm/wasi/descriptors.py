"""Descriptors: what a guest's descriptor numbers stand for.

In: calls by `zwasm.wasi.preview1`, which has checked the guest's pointers. Out: the
`Descriptor` base class, whose methods refuse, and the `DescriptorTable`. Streams are in
`zwasm.wasi.streams`, files and folders in `zwasm.wasi.filesystem`.

A method that fails raises `OSError` with a host error number; `zwasm.wasi.abi.errno_of` gives
the guest's. Methods that read and write get views of the guest's memory, and those that may
wait the store whose code waits.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.abi import FILETYPE_UNKNOWN, FileStat


def failure(number: int) -> OSError:
    """The OSError of a host error number."""
    return OSError(number, os.strerror(number))


class DirEntry:
    """An entry of a folder's listing. Its cookie orders the listing and stays the same for as
    long as the entry is there; cookies grow."""

    __slots__ = ("cookie", "filetype", "ino", "name")

    def __init__(self, name: bytes, ino: int, filetype: int, cookie: int = 0) -> None:
        self.name = name
        self.ino = ino
        self.filetype = filetype
        self.cookie = cookie


class Listing:
    """A folder's entries as they were when they were last read, in the order of their cookies.

    Entries keep their cookies from one reading to the next and new ones get higher cookies, so a
    guest that goes on at a cookie neither misses nor repeats what was there all the time.
    """

    def __init__(self) -> None:
        self.entries: list[DirEntry] = []
        self.fresh = False  # whether it has been read at all
        self._cookies: dict[bytes, int] = {}
        self._next = 0

    def update(self, found: list[DirEntry]) -> None:
        """Take what was found in the folder now."""
        known = self._cookies
        cookies: dict[bytes, int] = {}
        for entry in found:
            cookie = known.get(entry.name, -1)
            if cookie < 0:
                cookie = self._next
                self._next = cookie + 1
            cookies[entry.name] = cookie
            entry.cookie = cookie
        found.sort(key=_cookie)
        self.entries = found
        self._cookies = cookies
        self.fresh = True

    def start(self, cookie: int) -> int:
        """The index of the first entry whose cookie is not below the one given."""
        entries = self.entries
        low = 0
        high = len(entries)
        while low < high:
            middle = (low + high) // 2
            if entries[middle].cookie < cookie:
                low = middle + 1
            else:
                high = middle
        return low


def _cookie(entry: DirEntry) -> int:
    return entry.cookie


class Descriptor:
    """An open file, folder or stream. Every method here refuses; kinds override what they do.

    `preopen` is the guest's name of a granted folder, else None. `flags` are WASI's fdflags
    and `rights`, `rights_inheriting` what `fd_fdstat_get` shows. `given_up` are the rights that
    the guest has given up, `given_up_inheriting` those that what it opens from here shall not have.
    """

    def __init__(self, rights: int, rights_inheriting: int, flags: int = 0) -> None:
        self.preopen: bytes | None = None
        self.rights = rights
        self.rights_inheriting = rights_inheriting
        self.given_up = 0
        self.given_up_inheriting = 0
        self.flags = flags

    def give_up(self, base: int, inheriting: int) -> None:
        """Keep only the rights named. Raises ENOTCAPABLE if there are others among them."""
        if base & ~self.rights or inheriting & ~self.rights_inheriting:
            raise failure(abi.ENOTCAPABLE)
        self.given_up |= self.rights & ~base
        self.given_up_inheriting |= self.rights_inheriting & ~inheriting
        self.rights = base
        self.rights_inheriting = inheriting

    def inherit(self, folder: Descriptor) -> None:
        """Have none of the rights that the folder it was opened from does not pass on."""
        lost = folder.given_up_inheriting
        if lost:
            self.given_up = self.given_up_inheriting = lost
            self.rights &= ~lost
            self.rights_inheriting &= ~lost

    def is_folder(self) -> bool:
        """Whether paths can be resolved beneath it."""
        return False

    def is_file(self) -> bool:
        """Whether it was opened by a path and is no folder."""
        return False

    def filetype(self) -> int:
        return FILETYPE_UNKNOWN

    def can_poll(self, write: bool) -> bool:
        """Whether one can wait until it can be read or, with `write`, be written."""
        return True

    def poll_fd(self) -> int:
        """The host descriptor to wait on, or -1 where reads and writes never wait."""
        return -1

    def readable_bytes(self) -> int:
        """How many bytes a read would give at once, at least; 0 at the end."""
        return 1

    def close(self) -> None:
        """Let go of what the descriptor holds."""

    def read(self, views: list[memoryview], store: Store | None) -> int:
        """Fill the views in turn; how many bytes there were, 0 at the end."""
        raise failure(errno.EBADF)

    def write(self, views: list[memoryview], store: Store | None) -> int:
        """Write the views' bytes in turn; how many were written."""
        raise failure(errno.EBADF)

    def pread(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.EBADF)

    def pwrite(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.EBADF)

    def seek(self, offset: int, whence: int) -> int:
        raise failure(errno.EBADF)

    def advise(self, offset: int, length: int, advice: int) -> None:
        raise failure(errno.EBADF)

    def allocate(self, offset: int, length: int) -> None:
        raise failure(errno.EBADF)

    def sync(self, data_only: bool) -> None:
        raise failure(errno.EBADF)

    def set_flags(self, flags: int) -> None:
        raise failure(errno.EBADF)

    def set_size(self, size: int) -> None:
        raise failure(errno.EBADF)

    def stat(self) -> FileStat:
        return FileStat(self.filetype())

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        """Set the access and modification times, in nanoseconds; None leaves one as it is."""
        raise failure(errno.EBADF)

    def listing(self, refresh: bool) -> Listing:
        """The folder's listing as it was at the last refresh, `.` and `..` first."""
        raise failure(errno.EBADF)

    def accept(self, flags: int, store: Store | None) -> Descriptor:
        """The next connection to a listening socket; `flags` are its fdflags."""
        raise failure(errno.ENOTSOCK)

    def receive(self, views: list[memoryview], flags: int, store: Store | None) -> tuple[int, int]:
        """Fill the views from a connection; how many bytes there were, and roflags."""
        raise failure(errno.ENOTSOCK)

    def send(self, views: list[memoryview], store: Store | None) -> int:
        raise failure(errno.ENOTSOCK)

    def shutdown(self, how: int) -> None:
        raise failure(errno.ENOTSOCK)

    def open(self, path: bytes, follow: bool, oflags: int, rights: int, flags: int) -> Descriptor:
        raise failure(errno.ENOTDIR)

    def make_folder(self, path: bytes) -> None:
        raise failure(errno.ENOTDIR)

    def stat_at(self, path: bytes, follow: bool) -> FileStat:
        raise failure(errno.ENOTDIR)

    def set_times_at(self, path: bytes, follow: bool, atim: int | None, mtim: int | None) -> None:
        raise failure(errno.ENOTDIR)

    def link(self, path: bytes, follow: bool, target: Descriptor, target_path: bytes) -> None:
        """Make a hard link `target_path` beneath `target` to `path` beneath this folder."""
        raise failure(errno.ENOTDIR)

    def rename(self, path: bytes, target: Descriptor, target_path: bytes) -> None:
        raise failure(errno.ENOTDIR)

    def read_link(self, path: bytes) -> bytes:
        raise failure(errno.ENOTDIR)

    def symlink(self, contents: bytes, path: bytes) -> None:
        raise failure(errno.ENOTDIR)

    def unlink(self, path: bytes) -> None:
        raise failure(errno.ENOTDIR)

    def remove_folder(self, path: bytes) -> None:
        raise failure(errno.ENOTDIR)


MAX_DESCRIPTORS: Final = 65_536


class DescriptorTable:
    """A guest's open descriptors by number; a new one takes the lowest free number. What is open
    is closed with the table."""

    def __init__(self) -> None:
        self._open: dict[int, Descriptor] = {}
        self._lowest = 0  # no number below it is free

    def add(self, descriptor: Descriptor) -> int:
        """Give the descriptor its number."""
        number = self._lowest
        while number in self._open:
            number += 1
        if number >= MAX_DESCRIPTORS:
            raise failure(errno.EMFILE)
        self._open[number] = descriptor
        self._lowest = number + 1
        return number

    def get(self, number: int, right: int = 0) -> Descriptor:
        """The descriptor of this number; OSError with EBADF where none is open, ENOTCAPABLE where
        the guest gave up the right."""
        descriptor = self._open.get(number)
        if descriptor is None:
            raise failure(errno.EBADF)
        if descriptor.given_up & right:
            raise failure(abi.ENOTCAPABLE)
        return descriptor

    def folder(self, number: int, right: int) -> Descriptor:
        """The same for one that must be a folder: EBADF for another."""
        descriptor = self.get(number, right)
        if not descriptor.is_folder():
            raise failure(errno.EBADF)
        return descriptor

    def close(self, number: int) -> None:
        descriptor = self.get(number)
        del self._open[number]
        self._lowest = min(self._lowest, number)
        descriptor.close()

    def renumber(self, source: int, target: int) -> None:
        """Make `target`, which must be open, mean what `source` does, and free `source`."""
        descriptor = self.get(source)
        replaced = self.get(target)
        if source == target:
            return
        self._open[target] = descriptor
        del self._open[source]
        self._lowest = min(self._lowest, source)
        replaced.close()

    def close_all(self) -> None:
        """Close every descriptor that is still open, whatever their hosts say to it."""
        open_now = list(self._open.values())
        self._open.clear()
        self._lowest = 0
        for descriptor in open_now:
            try:
                descriptor.close()
            except OSError:
                pass

    def __del__(self) -> None:
        self.close_all()
