"""What validation finds out about a module, for lowering, linking and the engines.

In: nothing; `zwasm.valid.module` fills it. Out: index spaces with canonical types. No rule is
checked here.
"""

from __future__ import annotations

from zwasm.module import Module
from zwasm.types import (
    HEAP_INDEX,
    HEAP_SHIFT,
    NULL_BIT,
    REF_BIT,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    ref_type,
    type_name,
)


class ModuleInfo:
    """A valid module's index spaces, imports first, every type canonical.

    `type_ids` maps module type indices to canonical ids. `funcs` and `func_type_ids` run over
    all functions, as `tables`, `memories`, `globals` and `tags` (with `tag_type_ids`) do over
    theirs. `elem_types` are the segments' element types. `import_types` and `export_types`
    run in parallel with the module's imports and exports. `features` is the mask of the
    features that the module uses (`zwasm.isa.row`).
    """

    __slots__ = (
        "declared_funcs",
        "elem_types",
        "export_types",
        "features",
        "func_type_ids",
        "funcs",
        "globals",
        "import_types",
        "imported_funcs",
        "imported_globals",
        "memories",
        "module",
        "tables",
        "tag_type_ids",
        "tags",
        "type_ids",
    )

    def __init__(self, module: Module) -> None:
        self.module = module
        self.type_ids: list[int] = []
        self.funcs: list[FuncType] = []
        self.func_type_ids: list[int] = []
        self.imported_funcs: int = 0
        self.imported_globals: int = 0
        self.tables: list[TableType] = []
        self.memories: list[MemoryType] = []
        self.globals: list[GlobalType] = []
        self.tags: list[FuncType] = []
        self.tag_type_ids: list[int] = []
        self.elem_types: list[int] = []
        self.import_types: list[ExternType] = []
        self.export_types: list[ExternType] = []
        self.declared_funcs: set[int] = set()
        self.features: int = 0

    def type_name(self, code: int) -> str:
        """The text form of a canonical value type, with the module's own type indices."""
        heap = code >> HEAP_SHIFT
        if code & REF_BIT != 0 and heap >= HEAP_INDEX and heap - HEAP_INDEX in self.type_ids:
            index = self.type_ids.index(heap - HEAP_INDEX)
            code = ref_type(HEAP_INDEX + index, code & NULL_BIT != 0)
        return type_name(code)
