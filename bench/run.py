"""`python -m bench run`: the benchmarks of all layers on zwasm and its peers.

In: the benchmarks of `bench.layers`. Out: a table of four measures by benchmark and runtime, with
ratios against wasmtime-py and against native C, their means by layer; if asked for, a line more in
history.jsonl, and a plot. The measures:

- process: seconds of a process from its start to its end, which does the work once;
- ready: seconds from a module's bytes to an instance that can be called, engine and all made anew
  in a process that has done it before;
- steady: seconds of the work alone, done again in one process after it has been done twice. A
  function is called again in the same instance; a program's `_start` is called in a new instance
  of a module that is kept, which is the only way to run a program again;
- peak: the most memory that the process had, in bytes.

The runtimes take turns, and all results must be equal.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import click
from tabulate import tabulate

from bench import history, report
from bench.layers import LAYERS, Benchmark, benchmarks
from bench.runtimes import DEFAULT, Driver, Failed, Runtime, Spawner

MEASURES = ("process", "ready", "steady", "peak")
WARM = 2  # runs that are not counted
PEER = "wasmtime"


class Samples:
    """What was measured of one benchmark on one runtime: by measure, a figure a round."""

    def __init__(self) -> None:
        self.figures: dict[str, list[float]] = {}
        self.results: set[str] = set()

    def add(self, measure: str, figure: float) -> None:
        self.figures.setdefault(measure, []).append(figure)

    def summary(self) -> dict[str, list[float]]:
        """By measure: the median, and the spread: half of what the middle half covers."""
        return {
            measure: [statistics.median(found), spread(found)]
            for measure, found in self.figures.items()
        }


def spread(figures: list[float]) -> float:
    """Half the distance between the quartiles."""
    if len(figures) < 2:
        return 0.0
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return (high - low) / 2


def measure(
    benchmark: Benchmark,
    runtimes: list[Runtime],
    runs: int,
    folder: Path,
    measures: Iterable[str],
) -> dict[str, Samples]:
    """Runs a benchmark `runs` times on all runtimes, which take turns.

    Raises Failed where a process does.
    """
    samples = {runtime.name: Samples() for runtime in runtimes}
    drivers: dict[str, Driver] = {}
    spawner = Spawner(folder)
    try:
        for number in range(-1, runs):
            for runtime in runtimes:
                found = samples[runtime.name]
                if "process" in measures:
                    seconds, peak, result = spawner.run(runtime, benchmark)
                    found.results.add(result)
                    if number >= 0:
                        found.add("process", seconds)
                        found.add("peak", peak)
                if runtime.name not in drivers:
                    drivers[runtime.name] = Driver(runtime, benchmark, folder)
                driver = drivers[runtime.name]
                if "ready" in measures and runtime.name != "native":
                    seconds = driver.ask("ready")["seconds"]
                    if number >= 0:
                        found.add("ready", seconds)
                if "steady" in measures:
                    for _ in range(WARM if number < 0 else 1):
                        answer = driver.ask("run")
                        found.results.add(answer["result"])
                    if number >= 0:
                        found.add("steady", answer["seconds"])
    finally:
        spawner.close()
        for driver in drivers.values():
            driver.close()
    return samples


def chosen(layers: str | None, names: tuple[str, ...]) -> list[Benchmark]:
    """The benchmarks of these layers whose names fit one of the patterns."""
    try:
        wanted = [int(part) for part in layers.split(",")] if layers else list(LAYERS)
    except ValueError:
        raise click.BadParameter("numbers with commas between them", param_hint="--layer") from None
    found = [one for one in benchmarks() if one.layer in wanted]
    if names:
        patterns = [pattern for name in names for pattern in name.split(",")]
        found = [
            one
            for one in found
            if any(
                fnmatch(one.name, pattern) or pattern in one.name.split("/") for pattern in patterns
            )
        ]
    if not found:
        raise click.UsageError("no benchmark fits")
    return found


def table(results: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """The figures of all benchmarks and runtimes, with ratios."""
    rows: list[list[object]] = []
    for name, by_runtime in results.items():
        peer = by_runtime.get(PEER, {})
        native = by_runtime.get("native", {})
        for runtime, summary in by_runtime.items():
            row: list[object] = [name, runtime]
            for one in MEASURES:
                median, around = summary.get(one, [None, None])
                if median is None:
                    row += [None, None]
                    if one == "steady":
                        row += [None, None]
                    continue
                row.append(median / (1 << 20) if one == "peak" else median * 1000)
                if one == "steady":
                    row.append(100 * (around or 0.0) / median)
                row.append(median / peer[one][0] if one in peer else None)
                if one == "steady":
                    row.append(median / native[one][0] if one in native else None)
            rows.append(row)
    headers = ["benchmark", "runtime", "process ms", "ratio", "ready ms", "ratio", "steady ms"]
    headers += ["±%", "ratio", "/ native", "peak MiB", "ratio"]
    formats = ["", "", ".1f", ".2f", ".1f", ".2f", ".1f", ".0f", ".2f", ".2f", ".1f", ".2f"]
    return tabulate(rows, headers, floatfmt=tuple(formats))


def means(results: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """By layer and runtime: the geometric means of the ratios to the peer, and the worst."""
    layers = sorted({name.split("/")[0] for name in results})
    groups = {f"layer {layer}": [layer] for layer in layers}
    together = [layer for layer in layers if layer != "4"]
    if len(together) > 1:
        groups[f"layers {'-'.join((together[0], together[-1]))}"] = together
    runtimes = list(dict.fromkeys(name for found in results.values() for name in found))
    rows: list[list[object]] = []
    for title, layers_of in groups.items():
        for runtime in runtimes:
            if runtime == PEER:
                continue
            ratios = history.ratios(results, layers_of, runtime, PEER)
            if not any(ratios.values()):
                continue
            row: list[object] = [title, runtime]
            for one in MEASURES:
                found = list(ratios[one].values())
                row.append(statistics.geometric_mean(found) if found else None)
            steady = ratios["steady"]
            if steady:
                worst = max(steady, key=lambda name: steady[name])
                row += [steady[worst], worst]
            rows.append(row)
    headers = ["", f"against {PEER}", *MEASURES, "worst steady", "which"]
    return tabulate(rows, headers, floatfmt=".2f")


@click.command()
@click.option(
    "--runtime",
    "names",
    multiple=True,
    help="Runtimes, with commas between them: zwasm, its engines by name, wasmtime, node, "
    f"wasm3, wasmer, native (C alone).  [default: {','.join(DEFAULT)}]",
)
@click.option("--layer", "layers", help="Layers, with commas between them.  [default: all]")
@click.option(
    "--name",
    "patterns",
    multiple=True,
    help="Benchmarks: whole names, parts between slashes, or patterns, as in 2/rust/*.",
)
@click.option("--runs", default=5, show_default=True, help="Counted runs of each.")
@click.option(
    "--measure",
    "measured",
    default="process,ready,steady",
    show_default=True,
    help="What to measure; process brings the peak of memory.",
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="NAME=PATH",
    help="The Python that has a peer, as in wasmer=/usr/bin/python3.10.",
)
@click.option("--record", is_flag=True, help="Append the figures to bench/history.jsonl.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ratios to this file.")
def run(
    names: tuple[str, ...],
    layers: str | None,
    patterns: tuple[str, ...],
    runs: int,
    measured: str,
    pythons: tuple[str, ...],
    record: bool,
    plot: Path | None,
) -> None:
    """Time programs of four layers on zwasm and its peers: processes, start, work, memory."""
    interpreters = dict(one.partition("=")[::2] for one in pythons)
    wanted = [part for name in names for part in name.split(",")] or list(DEFAULT)
    runtimes = []
    for name in wanted:
        runtime = Runtime(name, interpreters[name]) if name in interpreters else Runtime(name)
        why = runtime.missing()
        if why is None:
            runtimes.append(runtime)
        else:
            click.echo(f"left out: {name}: {why}", err=True)
    if not runtimes:
        raise click.UsageError("no runtime is left")
    versions = {runtime.name: runtime.version() for runtime in runtimes}
    click.echo(f"{report.setting()}; {runs} runs")
    click.echo("; ".join(f"{name} {version}" for name, version in versions.items()))
    ready = []
    for benchmark in chosen(layers, patterns):
        todo = benchmark.missing()
        if todo is None:
            ready.append(benchmark)
        else:
            click.echo(f"left out: {benchmark.name}: no {benchmark.path}: {todo}", err=True)
    results: dict[str, dict[str, dict[str, list[float]]]] = {}
    different = []
    failures: list[Failed] = []
    with tempfile.TemporaryDirectory() as folder:
        with click.progressbar(
            ready,
            label="running",
            item_show_func=lambda one: one.name if one is not None else None,
            file=sys.stderr,
        ) as shown:
            for benchmark in shown:
                able = [runtime for runtime in runtimes if runtime.can(benchmark)]
                samples: dict[str, Samples] = {}
                while able and not samples:
                    try:
                        samples = measure(benchmark, able, runs, Path(folder), measured.split(","))
                    except Failed as failed:
                        failures.append(failed)
                        able = [one for one in able if one.name != failed.runtime]
                found = set[str]().union(*(one.results for one in samples.values()))
                if len(found) > 1:
                    different.append(benchmark.name)
                results[benchmark.name] = {name: one.summary() for name, one in samples.items()}
    click.echo(table(results))
    click.echo()
    click.echo(means(results))
    for failure in failures:
        click.echo(f"left out: {failure}", err=True)
    if different:
        raise click.ClickException(f"results differ: {', '.join(different)}")
    click.echo("all results are equal")
    if record:
        history.record(results, versions, runs, report.setting())
    if plot is not None:
        history.plot(plot, results)


@click.command(name="plot")
@click.argument("file", type=click.Path(path_type=Path))
def plot(file: Path) -> None:
    """Draw the last record of bench/history.jsonl, and the records before it, to FILE."""
    records = history.read()
    if not records:
        raise click.ClickException("nothing is recorded: python -m bench run --record")
    history.plot(file, records[-1]["results"])
