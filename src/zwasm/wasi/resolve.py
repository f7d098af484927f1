"""Resolving guests' paths beneath a granted host folder.

In: a folder open as a host descriptor, and a path as a guest wrote it. Out: a `Place`, the open
folder that the path leads to and the last component, which callers hand to the host relative to
that folder and never followed if it is a link.

Where the kernel has `openat2` (Linux 5.6), it opens the folder with RESOLVE_BENEATH. Elsewhere,
and where it gives up, the path is walked one component at a time, each opened relative to the
one before and never through a symbolic link: a link's text is read and walked here, by the same
rules. Going up means going back to the descriptor that was open before. Either way neither `..`
nor a folder that is moved or replaced by a link meanwhile leads out. Paths stay bytes, so names
that are no UTF-8 work.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
from typing import Any, Final

from zwasm.wasi.descriptors import failure

MAX_LINKS: Final = 40  # symbolic links followed in one path
MAX_PATH: Final = 4_096  # bytes
MAX_LINK: Final = 4_095  # bytes that a symbolic link says

# Folders on the way are only searched, which O_PATH allows without the right to list them.
_SEARCH: Final = (
    os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
)

_OPENAT2: Final = 437  # the system call's number on every architecture
_RESOLVE: Final = 0x08 | 0x02  # RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS
# What openat2 is told: flags, mode, resolve.
_HOW: Final = struct.pack("<QQQ", _SEARCH & ~os.O_NOFOLLOW, 0, _RESOLVE)
_UNSURE: Final = (errno.EAGAIN, errno.EINTR)  # ask again, differently


class Place:
    """A resolved path: `name`, a single component, in the folder open as `parent`.

    `folder_only` says that the path ended in a slash. The descriptors that resolving opened stay
    open until `close`.
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

    def is_link(self) -> bool:
        """Whether a symbolic link is there."""
        return stat.S_ISLNK(self.lstat().st_mode)

    def lstat(self) -> os.stat_result:
        return os.stat(self.name, dir_fd=self.parent, follow_symlinks=False)

    def check_folder(self) -> None:
        """Raise ENOTDIR where the path ended in a slash and something else is there."""
        if self.folder_only and not self.is_folder():
            raise failure(errno.ENOTDIR)

    def check_new(self) -> None:
        """Refuse a trailing slash where something that is no folder is going to be made."""
        if self.folder_only:
            raise failure(errno.EEXIST if self.is_folder() else errno.ENOTDIR)


def _close_walk(fds: list[int]) -> None:
    while len(fds) > 1:
        os.close(fds.pop())


def check_path(path: bytes) -> None:
    """Refuse what no path beneath a folder looks like; EPERM for an absolute one."""
    if not path:
        raise failure(errno.ENOENT)
    if b"\0" in path:
        raise failure(errno.EINVAL)
    if len(path) > MAX_PATH:
        raise failure(errno.ENAMETOOLONG)
    if path.startswith(b"/"):
        raise failure(errno.EPERM)


def check_link(contents: bytes) -> None:
    """Refuse what no guest's symbolic link may say: nothing, or an absolute path."""
    if not contents:
        raise failure(errno.ENOENT)
    if b"\0" in contents:
        raise failure(errno.EINVAL)
    if len(contents) > MAX_LINK:
        raise failure(errno.ENAMETOOLONG)
    if contents.startswith(b"/"):
        raise failure(errno.EPERM)


def resolve(root: int, path: bytes, follow: bool) -> Place:
    """Resolve a guest's path from the folder open as `root`.

    With `follow`, a symbolic link as the last component is followed, too. Raises OSError with
    EPERM where the path leads out of the folder.
    """
    check_path(path)
    if _kernel.usable():
        place = _ask_kernel(root, path, follow)
        if place is not None:
            return place
    return walk(root, path, follow)


def walk(root: int, path: bytes, follow: bool) -> Place:
    """The same for a path that has been checked, without the kernel's help."""
    fds = [root]
    try:
        return _walk(fds, path, follow)
    except OSError:
        _close_walk(fds)
        raise


def _link_text(name: bytes, parent: int) -> bytes | None:
    """The text of a symbolic link, or None where `name` is no link or is not there."""
    try:
        return os.readlink(name, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
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


class _Kernel:
    """`openat2`, which Python has no function for."""

    def __init__(self) -> None:
        self._call: Any = None
        self._get_errno: Any = None
        self._known = not sys.platform.startswith("linux")

    def usable(self) -> bool:
        """Whether the kernel has the call and lets this process use it."""
        if not self._known:
            self._known = True
            self._find()
        return self._call is not None

    def _find(self) -> None:
        try:
            import ctypes

            call = ctypes.CDLL(None, use_errno=True).syscall
            call.restype = ctypes.c_long
            call.argtypes = [
                ctypes.c_long,
                ctypes.c_int,
                ctypes.c_char_p,
                ctypes.c_char_p,
                ctypes.c_size_t,
            ]
            self._get_errno = ctypes.get_errno
            here = os.open("/", _SEARCH)
            fd = call(_OPENAT2, here, b".", _HOW, len(_HOW))
            os.close(here)
        except (ImportError, AttributeError, OSError):
            return
        if fd >= 0:
            os.close(fd)
            self._call = call

    def folder(self, root: int, path: bytes) -> int:
        """Open the folder at a path beneath `root`; -1 where the kernel cannot tell."""
        fd: int = self._call(_OPENAT2, root, path, _HOW, len(_HOW))
        if fd >= 0:
            return fd
        number: int = self._get_errno()
        if number in _UNSURE:
            return -1
        raise failure(errno.EPERM if number == errno.EXDEV else number)


_kernel: Final = _Kernel()


def _ask_kernel(root: int, path: bytes, follow: bool) -> Place | None:
    links = 0
    while True:
        name = path.rstrip(b"/")
        folder_only = len(name) < len(path)
        slash = name.rfind(b"/")
        head = name[:slash] if slash >= 0 else b""
        name = name[slash + 1 :]
        if name in (b".", b".."):
            head = path
            name = b"."
            folder_only = True
        fds = [root]
        if head:
            parent = _kernel.folder(root, head)
            if parent < 0:
                return None
            fds.append(parent)
        if not follow:
            return Place(fds, name, folder_only)
        try:
            target = _link_text(name, fds[-1])
        except OSError:
            _close_walk(fds)
            raise
        if target is None:
            return Place(fds, name, folder_only)
        _close_walk(fds)
        links += 1
        if links > MAX_LINKS:
            raise failure(errno.ELOOP)
        if target.startswith(b"/"):
            raise failure(errno.EPERM)
        path = (head + b"/" if head else b"") + target + (b"/" if folder_only else b"")
        if len(path) > MAX_PATH:
            return None
