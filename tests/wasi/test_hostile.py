"""Guests that try everything: no number that they give does more than give an error number."""

from __future__ import annotations

import os
import random
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

import zwasm
from tests.wasi.driver import OUT, Guest
from zwasm.errors import ExhaustionError
from zwasm.wasi import abi
from zwasm.wasi.functions import FUNCTIONS, PREVIEW_1, SNAPSHOT_0

SWAP = """
import os, sys
os.chdir(sys.argv[1])
print("ready", flush=True)
pairs = [("inner", "way-out", "target"), ("decoy.txt", "file-out", "file")]
while os.path.exists("go-on"):
    for real, link, name in pairs:
        for source in (real, link):
            os.rename(source, name)
            os.rename(name, source)
"""
# Opens two names over and over, and writes what it reads there to standard output.
OPENER = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "target/secret.txt")
  (data (i32.const 32) "file")
  (data (i32.const 64) "\\00\\01\\00\\00\\06\\00\\00\\00")
  (func $try (param $path i32) (param $size i32) (param $follow i32)
    (if (i32.eqz (call $open (i32.const 3) (local.get $follow) (local.get $path) (local.get $size)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 80)))
      (then
        (i32.store (i32.const 68) (i32.const 6))
        (drop (call $read (i32.load (i32.const 80)) (i32.const 64) (i32.const 1) (i32.const 84)))
        (i32.store (i32.const 68) (i32.load (i32.const 84)))
        (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 88)))
        (drop (call $close (i32.load (i32.const 80)))))))
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const 3000))
    (loop $more
      (call $try (i32.const 0) (i32.const 17) (i32.const 1))
      (call $try (i32.const 32) (i32.const 4) (i32.and (local.get $left) (i32.const 1)))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
"""


class Swapped:
    """A folder in which two names are now a folder or a file inside, now a link out."""

    def __init__(self, outer: Path) -> None:
        self.outside = outer / "outside"
        self.outside.mkdir()
        (self.outside / "secret.txt").write_text("secret")
        self.box = outer / "box"
        (self.box / "inner").mkdir(parents=True)
        (self.box / "inner/secret.txt").write_text("decoy.")
        (self.box / "decoy.txt").write_text("decoy.")
        (self.box / "way-out").symlink_to("../outside")
        (self.box / "file-out").symlink_to("../outside/secret.txt")
        (self.box / "go-on").write_text("")

    def __enter__(self) -> Swapped:
        command = [sys.executable, "-c", SWAP, str(self.box)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *details: object) -> None:
        (self.box / "go-on").unlink()
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self.process.wait(60) == 0


def test_a_guest_that_opens_what_is_swapped(tmp_path: Path, each_engine: str) -> None:
    output = bytearray()
    with Swapped(tmp_path) as swapped, zwasm.Wasi(dirs={"/": swapped.box}, stdout=output) as wasi:
        wasi.run(zwasm.Module(OPENER))
    assert output  # some were won by the folder
    assert output.replace(b"decoy.", b"") == b""


@pytest.mark.parametrize("way", ["openat2", "walk"])
def test_changes_to_what_is_swapped(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is made, changed or removed outside, whatever the guest does meanwhile."""
    from zwasm.wasi import resolve

    if way == "walk":
        monkeypatch.setattr(resolve._kernel, "_known", True)
        monkeypatch.setattr(resolve._kernel, "_call", None)
    numbers = set()
    with Swapped(tmp_path) as swapped, zwasm.Wasi(dirs={"/": swapped.box}) as wasi:
        before = os.stat(swapped.outside / "secret.txt")
        guest = Guest(wasi)
        for i in range(300):
            new = guest.put(b"target/new%d" % (i % 7), 0x300)
            own = guest.put(b"own", 0x400)
            secret = guest.put(b"target/secret.txt", 0x500)
            file = guest.put(b"file", 0x600)
            for name, args in (
                ("path_create_directory", (3, *new)),
                ("path_symlink", (*own, 3, *new)),
                ("path_rename", (3, *own, 3, *new)),
                ("path_rename", (3, *secret, 3, *own)),
                ("path_rename", (3, *own, 3, *secret)),
                ("path_link", (3, 0, *secret, 3, *own)),
                ("path_link", (3, 0, *own, 3, *new)),
                ("path_unlink_file", (3, *new)),
                ("path_remove_directory", (3, *new)),
                ("path_filestat_set_times", (3, 1, *secret, 1, 1, 5)),
                ("path_filestat_set_times", (3, 1, *file, 1, 1, 5)),
                ("path_open", (3, 1, *file, abi.OFLAG_TRUNC, 0x40, 0, 0, OUT)),
                ("path_open", (3, 1, *secret, abi.OFLAG_CREAT | abi.OFLAG_TRUNC, 64, 0, 0, OUT)),
            ):
                number = guest.call(name, *args)
                numbers.add(number)
                if name == "path_open" and number == 0:
                    fd = guest.u32()
                    assert guest.write(fd, b"decoy.") == 0
                    assert guest.call("fd_close", fd) == 0
        after = os.stat(swapped.outside / "secret.txt")
    assert {0, 63} <= numbers
    assert os.listdir(swapped.outside) == ["secret.txt"]
    assert (swapped.outside / "secret.txt").read_text() == "secret"
    assert (before.st_ino, before.st_nlink, before.st_mtime_ns) == (
        after.st_ino,
        after.st_nlink,
        after.st_mtime_ns,
    )


def odd_number(chance: random.Random, letter: str) -> int:
    kind = chance.randrange(10)
    if kind < 4:
        return chance.randrange(8)
    if kind < 7:
        return chance.randrange(0, 65_536 + 8)
    if kind < 8:
        return 65_536 - chance.randrange(70)
    edge = 32 if letter == "i" or kind < 9 else 64
    return (1 << edge) - 1 - chance.choice((0, 1, 7, 63, 1 << (edge - 1)))


def scribble(chance: random.Random, guest: Guest) -> None:
    """Fill the memory with what may be paths, vectors and subscriptions."""
    parts = []
    for _ in range(64):
        part = bytearray(chance.choice((b"\0" * 1024, chance.randbytes(1024))))
        for _ in range(8):
            at = chance.randrange(1000)
            word = chance.choice(
                (b"a", b"sub/b", b"../x", b"/", b"a\0", b"\xff", b"new", struct.pack("<II", 64, 9))
            )
            part[at : at + len(word)] = word
        parts.append(bytes(part))
    guest.put(b"".join(parts), 0)


@pytest.mark.parametrize("seed", range(6))
def test_random_calls(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    namespace = PREVIEW_1 if seed % 3 else SNAPSHOT_0
    folder = zwasm.Directory({"a": b"text", "sub/b": b"more"}, limit=1 << 20)
    (tmp_path / "a").write_text("text")
    (tmp_path / "sub").mkdir()
    store = zwasm.Store(timeout=0.02)
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        zwasm.Wasi(
            stdin=b"input",
            stdout=bytearray(),
            stderr=bytearray(),
            dirs={"/m": folder, "/h": tmp_path},
            listen=[listening],
        ) as wasi,
    ):
        guest = Guest(wasi, namespace, store)
        names = [name for name in FUNCTIONS if name in guest.instance.exports]
        names = [name for name in names if name not in ("proc_exit", "fd_allocate")]
        waited = 0
        numbers = set()
        for turn in range(4000):
            if turn % 40 == 0:
                scribble(chance, guest)
            name = chance.choice(names)
            args = [odd_number(chance, letter) for letter in FUNCTIONS[name]]
            if name == "fd_close" and args[0] < 6 and turn < 3500:
                continue
            if name in ("fd_renumber", "fd_fdstat_set_rights") and turn < 3000:
                continue
            try:
                number = guest.call(name, *args)
            except ExhaustionError:
                waited += 1
                continue
            numbers.add(number)
            assert 0 <= number <= 76, name
        assert len(numbers) > 8
        assert waited < 400


def test_no_allocation_by_a_number_alone(tmp_path: Path) -> None:
    """Sizes that are absurd cost nothing."""
    (tmp_path / "a").write_text("text")
    folder = zwasm.Directory({"a": b"text"})
    with zwasm.Wasi(stdin=lambda size: b"x", dirs={"/": tmp_path, "/m": folder}) as wasi:
        guest = Guest(wasi)
        started = time.monotonic()
        whole = [(0, 65_536)] * 1024
        assert guest.call("fd_read", 0, *guest.buffers(*whole), OUT) == 0
        for fd in (guest.open(b"a"), guest.open(b"a", fd=4)):
            assert guest.call("fd_read", fd, *guest.buffers(*whole), OUT) == 0
            assert guest.u32() == 4
        assert guest.call("random_get", 0, 0xFFFF_FFFF) == 21
        assert guest.call("fd_readdir", 3, 0, 0xFFFF_FFFF, 0, OUT) == 21
        assert guest.call("poll_oneoff", 0, 0, 0xFFFF_FFFF, OUT) == 28
        assert guest.call("path_open", 3, 0, 0, 65_536, 0, 0, 0, 0, OUT) in (28, 37)
        assert time.monotonic() - started < 5


def test_descriptors_run_out(tmp_path: Path) -> None:
    """The host's limit is an error number, and closing helps."""
    (tmp_path / "a").write_text("text")
    code = """
import resource, sys, zwasm
sys.path.insert(0, sys.argv[2])
from tests.wasi.driver import Guest
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
guest = Guest(zwasm.Wasi(dirs={"/": sys.argv[1]}))
opened = []
while (fd := guest.open(b"a")) >= 0:
    opened.append(fd)
print(fd, len(opened) > 10)
guest.call("fd_close", opened[0])
print(guest.open(b"a") == opened[0])
"""
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", code, str(tmp_path), root]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["-33", "True", "True"], done.stderr
