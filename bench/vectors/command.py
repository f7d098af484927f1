"""`python -m bench vectors`: C programs with vector code on an engine of zwasm beside wasmtime-py,
and beside the same programs without it."""

from __future__ import annotations

import statistics
from functools import partial

import click
from tabulate import tabulate

import zwasm
from bench import peers, report
from bench.vectors import SIZES, kernel

PEER = "wasmtime"


@click.command()
@click.argument("names", nargs=-1)
@click.option("--engine", help="The engine of zwasm to time.  [default: its default engine]")
@click.option("--runs", default=5, show_default=True, help="Counted runs of each.")
@click.option("--scale", default=1.0, show_default=True, help="Do only this part of the work.")
def vectors(names: tuple[str, ...], engine: str | None, runs: int, scale: float) -> None:
    """Time vector code, the kernels NAMES or all: medians of interleaved runs in one process."""
    used = engine or peers.default_engine()
    unknown = [name for name in names if name not in SIZES]
    if unknown:
        raise click.BadParameter(f"no kernels {', '.join(unknown)}", param_hint="NAMES")
    try:
        peers.check([used, PEER])
        rows, different = measured(list(names) or list(SIZES), used, runs, scale)
    except (peers.PeerMissing, zwasm.UnsupportedError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{report.setting()}; clang -O2, {runs} runs")
    mean = statistics.geometric_mean([row[4] for row in rows])
    gain = statistics.geometric_mean([row[6] for row in rows])
    headers = ["kernel", "n", f"{used} ms", f"{PEER} ms", f"{used} / {PEER}"]
    headers += [f"{used} scalar ms", "scalar / vector"]
    last = ["geometric mean", None, None, None, mean, None, gain]
    click.echo(tabulate([*rows, last], headers, floatfmt=".2f", intfmt=","))
    slower = [row[0] for row in rows if row[6] < 1]
    click.echo(f"slower than scalar: {', '.join(slower) or 'none'}")
    if different:
        raise click.ClickException(f"results differ: {', '.join(different)}")
    click.echo("all results are equal")


def measured(
    names: list[str], engine: str, runs: int, scale: float
) -> tuple[list[tuple[str, int, float, float, float, float, float]], list[str]]:
    """A row of the table for each vector form of each kernel, and the names of the kernels of which
    not all results are the same."""
    rows = []
    different = []
    for name in names:
        n = max(1, round(SIZES[name] * scale))
        calls = {}
        for form in ("scalar", "vector", "relaxed"):
            data = kernel(name, form)
            if data is not None:
                for one in (engine,) if form == "scalar" else (engine, PEER):
                    calls[f"{one} {form}"] = partial(peers.function(one, data, "run"), n)
        medians, results = report.interleaved(calls, runs)
        scalar = medians[f"{engine} scalar"]
        for form in ("vector", "relaxed"):
            if f"{engine} {form}" in medians:
                ours, theirs = medians[f"{engine} {form}"], medians[f"{PEER} {form}"]
                label = name if form == "vector" else f"{name}, {form}"
                times = (ours * 1000, theirs * 1000, ours / theirs, scalar * 1000, scalar / ours)
                rows.append((label, n, *times))
        if len({tuple(given) for given in results.values()}) > 1:
            different.append(name)
    return rows, different
