"""Instances as users hold them.

In: a module and its imports. Out: `Instance`, linked, its memory filled, its start function
run; its exports are in `instance.exports`.
"""

from __future__ import annotations

from typing import Any, cast

from zwasm.instances.allocate import allocate, initialise
from zwasm.runtime import link
from zwasm.runtime.engine import check_features
from zwasm.runtime.exports import Exports, export_of
from zwasm.runtime.module import Module
from zwasm.runtime.store import Store


class Instance:
    """An instance of a module: `Instance(module, {"env": {"log": print}})`.

    `imports` maps the imports' module names to mappings of their names, or to other instances,
    whose exports are taken. The values are objects of zwasm (`Func`, `Memory`, `Table`, `Global`,
    `Tag`), plain callables for functions, which take their type from the import, and plain
    numbers for immutable globals. `store` is the store to be in; without one it is that of the
    imports, or a new one.

    Raises LinkError for missing or wrong imports, UnsupportedError if the engine lacks a feature
    that the module uses, Trap where a segment does not fit or the start function traps,
    InstantiationError where a limit forbids the instance.

    `exports` are the exports by name, `module` the module, `store` the store.
    """

    def __init__(self, module: Module, imports: Any = None, *, store: Store | None = None) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"an instance is made from a zwasm.Module, not {type(module).__name__}")
        info = module.info
        if store is not None and not isinstance(store, Store):
            raise TypeError(f"a store is a zwasm.Store, not {type(store).__name__}")
        check_features(info, module.engine if store is None else store.engine)
        values = link.find(info, imports)
        if store is None:
            store = cast("Store | None", link.store_of(values))
        if store is None:
            store = Store(module.engine)
        else:
            check_engine(module, store)
        externs = link.match(info, values, store)
        self.module = module
        self.store: Store = store
        store.enter()
        depth = store.state.depth
        try:
            inst = allocate(info, cast("list[object]", externs), store)
            inst.public = self
            items = {
                entry.name: export_of(inst, entry.kind, entry.index)
                for entry in info.module.exports
            }
            owner = "the instance" if module.name is None else f"the instance of {module.name}"
            self.exports = Exports(items, owner)
            initialise(inst)
        finally:
            store.leave(depth)

    def __repr__(self) -> str:
        name = "" if self.module.name is None else f" {self.module.name}"
        return f"<zwasm.Instance{name}: exports {', '.join(self.exports)}>"


def check_engine(module: Module, store: Store) -> None:
    """Raise ValueError if the module was made for another engine than the store's."""
    if module._engine is not None and module._engine != store.engine:
        raise ValueError(
            f"the module was made for {module._engine!r}, but the store is for {store.engine!r}"
        )
    check_features(module.info, store.engine)
