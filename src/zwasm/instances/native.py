"""What instances are made of: the C extension's storage, which machine code can use, or plain
Python.

In: the environment variable `ZWASM_LEVEL`. Out: `NATIVE`, whether it is the extension's; its
`ARCHITECTURE`; `LEVEL`, what of that architecture's instructions code may use, which names the
table of stencils; the classes to use. The decisions are made here, once.

`LEVEL` is what processor and operating system have: "aarch64", or "x86_64", "x86_64_avx2" or
"x86_64_avx512", each with the instructions of those before it. `ZWASM_LEVEL` asks for a lower one,
for tests and comparisons; a higher one than the machine's changes nothing. Another value raises
ValueError when zwasm is imported.
"""

from __future__ import annotations

import gc
import importlib
import os
from typing import Any, Final

from zwasm.instances import plain


def _load() -> Any:
    try:
        # In a source tree the name is that of a folder without code.
        module = importlib.import_module("zwasm._native")
    except ImportError:
        return None
    return module if getattr(module, "ARCHITECTURE", "") else None


def installed() -> bool:
    """Whether the C extension is there, even if machine code cannot run."""
    try:
        return hasattr(importlib.import_module("zwasm._native"), "ARCHITECTURE")
    except ImportError:
        return False


_LEVELS: Final = ("x86_64", "x86_64_avx2", "x86_64_avx512")  # each includes those before it
_NAMES: Final = ("aarch64", *_LEVELS)


def level_of(machine: str, wanted: str) -> str:
    """The level to use where the machine's is `machine` ("": no machine code) and `wanted`, if not
    empty, is asked for. Raises ValueError for an unknown one."""
    if wanted and wanted not in _NAMES:
        raise ValueError(f"ZWASM_LEVEL is {wanted!r}; it may be {', '.join(_NAMES)}")
    if wanted in _LEVELS and machine in _LEVELS:
        return min(wanted, machine, key=_LEVELS.index)
    return machine


EXTENSION: Final[Any] = _load()  # None where machine code cannot run
NATIVE: Final[bool] = EXTENSION is not None
ARCHITECTURE: Final[str] = EXTENSION.ARCHITECTURE if NATIVE else ""
LEVEL: Final[str] = level_of(EXTENSION.LEVEL if NATIVE else "", os.environ.get("ZWASM_LEVEL", ""))


def obtain(make: Any, *args: object) -> Any:
    """What a class of the extension makes, with a second attempt where address space is used up:
    garbage may hold it. Raises MemoryError."""
    try:
        return make(*args)
    except MemoryError:
        gc.collect()
    return make(*args)


State: Final[Any] = EXTENSION.State if NATIVE else plain.State
Cell: Final[Any] = EXTENSION.Cell if NATIVE else plain.Cell
Refs: Final[Any] = EXTENSION.Refs if NATIVE else list
FuncBase: Final[Any] = EXTENSION.FuncBase if NATIVE else plain.FuncBase
