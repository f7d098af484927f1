"""The lexical format of text (specification, section 6.3).

In: a text. Out: `Tokens`, the tokens with their positions, and the annotations that mean
something to zwasm, apart. White space, comments and other annotations are checked and dropped.
A token is its own text: `(`, `)`, a word (keyword, number or identifier) or a string with its
quotes. An identifier in string form (`$"x"`) becomes the same word as the plain form (`$x`).
What a word means is not decided here.
"""

from __future__ import annotations

import re
from typing import Final

from zwasm.errors import MalformedError
from zwasm.limits import MAX_MODULE_SIZE, MAX_NESTING
from zwasm.module import line_and_column

# Stands after the last token; no token is a space.
END: Final = " "

_SPACE: Final = " \t\n\r"
# A token or comment with the space after it; what begins one that takes more than a pattern;
# or a single character. Strings are bounded in escapes, as a repeated group costs memory.
_PIECE: Final = re.compile(
    r"""(?:\((?![;@])|\)|[!#-'*+\--:<-Z\\^-z|~]+"""
    r"""|"[^"\\\x00-\x1f\x7f]*(?:\\[^\x00-\x1f\x7f][^"\\\x00-\x1f\x7f]*){0,200}"|;;[^\n\r]*)"""
    r"""[ \t\n\r]*|[ \t\n\r]+|\([;@]|.""",
    re.DOTALL,
)
_SPECIAL: Final = ("(;", "(@", '"')
_LEAST_CHUNK: Final = 1 << 10  # characters
_MOST_CHUNK: Final = 1 << 17

# One token within an annotation; the kinds are the numbers of the groups.
_TOKEN: Final = re.compile(
    r"""[ \t\n\r]*(?:(\((?![;@]))|(\))|([!#-'*+\--:<-Z\\^-z|~]+)|("[^"\\\x00-\x1f\x7f]*")"""
    r"""|(;;[^\n\r]*)|(\(;)|(\(@)|(\Z)|([^ \t\n\r]))"""
)
_OPEN: Final = 1
_CLOSE: Final = 2
_WORD: Final = 3
_STRING: Final = 4
_LINE_COMMENT: Final = 5
_BLOCK_COMMENT: Final = 6
_ANNOTATION: Final = 7
_END: Final = 8

_COMMENT_EDGE: Final = re.compile(r"\(;|;\)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_GLUED: Final = re.compile(r"""[!-'*+\--:<-Z\\^-z|~]""")  # id characters and the quote
_ANNOTATION_ID: Final = re.compile(r"[!#-'*+\--:<-Z\\^-z|~]+")
_RESERVED: Final = ",;[]{}"

KNOWN_ANNOTATIONS: Final = ("custom", "name", "metadata.code.branch_hint")


class Annotation:
    """An annotation `(@name ...)`: its contents as tokens, closed by `END`; `used` is set by
    the parser once it took it."""

    __slots__ = ("name", "position", "starts", "texts", "used")

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.position = position
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.used = False


class Tokens:
    """The tokens of a text: `texts` and `starts` (positions) run in parallel and close with a
    few `END` tokens, so that looking ahead needs no check. `annotations` holds those that stand
    before the token of an index."""

    __slots__ = ("annotations", "source", "starts", "texts")

    def __init__(self, source: str) -> None:
        self.source = source
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.annotations: dict[int, list[Annotation]] = {}

    def error(self, message: str, index: int) -> MalformedError:
        """An error at a token."""
        return error_at(self.source, message, self.starts[index])


def error_at(source: str, message: str, position: int) -> MalformedError:
    """An error at a position of a text."""
    line, column = line_and_column(source, position)
    return MalformedError(message, line=line, column=column)


def decode_text(data: bytes) -> str:
    """The text of a file's or a quoted module's bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = error.start
    raise MalformedError(
        "malformed UTF-8 encoding",
        line=data.count(b"\n", 0, place) + 1,
        column=place - data.rfind(b"\n", 0, place),
    )


def tokenize(source: str) -> Tokens:
    """Split a text into tokens. Raises MalformedError."""
    size = len(source)
    if size > MAX_MODULE_SIZE:
        raise MalformedError("text too large")
    tokens = Tokens(source)
    texts = tokens.texts
    starts = tokens.starts
    memo: dict[str, str] = {}  # the token of a piece, one object for all of the same text
    position = 0
    chunk = _LEAST_CHUNK
    while position < size:
        # Many pieces at once are cheap; the last may be cut short and is left to the next round.
        limit = min(position + chunk, size)
        pieces = _PIECE.findall(source, position, limit)
        if limit < size:
            pieces.pop()
        if chunk < _MOST_CHUNK or not pieces:
            chunk *= 2
        for piece in pieces:
            text = memo.get(piece)
            if text is None:
                first = piece[0]
                if piece in _SPECIAL or first in _RESERVED or first > "~" or first < "!":
                    if first in _SPACE:
                        position += len(piece)
                        continue
                    if piece[:2] == ";;":
                        position += len(piece)
                        continue
                    position = _special(tokens, piece, position)
                    chunk = _LEAST_CHUNK
                    break
                text = piece.rstrip(_SPACE)
                if first == '"':
                    if _add_string(tokens, text, position):
                        position += len(piece)
                        continue
                elif text == "$":
                    _check_string_id(source, position)
                else:
                    text = memo.setdefault(text, text)
                    memo[piece] = text
            texts.append(text)
            starts.append(position)
            position += len(piece)
    for _ in range(4):
        texts.append(END)
        starts.append(size)
    return tokens


def _special(tokens: Tokens, piece: str, start: int) -> int:
    """Take what needs more than a pattern: block comments, annotations, long strings. Returns
    its end."""
    if piece == "(;":
        return _skip_comment(tokens.source, start)
    if piece == "(@":
        return _annotation(tokens, start)
    text = _long_string(tokens.source, start)
    if not _add_string(tokens, text, start):
        tokens.texts.append(text)
        tokens.starts.append(start)
    return start + len(text)


def _skip_comment(source: str, start: int) -> int:
    """The end of the block comment that starts here; such comments nest."""
    depth = 0
    for match in _COMMENT_EDGE.finditer(source, start):
        if source[match.start()] == "(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return match.end()
    raise error_at(source, "unclosed comment", start)


def _long_string(source: str, start: int) -> str:
    """The string that starts here, with its quotes. Raises for what is no token at all."""
    if source[start] != '"':
        if source[start] in _RESERVED:
            raise error_at(source, "unknown operator " + source[start], start)
        raise error_at(source, "illegal character", start)
    end = start
    while True:
        end = source.find('"', end + 1)
        if end < 0:
            raise error_at(source, "unclosed string", start)
        # The quote closes the string after an even number of backslashes.
        back = end - 1
        while source[back] == "\\":
            back -= 1
        if (end - back) % 2 == 1:
            break
    control = _CONTROL.search(source, start, end)
    if control is not None:
        newline = source[control.start()] in "\n\r"
        message = "unclosed string" if newline else "illegal control character in string"
        raise error_at(source, message, control.start())
    return source[start : end + 1]


def _check_string_id(source: str, start: int) -> None:
    """Check that a string follows the `$` here."""
    if source[start + 1 : start + 2] == '"':
        try:
            text = _long_string(source, start + 1)
        except MalformedError:
            text = '""'
        if len(text) > 2:
            return
    raise error_at(source, "empty identifier", start)


def _add_string(tokens: Tokens, text: str, start: int) -> bool:
    """Check what stands around a string, and join it to the `$` before it. Returns whether
    it was joined."""
    source = tokens.source
    end = start + len(text)
    if _GLUED.match(source, end) is not None:
        raise error_at(source, "unknown operator", start)
    if start > 0 and _GLUED.match(source, start - 1) is not None:
        if tokens.texts and tokens.texts[-1] == "$" and tokens.starts[-1] == start - 1:
            tokens.texts[-1] = "$" + string_text(source, text, start)
            return True
        raise error_at(source, "unknown operator", start)
    return False


def _annotation(tokens: Tokens, start: int) -> int:
    """Read the annotation that starts here; keep it if it is known. Returns its end."""
    source = tokens.source
    position = start + 2
    match = _ANNOTATION_ID.match(source, position)
    if match is not None:
        name = match.group()
        position = match.end()
    else:
        name = ""
        if source[position : position + 1] == '"':
            try:
                text = _long_string(source, position)
            except MalformedError:
                text = '""'
            name = string_text(source, text, position)
            position += len(text)
        if not name:
            raise error_at(source, "empty annotation id", start)
    annotation = Annotation(name, start)
    known = name in KNOWN_ANNOTATIONS
    depth = 1
    while depth > 0:
        token = _TOKEN.match(source, position)
        kind = _END if token is None else token.lastindex
        if token is None or kind == _END:
            raise error_at(source, "unclosed annotation", start)
        position = token.end()
        if kind == _WORD or kind == _STRING:
            text = token.group(kind)
        elif kind == _OPEN:
            text = "("
        elif kind == _CLOSE:
            text = ")"
        elif kind == _LINE_COMMENT:
            continue
        elif kind == _BLOCK_COMMENT:
            position = _skip_comment(source, position - 2)
            continue
        elif kind == _ANNOTATION:
            # No annotation within an annotation, but a parenthesis and a word.
            text = "("
            position -= 1
        else:
            text = source[position - 1]
            if text not in _RESERVED:
                text = _long_string(source, position - 1)
                decode_string(source, text, position - 1)
                position += len(text) - 1
        if text == "(":
            depth += 1
            if depth > MAX_NESTING:
                raise error_at(source, "nesting too deep", position)
        elif text == ")":
            depth -= 1
        if known:
            annotation.texts.append(text)
            annotation.starts.append(position - len(text))
    if known:
        annotation.texts[-1] = END
        tokens.annotations.setdefault(len(tokens.texts), []).append(annotation)
    return position


def decode_string(source: str, text: str, start: int) -> bytes:
    """The bytes that a string token at `start` stands for."""
    size = len(text) - 2
    if "\\" not in text:
        return _encode(source, text[1:-1], start)
    if size % 3 == 0 and text[1:-1:3] == "\\" * (size // 3):
        # Nothing but two-digit escapes, as in binary modules.
        digits = text[1:-1].replace("\\", "")
        if len(digits) == size // 3 * 2 and _is_hex(digits):
            return bytes.fromhex(digits)
    parts = text[1:-1].split("\\")
    out = bytearray(_encode(source, parts[0], start))
    i = 1
    while i < len(parts):
        part = parts[i]
        i += 1
        if part == "":
            # A backslash that the next one escapes.
            out.append(0x5C)
            if i < len(parts):
                out += _encode(source, parts[i], start)
            i += 1
            continue
        first = part[0]
        if _is_hex(part[:2]) and len(part) >= 2:
            out.append(int(part[:2], 16))
            rest = part[2:]
        elif first == "u" and part[1:2] == "{":
            close = part.find("}")
            out += _unicode_escape(source, part[2:close] if close >= 0 else "", start)
            rest = part[close + 1 :]
        elif first in _ESCAPES:
            out.append(_ESCAPES[first])
            rest = part[1:]
        else:
            raise error_at(source, "illegal escape", start)
        if rest:
            out += _encode(source, rest, start)
    return bytes(out)


_ESCAPES: Final[dict[str, int]] = {"t": 0x09, "n": 0x0A, "r": 0x0D, '"': 0x22, "'": 0x27}
_NOT_HEX: Final = re.compile(r"[^0-9a-fA-F]")
_NOT_HEX_NUMBER: Final = re.compile(r"[^0-9a-fA-F_]|^_|_$|__")


def _is_hex(text: str) -> bool:
    return _NOT_HEX.search(text) is None


def _encode(source: str, text: str, start: int) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    raise error_at(source, "malformed UTF-8 encoding", start)


def _unicode_escape(source: str, digits: str, start: int) -> bytes:
    if digits and _NOT_HEX_NUMBER.search(digits) is None:
        significant = digits.replace("_", "").lstrip("0")
        code = int("0" + significant, 16) if len(significant) <= 6 else 0x110000
        if code < 0xD800 or 0xE000 <= code < 0x110000:
            return chr(code).encode("utf-8")
    raise error_at(source, "illegal escape", start)


def string_text(source: str, text: str, start: int) -> str:
    """The name that a string token at `start` stands for."""
    try:
        return decode_string(source, text, start).decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise error_at(source, "malformed UTF-8 encoding", start)
