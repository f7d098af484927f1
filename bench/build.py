"""Builds the modules of layers 2 and 3 from their sources: `python -m bench.build [NAME...]`.

In: layer2/kernels.* and layer3/*.c. Out: layer2/LANGUAGE.wasm and layer3/wasm/NAME.wasm, which are
committed, so that measuring needs no compiler. NAME is a language or a program of layer 3. A
compiler that is missing is named, and its module stays as it is. The tools are those of
tests/guests/README.md, which says how to get them; CLANG, RUSTC, GO, ASC and ZIG name others.
With `--checksums` nothing is built: what wasmtime-py gives for each benchmark's n for tests goes to
checksums.json.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from bench.layers import CHECKSUMS, FOLDER, LANGUAGES, LAYER_3, benchmarks
from bench.runtimes import Driver, Runtime

LAYER2 = FOLDER / "layer2"
LAYER3 = FOLDER / "layer3"
CLANG = [os.environ.get("CLANG", "clang-19"), "--target=wasm32-wasi", "-O2", "-s"]
COMMANDS = {
    "c": [*CLANG, "-Wall", "-Wextra", "-mexec-model=reactor", "SOURCE", "-o", "TARGET"],
    "rust": [
        os.environ.get("RUSTC", "/usr/bin/rustc"),
        *("--edition=2021", "--target=wasm32-unknown-unknown", "--crate-type=cdylib"),
        *("-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols", "-Clto=fat"),
        *("-Clinker=wasm-ld-14", "-Clinker-flavor=wasm-ld", "SOURCE", "-o", "TARGET"),
    ],
    "zig": [
        *os.environ.get("ZIG", "python3 -m ziglang").split(),
        *("build-exe", "-target", "wasm32-freestanding", "-OReleaseFast", "-fno-entry"),
        *("-rdynamic", "-fstrip", "SOURCE", "-femit-bin=TARGET"),
    ],
    "assemblyscript": [
        os.environ.get("ASC", "asc"),
        *("SOURCE", "-o", "TARGET", "-O3", "--noAssert", "--runtime", "incremental"),
        *("--use", "abort="),
    ],
    "go": [
        *(os.environ.get("GO", "go"), "build", "-buildmode=c-shared", "-trimpath"),
        *("-ldflags=-s -w", "-o", "TARGET", "SOURCE"),
    ],
}


def build(command: list[str], source: Path, target: Path) -> None:
    """Run a command that makes target of source; the target changes only if all went well."""
    environment = dict(os.environ, GOOS="wasip1", GOARCH="wasm", GOPROXY="off", GOTOOLCHAIN="local")
    with tempfile.TemporaryDirectory() as folder:
        environment.setdefault("GOCACHE", os.path.join(folder, "cache"))
        made = os.path.join(folder, target.name)
        places = {"SOURCE": source.name, "TARGET": made, "-femit-bin=TARGET": f"-femit-bin={made}"}
        full = [places.get(part, part) for part in command]
        # In the source's folder, so that no path gets into the module.
        subprocess.run(full, cwd=source.parent, env=environment, check=True)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(made, target)
    click.echo(f"{target.parent.name}/{target.name:24} {target.stat().st_size:9,} bytes")


def record_checksums() -> None:
    """Write what wasmtime-py gives for `small`."""
    runtime = Runtime("wasmtime")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for benchmark in benchmarks():
            if benchmark.layer < 4:
                less = dataclasses.replace(benchmark, n=benchmark.small)
                driver = Driver(runtime, less, Path(folder))
                found[benchmark.name] = driver.ask("run")["result"]
                driver.close()
    CHECKSUMS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--checksums", is_flag=True, help="Record the checksums, build nothing.")
def main(names: tuple[str, ...], checksums: bool) -> None:
    """Build the modules NAMES, or all."""
    if checksums:
        record_checksums()
        return
    unknown = [name for name in names if name not in (*LANGUAGES, *LAYER_3)]
    if unknown:
        raise click.UsageError(f"no {', '.join(unknown)}")
    for language, ending in LANGUAGES.items():
        if not names or language in names:
            command = COMMANDS[language]
            if shutil.which(command[0]) is None:
                click.echo(f"layer2/{language}.wasm stays: no {command[0]}")
                continue
            build(command, LAYER2 / f"kernels.{ending}", LAYER2 / f"{language}.wasm")
    command = [*CLANG, "-Wall", "-Wextra", "SOURCE", "main.c", "-o", "TARGET"]
    if shutil.which(command[0]) is None:
        click.echo(f"layer3 stays: no {command[0]}")
        return
    for name in LAYER_3:
        if not names or name in names:
            build(command, LAYER3 / f"{name}.c", LAYER3 / "wasm" / f"{name}.wasm")


if __name__ == "__main__":
    main(prog_name="python -m bench.build")
