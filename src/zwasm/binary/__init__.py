"""The binary format (specification, chapter 5).

In: a module's bytes, or a `Module`. Out: the other of the two. No validation is done here.
"""

from __future__ import annotations

from zwasm.binary.decode import decode
from zwasm.binary.encode import encode
from zwasm.binary.names import check_custom_sections

__all__ = ["check_custom_sections", "decode", "encode"]
