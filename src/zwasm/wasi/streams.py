"""Standard streams of a guest: the process's own, files, Python file objects, or callables.

In: what a user gives for `stdin`, `stdout` or `stderr`. Out: descriptors.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from typing import IO, Final

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.descriptors import Descriptor, failure
from zwasm.wasi.guest import total_size
from zwasm.wasi.waiting import (
    READABLE,
    WRITABLE,
    Gate,
    may_block,
    read_blocking,
    write_blocking,
)

_MAX_PART: Final = 8 << 20  # bytes that pass through Python at once; a guest's count may be absurd

Source = (
    bytes | bytearray | str | os.PathLike[str] | IO[bytes] | IO[str] | Callable[[int], bytes] | None
)
Sink = bytearray | str | os.PathLike[str] | IO[bytes] | IO[str] | Callable[[bytes], object] | None


class Stream(Descriptor):
    """What streams have in common: they have no position, and whether the guest wants to wait
    is a note here, never a flag of the host's, which others would see."""

    def __init__(self, right: int) -> None:
        super().__init__(right | abi.RIGHT_POLL_FD_READWRITE, right)
        self.readable = right == abi.RIGHT_FD_READ

    def can_poll(self, write: bool) -> bool:
        return self.readable != write

    def pread(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.ESPIPE if self.readable else errno.EBADF)

    def pwrite(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.EBADF if self.readable else errno.ESPIPE)

    def seek(self, offset: int, whence: int) -> int:
        raise failure(errno.ESPIPE)

    def set_flags(self, flags: int) -> None:
        if flags & (abi.FDFLAG_DSYNC | abi.FDFLAG_SYNC | abi.FDFLAG_RSYNC):
            raise failure(errno.EINVAL)
        self.flags = flags


class HostStream(Stream):
    """A stream over a host descriptor, unbuffered. Closed with it only where it is `owned`."""

    def __init__(self, fd: int, right: int, owned: bool) -> None:
        super().__init__(right)
        self._fd = fd
        self._owned = owned
        self._gate: Gate | None = None
        if may_block(fd):
            self._gate = Gate(fd, READABLE if self.readable else WRITABLE)

    def filetype(self) -> int:
        try:
            return abi.FILETYPE_CHARACTER_DEVICE if os.isatty(self._fd) else abi.FILETYPE_UNKNOWN
        except OSError:
            return abi.FILETYPE_UNKNOWN

    def poll_fd(self) -> int:
        return self._fd

    def close(self) -> None:
        if self._owned:
            os.close(self._fd)

    def read(self, views: list[memoryview], store: Store | None) -> int:
        if not self.readable:
            raise failure(errno.EBADF)
        gate = self._gate
        if gate is None:
            return os.readv(self._fd, views)
        return read_blocking(gate, self._fd, views, store, self.flags & abi.FDFLAG_NONBLOCK != 0)

    def write(self, views: list[memoryview], store: Store | None) -> int:
        if self.readable:
            raise failure(errno.EBADF)
        gate = self._gate
        if gate is not None:
            now = self.flags & abi.FDFLAG_NONBLOCK != 0
            return write_blocking(gate, self._fd, views, store, now)
        if len(views) == 1:
            return os.write(self._fd, views[0])
        return os.writev(self._fd, views)


class ObjectSource(Stream):
    """A stream that reads from a Python object."""

    def __init__(self, read: Callable[[int], object]) -> None:
        super().__init__(abi.RIGHT_FD_READ)
        self._read = read
        self._left = b""

    def read(self, views: list[memoryview], store: Store | None) -> int:
        size = min(total_size(views), _MAX_PART)
        data = self._left
        if not data:
            given = self._read(size)
            if given is None:
                raise failure(errno.EAGAIN)
            if isinstance(given, str):
                data = given.encode("utf-8", "surrogateescape")
            elif isinstance(given, (bytes, bytearray, memoryview)):
                data = bytes(given)
            else:
                raise TypeError(f"stdin gave {type(given).__name__}, not bytes")
        self._left = data[size:]
        return scatter(views, data[:size])


class ObjectSink(Stream):
    """A stream that writes to a Python object; `flush` is called after each write."""

    def __init__(
        self, write: Callable[[bytes], object], flush: Callable[[], object] | None
    ) -> None:
        super().__init__(abi.RIGHT_FD_WRITE)
        self._write = write
        self._flush = flush

    def write(self, views: list[memoryview], store: Store | None) -> int:
        data = gather(views)
        written = self._write(data)
        if self._flush is not None:
            self._flush()
        # Raw file objects write less than asked and say so.
        if isinstance(written, int) and 0 <= written < len(data):
            return written
        return len(data)


def gather(views: list[memoryview]) -> bytes:
    """The bytes of the views, at most so many as pass through Python at once."""
    if len(views) == 1 and len(views[0]) <= _MAX_PART:
        return bytes(views[0])
    parts: list[bytes] = []
    room = _MAX_PART
    for view in views:
        parts.append(bytes(view[:room]))
        room -= len(parts[-1])
    return b"".join(parts)


def scatter(views: list[memoryview], data: bytes) -> int:
    """Fill the views in turn with the data, for which they have room; its size."""
    position = 0
    for view in views:
        if position == len(data):
            break
        part = data[position : position + len(view)]
        view[: len(part)] = part
        position += len(part)
    return position


class TextSink:
    """Writes a guest's bytes to a text file object as UTF-8, a bad byte as U+FFFD."""

    def __init__(self, stream: io.TextIOBase) -> None:
        import codecs

        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: bytes) -> None:
        self._stream.write(self._decoder.decode(data))


def source(given: Source) -> Descriptor:
    """The descriptor for a user's `stdin`: None is the process's own, a str or path a file's,
    bytes are the whole input, else a file object or a callable that is given a size."""
    if given is None:
        return HostStream(0, abi.RIGHT_FD_READ, False)
    if isinstance(given, (bytes, bytearray)):
        return ObjectSource(io.BytesIO(given).read)
    if isinstance(given, (str, os.PathLike)):
        return HostStream(os.open(given, os.O_RDONLY | os.O_CLOEXEC), abi.RIGHT_FD_READ, True)
    if callable(given):
        return ObjectSource(given)
    # A buffered object would wait for all of the bytes asked for; its read1 does not.
    inner = getattr(given, "buffer", given)
    read = getattr(inner, "read1", None) or getattr(inner, "read", None)
    if read is None:
        raise TypeError(f"stdin cannot be read from {type(given).__name__}")
    return ObjectSource(read)


def sink(given: Sink, fd: int) -> Descriptor:
    """The descriptor for a user's `stdout` or `stderr`: None is the process's own descriptor
    `fd`, a str or path a file that is made or emptied, a bytearray grows by what is written,
    else a file object or a callable that is given bytes."""
    if given is None:
        return HostStream(fd, abi.RIGHT_FD_WRITE, False)
    if isinstance(given, bytearray):
        return ObjectSink(given.extend, None)
    if isinstance(given, (str, os.PathLike)):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        return HostStream(os.open(given, flags, 0o666), abi.RIGHT_FD_WRITE, True)
    if callable(given):
        return ObjectSink(given, None)
    inner = getattr(given, "buffer", given)
    if isinstance(inner, io.TextIOBase):
        return ObjectSink(TextSink(inner).write, inner.flush)
    write = getattr(inner, "write", None)
    if write is None:
        raise TypeError(f"output cannot be written to {type(given).__name__}")
    if inner is not given:
        given.flush()
    return ObjectSink(write, getattr(inner, "flush", None))
