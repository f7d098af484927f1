"""Small C programs that are timed, each exporting `run(n)`; `build` builds them.

In: nothing. Out: `SIZES`, the n for which a run takes wasmtime about 60 ms on the machine of the
figures in bench/README.md, for code of clang -O2 and of clang -O0; the bytes of a kernel.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
LEVELS = ("O2", "O0")
SIZES = {
    "ackermann": (290, 80),
    "base64": (1000, 490),
    "bignum": (55_000, 25_000),
    "blur": (490, 220),
    "bytecode": (990_000, 760_000),
    "convert": (4_800_000, 4_800_000),
    "crc32": (380, 290),
    "editdistance": (290, 80),
    "fannkuch": (62, 29),
    "fft": (380, 100),
    "fib": (230, 90),
    "format": (72_000, 72_000),
    "funcptr": (94_000, 55_000),
    "hashtable": (1_600_000, 1_200_000),
    "heapsort": (29, 18),
    "life": (830, 490),
    "list": (37, 18),
    "lz": (100, 80),
    "malloc": (1_200_000, 990_000),
    "mandelbrot": (730, 430),
    "maths": (990_000, 990_000),
    "matmul": (23, 9),
    "memmove": (590_000, 590_000),
    "mul128": (10_000_000, 8_100_000),
    "nbody": (760_000, 260_000),
    "qsort": (62, 62),
    "queens": (640, 290),
    "quicksort": (23, 14),
    "sha256": (150_000, 42_000),
    "sieve": (18, 9),
    "siphash": (2_100_000, 260_000),
    "spectral": (1000, 380),
    "strsearch": (100, 62),
    "tak": (830, 380),
    "tree": (48, 48),
}


def kernel(name: str, level: str) -> bytes:
    """The module of a kernel: `level` is "O2" or "O0"."""
    return (FOLDER / level / f"{name}.wasm").read_bytes()


def size(name: str, level: str) -> int:
    """The n for which `run(n)` takes wasmtime about 60 ms."""
    return SIZES[name][LEVELS.index(level)]
