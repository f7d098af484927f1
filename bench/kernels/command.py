"""`python -m bench kernels`: compiled C programs on zwasm's engines beside wasmtime-py."""

from __future__ import annotations

import statistics
from functools import partial

import click
from tabulate import tabulate

from bench import peers, report
from bench.kernels import LEVELS, SIZES, kernel, size


@click.command()
@click.option("--opt", type=click.Choice(LEVELS), default="O2", show_default=True)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    help="Runtimes to compare: an engine of zwasm, wasmtime, or winch (wasmtime's baseline "
    "compiler). Repeatable; the last is what the others are divided by. "
    "[default: zwasm's default engine, wasmtime]",
)
@click.option("--names", help="Kernels, with commas between them.  [default: all]")
@click.option("--runs", default=5, show_default=True, help="Counted runs of each.")
@click.option("--scale", default=1.0, show_default=True, help="Do only this part of the work.")
def kernels(
    opt: str, runtimes: tuple[str, ...], names: str | None, runs: int, scale: float
) -> None:
    """Time compiled C kernels: medians of interleaved runs in one process, and their ratios."""
    used = list(runtimes) or [peers.default_engine(), "wasmtime"]
    chosen = names.split(",") if names else list(SIZES)
    unknown = [name for name in chosen if name not in SIZES]
    if unknown:
        raise click.BadParameter(f"no kernels {', '.join(unknown)}", param_hint="--names")
    try:
        peers.check(used)
    except peers.PeerMissing as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"{report.setting()}; clang -{opt}, {runs} runs")
    peer = used[-1]
    ratios: dict[str, list[float]] = {name: [] for name in used[:-1]}
    rows = []
    different = []
    for name in chosen:
        n = max(1, round(size(name, opt) * scale))
        data = kernel(name, opt)
        calls = {one: partial(peers.function(one, data, "run"), n) for one in used}
        medians, results = report.interleaved(calls, runs)
        row: list[object] = [name, n, *[medians[one] * 1000 for one in used]]
        for one, collected in ratios.items():
            collected.append(medians[one] / medians[peer])
            row.append(collected[-1])
        rows.append(row)
        if any(results[one] != results[peer] for one in used):
            different.append(name)
    means = [statistics.geometric_mean(collected) for collected in ratios.values()]
    rows.append(["geometric mean", None, *[None] * len(used), *means])
    headers = ["kernel", "n", *[f"{one} ms" for one in used]]
    headers += [f"{one} / {peer}" for one in ratios]
    click.echo(tabulate(rows, headers, floatfmt=".2f", intfmt=","))
    if different:
        raise click.ClickException(f"results differ: {', '.join(different)}")
    click.echo("all results are equal")
