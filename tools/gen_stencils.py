"""Make the table of stencils: python tools/gen_stencils.py --out FILE

In: zwasm's source tree. Out: the file that the baseline engine reads its stencils from. Needs
llvmlite. `--show KEY` prints the IR and LLVM's assembly of a key's stencils instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from zwasm.baseline import stencil, stencil_file, stencil_ir, stencil_magic, stencil_object


def show(architecture: str, key: int) -> None:
    x86 = architecture == stencil_ir.X86_64
    for source in stencil.sources_of(architecture):
        if source.key == key:
            text = stencil_magic.with_values(x86, source.text, 0)
            print(source.text)
            print(stencil_object.assembly(architecture, text))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of stencils.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the table")
    parser.add_argument("--show", type=int, metavar="KEY", help="print a stencil instead")
    parser.add_argument(
        "--architecture",
        action="append",
        choices=stencil.ARCHITECTURES,
        help="only this one; may be given more than once",
    )
    options = parser.parse_args()
    architectures = options.architecture or list(stencil.ARCHITECTURES)
    if options.show is not None:
        for architecture in architectures:
            show(architecture, options.show)
        return
    if options.out is None:
        parser.error("--out is missing")
    start = time.monotonic()
    parts = stencil.generate(architectures)
    options.out.write_bytes(stencil_file.file_of(parts))
    for made in parts:
        size = sum(len(item.code) for item in made.stencils)
        print(
            f"{made.architecture}: {len(made.stencils)} stencils, {size} bytes of code, "
            f"{len(made.rodata)} of constants"
        )
    print(f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
