"""`wasi_unstable`: what differs from preview 1."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import zwasm
from tests.wasi.driver import OUT, Guest, names
from zwasm.wasi.functions import PREVIEW_1, SNAPSHOT_0


def test_whence(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    guest = Guest(zwasm.Wasi(dirs={"/": tmp_path}), SNAPSHOT_0)
    fd = guest.open(b"a")
    assert guest.call("fd_seek", fd, 4, 2, OUT) == 0  # set
    assert guest.u64() == 4
    assert guest.call("fd_seek", fd, 3, 0, OUT) == 0  # from here
    assert guest.u64() == 7
    assert guest.call("fd_seek", fd, -2, 1, OUT) == 0  # from the end
    assert guest.u64() == 8
    assert guest.call("fd_seek", fd, 0, 3, OUT) == 28


def test_filestat(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    host = (tmp_path / "a").stat()
    guest = Guest(zwasm.Wasi(dirs={"/": tmp_path}), SNAPSHOT_0)
    wanted = (host.st_dev, host.st_ino, 4, 2, 10, host.st_mtime_ns, host.st_ctime_ns)
    fd = guest.open(b"a")
    for number in (
        guest.call("fd_filestat_get", fd, OUT),
        guest.call("path_filestat_get", 3, 1, *guest.put(b"a"), OUT + 0x100),
    ):
        assert number == 0
    for address in (OUT, OUT + 0x100):
        found = struct.unpack("<QQB3xIQQQQ", guest.get(address, 56))
        assert (*found[:5], *found[6:]) == wanted
        assert guest.get(address + 56, 8) == bytes(8)
    end = 65_536 - 56
    assert guest.call("fd_filestat_get", fd, end) == 0
    assert guest.call("path_filestat_get", 3, 1, *guest.put(b"a"), end) == 0
    assert guest.call("fd_filestat_get", fd, end + 1) == 21


def test_poll() -> None:
    guest = Guest(zwasm.Wasi(stdin=b"", stdout=bytearray()), SNAPSHOT_0)
    clock = struct.pack("<QB7xQI4xQQH6x", 7, 0, 99, 1, 20_000_000, 0, 0)
    assert len(clock) == 56
    guest.put(clock, 0x2000)
    start = time.monotonic()
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == 0
    assert time.monotonic() - start >= 0.02
    assert guest.u32() == 1
    assert struct.unpack("<QHB", guest.get(0x3000, 11)) == (7, 0, 0)
    guest.put(clock + struct.pack("<QB7xI36x", 8, 2, 1), 0x2000)
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 2, OUT) == 0
    assert guest.u32() == 1
    assert struct.unpack("<QHB", guest.get(0x3000, 11)) == (8, 0, 2)


def test_both_at_once() -> None:
    output = bytearray()
    wasi = zwasm.Wasi(stdout=output)
    assert sorted(wasi.imports) == [PREVIEW_1, SNAPSHOT_0]
    assert len(names(PREVIEW_1)) == 46
    assert len(wasi.imports[SNAPSHOT_0]) == 45
    assert "sock_accept" not in wasi.imports[SNAPSHOT_0]
    old, new = Guest(wasi, SNAPSHOT_0), Guest(wasi)
    old.put(b"old memory", 0x4000)
    assert new.write(1, b"new") == 0
    assert old.write(1, b"old") == 0
    assert output == b"newold"


def test_a_program_is_run() -> None:
    program = """(module
      (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const 5))))"""
    assert zwasm.Wasi().run(zwasm.Module(program)) == 5
