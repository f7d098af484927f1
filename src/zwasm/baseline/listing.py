"""A function's machine code, to be looked at.

In: a module and one of its functions. Out: `Listing`: the code that calling it compiles, and
which piece belongs to which instruction. Nothing here runs code, nor needs to be able to.
"""

from __future__ import annotations

import os
from typing import Final

from mypy_extensions import i64

from zwasm.baseline.abi import CODE_THUNK, CODE_THUNKS, CODE_TRAPS, PAGE, TRAPS
from zwasm.baseline.compile import Compiler
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.machine import STENCILS
from zwasm.baseline.table import Table
from zwasm.errors import TrapCode
from zwasm.valid.info import ModuleInfo

_ENTRY: Final = 8


class _Range:
    """Stands for the range that a module's code has: only where it begins matters."""

    def __init__(self, functions: int) -> None:
        thunks_end = CODE_THUNKS + CODE_THUNK * functions
        self.entries: int = (thunks_end + PAGE - 1) // PAGE * PAGE


class Listing:
    """`code` stands at the offset `start` of the module's code range; other offsets are from
    the function's own start. `pieces` are (from, to, place): code, which ends at `end`, for the
    wasm instruction at a place; the first is the function's beginning, with the place -1. `data`
    are the offsets of words, of 4 bytes up to `end` and 8 from there on."""

    def __init__(self, info: ModuleInfo, level: str, start: int, entries: int) -> None:
        self.info = info
        self.level = level
        self.start = start
        self.entries = entries
        self.code = b""
        self.end: int = 0
        self.pieces: list[tuple[int, int, int]] = []
        self.data: set[int] = set()

    def target(self, offset: int) -> str:
        """What an offset of the module's code range is, where it is not the function's own code;
        an empty text for nothing that is known."""
        functions = len(self.info.module.funcs)
        if self.entries <= offset < self.entries + _ENTRY * functions:
            return "entry of " + self.function((offset - self.entries) // _ENTRY)
        if CODE_THUNKS <= offset < CODE_THUNKS + CODE_THUNK * functions:
            return "thunk of " + self.function((offset - CODE_THUNKS) // CODE_THUNK)
        code = (offset - CODE_TRAPS) // 16
        if offset >= CODE_TRAPS and 1 <= code <= len(TRAPS):
            return "trap: " + str(TrapCode[TRAPS[code - 1]].value)
        return f"rodata+0x{offset:x}" if 0 <= offset < CODE_TRAPS else ""

    def function(self, index: int) -> str:
        """A function's name, `index` counting the module's own."""
        index += self.info.imported_funcs
        name = self.info.func_name(index)
        return f"func[{index}]" if name is None else f"func[{index}] ${name}"


def listing(info: ModuleInfo, index: int, level: str, metered: bool, checked: bool) -> Listing:
    """The code of the module's own function `index` for a machine of a level; `metered` and
    `checked` as for `Compiler`.

    Raises OSError where there are no stencils, WasmError where there are none for the level.
    """
    table = Table(os.path.join(os.path.dirname(__file__), STENCILS), level)
    functions = len(info.module.funcs)
    place = _Range(functions)
    layout = ContextLayout(info)
    compiler = Compiler(info, layout, table, place, metered, checked, False)
    entries_end = place.entries + _ENTRY * functions
    made = Listing(info, level, (entries_end + PAGE - 1) // PAGE * PAGE, place.entries)
    bench = compiler.take()
    emitter = bench.emitter
    places: list[tuple[int, int]] = []
    traps: list[tuple[int, int]] = []
    compiler.emit(bench, index, places)
    body = len(emitter.out)
    emitter.finish_function(traps)
    emitter.settle(i64(made.start), emitter.outer, [])
    made.code = emitter.out.getvalue()
    for i in range(len(places)):
        end = places[i + 1][0] if i + 1 < len(places) else body
        if end > places[i][0]:
            made.pieces.append((places[i][0], end, places[i][1] if i > 0 else -1))
    begin = body
    for end, branch in traps:
        made.pieces.append((begin, end, _place_at(places, branch)))
        begin = end
    made.end = begin
    for word in emitter.tables:
        made.data.add(int(word[0]))
    for at in range(len(made.code) - 8 * len(emitter.pool), len(made.code), 8):
        made.data.add(at)
    return made


def _place_at(places: list[tuple[int, int]], offset: int) -> int:
    found = 0
    for at, place in places:
        if at > offset:
            break
        found = place
    return found
