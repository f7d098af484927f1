"""The clocks that guests read, and randomness that can be repeated.

In: a WASI clock number, or what a user gives for `clock` or `random`. Out: nanoseconds, bytes.
Waiting for a clock is `zwasm.wasi.poll`'s.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from zwasm.wasi.abi import CLOCK_MONOTONIC, CLOCK_PROCESS, CLOCK_REALTIME, CLOCK_THREAD
from zwasm.wasi.descriptors import failure


def clock_time(clock: int) -> int:
    """The clock's time in nanoseconds; of the real-time clock, since 1970.

    Raises OSError with EINVAL for a number that is no clock's.
    """
    if clock == CLOCK_REALTIME:
        return time.time_ns()
    if clock == CLOCK_MONOTONIC:
        return time.monotonic_ns()
    if clock == CLOCK_PROCESS:
        return time.process_time_ns()
    if clock == CLOCK_THREAD:
        return time.thread_time_ns()
    raise failure(errno.EINVAL)


def clock_resolution(clock: int) -> int:
    """The clock's resolution in nanoseconds, at least one."""
    if clock == CLOCK_REALTIME:
        info = time.get_clock_info("time")
    elif clock == CLOCK_MONOTONIC:
        info = time.get_clock_info("monotonic")
    elif clock == CLOCK_PROCESS:
        info = time.get_clock_info("process_time")
    elif clock == CLOCK_THREAD:
        info = time.get_clock_info("thread_time")
    else:
        raise failure(errno.EINVAL)
    return max(1, round(info.resolution * 1e9))


class FixedClock:
    """All clocks stand still at one time."""

    def __init__(self, nanoseconds: int) -> None:
        self._nanoseconds = nanoseconds

    def __call__(self, clock: int) -> int:
        if clock > CLOCK_THREAD:
            raise failure(errno.EINVAL)
        return self._nanoseconds


def clock_of(given: int | Callable[[int], int] | None) -> Callable[[int], int]:
    """The clock for a user's `clock`: None is the host's, a number stands still."""
    if given is None:
        return clock_time
    return FixedClock(given) if isinstance(given, int) else given


def random_of(given: int | Callable[[int], bytes] | None) -> Callable[[int], bytes]:
    """The source of bytes for a user's `random`: None is the host's, a number a seed."""
    if given is None:
        return os.urandom
    if not isinstance(given, int):
        return given
    import random

    return random.Random(given).randbytes
