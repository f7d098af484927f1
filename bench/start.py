"""`python -m bench start`: what a process pays for the import, and for one short program.

In: bench/wat/fib.wat. Out: a table of the median seconds and the peak memory of whole processes,
which take turns. The first row is Python with nothing to do.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import click
from tabulate import tabulate

from bench import peers, report

WAT = Path(__file__).parent / "wat" / "fib.wat"
PEAK = """
import sys
try:  # of this process alone, where the system tells
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
sys.stderr.write(str(peak))
"""
WASMTIME_FIB = """
import wasmtime
config = wasmtime.Config()
config.strategy = {strategy!r}
engine = wasmtime.Engine(config)
store = wasmtime.Store(engine)
module = wasmtime.Module.from_file(engine, {path!r})
assert wasmtime.Instance(store, module, []).exports(store)["fib"](store, {n}) > 0
"""
ZWASM_FIB = """
import zwasm
assert zwasm.load({path!r}, engine=zwasm.Engine({name!r})).exports.fib({n}) > 0
"""


def programs(used: list[str], n: int) -> dict[str, str]:
    """What each process runs."""
    path = str(WAT)
    found = {
        "python": "",
        "import zwasm": "import zwasm",
        "from zwasm import *": "from zwasm import *",
    }
    if any(name in peers.STRATEGIES for name in used):
        found["import wasmtime"] = "import wasmtime"
    for name in used:
        if name in peers.STRATEGIES:
            code = WASMTIME_FIB.format(strategy=peers.STRATEGIES[name], path=path, n=n)
        else:
            code = ZWASM_FIB.format(name=name, path=path, n=n)
        found[f"fib({n}) on {name}"] = code
    return found


@click.command()
@click.option("--runtime", "runtimes", multiple=True, help="As for the kernels.")
@click.option("--runs", default=9, show_default=True, help="Processes of each.")
@click.option("--n", default=35, show_default=True, help="Of which number fib is asked.")
def start(runtimes: tuple[str, ...], runs: int, n: int) -> None:
    """Time whole processes, and take their peak memory."""
    used = list(runtimes) or [peers.default_engine(), "wasmtime"]
    try:
        peers.check(used)
    except peers.PeerMissing as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"{report.setting()}; {runs} processes of each")
    found = programs(used, n)
    seconds: dict[str, list[float]] = {title: [] for title in found}
    peaks: dict[str, list[float]] = {title: [] for title in found}
    for turn in range(runs + 1):  # the first finds cold caches and is not counted
        for title, code in found.items():
            started = perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", code + PEAK], check=True, stderr=subprocess.PIPE, text=True
            )
            if turn:
                seconds[title].append(perf_counter() - started)
                peaks[title].append(int(done.stderr) / 1024)
    empty = statistics.median(seconds["python"])
    rows = []
    for title in found:
        taken = statistics.median(seconds[title])
        peak = statistics.median(peaks[title])
        rows.append([title, taken * 1000, (taken - empty) * 1000, peak])
    headers = ["process", "median ms", "ms more than python", "peak MiB"]
    click.echo(tabulate(rows, headers, floatfmt=".1f"))
