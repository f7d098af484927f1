"""Limits of the implementation (specification, appendix A.2).

Named constants only. They lie near those of the JavaScript embedding, so that what other
engines accept is accepted here. Limits that a user sets per store are in `zwasm.runtime`.
"""

from __future__ import annotations

from typing import Final

MAX_MODULE_SIZE: Final = 1 << 30  # bytes, binary or text
MAX_TYPES: Final = 1_000_000
MAX_REC_GROUPS: Final = 1_000_000
MAX_SUBTYPE_DEPTH: Final = 63
MAX_FUNCTIONS: Final = 1_000_000
MAX_IMPORTS: Final = 1_000_000
MAX_EXPORTS: Final = 1_000_000
MAX_GLOBALS: Final = 1_000_000
MAX_TAGS: Final = 1_000_000
MAX_TABLES: Final = 100_000
MAX_MEMORIES: Final = 100_000
MAX_DATA_SEGMENTS: Final = 100_000
MAX_ELEM_SEGMENTS: Final = 10_000_000
MAX_PARAMS: Final = 1_000
MAX_RESULTS: Final = 1_000
MAX_LOCALS: Final = 50_000  # parameters included
MAX_STRUCT_FIELDS: Final = 10_000
MAX_ARRAY_NEW_FIXED: Final = 10_000
MAX_BODY_SIZE: Final = 7_654_321  # bytes of one function body
MAX_BR_TABLE: Final = 7_654_321  # targets; a body's size bounds them already
MAX_CATCHES: Final = 10_000
MAX_NESTING: Final = 10_000  # open blocks in one body, nested parentheses in text
MAX_OPERANDS: Final = 1_000_000  # operand stack height in one body
MAX_STRING: Final = 100_000_000  # bytes of one name

MAX_DEPTH: Final = 1 << 22  # nested calls that a store's limit may allow
MAX_TABLE_SIZE: Final = 10_000_000  # elements of one table at run time
PAGE_SIZE: Final = 65_536  # bytes of a memory page
MAX_PAGES_32: Final = 65_536  # pages of a 32-bit memory
MAX_PAGES_64: Final = 1 << 48  # pages of a 64-bit memory
