"""`python -m bench wasi`: what system calls of guests cost.

In: the programs in bench/guests, which `clang-19 --target=wasm32-wasi -O2 -s NAME.c -o NAME.wasm`
makes. Out: a table of the median seconds of whole runs, beside wasmtime-py, which take turns; a
module is compiled before. What the programs have written is compared.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

import zwasm
from bench import peers, report

GUESTS = Path(__file__).parent / "guests"
LINE = b"0123456789abcde\n"


class Case:
    """A program with its arguments, and what is done with it: run with the working folder
    granted, its output going to the file `out` there."""

    def __init__(self, title: str, guest: str, args: list[str], written: int) -> None:
        self.title = title
        self.data = (GUESTS / f"{guest}.wasm").read_bytes()
        self.args = [guest, *args]
        self.written = written  # bytes that `out` has afterwards


def on_zwasm(name: str, case: Case, folder: Path) -> Callable[[], None]:
    module = zwasm.Module(case.data, engine=zwasm.Engine(name, compile="eager"))

    def run() -> None:
        with zwasm.Wasi(case.args, dirs={"/": folder}, stdout=folder / "out") as wasi:
            if wasi.run(module) != 0:
                raise click.ClickException(f"{case.title} failed on {name}")

    return run


def on_wasmtime(name: str, case: Case, folder: Path) -> Callable[[], None]:
    import wasmtime

    engine = peers.wasmtime_engine(name)
    module = wasmtime.Module(engine, case.data)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()

    def run() -> None:
        store = wasmtime.Store(engine)
        config = wasmtime.WasiConfig()
        config.argv = case.args
        config.stdout_file = str(folder / "out")
        config.preopen_dir(str(folder), "/")
        store.set_wasi(config)
        exports: Any = linker.instantiate(store, module).exports(store)
        try:
            exports["_start"](store)
        except wasmtime.ExitTrap as ended:
            if ended.code != 0:
                raise click.ClickException(f"{case.title} failed on {name}") from None

    return run


def checked(run: Callable[[], None], case: Case, folder: Path) -> Callable[[], None]:
    def whole() -> None:
        run()
        if (folder / "out").stat().st_size != case.written:
            raise click.ClickException(f"{case.title}: what was written is wrong")

    return whole


@click.command()
@click.option("--runtime", "runtimes", multiple=True, help="As for the kernels.")
@click.option("--runs", default=5, show_default=True, help="Runs of each.")
@click.option("--megabytes", default=256, show_default=True, help="How much is copied.")
@click.option("--calls", default=1_000_000, show_default=True, help="How often is written.")
def wasi(runtimes: tuple[str, ...], runs: int, megabytes: int, calls: int) -> None:
    """Time programs that do little but call the system."""
    used = list(runtimes) or [peers.default_engine(), "wasmtime"]
    try:
        peers.check(used)
    except peers.PeerMissing as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"{report.setting()}; {runs} runs")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a/b").mkdir(parents=True)
        (folder / "a/b/file").touch()
        with open(folder / "in", "wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))
        cases = [
            Case(f"copy {megabytes} MiB by 4 KiB", "copy", ["in", "out"], megabytes << 20),
            Case(f"{calls:,} fd_write", "writes", [str(calls)], calls * len(LINE)),
            Case(f"{calls // 10:,} path_open", "opens", ["a/b/file", str(calls // 10)], 0),
        ]
        for case in cases:
            runners = {}
            for name in used:
                make = on_wasmtime if name in peers.STRATEGIES else on_zwasm
                runners[name] = checked(make(name, case, folder), case, folder)
            seconds, _ = report.interleaved(runners, runs)
            row: list[object] = [case.title, *[seconds[name] for name in used]]
            row += [seconds[name] / seconds[used[-1]] for name in used[:-1]]
            rows.append(row)
    headers = ["", *[f"{name} s" for name in used]]
    headers += [f"{name} / {used[-1]}" for name in used[:-1]]
    click.echo(tabulate(rows, headers, floatfmt=".2f"))
