"""Module instances (specification, section 4.2.5), and what an engine does for a store.

In: a module's `ModuleInfo`. Out: `ModuleInst`, which `zwasm.instances.allocate` fills; `Machine`,
of which each engine has a subclass.
"""

from __future__ import annotations

from typing import Any

from zwasm.instances.func import wasm_func
from zwasm.instances.global_ import Global
from zwasm.instances.memory import MemoryInst
from zwasm.instances.native import NATIVE
from zwasm.instances.store import Store
from zwasm.instances.table import Table
from zwasm.instances.tag import Tag
from zwasm.valid.info import ModuleInfo


class ModuleInst:
    """An instance of a module: `funcs`, `tables`, `memories`, `globals` and `tags` run over the
    whole index spaces, imports first.

    Functions of the module itself are made when somebody needs them as objects: where `funcs`
    holds None, `func` makes one. `elems` and `datas` are the segments' cells and bytes, empty
    once dropped. `public` is the `zwasm.Instance`, which host functions may ask for. `context`
    is the engine's own.
    """

    __slots__ = (
        "_models",
        "context",
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
        self.funcs: list[Any] = []
        self.tables: list[Table] = []
        self.memories: list[MemoryInst] = []
        self.globals: list[Global] = []
        self.tags: list[Tag] = []
        self.elems: list[list[object]] = []
        self.datas: list[bytes] = []
        self.public: object = None
        self.context: Any = None
        self._models: dict[int, Any] = {}  # a function of each type, by its id

    def func(self, index: int) -> Any:
        """The function with this index, a `zwasm.Func`: always the same one."""
        func: Any = self.funcs[index]
        if func is None:
            info = self.info
            type_id = info.func_type_ids[index]
            model: Any = self._models.get(type_id)
            if model is not None:
                func = model._like(index)
            else:
                func = wasm_func(self, index, info.funcs[index], type_id)
                if self.context is not None:
                    func._attach(self.context, index - info.imported_funcs)
                if NATIVE:
                    self._models[type_id] = func
            self.funcs[index] = func
        return func

    def func_name(self, index: int) -> str:
        """The name of a function for messages."""
        return self.info.func_name(index) or f"func[{index}]"


class Machine:
    """An engine at work in one store. Each engine has a subclass.

    A machine calls host functions by `zwasm.instances.calls`, and lets every exception pass
    that these raise.
    """

    def begin(self, instance: ModuleInst) -> None:
        """Get ready for an instance that has its imports and memories, and no functions of its
        own yet."""

    def complete(self, instance: ModuleInst) -> None:
        """Get ready to run functions of an instance that has all it consists of."""

    def invoke(self, func: Any, args: list[object]) -> list[object]:
        """Run a wasm function, called from Python, on cells that fit its type; its results as
        cells."""
        raise NotImplementedError
