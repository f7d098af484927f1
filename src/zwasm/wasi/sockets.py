"""Sockets that guests accept connections on.

In: an address to listen at, or a listening socket. Out: `Listener`, whose `accept` gives
`Connection` descriptors. Guests make no sockets of their own: preview 1 has no function for it.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import Final

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.descriptors import Descriptor, failure
from zwasm.wasi.guest import total_size
from zwasm.wasi.waiting import READABLE, WRITABLE, Gate

# A peer that has gone is the guest's affair, not a signal for the host.
_SEND_FLAGS: Final[int] = getattr(socket, "MSG_NOSIGNAL", 0)
_NO_SIGPIPE: Final = 0x1022  # SO_NOSIGPIPE, which macOS has instead
_BACKLOG: Final = 128


class SocketDescriptor(Descriptor):
    """What listening sockets and connections have in common. The host's socket never blocks;
    waiting for it is done here."""

    def __init__(self, host: socket.socket, rights: int, inheriting: int, flags: int) -> None:
        super().__init__(rights, inheriting, flags)
        host.setblocking(False)
        self._socket = host

    def filetype(self) -> int:
        return abi.FILETYPE_SOCKET_STREAM

    def poll_fd(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def set_flags(self, flags: int) -> None:
        if flags & ~abi.FDFLAG_NONBLOCK:
            raise failure(errno.EINVAL)
        self.flags = flags

    def seek(self, offset: int, whence: int) -> int:
        raise failure(errno.ESPIPE)

    def pread(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.ESPIPE)

    def pwrite(self, views: list[memoryview], offset: int) -> int:
        raise failure(errno.ESPIPE)

    def wait(self, event: int, store: Store | None) -> None:
        """Wait until the socket is ready; EAGAIN where the guest does not want to."""
        if self.flags & abi.FDFLAG_NONBLOCK:
            raise failure(errno.EAGAIN)
        Gate(self._socket.fileno(), event).wait(store, False)


class Listener(SocketDescriptor):
    """A socket that connections come in at."""

    def __init__(self, host: socket.socket) -> None:
        rights = (
            abi.RIGHT_SOCK_ACCEPT
            | abi.RIGHT_FD_FDSTAT_SET_FLAGS
            | abi.RIGHT_FD_FILESTAT_GET
            | abi.RIGHT_POLL_FD_READWRITE
        )
        super().__init__(host, rights, abi.RIGHTS_SOCKET, 0)

    def accept(self, flags: int, store: Store | None) -> Descriptor:
        if flags & ~abi.FDFLAG_NONBLOCK:
            raise failure(errno.EINVAL)
        while True:
            try:
                host, _ = self._socket.accept()
                break
            except (BlockingIOError, ConnectionAbortedError):
                self.wait(READABLE, store)
        return Connection(host, flags)

    def read(self, views: list[memoryview], store: Store | None) -> int:
        raise failure(errno.ENOTCONN)

    def write(self, views: list[memoryview], store: Store | None) -> int:
        raise failure(errno.ENOTCONN)

    def receive(self, views: list[memoryview], flags: int, store: Store | None) -> tuple[int, int]:
        raise failure(errno.ENOTCONN)

    def send(self, views: list[memoryview], store: Store | None) -> int:
        raise failure(errno.ENOTCONN)

    def shutdown(self, how: int) -> None:
        raise failure(errno.ENOTCONN)


class Connection(SocketDescriptor):
    """A connection that was accepted."""

    def __init__(self, host: socket.socket, flags: int) -> None:
        super().__init__(host, abi.RIGHTS_SOCKET, abi.RIGHTS_SOCKET, flags)
        if sys.platform == "darwin":
            host.setsockopt(socket.SOL_SOCKET, _NO_SIGPIPE, 1)

    def accept(self, flags: int, store: Store | None) -> Descriptor:
        raise failure(errno.EINVAL)

    def readable_bytes(self) -> int:
        try:
            return len(self._socket.recv(65_536, socket.MSG_PEEK))
        except BlockingIOError:
            return 1

    def read(self, views: list[memoryview], store: Store | None) -> int:
        return self.receive(views, 0, store)[0]

    def write(self, views: list[memoryview], store: Store | None) -> int:
        return self.send(views, store)

    def receive(self, views: list[memoryview], flags: int, store: Store | None) -> tuple[int, int]:
        if flags & ~(abi.RECV_PEEK | abi.RECV_WAITALL):
            raise failure(errno.EINVAL)
        host_flags = socket.MSG_PEEK if flags & abi.RECV_PEEK else 0
        if flags & abi.RECV_WAITALL and not flags & abi.RECV_PEEK:
            return self._receive_all(views, store), 0
        while True:
            try:
                size, _, _, _ = self._socket.recvmsg_into(views, 0, host_flags)
                return size, 0
            except BlockingIOError:
                self.wait(READABLE, store)

    def _receive_all(self, views: list[memoryview], store: Store | None) -> int:
        """Fill the views to the end, unless the stream ends before."""
        total = 0
        for view in views:
            position = 0
            while position < len(view):
                try:
                    size = self._socket.recv_into(view[position:])
                except OSError as error:
                    if not isinstance(error, BlockingIOError):
                        if total == 0:
                            raise
                        return total
                    if total > 0 and self.flags & abi.FDFLAG_NONBLOCK:
                        return total
                    self.wait(READABLE, store)
                    continue
                if size == 0:
                    return total
                position += size
                total += size
        return total

    def send(self, views: list[memoryview], store: Store | None) -> int:
        if total_size(views) == 0:
            return 0
        total = 0
        for view in views:
            position = 0
            while position < len(view):
                try:
                    sent = self._socket.send(view[position:], _SEND_FLAGS)
                except OSError as error:
                    if not isinstance(error, BlockingIOError):
                        if total == 0:
                            raise
                        return total
                    if total > 0 and self.flags & abi.FDFLAG_NONBLOCK:
                        return total
                    self.wait(WRITABLE, store)
                    continue
                position += sent
                total += sent
        return total

    def shutdown(self, how: int) -> None:
        if how == abi.SHUTDOWN_READ:
            self._socket.shutdown(socket.SHUT_RD)
        elif how == abi.SHUTDOWN_WRITE:
            self._socket.shutdown(socket.SHUT_WR)
        elif how == abi.SHUTDOWN_READ | abi.SHUTDOWN_WRITE:
            self._socket.shutdown(socket.SHUT_RDWR)
        else:
            raise failure(errno.EINVAL)


def listener(given: str | socket.socket) -> Listener:
    """The descriptor of a listening socket, which is taken over and will not block any more; or
    of one that is made at an address such as `127.0.0.1:8080`, `[::1]:8080` or `localhost:0`.

    Raises ValueError for a text that is no address, OSError where nothing can listen there.
    """
    if isinstance(given, socket.socket):
        return Listener(given)
    host, port = parse_address(given)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return Listener(made)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, an IPv6 host in brackets. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{text!r} is no address of the form HOST:PORT")
    return host, int(port)
