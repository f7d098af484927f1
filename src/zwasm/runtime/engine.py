"""Engines: how code is run.

In: the user's choice. Out: `Engine`, which says what modules may use and makes the machine that
a store runs its code on. The engines themselves are packages of their own, imported when used.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

from zwasm import baseline
from zwasm.errors import UnsupportedError
from zwasm.instances.module import Machine
from zwasm.instances.native import EXTENSION, installed
from zwasm.isa.row import FEATURE_NAMES
from zwasm.module import Module as PlainModule
from zwasm.valid import ModuleInfo, validate, validate_outside

ENGINES: Final = ("interp", "baseline")
STRATEGIES: Final = ("auto", *ENGINES)
COMPILE: Final = ("lazy", "eager")
RELAXED_SIMD: Final = ("native", "deterministic")
STENCILS: Final = "stencils.bin"


def feature_names(mask: int) -> tuple[str, ...]:
    """The names of the features in a mask."""
    return tuple([name for bit, name in FEATURE_NAMES.items() if mask & bit])


def engine_features(name: str) -> int:
    """The features that modules may use with an engine, as a mask of the bits in
    `zwasm.isa.row`."""
    if name == "interp":
        from zwasm.interp.machine import FEATURES
    else:
        from zwasm.baseline.machine import FEATURES
    return FEATURES


@cache
def why_not(name: str) -> str:
    """Why an engine cannot run here; an empty text if it can."""
    if name == "interp":
        return ""
    if EXTENSION is None:
        if installed():
            import platform

            return f"not on this machine: {platform.system()} on {platform.machine()}"
        return "zwasm is installed as pure Python"
    if not os.path.exists(os.path.join(os.path.dirname(baseline.__file__), STENCILS)):
        return f"zwasm is installed without its stencils, {STENCILS}"
    return ""


class Engine:
    """How modules are run: `Engine(strategy="baseline")`.

    `strategy` is "baseline", which compiles functions to machine code, "interp", the reference
    interpreter, or "auto", the fastest engine that runs here. `compile` says when functions are
    compiled: "lazy" at their first call, "eager" all when a module is first used. With `fuel`
    code is metered, so that stores may limit how many instructions run; it runs a little slower.
    `relaxed_simd` is about the vector instructions whose results depend on the machine: "native"
    gives what the machine's own instructions give, the same with all engines, "deterministic" what
    the specification's deterministic profile says (appendix A.4), the same on all machines.
    Raises ValueError for an unknown name, UnsupportedError for an engine that cannot run here.

    Engines with equal options are equal, and modules and stores of the one work with the other.
    """

    def __init__(
        self,
        strategy: str = "auto",
        *,
        compile: str = "lazy",
        fuel: bool = False,
        relaxed_simd: str = "native",
    ) -> None:
        _check("strategy", strategy, STRATEGIES)
        _check("compile", compile, COMPILE)
        _check("relaxed_simd", relaxed_simd, RELAXED_SIMD)
        self.relaxed_simd = relaxed_simd
        self.strategy = strategy
        self.compile = compile
        self.fuel = bool(fuel)
        if strategy != "auto":
            _check_runs(strategy)

    @property
    def name(self) -> str:
        """The name of the engine that the strategy leads to."""
        if self.strategy == "auto":
            return "interp" if why_not("baseline") else "baseline"
        return self.strategy

    @property
    def feature_mask(self) -> int:
        """The features that modules may use, as a mask of the bits in `zwasm.isa.row`."""
        return engine_features(self.name)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that modules may use."""
        return feature_names(self.feature_mask)

    def machine(self) -> Machine:
        """A new machine, for one store."""
        name = self.name
        if name == "interp":
            from zwasm.interp.machine import Interp

            return Interp(self.fuel, self.relaxed_simd)
        _check_runs(name)  # the engine may come from a pickle of another machine
        from zwasm.baseline.machine import Baseline

        return Baseline(self.fuel, self.compile == "eager", self._deterministic)

    @property
    def _deterministic(self) -> bool:
        return self.relaxed_simd == "deterministic"

    def validate(self, plain: PlainModule) -> ModuleInfo:
        """Validate a module; where the engine is eager and makes code, compile it as well.

        Raises InvalidError or MalformedError, and UnsupportedError if an eager engine lacks a
        feature that the module uses.
        """
        if self.compile != "eager" or self.name != "baseline":
            return validate(plain)
        _check_runs("baseline")
        from zwasm.baseline.machine import compile_ahead

        # Bodies are validated as they are compiled.
        info = validate_outside(plain)
        try:
            check_features(info, self)
            compile_ahead(info, self.fuel, self._deterministic)
        except UnsupportedError:
            info = validate(plain)  # what follows may be invalid, which goes first
        check_features(info, self)
        return info

    def _key(self) -> tuple[str, str, bool, str]:
        return (self.name, self.compile, self.fuel, self.relaxed_simd)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Engine) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        eager = " eager" if self.compile == "eager" else ""
        fuel = " with fuel" if self.fuel else ""
        relaxed = " with deterministic relaxed SIMD" if self._deterministic else ""
        return f"<zwasm.Engine {self.name}{eager}{fuel}{relaxed}>"


def check_features(info: ModuleInfo, engine: Engine) -> None:
    """Raise UnsupportedError if the module uses what the engine lacks."""
    lacking = info.features & ~engine.feature_mask
    if lacking:
        names = ", ".join(feature_names(lacking))
        text = f"this module uses {names}, which the engine {engine.name!r} does not support"
        raise UnsupportedError(text, names)


def _check(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        known = ", ".join(repr(other) for other in names)
        raise ValueError(f"unknown {what} {name!r}; known are {known}")


def _check_runs(name: str) -> None:
    reason = why_not(name)
    if reason:
        raise UnsupportedError(f"the engine {name!r} cannot run here: {reason}", name)


DEFAULT: Final = Engine()
