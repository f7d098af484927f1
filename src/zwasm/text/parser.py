"""Text to modules: the entry of this package.

In: the text of one module, as `str` or as UTF-8. Out: a `Module` whose `data` holds the
encoded instruction sequences and whose `source` knows their places in the text. The module is
not validated.
"""

from __future__ import annotations

from zwasm.module import Module
from zwasm.text.lexer import decode_text, tokenize
from zwasm.text.modules import module_fields

__all__ = ["parse_module"]


def parse_module(text: str | bytes) -> Module:
    """Parse a module in the text format: `(module ...)` or its fields alone.

    Raises MalformedError, with line and column.
    """
    source = decode_text(text) if isinstance(text, bytes) else text
    return module_fields(tokenize(source), 0, False)
