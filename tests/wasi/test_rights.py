"""Rights that a guest gives up."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import zwasm
from tests.wasi.driver import OUT, VECTOR, Guest
from zwasm.wasi import abi

ENOTCAPABLE = 76
ALL = abi.RIGHTS_ALL


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "sub").mkdir()
    return Guest(zwasm.Wasi(dirs={"/": tmp_path}, stdin=b"in", stdout=bytearray()))


def rights(guest: Guest, fd: int) -> tuple[int, int]:
    assert guest.call("fd_fdstat_get", fd, OUT) == 0
    base, inheriting = struct.unpack("<QQ", guest.get(OUT + 8, 16))
    return base, inheriting


def give_up(guest: Guest, fd: int, lost: int, lost_inheriting: int = 0) -> None:
    base, inheriting = rights(guest, fd)
    kept = base & ~lost, inheriting & ~lost_inheriting
    assert guest.call("fd_fdstat_set_rights", fd, *kept) == 0
    assert rights(guest, fd) == kept


FILE_CALLS = {
    "fd_read": (abi.RIGHT_FD_READ, (VECTOR, 0, OUT)),
    "fd_pread": (abi.RIGHT_FD_READ, (VECTOR, 0, 0, OUT)),
    "fd_write": (abi.RIGHT_FD_WRITE, (VECTOR, 0, OUT)),
    "fd_pwrite": (abi.RIGHT_FD_WRITE, (VECTOR, 0, 0, OUT)),
    "fd_seek": (abi.RIGHT_FD_SEEK, (1, 0, OUT)),
    "fd_tell": (abi.RIGHT_FD_TELL, (OUT,)),
    "fd_advise": (abi.RIGHT_FD_ADVISE, (0, 0, 0)),
    "fd_allocate": (abi.RIGHT_FD_ALLOCATE, (0, 1)),
    "fd_sync": (abi.RIGHT_FD_SYNC, ()),
    "fd_datasync": (abi.RIGHT_FD_DATASYNC, ()),
    "fd_fdstat_set_flags": (abi.RIGHT_FD_FDSTAT_SET_FLAGS, (0,)),
    "fd_filestat_get": (abi.RIGHT_FD_FILESTAT_GET, (OUT,)),
    "fd_filestat_set_size": (abi.RIGHT_FD_FILESTAT_SET_SIZE, (1,)),
    "fd_filestat_set_times": (abi.RIGHT_FD_FILESTAT_SET_TIMES, (0, 0, 0)),
}
A = (0x100, 1)
NEW = (0x110, 3)
SUB = (0x120, 3)
FOLDER_CALLS = {
    "fd_readdir": (abi.RIGHT_FD_READDIR, (3, 0x4000, 10, 0, OUT)),
    "path_open": (abi.RIGHT_PATH_OPEN, (3, 0, *A, 0, 2, 0, 0, OUT)),
    "path_create_directory": (abi.RIGHT_PATH_CREATE_DIRECTORY, (3, *NEW)),
    "path_filestat_get": (abi.RIGHT_PATH_FILESTAT_GET, (3, 0, *A, OUT)),
    "path_filestat_set_times": (abi.RIGHT_PATH_FILESTAT_SET_TIMES, (3, 0, *A, 0, 0, 0)),
    "path_link": (abi.RIGHT_PATH_LINK_TARGET, (3, 0, *A, 3, *NEW)),
    "path_readlink": (abi.RIGHT_PATH_READLINK, (3, *A, 0x4000, 9, OUT)),
    "path_remove_directory": (abi.RIGHT_PATH_REMOVE_DIRECTORY, (3, *SUB)),
    "path_rename": (abi.RIGHT_PATH_RENAME_SOURCE, (3, *A, 3, *NEW)),
    "path_symlink": (abi.RIGHT_PATH_SYMLINK, (*A, 3, *NEW)),
    "path_unlink_file": (abi.RIGHT_PATH_UNLINK_FILE, (3, *A)),
}


@pytest.mark.parametrize("name", FILE_CALLS)
def test_files(guest: Guest, name: str) -> None:
    right, args = FILE_CALLS[name]
    fd = guest.open(b"a", base=ALL)
    give_up(guest, fd, ALL & ~right)
    assert guest.call(name, fd, *args) == 0
    give_up(guest, fd, right)
    assert guest.call(name, fd, *args) == ENOTCAPABLE


@pytest.mark.parametrize("name", FOLDER_CALLS)
def test_folders(guest: Guest, name: str) -> None:
    right, args = FOLDER_CALLS[name]
    for (address, _), text in ((A, b"a"), (NEW, b"new"), (SUB, b"sub")):
        guest.put(text, address)
    give_up(guest, 3, right)
    assert guest.call(name, *args) == ENOTCAPABLE


def test_rights_do_not_come_back(guest: Guest) -> None:
    fd = guest.open(b"a", base=abi.RIGHT_FD_READ)
    base, inheriting = rights(guest, fd)
    assert not base & abi.RIGHT_FD_WRITE
    assert guest.call("fd_fdstat_set_rights", fd, ALL, inheriting) == ENOTCAPABLE
    give_up(guest, fd, abi.RIGHT_FD_SEEK)
    assert guest.call("fd_fdstat_set_rights", fd, base, inheriting) == ENOTCAPABLE
    assert guest.call("fd_seek", fd, 0, 1, OUT) == 0  # that is to tell
    assert guest.call("fd_fdstat_set_rights", 99, 0, 0) == 8


def test_what_is_opened_inherits(guest: Guest) -> None:
    give_up(guest, 3, 0, abi.RIGHT_FD_WRITE)
    assert guest.open(b"a", base=abi.RIGHT_FD_WRITE) == -ENOTCAPABLE
    fd = guest.open(b"a", base=abi.RIGHT_FD_READ)
    assert guest.read(fd) == b"text"
    sub = guest.open(b"sub", base=abi.RIGHT_FD_READ)
    assert guest.open(b"x", oflags=1, base=abi.RIGHT_FD_WRITE, fd=sub) == -ENOTCAPABLE


def test_making_and_emptying_files(guest: Guest) -> None:
    give_up(guest, 3, abi.RIGHT_PATH_FILESTAT_SET_SIZE)
    assert guest.open(b"a", oflags=abi.OFLAG_TRUNC) == -ENOTCAPABLE
    assert guest.open(b"new", oflags=abi.OFLAG_CREAT) > 0
    give_up(guest, 3, abi.RIGHT_PATH_CREATE_FILE)
    assert guest.open(b"other", oflags=abi.OFLAG_CREAT) == -ENOTCAPABLE


def test_waiting(guest: Guest) -> None:
    guest.put(struct.pack("<QB7xI28x", 1, 1, 0), 0x2000)
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == 0
    give_up(guest, 0, abi.RIGHT_POLL_FD_READWRITE)
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == ENOTCAPABLE
