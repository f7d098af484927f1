"""Instructions of the text format (specification, section 6.5).

In: a context at an instruction sequence. Out: the encoded instructions, appended to
`Context.out`, with their places. Folded instructions are unfolded. Blocks and parentheses
nest on a list of frames, not on Python's stack. Immediates are read and encoded by the kinds
that the instruction's row names; typing is not done here.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.isa import BY_NAME, SECOND_FORMS, Row
from zwasm.isa import row as r
from zwasm.limits import MAX_NESTING
from zwasm.module import Expr
from zwasm.text import numbers
from zwasm.text.context import DIGITS, Context
from zwasm.text.lexer import END
from zwasm.text.types import (
    BLOCK_EMPTY,
    BLOCK_VALUE,
    block_type,
    heap_type,
    reference_type,
    type_use,
    value_types,
)
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_TABLE,
    EXTERN_TAG,
    heap_of,
    is_nullable,
)

ELSE_BYTE: Final = 0x05
END_BYTE: Final = 0x0B

# How an instruction is parsed.
_PLAIN: Final = 0
_BLOCK: Final = 1  # block, loop
_IF: Final = 2
_ELSE: Final = 3
_END: Final = 4
_TRY_TABLE: Final = 5
_SELECT: Final = 6
_REF_TYPE: Final = 7
_NEEDS_COUNT: Final = (r.MEMORY_INIT, r.DATA_DROP, r.ARRAY_NEW_DATA, r.ARRAY_INIT_DATA)

_CATCHES: Final = ("catch", "catch_ref", "catch_all", "catch_all_ref")
# Lane shapes: number of lanes, bits of a lane.
LANE_SHAPES: Final[dict[str, tuple[int, int]]] = {
    "i8x16": (16, 8),
    "i16x8": (8, 16),
    "i32x4": (4, 32),
    "i64x2": (2, 64),
    "f32x4": (4, 32),
    "f64x2": (2, 64),
}


class Form:
    """A keyword of an instruction: how it is parsed, its encoded opcode, that of its second
    form, the one immediate that it has (0 for none, -1 for several), its row."""

    __slots__ = ("code", "immediate", "kind", "row", "second")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.code: bytes = _opcode(row)
        second = SECOND_FORMS.get(row.opcode)
        self.second: bytes = self.code if second is None else _opcode(second)
        immediates = row.immediates
        self.immediate: i64 = 0
        if immediates:
            self.immediate = immediates[0] if len(immediates) == 1 else -1
        self.kind: i64 = _PLAIN
        if row.shape == r.BLOCK or row.shape == r.LOOP:
            self.kind = _BLOCK
        elif row.shape == r.IF:
            self.kind = _IF
        elif row.shape == r.ELSE:
            self.kind = _ELSE
        elif row.shape == r.END:
            self.kind = _END
        elif row.shape == r.TRY_TABLE:
            self.kind = _TRY_TABLE
        elif row.shape == r.SELECT:
            self.kind = _SELECT
        elif row.shape == r.REF_TEST or row.shape == r.REF_CAST:
            self.kind = _REF_TYPE


def _opcode(row: Row) -> bytes:
    out = bytearray()
    write.opcode(out, row.prefix, row.code)
    return bytes(out)


_FORMS: Final[dict[str, Form]] = {name: Form(row) for name, row in BY_NAME.items()}

# What an open frame is.
_OPERANDS: Final = 1  # folded plain instruction: its operands follow, then its code
_FOLDED: Final = 2  # folded block: instructions, then the end
_CONDITION: Final = 3  # folded if: its condition, up to (then
_THEN: Final = 4  # within (then or (else
_AFTER_THEN: Final = 5  # folded if after (then ...)
_AFTER_ELSE: Final = 6
_OPEN: Final = 7  # block, loop or try_table up to its `end`
_OPEN_IF: Final = 8
_OPEN_ELSE: Final = 9


class _Frame:
    """An open block or parenthesis; `code` waits to be emitted, for the token `index`, `label`
    is the identifier of the block's label."""

    __slots__ = ("code", "index", "kind", "label")

    def __init__(self, kind: i64, code: bytes, index: i64, label: str) -> None:
        self.kind = kind
        self.code = code
        self.index = index
        self.label = label


def expression(c: Context) -> Expr:
    """An instruction sequence up to the `)` of what is around it, which stays."""
    start = len(c.out)
    _instructions(c, False)
    return _finish(c, start)


def folded_expression(c: Context) -> Expr:
    """One folded instruction as an expression."""
    start = len(c.out)
    _instructions(c, True)
    return _finish(c, start)


def _finish(c: Context, start: int) -> Expr:
    c.mark(c.pos)
    c.out.append(END_BYTE)
    return Expr(start, len(c.out))


def _instructions(c: Context, single: bool) -> None:
    frames: list[_Frame] = []
    texts = c.texts
    top: i64 = 0  # kind of the innermost frame
    if single and texts[c.pos] != "(":
        raise c.unexpected()
    while True:
        if len(frames) > MAX_NESTING:
            raise c.error("nesting too deep")
        at = c.pos
        text = texts[at]
        if text == ")":
            if not frames:
                return
            _close(c, frames)
        elif text == "(":
            keyword = texts[at + 1]
            form = _FORMS.get(keyword)
            if form is None or top == _AFTER_THEN or top == _AFTER_ELSE:
                _then_or_else(c, frames, keyword)
            else:
                c.pos = at + 2
                _folded(c, frames, form, at)
        elif top == 0 or top == _THEN or top == _FOLDED or top >= _OPEN:
            form = _FORMS.get(text)
            if form is None:
                raise c.unexpected()
            c.pos = at + 1
            if form.kind == _PLAIN:
                c.mark(at)
                _plain(c, form, at)
            else:
                _unfolded(c, frames, form, at)
        else:
            raise c.unexpected()
        if frames:
            top = frames[-1].kind
        else:
            top = 0
            if single:
                return


def _close(c: Context, frames: list[_Frame]) -> None:
    """Take the `)` that closes the innermost frame."""
    frame = frames[-1]
    kind = frame.kind
    if kind == _OPERANDS:
        _emit(c, frame)
        frames.pop()
    elif kind == _FOLDED or kind == _AFTER_THEN or kind == _AFTER_ELSE:
        c.mark(c.pos)
        c.out.append(END_BYTE)
        c.pop_label()
        frames.pop()
    elif kind == _THEN:
        frames.pop()
    else:
        raise c.unexpected()
    c.pos += 1


def _emit(c: Context, frame: _Frame) -> None:
    """Emit the code that waited for operands."""
    c.mark(frame.index + 1)
    if c.annotations:
        _hint(c, frame.index, BY_NAME[c.texts[frame.index + 1]].shape)
    c.out += frame.code


def _then_or_else(c: Context, frames: list[_Frame], keyword: str) -> None:
    """Take `(then` or `(else`, the only parts of an instruction that are none."""
    if frames:
        frame = frames[-1]
        if keyword == "then" and frame.kind == _CONDITION:
            _emit(c, frame)
            _push_label(c, frame.label)
            frame.kind = _AFTER_THEN
            frames.append(_Frame(_THEN, b"", c.pos, ""))
            c.pos += 2
            return
        if keyword == "else" and frame.kind == _AFTER_THEN:
            c.mark(c.pos + 1)
            c.out.append(ELSE_BYTE)
            frame.kind = _AFTER_ELSE
            frames.append(_Frame(_THEN, b"", c.pos, ""))
            c.pos += 2
            return
    if keyword in _FORMS and keyword != "else":
        raise c.unexpected()
    raise c.unexpected(c.pos + 1)


def _push_label(c: Context, label: str) -> None:
    if len(c.label_names) >= MAX_NESTING:
        raise c.error("nesting too deep")
    c.push_label(label)


def _folded(c: Context, frames: list[_Frame], form: Form, at: i64) -> None:
    """Take a folded instruction whose `(` is the token `at`, up to its operands."""
    kind = form.kind
    if kind == _PLAIN or kind == _SELECT or kind == _REF_TYPE:
        start = len(c.out)
        if kind == _PLAIN:
            _immediates(c, form)
        else:
            _second_form(c, form)
        if c.texts[c.pos] == ")":
            c.source_map.offsets.append(start)
            c.source_map.positions.append(c.starts[at + 1])
            if c.annotations:
                _hint_at(c, at, form.row.shape, start)
            c.pos += 1
        else:
            code = bytes(c.out[start:])
            del c.out[start:]
            frames.append(_Frame(_OPERANDS, code, at, ""))
    elif kind == _IF:
        label = c.optional_id()
        start = len(c.out)
        c.out += form.code
        _block_type(c)
        code = bytes(c.out[start:])
        del c.out[start:]
        frames.append(_Frame(_CONDITION, code, at, label))
    elif kind == _BLOCK or kind == _TRY_TABLE:
        label = _block(c, form, at, at + 1)
        frames.append(_Frame(_FOLDED, b"", at, label))
    else:
        raise c.unexpected(at + 1)


def _block(c: Context, form: Form, hint_at: i64, at: i64) -> str:
    """The head of a block; enters it and returns its identifier."""
    c.mark(at)
    label = c.optional_id()
    if c.annotations:
        _hint(c, hint_at, form.row.shape)
    c.out += form.code
    _block_type(c)
    if form.kind == _TRY_TABLE:
        _catches(c)
    _push_label(c, label)
    return label


def _unfolded(c: Context, frames: list[_Frame], form: Form, at: i64) -> None:
    """Take an instruction that is no plain one and not in parentheses."""
    kind = form.kind
    if kind == _SELECT or kind == _REF_TYPE:
        c.mark(at)
        if c.annotations:
            _hint(c, at, form.row.shape)
        _second_form(c, form)
    elif kind == _END:
        if not frames or frames[-1].kind < _OPEN:
            raise c.unexpected(at)
        _check_label(c, frames[-1])
        c.mark(at)
        c.out.append(END_BYTE)
        c.pop_label()
        frames.pop()
    elif kind == _ELSE:
        if not frames or frames[-1].kind != _OPEN_IF:
            raise c.unexpected(at)
        _check_label(c, frames[-1])
        c.mark(at)
        c.out.append(ELSE_BYTE)
        frames[-1].kind = _OPEN_ELSE
    else:
        label = _block(c, form, at, at)
        frames.append(_Frame(_OPEN_IF if kind == _IF else _OPEN, b"", at, label))


def _check_label(c: Context, frame: _Frame) -> None:
    """Take the identifier after `end` or `else`, which must be the block's."""
    if c.texts[c.pos][0] == "$":
        if c.texts[c.pos] != frame.label:
            raise c.error("mismatching label " + c.texts[c.pos])
        c.pos += 1


def _plain(c: Context, form: Form, at: i64) -> None:
    """Encode a plain instruction that is not folded."""
    if c.annotations:
        _hint(c, at, form.row.shape)
    _immediates(c, form)


def _hint(c: Context, at: i64, shape: int) -> None:
    """Take the branch hint before the token `at`, for the instruction encoded next."""
    _hint_at(c, at, shape, len(c.out))


def _hint_at(c: Context, at: i64, shape: int, offset: int) -> None:
    found = c.annotations.get(at)
    if found is None:
        return
    count = 0
    for annotation in found:
        if annotation.name != "metadata.code.branch_hint" or c.func_index < 0:
            continue
        annotation.used = True
        what = "@metadata.code.branch_hint annotation: "
        count += 1
        if count > 1:
            raise c.error(what + "duplicate annotation", at)
        hint = annotation.texts[0]
        if hint not in ('"\\00"', '"\\01"') or len(annotation.texts) != 2:
            raise c.error(what + "malformed hint", at)
        if shape != r.IF and shape != r.BR_IF and c.hint_error < 0:
            c.hint_error = at
        c.hints.append((offset, hint == '"\\01"'))


def _immediates(c: Context, form: Form) -> None:
    """Encode an instruction: its opcode and the immediates that follow in the text."""
    c.out += form.code
    kind = form.immediate
    if kind == 0:
        return
    if kind > 0:
        _immediate(c, kind, form.row)
    elif form.row.immediates == (r.IMM_MEMARG, r.IMM_LANE):
        _memarg(c, form.row, True)
        _lane(c)
    elif form.row.immediates == (r.IMM_TYPE, r.IMM_FIELD):
        index = c.index(c.types)
        c.index_out(index)
        _field(c, index)
    else:
        for one in form.row.immediates:
            _immediate(c, one, form.row)
    if form.row.shape in _NEEDS_COUNT:
        c.uses_data = True


def _immediate(c: Context, kind: i64, row: Row) -> None:
    """Encode one immediate."""
    if kind == r.IMM_LOCAL:
        c.index_out(c.index(c.locals))
    elif kind == r.IMM_I32:
        write.s32(c.out, c.integer(32))
    elif kind == r.IMM_LABEL:
        c.index_out(c.label())
    elif kind == r.IMM_FUNC:
        c.index_out(c.index(c.externs[EXTERN_FUNC]))
    elif kind == r.IMM_MEMARG:
        _memarg(c, row, False)
    elif kind == r.IMM_GLOBAL:
        c.index_out(c.index(c.externs[EXTERN_GLOBAL]))
    elif kind == r.IMM_I64:
        write.s64(c.out, c.integer(64))
    elif kind == r.IMM_F32:
        c.out += c.float_bits(32).to_bytes(4, "little")
    elif kind == r.IMM_F64:
        c.out += c.float_bits(64).to_bytes(8, "little")
    elif kind == r.IMM_V128:
        c.out += v128(c)
    elif kind == r.IMM_LABELS:
        _labels(c)
    elif kind == r.IMM_LANE:
        _lane(c)
    elif kind == r.IMM_LANES:
        _lanes(c)
    elif kind == r.IMM_TYPE:
        c.index_out(c.index(c.types))
    elif kind == r.IMM_HEAP:
        write.heap_type(c.out, heap_type(c))
    elif kind == r.IMM_TABLE:
        c.index_out(c.optional_index(c.externs[EXTERN_TABLE]))
    elif kind == r.IMM_MEMORY:
        c.index_out(c.optional_index(c.externs[EXTERN_MEMORY]))
    elif kind == r.IMM_TAG:
        c.index_out(c.index(c.externs[EXTERN_TAG]))
    elif kind == r.IMM_ELEM:
        c.index_out(c.index(c.elems))
    elif kind == r.IMM_DATA:
        c.index_out(c.index(c.datas))
    elif kind == r.IMM_CAST:
        _cast(c)
    elif kind == r.IMM_CALL_TYPE:
        table = c.optional_index(c.externs[EXTERN_TABLE])
        c.index_out(type_use(c, False))
        c.index_out(table)
    elif kind == r.IMM_TABLE_INIT:
        table = _init_target(c, EXTERN_TABLE)
        c.index_out(c.index(c.elems))
        c.index_out(table)
    elif kind == r.IMM_MEMORY_INIT:
        memory = _init_target(c, EXTERN_MEMORY)
        c.index_out(c.index(c.datas))
        c.index_out(memory)
    elif kind == r.IMM_TABLE_COPY:
        _copy(c, EXTERN_TABLE)
    elif kind == r.IMM_MEMORY_COPY:
        _copy(c, EXTERN_MEMORY)
    elif kind == r.IMM_COUNT:
        c.index_out(c.natural(32))
    elif kind == r.IMM_ZERO:
        c.out.append(0)
    else:
        raise c.unexpected()


def _second_form(c: Context, form: Form) -> None:
    """Encode an instruction whose opcode depends on its immediate."""
    if form.kind == _SELECT:
        if c.at_open("result"):
            c.out += form.second
            write.value_types(c.out, tuple(value_types(c, "result")))
        else:
            c.out += form.code
    else:
        code = reference_type(c)
        c.out += form.second if is_nullable(code) else form.code
        write.heap_type(c.out, heap_of(code))


def _block_type(c: Context) -> None:
    result: list[int] = []
    index = block_type(c, result)
    if index == BLOCK_EMPTY:
        c.out.append(0x40)
    elif index == BLOCK_VALUE:
        write.value_type(c.out, result[0])
    else:
        write.s33(c.out, index)


def _catches(c: Context) -> None:
    """Catch clauses; their labels are those around the block."""
    encoded = bytearray()
    count = 0
    while c.texts[c.pos] == "(" and c.texts[c.pos + 1] in _CATCHES:
        kind = _CATCHES.index(c.texts[c.pos + 1])
        c.pos += 2
        encoded.append(kind)
        if kind < 2:
            write.unsigned(encoded, c.index(c.externs[EXTERN_TAG]))
        write.unsigned(encoded, c.label())
        c.close()
        count += 1
    write.unsigned(c.out, count)
    c.out += encoded


def _labels(c: Context) -> None:
    """The labels of a branch table, the last is the default."""
    labels = [c.label()]
    while c.at_index():
        labels.append(c.label())
    write.unsigned(c.out, len(labels) - 1)
    for label in labels:
        c.index_out(label)


def _field(c: Context, type_index: int) -> None:
    """A field of a type."""
    text = c.texts[c.pos]
    if text[0] == "$":
        ids = c.field_ids.get(type_index)
        if ids is None or text not in ids:
            raise c.error("unknown field " + text)
        c.index_out(ids[text])
        c.pos += 1
    else:
        c.index_out(c.natural(32))


def _memarg(c: Context, row: Row, lane: bool) -> None:
    """A memory access's immediate: memory index, offset, alignment, each optional. Where a
    lane index follows, a lone number is that."""
    memory = 0
    if c.at_index():
        following = c.texts[c.pos + 1]
        if (
            not lane
            or c.texts[c.pos][0] == "$"
            or following[0] in DIGITS
            or following.startswith(("offset=", "align="))
        ):
            memory = c.index(c.externs[EXTERN_MEMORY])
    offset = 0
    if c.texts[c.pos].startswith("offset="):
        offset = _assigned(c, 7)
    align = row.align
    if c.texts[c.pos].startswith("align="):
        value = _assigned(c, 6)
        if value == 0 or value & (value - 1) != 0:
            raise c.error("alignment must be a power of two", c.pos - 1)
        align = value.bit_length() - 1
    write.memarg(c.out, align, memory, offset)


def _assigned(c: Context, start: int) -> int:
    """The number in a token such as `offset=1`."""
    text = c.texts[c.pos][start:]
    value = numbers.integer(text) if text[:1] in DIGITS else None
    if not text or value is None:
        raise c.error("unknown operator " + c.texts[c.pos])
    if value >> 64 != 0:
        raise c.error("i64 constant out of range")
    c.pos += 1
    return value


def _lane(c: Context) -> None:
    c.out.append(c.natural(8))


def _lanes(c: Context) -> None:
    """The sixteen lane indices of a shuffle."""
    _check_count(c, 16, "invalid lane length")
    for _ in range(16):
        value = numbers.integer(c.texts[c.pos])
        if value is None and not numbers.is_number(c.texts[c.pos]):
            raise c.unexpected()
        if value is None or value < 0 or value > 255:
            raise c.error("i8 constant out of range")
        c.out.append(value)
        c.pos += 1


def _check_count(c: Context, count: int, message: str) -> None:
    """Check that so many literals follow and no more."""
    i = c.pos
    for _ in range(count):
        if c.texts[i] in "()":
            raise c.error(message)
        if c.texts[i] is END:
            raise c.unexpected(i)
        i += 1
    if numbers.is_number(c.texts[i]):
        raise c.error(message)


def v128(c: Context) -> bytes:
    """A vector constant: its shape and lanes."""
    text = c.texts[c.pos]
    shape = LANE_SHAPES.get(text)
    if shape is None:
        raise c.unexpected()
    c.pos += 1
    count, width = shape
    _check_count(c, count, "wrong number of lane literals")
    out = bytearray()
    for _ in range(count):
        bits = c.float_bits(width) if text[0] == "f" else c.integer(width)
        out += bits.to_bytes(width // 8, "little")
    return bytes(out)


def _cast(c: Context) -> None:
    """The immediates of a branch on a cast."""
    label = c.label()
    source = reference_type(c)
    target = reference_type(c)
    c.out.append((1 if is_nullable(source) else 0) | (2 if is_nullable(target) else 0))
    c.index_out(label)
    write.heap_type(c.out, heap_of(source))
    write.heap_type(c.out, heap_of(target))


def _init_target(c: Context, kind: int) -> int:
    """The optional table or memory before a segment's index."""
    if c.at_index():
        first = c.texts[c.pos + 1][0]
        if first == "$" or first in DIGITS:
            return c.index(c.externs[kind])
    return 0


def _copy(c: Context, kind: int) -> None:
    """Two tables or memories, or none."""
    if c.at_index():
        c.index_out(c.index(c.externs[kind]))
        c.index_out(c.index(c.externs[kind]))
    else:
        c.index_out(0)
        c.index_out(0)
