"""Table instructions (section 3.4.10, encodings in section 5.4.4)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare

declare("table.get", 0x25, r.TABLE_GET, (r.IMM_TABLE,), feature=r.REFERENCE_TYPES)
declare("table.set", 0x26, r.TABLE_SET, (r.IMM_TABLE,), feature=r.REFERENCE_TYPES)
declare("table.init", 0xFC00C, r.TABLE_INIT, (r.IMM_TABLE_INIT,), feature=r.BULK_MEMORY)
declare("elem.drop", 0xFC00D, r.ELEM_DROP, (r.IMM_ELEM,), feature=r.BULK_MEMORY)
declare("table.copy", 0xFC00E, r.TABLE_COPY, (r.IMM_TABLE_COPY,), feature=r.BULK_MEMORY)
declare("table.grow", 0xFC00F, r.TABLE_GROW, (r.IMM_TABLE,), feature=r.REFERENCE_TYPES)
declare("table.size", 0xFC010, r.TABLE_SIZE, (r.IMM_TABLE,), feature=r.REFERENCE_TYPES)
declare("table.fill", 0xFC011, r.TABLE_FILL, (r.IMM_TABLE,), feature=r.REFERENCE_TYPES)
