"""The benchmarks of `python -m bench run`, in four layers.

In: nothing. Out: the list of them, and what each has to do. Layer 1 is text written by hand, layer
2 functions compiled from five languages, layer 3 whole programs in C, layer 4 programs that others
have written. Each has as much to do as takes wasmtime roughly 80 ms once it is compiled.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.modules import CACHE

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
LAYERS = (1, 2, 3, 4)
# Language -> the ending of its source, layer2/kernels.*; the module is layer2/LANGUAGE.wasm.
LANGUAGES = {"c": "c", "rust": "rs", "zig": "zig", "assemblyscript": "ts", "go": "go"}
CHECKSUMS = FOLDER / "checksums.json"  # by name: the result for `small`

# Name -> n, and an n for tests.
LAYER_1 = {
    "fib": (33, 12),
    "nbody": (200_000, 50),
    "nqueens": (8000, 1),
    "sieve": (80, 1),
    "tak": (40, 3),
}
LAYER_2 = {
    "arith": (4_000_000, 200),
    "fib": (500, 1),
    "fib_loop": (50_000_000, 500),
    "gcd": (400_000, 20),
    "json": (2000, 1),
    "matmul": (150, 1),
    "sha256": (100_000, 2),
    "sieve": (100, 1),
    "tak": (50, 3),
    "trees": (300, 1),
}
LAYER_3 = {
    "ackermann": (20, 1),
    "base64": (1100, 1),
    "ctype": (2500, 1),
    "ed25519": (40, 1),
    "fib2": (35, 12),
    "gimli": (130_000, 3),
    "heapsort": (81_000, 100),
    "keccak": (7900, 1),
    "matrix": (410, 1),
    "memmove": (250_000, 30),
    "minicsv": (540, 1),
    "nestedloop": (17, 3),
    "random": (6_000_000, 500),
    "ratelimit": (3_000_000, 500),
    "seqhash": (400_000, 50),
    "sieve": (24, 1),
    "switch": (7_000_000, 2000),
    "xblabla20": (200_000, 2),
    "xchacha20": (200_000, 3),
}


@dataclass(frozen=True)
class Benchmark:
    """A function of a module, or a program for WASI, and what it has to do.

    A program of layer 3 gets n as its argument. `source` is set where it is C with a function
    `function`, which can be built for this machine.
    """

    layer: int
    name: str  # unique, such as "1/fib" or "2/rust/fib"
    path: Path  # of the module, or its text
    n: int = 0
    small: int = 0
    export: str | None = None
    source: Path | None = None
    function: str = "run"
    args: tuple[str, ...] = ()
    stdin: str | None = None  # a file of layer4
    files: tuple[str, ...] = ()  # of layer4, which a program finds in its folder

    def missing(self) -> str | None:
        """What has to be done before it can run, if anything."""
        if self.path.exists():
            return None
        if self.layer == 4:
            return f"python tools/build_programs.py {self.path.stem}"
        return "python -m bench.build"

    def module(self) -> Path:
        """The path of the binary module: text is encoded first, so that no runtime has to."""
        return encoded(self.path) if self.path.suffix == ".wat" else self.path

    def job(self) -> dict[str, object]:
        """What drivers are told."""
        job: dict[str, object] = {"path": str(self.module())}
        if self.export is not None:
            job["export"] = self.export
            job["n"] = self.n
        elif self.layer == 3:
            job["args"] = [str(self.n)]
        else:
            job["args"] = list(self.args)
        if self.stdin is not None:
            job["stdin"] = str(FOLDER / "layer4" / self.stdin)
        if self.files:
            job["folder"] = str(work_folder(self))
        return job


@cache
def encoded(path: Path) -> Path:
    """The binary module of a text."""
    from zwasm.binary import encode
    from zwasm.cli.files import read_module

    target = CACHE / f"{path.parent.name}-{path.stem}.wasm"
    CACHE.mkdir(exist_ok=True)
    target.write_bytes(encode(read_module(str(path))))
    return target


def text() -> bytes:
    """Text that packs well, always the same."""
    rnd = random.Random(4)
    words = [bytes(rnd.choices(b"abcdefghijklmnopqrst", k=rnd.randrange(2, 9))) for _ in range(900)]
    return b" ".join(words[min(rnd.randrange(900), rnd.randrange(900))] for _ in range(300_000))


@cache
def work_folder(benchmark: Benchmark) -> Path:
    """A folder with the benchmark's files."""
    folder = CACHE / benchmark.name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for name in benchmark.files:
        if name == "text":
            (folder / name).write_bytes(text())
        else:
            shutil.copyfile(FOLDER / "layer4" / name, folder / name)
    return folder


def _layer_4() -> list[Benchmark]:
    programs = Path(os.environ.get("ZWASM_PROGRAMS") or ROOT / "build" / "programs")
    bundle = ("/app.ts", "--bundle", "--minify", "--log-level=warning")
    return [
        Benchmark(4, "4/sqlite3", programs / "sqlite3.wasm", args=("-batch",), stdin="work.sql"),
        Benchmark(4, "4/lua", programs / "lua.wasm", args=("/work.lua",), files=("work.lua",)),
        Benchmark(
            4, "4/zstd", programs / "zstd.wasm", args=("-q", "-7", "-c", "/text"), files=("text",)
        ),
        Benchmark(4, "4/esbuild", programs / "esbuild.wasm", args=bundle, files=("app.ts",)),
        Benchmark(
            4,
            "4/go",
            ROOT / "tests" / "guests" / "go" / "tour.wasm",
            args=("text", "tasks"),
        ),
    ]


def benchmarks() -> list[Benchmark]:
    """All of them, layer by layer."""
    found = []
    for name, (n, small) in LAYER_1.items():
        path = FOLDER / "layer1" / f"{name}.wat"
        found.append(Benchmark(1, f"1/{name}", path, n, small, "run"))
    layer2 = FOLDER / "layer2"
    for language in LANGUAGES:
        source = layer2 / "kernels.c" if language == "c" else None
        for name, (n, small) in LAYER_2.items():
            path = layer2 / f"{language}.wasm"
            full = f"2/{language}/{name}"
            found.append(Benchmark(2, full, path, n, small, name, source, name))
    for name, (n, small) in LAYER_3.items():
        layer3 = FOLDER / "layer3"
        path = layer3 / "wasm" / f"{name}.wasm"
        found.append(Benchmark(3, f"3/{name}", path, n, small, source=layer3 / f"{name}.c"))
    return found + _layer_4()


def checksums() -> dict[str, str]:
    """By name: the result for `small`."""
    found: dict[str, str] = json.loads(CHECKSUMS.read_text(encoding="utf-8"))
    return found
