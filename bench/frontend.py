"""From bytes to register IR, beside what wasmtime-py needs to validate and to compile.

In: module names or paths. Out: a table of medians, in seconds and in MB of wasm a second.
All runs of one module are interleaved, so that a slow moment of the machine hits all alike.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
from tabulate import tabulate

from bench.modules import MODULES, module_path
from zwasm._build import compiled
from zwasm.binary import decode
from zwasm.lower import Lowerer
from zwasm.valid import validate
from zwasm.valid.func import FuncValidator
from zwasm.valid.module import check_initialisers, declare


def decode_only(data: bytes) -> None:
    decode(data)


def decode_validate(data: bytes) -> None:
    validate(decode(data))


def decode_validate_lower(data: bytes) -> None:
    """Every body is validated and lowered in one walk."""
    info = declare(decode(data))
    check_initialisers(info, FuncValidator(info))
    lowerer = Lowerer(info)
    for index in range(len(info.module.funcs)):
        lowerer.func(index)


def steps() -> dict[str, Callable[[bytes], object]]:
    found: dict[str, Callable[[bytes], object]] = {
        "zwasm decode": decode_only,
        "zwasm decode, validate": decode_validate,
        "zwasm decode, validate, lower": decode_validate_lower,
    }
    if importlib.util.find_spec("wasmtime"):
        import wasmtime

        config = wasmtime.Config()
        config.wasm_exceptions = True
        engine = wasmtime.Engine(config)
        found["wasmtime-py Module.validate"] = lambda data: wasmtime.Module.validate(engine, data)
        found["wasmtime-py Module(...)"] = lambda data: wasmtime.Module(engine, data)
    else:
        click.echo("wasmtime is not installed; left out")
    return found


@click.command()
@click.argument("modules", nargs=-1)
@click.option("--runs", default=5, show_default=True, help="Runs of each step.")
def frontend(modules: tuple[str, ...], runs: int) -> None:
    """Decode, validate and lower MODULES (names or paths), beside wasmtime-py.

    Names are fetched from npm the first time: sql.js, quickjs, esbuild (the default: sql.js
    and esbuild).
    """
    click.echo(f"zwasm is {'compiled' if compiled() else 'interpreted'}")
    rows = []
    for name in modules or ("sql.js", "esbuild"):
        path = module_path(name) if name in MODULES else Path(name)
        data = path.read_bytes()
        taken: dict[str, list[float]] = {}
        for _ in range(runs):
            for step, run in steps().items():
                started = time.perf_counter()
                run(data)
                taken.setdefault(step, []).append(time.perf_counter() - started)
        for step, seconds in taken.items():
            median = statistics.median(seconds)
            rows.append([name, step, median, min(seconds), max(seconds), len(data) / 1e6 / median])
    headers = ["module", "step", "median s", "min s", "max s", "MB/s"]
    click.echo(tabulate(rows, headers, floatfmt=".3f"))
