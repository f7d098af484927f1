"""A module as plain data (specification, section 2.5).

In: nothing; the binary decoder and the text parser build these objects. Out: what the
validator, the encoder, the printer and the engines read. Nothing here checks anything.

Instruction sequences (function bodies, constant expressions) stay encoded: they are byte
ranges of `Module.data`, which is the whole binary for a decoded module and a buffer of encoded
bodies for a parsed one. A *place* is an offset into `Module.data`, or, for a parsed module,
also `TEXT_PLACE` plus a position in the source text; `Module.error` turns one into an error
that carries it.

Value types here carry module type indices (see `zwasm.types`). The classes that a large module
has many objects of are marked acyclic, which keeps the garbage collector from visiting them.
"""

from __future__ import annotations

import bisect
from typing import Final

from mypy_extensions import mypyc_attr

from zwasm.errors import InvalidError, MalformedError, WasmError
from zwasm.types import GlobalType, MemoryType, SubType, TableType

TEXT_PLACE: Final = 1 << 40

MODE_ACTIVE: Final = 0
MODE_PASSIVE: Final = 1
MODE_DECLARATIVE: Final = 2


@mypyc_attr(acyclic=True)
class Expr:
    """An encoded instruction sequence, its final `end` included: `Module.data[start:end]`."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


@mypyc_attr(acyclic=True)
class Import:
    """An import; `kind` is one of the EXTERN constants of `zwasm.types`.

    Exactly one of the descriptors is meaningful: `type_index` for functions and tags, else
    `table`, `memory` or `global_`.
    """

    __slots__ = ("global_", "kind", "memory", "module", "name", "place", "table", "type_index")

    def __init__(
        self,
        module: str,
        name: str,
        kind: int,
        *,
        type_index: int = 0,
        table: TableType | None = None,
        memory: MemoryType | None = None,
        global_: GlobalType | None = None,
        place: int = 0,
    ) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.type_index = type_index
        self.table = table
        self.memory = memory
        self.global_ = global_
        self.place = place


@mypyc_attr(acyclic=True)
class Func:
    """A function of the module: its type index, the declared locals as (count, value type)
    runs, and its body. `start` is the place where the locals are declared."""

    __slots__ = ("body", "locals", "place", "type_index")

    def __init__(
        self, type_index: int, locals: list[tuple[int, int]], body: Expr, place: int
    ) -> None:
        self.type_index = type_index
        self.locals = locals
        self.body = body
        self.place = place


@mypyc_attr(acyclic=True)
class Table:
    """A table; `init` is its elements' initial value, None for null."""

    __slots__ = ("init", "place", "type")

    def __init__(self, type: TableType, init: Expr | None, place: int) -> None:
        self.type = type
        self.init = init
        self.place = place


@mypyc_attr(acyclic=True)
class Memory:
    """A memory."""

    __slots__ = ("place", "type")

    def __init__(self, type: MemoryType, place: int) -> None:
        self.type = type
        self.place = place


@mypyc_attr(acyclic=True)
class Global:
    """A global with its initial value."""

    __slots__ = ("init", "place", "type")

    def __init__(self, type: GlobalType, init: Expr, place: int) -> None:
        self.type = type
        self.init = init
        self.place = place


@mypyc_attr(acyclic=True)
class Tag:
    """A tag with the index of its function type."""

    __slots__ = ("place", "type_index")

    def __init__(self, type_index: int, place: int) -> None:
        self.type_index = type_index
        self.place = place


@mypyc_attr(acyclic=True)
class Export:
    """An export; `kind` is one of the EXTERN constants of `zwasm.types`."""

    __slots__ = ("index", "kind", "name", "place")

    def __init__(self, name: str, kind: int, index: int, place: int) -> None:
        self.name = name
        self.kind = kind
        self.index = index
        self.place = place


@mypyc_attr(acyclic=True)
class Elem:
    """An element segment. Its elements are constant expressions (`inits`), or, where all are
    a `ref.func`, function indices (`funcs`, `inits` empty), as it was written; `flags` keeps
    the encoding's first number (section 5.5.12) so that encoding gives the same bytes."""

    __slots__ = ("flags", "funcs", "inits", "mode", "offset", "place", "table", "type")

    def __init__(
        self,
        flags: int,
        type: int,
        mode: int,
        table: int,
        offset: Expr | None,
        funcs: list[int],
        inits: list[Expr],
        place: int,
    ) -> None:
        self.flags = flags
        self.type = type
        self.mode = mode
        self.table = table
        self.offset = offset
        self.funcs = funcs
        self.inits = inits
        self.place = place

    def count(self) -> int:
        """The number of elements."""
        return len(self.inits) if self.inits else len(self.funcs)


@mypyc_attr(acyclic=True)
class Data:
    """A data segment; `flags` as in `Elem` (section 5.5.14)."""

    __slots__ = ("flags", "init", "memory", "mode", "offset", "place")

    def __init__(
        self, flags: int, mode: int, memory: int, offset: Expr | None, init: bytes, place: int
    ) -> None:
        self.flags = flags
        self.mode = mode
        self.memory = memory
        self.offset = offset
        self.init = init
        self.place = place


@mypyc_attr(acyclic=True)
class Custom:
    """A custom section: its name, its bytes after the name, and the id of the section it
    follows (0 where it stands first)."""

    __slots__ = ("after", "data", "name", "place")

    def __init__(self, name: str, data: bytes, after: int, place: int) -> None:
        self.name = name
        self.data = data
        self.after = after
        self.place = place


class Names:
    """What the name section says (appendix, section "Name Section"): names by index, and for
    locals, labels and fields by the outer index first."""

    __slots__ = (
        "datas",
        "elems",
        "fields",
        "funcs",
        "globals",
        "labels",
        "locals",
        "memories",
        "module",
        "tables",
        "tags",
        "types",
    )

    def __init__(self) -> None:
        self.module: str | None = None
        self.funcs: dict[int, str] = {}
        self.locals: dict[int, dict[int, str]] = {}
        self.labels: dict[int, dict[int, str]] = {}
        self.types: dict[int, str] = {}
        self.tables: dict[int, str] = {}
        self.memories: dict[int, str] = {}
        self.globals: dict[int, str] = {}
        self.elems: dict[int, str] = {}
        self.datas: dict[int, str] = {}
        self.fields: dict[int, dict[int, str]] = {}
        self.tags: dict[int, str] = {}


class SourceMap:
    """Where the encoded instructions of a parsed module stand in its text.

    `offsets` (ascending) and `positions` run in parallel: the instruction encoded at
    `offsets[i]` of `Module.data` was read at `positions[i]` of the text (in characters).
    """

    __slots__ = ("_lines", "offsets", "positions", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets: list[int] = []
        self.positions: list[int] = []
        self._lines: list[int] = []

    def locate(self, place: int) -> tuple[int, int]:
        """Line and column (both from 1) of a place."""
        if place >= TEXT_PLACE:
            position = place - TEXT_PLACE
        elif self.offsets:
            position = self.positions[max(bisect.bisect_right(self.offsets, place) - 1, 0)]
        else:
            position = 0
        return line_and_column(self.text, position)


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Line and column, both from 1, of a position in a text."""
    line = text.count("\n", 0, position) + 1
    return line, position - text.rfind("\n", 0, position)


class Module:
    """A module as plain data, in the order of the binary format's sections.

    `types` holds all type definitions, `groups` the sizes of the rec groups they form, in
    order, and `explicit_groups` the indices of those groups of size one that were written as
    a rec group. `data_count` is the data count section's value or None.
    """

    __slots__ = (
        "branch_hints",
        "customs",
        "data",
        "data_count",
        "datas",
        "elems",
        "explicit_groups",
        "exports",
        "funcs",
        "globals",
        "groups",
        "imports",
        "memories",
        "names",
        "source",
        "start",
        "start_place",
        "tables",
        "tags",
        "types",
    )

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.types: list[SubType] = []
        self.groups: list[int] = []
        self.explicit_groups: set[int] = set()
        self.imports: list[Import] = []
        self.funcs: list[Func] = []
        self.tables: list[Table] = []
        self.memories: list[Memory] = []
        self.tags: list[Tag] = []
        self.globals: list[Global] = []
        self.exports: list[Export] = []
        self.start: int | None = None
        self.start_place: int = 0
        self.elems: list[Elem] = []
        self.data_count: int | None = None
        self.datas: list[Data] = []
        self.customs: list[Custom] = []
        self.names = Names()
        # function index -> [(offset of the branch from the function's first byte, likely)]
        self.branch_hints: dict[int, list[tuple[int, bool]]] = {}
        self.source: SourceMap | None = None

    def imported(self, kind: int) -> list[Import]:
        """The imports of one kind, in order."""
        return [entry for entry in self.imports if entry.kind == kind]

    def malformed(self, message: str, place: int) -> MalformedError:
        """A MalformedError that carries the place."""
        error = MalformedError(message)
        self.set_place(error, place)
        return error

    def invalid(self, message: str, place: int) -> InvalidError:
        """An InvalidError that carries the place."""
        error = InvalidError(message)
        self.set_place(error, place)
        return error

    def set_place(self, error: WasmError, place: int) -> None:
        """Give an error a place: an offset for a binary, line and column for a text."""
        if self.source is None:
            error.offset = place
        else:
            error.line, error.column = self.source.locate(place)
