"""The stencils, made.

In: rows, keys, ABI. Out: `Stencils` of each architecture, which `stencil_file` writes to a file.
Needs llvmlite; runs when the package is built, not later.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from zwasm.baseline import keys, raw_aarch64, raw_x86, stencil_aarch64, stencil_x86
from zwasm.baseline.stencil_check import Stencil, Stencils, check
from zwasm.baseline.stencil_common import write_common
from zwasm.baseline.stencil_ir import AARCH64, X86_64, Source, StencilError, Writer, write_rows
from zwasm.baseline.stencil_magic import (
    SETS,
    TOKEN,
    Hole,
    Rodata,
    find_holes,
    with_values,
)
from zwasm.baseline.stencil_object import Machine, assemble
from zwasm.isa.row import BY_CODE

ARCHITECTURES: Final = (X86_64, AARCH64)


def generate(architectures: list[str]) -> list[Stencils]:
    """Make the stencils of architectures, on all processors."""
    sources = [sources_of(architecture) for architecture in architectures]
    tasks = [
        (architecture, text)
        for architecture, own in zip(architectures, sources, strict=True)
        for text in modules(architecture, own)
    ]
    if (os.cpu_count() or 1) > 1:
        with ProcessPoolExecutor() as pool:
            results = list(pool.map(assemble, *zip(*tasks, strict=True)))
    else:
        results = [assemble(*task) for task in tasks]
    made = []
    for i, architecture in enumerate(architectures):
        own = results[i * (1 + SETS) : (i + 1) * (1 + SETS)]
        made.append(finished(architecture, sources[i], own))
    return made


def sources_of(architecture: str) -> list[Source]:
    writer = Writer(architecture)
    write_common(writer)
    write_rows(writer)
    return writer.sources


def modules(architecture: str, sources: list[Source]) -> list[str]:
    """The functions without parameters, then those with them, with every set of values."""
    x86 = architecture == X86_64
    plain = "".join(source.text for source in sources if not TOKEN.search(source.text))
    open_ = "".join(source.text for source in sources if TOKEN.search(source.text))
    return [plain, *(with_values(x86, open_, number) for number in range(SETS))]


def finished(
    architecture: str, sources: list[Source], results: list[dict[str, Machine]]
) -> Stencils:
    """The stencils from the machine code of `modules`."""
    x86 = architecture == X86_64
    finish = stencil_x86.finish if x86 else stencil_aarch64.finish
    plain, first, second, third = results
    rodata = Rodata()
    made = []
    comparisons = {
        keys.NUMBERS.bases[row.opcode] + i
        for row in BY_CODE
        if row is not None and keys.class_of(row) == keys.INT_COMPARE
        for i in range(keys.count_of(row))
    }
    for source in sources:
        name = source.name
        parameters: list[Hole] = []
        if name in first:
            codes = (first[name].code, second[name].code, third[name].code)
            parameters = find_holes(x86, name, source.text, codes)
            if source.key not in comparisons and any(hole.beside for hole in parameters):
                raise StencilError(f"stencils: {name}: another number, and no comparison")
        machine = first[name] if name in first else plain[name]
        for bits, code, found in finish(name, machine, parameters, rodata):
            stencil = Stencil(source.key, source.bits | bits, code, found)
            stencil.bounds = {"ab".index(name): value for name, value in source.bounds.items()}
            made.append(stencil)
    for key, forms in (raw_x86.RAW if x86 else raw_aarch64.RAW).items():
        made += [Stencil(key, bits, code, found) for bits, code, found in forms]
    check(architecture, made)
    return Stencils(architecture, made, bytes(rodata.data))
