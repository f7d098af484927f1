"""The store that users make, with an engine and limits."""

from __future__ import annotations

from zwasm.instances import store as base
from zwasm.runtime.engine import DEFAULT, Engine


class Store(base.Store):
    """What instances share that work together, and the limits on them.

    Instances made without a store get one, that of their imports or a new one. One thread at a
    time runs code in a store; another gets RuntimeError. An object belongs to one store.

    * `max_memory`: bytes of all memories together; growing past it fails as the guest expects
      (`memory.grow` gives -1), instantiating raises InstantiationError. `max_table_elements` is
      the same for tables.
    * `fuel`: how many instructions may run until ExhaustionError; needs `Engine(fuel=True)`.
      `store.fuel` is what is left, and can be set.
    * `timeout`: seconds that a call from Python may take, host functions included, until
      ExhaustionError. They run anew for each outermost call.
    * `max_depth`: how deep calls of wasm functions may nest until ExhaustionError.

    None is no limit. The store is usable after any of these. Raises ValueError for negative
    limits, and for fuel with an engine that does not meter.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        *,
        max_memory: int | None = None,
        max_table_elements: int | None = None,
        fuel: int | None = None,
        timeout: float | None = None,
        max_depth: int = base.DEFAULT_DEPTH,
    ) -> None:
        used = DEFAULT if engine is None else engine
        if not isinstance(used, Engine):
            raise TypeError(f"a store is made with a zwasm.Engine, not {type(used).__name__}")
        _check("max_memory", max_memory)
        _check("max_table_elements", max_table_elements)
        _check("timeout", timeout)
        _check("max_depth", max_depth)
        super().__init__(used.machine(), max_memory, max_table_elements, timeout, max_depth)
        self.engine: Engine = used
        self.fuel = fuel

    @property
    def fuel(self) -> int | None:
        """Instructions that may still run, None where they are not counted."""
        left: int = self.state.fuel_left
        return None if left < 0 else left

    @fuel.setter
    def fuel(self, fuel: int | None) -> None:
        _check("fuel", fuel)
        if fuel is not None and not self.engine.fuel:
            raise ValueError("fuel needs an engine that meters: zwasm.Engine(fuel=True)")
        self.state.fuel_left = -1 if fuel is None else min(fuel, base.MAX_FUEL)

    def __repr__(self) -> str:
        limits = f"{self.memory_bytes} bytes of memory, {self.table_elements} table elements"
        return f"<zwasm.Store {self.engine.name}, {limits}>"


def _check(name: str, value: float | None) -> None:
    if value is not None and not value >= 0:
        raise ValueError(f"{name} is {value}; it must be None or a number from 0 on")
