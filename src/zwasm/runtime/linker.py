"""The linker: names for imports, kept for many modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zwasm.runtime.instance import Instance
from zwasm.runtime.module import Module
from zwasm.runtime.store import Store


class Linker:
    """Imports by module name and name, for modules that are instantiated with them.

        linker = zwasm.Linker()
        linker.define("env", "log", print)
        instance = linker.instantiate(module)

    All instances that a linker makes share one store: `store`, or the one that the first of
    them gets.
    """

    def __init__(self, *, store: Store | None = None) -> None:
        self.store = store
        self._names: dict[str, dict[str, Any]] = {}

    def define(self, module: str, name: str, value: Any, *, replace: bool = False) -> None:
        """Give an import its value; of which kinds it may be, `zwasm.Instance` says.

        Raises ValueError if the import has one already, unless `replace` is true.
        """
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("an import's module and name are str")
        names = self._names.setdefault(module, {})
        if name in names and not replace:
            raise ValueError(f"{module}.{name} is defined already")
        names[name] = value

    def define_instance(self, module: str, instance: Any, *, replace: bool = False) -> None:
        """Give the exports of an instance, or the items of any mapping, as imports."""
        exports = instance.exports if isinstance(instance, Instance) else instance
        if not isinstance(exports, Mapping) and not hasattr(exports, "items"):
            kind = type(instance).__name__
            raise TypeError(f"imports come from an instance or a mapping, not {kind}")
        self._names.setdefault(module, {})
        for name in exports:
            self.define(module, name, exports[name], replace=replace)

    def get(self, module: str, name: str) -> Any:
        """The value defined for an import. Raises KeyError if there is none."""
        try:
            return self._names[module][name]
        except KeyError:
            raise KeyError(f"{module}.{name}") from None

    def instantiate(self, module: Module) -> Instance:
        """An instance of the module with the imports defined here. Raises as `Instance` does."""
        instance = Instance(module, self._names, store=self.store)
        self.store = instance.store
        return instance

    def __repr__(self) -> str:
        names = [f"{module}.{name}" for module, names in self._names.items() for name in names]
        return f"<zwasm.Linker: {', '.join(names)}>"
