"""Builds the kernels from their C sources: `python -m bench.kernels.build [NAME...]`.

In: the `.c` files beside this one. Out: `O0/NAME.wasm` and `O2/NAME.wasm`, which are committed,
so that measuring needs no compiler. Needs clang 19 with lld and wasi-libc; CLANG names another.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click

FOLDER = Path(__file__).parent
LEVELS = ("O0", "O2")
ALL = ["-Wall", "-Wextra", "-s", "-Wl,-z,stack-size=65536", "-Wl,--export=run"]
BARE = ["--target=wasm32", "-ffreestanding", "-nostdlib", "-Wl,--no-entry"]
WASI = ["--target=wasm32-wasi", "-mexec-model=reactor"]


def command(source: Path, level: str) -> list[str]:
    text = source.read_text(encoding="utf-8")
    flags = [*ALL, *(WASI if "#include" in text else BARE)]
    if "__builtin_memmove" in text:
        flags.append("-mbulk-memory")
    target = FOLDER / level / f"{source.stem}.wasm"
    clang = os.environ.get("CLANG", "clang-19")
    return [clang, *flags, f"-{level}", str(source), "-o", str(target)]


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Build the kernels NAMES, or all."""
    for source in sorted(FOLDER.glob("*.c")):
        if names and source.stem not in names:
            continue
        for level in LEVELS:
            (FOLDER / level).mkdir(exist_ok=True)
            subprocess.run(command(source, level), check=True)
            target = FOLDER / level / f"{source.stem}.wasm"
            target.chmod(0o644)
            click.echo(f"{level} {source.stem:14} {target.stat().st_size:7,} bytes")


if __name__ == "__main__":
    main(prog_name="python -m bench.kernels.build")
