"""`python -m bench compile`: from a module's bytes to a module that is ready to run.

In: module names or paths. Out: a table of medians of interleaved runs. "Ready" is a module and an
instance of it, with imports that are not called: what a program waits for before its first call.
zwasm compiles a function when it is first called; with "all compiled" it does so at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from tabulate import tabulate

from bench import peers, report
from bench.modules import MODULES, module_path


def ready(name: str, data: bytes, compile: str = "lazy") -> object:
    """An instance that can be called."""
    if name in peers.STRATEGIES:
        import wasmtime

        engine = peers.wasmtime_engine(name)
        return peers.wasmtime_instance(engine, wasmtime.Module(engine, data))
    return peers.zwasm_instance(name, data, compile=compile)


@click.command(name="compile")
@click.argument("modules", nargs=-1)
@click.option("--runtime", "runtimes", multiple=True, help="As for the kernels.")
@click.option("--runs", default=3, show_default=True, help="Runs of each.")
def compiling(modules: tuple[str, ...], runtimes: tuple[str, ...], runs: int) -> None:
    """Time compiling MODULES (names or paths), and until they are ready to run.

    Names are fetched from npm the first time: sql.js, quickjs, esbuild (the default: all).
    """
    used = list(runtimes) or [peers.default_engine(), "wasmtime"]
    try:
        peers.check(used)
    except peers.PeerMissing as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"{report.setting()}; {runs} runs")
    rows = []
    for module in modules or tuple(MODULES):
        path = module_path(module) if module in MODULES else Path(module)
        data = path.read_bytes()
        steps: dict[str, Callable[[], object]] = {}
        for name in used:
            steps[f"{name}: ready"] = partial(ready, name, data)
            if name not in (*peers.STRATEGIES, "interp"):
                steps[f"{name}: ready, all compiled"] = partial(ready, name, data, "eager")
        medians, _ = report.interleaved(steps, runs, warm=False)
        slowest = medians[f"{used[-1]}: ready"]
        for step, seconds in medians.items():
            rate = len(data) / 1e6 / seconds
            rows.append([path.stem, step, seconds, rate, slowest / seconds])
    headers = ["module", "step", "median s", "MB/s", f"times {used[-1]}: ready"]
    click.echo(tabulate(rows, headers, floatfmt=".3f"))
