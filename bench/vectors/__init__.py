"""Small C programs with vector code, each exporting `run(n)`; `build` builds them.

In: nothing. Out: `SIZES`, the n for which the vector form takes wasmtime about 40 ms on the machine
of the figures in bench/README.md; the forms that a kernel has, and their bytes. All forms of a
kernel give the same for the same n: "scalar" has no vector instruction, "vector" is written with
those of fixed-width SIMD, "relaxed" with those of relaxed SIMD where they make a difference.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
SIZES = {
    "audio": 8300,
    "base64": 10_000,
    "blake": 5000,
    "blend": 3600,
    "chacha": 6300,
    "distance": 16_000,
    "dotf32": 190_000,
    "doti8": 38_000,
    "fir": 8000,
    "mandelbrot": 21_000,
    "matmul": 470,
    "search": 1600,
    "utf8": 16_000,
}


def kernel(name: str, form: str) -> bytes | None:
    """The module of a kernel in a form, "scalar", "vector" or "relaxed"; None if there is none."""
    path = FOLDER / form / f"{name}.wasm"
    return path.read_bytes() if path.exists() else None
