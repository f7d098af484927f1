"""`poll_oneoff`: waiting for clocks and descriptors.

In: subscriptions, the descriptors they name, the guest's clock, and the store whose code waits.
Out: packed events. Waits are cut into slices: between them Python handles signals, and the store
raises what its time limit or an interruption ask for.
"""

from __future__ import annotations

import errno
import math
import select
import time
from collections.abc import Callable

from zwasm.instances.store import Store
from zwasm.wasi import abi
from zwasm.wasi.abi import Subscription
from zwasm.wasi.descriptors import Descriptor, DescriptorTable, failure
from zwasm.wasi.waiting import SLICE


class _Waited:
    """A subscription with what it waits for: a monotonic time, or a host descriptor."""

    __slots__ = ("descriptor", "due", "fd", "subscription")

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.descriptor: Descriptor | None = None
        self.due: int = -1  # monotonic nanoseconds
        self.fd: int = -1


def poll(
    subscriptions: list[Subscription],
    table: DescriptorTable,
    clock: Callable[[int], int],
    store: Store | None,
) -> bytes:
    """Wait until a subscription's event happens; the events, packed one after the other.

    Raises OSError with EBADF for a descriptor that is not open, EINVAL for an unknown clock or
    kind, and what `Store.poll` raises.
    """
    waited = [_prepare(subscription, table, clock) for subscription in subscriptions]
    first = min([w.due for w in waited if w.due >= 0], default=-1)
    watched: dict[int, int] = {}
    ready = False
    for w in waited:
        if w.fd >= 0:
            mask = select.POLLIN if w.subscription.kind == abi.EVENT_FD_READ else select.POLLOUT
            watched[w.fd] = watched.get(w.fd, 0) | mask
        elif w.due < 0:
            ready = True
    poller = select.poll()
    for fd, mask in watched.items():
        poller.register(fd, mask)
    while True:
        pause = 0.0
        if not ready:
            pause = SLICE
            if first >= 0:
                pause = min(pause, max(0.0, (first - time.monotonic_ns()) / 1e9))
        found: dict[int, int] = {}
        if watched:
            found = dict(poller.poll(math.ceil(pause * 1000)))
        elif pause > 0.0:
            time.sleep(pause)
        now = time.monotonic_ns()
        packed = b"".join([_event(w, found, now) for w in waited])
        if packed:
            return packed
        if store is not None:
            store.poll()


def _prepare(
    subscription: Subscription, table: DescriptorTable, clock: Callable[[int], int]
) -> _Waited:
    waited = _Waited(subscription)
    if subscription.kind == abi.EVENT_CLOCK:
        if subscription.subject not in (abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC):
            raise failure(errno.EINVAL)
        wait = subscription.timeout
        if subscription.flags & abi.CLOCK_ABSTIME:
            wait = max(0, wait - clock(subscription.subject))
        waited.due = time.monotonic_ns() + wait
    elif subscription.kind in (abi.EVENT_FD_READ, abi.EVENT_FD_WRITE):
        waited.descriptor = table.get(subscription.subject, abi.RIGHT_POLL_FD_READWRITE)
        if not waited.descriptor.can_poll(subscription.kind == abi.EVENT_FD_WRITE):
            raise failure(errno.EBADF)
        waited.fd = waited.descriptor.poll_fd()
    else:
        raise failure(errno.EINVAL)
    return waited


def _event(waited: _Waited, found: dict[int, int], now: int) -> bytes:
    subscription = waited.subscription
    if waited.descriptor is None:
        if waited.due > now:
            return b""
        return abi.pack_event(subscription.userdata, abi.SUCCESS, abi.EVENT_CLOCK, 0, 0)
    came = found.get(waited.fd, 0) if waited.fd >= 0 else select.POLLIN | select.POLLOUT
    flags = 0
    if came & select.POLLHUP:
        flags = abi.EVENT_HANGUP
    elif not came:
        return b""
    error = abi.SUCCESS
    if came & select.POLLNVAL:
        error = abi.BADF
    elif came & select.POLLERR and not came & (select.POLLIN | select.POLLOUT):
        error = abi.IO
    nbytes = 1
    if subscription.kind == abi.EVENT_FD_READ:
        nbytes = waited.descriptor.readable_bytes()
        if nbytes == 0:
            flags |= abi.EVENT_HANGUP
    return abi.pack_event(subscription.userdata, error, subscription.kind, nbytes, flags)
