"""The baseline engine at work in a store.

In: module instances. Out: their contexts, with functions attached to code that is compiled when
it is first called, or ahead. One module's code is shared by all its instances and threads; it is
kept with the module's `ModuleInfo` and goes with it.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from mypy_extensions import mypyc_attr

from zwasm.baseline import backtrace
from zwasm.baseline.compile import Compiler
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.operations import Operations
from zwasm.baseline.table import Table
from zwasm.errors import InstantiationError
from zwasm.instances.func import set_unwind
from zwasm.instances.module import Machine, ModuleInst
from zwasm.instances.native import EXTENSION, LEVEL, obtain
from zwasm.instances.values import from_cell, to_cell
from zwasm.isa import row as r
from zwasm.valid.info import ModuleInfo

# What this engine runs, as the feature bits of `zwasm.isa.row`.
FEATURES: Final = (
    r.SIGN_EXTENSION
    | r.SATURATING_FLOAT_TO_INT
    | r.MULTI_VALUE
    | r.BULK_MEMORY
    | r.REFERENCE_TYPES
    | r.TAIL_CALL
    | r.EXTENDED_CONST
    | r.MULTI_MEMORY
    | r.MEMORY64
    | r.FUNCTION_REFERENCES
    | r.SIMD
    | r.RELAXED_SIMD
)

STENCILS: Final = "stencils.bin"

# Address space for code: more than any module's code takes, as far as is known.
_CODE_FIXED: Final = 1 << 16
_CODE_PER_BYTE: Final = 64  # of a function body
_CODE_PER_FUNCTION: Final = 128
_CODE_LEAST: Final = 6  # for each byte of a body, where address space is short
_CODE_MOST: Final = 1 << 30

# Keys of `ModuleInfo.compiled`.
_METERED: Final = 1
_CHECKED: Final = 2
_EAGER: Final = 4
_DETERMINISTIC: Final = 8


class _Stencils:
    """The table of stencils, read when it is first needed."""

    def __init__(self) -> None:
        self._table: Table | None = None

    def table(self) -> Table:
        """The table for this machine."""
        if self._table is None:
            path = os.path.join(os.path.dirname(__file__), STENCILS)
            self._table = Table(path, LEVEL)
        return self._table


_stencils: Final = _Stencils()


@mypyc_attr(native_class=False)  # which weak references need
class CompiledModule:
    """A module's code: `code` is a `zwasm._native.Code`, `layout` that of the contexts it runs
    with, `compiler` makes it. With `checked` it may run where memory 0 is not guarded."""

    def __init__(
        self, info: ModuleInfo, metered: bool, checked: bool, eager: bool, deterministic: bool
    ) -> None:
        table = _stencils.table()
        self.info = info
        self.layout = ContextLayout(info)
        self.code: Any = _reserve(info, table.rodata)
        self.compiler = Compiler(
            info, self.layout, table, self.code, metered, checked, deterministic
        )
        self.base: int = self.code.base
        self._lock = threading.RLock()
        self.code.compile = self.compile_function
        if eager:
            self.compiler.compile_all()
        backtrace.add_module(self)

    def compile_function(self, index: int) -> None:
        """Compile a function, counted without imports, unless another thread has done so."""
        with self._lock:
            if self.code.entry(index) == 0:
                self.compiler.compile_function(index)
                backtrace.compiled(self, index)


def _reserve(info: ModuleInfo, rodata: bytes) -> Any:
    functions = info.module.funcs
    size = sum([func.body.end - func.body.start for func in functions])
    small = _CODE_FIXED + _CODE_PER_FUNCTION * len(functions)
    room = min(small + _CODE_PER_BYTE * size, _CODE_MOST)
    least = min(small + _CODE_LEAST * size, _CODE_MOST)
    while True:
        try:
            return obtain(EXTENSION.Code, len(functions), room, rodata)
        except MemoryError:
            if room <= least:
                raise InstantiationError("cannot allocate memory for code") from None
        room = max(room // 2, least)


def compiled_module(
    info: ModuleInfo, metered: bool, checked: bool, eager: bool, deterministic: bool
) -> CompiledModule:
    """The code of a module, always the same for the same options."""
    key = _METERED * metered + _CHECKED * checked + _EAGER * eager
    key += _DETERMINISTIC * deterministic
    found = info.compiled.get(key)
    if found is None:
        made = CompiledModule(info, metered, checked, eager, deterministic)
        found = info.compiled.setdefault(key, made)  # another thread may have been faster
    assert isinstance(found, CompiledModule)
    return found


def compile_ahead(info: ModuleInfo, metered: bool, deterministic: bool) -> None:
    """Compile all functions of a module for the memories that instances normally get."""
    checked = bool(info.memories) and info.memories[0].is64
    compiled_module(info, metered, checked, True, deterministic)


class Baseline(Machine):
    """The baseline engine's machine. `metered` asks for code that counts instructions, `eager`
    for functions to be compiled ahead, `deterministic` for relaxed vector instructions that give
    the same results on every machine."""

    def __init__(
        self, metered: bool = False, eager: bool = False, deterministic: bool = False
    ) -> None:
        self.metered = metered
        self.eager = eager
        self.deterministic = deterministic

    def begin(self, instance: ModuleInst) -> None:
        """Make the instance's context."""
        compiled = self._compiled(instance)
        try:
            context = obtain(
                EXTENSION.Context, compiled.layout.size, instance.store.state, compiled.code
            )
        except MemoryError:
            raise InstantiationError("cannot allocate the stack of a store") from None
        context.owner = instance
        context.operation = Operations(instance).run
        instance.context = context

    def _compiled(self, instance: ModuleInst) -> CompiledModule:
        memories = instance.memories
        checked = bool(memories) and not memories[0].guarded
        return compiled_module(instance.info, self.metered, checked, self.eager, self.deterministic)

    def complete(self, instance: ModuleInst) -> None:
        """Fill the instance's context."""
        info = instance.info
        context = instance.context
        layout = self._compiled(instance).layout
        memories = [memory.storage for memory in instance.memories]
        tables = [table.elements for table in instance.tables]
        cells = [global_.storage for global_ in instance.globals]
        if memories:
            context.set_memory(memories[0])
        for i in range(len(memories)):
            context.set_pointer(int(layout.memory(i)), memories[i])
        for i in range(len(tables)):
            context.set_pointer(int(layout.table(i)), tables[i])
        for i in range(info.imported_funcs):
            context.set_pointer(int(layout.func(i)), instance.funcs[i])
        for i in range(len(cells)):
            if i < layout.imported_globals:
                context.set_pointer(layout.globals[i], cells[i])
            else:
                context.adopt(layout.globals[i], cells[i])
        context.set_arrays(instance.funcs, tables, memories, cells)

    def invoke(self, func: Any, args: list[object]) -> list[object]:
        """Run a wasm function, called from Python, on cells that fit its type; its results as
        cells."""
        params: tuple[int, ...] = func.type.param_codes
        codes: tuple[int, ...] = func.type.result_codes
        result: object = func(*[from_cell(args[i], params[i]) for i in range(len(params))])
        if not codes:
            return []
        if len(codes) == 1:
            return [to_cell(result, codes[0])]
        assert isinstance(result, tuple)
        return [to_cell(result[i], codes[i]) for i in range(len(codes))]


if EXTENSION is not None:
    set_unwind(backtrace.unwind)
