"""Standard streams that wait: other threads run, time limits and Ctrl-C end the wait."""

from __future__ import annotations

import io
import os
import signal
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
from zwasm.errors import ExhaustionError, Trap
from zwasm.wasi import abi
from zwasm.wasi.streams import HostStream

EAGAIN, EBADF, EINVAL, EPIPE = 6, 8, 28, 64
NONBLOCK = 4

# Copies standard input to standard output, in pieces of at most 4096 bytes.
CAT = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\00\\01\\00\\00\\00\\10\\00\\00")
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 4) (i32.const 4096))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 20)))
      (i32.store (i32.const 4) (i32.load (i32.const 20)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
      (br_if $more (i32.load (i32.const 20))))))
"""
# Writes lines until a write fails, and ends with that error number.
YES = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00")
  (data (i32.const 16) "yes\\0a")
  (func (export "_start") (local $error i32)
    (loop $more
      (local.set $error (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
      (br_if $more (i32.eqz (local.get $error))))
    (call $exit (local.get $error))))
"""
# Sleeps for a minute.
SLEEP = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 24) "\\00\\58\\47\\f8\\0d")
  (func (export "_start")
    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            pass


def test_guests_that_wait_let_threads_run(pipe: tuple[int, int]) -> None:
    """One guest writes what the other waits for, in two threads."""
    reader, writer = pipe
    output = bytearray()
    module = zwasm.Module(CAT)

    def write_late() -> None:
        time.sleep(0.05)
        zwasm.Wasi(stdin=b"late", stdout=f"/dev/fd/{writer}").run(module)
        os.close(writer)

    thread = threading.Thread(target=write_late)
    thread.start()
    assert zwasm.Wasi(stdin=f"/dev/fd/{reader}", stdout=output).run(module) == 0
    thread.join()
    assert output == b"late"


def test_a_full_pipe_waits(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    data = os.urandom(300_000)
    found: list[bytes] = []

    def drain() -> None:
        while sum(map(len, found)) < len(data):
            found.append(os.read(reader, 10_000))

    with zwasm.Wasi(stdout=f"/dev/fd/{writer}") as wasi:
        guest = Guest(wasi)
        guest.instance.exports.memory.grow(3)
        guest.memory[0x4000 : 0x4000 + 200_000] = data[:200_000]
        thread = threading.Thread(target=drain)
        thread.start()
        vector = guest.buffers((0x4000, 200_000))
        assert guest.call("fd_write", 1, *vector, OUT) == 0
        assert guest.u32() == 200_000
        guest.memory[0x4000 : 0x4000 + 100_000] = data[200_000:]
        vector = guest.buffers((0x4000, 3), (0x4003, 99_997))
        assert guest.call("fd_write", 1, *vector, OUT) == 0
        assert guest.u32() == 100_000
        thread.join()
    assert b"".join(found) == data


def test_lines_stay_whole() -> None:
    """As a native program's `writev`, a short write is one write of the host."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with reader, writer:
        output = HostStream(writer.fileno(), abi.RIGHT_FD_WRITE, False)
        parts = [memoryview(part) for part in (b"a line", b"", b" of three parts", b"\n")]
        assert output.write(parts, None) == 22
        assert reader.recv(100) == b"a line of three parts\n"


def test_waits_end_with_the_stores_time_or_an_interrupt(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with zwasm.Wasi(stdin=f"/dev/fd/{reader}", stdout=f"/dev/fd/{writer}") as wasi:
        store = zwasm.Store(timeout=0.1)
        guest = Guest(wasi, store=store)
        with pytest.raises(ExhaustionError, match="out of time"):
            guest.read(0)
        with pytest.raises(ExhaustionError, match="out of time"):
            guest.fill(1)
        store.timeout = None
        timer = threading.Timer(0.1, store.interrupt)
        timer.start()
        with pytest.raises(Trap, match="interrupted"):
            guest.write(1, b"x" * 10_000)
        timer.join()


def test_without_waiting(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with zwasm.Wasi(stdin=f"/dev/fd/{reader}", stdout=f"/dev/fd/{writer}") as wasi:
        guest = Guest(wasi)
        for fd in (0, 1):
            assert guest.call("fd_fdstat_set_flags", fd, NONBLOCK) == 0
            assert guest.call("fd_fdstat_get", fd, OUT) == 0
            assert guest.get(OUT + 2, 1)[0] == NONBLOCK
        assert guest.call("fd_fdstat_set_flags", 0, 16) == EINVAL
        assert guest.read(0) == EAGAIN
        written = 0
        while guest.write(1, b"x" * 10_000) == 0:
            written += guest.u32()
        assert guest.write(1, b"x" * 10_000) == EAGAIN
        assert guest.read(0) == b"x" * 4096
        os.set_blocking(reader, True)  # the host's own flags are its own affair
        left = written - 4096
        while left:
            left -= len(os.read(reader, left))


def test_a_pipe_that_others_made_not_to_block(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    for fd in pipe:
        os.set_blocking(fd, False)
    output = HostStream(writer, abi.RIGHT_FD_WRITE, False)
    found: list[bytes] = []

    def drain() -> None:
        while sum(map(len, found)) < 100_000:
            try:
                found.append(os.read(reader, 10_000))
            except BlockingIOError:
                time.sleep(0.001)

    thread = threading.Timer(0.05, drain)
    thread.start()
    assert output.write([memoryview(b"x" * 100_000)], None) == 100_000
    thread.join()
    threading.Timer(0.05, os.write, (writer, b"late")).start()
    buffer = memoryview(bytearray(10))
    assert HostStream(reader, abi.RIGHT_FD_READ, False).read([buffer], None) == 4


def test_named_pipes_in_a_folder(tmp_path: Path) -> None:
    """Opening one does not wait for the other end; reading does, within the time limit."""
    os.mkfifo(tmp_path / "fifo")
    with zwasm.Wasi(dirs={"/": tmp_path}) as wasi:
        store = zwasm.Store(timeout=0.1)
        guest = Guest(wasi, store=store)
        fd = guest.open(b"fifo", base=abi.RIGHT_FD_READ)
        assert fd == 4
        with pytest.raises(ExhaustionError, match="out of time"):
            guest.read(fd)
        store.timeout = None
        thread = threading.Timer(0.05, lambda: (tmp_path / "fifo").write_text("come"))
        thread.start()
        assert guest.read(fd) == b"come"
        thread.join()
        assert guest.call("fd_close", fd) == 0
        assert guest.open(b"fifo", base=abi.RIGHT_FD_WRITE) == -60
        waiting = guest.open(b"fifo", base=abi.RIGHT_FD_READ, flags=NONBLOCK)
        assert guest.read(waiting) in (EAGAIN, b"")
        writing = guest.open(b"fifo", base=abi.RIGHT_FD_WRITE)
        assert guest.write(writing, b"x" * 10) == 0
        assert guest.read(waiting) == b"x" * 10


def test_waiting_for_what_never_comes_is_refused(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    folder = zwasm.Directory()
    with zwasm.Wasi(stdin=b"", stdout=f"/dev/fd/{writer}", dirs={"/": folder}) as wasi:
        guest = Guest(wasi)
        for kind, fd in ((1, 1), (2, 0), (1, 3), (2, 3)):
            guest.put(struct.pack("<QB7xI28x", 1, kind, fd), 0x2000)
            assert guest.call("poll_oneoff", 0x2000, 0x3000, 1, OUT) == EBADF


def test_a_broken_pipe_is_the_guests_affair(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with zwasm.Wasi(stdout=f"/dev/fd/{writer}") as wasi:
        os.close(reader)
        assert wasi.run(zwasm.Module(YES)) == EPIPE


def test_what_python_has_written_comes_first() -> None:
    program = f"""
import zwasm
print("first", end=" ")
zwasm.Wasi().run(zwasm.Module({CAT!r}))
print("third")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], input=b"second ", capture_output=True, timeout=120
    )
    assert done.stdout == b"first second third\n", done.stderr


@pytest.mark.parametrize("program", [CAT, SLEEP], ids=["read", "sleep"])
def test_ctrl_c_ends_a_guest_that_waits(program: str, tmp_path: Path) -> None:
    path = tmp_path / "program.wat"
    path.write_text(program)
    code = (
        "import signal, sys, zwasm\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "module = zwasm.Module.from_file(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    zwasm.Wasi().run(module)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
        assert time.monotonic() - started < 20
    assert process.returncode == 0


def test_a_closed_pipe_ends_the_command_quietly(tmp_path: Path) -> None:
    path = tmp_path / "yes.wat"
    path.write_text(YES)
    command = [sys.executable, "-m", "zwasm", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"yes\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(60)
    assert process.returncode == -signal.SIGPIPE


def test_the_command_does_not_buffer(tmp_path: Path) -> None:
    path = tmp_path / "cat.wat"
    path.write_text(CAT)
    command = [sys.executable, "-m", "zwasm", "run", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"one\n", b"two\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert os.read(process.stdout.fileno(), 100) == line
        process.stdin.close()
    assert process.returncode == 0


def test_streams_closed_by_the_host(tmp_path: Path) -> None:
    path = tmp_path / "cat.wat"
    path.write_text(CAT)
    command = [sys.executable, "-m", "zwasm", "run", str(path)]
    done = subprocess.run(["sh", "-c", '"$@" <&- >&-', "sh", *command], timeout=120)
    assert done.returncode == 0


def test_more_input_than_was_asked_for() -> None:
    guest = Guest(zwasm.Wasi(stdin=lambda size: b"x" * (size + 3), stdout=io.BytesIO()))
    assert guest.read(0, 5) == b"xxxxx"
    assert guest.read(0, 5) == b"xxx"
    assert guest.read(0, 2) == b"xx"


def test_an_object_that_has_nothing_yet() -> None:
    guest = Guest(zwasm.Wasi(stdin=lambda size: None))  # type: ignore[arg-type,return-value]
    assert guest.read(0, 5) == EAGAIN


def test_an_os_error_of_a_stream_is_the_guests_affair() -> None:
    def full(data: bytes) -> None:
        raise OSError(28, "No space left on device")

    guest = Guest(zwasm.Wasi(stdout=full))
    assert guest.write(1, b"x") == 51
