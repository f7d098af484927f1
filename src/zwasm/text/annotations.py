"""Annotations that mean something (specification, appendix "Custom Sections and
Annotations").

In: a context whose module is parsed. Out: custom sections from `@custom`, branch hints as data
and as a custom section; an error for annotations that nothing took. Names given by `@name` and
the places of branch hints are taken while parsing.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.errors import MalformedError
from zwasm.module import TEXT_PLACE, Custom
from zwasm.text.context import Context
from zwasm.text.lexer import END, Annotation, decode_string, error_at, string_text

HINT_SECTION: Final = "metadata.code.branch_hint"

# Section ids in their order, by the names of the annotation's placement.
_ORDER: Final = (
    ("type", 1),
    ("import", 2),
    ("func", 3),
    ("table", 4),
    ("memory", 5),
    ("tag", 13),
    ("global", 6),
    ("export", 7),
    ("start", 8),
    ("elem", 9),
    ("datacount", 12),
    ("code", 10),
    ("data", 11),
)
_LAST: Final = 11
_BEFORE_CODE: Final = 12


def attach_customs(c: Context, start: i64, end: i64) -> None:
    """Add the `@custom` annotations that stand between the fields in a range of tokens."""
    texts = c.texts
    depth = 0
    i = start
    while i <= end:
        if depth == 0:
            found = c.annotations.get(i)
            if found is not None:
                for annotation in found:
                    if annotation.name == "custom":
                        annotation.used = True
                        c.module.customs.append(_custom(c, annotation))
        if texts[i] == "(":
            depth += 1
        elif texts[i] == ")":
            depth -= 1
        i += 1


def _error(c: Context, annotation: Annotation, message: str, at: int = -1) -> MalformedError:
    position = annotation.position if at < 0 else annotation.starts[at]
    return error_at(c.tokens.source, "@custom annotation: " + message, position)


def _custom(c: Context, annotation: Annotation) -> Custom:
    texts = annotation.texts
    source = c.tokens.source
    if texts[0][0] != '"':
        raise _error(c, annotation, "missing section name")
    name = ""
    try:
        name = string_text(source, texts[0], annotation.starts[0])
    except MalformedError as error:
        message = error.message
    else:
        message = ""
    if message:
        raise _error(c, annotation, message)
    i = 1
    after = _LAST
    if texts[i] == "(":
        if texts[i + 1] != "before" and texts[i + 1] != "after":
            raise _error(c, annotation, "malformed placement", i + 1)
        after = _placement(c, annotation, texts[i + 1] == "before", texts[i + 2])
        if texts[i + 3] != ")":
            raise _error(c, annotation, "unexpected token", i + 3)
        i += 4
    data = bytearray()
    while texts[i][0] == '"':
        data += decode_string(source, texts[i], annotation.starts[i])
        i += 1
    if texts[i] is not END:
        raise _error(c, annotation, "unexpected token", i)
    return Custom(name, bytes(data), after, TEXT_PLACE + annotation.position)


def _placement(c: Context, annotation: Annotation, before: bool, section: str) -> int:
    """The id of the section that a placement puts the custom section after."""
    if section == "first" and before:
        return 0
    if section == "last" and not before:
        return _LAST
    previous = 0
    for name, number in _ORDER:
        if name == section:
            return previous if before else number
        previous = number
    raise _error(c, annotation, "malformed section kind")


def check_unused(c: Context, start: i64, end: i64) -> None:
    """Raise for an annotation in a range of tokens that no part of the module took."""
    for index, found in c.annotations.items():
        if start <= index <= end:
            for annotation in found:
                if not annotation.used:
                    if annotation.name == HINT_SECTION:
                        message = f"@{HINT_SECTION} annotation: not in a function"
                    else:
                        message = f"misplaced @{annotation.name} annotation"
                    raise error_at(c.tokens.source, message, annotation.position)


def custom_hints(c: Context) -> None:
    """Put the branch hints into a custom section as well."""
    hints = c.module.branch_hints
    if not hints:
        return
    out = bytearray()
    write.unsigned(out, len(hints))
    for func, entries in hints.items():
        write.unsigned(out, func)
        write.unsigned(out, len(entries))
        for offset, likely in entries:
            write.unsigned(out, offset)
            out.append(1)
            out.append(1 if likely else 0)
    c.module.customs.append(Custom(HINT_SECTION, bytes(out), _BEFORE_CODE, 0))
