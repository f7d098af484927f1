"""Folders in memory: a tree of nodes, and the descriptors by which guests use it.

In: a tree, which Python fills and reads through `zwasm.wasi.directory`, and paths as guests
write them. Out: `VirtualFolder` and `VirtualFile`, which do what `HostFolder` and `HostFile` of
`zwasm.wasi.filesystem` do. Paths are resolved by the same rules.

A tree has a limit on the bytes that it takes, names and contents together, so that a guest
cannot use up the host's memory.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Final

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.abi import FileStat
from zwasm.wasi.descriptors import Descriptor, DirEntry, Listing, failure
from zwasm.wasi.guest import total_size
from zwasm.wasi.resolve import MAX_LINKS, check_link, check_path
from zwasm.wasi.streams import scatter

MAX_NAME: Final = 255  # bytes
NODE_SIZE: Final = 512  # bytes that a node counts for, its name apart
_MAX_TIME: Final = (1 << 63) - 1


class Tree:
    """What the nodes of one tree share: numbers, the limit, and the clock."""

    def __init__(self, limit: int) -> None:
        self.limit = limit  # bytes
        self.used = 0
        self.number = _next_tree()
        self._inodes = 0
        self.clock: Callable[[int], int] | None = None  # a guest's, while it runs

    def inode(self) -> int:
        self._inodes += 1
        return self._inodes

    def now(self) -> int:
        """Nanoseconds since 1970."""
        return time.time_ns() if self.clock is None else self.clock(abi.CLOCK_REALTIME)

    def take(self, size: int) -> None:
        """Account for so many more bytes. Raises ENOSPC where the limit forbids them."""
        if size > 0 and self.used + size > self.limit:
            raise failure(errno.ENOSPC)
        self.used += size


class _Counter:
    value = 0


_trees: Final = _Counter()


def _next_tree() -> int:
    _trees.value += 1
    return _trees.value


class Node:
    """What files, folders and links have in common; times are nanoseconds since 1970."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.ino = tree.inode()
        self.links = 0  # names that it has
        self.opened = 0  # descriptors
        self.counted = False  # whether the tree's bytes include it
        self.atim = self.mtim = self.ctim = tree.now()

    def filetype(self) -> int:
        return abi.FILETYPE_UNKNOWN

    def size(self) -> int:
        return 0

    def changed(self) -> None:
        """Note that the contents have changed."""
        self.mtim = self.ctim = self.tree.now()

    def release(self) -> None:
        """Give back the bytes of a node that nothing refers to any more."""
        if self.counted and self.links == 0 and self.opened == 0:
            self.tree.take(-self.size() - NODE_SIZE)
            self.counted = False

    def stat(self) -> FileStat:
        return FileStat(
            self.filetype(),
            dev=self.tree.number,
            ino=self.ino,
            nlink=self.links,
            size=self.size(),
            atim=self.atim,
            mtim=self.mtim,
            ctim=self.ctim,
        )

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        if max(atim or 0, mtim or 0) > _MAX_TIME:
            raise failure(errno.EOVERFLOW)
        if atim is not None:
            self.atim = atim
        if mtim is not None:
            self.mtim = mtim
        self.ctim = self.tree.now()


class FileNode(Node):
    """A file's contents."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self.data = bytearray()

    def filetype(self) -> int:
        return abi.FILETYPE_REGULAR_FILE

    def size(self) -> int:
        return len(self.data)

    def resize(self, size: int) -> None:
        """Cut the file, or add zeros to it."""
        data = self.data
        grown = size - len(data)
        self.tree.take(grown)
        if grown > 0:
            try:
                data.extend(bytes(grown))
            except MemoryError:
                self.tree.take(-grown)
                raise failure(errno.ENOSPC) from None
        elif grown < 0:
            del data[size:]
        self.changed()

    def read_at(self, views: list[memoryview], offset: int) -> int:
        if offset >= len(self.data):
            return 0
        end = min(len(self.data), offset + total_size(views))
        with memoryview(self.data) as contents:
            return scatter_view(views, contents[offset:end])

    def write_at(self, views: list[memoryview], offset: int) -> int:
        """Write, making the file longer where it must be. Raises ENOSPC if it must not."""
        end = offset + total_size(views)
        if end == offset:
            return 0
        if end > len(self.data):
            self.resize(end)
        position = offset
        data = self.data
        for view in views:
            data[position : position + len(view)] = view
            position += len(view)
        self.changed()
        return position - offset


def scatter_view(views: list[memoryview], contents: memoryview) -> int:
    """Fill the views in turn with what fits; how many bytes it was."""
    if len(views) > 1:
        return scatter(views, bytes(contents))
    views[0][: len(contents)] = contents
    return len(contents)


class LinkNode(Node):
    """A symbolic link."""

    def __init__(self, tree: Tree, text: bytes) -> None:
        super().__init__(tree)
        self.text = text

    def filetype(self) -> int:
        return abi.FILETYPE_SYMBOLIC_LINK

    def size(self) -> int:
        return len(self.text)


class FolderNode(Node):
    """A folder: nodes by their names. `parent` is None for the root, and for a folder that was
    removed."""

    def __init__(self, tree: Tree, parent: FolderNode | None) -> None:
        super().__init__(tree)
        self.entries: dict[bytes, Node] = {}
        self.parent = parent

    def filetype(self) -> int:
        return abi.FILETYPE_DIRECTORY

    def add(self, name: bytes, node: Node) -> None:
        """Give a node a name that is free here. Raises ENOSPC and what `check_name` raises."""
        self.check_name(name)
        self.tree.take(len(name) + (0 if node.counted else NODE_SIZE + node.size()))
        node.counted = True
        self.entries[name] = node
        node.links += 1
        node.ctim = self.tree.now()
        if isinstance(node, FolderNode):
            node.parent = self
        self.changed()

    def check_name(self, name: bytes) -> None:
        """Raise ENAMETOOLONG, or ENOENT in a folder that was removed."""
        if len(name) > MAX_NAME:
            raise failure(errno.ENAMETOOLONG)
        if self.links == 0:
            raise failure(errno.ENOENT)

    def remove(self, name: bytes) -> None:
        """Take a name away."""
        node = self.entries.pop(name)
        self.tree.take(-len(name))
        node.links -= 1
        node.ctim = self.tree.now()
        if isinstance(node, FolderNode):
            node.parent = None
        node.release()
        self.changed()

    def is_within(self, folder: FolderNode) -> bool:
        """Whether it is the folder or lies beneath it."""
        node: FolderNode | None = self
        while node is not None:
            if node is folder:
                return True
            node = node.parent
        return False


def new_root(tree: Tree) -> FolderNode:
    """The root of a tree."""
    root = FolderNode(tree, None)
    root.links = 1
    return root


class NodePlace:
    """A resolved path: `name` in the folder `parent`, and the node there, if there is one."""

    __slots__ = ("folder_only", "name", "node", "parent")

    def __init__(self, parent: FolderNode, name: bytes, folder_only: bool) -> None:
        self.parent = parent
        self.name = name
        self.folder_only = folder_only
        self.node: Node | None = parent if name == b"." else parent.entries.get(name)

    def existing(self) -> Node:
        """The node; ENOENT if there is none, ENOTDIR if the path ended in a slash and it is no
        folder."""
        node = self.node
        if node is None:
            raise failure(errno.ENAMETOOLONG if len(self.name) > MAX_NAME else errno.ENOENT)
        if self.folder_only and not isinstance(node, FolderNode):
            raise failure(errno.ENOTDIR)
        return node

    def check_new(self) -> None:
        """Refuse a name that is taken, and a trailing slash, which only folders may have."""
        if self.node is not None:
            if self.folder_only and not isinstance(self.node, FolderNode):
                raise failure(errno.ENOTDIR)
            raise failure(errno.EEXIST)
        if self.folder_only:
            raise failure(errno.ENOENT)


def find(root: FolderNode, path: bytes, follow: bool) -> NodePlace:
    """Resolve a guest's path from a folder, as `zwasm.wasi.resolve.resolve` does on the host."""
    check_path(path)
    above = [root]
    pending = path.split(b"/")
    pending.reverse()
    links = 0
    while True:
        name = pending.pop()
        last = not any(pending)
        folder = above[-1]
        if name in (b"", b"."):
            if last:
                return NodePlace(folder, b".", True)
            continue
        if name == b"..":
            if len(above) == 1:
                raise failure(errno.EPERM)
            above.pop()
            if last:
                return NodePlace(above[-1], b".", True)
            continue
        node = folder.entries.get(name)
        if isinstance(node, LinkNode) and (follow or not last):
            links += 1
            if links > MAX_LINKS:
                raise failure(errno.ELOOP)
            parts = node.text.split(b"/")
            parts.reverse()
            pending.extend(parts)
            continue
        if last:
            return NodePlace(folder, name, len(pending) > 0)
        if node is None:
            raise failure(errno.ENAMETOOLONG if len(name) > MAX_NAME else errno.ENOENT)
        if not isinstance(node, FolderNode):
            raise failure(errno.ENOTDIR)
        above.append(node)


class VirtualFile(Descriptor):
    """An open file of a tree."""

    def __init__(self, node: FileNode, rights: int, flags: int, read_only: bool) -> None:
        write = rights & abi.RIGHT_FD_WRITE
        read = rights & abi.RIGHT_FD_READ if write else abi.RIGHT_FD_READ
        shown = abi.RIGHTS_FILE & ~(abi.RIGHT_FD_READ | abi.RIGHT_FD_WRITE) | read | write
        if read_only:
            shown &= ~abi.RIGHTS_CHANGE
        super().__init__(shown, shown, flags)
        self._node = node
        self._position = 0
        self._readable = read != 0
        self._writable = write != 0
        self._read_only = read_only
        node.opened += 1

    def is_file(self) -> bool:
        return True

    def filetype(self) -> int:
        return abi.FILETYPE_REGULAR_FILE

    def readable_bytes(self) -> int:
        return max(0, self._node.size() - self._position)

    def close(self) -> None:
        self._node.opened -= 1
        self._node.release()

    def read(self, views: list[memoryview], store: Store | None) -> int:
        size = self.pread(views, self._position)
        self._position += size
        return size

    def write(self, views: list[memoryview], store: Store | None) -> int:
        if self.flags & abi.FDFLAG_APPEND:
            self._position = self._node.size()
        size = self.pwrite(views, self._position)
        self._position += size
        return size

    def pread(self, views: list[memoryview], offset: int) -> int:
        if not self._readable:
            raise failure(errno.EBADF)
        if offset > abi.MAX_OFFSET:
            raise failure(errno.EINVAL)
        return self._node.read_at(views, offset)

    def pwrite(self, views: list[memoryview], offset: int) -> int:
        if not self._writable:
            raise failure(errno.EBADF)
        if offset > abi.MAX_OFFSET:
            raise failure(errno.EINVAL)
        return self._node.write_at(views, offset)

    def seek(self, offset: int, whence: int) -> int:
        position = offset
        if whence == abi.WHENCE_CUR:
            position += self._position
        elif whence == abi.WHENCE_END:
            position += self._node.size()
        if not 0 <= position <= abi.MAX_OFFSET:
            raise failure(errno.EINVAL)
        self._position = position
        return position

    def advise(self, offset: int, length: int, advice: int) -> None:
        if offset > abi.MAX_OFFSET or length > abi.MAX_OFFSET:
            raise failure(errno.EINVAL)

    def allocate(self, offset: int, length: int) -> None:
        if not self._writable:
            raise failure(errno.EBADF)
        if length == 0:
            raise failure(errno.EINVAL)
        if offset + length > abi.MAX_OFFSET:
            raise failure(errno.EFBIG)
        if offset + length > self._node.size():
            self._node.resize(offset + length)

    def sync(self, data_only: bool) -> None:
        return

    def set_flags(self, flags: int) -> None:
        if flags & (abi.FDFLAG_DSYNC | abi.FDFLAG_SYNC | abi.FDFLAG_RSYNC):
            raise failure(errno.EINVAL)
        self.flags = flags

    def set_size(self, size: int) -> None:
        if not self._writable or size > abi.MAX_OFFSET:
            raise failure(errno.EPERM if self._read_only else errno.EINVAL)
        self._node.resize(size)

    def stat(self) -> FileStat:
        return self._node.stat()

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        if self._read_only:
            raise failure(errno.EPERM)
        self._node.set_times(atim, mtim)


class VirtualFolder(Descriptor):
    """An open folder of a tree, the root of every path resolved in it. With `read_only`, nothing
    in it can be changed."""

    def __init__(self, node: FolderNode, read_only: bool) -> None:
        base = abi.RIGHTS_FOLDER
        inheriting = abi.RIGHTS_FOLDER | abi.RIGHTS_FILE
        if read_only:
            base &= ~abi.RIGHTS_CHANGE
            inheriting &= ~abi.RIGHTS_CHANGE
        super().__init__(base, inheriting)
        self._node = node
        self._read_only = read_only
        self._listing = Listing()
        node.opened += 1

    def is_folder(self) -> bool:
        return True

    def filetype(self) -> int:
        return abi.FILETYPE_DIRECTORY

    def can_poll(self, write: bool) -> bool:
        return False

    def close(self) -> None:
        self._node.opened -= 1
        self._node.release()

    def sync(self, data_only: bool) -> None:
        return

    def stat(self) -> FileStat:
        return self._node.stat()

    def check_changes(self) -> None:
        """Raise EPERM where nothing can be changed."""
        if self._read_only:
            raise failure(errno.EPERM)

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        self.check_changes()
        self._node.set_times(atim, mtim)

    def listing(self, refresh: bool) -> Listing:
        if refresh or not self._listing.fresh:
            own = self._node.ino
            found = [
                DirEntry(b".", own, abi.FILETYPE_DIRECTORY),
                DirEntry(b"..", own, abi.FILETYPE_DIRECTORY),
            ]
            for name, node in self._node.entries.items():
                found.append(DirEntry(name, node.ino, node.filetype()))
            self._listing.update(found)
        return self._listing

    def open(self, path: bytes, follow: bool, oflags: int, rights: int, flags: int) -> Descriptor:
        create = oflags & abi.OFLAG_CREAT != 0
        truncate = oflags & abi.OFLAG_TRUNC != 0
        exclusive = create and oflags & abi.OFLAG_EXCL != 0
        folder_only = oflags & abi.OFLAG_DIRECTORY != 0
        if folder_only and oflags & (abi.OFLAG_CREAT | abi.OFLAG_EXCL | abi.OFLAG_TRUNC):
            raise failure(errno.EINVAL)
        write = rights & abi.RIGHT_FD_WRITE != 0
        if write or create or truncate:
            self.check_changes()
        place = find(self._node, path, not exclusive and (follow or path.endswith(b"/")))
        node = place.node
        if place.folder_only and create and place.name != b".":
            raise failure(errno.EISDIR)
        if node is None and create:
            made = FileNode(self._node.tree)
            place.parent.add(place.name, made)
            return VirtualFile(made, rights, flags, False)
        node = place.existing()
        if exclusive:
            raise failure(errno.EEXIST)
        if isinstance(node, FolderNode):
            if write or truncate or create:
                raise failure(errno.EISDIR)
            return VirtualFolder(node, self._read_only)
        if isinstance(node, LinkNode):
            raise failure(errno.ELOOP)
        if folder_only or not isinstance(node, FileNode):
            raise failure(errno.ENOTDIR)
        if truncate:
            node.resize(0)
        return VirtualFile(node, rights, flags, self._read_only)

    def make_folder(self, path: bytes) -> None:
        self.check_changes()
        place = find(self._node, path, False)
        if place.node is not None:
            raise failure(errno.EEXIST)
        place.parent.add(place.name, FolderNode(self._node.tree, None))

    def stat_at(self, path: bytes, follow: bool) -> FileStat:
        return find(self._node, path, follow or path.endswith(b"/")).existing().stat()

    def set_times_at(self, path: bytes, follow: bool, atim: int | None, mtim: int | None) -> None:
        self.check_changes()
        place = find(self._node, path, follow or path.endswith(b"/"))
        place.existing().set_times(atim, mtim)

    def _other(self, target: Descriptor) -> VirtualFolder:
        """The target of an operation on two folders, if it is in the same tree."""
        if not isinstance(target, VirtualFolder) or target._node.tree is not self._node.tree:
            raise failure(errno.EXDEV)
        self.check_changes()
        target.check_changes()
        return target

    def link(self, path: bytes, follow: bool, target: Descriptor, target_path: bytes) -> None:
        if follow:
            raise failure(errno.EINVAL)
        other = self._other(target)
        place = find(self._node, path, path.endswith(b"/"))
        new = find(other._node, target_path, target_path.endswith(b"/"))
        if place.folder_only:
            place.existing()
        if new.folder_only:
            new.check_new()
        node = place.existing()
        new.check_new()
        new.parent.check_name(new.name)
        if isinstance(node, FolderNode):
            raise failure(errno.EPERM)
        new.parent.add(new.name, node)

    def rename(self, path: bytes, target: Descriptor, target_path: bytes) -> None:
        other = self._other(target)
        place = find(self._node, path, False)
        new = find(other._node, target_path, False)
        if place.name == b"." or new.name == b".":
            raise failure(errno.EBUSY)
        if place.folder_only:
            place.existing()
        node = place.existing()
        if new.folder_only and not isinstance(node, FolderNode):
            raise failure(errno.ENOTDIR)
        new.parent.check_name(new.name)
        old = new.node
        if isinstance(node, FolderNode) and new.parent.is_within(node):
            raise failure(errno.EINVAL)
        if isinstance(old, FolderNode) and place.parent.is_within(old):
            raise failure(errno.ENOTEMPTY)
        if old is node:
            return
        if isinstance(node, FolderNode) and old is not None:
            if not isinstance(old, FolderNode):
                raise failure(errno.ENOTDIR)
            if old.entries:
                raise failure(errno.ENOTEMPTY)
        elif isinstance(old, FolderNode):
            raise failure(errno.EISDIR)
        tree = node.tree
        longer = len(new.name) - len(place.name)
        tree.take(longer)  # before anything is changed
        tree.take(-longer)
        if old is not None:
            new.parent.remove(new.name)
        node.opened += 1  # so that it is not given back while it has no name
        place.parent.remove(place.name)
        new.parent.add(new.name, node)
        node.opened -= 1

    def read_link(self, path: bytes) -> bytes:
        place = find(self._node, path, path.endswith(b"/"))
        node = place.existing()
        if not isinstance(node, LinkNode):
            raise failure(errno.EINVAL)
        return node.text

    def symlink(self, contents: bytes, path: bytes) -> None:
        self.check_changes()
        check_link(contents)
        place = find(self._node, path, path.endswith(b"/"))
        place.check_new()
        place.parent.add(place.name, LinkNode(self._node.tree, contents))

    def unlink(self, path: bytes) -> None:
        self.check_changes()
        place = find(self._node, path, False)
        node = place.existing()
        if isinstance(node, FolderNode):
            raise failure(errno.EISDIR)
        place.parent.remove(place.name)

    def remove_folder(self, path: bytes) -> None:
        self.check_changes()
        place = find(self._node, path, False)
        if place.name == b".":
            raise failure(errno.EINVAL)
        node = place.existing()
        if not isinstance(node, FolderNode):
            raise failure(errno.ENOTDIR)
        if node.entries:
            raise failure(errno.ENOTEMPTY)
        place.parent.remove(place.name)
