"""The clocks that guests read.

In: a WASI clock number. Out: nanoseconds. Waiting for a clock is `zwasm.wasi.poll`'s.
"""

from __future__ import annotations

import errno
import time

from zwasm.wasi.abi import CLOCK_MONOTONIC, CLOCK_PROCESS, CLOCK_REALTIME, CLOCK_THREAD


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
    raise OSError(errno.EINVAL, "no such clock")


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
        raise OSError(errno.EINVAL, "no such clock")
    return max(1, round(info.resolution * 1e9))
