"""Builds the kernels from their C sources: `python -m bench.vectors.build [NAME...]`.

In: the `.c` files beside this one. Out: `scalar/NAME.wasm`, `vector/NAME.wasm`, and
`relaxed/NAME.wasm` of those that have such a form. They are committed, so that measuring needs no
compiler. Needs clang 19 with lld; CLANG names another.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click

FOLDER = Path(__file__).parent
# What the compiler would vectorise by itself stays scalar in all forms.
ALL = ["--target=wasm32", "-ffreestanding", "-nostdlib", "-O2", "-Wall", "-Wextra", "-s"]
ALL += ["-fno-vectorize", "-fno-slp-vectorize", "-ffp-contract=off", "-mnontrapping-fptoint"]
ALL += ["-Wl,--no-entry", "-Wl,-z,stack-size=65536", "-Wl,--export=run"]
VECTOR = ["-msimd128", "-DVECTOR"]
FORMS = {"scalar": [], "vector": VECTOR, "relaxed": [*VECTOR, "-mrelaxed-simd", "-DRELAXED"]}


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Build the kernels NAMES, or all."""
    clang = os.environ.get("CLANG", "clang-19")
    for source in sorted(FOLDER.glob("*.c")):
        if names and source.stem not in names:
            continue
        for form, flags in FORMS.items():
            if form == "relaxed" and "RELAXED" not in source.read_text(encoding="utf-8"):
                continue
            target = FOLDER / form / f"{source.stem}.wasm"
            target.parent.mkdir(exist_ok=True)
            subprocess.run([clang, *ALL, *flags, str(source), "-o", str(target)], check=True)
            target.chmod(0o644)
            click.echo(f"{form:8} {source.stem:12} {target.stat().st_size:7,} bytes")


if __name__ == "__main__":
    main(prog_name="python -m bench.vectors.build")
