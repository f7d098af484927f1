"""Engines: how code is run.

In: the user's choice. Out: `Engine`, which says what modules may use and makes the machine that
a store runs its code on. The engines themselves are packages of their own.
"""

from __future__ import annotations

from typing import Any, Final

from zwasm.instances.func import Machine
from zwasm.interp.machine import FEATURES, Interp
from zwasm.isa.row import FEATURE_NAMES

STRATEGIES: Final = ("auto", "interp")


def feature_names(mask: int) -> tuple[str, ...]:
    """The names of the features in a mask."""
    return tuple([name for bit, name in FEATURE_NAMES.items() if mask & bit])


class Engine:
    """How modules are run: `Engine(strategy="interp")`.

    `strategy` is "interp", the reference interpreter, or "auto", the best engine there is.
    With `fuel` code is metered, so that stores may limit how many instructions run; it runs a
    little slower. Raises ValueError for an unknown strategy.

    Engines with equal options are equal, and modules and stores of the one work with the other.
    """

    def __init__(self, strategy: str = "auto", *, fuel: bool = False) -> None:
        if strategy not in STRATEGIES:
            known = ", ".join(repr(name) for name in STRATEGIES)
            raise ValueError(f"unknown strategy {strategy!r}; known are {known}")
        self.strategy = strategy
        self.fuel = bool(fuel)

    @property
    def name(self) -> str:
        """The name of the engine that the strategy leads to."""
        return "interp"

    @property
    def feature_mask(self) -> int:
        """The features that modules may use, as a mask of the bits in `zwasm.isa.row`."""
        return FEATURES

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that modules may use."""
        return feature_names(self.feature_mask)

    def machine(self) -> Machine:
        """A new machine, for one store."""
        return Interp(self.fuel)

    def _key(self) -> tuple[str, bool]:
        return (self.name, self.fuel)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Engine) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fuel = " with fuel" if self.fuel else ""
        return f"<zwasm.Engine {self.name}{fuel}>"


DEFAULT: Final = Engine()
