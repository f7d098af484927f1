"""The runtimes of `python -m bench run`: whether they are here, and what starts them.

In: a runtime's name and a benchmark. Out: the command of a whole process that does the benchmark's
work, and a driver that is kept running, see `bench.drivers.serving`. Nothing is measured here but
whole processes, by `Spawner`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import zwasm
from bench.drivers.serving import checksum, digest
from bench.layers import FOLDER, ROOT, Benchmark

DRIVERS = FOLDER / "drivers"
BUILT = ROOT / "build" / "bench"  # what is built for this machine; git ignores it
# Name -> the module of Python it needs, and how to get it.
IN_PYTHON = {
    "wasmtime": ("wasmtime", "pip install wasmtime"),
    "wasm3": ("wasm3", "pip install pywasm3"),
    "wasmer": ("wasmer", "Python up to 3.10: pip install wasmer wasmer-compiler-cranelift"),
}
DEFAULT = ("zwasm", "wasmtime", "node", "wasm3", "wasmer", "native")


def environment() -> dict[str, str]:
    """Of all processes: this one's, with the root of the repository on Python's path."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "NODE_NO_WARNINGS": "1"}


class Runtime:
    """One runtime: zwasm's default engine ("zwasm"), another of its engines by name, or a peer.

    `python` is the Python that runs it, where it is not the one that runs this.
    """

    def __init__(self, name: str, python: str = sys.executable) -> None:
        self.name = name
        self.python = python

    def missing(self) -> str | None:
        """Why it cannot run here, if it cannot."""
        if self.name == "native":
            return None if compiler() else "no C compiler"
        if self.name == "node":
            return None if shutil.which("node") else "no node on the path"
        if self.name in IN_PYTHON:
            module, hint = IN_PYTHON[self.name]
            command = [self.python, "-c", f"import {module}; {module}.__name__"]
            done = subprocess.run(command, capture_output=True, env=environment())
            return None if done.returncode == 0 else f"not installed ({hint})"
        try:
            zwasm.Engine(self.engine())
        except (ValueError, zwasm.UnsupportedError):
            return "zwasm has no such engine here"
        return None

    def engine(self) -> str:
        return "auto" if self.name == "zwasm" else self.name

    def version(self) -> str:
        """What it is, for the record."""
        if self.name == "native":
            command = [str(compiler()), "--version"]
        elif self.name == "node":
            command = ["node", "--version"]
        else:
            module = IN_PYTHON.get(self.name, ("zwasm",))[0]
            module = {"wasm3": "pywasm3"}.get(module, module)
            code = f"from importlib.metadata import version; print(version({module!r}))"
            command = [self.python, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
        return done.stdout.partition("\n")[0].strip() or "unknown"

    def can(self, benchmark: Benchmark) -> bool:
        """Whether it can run this."""
        if self.name == "native":
            return benchmark.source is not None
        if self.name == "wasm3":  # its Python package has no WASI
            return benchmark.export is not None and not benchmark.name.startswith("2/go/")
        if self.name == "wasmer":
            return benchmark.layer != 4
        return True

    def job(self, benchmark: Benchmark) -> dict[str, object]:
        job = benchmark.job()
        if self.name not in IN_PYTHON:
            job["engine"] = self.engine()
        return job

    def process(self, benchmark: Benchmark) -> list[str]:
        """A process that does the work once and prints the result."""
        job = self.job(benchmark)
        if self.name == "native":
            return [str(native(benchmark)), str(benchmark.n)]
        if self.name == "node":
            return ["node", str(DRIVERS / "on_node.mjs"), json.dumps(job)]
        if self.name in IN_PYTHON:
            return [*self.driver(), json.dumps(job)]
        script = Path(self.python).with_name("zwasm")
        start = [str(script)] if script.exists() else [self.python, "-m", "zwasm"]
        command = [*start, "run", "--engine", self.engine()]
        if "folder" in job:
            command += ["--dir", f"{job['folder']}::/"]
        if benchmark.export is not None:
            return [*command, "--invoke", benchmark.export, str(job["path"]), str(benchmark.n)]
        arguments: Any = job["args"]
        return [*command, str(job["path"]), *arguments]

    def driver(self) -> list[str]:
        name = self.name if self.name in IN_PYTHON else "zwasm"
        return [self.python, str(DRIVERS / f"on_{name}.py")]

    def serving(self, benchmark: Benchmark) -> list[str]:
        """A process that is told what to do, see `bench.drivers.serving`."""
        if self.name == "native":
            return [str(native(benchmark)), str(benchmark.n), "serve"]
        job = json.dumps(self.job(benchmark))
        if self.name == "node":
            return ["node", str(DRIVERS / "on_node.mjs"), job, "serve"]
        return [*self.driver(), job, "serve"]

    def result(self, benchmark: Benchmark, output: bytes) -> str:
        """The checksum in what a whole process has printed."""
        if benchmark.export is not None or self.name == "native":
            return checksum(int(output))
        return digest(output)


def compiler() -> str | None:
    """The C compiler for this machine."""
    for name in filter(None, [os.environ.get("CC"), "clang-19", "clang", "gcc"]):
        if shutil.which(name):
            return name
    return None


def native(benchmark: Benchmark) -> Path:
    """The benchmark built for this machine with -O2, made if its source is newer."""
    source = benchmark.source
    assert source is not None
    target = BUILT / f"{source.parent.name}-{source.stem}-{benchmark.function}"
    driver = DRIVERS / "native.c"
    newest = max(source.stat().st_mtime, driver.stat().st_mtime)
    if not target.exists() or target.stat().st_mtime < newest:
        BUILT.mkdir(parents=True, exist_ok=True)
        # As in WebAssembly, a product and a sum are rounded each.
        flags = ["-O2", "-w", "-ffp-contract=off", f"-DRUN={benchmark.function}"]
        command = [str(compiler()), *flags, str(source), str(driver), "-lm", "-o", str(target)]
        subprocess.run(command, check=True)
    return target


class Failed(Exception):
    """A process did not do what it should; the text says which, and its last words.

    `runtime` is the runtime's name.
    """

    def __init__(self, runtime: Runtime, benchmark: Benchmark, code: int, errors: Path) -> None:
        lines = errors.read_bytes()[-2000:].decode("utf-8", "replace").strip().splitlines()
        words = [line for line in lines if "Error" in line] or lines
        said = f": {words[-1].strip()}" if words else ""
        super().__init__(f"{benchmark.name} on {runtime.name} ended with {code}{said}")
        self.runtime = runtime.name


class Driver:
    """A driver that is running; `ask` has it do something and gives its answer."""

    def __init__(self, runtime: Runtime, benchmark: Benchmark, folder: Path) -> None:
        self.runtime = runtime
        self.benchmark = benchmark
        self.errors = folder / f"{runtime.name}-errors"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                runtime.serving(benchmark),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(),
                text=True,
            )

    def ask(self, what: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            raise Failed(self.runtime, self.benchmark, self.process.wait(), self.errors)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        try:
            self.process.communicate()
        except BrokenPipeError:
            self.process.wait()


class Spawner:
    """Runs whole processes, see `bench.drivers.spawner`."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        self.errors = folder / "errors"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(DRIVERS / "spawner.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, runtime: Runtime, benchmark: Benchmark) -> tuple[float, int, str]:
        """The seconds of a whole process, its peak of memory (bytes), and its result."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        job = {
            "argv": runtime.process(benchmark),
            "env": environment(),
            "stdin": benchmark.job().get("stdin", os.devnull),
            "stdout": str(self.output),
            "stderr": str(self.errors),
        }
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer["code"] != 0:
            raise Failed(runtime, benchmark, answer["code"], self.errors)
        return (
            answer["seconds"],
            answer["peak"],
            runtime.result(benchmark, self.output.read_bytes()),
        )

    def close(self) -> None:
        self.process.communicate()
