"""The state of parsing one module: a cursor over tokens and the identifiers in scope.

In: tokens. Out: `Context`, with what every part of the grammar needs: looking at tokens,
indices, strings, numbers, errors in the specification's words, the buffer of encoded
instructions. The grammar itself is in `types`, `instructions` and `modules`.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.errors import MalformedError
from zwasm.isa import BY_NAME
from zwasm.module import TEXT_PLACE, Module, SourceMap
from zwasm.text import numbers
from zwasm.text.lexer import (
    END,
    Annotation,
    Tokens,
    decode_string,
    error_at,
    string_text,
)
from zwasm.types import EXTERN_NAMES, HEAP_NAMES, NUM_NAMES, REF_NAMES

# Keywords that are not instructions or type names, to tell a keyword in the wrong place from
# one that does not exist.
_OTHER_KEYWORDS: Final = (
    "module type func param result local import export table memory global tag elem data start "
    "offset item declare rec sub final struct array field mut then shared ref null extern "
    "catch catch_ref catch_all catch_all_ref binary quote definition instance register invoke "
    "get i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 nan:canonical nan:arithmetic either "
)
KEYWORDS: Final[set[str]] = set(_OTHER_KEYWORDS.split())
KEYWORDS.update(BY_NAME.keys())
KEYWORDS.update(NUM_NAMES.values(), HEAP_NAMES.values(), REF_NAMES.values())

DIGITS: Final = "0123456789"


class Space:
    """An index space: how many entries it has and which identifiers name them. `what` is its
    name in messages."""

    __slots__ = ("count", "ids", "what")

    def __init__(self, what: str) -> None:
        self.what = what
        self.count = 0
        self.ids: dict[str, int] = {}


class Context:
    """A cursor at token `pos`, and what is known of the module so far."""

    __slots__ = (
        "annotations",
        "block_count",
        "datas",
        "elems",
        "externs",
        "field_ids",
        "func_index",
        "func_types",
        "hint_error",
        "hints",
        "imported",
        "label_ids",
        "label_names",
        "locals",
        "module",
        "out",
        "param_ids",
        "pos",
        "source_map",
        "starts",
        "texts",
        "tokens",
        "types",
        "uses_data",
    )

    def __init__(self, tokens: Tokens, pos: int) -> None:
        self.tokens = tokens
        self.texts: list[str] = tokens.texts
        self.starts: list[int] = tokens.starts
        self.annotations: dict[int, list[Annotation]] = tokens.annotations
        self.pos: i64 = pos
        self.module = Module(b"")
        self.source_map = SourceMap(tokens.source)
        self.out = bytearray()
        self.types = Space("type")
        # by the EXTERN constants: functions, tables, memories, globals, tags
        self.externs: list[Space] = [Space(name) for name in EXTERN_NAMES]
        self.imported: list[int] = [0] * len(EXTERN_NAMES)  # how many are parsed
        self.elems = Space("elem segment")
        self.datas = Space("data segment")
        self.field_ids: dict[int, dict[str, int]] = {}
        self.func_types: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self.uses_data = False
        # of the function at hand
        self.func_index: int = -1
        self.param_ids: list[tuple[str, int, int]] = []
        self.locals = Space("local")
        self.label_names: list[str] = []
        self.label_ids: dict[str, list[int]] = {}
        self.block_count: int = 0
        # (offset of the branch in `out`, likely), and a hint at no branch
        self.hints: list[tuple[int, bool]] = []
        self.hint_error: int = -1

    # Errors

    def error(self, message: str, index: i64 = -1) -> MalformedError:
        """An error at the token `index`, or at the next one."""
        if index < 0:
            index = self.pos
        return error_at(self.tokens.source, message, self.starts[index])

    def unexpected(self, index: i64 = -1) -> MalformedError:
        """The error that says that a token does not fit here, or is none at all."""
        if index < 0:
            index = self.pos
        text = self.texts[index]
        if text is END:
            return self.error("unexpected token: end of text", index)
        first = text[0]
        shown = text if len(text) <= 60 else text[:60] + "…"
        if (
            first in '()$"'
            or text in KEYWORDS
            or text.startswith(("offset=", "align="))
            or numbers.is_number(text)
        ):
            return self.error("unexpected token " + shown, index)
        return self.error("unknown operator " + shown, index)

    # Tokens

    def at_open(self, keyword: str) -> bool:
        """Whether `(` and the keyword follow."""
        return self.texts[self.pos] == "(" and self.texts[self.pos + 1] == keyword

    def open(self, keyword: str) -> None:
        """Take `(` and the keyword."""
        if self.texts[self.pos] != "(":
            raise self.unexpected()
        if self.texts[self.pos + 1] != keyword:
            raise self.unexpected(self.pos + 1)
        self.pos += 2

    def close(self) -> None:
        """Take `)`."""
        if self.texts[self.pos] != ")":
            raise self.unexpected()
        self.pos += 1

    def skip_list(self) -> i64:
        """The index after the `)` that closes the `(` here; the cursor stays."""
        texts = self.texts
        depth: i64 = 0
        i: i64 = self.pos
        while True:
            text = texts[i]
            if text == "(":
                depth += 1
            elif text == ")":
                depth -= 1
                if depth == 0:
                    return i + 1
            elif text is END:
                raise self.unexpected(i)
            i += 1

    def place(self, index: i64) -> int:
        """The place of a token, for `Module`."""
        return TEXT_PLACE + self.starts[index]

    # Identifiers and indices

    def optional_id(self) -> str:
        """Take an identifier if one follows; "" otherwise. It keeps its `$`."""
        text = self.texts[self.pos]
        if text[0] == "$":
            self.pos += 1
            return text
        return ""

    def bind(self, space: Space, identifier: str, index: i64) -> None:
        """Give the next entry of a space its identifier, which stands before token `index`."""
        if identifier:
            if identifier in space.ids:
                raise self.error(f"duplicate {space.what} {identifier}", index)
            space.ids[identifier] = space.count
        space.count += 1

    def at_index(self) -> bool:
        """Whether an index follows."""
        first = self.texts[self.pos][0]
        return first == "$" or first in DIGITS

    def index(self, space: Space) -> int:
        """Take an index of a space."""
        text = self.texts[self.pos]
        if text[0] == "$":
            found = space.ids.get(text)
            if found is None:
                raise self.error(f"unknown {space.what} {text}")
            self.pos += 1
            return found
        return self.natural(32)

    def optional_index(self, space: Space) -> int:
        """Take an index if one follows, else give 0."""
        return self.index(space) if self.at_index() else 0

    # Numbers and strings

    def natural(self, width: int) -> int:
        """Take an unsigned integer of so many bits."""
        text = self.texts[self.pos]
        value = numbers.integer(text) if text[0] in DIGITS else None
        if value is None:
            raise self.unexpected()
        if value >> width != 0:
            raise self.error(f"i{width} constant out of range")
        self.pos += 1
        return value

    def integer(self, width: int) -> int:
        """Take an integer of so many bits, signed or unsigned; its bits."""
        value = numbers.integer(self.texts[self.pos])
        if value is None:
            raise self.unexpected()
        if value >> width != 0 and (value >= 0 or value < -(1 << (width - 1))):
            raise self.error(f"i{width} constant out of range")
        self.pos += 1
        return value & ((1 << width) - 1)

    def float_bits(self, width: int) -> int:
        """Take a float of so many bits; its bits."""
        bits = numbers.float_bits(self.texts[self.pos], width)
        if bits < 0:
            if bits == numbers.NOT_A_NUMBER:
                raise self.unexpected()
            raise self.error(f"f{width} constant out of range")
        self.pos += 1
        return bits

    def at_string(self) -> bool:
        """Whether a string follows."""
        return self.texts[self.pos][0] == '"'

    def string(self) -> bytes:
        """Take a string."""
        if not self.at_string():
            raise self.unexpected()
        data = decode_string(self.tokens.source, self.texts[self.pos], self.starts[self.pos])
        self.pos += 1
        return data

    def name(self) -> str:
        """Take a string that is a name."""
        if not self.at_string():
            raise self.unexpected()
        text = string_text(self.tokens.source, self.texts[self.pos], self.starts[self.pos])
        self.pos += 1
        return text

    # Annotations

    def annotation_name(self, identifier: str) -> str:
        """The name that an entity gets: that of a `@name` annotation here, or its identifier's
        ("" if none)."""
        if self.annotations:
            found = self.annotations.get(self.pos)
            if found is not None:
                for annotation in found:
                    if annotation.name == "name" and not annotation.used:
                        return name_annotation(self.tokens.source, annotation)
        return identifier[1:]

    # Instructions

    def mark(self, index: i64) -> None:
        """Note that the next instruction encoded stands at a token."""
        self.source_map.offsets.append(len(self.out))
        self.source_map.positions.append(self.starts[index])

    def push_label(self, identifier: str) -> None:
        """Enter a block."""
        if identifier:
            self.label_ids.setdefault(identifier, []).append(len(self.label_names))
            if self.func_index >= 0:
                names = self.module.names.labels.setdefault(self.func_index, {})
                names[self.block_count] = identifier[1:]
        self.label_names.append(identifier)
        self.block_count += 1

    def pop_label(self) -> None:
        """Leave a block."""
        identifier = self.label_names.pop()
        if identifier:
            self.label_ids[identifier].pop()

    def label(self) -> int:
        """Take a label index."""
        text = self.texts[self.pos]
        if text[0] == "$":
            depths = self.label_ids.get(text)
            if not depths:
                raise self.error("unknown label " + text)
            self.pos += 1
            return len(self.label_names) - 1 - depths[-1]
        return self.natural(32)

    def index_out(self, value: int) -> None:
        """Encode an index or another unsigned number."""
        if value < 0x80:
            self.out.append(value)
        else:
            write.unsigned(self.out, value)


def name_annotation(source: str, annotation: Annotation) -> str:
    """The name that a `@name` annotation gives."""
    annotation.used = True
    if annotation.texts[0][0] != '"':
        raise error_at(source, "@name annotation: missing name", annotation.position)
    if annotation.texts[1] is not END:
        raise error_at(source, "@name annotation: unexpected token", annotation.starts[1])
    try:
        return string_text(source, annotation.texts[0], annotation.starts[0])
    except MalformedError as error:
        message = "@name annotation: " + error.message
    raise error_at(source, message, annotation.position)
