"""Module instances (specification, section 4.2.5)."""

from __future__ import annotations

from zwasm.errors import Frame
from zwasm.instances.func import Func
from zwasm.instances.global_ import Global
from zwasm.instances.memory import MemoryInst
from zwasm.instances.store import Store
from zwasm.instances.table import Table
from zwasm.instances.tag import Tag
from zwasm.types import EXTERN_FUNC
from zwasm.valid.info import ModuleInfo


class ModuleInst:
    """An instance of a module: `funcs`, `tables`, `memories`, `globals` and `tags` run over the
    whole index spaces, imports first.

    `elems` and `datas` are the segments' cells and bytes, empty once dropped. `public` is the
    `zwasm.Instance`, which host functions may ask for.
    """

    __slots__ = (
        "_export_names",
        "datas",
        "elems",
        "funcs",
        "globals",
        "info",
        "memories",
        "public",
        "store",
        "tables",
        "tags",
    )

    def __init__(self, info: ModuleInfo, store: Store) -> None:
        self.info = info
        self.store = store
        self.funcs: list[Func] = []
        self.tables: list[Table] = []
        self.memories: list[MemoryInst] = []
        self.globals: list[Global] = []
        self.tags: list[Tag] = []
        self.elems: list[list[object]] = []
        self.datas: list[bytes] = []
        self.public: object = None
        self._export_names: dict[int, str] | None = None

    def func_name(self, index: int) -> str:
        """The name of a function for messages."""
        return self._name_of(index) or f"func[{index}]"

    def _name_of(self, index: int) -> str | None:
        module = self.info.module
        name = module.names.funcs.get(index)
        if name is not None:
            return name
        if self._export_names is None:
            self._export_names = {
                export.index: export.name
                for export in reversed(module.exports)
                if export.kind == EXTERN_FUNC
            }
        return self._export_names.get(index)

    def frame(self, index: int, place: int) -> Frame:
        """The backtrace's entry for an instruction at a place in the function `index`."""
        return Frame(self.info.module.names.module, self._name_of(index), index, place)
