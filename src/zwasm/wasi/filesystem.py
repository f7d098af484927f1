"""Granted host folders: the sandbox in which guests name files.

In: host folders to grant, and paths as guests write them. Out: `HostFolder` and `HostFile`
descriptors. What guests call is in `zwasm.wasi.preview1`.

A folder is held open as a host descriptor, and every path is walked from it one component at
a time, each opened relative to the one before and never through a symbolic link: a link's
text is read and walked here, by the same rules. Going up means going back to the descriptor
that was open before, so neither `..` nor a folder that is moved or replaced by a link during
the walk leads out. The last component is always handed to the host relative to its folder's
descriptor and with links not followed. Paths stay bytes, so names that are no UTF-8 work.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Final

from zwasm.wasi import abi
from zwasm.wasi.abi import FileStat
from zwasm.wasi.descriptors import Descriptor, DirEntry, failure

MAX_LINKS: Final = 40  # symbolic links followed in one path
MAX_PATH: Final = 4_096  # bytes
MAX_READ: Final = 8 << 20  # bytes read at once; a guest's own count may be absurd

# Folders on the way are only searched, which O_PATH allows without the right to list them.
_SEARCH: Final = (
    os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
)
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MAX_OFFSET: Final = (1 << 63) - 1


class Place:
    """A resolved path: `name`, a single component, in the folder open as `parent`.

    `folder_only` says that the path ended in a slash. The walk's descriptors stay open until
    `close`.
    """

    __slots__ = ("_fds", "folder_only", "name", "parent")

    def __init__(self, fds: list[int], name: bytes, folder_only: bool) -> None:
        self._fds = fds
        self.parent = fds[-1]
        self.name = name
        self.folder_only = folder_only

    def close(self) -> None:
        _close_walk(self._fds)

    def is_folder(self) -> bool:
        """Whether a folder (not a link to one) is there."""
        return stat.S_ISDIR(self.lstat().st_mode)

    def lstat(self) -> os.stat_result:
        return os.stat(self.name, dir_fd=self.parent, follow_symlinks=False)

    def check_folder(self) -> None:
        """Raise ENOTDIR where the path ended in a slash and something else is there."""
        if self.folder_only and not self.is_folder():
            raise failure(errno.ENOTDIR)


def _close_walk(fds: list[int]) -> None:
    while len(fds) > 1:
        os.close(fds.pop())


def _link_text(name: bytes, parent: int) -> bytes | None:
    """The text of a symbolic link, or None where `name` is no link or is not there."""
    try:
        return os.readlink(name, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


def resolve(root: int, path: bytes, follow: bool) -> Place:
    """Walk a guest's path from the folder open as `root`.

    With `follow`, a symbolic link as the last component is followed, too. Raises OSError with
    EPERM where the path leads out of the folder.
    """
    if not path:
        raise failure(errno.ENOENT)
    if b"\0" in path:
        raise failure(errno.EINVAL)
    if len(path) > MAX_PATH:
        raise failure(errno.ENAMETOOLONG)
    if path.startswith(b"/"):
        raise failure(errno.EPERM)
    fds = [root]
    try:
        return _walk(fds, path, follow)
    except OSError:
        _close_walk(fds)
        raise


def _walk(fds: list[int], path: bytes, follow: bool) -> Place:
    pending = path.split(b"/")
    pending.reverse()
    links = 0
    while True:
        name = pending.pop()
        last = not any(pending)
        if name in (b"", b"."):
            if last:
                return Place(fds, b".", True)
            continue
        if name == b"..":
            if len(fds) == 1:
                raise failure(errno.EPERM)
            os.close(fds.pop())
            if last:
                return Place(fds, b".", True)
            continue
        target: bytes | None
        if last:
            target = _link_text(name, fds[-1]) if follow else None
            if target is None:
                return Place(fds, name, len(pending) > 0)
        else:
            try:
                fds.append(os.open(name, _SEARCH, dir_fd=fds[-1]))
                continue
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
            target = _link_text(name, fds[-1])
            if target is None:
                raise failure(errno.ENOTDIR)
        links += 1
        if links > MAX_LINKS:
            raise failure(errno.ELOOP)
        if target.startswith(b"/"):
            raise failure(errno.EPERM)
        parts = target.split(b"/")
        parts.reverse()
        pending.extend(parts)


def _file_stat(info: os.stat_result) -> FileStat:
    return FileStat(
        abi.filetype_of(info.st_mode),
        dev=info.st_dev,
        ino=info.st_ino,
        nlink=info.st_nlink,
        size=info.st_size,
        atim=max(0, info.st_atime_ns),
        mtim=max(0, info.st_mtime_ns),
        ctim=max(0, info.st_ctime_ns),
    )


def _times(info: os.stat_result, atim: int | None, mtim: int | None) -> tuple[int, int]:
    times = (
        info.st_atime_ns if atim is None else atim,
        info.st_mtime_ns if mtim is None else mtim,
    )
    if max(times) > _MAX_OFFSET:
        raise failure(errno.EOVERFLOW)
    return times


def _check_offset(offset: int) -> None:
    if offset > _MAX_OFFSET:
        raise failure(errno.EINVAL)


class HostFile(Descriptor):
    """An open file of the host; the position is the host descriptor's."""

    def __init__(self, fd: int, mode: int, rights: int, flags: int) -> None:
        shown = abi.RIGHTS_FILE & ~(abi.RIGHT_FD_READ | abi.RIGHT_FD_WRITE)
        shown |= rights & (abi.RIGHT_FD_READ | abi.RIGHT_FD_WRITE)
        super().__init__(shown, shown, flags)
        self._fd = fd
        self._type = abi.filetype_of(mode)
        self._readable = rights & abi.RIGHT_FD_READ != 0
        self._writable = rights & abi.RIGHT_FD_WRITE != 0

    def filetype(self) -> int:
        return self._type

    def poll_fd(self) -> int:
        return -1 if self._type == abi.FILETYPE_REGULAR_FILE else self._fd

    def readable_bytes(self) -> int:
        if self._type != abi.FILETYPE_REGULAR_FILE:
            return 1
        return max(0, os.fstat(self._fd).st_size - os.lseek(self._fd, 0, os.SEEK_CUR))

    def close(self) -> None:
        os.close(self._fd)

    def read(self, size: int) -> bytes:
        if not self._readable:
            raise failure(errno.EBADF)
        return os.read(self._fd, min(size, MAX_READ))

    def write(self, data: bytes) -> int:
        if not self._writable:
            raise failure(errno.EBADF)
        return os.write(self._fd, data)

    def pread(self, size: int, offset: int) -> bytes:
        if not self._readable:
            raise failure(errno.EBADF)
        _check_offset(offset)
        return os.pread(self._fd, min(size, MAX_READ), offset)

    def pwrite(self, data: bytes, offset: int) -> int:
        if not self._writable:
            raise failure(errno.EBADF)
        _check_offset(offset)
        if self.flags & abi.FDFLAG_APPEND == 0:
            return os.pwrite(self._fd, data, offset)
        # Linux appends whatever the offset while the flag is set, which no guest expects.
        self._set_host_flags(self.flags & ~abi.FDFLAG_APPEND)
        try:
            return os.pwrite(self._fd, data, offset)
        finally:
            self._set_host_flags(self.flags)

    def seek(self, offset: int, whence: int) -> int:
        return os.lseek(self._fd, offset, whence)

    def advise(self, offset: int, length: int, advice: int) -> None:
        _check_offset(offset)
        _check_offset(length)
        names = ("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE")
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, offset, length, getattr(os, "POSIX_FADV_" + names[advice]))

    def allocate(self, offset: int, length: int) -> None:
        if not self._writable:
            raise failure(errno.EBADF)
        if length == 0:
            raise failure(errno.EINVAL)
        if offset + length > _MAX_OFFSET:
            raise failure(errno.EFBIG)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._fd, offset, length)
        elif os.fstat(self._fd).st_size < offset + length:
            os.ftruncate(self._fd, offset + length)

    def sync(self, data_only: bool) -> None:
        if data_only and hasattr(os, "fdatasync"):
            os.fdatasync(self._fd)
        else:
            os.fsync(self._fd)

    def set_flags(self, flags: int) -> None:
        if flags & (abi.FDFLAG_DSYNC | abi.FDFLAG_SYNC | abi.FDFLAG_RSYNC):
            raise failure(errno.EINVAL)
        self._set_host_flags(flags)
        self.flags = flags

    def _set_host_flags(self, flags: int) -> None:
        import fcntl

        host = fcntl.fcntl(self._fd, fcntl.F_GETFL) & ~(os.O_APPEND | os.O_NONBLOCK)
        if flags & abi.FDFLAG_APPEND:
            host |= os.O_APPEND
        if flags & abi.FDFLAG_NONBLOCK:
            host |= os.O_NONBLOCK
        fcntl.fcntl(self._fd, fcntl.F_SETFL, host)

    def set_size(self, size: int) -> None:
        if not self._writable:
            raise failure(errno.EBADF)
        _check_offset(size)
        os.ftruncate(self._fd, size)

    def stat(self) -> FileStat:
        return _file_stat(os.fstat(self._fd))

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        os.utime(self._fd, ns=_times(os.fstat(self._fd), atim, mtim))


class HostFolder(Descriptor):
    """An open folder of the host, the root of every path resolved in it."""

    def __init__(self, fd: int) -> None:
        super().__init__(abi.RIGHTS_FOLDER, abi.RIGHTS_FOLDER | abi.RIGHTS_FILE)
        self._fd = fd
        self._entries: list[DirEntry] | None = None

    def is_folder(self) -> bool:
        return True

    def filetype(self) -> int:
        return abi.FILETYPE_DIRECTORY

    def close(self) -> None:
        os.close(self._fd)

    def seek(self, offset: int, whence: int) -> int:
        raise failure(errno.EBADF)

    def stat(self) -> FileStat:
        return _file_stat(os.fstat(self._fd))

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        os.utime(self._fd, ns=_times(os.fstat(self._fd), atim, mtim))

    def sync(self, data_only: bool) -> None:
        os.fsync(self._fd)

    def set_flags(self, flags: int) -> None:
        raise failure(errno.EBADF)

    def entries(self, refresh: bool) -> list[DirEntry]:
        if self._entries is None or refresh:
            own = os.fstat(self._fd).st_ino
            # What lies above the folder is none of the guest's business, its number neither.
            found = [
                DirEntry(b".", own, abi.FILETYPE_DIRECTORY),
                DirEntry(b"..", own, abi.FILETYPE_DIRECTORY),
            ]
            with os.scandir(self._fd) as listing:
                for entry in listing:
                    if entry.is_symlink():
                        kind = abi.FILETYPE_SYMBOLIC_LINK
                    elif entry.is_dir(follow_symlinks=False):
                        kind = abi.FILETYPE_DIRECTORY
                    elif entry.is_file(follow_symlinks=False):
                        kind = abi.FILETYPE_REGULAR_FILE
                    else:
                        kind = self._other_type(entry.name)
                    found.append(DirEntry(os.fsencode(entry.name), entry.inode(), kind))
            self._entries = found
        return self._entries

    def _other_type(self, name: str) -> int:
        try:
            info = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except OSError:  # gone in the meantime
            return abi.FILETYPE_UNKNOWN
        return abi.filetype_of(info.st_mode)

    def open(self, path: bytes, follow: bool, oflags: int, rights: int, flags: int) -> Descriptor:
        if oflags & abi.OFLAG_DIRECTORY and oflags & (
            abi.OFLAG_CREAT | abi.OFLAG_EXCL | abi.OFLAG_TRUNC
        ):
            raise failure(errno.EINVAL)
        exclusive = oflags & abi.OFLAG_CREAT and oflags & abi.OFLAG_EXCL
        place = resolve(self._fd, path, (follow and not exclusive) or path.endswith(b"/"))
        try:
            if place.folder_only and oflags & abi.OFLAG_CREAT:
                raise failure(errno.EISDIR)
            fd = os.open(
                place.name,
                _open_flags(oflags, rights, flags, place.folder_only),
                0o666,
                dir_fd=place.parent,
            )
        finally:
            place.close()
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            os.close(fd)
            raise
        if stat.S_ISDIR(mode):
            return HostFolder(fd)
        return HostFile(fd, mode, rights, flags)

    def make_folder(self, path: bytes) -> None:
        place = resolve(self._fd, path, False)
        try:
            os.mkdir(place.name, 0o777, dir_fd=place.parent)
        finally:
            place.close()

    def stat_at(self, path: bytes, follow: bool) -> FileStat:
        place = resolve(self._fd, path, follow or path.endswith(b"/"))
        try:
            info = place.lstat()
            if place.folder_only and not stat.S_ISDIR(info.st_mode):
                raise failure(errno.ENOTDIR)
            return _file_stat(info)
        finally:
            place.close()

    def set_times_at(self, path: bytes, follow: bool, atim: int | None, mtim: int | None) -> None:
        place = resolve(self._fd, path, follow or path.endswith(b"/"))
        try:
            place.check_folder()
            times = _times(place.lstat(), atim, mtim)
            os.utime(place.name, ns=times, dir_fd=place.parent, follow_symlinks=False)
        finally:
            place.close()

    def link(self, path: bytes, follow: bool, target: Descriptor, target_path: bytes) -> None:
        if follow:
            raise failure(errno.EINVAL)
        if not isinstance(target, HostFolder):
            raise failure(errno.EXDEV)
        source_place = resolve(self._fd, path, False)
        try:
            source_place.check_folder()
            target_place = resolve(target._fd, target_path, False)
            try:
                _check_new(target_place)
                os.link(
                    source_place.name,
                    target_place.name,
                    src_dir_fd=source_place.parent,
                    dst_dir_fd=target_place.parent,
                    follow_symlinks=False,
                )
            finally:
                target_place.close()
        finally:
            source_place.close()

    def rename(self, path: bytes, target: Descriptor, target_path: bytes) -> None:
        if not isinstance(target, HostFolder):
            raise failure(errno.EXDEV)
        source_place = resolve(self._fd, path, False)
        try:
            source_place.check_folder()
            target_place = resolve(target._fd, target_path, False)
            try:
                if target_place.folder_only and not source_place.is_folder():
                    raise failure(errno.ENOTDIR)
                os.rename(
                    source_place.name,
                    target_place.name,
                    src_dir_fd=source_place.parent,
                    dst_dir_fd=target_place.parent,
                )
            finally:
                target_place.close()
        finally:
            source_place.close()

    def read_link(self, path: bytes) -> bytes:
        place = resolve(self._fd, path, False)
        try:
            if place.folder_only:
                place.check_folder()
                raise failure(errno.EINVAL)
            text = os.readlink(place.name, dir_fd=place.parent)
        finally:
            place.close()
        if text.startswith(b"/"):  # a host path, which the guest should not learn
            raise failure(errno.EPERM)
        return text

    def symlink(self, contents: bytes, path: bytes) -> None:
        if not contents:
            raise failure(errno.ENOENT)
        if b"\0" in contents:
            raise failure(errno.EINVAL)
        if contents.startswith(b"/"):
            raise failure(errno.EPERM)
        place = resolve(self._fd, path, False)
        try:
            _check_new(place)
            os.symlink(contents, place.name, dir_fd=place.parent)
        finally:
            place.close()

    def unlink(self, path: bytes) -> None:
        place = resolve(self._fd, path, False)
        try:
            if place.folder_only:
                raise failure(errno.EISDIR if place.is_folder() else errno.ENOTDIR)
            try:
                os.unlink(place.name, dir_fd=place.parent)
            except PermissionError:
                if sys.platform != "linux" and place.is_folder():
                    raise failure(errno.EISDIR) from None
                raise
        finally:
            place.close()

    def remove_folder(self, path: bytes) -> None:
        place = resolve(self._fd, path, False)
        try:
            os.rmdir(place.name, dir_fd=place.parent)
        finally:
            place.close()


def _check_new(place: Place) -> None:
    """Refuse a trailing slash where something that is no folder is going to be made."""
    if place.folder_only:
        raise failure(errno.EEXIST if place.is_folder() else errno.ENOTDIR)


def _open_flags(oflags: int, rights: int, flags: int, folder_only: bool) -> int:
    write = rights & abi.RIGHT_FD_WRITE != 0
    if write or oflags & abi.OFLAG_TRUNC:
        host = os.O_RDWR if rights & abi.RIGHT_FD_READ or not write else os.O_WRONLY
    else:
        host = os.O_RDONLY
    host |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
    if oflags & abi.OFLAG_CREAT:
        host |= os.O_CREAT
    if oflags & abi.OFLAG_EXCL:
        host |= os.O_EXCL
    if oflags & abi.OFLAG_TRUNC:
        host |= os.O_TRUNC
    if oflags & abi.OFLAG_DIRECTORY or folder_only:
        host |= os.O_DIRECTORY
    if flags & abi.FDFLAG_APPEND:
        host |= os.O_APPEND
    if flags & abi.FDFLAG_NONBLOCK:
        host |= os.O_NONBLOCK
    if flags & abi.FDFLAG_DSYNC:
        host |= os.O_DSYNC
    if flags & (abi.FDFLAG_SYNC | abi.FDFLAG_RSYNC):
        host |= os.O_SYNC
    return host


def grant(host: str | bytes | os.PathLike[str], guest: str) -> HostFolder:
    """Open a host folder to be granted under the guest's name `guest`.

    Raises OSError where it cannot be opened or is no folder.
    """
    folder = HostFolder(os.open(host, _FOLDER_FLAGS))
    folder.preopen = os.fsencode(guest)
    return folder
