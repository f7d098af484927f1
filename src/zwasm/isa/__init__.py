"""The instructions of WebAssembly, each declared once.

In: nothing. Out: `Row` for every instruction, by name and by opcode. `row` holds the form of
a declaration, the other modules the declarations. No engine and no rule is here.
"""

from __future__ import annotations

from zwasm.isa import atomic, control, memory, numeric, reference, simd, table
from zwasm.isa.row import BY_CODE, BY_NAME, FEATURE_NAMES, SECOND_FORMS, Row, row_of

__all__ = [
    "BY_CODE",
    "BY_NAME",
    "FEATURE_NAMES",
    "SECOND_FORMS",
    "Row",
    "atomic",
    "control",
    "memory",
    "numeric",
    "reference",
    "row_of",
    "simd",
    "table",
]
