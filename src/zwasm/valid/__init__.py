"""Validation of modules (specification, chapter 3).

In: `zwasm.module.Module`. Out: `ModuleInfo`, or an error with the place of the fault.
"""

from __future__ import annotations

from zwasm.valid.info import ModuleInfo
from zwasm.valid.module import validate, validate_outside

__all__ = ["ModuleInfo", "validate", "validate_outside"]
