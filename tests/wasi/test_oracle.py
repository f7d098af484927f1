"""Error numbers beside those of wasmtime-py, call by call.

Where wasmtime traps (pointers out of the memory, numbers that are no flags) and where the
specification says something else, the calls are left out.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zwasm
from tests.wasi import driver
from tests.wasi.driver import OUT, PATH, VECTOR, Guest
from zwasm.wasi import abi
from zwasm.wasi.functions import FUNCTIONS

wasmtime = pytest.importorskip("wasmtime")


class Peer(Guest):
    """The same guest on wasmtime-py."""

    def __init__(self, folder: Path, read_only: bool) -> None:
        engine = wasmtime.Engine()
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.store = wasmtime.Store(engine)
        config = wasmtime.WasiConfig()
        config.argv = ["main.wasm"]
        config.stdin_file = os.devnull
        config.stdout_file = os.devnull
        config.stderr_file = os.devnull
        config.preopen_dir(str(folder), "/", not read_only)
        self.store.set_wasi(config)
        instance = linker.instantiate(self.store, wasmtime.Module(engine, driver.text()))
        self.exports = instance.exports(self.store)

    def call(self, name: str, *args: int) -> int:
        given = [
            driver.signed(arg, letter) for arg, letter in zip(args, FUNCTIONS[name], strict=True)
        ]
        result: int = self.exports[name](self.store, *given)
        return result

    def put(self, data: bytes, address: int = PATH) -> tuple[int, int]:
        self.exports["memory"].write(self.store, data, address)
        return address, len(data)

    def get(self, address: int, size: int) -> bytes:
        return bytes(self.exports["memory"].read(self.store, address, address + size))


def fill(folder: Path) -> None:
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "a").write_bytes(b"0123456789")
    (folder / "sub/b").write_bytes(b"b")
    for name, target in {
        "to-a": "a",
        "to-sub": "sub",
        "sub/up": "..",
        "out": "../x",
        "absolute": "/etc/passwd",
        "loop": "loop",
        "nowhere": "missing",
    }.items():
        (folder / name).symlink_to(target)


@pytest.fixture(params=[False, True], ids=["writable", "read-only"])
def both(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Guest, Guest, list[Path]]]:
    read_only = bool(request.param)
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        fill(folder)
    given: Any = zwasm.ReadOnly(folders[0]) if read_only else folders[0]
    with zwasm.Wasi(
        dirs={"/": given}, stdin=os.devnull, stdout=os.devnull, stderr=os.devnull
    ) as wasi:
        yield Guest(wasi), Peer(folders[1], read_only), folders


def same(both: tuple[Guest, Guest, list[Path]], name: str, *args: int) -> int:
    one, other = (guest.call(name, *args) for guest in both[:2])
    told = abi.errno_name(one), abi.errno_name(other)
    assert one == other, (name, args, bytes(both[0].get(PATH, 32)), told)
    return one


PATHS = (
    *(b"", b"/", b".", b"./", b"..", b"../x", b"a", b"a/", b"a/x", b"sub", b"sub/", b"sub/b"),
    *(b"sub/../a", b"sub/up/a", b"sub/up/sub/up", b"to-a", b"to-a/", b"to-sub", b"to-sub/"),
    *(b"to-sub/b", b"out", b"out/y", b"absolute", b"absolute/x", b"loop", b"loop/x", b"nowhere"),
    *(b"missing", b"missing/", b"missing/x", b"a\0", b"x" * 256, b"sub/deep/..", b"sub/."),
)


EXCLUSIVE = abi.OFLAG_CREAT | abi.OFLAG_EXCL


def test_opening(both: tuple[Guest, Guest, list[Path]]) -> None:
    for path, oflags, base, follow in itertools.product(
        PATHS,
        (
            0,
            abi.OFLAG_DIRECTORY,
            abi.OFLAG_CREAT,
            abi.OFLAG_CREAT | abi.OFLAG_EXCL,
            abi.OFLAG_TRUNC,
        ),
        (abi.RIGHT_FD_READ, abi.RIGHT_FD_READ | abi.RIGHT_FD_WRITE),
        (0, 1),
    ):
        if oflags & abi.OFLAG_CREAT and path in (b"missing", b"nowhere", b"missing/"):
            continue
        for guest in both[:2]:
            guest.put(path)
        if oflags == abi.OFLAG_TRUNC and base == abi.RIGHT_FD_READ:
            continue  # a matter of how the host opens it
        if same(both, "path_open", 3, follow, PATH, len(path), oflags, base, 0, 0, OUT) == 0:
            for guest in both[:2]:
                assert guest.call("fd_close", guest.u32()) == 0


ONE_PATH = {
    "path_filestat_get": lambda path, follow: (3, follow, *path, OUT),
    "path_readlink": lambda path, follow: (3, *path, 0x4000, 100, OUT),
    "path_create_directory": lambda path, follow: (3, *path),
    "path_remove_directory": lambda path, follow: (3, *path),
    "path_unlink_file": lambda path, follow: (3, *path),
    "path_filestat_set_times": lambda path, follow: (3, follow, *path, 1, 2, 5),
    "path_symlink": lambda path, follow: (PATH + 0x80, 1, 3, *path),
}
# Linux and POSIX say of a folder that is not empty that it is not, slash or not.
SLASH = {("path_remove_directory", b"sub/"), ("path_remove_directory", b"to-sub/")}
LASTING = ("path_create_directory", "path_remove_directory", "path_unlink_file", "path_symlink")


@pytest.mark.parametrize("name", ONE_PATH)
def test_paths(both: tuple[Guest, Guest, list[Path]], name: str) -> None:
    for path, follow in itertools.product(PATHS, (0, 1)):
        if (name, path) in SLASH:
            continue
        for guest in both[:2]:
            guest.put(path)
            guest.put(b"t", PATH + 0x80)
        number = same(both, name, *ONE_PATH[name]((PATH, len(path)), follow))
        if number == 0 and name in LASTING:
            listings = [sorted(p.relative_to(f) for p in f.rglob("*")) for f in both[2]]
            assert listings[0] == listings[1], path
    for text in (b"/etc", b"", b"../x", b"x\0"):
        for guest in both[:2]:
            guest.put(b"new" + text[:1].hex().encode())
            guest.put(text, PATH + 0x80)
        same(both, "path_symlink", PATH + 0x80, len(text), 3, PATH, 5)


SOURCES = (b"a", b"sub", b"sub/b", b"sub/deep", b"to-a", b"to-sub")
TARGETS = (b"new", b"sub/new", b"a", b"sub", b"sub/deep")


@pytest.mark.parametrize("name", ["path_rename", "path_link"])
def test_two_paths(both: tuple[Guest, Guest, list[Path]], name: str) -> None:
    second = PATH + 0x200
    # Of two paths that are both wrong, either may be told.
    pairs = [*itertools.product(SOURCES, (*PATHS, *TARGETS)), *itertools.product(PATHS, TARGETS)]
    for path, other in pairs:
        for guest in both[:2]:
            guest.put(path)
            guest.put(other, second)
        args = (PATH, len(path), 3, second, len(other))
        if same(both, name, *((3, 0) if name == "path_link" else (3,)), *args) != 0:
            continue
        for folder in both[2]:  # undo
            os.system(f"rm -rf {folder}/*")
            for left in folder.iterdir():
                left.unlink()
            fill(folder)


DESCRIPTOR_CALLS: dict[str, tuple[int, ...]] = {
    "fd_advise": (0, 1, 0),
    "fd_datasync": (),
    "fd_fdstat_get": (OUT,),
    "fd_filestat_get": (OUT,),
    "fd_filestat_set_size": (5,),
    "fd_filestat_set_times": (1, 1, 5),
    "fd_pread": (VECTOR, 0, 0, OUT),
    "fd_prestat_get": (OUT,),
    "fd_prestat_dir_name": (OUT, 100),
    "fd_pwrite": (VECTOR, 0, 0, OUT),
    "fd_read": (VECTOR, 0, OUT),
    "fd_readdir": (OUT, 100, 0, OUT + 200),
    "fd_seek": (0, 0, OUT),
    "fd_sync": (),
    "fd_tell": (OUT,),
    "fd_write": (VECTOR, 0, OUT),
    "path_create_directory": (PATH, 1),
    "path_open": (0, PATH, 1, 0, 0, 0, 0, OUT),
    "path_filestat_get": (0, PATH, 1, OUT),
    "path_readlink": (PATH, 1, OUT, 10, OUT + 16),
    "path_unlink_file": (PATH, 1),
    "sock_accept": (0, OUT),
    "sock_recv": (VECTOR, 0, 0, OUT, OUT),
    "sock_send": (VECTOR, 0, 0, OUT),
    "sock_shutdown": (1,),
}
# Wasmtime does not sync folders, which the specification does not forbid.
OTHERWISE = {("fd_sync", 3), ("fd_datasync", 3)}


def test_descriptors(both: tuple[Guest, Guest, list[Path]]) -> None:
    opened = []
    for guest in both[:2]:
        guest.put(b"a")
        opened.append(guest.open(b"a", base=abi.RIGHT_FD_READ))
        guest.open(b"sub", base=abi.RIGHT_FD_READ)
        if guest.open(b"a", base=abi.RIGHT_FD_WRITE) < 0:
            assert guest.open(b"a", base=abi.RIGHT_FD_READ) == 6
    assert opened == [4, 4]
    for name, args in DESCRIPTOR_CALLS.items():
        for fd in (0, 1, 2, 3, 4, 5, 6, 7, 0xFFFF_FFFF):
            if (name, fd) not in OTHERWISE and not (name in ("fd_sync", "fd_datasync") and fd == 5):
                same(both, name, fd, *args)


def test_seeking_and_renumbering(both: tuple[Guest, Guest, list[Path]]) -> None:
    for guest in both[:2]:
        assert guest.open(b"a", base=abi.RIGHT_FD_READ) == 4
        assert guest.open(b"sub", base=abi.RIGHT_FD_READ) == 5
    for offset, whence in itertools.product((0, 1, -1, 11, -11, 1 << 40, 1 << 63), (0, 1, 2)):
        if same(both, "fd_seek", 4, offset, whence, OUT) == 0:
            assert both[0].u64() == both[1].u64()
    for size in (0, 4):
        for guest in both[:2]:
            guest.buffers((0x4000, size))
        for offset in (0, 8, 100, (1 << 63) - 1, 1 << 63):
            same(both, "fd_pread", 4, VECTOR, 1, offset, OUT)
    for source, target in ((4, 4), (4, 9), (9, 4), (9, 9), (5, 4), (5, 4), (4, 5)):
        same(both, "fd_renumber", source, target)
    for fd in (4, 5):
        same(both, "fd_tell", fd, OUT)
        same(both, "fd_close", fd)
        same(both, "fd_close", fd)
