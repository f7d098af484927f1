"""`python -m bench calls`: what it costs to cross between Python and WebAssembly.

In: bench/wat/calls.wat. Out: a table of nanoseconds a call, a callback or an access, beside
wasmtime-py. Each figure is the median of interleaved runs, the loop in Python included.
"""

from __future__ import annotations

import math
import struct
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from bench import peers, report

WAT = Path(__file__).parent / "wat" / "calls.wat"

# What is timed -> (statements on zwasm, on wasmtime-py); None: on one runtime only.
STATEMENTS = {
    "call () -> ()": ("nothing()", "nothing(store)"),
    "call (i32, i32) -> i32": ("add(3, 4)", "add(store, 3, 4)"),
    "call (i64, i64, i64, i64) -> i64": ("add64(1, 2, 3, 4)", "add64(store, 1, 2, 3, 4)"),
    "call (f64, f64) -> f64": ("mean(1.5, 2.5)", "mean(store, 1.5, 2.5)"),
    "call (i32, i32) -> (i32, i32)": ("swap(1, 2)", "swap(store, 1, 2)"),
    "read 8 bytes": ("memory[64:72]", "memory.read(store, 64, 72)"),
    "write 8 bytes": ("memory[64:72] = data", "memory.write(store, data, 64)"),
    "read an i32 through a view": ("unpack(view, 64)", None),
}
# What is timed -> the export that calls back as often as its argument says.
CALLBACKS = {"callback (i32) -> i32": "call_one", "callback () -> ()": "call_none"}


def one(value: int) -> int:
    return value


def none() -> None:
    return None


def on_zwasm(name: str) -> dict[str, Any]:
    instance = peers.zwasm_instance(name, WAT.read_text(), {"env": {"one": one, "none": none}})
    names: dict[str, Any] = dict(instance.exports)
    names["view"] = memoryview(names["memory"])
    return names


def on_wasmtime(name: str) -> dict[str, Any]:
    import wasmtime

    engine = peers.wasmtime_engine(name)
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, WAT.read_text())
    i32 = wasmtime.ValType.i32()
    imports = [
        wasmtime.Func(store, wasmtime.FuncType([i32], [i32]), one),
        wasmtime.Func(store, wasmtime.FuncType([], []), none),
    ]
    exports = wasmtime.Instance(store, module, imports).exports(store)
    return {**dict(exports.items()), "store": store}


def per_second(name: str, names: dict[str, Any]) -> dict[str, Callable[[int], float]]:
    """By what is timed: a function that gives the seconds of so many turns."""
    wasmtime = name in peers.STRATEGIES
    scope = {**names, "data": b"12345678", "unpack": struct.Struct("<i").unpack_from}
    found: dict[str, Callable[[int], float]] = {}
    for title, statements in STATEMENTS.items():
        statement = statements[wasmtime]
        if statement is not None:
            found[title] = timeit.Timer(statement, globals=scope).timeit
    for title, export in CALLBACKS.items():
        given = "store, " if wasmtime else ""
        found[title] = _once(timeit.Timer(f"{export}({given}turns)", globals=scope), scope)
    return found


def _once(timer: timeit.Timer, scope: dict[str, Any]) -> Callable[[int], float]:
    def run(turns: int) -> float:
        scope["turns"] = turns
        return timer.timeit(1)

    return run


@click.command()
@click.option("--runtime", "runtimes", multiple=True, help="As for the kernels.")
@click.option("--runs", default=7, show_default=True, help="Runs of each.")
@click.option("--seconds", default=0.05, show_default=True, help="Roughly how long a run takes.")
def calls(runtimes: tuple[str, ...], runs: int, seconds: float) -> None:
    """Time calls, callbacks and accesses to memory from Python, in nanoseconds."""
    used = list(runtimes) or [peers.default_engine(), "wasmtime"]
    try:
        peers.check(used)
    except peers.PeerMissing as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"{report.setting()}; {runs} runs")
    timers = {
        name: per_second(name, on_wasmtime(name) if name in peers.STRATEGIES else on_zwasm(name))
        for name in used
    }
    gcd = timeit.Timer("gcd(12, 18)", globals={"gcd": math.gcd})
    rows = []
    for title in [*STATEMENTS, *CALLBACKS]:
        runners: dict[str, Callable[[], float]] = {}
        for name in used:
            run = timers[name].get(title)
            if run is not None:
                runners[name] = _turns(run, seconds)
        _, measured = report.interleaved(runners, runs)
        figures = {name: report.middle(values[1:]) * 1e9 for name, values in measured.items()}
        row: list[object] = [title, *[figures.get(name) for name in used]]
        row += [
            figures[used[-1]] / figures[name] if used[-1] in figures else None for name in used[:-1]
        ]
        rows.append(row)
    rows.append(["math.gcd(12, 18), for comparison", min(gcd.repeat(5, 200000)) / 200000 * 1e9])
    headers = ["", *[f"{name} ns" for name in used]]
    headers += [f"{used[-1]} / {name}" for name in used[:-1]]
    click.echo(tabulate(rows, headers, floatfmt=".1f"))


def _turns(run: Callable[[int], float], seconds: float) -> Callable[[], float]:
    """A function that gives the seconds of one turn, of so many that a run takes `seconds`."""
    turns = 1
    # The least of three, since other processes may have interrupted one.
    while (taken := min(run(turns) for _ in range(3))) < seconds / 10:
        turns *= 4
    turns = max(1, int(turns * seconds / taken))
    return lambda: run(turns) / turns
