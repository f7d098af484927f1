"""Make the table of stencils: python tools/gen_stencils.py --out FILE

In: zwasm's source tree. Out: the file that the baseline engine reads its stencils from. Needs
llvmlite, but with `--reuse TABLE`, which copies a table that was made before from the same
sources. `--show KEY` prints the IR and LLVM's assembly of a key's stencils instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from zwasm.baseline import stencil_file
from zwasm.baseline.stencil_ir import AARCH64, LEVELS, X86_64, architecture_of
from zwasm.baseline.table import Table
from zwasm.errors import WasmError


def show(level: str, key: int) -> None:
    from zwasm.baseline import stencil, stencil_magic, stencil_object

    for source in stencil.sources_of(level):
        if source.key == key:
            text = stencil_magic.with_values(architecture_of(level) == X86_64, source.text, 0)
            print(source.text)
            print(stencil_object.assembly(level, text))


def make(out: Path, architectures: list[str]) -> None:
    from zwasm.baseline import stencil

    start = time.monotonic()
    parts = stencil.generate(architectures)
    out.write_bytes(stencil_file.file_of(parts))
    for made in parts:
        size = sum(len(item.code) for item in made.stencils)
        print(
            f"{made.level}: {len(made.stencils)} stencils, {size} bytes of code, "
            f"{len(made.rodata)} of constants"
        )
    print(f"{time.monotonic() - start:.1f} s")


def reuse(out: Path, architectures: list[str], path: Path) -> None:
    try:
        digests = {Table(str(path), architecture).digest for architecture in architectures}
    except (OSError, WasmError) as error:
        sys.exit(f"gen_stencils: {error}")
    if digests != {stencil_file.digest()}:
        sys.exit(f"gen_stencils: {path} was made from other sources than these")
    out.write_bytes(path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of stencils.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the table")
    parser.add_argument("--reuse", type=Path, metavar="TABLE", help="copy a table made before")
    parser.add_argument("--show", type=int, metavar="KEY", help="print a stencil instead")
    parser.add_argument(
        "--architecture",
        action="append",
        choices=(X86_64, AARCH64),
        help="only this one; may be given more than once",
    )
    parser.add_argument("--level", action="append", choices=LEVELS, help="for --show: only this")
    options = parser.parse_args()
    architectures = options.architecture or [X86_64, AARCH64]
    if options.show is not None:
        for level in options.level or architectures:
            show(level, options.show)
    elif options.out is None:
        parser.error("--out is missing")
    elif options.reuse is not None:
        reuse(options.out, architectures, options.reuse)
    else:
        make(options.out, architectures)


if __name__ == "__main__":
    main()
