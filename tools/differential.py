"""Runs generated modules on every engine and on wasmtime-py, and compares what comes out.

    python -m tools.differential --count 1000

Results, kinds of traps, memory and globals must be the same after every call. With `--keep`,
modules that differ are written to a folder.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click
import wasmtime

import zwasm
from tools.generate import generate
from zwasm.binary.encode import encode
from zwasm.runtime.engine import STRATEGIES
from zwasm.text import parse_module

# Words of wasmtime's messages for what traps here.
TRAPS = {
    zwasm.TrapCode.UNREACHABLE: "unreachable",
    zwasm.TrapCode.INTEGER_DIVIDE_BY_ZERO: "divide by zero",
    zwasm.TrapCode.INTEGER_OVERFLOW: "integer overflow",
    zwasm.TrapCode.INVALID_CONVERSION_TO_INTEGER: "invalid conversion to integer",
    zwasm.TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS: "out of bounds memory access",
    zwasm.TrapCode.UNDEFINED_ELEMENT: "out of bounds",
    zwasm.TrapCode.UNINITIALIZED_ELEMENT: "uninitialized element",
    zwasm.TrapCode.INDIRECT_CALL_TYPE_MISMATCH: "indirect call type mismatch",
}


def digest(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def on_zwasm(data: bytes, strategy: str) -> list[Any]:
    """What each call gives, with the state after it."""
    engine = zwasm.Engine(strategy=strategy)
    exports = zwasm.Instance(zwasm.Module(data, engine=engine)).exports
    outcomes: list[Any] = []
    for name in exports:
        if not name.startswith("run"):
            continue
        result: Any
        try:
            result = exports[name]()
        except zwasm.Trap as trap:
            result = TRAPS[trap.code]
        if result is not None and not isinstance(result, (str, tuple)):
            result = (result,)
        state = (exports["i32"].value, exports["i64"].value, digest(memoryview(exports["memory"])))
        outcomes.append((name, result, state))
    return outcomes


def on_wasmtime(engine: wasmtime.Engine, data: bytes) -> list[Any]:
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, data)
    exports: Any = wasmtime.Instance(store, module, []).exports(store)
    outcomes: list[Any] = []
    for export in module.exports:
        if not export.name.startswith("run"):
            continue
        result: Any
        try:
            result = exports[export.name](store)
        except wasmtime.Trap as trap:
            message = trap.message
            result = next((words for words in TRAPS.values() if words in message), message)
        if isinstance(result, list):
            result = tuple(result)
        elif result is not None and not isinstance(result, str):
            result = (result,)
        memory = exports["memory"]
        state = (
            exports["i32"].value(store),
            exports["i64"].value(store),
            digest(memory.read(store, 0, memory.data_len(store))),
        )
        outcomes.append((export.name, result, state))
    return outcomes


@click.command()
@click.option("--count", default=1000, show_default=True, help="Modules to run.")
@click.option("--seed", default=0, show_default=True, help="Seed of the first module.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for modules that differ.")
def main(count: int, seed: int, keep: Path | None) -> None:
    """Compare the engines and wasmtime-py on generated modules."""
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    engine = wasmtime.Engine(config)
    strategies = [name for name in STRATEGIES if name != "auto"]
    differing = calls = trapped = 0
    with click.progressbar(range(seed, seed + count), label="modules") as seeds:
        for number in seeds:
            text = generate(number)
            data = encode(parse_module(text))
            expected = on_wasmtime(engine, data)
            calls += len(expected)
            trapped += sum(isinstance(result, str) for _, result, _ in expected)
            for strategy in strategies:
                found = on_zwasm(data, strategy)
                if found != expected:
                    differing += 1
                    first = next(p for p in zip(found, expected, strict=True) if p[0] != p[1])
                    click.echo(f"\nseed {number}: {strategy} {first[0]}, wasmtime {first[1]}")
                    if keep is not None:
                        keep.mkdir(exist_ok=True)
                        (keep / f"{number}.wat").write_text(text)
    click.echo(f"{count} modules, {calls} calls, {trapped} traps: {differing} differ")
    raise SystemExit(differing != 0)


if __name__ == "__main__":
    main()
