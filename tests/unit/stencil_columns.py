"""A table of stencils spread out for tests.

In: a `zwasm.baseline.table.Table`. Out: `Columns`, one list for each fact.
"""

from __future__ import annotations

from zwasm.baseline.holes import VARIANTS
from zwasm.baseline.keys import KEYS
from zwasm.baseline.table import Table


class Columns:
    """By key and variant: `index`. By key: the bounds of small values. By stencil: `code`,
    `hole_first`, `hole_count`. By hole: `hole_at`, `hole_kind`, `hole_value`, `hole_addend`,
    `hole_extra`."""

    def __init__(self, table: Table) -> None:
        self.architecture = table.architecture
        self.rodata = table.rodata
        self.digest = table.digest
        self.index = [
            int(table.variant(key, bits)) for key in range(KEYS) for bits in range(VARIANTS)
        ]
        groups = [int(table.classes[key]) for key in range(KEYS)]
        self.a_lo = [int(table.low[group]) for group in groups]
        self.a_hi = [int(table.high[group]) for group in groups]
        self.a_mask = [int(table.mask[group]) for group in groups]
        groups = [int(table.classes[KEYS + key]) for key in range(KEYS)]
        self.b_lo = [int(table.low[group]) for group in groups]
        self.b_hi = [int(table.high[group]) for group in groups]
        self.b_mask = [int(table.mask[group]) for group in groups]
        self.code = [table.code(number) for number in range(len(table.pieces))]
        spans = [int(table.spans[number]) for number in range(len(table.pieces))]
        self.hole_first = [span >> 8 for span in spans]
        self.hole_count = [span & 255 for span in spans]
        words = [int(table.holes[i]) for i in range(sum(self.hole_count))]
        self.hole_at = [word & 255 for word in words]
        self.hole_kind = [word >> 8 & 15 for word in words]
        self.hole_value = [word >> 12 & 15 for word in words]
        self.hole_extra = [word >> 16 & 255 for word in words]
        self.hole_addend = [word >> 24 for word in words]
