"""What the option --profile of `zwasm run` does: profiling a run, and writing what was found.

In: the option's value. Out: a table on standard error, a perf map, or speedscope's file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zwasm.cli.files import write_bytes
from zwasm.cli.group import CommandError, say

if TYPE_CHECKING:
    from zwasm.profile.profiler import Profiler

ROWS = 20


@contextmanager
def profiling(profile: str, output: str | None, engine: str, file: str) -> Iterator[None]:
    """Profile what runs within, however it ends, on the engine with this name; `file` is what is
    run. Raises CommandError where the profile cannot be written."""
    if profile == "perf":
        with _perf_map(engine):
            yield
    else:
        from zwasm.profile.profiler import Profiler

        profiler = Profiler()
        try:
            with profiler:
                yield
        finally:
            if output is None:
                say(table(profiler, engine), err=True)
            else:
                write_bytes(output, profiler.speedscope(os.path.basename(file)).encode())


@contextmanager
def _perf_map(engine: str) -> Iterator[None]:
    from zwasm.profile.perfmap import PerfMap

    if engine != "baseline":
        raise CommandError(f"--profile=perf needs machine code, which the engine {engine} has not")
    perf_map = PerfMap()
    try:
        perf_map.open()
    except OSError as error:
        raise CommandError(f"--profile=perf: {error.filename}: {error.strerror}") from None
    try:
        yield
    finally:
        perf_map.close()


def table(profiler: Profiler, engine: str) -> str:
    """The hottest functions as text, and for the interpreter the instruction mix."""
    profile = profiler.samples or profiler.instructions
    if profile is None:
        return f"zwasm: profile: engine {engine}, nothing was recorded"
    weight = max(profile.weight, 1)
    head = f"zwasm: profile: engine {engine}, {profile.weight} {profile.unit}"
    if profile.unit == "samples":
        head += f" at {profiler.rate} a second, in {profiler.seconds:.2f} s"
        if profile.lost:
            head += f"; {profile.lost} more were lost"
    rows: list[list[object]] = [
        [_percent(row.self, weight), _percent(row.total, weight), row.self, row.name]
        for row in profile.functions()
    ]
    text = head + _table(rows, ["self", "total", profile.unit, "function"])
    if profile is profiler.instructions:
        mix: list[list[object]] = [
            [_percent(count, weight), count, name] for name, count in profiler.operations.items()
        ]
        text += _table(mix, ["part", "executed", "instruction"])
    return text


def _table(rows: list[list[object]], headers: list[str]) -> str:
    from tabulate import tabulate

    align = ["right"] * (len(headers) - 1) + ["left"]
    shown = tabulate(rows[:ROWS], headers, tablefmt="plain", disable_numparse=True, colalign=align)
    rest = len(rows) - ROWS
    return f"\n\n{shown}" + (f"\n... and {rest} more" if rest > 0 else "")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%"
