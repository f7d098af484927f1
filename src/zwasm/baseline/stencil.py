"""The stencils, made.

In: rows, keys, ABI. Out: `Stencils` of each level of an architecture, which `stencil_file` writes
to a file. Needs llvmlite; runs when the package is built, not later.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

from zwasm.baseline import keys, raw_aarch64, raw_x86, stencil_aarch64, stencil_x86
from zwasm.baseline.stencil_check import Stencil, Stencils, check
from zwasm.baseline.stencil_common import write_common
from zwasm.baseline.stencil_ir import (
    LEVELS,
    X86_64,
    Source,
    StencilError,
    Writer,
    architecture_of,
    write_rows,
)
from zwasm.baseline.stencil_magic import (
    SETS,
    TOKEN,
    Hole,
    Rodata,
    find_holes,
    with_values,
)
from zwasm.baseline.stencil_object import Machine, assemble
from zwasm.baseline.stencil_vector_ir import write_vectors
from zwasm.isa.row import BY_CODE


class Job:
    """Sources that are compiled with the instructions of a level, and their machine code: without
    parameters, then with every set of values."""

    def __init__(self, level: str, sources: list[Source]) -> None:
        self.level = level
        self.sources = sources
        self.results: list[dict[str, Machine]] = []

    def modules(self) -> list[str]:
        x86 = architecture_of(self.level) == X86_64
        plain = [source.text for source in self.sources if not TOKEN.search(source.text)]
        open_ = "".join(source.text for source in self.sources if TOKEN.search(source.text))
        return ["".join(plain), *(with_values(x86, open_, number) for number in range(SETS))]


def generate(architectures: list[str]) -> list[Stencils]:
    """Make the stencils of all levels of architectures, on all processors."""
    jobs: dict[tuple[str, bool], Job] = {}
    for level in LEVELS:
        if level in architectures:
            jobs[level, False] = Job(level, scalars_of(level))
        if architecture_of(level) in architectures:
            jobs[level, True] = Job(level, vectors_of(level))
    compile_all(list(jobs.values()))
    made: list[Stencils] = []
    for architecture in architectures:
        rodata = Rodata()
        shared = finished(jobs[architecture, False], rodata)
        raw = raw_x86.RAW if architecture == X86_64 else raw_aarch64.RAW
        for key, forms in raw.items():
            shared += [Stencil(key, bits, code, found) for bits, code, found in forms]
        vectors: list[Stencil] = []
        for level in LEVELS:
            if architecture_of(level) == architecture:
                if not inherits(level):
                    vectors = []
                    constants = rodata.copy()
                own = finished(jobs[level, True], constants)
                changed = {stencil.key for stencil in own}
                vectors = own + [stencil for stencil in vectors if stencil.key not in changed]
                check(architecture, shared + vectors)
                made.append(Stencils(level, shared + vectors, bytes(constants.data)))
    return made


def compile_all(jobs: list[Job]) -> None:
    tasks = [(job, text) for job in jobs for text in job.modules()]
    levels = [job.level for job, _ in tasks]
    texts = [text for _, text in tasks]
    if (os.cpu_count() or 1) > 1:
        with ProcessPoolExecutor() as pool:
            results = list(pool.map(assemble, levels, texts))
    else:
        results = [assemble(level, text) for level, text in zip(levels, texts, strict=True)]
    for (job, _), result in zip(tasks, results, strict=True):
        job.results.append(result)


def scalars_of(level: str) -> list[Source]:
    writer = Writer(level)
    write_common(writer)
    write_rows(writer)
    return writer.sources


def inherits(level: str) -> bool:
    """Whether a level has the stencils of the one before where its meanings are the same."""
    return level == "x86_64_avx512"


def vectors_of(level: str) -> list[Source]:
    """The vector stencils that a level does not inherit. Those that it has of its own have no
    slots as operands: where an offset in an instruction is scaled no value shows its place."""
    writer = Writer(level)
    write_vectors(writer)
    if not inherits(level):
        return writer.sources
    before = Writer(LEVELS[LEVELS.index(level) - 1])
    write_vectors(before)
    known = {(source.key, source.bits): source.text for source in before.sources}
    slots = {source.key for source in writer.sources if "%fp, i64 <" in source.text}
    return [
        source
        for source in writer.sources
        if source.key not in slots and known.get((source.key, source.bits)) != source.text
    ]


def sources_of(level: str) -> list[Source]:
    """All sources of a level."""
    return scalars_of(level) + vectors_of(level)


def finished(job: Job, rodata: Rodata) -> list[Stencil]:
    """The stencils of a job's machine code."""
    x86 = architecture_of(job.level) == X86_64
    finish = stencil_x86.finish if x86 else stencil_aarch64.finish
    plain, first, second, third = job.results
    made = []
    comparisons = {
        keys.NUMBERS.bases[row.opcode] + i
        for row in BY_CODE
        if row is not None and keys.class_of(row) == keys.INT_COMPARE
        for i in range(keys.count_of(row))
    }
    for source in job.sources:
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
    return made
