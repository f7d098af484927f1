"""`zwasm.Wasi`: running programs from Python."""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

import zwasm
from tests.wasi.driver import OUT, Guest
from zwasm.instances.func import Func

# Writes "hi" and a newline to standard output, then copies what standard input has.
COPY = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\03\\00\\00\\00hi\\0a")
  (data (i32.const 16) "hi\\0a")
  (data (i32.const 32) "\\00\\01\\00\\00\\64\\00\\00\\00")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 36)))
    (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 8)))))
"""
EXIT = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 3)) unreachable))
"""


def test_output_to_a_bytearray() -> None:
    output = bytearray()
    assert zwasm.Wasi(stdin=b"input", stdout=output).run(zwasm.Module(COPY)) == 0
    assert output == b"hi\ninput"


def test_streams_of_every_kind(tmp_path: Path) -> None:
    module = zwasm.Module(COPY)
    (tmp_path / "in").write_bytes(b"file")
    sources = {
        "file": tmp_path / "in",
        "name": str(tmp_path / "in"),
        "raw": (tmp_path / "in").open("rb", buffering=0),
        "text": io.StringIO("text"),
        "wrapped": io.TextIOWrapper(io.BytesIO(b"wrapped")),
        "callable": lambda size: b"called",
    }
    wanted = {"text": b"text", "wrapped": b"wrapped", "callable": b"called"}
    for name, given in sources.items():
        output = io.BytesIO()
        zwasm.Wasi(stdin=given, stdout=output).run(module)  # type: ignore[arg-type]
        assert output.getvalue() == b"hi\n" + wanted.get(name, b"file")
    sources["raw"].close()  # type: ignore[attr-defined]

    parts: list[bytes] = []
    zwasm.Wasi(stdin=b"x", stdout=parts.append).run(module)
    assert parts == [b"hi\n", b"x"]
    text = io.StringIO()
    zwasm.Wasi(stdin=b"\xe2\x82", stdout=text).run(module)
    assert text.getvalue() == "hi\n"
    zwasm.Wasi(stdin=b"x", stdout=tmp_path / "out").run(module)
    assert (tmp_path / "out").read_bytes() == b"hi\nx"


def test_wrong_streams() -> None:
    with pytest.raises(TypeError, match="stdin cannot be read from int"):
        zwasm.Wasi(stdin=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="output cannot be written to int"):
        zwasm.Wasi(stdout=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stdin gave int"):
        zwasm.Wasi(stdin=lambda size: 3, stdout=bytearray()).run(  # type: ignore[arg-type,return-value]
            zwasm.Module(COPY)
        )
    with pytest.raises(ValueError, match="NUL"):
        zwasm.Wasi(args=["a\0b"])


def test_an_exception_of_a_stream_arrives() -> None:
    def broken(data: bytes) -> None:
        raise RuntimeError("no more paper")

    with pytest.raises(RuntimeError, match="no more paper"):
        zwasm.Wasi(stdin=b"", stdout=broken).run(zwasm.Module(COPY))


def test_exit_code() -> None:
    assert zwasm.Wasi().run(zwasm.Module(EXIT)) == 3


def test_folders_that_cannot_be_granted(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        zwasm.Wasi(dirs={"/": tmp_path / "missing"})
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        zwasm.Wasi(dirs={"/": tmp_path / "file"})


def test_imports_by_hand() -> None:
    output = bytearray()
    wasi = zwasm.Wasi(stdin=b"by hand", stdout=output)
    assert isinstance(wasi.imports["wasi_snapshot_preview1"]["fd_write"], Func)
    instance = zwasm.Instance(zwasm.Module(COPY), wasi.imports)
    wasi.start(instance)
    assert output == b"hi\nby hand"


def test_library_is_initialised() -> None:
    output = bytearray()
    module = zwasm.Module(COPY.replace("_start", "_initialize"))
    assert zwasm.Wasi(stdin=b"", stdout=output).run(module) == 0
    assert output == b"hi\n"


def test_a_library_is_initialised_once() -> None:
    output = bytearray()
    module = zwasm.Module(COPY.replace("_start", "_initialize"))
    wasi = zwasm.Wasi(stdin=b"", stdout=output)
    instance = wasi.instantiate(module)
    wasi.start(instance)
    wasi.start(instance)
    assert output == b"hi\n"
    wasi.start(wasi.instantiate(module))
    assert output == b"hi\nhi\n"


def test_clock_and_randomness_can_be_fixed() -> None:
    found = []
    for _ in range(2):
        folder = zwasm.Directory()
        wasi = zwasm.Wasi(clock=1_234_567_890_123_456_789, random=42, dirs={"/": folder})
        guest = Guest(wasi)
        assert guest.call("random_get", 0x2000, 1000) == 0
        assert guest.open(b"new", oflags=1) == 4
        assert guest.call("fd_filestat_get", 4, OUT) == 0
        found.append((guest.get(0x2000, 1000), guest.get(OUT + 16, 48)))
        assert int.from_bytes(guest.get(OUT + 48, 8), "little") == 1_234_567_890_123_456_789
        for clock in range(4):
            assert guest.call("clock_time_get", clock, 0, OUT) == 0
            assert guest.u64() == 1_234_567_890_123_456_789
        assert guest.call("clock_time_get", 4, 0, OUT) == 28
    assert found[0] == found[1]
    guest = Guest(zwasm.Wasi(random=43))
    assert guest.call("random_get", 0x2000, 1000) == 0
    assert guest.get(0x2000, 1000) != found[0][0]


def test_what_a_users_clock_or_randomness_does_wrong() -> None:
    guest = Guest(zwasm.Wasi(random=lambda size: b"short", clock=lambda clock: 1 // 0))
    with pytest.raises(ValueError, match="random gave 5 bytes, not 8"):
        guest.call("random_get", 0x2000, 8)
    with pytest.raises(ZeroDivisionError):
        guest.call("clock_time_get", 0, 0, OUT)


def test_folders_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"host")
    memory = zwasm.Directory({"a": b"memory"})
    given: dict[str, Any] = {
        "/path": tmp_path,
        "/name": str(tmp_path),
        "/memory": memory,
        "/ro": zwasm.ReadOnly(tmp_path),
        "/ro/memory": zwasm.ReadOnly(memory),
        "caf\udce9": memory,
    }
    with zwasm.Wasi(dirs=given) as wasi:
        guest = Guest(wasi)
        texts = []
        for i, name in enumerate(given):
            assert guest.call("fd_prestat_get", 3 + i, OUT) == 0
            assert guest.call("fd_prestat_dir_name", 3 + i, 0x2000, 100) == 0
            size = int.from_bytes(guest.get(OUT + 4, 4), "little")
            assert guest.get(0x2000, size) == os.fsencode(name)
            fd = guest.open(b"a", base=2, fd=3 + i)
            texts.append(guest.read(fd))
            writable = guest.open(b"a", fd=3 + i)
            assert writable == -63 if "ro" in name else writable > 0
        assert texts == [b"host", b"host", b"memory", b"host", b"memory", b"memory"]
    with pytest.raises(TypeError, match=r"a folder is a path or a .*, not int"):
        zwasm.Wasi(dirs={"/": 3})  # type: ignore[dict-item]


def test_one_system_for_instances_in_several_threads() -> None:
    """Each call finds the memory of the instance that makes it."""
    parts: list[bytes] = []
    wasi = zwasm.Wasi(stdout=parts.append)
    texts = [b"%04d" % i for i in range(4)]
    guests = [Guest(wasi) for _ in texts]

    def write(guest: Guest, text: bytes) -> None:
        for _ in range(300):
            guest.write(1, text)

    threads = [
        threading.Thread(target=write, args=pair) for pair in zip(guests, texts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(parts) == sorted(300 * texts)


def test_nothing_is_granted_by_default() -> None:
    guest = Guest(zwasm.Wasi())
    assert guest.call("args_sizes_get", OUT, OUT + 4) == 0
    assert (guest.u32(OUT), guest.u32(OUT + 4)) == (1, len("main.wasm") + 1)
    assert guest.call("environ_sizes_get", OUT, OUT + 4) == 0
    assert (guest.u32(OUT), guest.u32(OUT + 4)) == (0, 0)
    assert [guest.call("fd_fdstat_get", fd, OUT) for fd in range(6)] == [0, 0, 0, 8, 8, 8]


def test_output_of_python_that_cannot_be_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, object()):
        monkeypatch.setattr(sys, "stdout", stream)
        assert zwasm.Wasi().run(zwasm.Module(EXIT)) == 3


def test_an_instance_keeps_its_system(tmp_path: Path) -> None:
    output = bytearray()
    instance = zwasm.Wasi(stdin=b"kept", stdout=output).instantiate(zwasm.Module(COPY))
    gc.collect()
    instance.exports._start()
    assert output == b"hi\nkept"


def test_files_are_closed_with_the_last_user(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    before = len(os.listdir("/dev/fd"))
    guest = Guest(zwasm.Wasi(dirs={"/": tmp_path}))
    assert guest.open(b"a") == 4
    assert len(os.listdir("/dev/fd")) == before + 2
    del guest
    gc.collect()
    assert len(os.listdir("/dev/fd")) == before


def test_the_instance_goes_with_the_run() -> None:
    wasi = zwasm.Wasi(stdin=b"", stdout=bytearray())
    instance = wasi.instantiate(zwasm.Module(COPY))
    gone = weakref.ref(instance)
    wasi.start(instance)
    wasi.close()
    del instance
    gc.collect()
    assert gone() is None


def test_modules_that_are_no_program() -> None:
    with pytest.raises(zwasm.LinkError, match="_start"):
        zwasm.Wasi().run(zwasm.Module("(module)"))
    without_memory = COPY.replace('(memory (export "memory") 1)', "(memory 1)")
    with pytest.raises(zwasm.LinkError, match="memory"):
        zwasm.Wasi().run(zwasm.Module(without_memory))


def test_a_full_device_is_the_guests_affair() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs /dev/full")
    assert zwasm.Wasi(stdin=b"", stdout="/dev/full").run(zwasm.Module(COPY)) == 0
