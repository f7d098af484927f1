"""What the benchmarks print: tables of medians, and the line that says what was measured.

In: seconds of runs by runtime. Out: text. A ratio is always one of medians of the same run of the
benchmark, in which the runtimes took turns.
"""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

from zwasm._build import compiled


def setting() -> str:
    """What ran: the forms and versions of all that takes part."""
    form = "compiled" if compiled() else "interpreted"
    try:
        peer = f", wasmtime-py {version('wasmtime')}"
    except PackageNotFoundError:
        peer = ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python} on {platform.machine()}, zwasm {form}{peer}"


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds of one run, and what it gave."""
    started = perf_counter()
    result = run()
    return perf_counter() - started, result


def interleaved(
    runs: Mapping[str, Callable[[], Any]], times: int, warm: bool = True
) -> tuple[dict[str, float], dict[str, list[Any]]]:
    """By runtime: the median seconds of `times` runs, in which they take turns, and all results.

    With `warm`, one more run of each goes first and is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    results: dict[str, list[Any]] = {name: [] for name in runs}
    for turn in range(times + warm):
        for name, run in runs.items():
            taken, result = timed(run)
            results[name].append(result)
            if turn >= warm:
                seconds[name].append(taken)
    return {name: statistics.median(taken) for name, taken in seconds.items()}, results


def middle(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)
