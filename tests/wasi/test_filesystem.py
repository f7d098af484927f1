"""The sandbox: what works in a granted folder, and every way out that is known."""

from __future__ import annotations

import errno
import gc
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from zwasm.wasi import abi, resolve
from zwasm.wasi.descriptors import Descriptor, DescriptorTable
from zwasm.wasi.filesystem import HostFolder, grant
from zwasm.wasi.resolve import MAX_LINKS

READ = abi.RIGHT_FD_READ
WRITE = abi.RIGHT_FD_WRITE
CREAT, EXCL, TRUNC = abi.OFLAG_CREAT, abi.OFLAG_EXCL, abi.OFLAG_TRUNC


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A folder to grant, beside a secret, with links in all directions."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_text("secret")
    box = tmp_path / "box"
    (box / "sub/deep").mkdir(parents=True)
    (box / "a.txt").write_text("inside a")
    (box / "sub/b.txt").write_text("inside b")
    links = {
        "to-file": "a.txt",
        "to-sub": "sub",
        "sub/up": "..",
        "sub/deep/round": "../../sub/deep/../../to-file",
        "slash": "sub/",
        "out": "../secret.txt",
        "out-dir": "../outside",
        "out-through": "sub/../../secret.txt",
        "absolute": str(tmp_path / "secret.txt"),
        "absolute-inside": str(box / "a.txt"),
        "root": "/",
        "parent": "..",
        "loop": "loop",
        "ping": "pong",
        "pong": "ping",
        "nowhere": "missing",
    }
    for name, target in links.items():
        (box / name).symlink_to(target)
    return box


@pytest.fixture(params=["openat2", "walk"])
def folder(
    box: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HostFolder]:
    """The folder, with paths resolved by the kernel if it can, and without."""
    if request.param == "walk":
        monkeypatch.setattr(resolve._kernel, "_known", True)
        monkeypatch.setattr(resolve._kernel, "_call", None)
    elif not resolve._kernel.usable():
        pytest.skip("the kernel has no openat2")
    opened = grant(box, "/box")
    yield opened
    opened.close()


def read(folder: Descriptor, path: bytes | str, follow: bool = True) -> bytes:
    opened = folder.open(os.fsencode(path), follow, 0, READ, 0)
    try:
        return take(opened, 100)
    finally:
        opened.close()


def take(opened: Descriptor, size: int) -> bytes:
    data = bytearray(size)
    return bytes(data[: opened.read([memoryview(data)], None)])


def put(opened: Descriptor, data: bytes) -> int:
    return opened.write([memoryview(data)], None)


def number(action: Callable[[], object]) -> int:
    """The host error number that an action ends with."""
    with pytest.raises(OSError) as caught:  # noqa: PT011
        action()
    return caught.value.errno or 0


def open_fds() -> int:
    gc.collect()  # what other tests have left would be closed at any time
    return len(os.listdir("/dev/fd"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.txt", b"inside a"),
        ("./a.txt", b"inside a"),
        (".//./a.txt", b"inside a"),
        ("sub/b.txt", b"inside b"),
        ("sub//b.txt", b"inside b"),
        ("sub/../a.txt", b"inside a"),
        ("sub/deep/../../a.txt", b"inside a"),
        ("sub/deep/../deep/../b.txt", b"inside b"),
        ("to-file", b"inside a"),
        ("to-sub/b.txt", b"inside b"),
        ("to-sub/../a.txt", b"inside a"),
        ("sub/up/a.txt", b"inside a"),
        ("sub/up/sub/up/a.txt", b"inside a"),
        ("sub/deep/round", b"inside a"),
        ("slash/b.txt", b"inside b"),
        ("slash//./b.txt", b"inside b"),
    ],
)
def test_paths_inside(folder: HostFolder, path: str, text: bytes) -> None:
    assert read(folder, path) == text


ESCAPES = [
    "..",
    "../",
    "../secret.txt",
    "../box/a.txt",
    "sub/../../secret.txt",
    "sub/deep/../../../secret.txt",
    "./../secret.txt",
    "/etc/passwd",
    "/",
    "//a.txt",
    "out",
    "out/",
    "out-dir/secret.txt",
    "out-dir",
    "out-through",
    "absolute",
    "absolute-inside",
    "root/etc/passwd",
    "root",
    "parent",
    "parent/secret.txt",
    "sub/up/../secret.txt",
    "sub/up/parent/secret.txt",
]


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out(folder: HostFolder, path: str) -> None:
    before = open_fds()
    raw = os.fsencode(path)
    assert number(lambda: read(folder, path)) == errno.EPERM
    assert number(lambda: folder.stat_at(raw, True)) == errno.EPERM
    assert number(lambda: folder.set_times_at(raw, True, 1, 1)) == errno.EPERM
    assert number(lambda: folder.open(raw + b"/new", True, CREAT, WRITE, 0)) == errno.EPERM
    assert open_fds() == before


@pytest.mark.parametrize(
    "path", ["../x", "/x", "out-dir/x", "root/tmp/x", "parent/x", "sub/../../x"]
)
def test_nothing_is_made_moved_or_removed_outside(folder: HostFolder, box: Path, path: str) -> None:
    raw = os.fsencode(path)
    before = sorted(box.parent.rglob("*"))
    for action in (
        lambda: folder.make_folder(raw),
        lambda: folder.remove_folder(raw),
        lambda: folder.unlink(raw),
        lambda: folder.symlink(b"a.txt", raw),
        lambda: folder.read_link(raw),
        lambda: folder.rename(raw, folder, b"got"),
        lambda: folder.rename(b"a.txt", folder, raw),
        lambda: folder.link(raw, False, folder, b"got"),
        lambda: folder.link(b"a.txt", False, folder, raw),
        lambda: folder.open(raw, True, CREAT | EXCL, WRITE, 0),
    ):
        assert number(action) == errno.EPERM
    assert sorted(box.parent.rglob("*")) == before


def test_links_are_left_alone_where_not_followed(folder: HostFolder, box: Path) -> None:
    for name in (b"out", b"absolute", b"out-dir", b"to-file", b"nowhere", b"loop"):
        assert folder.stat_at(name, False).filetype == abi.FILETYPE_SYMBOLIC_LINK
        assert number(partial(folder.open, name, False, 0, READ, 0)) == errno.ELOOP
    assert folder.read_link(b"out") == b"../secret.txt"
    assert number(lambda: folder.read_link(b"absolute")) == errno.EPERM
    folder.rename(b"out", folder, b"moved")
    assert os.readlink(box / "moved") == "../secret.txt"
    folder.unlink(b"moved")
    assert number(lambda: folder.remove_folder(b"out-dir")) == errno.ENOTDIR
    folder.unlink(b"out-dir")
    assert (box.parent / "outside/secret.txt").exists()
    assert not (box / "out-dir").exists()


def test_links_made_by_the_guest(folder: HostFolder) -> None:
    assert number(lambda: folder.symlink(b"/etc/passwd", b"new")) == errno.EPERM
    folder.symlink(b"../secret.txt", b"new")
    assert number(lambda: read(folder, "new")) == errno.EPERM
    folder.symlink(b"sub/b.txt", b"good")
    assert read(folder, "good") == b"inside b"
    # A hard link to a link is the link once more, not what it points to.
    folder.link(b"new", False, folder, b"hard")
    assert number(lambda: read(folder, "hard")) == errno.EPERM
    assert number(lambda: folder.link(b"to-file", True, folder, b"x")) == errno.EINVAL


def test_a_link_moved_to_where_it_would_lead_out(folder: HostFolder) -> None:
    folder.symlink(b"../a.txt", b"sub/inner")
    assert read(folder, "sub/inner") == b"inside a"
    folder.rename(b"sub/inner", folder, b"inner")
    assert number(lambda: read(folder, "inner")) == errno.EPERM


def test_creating_through_a_link_out(folder: HostFolder, box: Path) -> None:
    (box / "new-out").symlink_to("../new.txt")
    assert number(lambda: folder.open(b"new-out", True, CREAT, WRITE, 0)) == errno.EPERM
    assert number(lambda: folder.open(b"new-out", False, CREAT, WRITE, 0)) == errno.ELOOP
    assert number(lambda: folder.open(b"new-out", True, CREAT | EXCL, WRITE, 0)) == errno.EEXIST
    assert number(lambda: folder.open(b"out", True, TRUNC, WRITE, 0)) == errno.EPERM
    assert (box.parent / "secret.txt").read_text() == "secret"
    assert not (box.parent / "new.txt").exists()
    folder.open(b"nowhere", True, CREAT, WRITE, 0).close()
    assert (box / "missing").exists()


def test_a_folder_opened_by_the_guest_is_a_root_of_its_own(folder: HostFolder) -> None:
    sub = folder.open(b"sub", False, abi.OFLAG_DIRECTORY, READ, 0)
    assert read(sub, "b.txt") == b"inside b"
    assert number(lambda: read(sub, "../a.txt")) == errno.EPERM
    assert number(lambda: read(sub, "up/a.txt")) == errno.EPERM
    # Moved out of its folder by the host, it still is no way up.
    sub.close()


def test_a_folder_moved_away_is_no_way_up(folder: HostFolder, box: Path) -> None:
    sub = folder.open(b"sub", False, abi.OFLAG_DIRECTORY, READ, 0)
    (box / "sub").rename(box.parent / "outside/sub")
    assert number(lambda: read(sub, "../secret.txt")) == errno.EPERM
    assert number(lambda: read(sub, "deep/../../secret.txt")) == errno.EPERM
    assert read(sub, "deep/../b.txt") == b"inside b"
    sub.close()


def test_links_that_the_kernel_makes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links of /proc lead to open files and folders, whatever their texts are."""
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("needs /proc")
    for _ in range(2):
        proc = grant("/proc/self", "/")
        for path in ("root/etc/passwd", "root", "cwd/x", "cwd", "exe", "fd/0/x"):
            error = number(partial(read, proc, path))
            assert error in (errno.EPERM, errno.ELOOP, errno.ENOENT, errno.ENOTDIR)
        reader, writer = os.pipe()
        assert number(partial(read, proc, f"fd/{reader}")) == errno.ENOENT
        os.close(reader)
        os.close(writer)
        proc.close()
        monkeypatch.setattr(resolve._kernel, "_known", True)
        monkeypatch.setattr(resolve._kernel, "_call", None)


def test_link_loops_end(folder: HostFolder, box: Path) -> None:
    for path in ("loop", "ping", "loop/x", "pong/x"):
        assert number(partial(read, folder, path)) == errno.ELOOP
    for i in range(MAX_LINKS + 1):
        (box / f"l{i}").symlink_to(f"l{i + 1}" if i < MAX_LINKS else "a.txt")
    assert read(folder, "l1") == b"inside a"
    assert number(lambda: read(folder, "l0")) == errno.ELOOP


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (b"", errno.ENOENT),
        (b"a\0.txt", errno.EINVAL),
        (b"a.txt\0", errno.EINVAL),
        (b"missing", errno.ENOENT),
        (b"missing/../a.txt", errno.ENOENT),
        (b"a.txt/../a.txt", errno.ENOTDIR),
        (b"a.txt/", errno.ENOTDIR),
        (b"a.txt/.", errno.ENOTDIR),
        (b"to-file/", errno.ENOTDIR),
        (b"a.txt/x", errno.ENOTDIR),
        (b"x" * 300, errno.ENAMETOOLONG),
        (b"sub/" + b"x" * 300, errno.ENAMETOOLONG),
        (b"./" * 4000 + b"a.txt", errno.ENAMETOOLONG),
        (b"nowhere", errno.ENOENT),
    ],
)
def test_bad_paths(folder: HostFolder, path: bytes, error: int) -> None:
    before = open_fds()
    assert number(lambda: read(folder, path)) == error
    assert number(lambda: folder.stat_at(path, True)) == error
    assert open_fds() == before


def test_trailing_slashes(folder: HostFolder, box: Path) -> None:
    assert folder.stat_at(b"sub/", False).filetype == abi.FILETYPE_DIRECTORY
    assert folder.stat_at(b"to-sub/", False).filetype == abi.FILETYPE_DIRECTORY
    folder.make_folder(b"made/")
    folder.rename(b"made/", folder, b"again/")
    folder.remove_folder(b"again/")
    assert not (box / "made").exists()
    assert number(lambda: folder.unlink(b"a.txt/")) == errno.ENOTDIR
    assert number(lambda: folder.unlink(b"sub/")) == errno.EISDIR
    assert number(lambda: folder.remove_folder(b"a.txt/")) == errno.ENOTDIR
    assert number(lambda: folder.remove_folder(b"to-sub/")) == errno.ENOTDIR
    assert number(lambda: folder.rename(b"a.txt/", folder, b"x")) == errno.ENOTDIR
    assert number(lambda: folder.rename(b"a.txt", folder, b"x/")) == errno.ENOTDIR
    assert number(lambda: folder.symlink(b"a.txt", b"x/")) == errno.ENOENT
    assert number(lambda: folder.symlink(b"a.txt", b"sub/")) == errno.EEXIST
    assert number(lambda: folder.link(b"a.txt", False, folder, b"x/")) == errno.ENOENT
    assert number(lambda: folder.open(b"x/", True, CREAT, WRITE, 0)) == errno.EISDIR
    assert number(lambda: folder.read_link(b"to-file/")) == errno.ENOTDIR


def test_open_flags(folder: HostFolder, box: Path) -> None:
    assert number(lambda: folder.open(b"a.txt", True, CREAT | EXCL, WRITE, 0)) == errno.EEXIST
    directory = abi.OFLAG_DIRECTORY
    assert number(lambda: folder.open(b"a.txt", True, directory, READ, 0)) == errno.ENOTDIR
    assert number(lambda: folder.open(b"sub", True, directory | CREAT, READ, 0)) == errno.EINVAL
    assert number(lambda: folder.open(b"sub", True, 0, WRITE, 0)) == errno.EISDIR
    opened = folder.open(b"a.txt", True, TRUNC, WRITE, 0)
    assert number(lambda: take(opened, 1)) == errno.EBADF
    assert put(opened, b"12345") == 5
    opened.close()
    opened = folder.open(b"a.txt", True, 0, READ, 0)
    assert number(lambda: put(opened, b"x")) == errno.EBADF
    assert number(lambda: opened.set_size(1)) == errno.EINVAL
    assert take(opened, 100) == b"12345"
    opened.close()
    opened = folder.open(b"a.txt", True, 0, READ | WRITE, abi.FDFLAG_APPEND)
    assert put(opened, b"67") == 2
    assert opened.pwrite([memoryview(b"0")], 0) == 1
    opened.set_flags(0)
    assert opened.seek(1, os.SEEK_SET) == 1
    assert put(opened, b"x") == 1
    opened.set_flags(abi.FDFLAG_APPEND)
    assert put(opened, b"8") == 1
    opened.close()
    assert (box / "a.txt").read_bytes() == b"0x345678"


def test_times(folder: HostFolder, box: Path) -> None:
    folder.set_times_at(b"a.txt", True, 1_000_000_007, None)
    folder.set_times_at(b"to-file", True, None, 2_000_000_000_000_000_009)
    info = folder.stat_at(b"a.txt", True)
    assert (info.atim, info.mtim) == (1_000_000_007, 2_000_000_000_000_000_009)
    folder.set_times_at(b"out", False, 5, 6)
    assert os.lstat(box / "out").st_mtime_ns == 6
    assert (box.parent / "secret.txt").stat().st_mtime_ns != 6
    assert number(lambda: folder.set_times_at(b"a.txt", True, 1 << 63, None)) == errno.EOVERFLOW


def test_listing_stays_as_it_was_read(folder: HostFolder, box: Path) -> None:
    first = [entry.name for entry in folder.listing(True).entries]
    assert first[:2] == [b".", b".."]
    assert sorted(first[2:]) == sorted(os.fsencode(name) for name in os.listdir(box))
    (box / "new").write_text("")
    (box / "a.txt").unlink()
    assert [entry.name for entry in folder.listing(False).entries] == first
    assert b"new" in [entry.name for entry in folder.listing(True).entries]
    kinds = {entry.name: entry.filetype for entry in folder.listing(False).entries}
    assert kinds[b"sub"] == abi.FILETYPE_DIRECTORY
    assert kinds[b"out"] == abi.FILETYPE_SYMBOLIC_LINK
    assert kinds[b"new"] == abi.FILETYPE_REGULAR_FILE


def test_names_that_are_no_utf8(folder: HostFolder, box: Path) -> None:
    name = b"caf\xe9"
    try:
        folder.open(name, True, CREAT, WRITE, 0).close()
    except OSError as error:
        assert error.errno == errno.EILSEQ  # noqa: PT017
        pytest.skip("this file system takes only UTF-8")
    assert name in os.listdir(os.fsencode(box))
    assert name in [entry.name for entry in folder.listing(True).entries]
    folder.unlink(name)


def test_swapping_folders_for_links_wins_nothing(folder: HostFolder, box: Path) -> None:
    """A race: what is a folder one moment is a link out of the sandbox the next."""
    (box / "inner").mkdir()
    (box / "inner/secret.txt").write_text("decoy")
    (box / "way-out").symlink_to("../outside")
    (box / "decoy.txt").write_text("decoy")
    (box / "file-out").symlink_to("../secret.txt")
    stop = threading.Event()

    def swap() -> None:
        # Two names that each are now the one, now the other.
        while not stop.is_set():
            for real, link, name in (
                ("inner", "way-out", "target"),
                ("decoy.txt", "file-out", "file"),
            ):
                for source in (real, link):
                    os.rename(box / source, box / name)
                    os.rename(box / name, box / source)

    thread = threading.Thread(target=swap)
    thread.start()
    found = set()
    try:
        for _ in range(3000):
            for path in ("target/secret.txt", "file"):
                try:
                    found.add(read(folder, path))
                except OSError as error:
                    assert error.errno in (  # noqa: PT017
                        errno.EPERM,
                        errno.ENOENT,
                        errno.ELOOP,
                        errno.ENOTDIR,
                    )
    finally:
        stop.set()
        thread.join()
    assert found <= {b"decoy"}


def test_descriptor_numbers() -> None:
    table = DescriptorTable()
    made = [Descriptor(0, 0) for _ in range(5)]
    assert [table.add(descriptor) for descriptor in made] == [0, 1, 2, 3, 4]
    table.close(1)
    table.close(3)
    assert number(lambda: table.get(1)) == errno.EBADF
    assert [table.add(made[1]), table.add(made[3]), table.add(Descriptor(0, 0))] == [1, 3, 5]
    table.renumber(4, 0)
    assert table.get(0) is made[4]
    assert number(lambda: table.get(4)) == errno.EBADF
    table.renumber(2, 2)
    assert table.get(2) is made[2]
    assert number(lambda: table.renumber(0, 99)) == errno.EBADF
    assert number(lambda: table.renumber(99, 0)) == errno.EBADF
    assert number(lambda: table.folder(2, 0)) == errno.EBADF
