"""Numbers of the text format (specification, section 6.3.1 and 6.3.2).

In: a token's text. Out: exact integers, and the bit patterns of floats, correctly rounded.
Range checks of integers are the caller's. All work is linear in the length of the token.
"""

from __future__ import annotations

import re
from typing import Final

# What the float functions give for a token that is no number, or one past the range.
NOT_A_NUMBER: Final = -1
OUT_OF_RANGE: Final = -2

# Stands for every integer with so many digits that it is out of every range.
HUGE: Final = 1 << 256

_DECIMAL: Final = re.compile(r"[+-]?[0-9]+")
_HEX: Final = re.compile(r"[+-]?0x[0-9a-fA-F]+")
_DECIMAL_FLOAT: Final = re.compile(r"[+-]?([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_HEX_FLOAT: Final = re.compile(r"[+-]?0x([0-9a-fA-F]+)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?")
_NAN: Final = re.compile(r"[+-]?nan(?::0x([0-9a-fA-F]+))?")
_LOOSE_UNDERSCORE: Final = re.compile(r"(?<![0-9a-fA-F])_|_(?![0-9a-fA-F])")
_LOOSE_UNDERSCORE_DECIMAL: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")


def _plain(text: str) -> str:
    """The text without its underscores, or "" where one is misplaced."""
    if "0x" in text[:3] or text.startswith("nan:", 1) or text.startswith("nan:"):
        misplaced = _LOOSE_UNDERSCORE.search(text)
    else:
        misplaced = _LOOSE_UNDERSCORE_DECIMAL.search(text)
    return "" if misplaced is not None else text.replace("_", "")


def integer(text: str) -> int | None:
    """The integer that a token is, None if it is none."""
    if len(text) < 16 and text.isdigit() and text.isascii():
        return int(text)
    if "_" in text:
        text = _plain(text)
    if _DECIMAL.fullmatch(text) is not None:
        if len(text) > 40:
            negative = text[0] == "-"
            text = text.lstrip("+-").lstrip("0")
            if len(text) > 40:
                return -HUGE if negative else HUGE
            return -int("0" + text) if negative else int("0" + text)
        return int(text)
    if _HEX.fullmatch(text) is not None:
        return int(text, 16)
    return None


def is_number(text: str) -> bool:
    """Whether a token is an integer or float."""
    return integer(text) is not None or float_bits(text, 64) != NOT_A_NUMBER


def float_bits(text: str, width: int) -> int:
    """The bits of the `width`-bit float that a token is; NOT_A_NUMBER or OUT_OF_RANGE."""
    mantissa_bits = 23 if width == 32 else 52
    sign = 1 << (width - 1) if text[:1] == "-" else 0
    infinity = ((1 << (width - 1 - mantissa_bits)) - 1) << mantissa_bits
    if "_" in text:
        text = _plain(text)
    match = _DECIMAL_FLOAT.fullmatch(text)
    if match is not None:
        bits = _decimal_bits(text.lstrip("+-"), match, width)
        return OUT_OF_RANGE if bits >= infinity else sign | bits
    match = _HEX_FLOAT.fullmatch(text)
    if match is not None:
        whole, fraction, power = match.groups()
        fraction = fraction or ""
        exponent = _exponent(power) - 4 * len(fraction)
        bits = round_bits(int(whole + fraction, 16), exponent, width)
        return OUT_OF_RANGE if bits >= infinity else sign | bits
    if text in ("inf", "+inf", "-inf"):
        return sign | infinity
    match = _NAN.fullmatch(text)
    if match is not None:
        digits = match.group(1)
        payload = 1 << (mantissa_bits - 1) if digits is None else int(digits, 16)
        if payload == 0 or payload >> mantissa_bits != 0:
            return OUT_OF_RANGE
        return sign | infinity | payload
    return NOT_A_NUMBER


def _exponent(text: str | None) -> int:
    """An exponent, cut to a range that no length of mantissa can make up for."""
    if text is None:
        return 0
    negative = text[0] == "-"
    digits = text.lstrip("+-").lstrip("0")
    value = int("0" + digits) if len(digits) <= 15 else 10**15
    return -value if negative else value


def round_bits(mantissa: int, exponent: int, width: int) -> int:
    """The bits of `mantissa * 2**exponent`, not negative, rounded to nearest, ties to even; at
    least those of infinity where it overflows."""
    mantissa_bits = 23 if width == 32 else 52
    bias = 127 if width == 32 else 1023
    if mantissa == 0:
        return 0
    top = mantissa.bit_length() + exponent  # the value lies in [2**(top-1), 2**top)
    if top > bias + 1:
        return (2 * bias + 1) << mantissa_bits
    lowest = 1 - bias - mantissa_bits  # exponent of the least subnormal
    if top < lowest:
        return 0
    unit = max(top - 1 - mantissa_bits, lowest)
    shift = unit - exponent
    if shift <= 0:
        kept = mantissa << -shift
    else:
        kept = mantissa >> shift
        rest = mantissa - (kept << shift)
        half = 1 << (shift - 1)
        if rest > half or (rest == half and kept & 1 != 0):
            kept += 1
    # A carry out of the mantissa moves into the exponent field as it should.
    return kept + ((unit - lowest) << mantissa_bits)


def _decimal_bits(text: str, match: re.Match[str], width: int) -> int:
    if len(text) > 1200:
        text = _shortened(match)
        again = _DECIMAL_FLOAT.fullmatch(text)
        if again is not None:
            match = again
    value = float(text)
    if value == float("inf"):
        # Infinity as 64 bits is so as 32 bits as well.
        return round_bits(1, 5000, width)
    numerator, denominator = value.as_integer_ratio()
    exponent = 1 - denominator.bit_length()
    if width == 32:
        # Rounding twice is wrong only where the first rounding hit the middle between two
        # floats of the second; a nudge of less than any difference puts it right.
        low = numerator.bit_length() + exponent - 24
        middle = max(low, -149) - 1
        shift = middle - exponent
        if shift >= 0 and numerator & ((1 << shift) - 1) == 0 and numerator >> shift & 1:
            order = _compare(match, numerator, exponent)
            numerator = numerator * 4 + order
            exponent -= 2
    return round_bits(numerator, exponent, width)


def _compare(match: re.Match[str], numerator: int, exponent: int) -> int:
    """The order of a decimal to `numerator * 2**exponent`: -1, 0 or 1."""
    whole, fraction, power = match.groups()
    fraction = fraction or ""
    left = int(whole + fraction)
    ten = _exponent(power) - len(fraction)
    if ten >= 0:
        left *= 10**ten
    else:
        numerator *= 10**-ten
    if exponent >= 0:
        numerator <<= exponent
    else:
        left <<= -exponent
    return (left > numerator) - (left < numerator)


def _shortened(match: re.Match[str]) -> str:
    """A shorter decimal that rounds the same as one with very many digits: its first 1000
    significant digits, and a 1 for all that follow them."""
    whole, fraction, power = match.groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    exponent = _exponent(power) - len(fraction)
    if len(digits) > 1000:
        exponent += len(digits) - 1001
        rest = digits[1000:].strip("0")
        digits = digits[:1000] + ("1" if rest else "0")
    return f"{digits or '0'}e{exponent}"
