"""Sockets that guests accept connections on."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import zwasm
from tests.wasi.driver import OUT, Guest
from zwasm.errors import ExhaustionError
from zwasm.wasi.sockets import parse_address

EAGAIN, EBADF, EINVAL, ENOTCONN, ENOTSOCK, EPIPE, ESPIPE = 6, 8, 28, 53, 57, 64, 70
LISTENER = 3
NONBLOCK = 4


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def guest(listening: socket.socket) -> Iterator[Guest]:
    with zwasm.Wasi(listen=[listening]) as wasi:
        yield Guest(wasi)


def connected(guest: Guest, listening: socket.socket) -> tuple[socket.socket, int]:
    """The host's end and the guest's descriptor of a connection."""
    client = socket.create_connection(listening.getsockname(), timeout=10)
    assert guest.call("sock_accept", LISTENER, 0, OUT) == 0
    return client, guest.u32()


def test_a_conversation(guest: Guest, listening: socket.socket) -> None:
    client, fd = connected(guest, listening)
    with client:
        assert fd == 4
        client.sendall(b"hello guest")
        vector = guest.buffers((0x4000, 5), (0x5000, 100))
        assert guest.call("sock_recv", fd, *vector, 1, OUT, OUT + 8) == 0  # peek
        assert guest.u32() == 11
        assert guest.call("sock_recv", fd, *vector, 0, OUT, OUT + 8) == 0
        assert (guest.u32(), guest.get(OUT + 8, 2)) == (11, b"\0\0")
        assert guest.get(0x4000, 5) + guest.get(0x5000, 6) == b"hello guest"
        guest.put(b"hello host", 0x4000)
        vector = guest.buffers((0x4000, 6), (0x4006, 4))
        assert guest.call("sock_send", fd, *vector, 0, OUT) == 0
        assert guest.u32() == 10
        assert guest.write(fd, b", again") == 0
        assert guest.call("sock_shutdown", fd, 2) == 0
        with client.makefile("rb") as stream:
            assert stream.read() == b"hello host, again"
        client.sendall(b"last")
        client.shutdown(socket.SHUT_WR)
        assert guest.read(fd) == b"last"
        assert guest.read(fd) == b""
    assert guest.call("fd_close", fd) == 0
    assert guest.write(fd, b"x") == EBADF


def test_what_the_descriptors_are(guest: Guest, listening: socket.socket) -> None:
    client, accepted = connected(guest, listening)
    for fd in (LISTENER, accepted):
        assert guest.call("fd_fdstat_get", fd, OUT) == 0
        assert guest.get(OUT, 1) == b"\6"
        assert guest.call("fd_filestat_get", fd, OUT) == 0
        assert guest.get(OUT + 16, 1) == b"\6"
        assert guest.call("fd_seek", fd, 0, 1, OUT) == ESPIPE
        assert guest.call("fd_pread", fd, *guest.buffers((0, 1)), 0, OUT) == ESPIPE
        assert guest.call("fd_prestat_get", fd, OUT) == EBADF
        assert guest.call("fd_fdstat_set_flags", fd, 1) == EINVAL
        assert guest.call("sock_shutdown", fd, 4) in (EINVAL, ENOTCONN)
    client.close()
    vector = guest.buffers((0x4000, 1))
    assert guest.read(LISTENER) == ENOTCONN
    assert guest.write(LISTENER, b"x") == ENOTCONN
    assert guest.call("sock_recv", LISTENER, *vector, 0, OUT, OUT) == ENOTCONN
    assert guest.call("sock_send", LISTENER, *vector, 0, OUT) == ENOTCONN
    assert guest.call("sock_shutdown", LISTENER, 2) == ENOTCONN
    assert guest.call("sock_accept", LISTENER, 1, OUT) == EINVAL
    assert guest.call("sock_accept", 4, 0, OUT) == EINVAL
    assert guest.call("sock_recv", 4, *vector, 4, OUT, OUT) == EINVAL
    assert guest.call("sock_send", 4, *vector, 1, OUT) == EINVAL
    for name, args in (
        ("sock_accept", (1, 0, OUT)),
        ("sock_recv", (1, *vector, 0, OUT, OUT)),
        ("sock_send", (1, *vector, 0, OUT)),
        ("sock_shutdown", (1, 2)),
    ):
        assert guest.call(name, *args) == ENOTSOCK


def test_without_waiting(guest: Guest, listening: socket.socket) -> None:
    assert guest.call("fd_fdstat_set_flags", LISTENER, NONBLOCK) == 0
    assert guest.call("sock_accept", LISTENER, 0, OUT) == EAGAIN
    client = socket.create_connection(listening.getsockname())
    with client:
        while guest.call("sock_accept", LISTENER, NONBLOCK, OUT) == EAGAIN:
            time.sleep(0.001)
        fd = guest.u32()
        assert guest.read(fd) == EAGAIN
        assert guest.call("sock_recv", fd, *guest.buffers((0, 1)), 2, OUT, OUT) == EAGAIN
        number = 0
        while number == 0:
            number = guest.write(fd, b"x" * 8000)
        assert number == EAGAIN


def test_waiting_for_all(guest: Guest, listening: socket.socket) -> None:
    client, fd = connected(guest, listening)
    with client:
        client.sendall(b"first")
        threading.Timer(0.05, client.sendall, [b"second and more"]).start()
        vector = guest.buffers((0x4000, 3), (0x4003, 8))
        assert guest.call("sock_recv", fd, *vector, 2, OUT, OUT + 8) == 0
        assert (guest.u32(), guest.get(0x4000, 11)) == (11, b"firstsecond")


def test_waiting_for_a_connection_and_for_bytes(guest: Guest, listening: socket.socket) -> None:
    clients: list[socket.socket] = []

    def connect() -> None:
        clients.append(socket.create_connection(listening.getsockname()))
        time.sleep(0.15)
        clients[0].sendall(b"late")

    thread = threading.Timer(0.05, connect)
    thread.start()
    subscription = struct.pack("<QB7xI28x", 5, 1, LISTENER)
    guest.put(subscription, 0x2000)
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == 0
    assert struct.unpack("<QHB", guest.get(0x3000, 11)) == (5, 0, 1)
    assert guest.call("sock_accept", LISTENER, 0, OUT) == 0
    fd = guest.u32()
    assert guest.read(fd) == b"late"
    thread.join()
    for client in clients:
        client.close()
    guest.put(struct.pack("<QB7xI28x", 6, 1, fd), 0x2000)
    assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == 0
    assert struct.unpack("<QHB5xQH", guest.get(0x3000, 26)) == (6, 0, 1, 0, 1)


def test_a_peer_that_has_gone(guest: Guest, listening: socket.socket) -> None:
    client, fd = connected(guest, listening)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    numbers: set[int] = set()
    deadline = time.monotonic() + 10
    while not numbers & {EPIPE, 15} and time.monotonic() < deadline:
        numbers.add(guest.write(fd, b"x"))
        time.sleep(0.001)
    assert numbers & {EPIPE, 15}  # or ECONNRESET


def test_waits_end_with_the_stores_time(listening: socket.socket) -> None:
    with zwasm.Wasi(listen=[listening]) as wasi:
        store = zwasm.Store(timeout=0.05)
        guest = Guest(wasi, store=store)
        with pytest.raises(ExhaustionError, match="out of time"):
            guest.call("sock_accept", LISTENER, 0, OUT)
        store.timeout = None
        client, fd = connected(guest, listening)
        with client:
            store.timeout = 0.05
            with pytest.raises(ExhaustionError, match="out of time"):
                guest.read(fd)
            with pytest.raises(ExhaustionError, match="out of time"):
                guest.fill(fd)


def test_addresses() -> None:
    assert parse_address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert parse_address("[::1]:8080") == ("::1", 8080)
    assert parse_address("localhost:0") == ("localhost", 0)
    for wrong in ("", "80", ":80", "host", "host:", "host:x", "::1:80", "host:65536", "a:-1"):
        with pytest.raises(ValueError, match="no address"):
            parse_address(wrong)
        with pytest.raises(ValueError, match="no address"):
            zwasm.Wasi(listen=[wrong])


def test_sockets_follow_the_folders(listening: socket.socket) -> None:
    with zwasm.Wasi(dirs={"/a": zwasm.Directory()}, listen=[listening, "127.0.0.1:0"]) as wasi:
        guest = Guest(wasi)
        assert [guest.call("fd_prestat_get", fd, OUT) for fd in (3, 4)] == [0, EBADF]
        kinds = []
        for fd in (3, 4, 5):
            assert guest.call("fd_fdstat_get", fd, OUT) == 0
            kinds.append(guest.get(OUT, 1)[0])
        assert kinds == [3, 6, 6]


ECHO = """(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\00\\01\\00\\00\\00\\10\\00\\00")
  (func (export "_start") (local $fd i32)
    (drop (call $accept (i32.const 3) (i32.const 0) (i32.const 16)))
    (local.set $fd (i32.load (i32.const 16)))
    (loop $more
      (drop (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 20)))
      (i32.store (i32.const 4) (i32.load (i32.const 20)))
      (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 24)))
      (i32.store (i32.const 4) (i32.const 4096))
      (br_if $more (i32.load (i32.const 20))))))
"""


def test_on_the_command_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    path = tmp_path / "echo.wat"
    path.write_text(ECHO)
    command = [sys.executable, "-m", "zwasm", "run", "--tcplisten", f"127.0.0.1:{port}", str(path)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.05)
        with client:
            client.sendall(b"echo this")
            client.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as stream:
                assert stream.read() == b"echo this"
    assert process.returncode == 0
