"""Folders in memory: as Python sees them, and beside folders of the host."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import zwasm
from zwasm.wasi import abi, resolve
from zwasm.wasi.descriptors import Descriptor
from zwasm.wasi.filesystem import grant

READ = abi.RIGHT_FD_READ
WRITE = abi.RIGHT_FD_WRITE
CREAT, EXCL, TRUNC, DIRECTORY = 1 << 0, 1 << 2, 1 << 3, 1 << 1


def granted(folder: zwasm.Directory, read_only: bool = False) -> Descriptor:
    return folder.granted("/", read_only, None)


def number(action: Callable[[], object]) -> int:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        action()
    return caught.value.errno or 0


def take(opened: Descriptor, *sizes: int) -> list[bytes]:
    buffers = [bytearray(size) for size in sizes]
    size = opened.read([memoryview(buffer) for buffer in buffers], None)
    data = b"".join(buffers)[:size]
    return [data]


def put(opened: Descriptor, *parts: bytes) -> int:
    return opened.write([memoryview(part) for part in parts], None)


def test_a_directory_is_a_mapping_of_its_files() -> None:
    folder = zwasm.Directory({"a.txt": b"a", "sub/deep/b.txt": b"bb"})
    assert dict(folder) == {"a.txt": b"a", "sub/deep/b.txt": b"bb"}
    assert folder.folders() == ["sub", "sub/deep"]
    assert len(folder) == 2
    assert "a.txt" in folder
    assert "sub" not in folder
    assert "a.txt/x" not in folder
    folder["a.txt"] = b"new"
    folder["caf\udce9"] = b""
    assert folder["a.txt"] == b"new"
    del folder["sub/deep/b.txt"]
    assert list(folder) == ["a.txt", "caf\udce9"]
    folder.mkdir("x/y")
    folder.mkdir("x")
    folder.symlink("../a.txt", "x/link")
    assert folder["x/link"] == b"new"
    assert folder.links() == {"x/link": "../a.txt"}
    del folder["x/link"]
    assert folder.links() == {}
    assert folder.pop("a.txt") == b"new"
    assert repr(folder) == "<zwasm.Directory of 1 files>"


def test_what_a_directory_refuses() -> None:
    folder = zwasm.Directory({"a": b"", "sub/b": b""})
    for path in ("missing", "a/b", "sub/missing", "sub/b/"):
        with pytest.raises(KeyError):
            folder[path]
    for path in ("missing", "sub/missing"):
        with pytest.raises(KeyError):
            del folder[path]
    for path in ("", "/a", "a\0"):
        with pytest.raises(ValueError, match="no relative path"):
            folder[path] = b""
    with pytest.raises(IsADirectoryError):
        folder["sub"]
    with pytest.raises(IsADirectoryError):
        folder["sub"] = b""
    with pytest.raises(IsADirectoryError):
        del folder["sub"]
    with pytest.raises(NotADirectoryError):
        folder["a/b"] = b""
    with pytest.raises(PermissionError):
        folder["../out"] = b""
    with pytest.raises(FileExistsError):
        folder.mkdir("a")
    with pytest.raises(FileExistsError):
        folder.symlink("a", "sub")
    with pytest.raises(PermissionError):
        folder.symlink("/etc", "link")
    with pytest.raises(OSError, match="space"):
        zwasm.Directory({"a": b"x" * 1000}, limit=1000)


def test_guests_and_python_see_the_same() -> None:
    folder = zwasm.Directory({"in": b"0123456789"})
    root = granted(folder)
    opened = root.open(b"in", True, 0, READ | WRITE, 0)
    assert take(opened, 2, 0, 3) == [b"01234"]
    assert put(opened, b"ab", b"c") == 3
    assert folder["in"] == b"01234abc89"
    folder["in"] = b"short"
    assert take(opened, 10) == [b""]
    assert opened.seek(-2, abi.WHENCE_END) == 3
    assert take(opened, 10) == [b"rt"]
    root.make_folder(b"new")
    root.open(b"new/file", True, CREAT, WRITE, 0).close()
    assert folder["new/file"] == b""
    folder["new/other"] = b"x"
    assert root.stat_at(b"new/other", True).size == 1


def test_files_in_memory() -> None:
    root = granted(zwasm.Directory({"a": b"0123456789"}))
    opened = root.open(b"a", True, 0, READ | WRITE, abi.FDFLAG_APPEND)
    assert put(opened, b"ab") == 2
    assert opened.seek(0, abi.WHENCE_CUR) == 12
    assert opened.pwrite([memoryview(b"XY")], 20) == 2
    assert opened.stat().size == 22
    buffer = bytearray(30)
    assert opened.pread([memoryview(buffer)], 9) == 13
    assert buffer[:13] == b"9ab" + bytes(8) + b"XY"
    assert opened.pread([memoryview(buffer)], 1 << 40) == 0
    opened.set_size(3)
    opened.allocate(0, 2)
    opened.allocate(2, 3)
    assert opened.stat().size == 5
    assert number(lambda: opened.allocate(0, 0)) == errno.EINVAL
    assert number(lambda: opened.allocate(1 << 62, 1 << 62)) == errno.EFBIG
    assert number(lambda: opened.seek(-1, abi.WHENCE_SET)) == errno.EINVAL
    assert number(lambda: opened.pread([], 1 << 63)) == errno.EINVAL
    opened.set_times(5, None)
    opened.set_times(None, 6)
    info = root.stat_at(b"a", True)
    assert (info.atim, info.mtim) == (5, 6)
    assert info.ino == opened.stat().ino
    opened.set_flags(0)
    opened.sync(True)
    assert opened.readable_bytes() == 0
    reading = root.open(b"a", True, 0, READ, 0)
    assert number(lambda: put(reading, b"x")) == errno.EBADF
    assert number(lambda: reading.set_size(1)) == errno.EINVAL


def test_a_guest_cannot_use_up_memory() -> None:
    folder = zwasm.Directory(limit=100_000)
    root = granted(folder)
    opened = root.open(b"a", True, CREAT, WRITE, 0)
    before = folder.used
    assert put(opened, b"x" * 50_000) == 50_000
    assert number(lambda: put(opened, b"x" * 50_000)) == errno.ENOSPC
    for size in (1 << 20, 1 << 40, (1 << 63) - 1):
        assert number(lambda: opened.set_size(size)) == errno.ENOSPC  # noqa: B023
        assert number(lambda: opened.pwrite([memoryview(b"x")], size)) in (  # noqa: B023
            errno.ENOSPC,
            errno.EINVAL,
        )
    assert number(lambda: opened.allocate(0, 1 << 40)) == errno.ENOSPC
    assert folder.used == before + 50_000
    made = 0
    while act(root, "mkdir", b"%d" % made, b"", False, 0) is None:
        made += 1
    assert 50 < made < 100
    for i in range(made):
        root.remove_folder(b"%d" % i)
    root.unlink(b"a")
    assert folder.used > 50_000  # still open
    opened.close()
    assert folder.used == 0
    for _ in range(1000):
        root.symlink(b"x" * 200, b"name")
        root.rename(b"name", root, b"a longer name")
        root.unlink(b"a longer name")
    assert folder.used == 0


def test_a_full_directory_is_renamed_in_or_left_as_it_is() -> None:
    folder = zwasm.Directory({"a": b"1", "b": b"2"})
    folder._tree.limit = folder.used
    root = granted(folder)
    assert number(lambda: root.rename(b"a", root, b"longer")) == errno.ENOSPC
    assert dict(folder) == {"a": b"1", "b": b"2"}
    root.rename(b"a", root, b"b")
    assert dict(folder) == {"b": b"1"}
    root.rename(b"b", root, b"longer")
    assert dict(folder) == {"longer": b"1"}


def test_a_removed_folder_takes_nothing_new() -> None:
    root = granted(zwasm.Directory({"sub/a": b""}))
    sub = root.open(b"sub", True, 0, READ, 0)
    sub.unlink(b"a")
    root.remove_folder(b"sub")
    assert number(lambda: sub.open(b"b", True, CREAT, WRITE, 0)) == errno.ENOENT
    assert number(lambda: sub.make_folder(b"b")) == errno.ENOENT
    assert [entry.name for entry in sub.listing(True).entries] == [b".", b".."]


def test_folders_do_not_move_into_themselves() -> None:
    root = granted(zwasm.Directory({"a/b/c/file": b""}))
    assert number(lambda: root.rename(b"a", root, b"a/x")) == errno.EINVAL
    assert number(lambda: root.rename(b"a", root, b"a/b/c/x")) == errno.EINVAL
    inner = root.open(b"a/b", True, 0, READ, 0)
    assert number(lambda: root.rename(b"a", inner, b"c/x")) == errno.EINVAL
    root.rename(b"a/b/c", root, b"c")
    root.rename(b"a", root, b"c/a")
    assert root.stat_at(b"c/a/b", True).filetype == abi.FILETYPE_DIRECTORY


def test_other_trees_are_other_devices(tmp_path: Path) -> None:
    one = granted(zwasm.Directory({"a": b""}))
    other = granted(zwasm.Directory())
    host = grant(tmp_path, "/")
    try:
        for source, target in ((one, other), (one, host)):
            assert number(lambda: source.rename(b"a", target, b"b")) == errno.EXDEV  # noqa: B023
            assert number(lambda: source.link(b"a", False, target, b"b")) == errno.EXDEV  # noqa: B023
        assert number(lambda: host.rename(b"a", one, b"b")) == errno.EXDEV
    finally:
        host.close()
    assert one.stat().dev != other.stat().dev


def without_openat2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let paths be walked as where the kernel cannot resolve them."""
    monkeypatch.setattr(resolve._kernel, "_known", True)
    monkeypatch.setattr(resolve._kernel, "_call", None)


# The same operations on a folder of the host and on one in memory.

NAMES = (b"a", b"b", b"sub", b"sub/c", b"sub/d", b"sub/e/f", b"link", b"sub/link", b"out")
ODD = (
    *(b"", b".", b"..", b"./", b"sub/.", b"sub/..", b"/a", b"sub/../a", b"a/", b"sub/", b"a\0"),
    *(b"link/", b"link/c", b"x" * 300, b"a/b", b"sub/../../a", b"missing/a", b"b/.", b"./sub//c"),
)
TARGETS = (b"a", b"sub", b"../a", b"sub/c", b"loop", b"link", b"missing", b"..", b"../../x", b"e/f")


def act(root: Descriptor, kind: str, path: bytes, other: bytes, follow: bool, flags: int) -> object:
    """Do one thing; what came of it."""
    try:
        if kind == "open":
            rights = (READ, WRITE, READ | WRITE, 0)[flags >> 4 & 3]
            opened = root.open(path, follow, flags & 15, rights, 0)
            try:
                if opened.is_folder():
                    return sorted(entry.name for entry in opened.listing(True).entries)
                if rights & WRITE:
                    put(opened, b"some", other[:20])
                    opened.seek(1, abi.WHENCE_SET)
                return take(opened, 3, 10)
            finally:
                opened.close()
        if kind == "stat":
            info = root.stat_at(path, follow)
            folder = info.filetype == abi.FILETYPE_DIRECTORY
            return info.filetype, 0 if folder else info.size, 0 if folder else info.nlink
        if kind == "read_link":
            return root.read_link(path)
        if kind == "mkdir":
            root.make_folder(path)
        elif kind == "rmdir":
            root.remove_folder(path)
        elif kind == "unlink":
            root.unlink(path)
        elif kind == "rename":
            root.rename(path, root, other)
        elif kind == "link":
            root.link(path, False, root, other)
        elif kind == "symlink":
            root.symlink(other, path)
        else:
            root.set_times_at(path, follow, 1, 2)
        return None
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error.errno))


KINDS = (
    *("open", "open", "open", "stat", "mkdir", "rmdir", "unlink", "rename", "rename", "link"),
    *("symlink", "read_link", "times"),
)


def steps(seed: int) -> Iterator[tuple[str, bytes, bytes, bool, int]]:
    chance = random.Random(seed)
    for _ in range(400):
        kind = chance.choice(KINDS)
        path = chance.choice(NAMES if chance.random() < 0.8 else ODD)
        if kind == "symlink":
            other = chance.choice(TARGETS)
        else:
            other = chance.choice(NAMES if chance.random() < 0.8 else ODD)
        yield kind, path, other, chance.random() < 0.5, chance.randrange(64)


def contents(root: Descriptor) -> dict[bytes, object]:
    found: dict[bytes, object] = {}
    left = [b""]
    while left:
        start = left.pop()
        opened = root.open(start or b".", False, DIRECTORY, READ, 0)
        try:
            names = [entry.name for entry in opened.listing(True).entries[2:]]
        finally:
            opened.close()
        for name in names:
            path = start + name
            kind = root.stat_at(path, False).filetype
            if kind == abi.FILETYPE_DIRECTORY:
                found[path] = None
                left.append(path + b"/")
            elif kind == abi.FILETYPE_SYMBOLIC_LINK:
                found[path] = act(root, "read_link", path, b"", False, 0)
            else:
                found[path] = act(root, "open", path, b"", False, 0)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_both_kinds_of_folders_do_the_same(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 2:
        without_openat2(monkeypatch)
    host = grant(tmp_path, "/")
    memory = granted(zwasm.Directory())
    history = []
    try:
        for step in steps(seed):
            one, other = act(host, *step), act(memory, *step)
            history.append((step, one))
            assert one == other, history[-12:]
        assert contents(host) == contents(memory)
    finally:
        host.close()


def test_read_only_grants(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"text")
    os.symlink("a", tmp_path / "link")
    memory = zwasm.Directory({"a": b"text"})
    memory.mkdir("sub")
    memory.symlink("a", "link")
    host = grant(tmp_path, "/", True)
    try:
        for root in (host, granted(memory, True)):
            opened = root.open(b"a", True, 0, READ, 0)
            assert take(opened, 10) == [b"text"]
            assert root.stat_at(b"link", True).size == 4
            assert root.read_link(b"link") == b"a"
            assert len(root.listing(True).entries) == 5
            inner = root.open(b"sub", True, DIRECTORY, READ, 0)
            for action in (
                lambda: root.open(b"a", True, 0, WRITE, 0),  # noqa: B023
                lambda: root.open(b"a", True, TRUNC, READ, 0),  # noqa: B023
                lambda: root.open(b"new", True, CREAT, READ, 0),  # noqa: B023
                lambda: inner.open(b"new", True, CREAT, READ, 0),  # noqa: B023
                lambda: root.make_folder(b"new"),  # noqa: B023
                lambda: root.remove_folder(b"sub"),  # noqa: B023
                lambda: root.unlink(b"a"),  # noqa: B023
                lambda: root.rename(b"a", root, b"b"),  # noqa: B023
                lambda: root.link(b"a", False, root, b"b"),  # noqa: B023
                lambda: root.symlink(b"a", b"b"),  # noqa: B023
                lambda: root.set_times_at(b"a", True, 1, 1),  # noqa: B023
                lambda: root.set_times(1, 1),  # noqa: B023
                lambda: opened.set_times(1, 1),  # noqa: B023
            ):
                assert number(action) == errno.EPERM
            assert number(lambda: put(opened, b"x")) == errno.EBADF  # noqa: B023
            assert number(lambda: opened.set_size(1)) == errno.EPERM  # noqa: B023
            assert root.rights & abi.RIGHTS_CHANGE == 0
            assert opened.rights & abi.RIGHTS_CHANGE == 0
            opened.close()
            inner.close()
        writable = grant(tmp_path, "/")
        assert number(lambda: writable.rename(b"a", host, b"b")) == errno.EPERM
        assert number(lambda: writable.link(b"a", False, host, b"b")) == errno.EPERM
        assert number(lambda: host.link(b"a", False, writable, b"b")) == errno.EPERM
        writable.close()
    finally:
        host.close()
    assert sorted(os.listdir(tmp_path)) == ["a", "link", "sub"]
    assert dict(memory) == {"a": b"text"}
