"""Waiting for host descriptors.

In: a host descriptor, and the store whose code waits. Out: whether it is ready. Waits are cut
into slices: between them Python handles signals, and the store raises what its time limit or an
interruption ask for.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from typing import Final

from zwasm.instances.store import Store
from zwasm.wasi.descriptors import failure

READABLE: Final = select.POLLIN
WRITABLE: Final = select.POLLOUT
SLICE: Final = 0.1  # seconds
PIECE: Final = 4_096  # bytes that something ready takes at once (PIPE_BUF)


def may_block(fd: int) -> bool:
    """Whether reading or writing may take as long as somebody else likes: so it is with pipes,
    sockets and terminals."""
    try:
        mode = os.fstat(fd).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd)
    except OSError:
        return False


class Gate:
    """Waits until one host descriptor is ready for reading or for writing."""

    def __init__(self, fd: int, event: int) -> None:
        self._poller = select.poll()
        self._poller.register(fd, event)

    def wait(self, store: Store | None, now: bool) -> None:
        """Wait until the descriptor is ready; with `now`, raise EAGAIN instead."""
        if self._poller.poll(0):
            return
        if now:
            raise failure(errno.EAGAIN)
        while True:
            ready = self._poller.poll(SLICE * 1000)
            if store is not None:
                store.poll()  # also once it is ready: a signal may have come with it
            if ready:
                return


def read_blocking(
    gate: Gate, fd: int, views: list[memoryview], store: Store | None, now: bool
) -> int:
    """Read from something that may block."""
    while True:
        gate.wait(store, now)
        try:
            return os.readv(fd, views)
        except BlockingIOError:  # others share the descriptor and were faster
            if now:
                raise


def write_blocking(
    gate: Gate, fd: int, views: list[memoryview], store: Store | None, now: bool
) -> int:
    """Write all to something that may block, in pieces that it takes without; with `now`, what
    it takes. What fits into one piece is written at once, so that nothing of others comes
    between."""
    total = 0
    if len(views) > 1:
        for view in views:
            total += len(view)
        if total <= PIECE:
            views = [memoryview(b"".join(views))]
        total = 0
    for view in views:
        position = 0
        while position < len(view):
            try:
                gate.wait(store, now)
                written = os.write(fd, view[position : position + PIECE])
            except BlockingIOError:
                if now and total == 0:
                    raise
                if now:
                    return total
                continue
            except OSError:
                if total == 0:
                    raise
                return total  # the next write will say what is wrong
            position += written
            total += written
    return total
