"""Text of strings, identifiers and numbers (specification, sections 6.2 and 6.3).

In: values. Out: tokens that read back as the same values, bit for bit. Reading is in
`zwasm.text.lexer` and `zwasm.text.numbers`.
"""

from __future__ import annotations

import math
import struct
from typing import Final

ID_CHARS: Final = frozenset(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-./:<=>?@\\^_`|~"
)
BYTE_TEXT: Final[list[str]] = [
    chr(b) if 0x20 <= b < 0x7F and b != 0x22 and b != 0x5C else f"\\{b:02x}" for b in range(256)
]


def bytes_text(data: bytes) -> str:
    """Bytes as a string token."""
    return '"' + "".join([BYTE_TEXT[b] for b in data]) + '"'


def name_text(name: str) -> str:
    """A name as a string token; characters that can be seen stay as they are."""
    parts: list[str] = []
    for char in name:
        if char == '"' or char == "\\":
            parts.append("\\" + char)
        elif char.isprintable():
            parts.append(char)
        else:
            parts.append(f"\\u{{{ord(char):x}}}")
    return '"' + "".join(parts) + '"'


def id_text(name: str) -> str:
    """A name, which is not empty, as an identifier."""
    for char in name:
        if char not in ID_CHARS:
            return "$" + name_text(name)
    return "$" + name


def f32_text(bits: int) -> str:
    """A 32-bit float, given by its bits: the shortest decimal that reads back."""
    special = _special(bits >> 31, bits & 0x7FFF_FFFF, 23, 0xFF)
    if special is not None:
        return special
    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    # A decimal within a quarter of the distance to the next float below is read as this one
    # whichever way its reader rounds; nine digits always come so near.
    near = math.ldexp(1.0, max((bits >> 23 & 0xFF) - 127, -126) - 25)
    for digits in range(1, 9):
        text = f"{value:.{digits}g}"
        if abs(float(text) - value) <= near:
            return repr(float(text))
    return f"{value:.9g}"


def f64_text(bits: int) -> str:
    """A 64-bit float, given by its bits: the shortest decimal that reads back."""
    special = _special(bits >> 63, bits & 0x7FFF_FFFF_FFFF_FFFF, 52, 0x7FF)
    if special is not None:
        return special
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return repr(value)


def _special(sign: int, rest: int, mantissa_bits: int, top: int) -> str | None:
    """The text of an infinity or a NaN."""
    if rest >> mantissa_bits != top:
        return None
    prefix = "-" if sign else ""
    payload = rest & ((1 << mantissa_bits) - 1)
    if payload == 0:
        return prefix + "inf"
    if payload == 1 << (mantissa_bits - 1):
        return prefix + "nan"
    return f"{prefix}nan:0x{payload:x}"
