"""Granted host folders and the files in them.

In: host folders to grant, and paths as guests write them. Out: `HostFolder` and `HostFile`
descriptors. How paths are kept inside is `zwasm.wasi.resolve`'s affair; the last component is
always handed to the host relative to its folder's descriptor and with links not followed. What
guests call is in `zwasm.wasi.preview1`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Final

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.abi import FileStat
from zwasm.wasi.descriptors import Descriptor, DirEntry, Listing, failure
from zwasm.wasi.resolve import check_link, resolve
from zwasm.wasi.waiting import (
    READABLE,
    WRITABLE,
    Gate,
    may_block,
    read_blocking,
    write_blocking,
)

_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


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
    if max(times) > abi.MAX_OFFSET:
        raise failure(errno.EOVERFLOW)
    return times


def _check_offset(offset: int) -> None:
    if offset > abi.MAX_OFFSET:
        raise failure(errno.EINVAL)


class HostFile(Descriptor):
    """An open file of the host; the position is the host descriptor's."""

    def __init__(self, fd: int, mode: int, rights: int, flags: int) -> None:
        write = rights & abi.RIGHT_FD_WRITE
        read = rights & abi.RIGHT_FD_READ if write else abi.RIGHT_FD_READ
        shown = abi.RIGHTS_FILE & ~(abi.RIGHT_FD_READ | abi.RIGHT_FD_WRITE) | read | write
        super().__init__(shown, shown, flags)
        self._fd = fd
        self._type = abi.filetype_of(mode)
        self._readable = read != 0
        self._writable = write != 0
        self._waits = self._type != abi.FILETYPE_REGULAR_FILE and may_block(fd)
        self.read_only = False  # neither can its times be set

    def is_file(self) -> bool:
        return True

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

    def read(self, views: list[memoryview], store: Store | None) -> int:
        if not self._readable:
            raise failure(errno.EBADF)
        if self._waits:
            now = self.flags & abi.FDFLAG_NONBLOCK != 0
            return read_blocking(Gate(self._fd, READABLE), self._fd, views, store, now)
        return os.readv(self._fd, views)

    def write(self, views: list[memoryview], store: Store | None) -> int:
        if not self._writable:
            raise failure(errno.EBADF)
        if self._waits:
            now = self.flags & abi.FDFLAG_NONBLOCK != 0
            return write_blocking(Gate(self._fd, WRITABLE), self._fd, views, store, now)
        if len(views) == 1:
            return os.write(self._fd, views[0])
        return os.writev(self._fd, views)

    def pread(self, views: list[memoryview], offset: int) -> int:
        if not self._readable:
            raise failure(errno.EBADF)
        _check_offset(offset)
        return os.preadv(self._fd, views, offset)

    def pwrite(self, views: list[memoryview], offset: int) -> int:
        if not self._writable:
            raise failure(errno.EBADF)
        _check_offset(offset)
        if self.flags & abi.FDFLAG_APPEND == 0:
            return os.pwritev(self._fd, views, offset)
        # Linux appends whatever the offset while the flag is set, which no guest expects.
        self._set_host_flags(self.flags & ~abi.FDFLAG_APPEND)
        try:
            return os.pwritev(self._fd, views, offset)
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
        if offset + length > abi.MAX_OFFSET:
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
            raise failure(errno.EPERM if self.read_only else errno.EINVAL)
        _check_offset(size)
        os.ftruncate(self._fd, size)

    def stat(self) -> FileStat:
        return _file_stat(os.fstat(self._fd))

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        if self.read_only:
            raise failure(errno.EPERM)
        os.utime(self._fd, ns=_times(os.fstat(self._fd), atim, mtim))


class HostFolder(Descriptor):
    """An open folder of the host, the root of every path resolved in it. With `read_only`,
    nothing in it can be changed."""

    def __init__(self, fd: int, read_only: bool) -> None:
        base = abi.RIGHTS_FOLDER
        inheriting = abi.RIGHTS_FOLDER | abi.RIGHTS_FILE
        if read_only:
            base &= ~abi.RIGHTS_CHANGE
            inheriting &= ~abi.RIGHTS_CHANGE
        super().__init__(base, inheriting)
        self._fd = fd
        self._read_only = read_only
        self._listing = Listing()

    def is_folder(self) -> bool:
        return True

    def filetype(self) -> int:
        return abi.FILETYPE_DIRECTORY

    def can_poll(self, write: bool) -> bool:
        return False

    def close(self) -> None:
        os.close(self._fd)

    def seek(self, offset: int, whence: int) -> int:
        raise failure(errno.EBADF)

    def stat(self) -> FileStat:
        return _file_stat(os.fstat(self._fd))

    def _check_changes(self) -> None:
        if self._read_only:
            raise failure(errno.EPERM)

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        self._check_changes()
        os.utime(self._fd, ns=_times(os.fstat(self._fd), atim, mtim))

    def sync(self, data_only: bool) -> None:
        os.fsync(self._fd)

    def set_flags(self, flags: int) -> None:
        raise failure(errno.EBADF)

    def listing(self, refresh: bool) -> Listing:
        if refresh or not self._listing.fresh:
            own = os.fstat(self._fd).st_ino
            # What lies above the folder is none of the guest's business, its number neither.
            found = [
                DirEntry(b".", own, abi.FILETYPE_DIRECTORY),
                DirEntry(b"..", own, abi.FILETYPE_DIRECTORY),
            ]
            with os.scandir(self._fd) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        kind = abi.FILETYPE_SYMBOLIC_LINK
                    elif entry.is_dir(follow_symlinks=False):
                        kind = abi.FILETYPE_DIRECTORY
                    elif entry.is_file(follow_symlinks=False):
                        kind = abi.FILETYPE_REGULAR_FILE
                    else:
                        kind = self._other_type(entry.name)
                    found.append(DirEntry(os.fsencode(entry.name), entry.inode(), kind))
            self._listing.update(found)
        return self._listing

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
        if self._read_only and (
            rights & abi.RIGHT_FD_WRITE or oflags & (abi.OFLAG_CREAT | abi.OFLAG_TRUNC)
        ):
            raise failure(errno.EPERM)
        if oflags & abi.OFLAG_CREAT and oflags & abi.OFLAG_EXCL:
            follow = False
        elif path.endswith(b"/"):
            follow = True
        host_flags = _open_flags(oflags, rights, flags)
        fd = -1
        if follow:
            # Most names are no links: it takes less to see that opening than beforehand.
            fd = self._try_open(path, host_flags)
        if fd < 0:
            fd = self._open_place(path, follow, host_flags)
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            os.close(fd)
            raise
        if stat.S_ISDIR(mode):
            return HostFolder(fd, self._read_only)
        if not stat.S_ISREG(mode) and flags & abi.FDFLAG_NONBLOCK == 0:
            os.set_blocking(fd, True)
        opened = HostFile(fd, mode, rights, flags)
        if self._read_only:
            opened.rights &= ~abi.RIGHTS_CHANGE
            opened.read_only = True
        return opened

    def _try_open(self, path: bytes, host_flags: int) -> int:
        """The same without following links; -1 where there is one, or a slash at the end."""
        place = resolve(self._fd, path, False)
        try:
            if place.folder_only:
                return -1
            return os.open(place.name, host_flags, 0o666, dir_fd=place.parent)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            return -1
        finally:
            place.close()

    def _open_place(self, path: bytes, follow: bool, host_flags: int) -> int:
        place = resolve(self._fd, path, follow)
        try:
            if place.folder_only and host_flags & os.O_CREAT == 0:
                host_flags |= os.O_DIRECTORY
            elif place.folder_only and place.name != b".":
                raise failure(errno.EISDIR)
            try:
                return os.open(place.name, host_flags, 0o666, dir_fd=place.parent)
            except NotADirectoryError:
                if not place.folder_only and place.is_link():
                    raise failure(errno.ELOOP) from None
                raise
        finally:
            place.close()

    def make_folder(self, path: bytes) -> None:
        self._check_changes()
        place = resolve(self._fd, path, False)
        try:
            os.mkdir(place.name, 0o777, dir_fd=place.parent)
        finally:
            place.close()

    def stat_at(self, path: bytes, follow: bool) -> FileStat:
        place = resolve(self._fd, path, path.endswith(b"/"))
        try:
            info = place.lstat()
            if follow and stat.S_ISLNK(info.st_mode):
                place.close()
                place = resolve(self._fd, path, True)
                info = place.lstat()
            if place.folder_only and not stat.S_ISDIR(info.st_mode):
                raise failure(errno.ENOTDIR)
            return _file_stat(info)
        finally:
            place.close()

    def set_times_at(self, path: bytes, follow: bool, atim: int | None, mtim: int | None) -> None:
        self._check_changes()
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
        self._check_changes()
        target._check_changes()
        source_place = resolve(self._fd, path, path.endswith(b"/"))
        try:
            target_place = resolve(target._fd, target_path, target_path.endswith(b"/"))
            try:
                source_place.check_folder()
                target_place.check_new()
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
        self._check_changes()
        target._check_changes()
        source_place = resolve(self._fd, path, False)
        try:
            target_place = resolve(target._fd, target_path, False)
            try:
                if target_place.name == b".":
                    raise failure(errno.EBUSY)
                source_place.check_folder()
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
        place = resolve(self._fd, path, path.endswith(b"/"))
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
        self._check_changes()
        check_link(contents)
        place = resolve(self._fd, path, path.endswith(b"/"))
        try:
            place.check_new()
            os.symlink(contents, place.name, dir_fd=place.parent)
        finally:
            place.close()

    def unlink(self, path: bytes) -> None:
        self._check_changes()
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
        self._check_changes()
        place = resolve(self._fd, path, False)
        try:
            os.rmdir(place.name, dir_fd=place.parent)
        finally:
            place.close()


def _open_flags(oflags: int, rights: int, flags: int) -> int:
    write = rights & abi.RIGHT_FD_WRITE != 0
    if write or oflags & abi.OFLAG_TRUNC:
        host = os.O_RDWR if rights & abi.RIGHT_FD_READ or not write else os.O_WRONLY
    else:
        host = os.O_RDONLY
    # Opening a named pipe must not wait for its other end where no time limit would end it.
    host |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    if oflags & abi.OFLAG_CREAT:
        host |= os.O_CREAT
        if oflags & abi.OFLAG_EXCL:
            host |= os.O_EXCL
    if oflags & abi.OFLAG_TRUNC:
        host |= os.O_TRUNC
    if oflags & abi.OFLAG_DIRECTORY:
        host |= os.O_DIRECTORY
    if flags & abi.FDFLAG_APPEND:
        host |= os.O_APPEND
    if flags & abi.FDFLAG_DSYNC:
        host |= os.O_DSYNC
    if flags & (abi.FDFLAG_SYNC | abi.FDFLAG_RSYNC):
        host |= os.O_SYNC
    return host


def grant(host: str | bytes | os.PathLike[str], guest: str, read_only: bool = False) -> HostFolder:
    """Open a host folder to be granted under the guest's name `guest`.

    Raises OSError where it cannot be opened or is no folder.
    """
    folder = HostFolder(os.open(host, _FOLDER_FLAGS), read_only)
    folder.preopen = os.fsencode(guest)
    return folder
