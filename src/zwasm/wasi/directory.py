"""`Directory`, a folder in memory that guests are granted, and `ReadOnly`.

In: names and contents from Python. Out: the same after guests have changed them. What guests do
with it is in `zwasm.wasi.virtual`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Final

from zwasm.wasi.resolve import check_link
from zwasm.wasi.virtual import (
    FileNode,
    FolderNode,
    LinkNode,
    Node,
    NodePlace,
    Tree,
    VirtualFolder,
    find,
    new_root,
)

DEFAULT_LIMIT: Final = 256 << 20


class Directory(MutableMapping[str, "bytes"]):
    """A folder in memory, to be granted to guests: `Wasi(dirs={"/data": Directory(files)})`.

    It is a mapping of the paths of its files, with slashes, to their contents:

        folder = zwasm.Directory({"in.txt": b"some text", "sub/more.txt": b"more"})
        zwasm.Wasi(args=["tool", "/data/in.txt"], dirs={"/data": folder}).run(module)
        folder["out.txt"]

    Assigning makes a file and the folders on its path, or gives a file that is there new contents;
    deleting removes a file and leaves the folder. Links are followed. Guests see changes at once,
    and their changes are seen here. Names that are no UTF-8 are strings as `os.fsdecode` makes.

    `limit` is how many bytes guests and Python can make it take, names and contents together,
    where every file, folder and link counts 512 bytes and its name; beyond, a guest gets ENOSPC
    and Python an OSError.
    """

    def __init__(
        self, files: Mapping[str, bytes] | None = None, *, limit: int = DEFAULT_LIMIT
    ) -> None:
        self._tree = Tree(limit)
        self._root = new_root(self._tree)
        for path, contents in ({} if files is None else files).items():
            self[path] = contents

    @property
    def used(self) -> int:
        """How many bytes of the limit are used."""
        return self._tree.used

    def __getitem__(self, path: str) -> bytes:
        """A file's contents. KeyError if there is none, IsADirectoryError for a folder."""
        node = self._find(path)
        if isinstance(node, FolderNode):
            raise IsADirectoryError(f"{path!r} is a folder")
        if not isinstance(node, FileNode):
            raise KeyError(path)
        return bytes(node.data)

    def __setitem__(self, path: str, contents: bytes) -> None:
        place = self._place(path)
        node = place.node
        if isinstance(node, FolderNode):
            raise IsADirectoryError(f"{path!r} is a folder")
        data = bytes(contents)
        if not isinstance(node, FileNode):
            node = FileNode(self._tree)
            place.parent.add(place.name, node)
        self._tree.take(len(data) - len(node.data))
        node.data[:] = data
        node.changed()

    def __delitem__(self, path: str) -> None:
        """Remove a file or a link. KeyError if there is none, IsADirectoryError for a folder."""
        try:
            place = find(self._root, _encoded(path), False)
        except OSError:
            raise KeyError(path) from None
        if isinstance(place.node, FolderNode):
            raise IsADirectoryError(f"{path!r} is a folder")
        if place.node is None or place.folder_only:
            raise KeyError(path)
        place.parent.remove(place.name)

    def __iter__(self) -> Iterator[str]:
        """The paths of all files, folder by folder."""
        return iter([path for path, node in self._walk() if isinstance(node, FileNode)])

    def __len__(self) -> int:
        """The number of files."""
        return sum(isinstance(node, FileNode) for _, node in self._walk())

    def __contains__(self, path: object) -> bool:
        try:
            return isinstance(path, str) and isinstance(self._find(path), FileNode)
        except (KeyError, ValueError):
            return False

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<zwasm.Directory of {len(self)} files>"

    def mkdir(self, path: str) -> None:
        """Make a folder, and those on its path. FileExistsError where there is something else."""
        place = self._place(path)
        if isinstance(place.node, FolderNode):
            return
        if place.node is not None:
            raise FileExistsError(f"{path!r} is no folder")
        place.parent.add(place.name, FolderNode(self._tree, None))

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link that says `target`, which is relative. FileExistsError where there
        is something already."""
        text = os.fsencode(target)
        check_link(text)
        place = self._place(path, follow=False)
        if place.node is not None:
            raise FileExistsError(f"{path!r} exists")
        place.parent.add(place.name, LinkNode(self._tree, text))

    def folders(self) -> list[str]:
        """The paths of all folders."""
        return [path for path, node in self._walk() if isinstance(node, FolderNode)]

    def links(self) -> dict[str, str]:
        """What the symbolic links say, by their paths."""
        return {
            path: os.fsdecode(node.text)
            for path, node in self._walk()
            if isinstance(node, LinkNode)
        }

    def granted(
        self, guest: str, read_only: bool, clock: Callable[[int], int] | None
    ) -> VirtualFolder:
        """A descriptor of the folder, granted under the guest's name `guest`. From now on times
        are taken from `clock`, if there is one."""
        if clock is not None:
            self._tree.clock = clock
        folder = VirtualFolder(self._root, read_only)
        folder.preopen = os.fsencode(guest)
        return folder

    def _walk(self) -> list[tuple[str, Node]]:
        found: list[tuple[str, Node]] = []
        left: list[tuple[bytes, FolderNode]] = [(b"", self._root)]
        while left:
            start, folder = left.pop()
            for name, node in folder.entries.items():
                path = start + name
                found.append((os.fsdecode(path), node))
                if isinstance(node, FolderNode):
                    left.append((path + b"/", node))
        return found

    def _find(self, path: str) -> Node:
        try:
            return find(self._root, _encoded(path), True).existing()
        except OSError:
            raise KeyError(path) from None

    def _place(self, path: str, follow: bool = True) -> NodePlace:
        """The place of a path whose folders are made where they are missing."""
        encoded = _encoded(path)
        name = encoded.rstrip(b"/")
        parts = name.split(b"/")
        for i in range(1, len(parts)):
            place = find(self._root, b"/".join(parts[:i]), True)
            if place.node is None:
                place.parent.add(place.name, FolderNode(self._tree, None))
        return find(self._root, name, follow)


class ReadOnly:
    """A folder, of the host or in memory, to be granted so that nothing in it can be changed:
    `Wasi(dirs={"/data": ReadOnly("files")})`."""

    def __init__(self, folder: str | bytes | os.PathLike[str] | Directory) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"zwasm.ReadOnly({self.folder!r})"


def _encoded(path: str) -> bytes:
    encoded = os.fsencode(path)
    if not encoded or encoded.startswith(b"/") or b"\0" in encoded:
        raise ValueError(f"{path!r} is no relative path")
    return encoded
