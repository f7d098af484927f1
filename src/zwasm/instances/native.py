"""What instances are made of: the C extension's storage, which machine code can use, or plain
Python.

In: nothing. Out: `NATIVE`, whether it is the extension's; its `ARCHITECTURE`; the classes to use.
The decision is made here, once.
"""

from __future__ import annotations

import gc
import importlib
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


EXTENSION: Final[Any] = _load()  # None where machine code cannot run
NATIVE: Final[bool] = EXTENSION is not None
ARCHITECTURE: Final[str] = EXTENSION.ARCHITECTURE if NATIVE else ""


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
