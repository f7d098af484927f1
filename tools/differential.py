"""Runs generated modules on every engine and on wasmtime-py, and compares what comes out.

    python -m tools.differential --count 1000
    python -m tools.differential --engine baseline,eager --exact
    python -m tools.differential --simd only --relaxed native

Results, kinds of traps, what host functions were called with, and after every call the memories,
tables and globals must be the same. With `--exact` engines are compared with the interpreter as
well in what wasmtime has no equal of: the fuel that calls take, what they leave when it runs out,
and the backtraces of traps. With `--relaxed deterministic` modules have relaxed vector instructions
and all are told to be deterministic; with `--relaxed native`, where results are up to the machine,
engines are compared with the interpreter only. With `--keep`, modules that differ are written to a
folder; `python -m tools.reduce` makes them small.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import click
import wasmtime

import zwasm
from tools.generate import HOSTS, SIMD_SHARES, generate, host_functions
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
    zwasm.TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS: "undefined element: out of bounds table access",
    zwasm.TrapCode.UNDEFINED_ELEMENT: "undefined element: out of bounds table access",
    zwasm.TrapCode.UNINITIALIZED_ELEMENT: "uninitialized element",
    zwasm.TrapCode.INDIRECT_CALL_TYPE_MISMATCH: "indirect call type mismatch",
    zwasm.TrapCode.NULL_FUNCTION_REFERENCE: "null reference",
    zwasm.TrapCode.NULL_REFERENCE: "null reference",
}
# Frames at both ends of a backtrace that every engine keeps.
INNERMOST = 50
OUTERMOST = 10
MODES = ("native", "deterministic")  # of relaxed instructions
ENOUGH = 1 << 40  # of fuel
Outcome = tuple[str, Any, Any]  # the export, its result or trap, and the state afterwards


def strategies() -> list[str]:
    """The names of all engines."""
    return [name for name in STRATEGIES if name != "auto"]


def engine_of(strategy: str, relaxed: str = "", fuel: bool = False) -> zwasm.Engine:
    """The engine of a name, which may have ",eager" behind it."""
    name, _, mode = strategy.partition(",")
    relaxed = relaxed or "native"
    return zwasm.Engine(name, compile=mode or "lazy", fuel=fuel, relaxed_simd=relaxed)


def digest(data: Any) -> str:
    return f"{zlib.crc32(data):08x}"


def listed(result: Any) -> Any:
    """Results as a tuple, however many there are; the name of a trap stays."""
    if result is None:
        return ()
    if isinstance(result, (list, tuple)):
        return tuple(result)
    return result if isinstance(result, str) else (result,)


def outcomes(
    names: list[str],
    log: list[object],
    call: Callable[[str], Any],
    memories: Callable[[], list[str]],
) -> list[Outcome]:
    """What the runs of a module give, one after the other."""
    found: list[Outcome] = []
    for name in names:
        if name.startswith("run"):
            log.clear()
            result = listed(call(name))
            seen = list(log)
            found.append((name, result, (seen, listed(call("state")), memories())))
    return found


def on_zwasm(data: bytes, strategy: str, relaxed: str = "") -> list[Outcome]:
    engine = engine_of(strategy, relaxed)
    log: list[object] = []
    imports = {"host": host_functions(log)}
    store = zwasm.Store(engine, timeout=60)
    exports = zwasm.Instance(zwasm.Module(data, engine=engine), imports, store=store).exports

    def call(name: str) -> Any:
        try:
            return exports[name]()
        except zwasm.ExhaustionError:
            raise
        except zwasm.Trap as trap:
            return TRAPS[trap.code]

    def memories() -> list[str]:
        return [digest(memoryview(exports[name])) for name in exports if name.startswith("memory")]

    return outcomes(list(exports), log, call, memories)


def traced(data: bytes, strategy: str, relaxed: str, fuel: list[int]) -> list[tuple[Any, ...]]:
    """What the runs of a module give with so much fuel each, what is left of it, and where traps
    come from."""
    engine = engine_of(strategy, relaxed, fuel=True)
    log: list[object] = []
    imports = {"host": host_functions(log)}
    store = zwasm.Store(engine, timeout=60)
    exports = zwasm.Instance(zwasm.Module(data, engine=engine), imports, store=store).exports
    found: list[tuple[Any, ...]] = []
    for name in exports:
        if name.startswith("run"):
            log.clear()
            store.fuel = fuel[len(found) % len(fuel)]
            try:
                result: Any = repr(exports[name]())
            except zwasm.Trap as trap:
                frames = [(frame.index, frame.offset) for frame in trap.frames]
                result = (trap.code, frames[:INNERMOST], frames[-OUTERMOST:])
            left = store.fuel
            memories = [
                digest(memoryview(exports[other])) for other in exports if other.startswith("mem")
            ]
            store.fuel = ENOUGH
            found.append((name, result, left, list(log), memories, repr(exports["state"]())))
    return found


def inexact(data: bytes, strategy: str, relaxed: str) -> tuple[Any, Any] | None:
    """The first run that does not go as on the interpreter, with its own outcome there: with
    enough fuel, then with parts of what was needed."""
    fuel = [ENOUGH]
    taken: list[int] = []
    for parts in (4, 6, 0):
        found = traced(data, strategy, relaxed, fuel)
        expected = traced(data, "interp", relaxed, fuel)
        for pair in zip(found, expected, strict=True):
            if pair[0] != pair[1]:
                return pair
        if not taken:
            taken = [ENOUGH - outcome[2] for outcome in expected]
        if parts:
            fuel = [count * (i % (parts - 1) + 1) // parts for i, count in enumerate(taken)]
    return None


def wasmtime_engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_memory64 = True
    config.wasm_multi_memory = True
    config.wasm_tail_call = True
    config.wasm_function_references = True
    config.wasm_relaxed_simd_deterministic = True
    return wasmtime.Engine(config)


def value_types(names: list[str]) -> list[wasmtime.ValType]:
    return [getattr(wasmtime.ValType, name)() for name in names]


def on_wasmtime(engine: wasmtime.Engine, data: bytes) -> list[Outcome]:
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, data)
    log: list[object] = []
    linker = wasmtime.Linker(engine)
    for name, function in host_functions(log).items():
        type_ = wasmtime.FuncType(value_types(HOSTS[name].params), value_types(HOSTS[name].results))
        linker.define_func("host", name, type_, function)
    exports: Any = linker.instantiate(store, module).exports(store)
    names = [export.name for export in module.exports]

    def call(name: str) -> Any:
        try:
            return exports[name](store)
        except wasmtime.Trap as trap:
            message = trap.message
            return next((words for words in TRAPS.values() if words in message), message)

    def memories() -> list[str]:
        found = [exports[name] for name in names if name.startswith("memory")]
        return [digest(memory.read(store, 0, memory.data_len(store))) for memory in found]

    return outcomes(names, log, call, memories)


def expected_of(engine: wasmtime.Engine, data: bytes, relaxed: str = "") -> list[Outcome]:
    """What engines must give: what wasmtime does, or where it is up to the machine what relaxed
    instructions do, the interpreter."""
    if relaxed == "native":
        return on_zwasm(data, "interp", relaxed)
    return on_wasmtime(engine, data)


def difference(
    engine: wasmtime.Engine, data: bytes, strategy: str, relaxed: str = ""
) -> tuple[Any, Any] | None:
    """The first outcome that is not what it must be, beside that."""
    expected = expected_of(engine, data, relaxed)
    found = on_zwasm(data, strategy, relaxed)
    return next((pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]), None)


@click.command()
@click.option("--count", default=1000, show_default=True, help="Modules to run.")
@click.option("--seed", default=0, show_default=True, help="Seed of the first module.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    help='Engine to run, as "baseline" or "baseline,eager"; repeatable.  [default: all]',
)
@click.option(
    "--simd",
    type=click.Choice(list(SIMD_SHARES)),
    default="some",
    show_default=True,
    help="Which modules have vector code: some are a third.",
)
@click.option(
    "--relaxed",
    "mode",
    type=click.Choice(MODES),
    help="With relaxed vector instructions, in this mode.",
)
@click.option("--exact", is_flag=True, help="Compare fuel and backtraces too.")
@click.option("--seconds", type=float, help="Stop after so long.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for modules that differ.")
def main(
    count: int,
    seed: int,
    engines: tuple[str, ...],
    simd: str,
    mode: str | None,
    exact: bool,
    seconds: float | None,
    keep: Path | None,
) -> None:
    """Compare the engines and wasmtime-py on generated modules."""
    engine = wasmtime_engine()
    relaxed = mode or ""
    peer = "interp" if relaxed == "native" else "wasmtime"
    differing = calls = trapped = done = 0
    started = monotonic()
    with click.progressbar(range(seed, seed + count), label="modules") as seeds:
        for number in seeds:
            if seconds is not None and monotonic() - started > seconds:
                break
            done += 1
            text = generate(number, simd, relaxed)
            data = encode(parse_module(text))
            expected = expected_of(engine, data, relaxed)
            calls += len(expected)
            trapped += sum(isinstance(result, str) for _, result, _ in expected)
            for strategy in engines or strategies():
                found = on_zwasm(data, strategy, relaxed)
                other = peer
                pair: Any = None
                if found != expected:
                    pair = next(p for p in zip(found, expected, strict=True) if p[0] != p[1])
                elif exact:
                    other = "interp"
                    pair = inexact(data, strategy, relaxed)
                if pair is not None:
                    differing += 1
                    click.echo(f"\nseed {number}: {strategy} {pair[0]}\n{other} {pair[1]}")
                    if keep is not None:
                        keep.mkdir(exist_ok=True)
                        (keep / f"{number}.wat").write_text(text)
    click.echo(f"{done} modules, {calls} calls, {trapped} traps: {differing} differ")
    raise SystemExit(differing != 0)


if __name__ == "__main__":
    main()
