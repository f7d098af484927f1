"""Compiling the functions of a module.

In: a valid module, the stencils, the range of memory that the module's code is for. Out: code in
that range, and for an address in it the instruction of the module. Instances are not known here.
"""

from __future__ import annotations

import bisect
import gc
from typing import Any, Final

from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64

from zwasm.baseline.abi import CODE_ALIGN
from zwasm.baseline.control import FuncEmitter
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.plan import Plan
from zwasm.baseline.table import Table
from zwasm.lower import Lowerer
from zwasm.valid.info import ModuleInfo

# Bytes after a function that belong to none: where it ends, as return addresses may say, the next
# one does not begin.
GAP: Final = 1


class Workbench:
    """What compiling one function needs; threads that compile at once have one each."""

    def __init__(self, lowerer: Lowerer, emitter: FuncEmitter) -> None:
        self.lowerer = lowerer
        self.emitter = emitter


class Compiler:
    """Compiles a module's functions into its code range.

    `code` is a `zwasm._native.Code`. With `metered` the code counts instructions, with `checked`
    accesses of memory 0 are checked explicitly, with `deterministic` relaxed vector instructions
    give the same results on every machine. Functions are counted from 0 without the
    imported ones, offsets from the start of the code range.
    """

    def __init__(
        self,
        info: ModuleInfo,
        layout: ContextLayout,
        table: Table,
        code: Any,
        metered: bool,
        checked: bool,
        deterministic: bool,
    ) -> None:
        self.info = info
        self.layout = layout
        self.table = table
        self.code = code
        self.metered = metered
        self.checked = checked
        self.deterministic = deterministic
        self.direct = False
        self.entries: int = code.entries
        self.spare: list[Workbench] = []
        # Of the code made so far, by offset: (offset, end, function).
        self.ranges: list[tuple[int, int, int]] = []

    def take(self) -> Workbench:
        """A workbench that no other thread uses."""
        try:
            return self.spare.pop()
        except IndexError:
            pass
        emitter = FuncEmitter(
            self.info,
            self.layout,
            self.table,
            self.entries,
            Plan(self.info),
            self.checked,
            self.direct,
            self.deterministic,
        )
        return Workbench(Lowerer(self.info, self.metered), emitter)

    def compile_function(self, index: int) -> None:
        """Compile a function and make its entry lead to the code.

        Raises MemoryError where the code range is full, WasmError for a function that is too
        large for the processor's branches.
        """
        bench = self.take()
        emitter = bench.emitter
        self.emit(bench, index, None)
        emitter.finish_function(None)
        size = len(emitter.out)
        offset: int = self.code.reserve(size + GAP)
        emitter.settle(i64(offset), emitter.outer, [])
        self.code.write(offset, emitter.out.getvalue())
        bisect.insort(self.ranges, (offset, offset + size, index))
        self.code.set_entry(index, offset)
        self.spare.append(bench)

    def emit(self, bench: Workbench, index: int, places: list[tuple[int, int]] | None) -> None:
        type = self.info.funcs[self.info.imported_funcs + index]
        bench.emitter.function(bench.lowerer.func(index), type, index, places)

    def compile_all(self) -> None:
        """As `compile_together`, without looking for garbage meanwhile: there is none."""
        enabled = gc.isenabled()
        gc.disable()
        try:
            self.compile_together()
        finally:
            if enabled:
                gc.enable()

    def compile_together(self) -> None:
        """Validate and compile all functions together; they call each other directly.

        Raises InvalidError or MalformedError, and UnsupportedError for an instruction that has
        no code, before later functions were validated.
        """
        self.direct = True
        bench = self.take()
        emitter = bench.emitter
        count = len(self.info.module.funcs)
        made: list[BytesWriter] = []
        outer: list[vec[i64]] = []
        offsets: list[int] = []
        size = 0
        for index in range(count):
            self.emit(bench, index, None)
            emitter.finish_function(None)
            made.append(emitter.out)
            outer.append(emitter.outer)
            offsets.append(size)
            size = (size + len(emitter.out) + GAP + CODE_ALIGN - 1) & ~(CODE_ALIGN - 1)
        self.info.features |= int(bench.lowerer.validator.features)
        if count == 0:
            return
        first: int = self.code.reserve(size)
        offsets = [first + offset for offset in offsets]
        whole = BytesWriter()
        for index in range(count):
            while len(whole) < offsets[index] - first:
                whole.append(0)
            emitter.out = made[index]
            emitter.settle(i64(offsets[index]), outer[index], offsets)
            whole.write(made[index].getvalue())
            self.ranges.append((offsets[index], offsets[index] + len(made[index]), index))
        self.code.write(first, whole.getvalue())
        for index in range(count):
            self.code.set_entry(index, offsets[index])
        self.spare.append(bench)

    def function_at(self, offset: int) -> int:
        """The function whose code contains an offset or ends there, -1 if there is none."""
        at = bisect.bisect_right(self.ranges, (offset, 1 << 62, 0)) - 1
        if at >= 0 and offset <= self.ranges[at][1]:
            return self.ranges[at][2]
        return -1

    def place_of(self, index: int, offset: int) -> int:
        """The place, in the module, of the instruction of a function whose code is at `offset`
        bytes from the function's entry, or whose call returns there.

        The function is compiled once more for this, since places are rarely asked for.
        """
        bench = self.take()
        emitter = bench.emitter
        places: list[tuple[int, int]] = []
        traps: list[tuple[int, int]] = []
        self.emit(bench, index, places)
        emitter.finish_function(traps)
        self.spare.append(bench)
        for end, branch in traps:
            if end == offset:
                offset = branch
                break
        at = bisect.bisect_right(places, (offset, 1 << 62)) - 1
        return places[max(at, 0)][1] if places else 0
