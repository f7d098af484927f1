"""The version, and in which form the package runs.

In: nothing. Out: `VERSION`, and `compiled()`. This module is itself never compiled.
"""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from typing import Final

from zwasm import types

VERSION: Final = "0.1.0"


def compiled() -> bool:
    """Whether this is the compiled form, not the pure Python one."""
    return str(types.__file__).endswith(tuple(EXTENSION_SUFFIXES))
