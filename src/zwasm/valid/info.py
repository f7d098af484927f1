"""What validation finds out about a module, for lowering, linking and the engines.

In: nothing; `zwasm.valid.module` fills it. Out: index spaces with canonical types. No rule is
checked here.
"""

from __future__ import annotations

from zwasm.errors import Frame
from zwasm.module import Module
from zwasm.types import (
    EXTERN_FUNC,
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
    features that the module uses (`zwasm.isa.row`). `compiled` is what engines keep of the
    module for all its instances, by their own keys; `image` is what instantiation keeps.
    """

    __slots__ = (
        "_export_names",
        "compiled",
        "declared_funcs",
        "elem_types",
        "export_types",
        "features",
        "func_type_ids",
        "funcs",
        "globals",
        "image",
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
        self.compiled: dict[int, object] = {}
        self.image: object = None
        self._export_names: dict[int, str] | None = None

    def type_name(self, code: int) -> str:
        """The text form of a canonical value type, with the module's own type indices."""
        heap = code >> HEAP_SHIFT
        if code & REF_BIT != 0 and heap >= HEAP_INDEX and heap - HEAP_INDEX in self.type_ids:
            index = self.type_ids.index(heap - HEAP_INDEX)
            code = ref_type(HEAP_INDEX + index, code & NULL_BIT != 0)
        return type_name(code)

    def func_name(self, index: int) -> str | None:
        """The name of a function: that of the name section, or one that it is exported by."""
        name = self.module.names.funcs.get(index)
        if name is not None:
            return name
        if self._export_names is None:
            self._export_names = {
                export.index: export.name
                for export in reversed(self.module.exports)
                if export.kind == EXTERN_FUNC
            }
        return self._export_names.get(index)

    def frame(self, index: int, place: int) -> Frame:
        """The backtrace's entry for an instruction at a place in the function `index`."""
        module = self.module
        name = self.func_name(index)
        if module.source is None:
            return Frame(module.names.module, name, index, place)
        line, column = module.source.locate(place)
        return Frame(module.names.module, name, index, line=line, column=column)
