"""The functions of preview 1 as guests call them: layouts, error numbers, bad pointers."""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zwasm import Exit, Memory, Store
from zwasm.errors import ExhaustionError, Trap
from zwasm.wasi import abi, functions
from zwasm.wasi.clocks import clock_of, random_of
from zwasm.wasi.descriptors import DescriptorTable
from zwasm.wasi.filesystem import grant
from zwasm.wasi.functions import FUNCTIONS
from zwasm.wasi.preview1 import Preview1
from zwasm.wasi.streams import sink, source

EBADF, EEXIST, EFAULT, EINVAL, EISDIR = 8, 20, 21, 28, 31
ENAMETOOLONG, ENOENT, ENOTDIR, ENOTSOCK, ENOTSUP, EPERM, ESPIPE = 37, 44, 54, 57, 58, 63, 70
PATH = 0x100  # where tests put paths
OUT = 0x1000  # and where they let results go
END = 65_536


class Guest:
    """A memory of one page and the functions on it."""

    def __init__(self, table: DescriptorTable, **options: object) -> None:
        self.memory = Memory(1)
        self.output = bytearray()
        self.system = Preview1(
            [b"prog", b"caf\xe9", b""],
            [b"A=1", b"B="],
            table,
            clock_of(options.get("clock")),  # type: ignore[arg-type]
            random_of(options.get("random")),  # type: ignore[arg-type]
        )

    def call(self, name: str, *args: int) -> int:
        assert len(args) == len(FUNCTIONS[name])
        return functions.call(getattr(self.system, name), self.memory.inst, list(args))

    def u32(self, address: int) -> int:
        return int.from_bytes(self.memory[address : address + 4], "little")

    def u64(self, address: int) -> int:
        return int.from_bytes(self.memory[address : address + 8], "little")

    def put(self, data: bytes, address: int = PATH) -> tuple[int, int]:
        self.memory[address : address + len(data)] = data
        return address, len(data)

    def iovecs(self, *buffers: tuple[int, int], address: int = 0x800) -> tuple[int, int]:
        data = b"".join(struct.pack("<II", *buffer) for buffer in buffers)
        self.put(data, address)
        return address, len(buffers)

    def open(
        self, path: bytes, oflags: int = 0, rights: int = abi.RIGHTS_ALL, flags: int = 0
    ) -> int:
        number = self.call("path_open", 3, 1, *self.put(path), oflags, rights, 0, flags, OUT)
        assert number == 0, abi.errno_name(number)
        return self.u32(OUT)

    def write(self, fd: int, data: bytes) -> int:
        return self.call("fd_write", fd, *self.iovecs(self.put(data, 0x2000)), OUT)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(b"0123456789")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.fixture
def guest(box: Path) -> Iterator[Guest]:
    table = DescriptorTable()
    guest = Guest(table)
    table.add(source(b"some input"))
    table.add(sink(guest.output, 1))
    table.add(sink(guest.output, 2))
    table.add(grant(box, "/box"))
    yield guest
    table.close_all()


def test_the_functions_are_those_of_preview_1() -> None:
    assert len(FUNCTIONS) == 46
    assert all(hasattr(Preview1, name) for name in FUNCTIONS)


def test_arguments_and_environment(guest: Guest) -> None:
    assert guest.call("args_sizes_get", 0, 4) == 0
    assert (guest.u32(0), guest.u32(4)) == (3, 11)
    assert guest.call("args_get", 0x10, 0x40) == 0
    assert [guest.u32(0x10 + 4 * i) for i in range(3)] == [0x40, 0x45, 0x4A]
    assert guest.memory[0x40:0x4C] == b"prog\0caf\xe9\0\0\0"
    assert guest.call("environ_sizes_get", 0, 4) == 0
    assert (guest.u32(0), guest.u32(4)) == (2, 7)
    assert guest.call("environ_get", 0x10, 0x40) == 0
    assert guest.memory[0x40:0x47] == b"A=1\0B=\0"


def test_clocks(guest: Guest) -> None:
    for clock in range(4):
        assert guest.call("clock_res_get", clock, 0) == 0
        assert 1 <= guest.u64(0) <= 10_000_000
    before = time.time_ns()
    assert guest.call("clock_time_get", 0, 0, 8) == 0
    assert before <= guest.u64(8) <= time.time_ns()
    before = time.monotonic_ns()
    assert guest.call("clock_time_get", 1, 0, 8) == 0
    assert before <= guest.u64(8) <= time.monotonic_ns()
    assert guest.call("clock_time_get", 4, 0, 8) == EINVAL
    assert guest.call("clock_res_get", 4, 8) == EINVAL


def test_fixed_clock_and_randomness() -> None:
    guest = Guest(DescriptorTable(), clock=lambda clock: 7 + clock, random=lambda size: b"r" * size)
    assert guest.call("clock_time_get", 1, 0, 8) == 0
    assert guest.u64(8) == 8
    assert guest.call("random_get", 0, 3) == 0
    assert guest.memory[0:4] == b"rrr\0"


def test_random(guest: Guest) -> None:
    assert guest.call("random_get", 0x100, 64) == 0
    assert guest.memory[0x100:0x140] != bytes(64)
    assert guest.memory[0x140:0x150] == bytes(16)


def test_exit_and_the_rest_of_the_process(guest: Guest) -> None:
    with pytest.raises(Exit) as caught:
        guest.call("proc_exit", 42)
    assert caught.value.code == 42
    assert guest.call("proc_raise", 6) == ENOTSUP
    assert guest.call("sched_yield") == 0


def test_fdstat(guest: Guest) -> None:
    assert guest.call("fd_fdstat_get", 3, OUT) == 0
    filetype, flags, base, inheriting = struct.unpack("<BxHxxxxQQ", guest.memory[OUT : OUT + 24])
    assert (filetype, flags) == (3, 0)
    assert base & abi.RIGHT_PATH_OPEN
    assert not base & abi.RIGHT_FD_SEEK
    assert inheriting & abi.RIGHT_FD_WRITE
    fd = guest.open(b"a.txt", rights=abi.RIGHT_FD_READ, flags=abi.FDFLAG_APPEND)
    assert guest.call("fd_fdstat_get", fd, OUT) == 0
    filetype, flags, base, _ = struct.unpack("<BxHxxxxQQ", guest.memory[OUT : OUT + 24])
    assert (filetype, flags) == (4, 1)
    assert base & abi.RIGHT_FD_READ
    assert not base & abi.RIGHT_FD_WRITE
    assert guest.call("fd_fdstat_set_flags", fd, 0) == 0
    assert guest.call("fd_fdstat_set_flags", fd, abi.FDFLAG_SYNC) == EINVAL
    assert guest.call("fd_fdstat_set_flags", fd, 1 << 5) == EINVAL
    assert guest.call("fd_fdstat_get", fd, OUT) == 0
    assert guest.memory[OUT + 2] == 0
    assert guest.call("fd_fdstat_get", 9, OUT) == EBADF


def test_filestat(guest: Guest, box: Path) -> None:
    os.utime(box / "a.txt", ns=(1_000_000_001, 2_000_000_002))
    host = (box / "a.txt").stat()
    layout = "<QQB7xQQQQQ"
    wanted = (
        host.st_dev,
        host.st_ino,
        4,
        1,
        10,
        1_000_000_001,
        2_000_000_002,
        host.st_ctime_ns,
    )
    assert guest.call("path_filestat_get", 3, 0, *guest.put(b"a.txt"), OUT) == 0
    assert struct.unpack(layout, guest.memory[OUT : OUT + 64]) == wanted
    fd = guest.open(b"a.txt")
    assert guest.call("fd_filestat_get", fd, OUT) == 0
    assert struct.unpack(layout, guest.memory[OUT : OUT + 64]) == wanted
    now = time.time_ns()
    both = abi.FST_ATIM | abi.FST_MTIM_NOW
    assert guest.call("fd_filestat_set_times", fd, 5, 6, both) == 0
    host = (box / "a.txt").stat()
    assert host.st_atime_ns == 5
    assert host.st_mtime_ns >= now - 10**9
    bad = abi.FST_ATIM | abi.FST_ATIM_NOW
    assert guest.call("fd_filestat_set_times", fd, 5, 6, bad) == EINVAL
    path = guest.put(b"a.txt")
    assert guest.call("path_filestat_set_times", 3, 1, *path, 7, 8, abi.FST_MTIM) == 0
    assert (box / "a.txt").stat().st_mtime_ns == 8
    assert guest.call("fd_filestat_set_size", fd, 3) == 0
    assert (box / "a.txt").read_bytes() == b"012"


def test_vectors(guest: Guest) -> None:
    fd = guest.open(b"a.txt")
    vector = guest.iovecs((0x2000, 2), (0x3000, 0), (0x3000, 3), (0x2002, 100))
    assert guest.call("fd_read", fd, *vector, OUT) == 0
    assert guest.u32(OUT) == 10
    assert guest.memory[0x2000:0x2007] == b"0156789"
    assert guest.memory[0x3000:0x3003] == b"234"
    assert guest.call("fd_pwrite", fd, *guest.iovecs((0x3000, 2), (0x2000, 1)), 4, OUT) == 0
    assert guest.u32(OUT) == 3
    assert guest.call("fd_pread", fd, *guest.iovecs((0x4000, 100)), 3, OUT) == 0
    assert guest.memory[0x4000:0x4007] == b"3230789"
    assert guest.call("fd_read", fd, *guest.iovecs((0x4000, 100)), OUT) == 0
    assert guest.u32(OUT) == 0
    assert guest.call("fd_read", fd, 0x800, 1025, OUT) == EINVAL
    assert guest.call("fd_pread", fd, *guest.iovecs((0x4000, 1)), 1 << 63, OUT) == EINVAL


def test_standard_streams(guest: Guest) -> None:
    assert guest.write(1, b"out") == 0
    assert guest.write(2, b"err") == 0
    assert guest.output == b"outerr"
    assert guest.write(0, b"x") == EBADF
    assert guest.call("fd_read", 1, *guest.iovecs((0x2000, 1)), OUT) == EBADF
    assert guest.call("fd_read", 0, *guest.iovecs((0x2000, 4), (0x3000, 100)), OUT) == 0
    assert guest.u32(OUT) == 10
    assert guest.call("fd_read", 0, *guest.iovecs((0x2000, 4)), OUT) == 0
    assert guest.u32(OUT) == 0
    assert guest.call("fd_seek", 0, 0, 1, OUT) == ESPIPE
    assert guest.call("fd_tell", 1, OUT) == ESPIPE
    assert guest.call("fd_close", 1) == 0
    assert guest.write(1, b"x") == EBADF


def test_seek_and_tell(guest: Guest) -> None:
    fd = guest.open(b"a.txt")
    minus = (1 << 64) - 3
    assert guest.call("fd_seek", fd, minus, abi.WHENCE_END, OUT) == 0
    assert guest.u64(OUT) == 7
    assert guest.call("fd_seek", fd, minus, abi.WHENCE_CUR, OUT) == 0
    assert guest.call("fd_tell", fd, OUT) == 0
    assert guest.u64(OUT) == 4
    assert guest.call("fd_seek", fd, minus, abi.WHENCE_SET, OUT) == EINVAL
    assert guest.call("fd_seek", fd, 0, 3, OUT) == EINVAL
    assert guest.call("fd_seek", 3, 0, 0, OUT) == EBADF
    assert guest.call("fd_seek", fd, 1 << 40, abi.WHENCE_SET, OUT) == 0
    assert guest.u64(OUT) == 1 << 40


def test_allocate_advise_and_sync(guest: Guest, box: Path) -> None:
    fd = guest.open(b"a.txt")
    assert guest.call("fd_advise", fd, 0, 10, 4) == 0
    assert guest.call("fd_advise", fd, 0, 10, 6) == EINVAL
    assert guest.call("fd_allocate", fd, 0, 100) == 0
    assert (box / "a.txt").stat().st_size == 100
    assert guest.call("fd_allocate", fd, 0, 10) == 0
    assert (box / "a.txt").stat().st_size == 100
    assert guest.call("fd_allocate", fd, 0, 0) == EINVAL
    assert guest.call("fd_sync", fd) == 0
    assert guest.call("fd_datasync", fd) == 0
    assert guest.call("fd_sync", 99) == EBADF


def test_preopens(guest: Guest) -> None:
    assert guest.call("fd_prestat_get", 3, OUT) == 0
    assert guest.memory[OUT : OUT + 8] == struct.pack("<B3xI", 0, 4)
    assert guest.call("fd_prestat_dir_name", 3, 0x900, 4) == 0
    assert guest.memory[0x900:0x905] == b"/box\0"
    assert guest.call("fd_prestat_dir_name", 3, OUT, 3) == ENAMETOOLONG
    assert guest.call("fd_prestat_get", 4, OUT) == EBADF
    assert guest.call("fd_prestat_get", 1, OUT) == EBADF
    fd = guest.open(b"sub", rights=abi.RIGHT_FD_READ)
    assert guest.call("fd_prestat_get", fd, OUT) == EBADF


def listing(guest: Guest, fd: int, size: int) -> list[bytes]:
    """All names in a folder, read with a buffer of the given size."""
    names = []
    cookie = 0
    while True:
        assert guest.call("fd_readdir", fd, 0x4000, size, cookie, OUT) == 0
        used = guest.u32(OUT)
        data = guest.memory[0x4000 : 0x4000 + used]
        position = 0
        while position + 24 <= used:
            following, _ino, length, _type = struct.unpack_from("<QQIB3x", data, position)
            name = data[position + 24 : position + 24 + length]
            if len(name) < length:
                break
            names.append(name)
            cookie = following
            position += 24 + length
        if used < size:
            return names


def test_readdir(guest: Guest, box: Path) -> None:
    for i in range(40):
        (box / f"file{i}").write_text("")
    wanted = sorted([b".", b"..", *(os.fsencode(name) for name in os.listdir(box))])
    for size in (64, 100, 4096):
        assert sorted(listing(guest, 3, size)) == wanted
    assert guest.call("fd_readdir", 3, 0x4000, 4096, 1000, OUT) == 0
    assert guest.u32(OUT) == 0
    assert guest.call("fd_readdir", 3, 0x4000, 10, 0, OUT) == 0
    assert guest.u32(OUT) == 10
    fd = guest.open(b"a.txt")
    assert guest.call("fd_readdir", fd, 0x4000, 4096, 0, OUT) == EBADF
    ino = (box / "a.txt").stat().st_ino
    assert guest.call("fd_readdir", 3, 0x4000, 0x4000, 0, OUT) == 0
    data = guest.memory[0x4000 : 0x4000 + guest.u32(OUT)]
    at = data.index(b"a.txt") - 24
    assert struct.unpack_from("<QIB", data, at + 8) == (ino, 5, 4)


def test_cookies_stay_while_files_come_and_go(guest: Guest, box: Path) -> None:
    """What is there all the time is listed once, whatever is made and removed meanwhile."""
    for i in range(60):
        (box / f"keep{i}").write_text("")
        (box / f"go{i}").write_text("")
    names: list[bytes] = []
    cookie = 0
    turn = 0
    while True:
        assert guest.call("fd_readdir", 3, 0x4000, 200, cookie, OUT) == 0
        used = guest.u32(OUT)
        data = guest.memory[0x4000 : 0x4000 + used]
        position = 0
        while position + 24 <= used:
            following, _ino, length, _type = struct.unpack_from("<QQIB3x", data, position)
            if position + 24 + length > used:
                break
            names.append(data[position + 24 : position + 24 + length])
            cookie = following
            position += 24 + length
        if used < 200:
            break
        (box / f"go{turn}").unlink(missing_ok=True)
        (box / f"come{turn}").write_text("")
        if turn % 3 == 0:  # somebody else reads the folder anew on the same descriptor
            assert guest.call("fd_readdir", 3, 0x4000, 4000, 0, OUT) == 0
        turn += 1
    assert turn > 10
    assert len(names) == len(set(names))
    assert {b"keep%d" % i for i in range(60)} <= set(names)


def test_large_files(guest: Guest, box: Path) -> None:
    fd = guest.open(b"large", abi.OFLAG_CREAT)
    beyond = 5 << 30
    assert guest.call("fd_seek", fd, beyond, abi.WHENCE_SET, OUT) == 0
    assert guest.write(fd, b"end") == 0
    assert guest.call("fd_tell", fd, OUT) == 0
    assert guest.u64(OUT) == beyond + 3
    assert guest.call("fd_filestat_get", fd, OUT) == 0
    assert guest.u64(OUT + 32) == beyond + 3
    assert guest.call("fd_pread", fd, *guest.iovecs((0x2000, 8)), beyond - 1, OUT) == 0
    assert guest.memory[0x2000 : 0x2000 + guest.u32(OUT)] == b"\0end"
    assert guest.call("fd_filestat_set_size", fd, 6 << 30) == 0
    assert (box / "large").stat().st_size == 6 << 30


def test_renumber(guest: Guest) -> None:
    fd = guest.open(b"a.txt")
    other = guest.open(b"sub", rights=abi.RIGHT_FD_READ)
    assert guest.call("fd_renumber", fd, other) == 0
    assert guest.call("fd_tell", fd, OUT) == EBADF
    assert guest.call("fd_tell", other, OUT) == 0
    assert guest.open(b"sub", rights=abi.RIGHT_FD_READ) == fd


def test_paths(guest: Guest, box: Path) -> None:
    put = guest.put
    assert guest.call("path_create_directory", 3, *put(b"new")) == 0
    assert guest.call("path_create_directory", 3, *put(b"new")) == EEXIST
    assert guest.call("path_rename", 3, *put(b"a.txt"), 3, *put(b"new/b.txt", 0x200)) == 0
    assert guest.call("path_link", 3, 0, *put(b"new/b.txt"), 3, *put(b"c.txt", 0x200)) == 0
    assert guest.call("path_symlink", *put(b"c.txt"), 3, *put(b"link", 0x200)) == 0
    assert guest.call("path_readlink", 3, *put(b"link"), 0x300, 100, OUT) == 0
    assert (guest.u32(OUT), guest.memory[0x300:0x306]) == (5, b"c.txt\0")
    assert guest.call("path_readlink", 3, *put(b"link"), 0x400, 2, OUT) == 0
    assert (guest.u32(OUT), guest.memory[0x400:0x403]) == (2, b"c.\0")
    assert guest.call("path_readlink", 3, *put(b"c.txt"), 0x400, 2, OUT) == EINVAL
    assert guest.call("path_unlink_file", 3, *put(b"new")) in (EISDIR, EPERM)
    assert guest.call("path_remove_directory", 3, *put(b"c.txt")) == ENOTDIR
    assert guest.call("path_unlink_file", 3, *put(b"new/b.txt")) == 0
    assert guest.call("path_remove_directory", 3, *put(b"new")) == 0
    assert guest.call("path_unlink_file", 3, *put(b"new")) == ENOENT
    assert (box / "link").read_bytes() == b"0123456789"
    open_fd = guest.open(b"c.txt")
    for bad, number in ((open_fd, EBADF), (1, EBADF), (99, EBADF)):
        assert guest.call("path_create_directory", bad, *put(b"x")) == number
    path = put(b"c.txt")
    assert guest.call("path_open", 3, 0, *path, 1 << 4, 0, 0, 0, OUT) == EINVAL
    assert guest.call("path_open", 3, 0, *path, 0, 0, 0, 1 << 5, OUT) == EINVAL
    assert guest.call("path_open", 3, 0, *put(b"../x"), 0, 0, 0, 0, OUT) == EPERM


def test_sockets_are_none(guest: Guest) -> None:
    assert guest.call("sock_accept", 3, 0, OUT) == ENOTSOCK
    assert guest.call("sock_recv", 1, 0, 0, 0, OUT, OUT) == ENOTSOCK
    assert guest.call("sock_send", 1, 0, 0, 0, OUT) == ENOTSOCK
    assert guest.call("sock_shutdown", 99, 0) == EBADF


POINTERS = [
    ("args_sizes_get", (END - 3, 0)),
    ("args_get", (END - 8, 0)),
    ("args_get", (0, END - 4)),
    ("environ_sizes_get", (0, 0xFFFF_FFFF)),
    ("clock_res_get", (0, END - 7)),
    ("clock_time_get", (0, 0, END)),
    ("random_get", (END - 1, 2)),
    ("random_get", (0, 0xFFFF_FFFF)),
    ("fd_fdstat_get", (3, END - 23)),
    ("fd_filestat_get", (3, END - 63)),
    ("fd_prestat_get", (3, END - 7)),
    ("fd_prestat_dir_name", (3, END - 3, 4)),
    ("fd_read", (0, END - 7, 1, OUT)),
    ("fd_read", (0, 0, 1, END - 3)),
    ("fd_write", (1, END, 1, OUT)),
    ("fd_write", (1, 0xFFFF_FFF8, 1, OUT)),
    ("fd_readdir", (3, END - 10, 11, 0, OUT)),
    ("fd_readdir", (3, 0, 100, 0, END - 3)),
    ("path_create_directory", (3, END - 1, 2)),
    ("path_open", (3, 0, END, 1, 0, 0, 0, 0, OUT)),
    ("path_filestat_get", (3, 0, 0xFFFF_FFFF, 0xFFFF_FFFF, OUT)),
    ("path_symlink", (END, 1, 3, 0, 1)),
    ("poll_oneoff", (END - 47, 0, 1, OUT)),
    ("poll_oneoff", (0, END - 31, 1, OUT)),
    ("poll_oneoff", (0, 0, 1, END)),
]


@pytest.mark.parametrize(("name", "args"), POINTERS)
def test_pointers_out_of_the_memory(guest: Guest, name: str, args: tuple[int, ...]) -> None:
    assert guest.call(name, *args) == EFAULT


def test_buffers_out_of_the_memory(guest: Guest) -> None:
    fd = guest.open(b"a.txt")
    for buffer in ((END - 1, 2), (0xFFFF_FFFF, 1), (0, 0xFFFF_FFFF)):
        vector = guest.iovecs((0x2000, 1), buffer)
        assert guest.call("fd_read", fd, *vector, OUT) == EFAULT
        assert guest.call("fd_write", 1, *vector, OUT) == EFAULT
    assert guest.output == b""
    assert guest.call("fd_tell", fd, OUT) == 0
    assert guest.u64(OUT) == 0


def clock(userdata: int, timeout: int, flags: int = 0, id: int = 1) -> bytes:
    return struct.pack("<QB7xI4xQQH6x", userdata, 0, id, timeout, 0, flags)


def descriptor(userdata: int, kind: int, fd: int) -> bytes:
    return struct.pack("<QB7xI28x", userdata, kind, fd)


def poll(guest: Guest, *subscriptions: bytes) -> list[tuple[int, ...]]:
    """Userdata, error, type, bytes and flags of the events."""
    data = b"".join(subscriptions)
    guest.put(data, 0x4000)
    assert guest.call("poll_oneoff", 0x4000, 0x5000, len(subscriptions), OUT) == 0
    return [
        struct.unpack("<QHB5xQH6x", guest.memory[0x5000 + 32 * i : 0x5000 + 32 * i + 32])
        for i in range(guest.u32(OUT))
    ]


def test_poll(guest: Guest) -> None:
    start = time.monotonic()
    assert poll(guest, clock(7, 30_000_000), clock(8, 10**12)) == [(7, 0, 0, 0, 0)]
    assert time.monotonic() - start >= 0.03
    until = time.time_ns() + 20_000_000
    assert poll(guest, clock(9, until, abi.CLOCK_ABSTIME, 0)) == [(9, 0, 0, 0, 0)]
    assert time.time_ns() >= until
    assert poll(guest, clock(1, 0, abi.CLOCK_ABSTIME)) == [(1, 0, 0, 0, 0)]
    fd = guest.open(b"a.txt")
    events = poll(guest, clock(1, 10**12), descriptor(2, 1, fd), descriptor(3, 2, 1))
    assert events == [(2, 0, 1, 10, 0), (3, 0, 2, 1, 0)]
    for bad in (descriptor(1, 1, 99), descriptor(1, 1, 3)):
        guest.put(bad, 0x4000)
        assert guest.call("poll_oneoff", 0x4000, 0x5000, 1, OUT) == EBADF
    for bad in (descriptor(1, 3, 0), clock(1, 1, id=2)):
        guest.put(bad, 0x4000)
        assert guest.call("poll_oneoff", 0x4000, 0x5000, 1, OUT) == EINVAL
    assert guest.call("poll_oneoff", 0x4000, 0x5000, 0, OUT) == EINVAL


def test_poll_and_read_of_a_pipe() -> None:
    table = DescriptorTable()
    reader, writer = os.pipe()
    guest = Guest(table)
    table.add(source(f"/dev/fd/{reader}"))
    try:
        assert poll(guest, descriptor(1, 1, 0), clock(2, 20_000_000)) == [(2, 0, 0, 0, 0)]
        threading.Timer(0.05, os.write, (writer, b"abc")).start()
        assert poll(guest, descriptor(1, 1, 0), clock(2, 10**11))[0][0] == 1
        assert guest.call("fd_read", 0, *guest.iovecs((0x2000, 10)), OUT) == 0
        assert guest.memory[0x2000:0x2004] == b"abc\0"
    finally:
        os.close(reader)
        os.close(writer)
        table.close_all()


def test_waits_end_with_the_stores_time() -> None:
    table = DescriptorTable()
    reader, writer = os.pipe()
    store = Store(timeout=0.05)
    guest = Guest(table)
    guest.memory = Memory(1, store=store)
    table.add(source(f"/dev/fd/{reader}"))
    try:
        for name, args in (
            ("fd_read", (0, *guest.iovecs((0x2000, 1)), OUT)),
            ("poll_oneoff", (0x4000, 0x5000, 1, OUT)),
        ):
            guest.put(clock(1, 10**12), 0x4000)
            store.enter()
            try:
                with pytest.raises(ExhaustionError, match="out of time"):
                    guest.call(name, *args)
            finally:
                store.leave(0)
        store.timeout = None
        store.enter()
        try:
            threading.Timer(0.05, store.interrupt).start()
            with pytest.raises(Trap, match="interrupted"):
                guest.call("poll_oneoff", 0x4000, 0x5000, 1, OUT)
        finally:
            store.leave(0)
    finally:
        os.close(reader)
        os.close(writer)
        table.close_all()
