"""The first contents of a module's own memory, for modules with very many data segments.

In: a `ModuleInfo`. Out: few large pieces instead of many small segments, made once a module. The
segments of other modules are written one by one.
"""

from __future__ import annotations

from typing import Final

from zwasm.binary.reader import Reader
from zwasm.isa.row import BY_NAME
from zwasm.limits import PAGE_SIZE
from zwasm.module import MODE_ACTIVE, Expr
from zwasm.valid import ModuleInfo

_MANY: Final = 64  # segments
_STEP: Final = 4096  # bytes that are left out where all are zero
_MOST: Final = 1 << 26  # bytes of an image, gaps included
_I32_CONST: Final = BY_NAME["i32.const"].opcode


class Image:
    """Pieces of memory 0, each a place and its bytes; `datas` is what segments hold once the
    active ones are written and dropped."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.datas: list[bytes] = []


def image_of(info: ModuleInfo) -> Image | None:
    """The image of a module, None where its segments have to be written one by one."""
    known = info.image
    if known is None:
        known = _make(info)
        info.image = known
    return known if isinstance(known, Image) else None


def _make(info: ModuleInfo) -> object:
    """The image, or False."""
    module = info.module
    if len(module.datas) < _MANY or not module.memories:
        return False
    # An imported memory may hold something, and then zeros have to be written.
    if len(info.memories) != len(module.memories):
        return False
    size = info.memories[0].minimum * PAGE_SIZE
    image = Image()
    end = 0
    places: list[int] = []
    for data in module.datas:
        at = 0
        if data.mode == MODE_ACTIVE and data.offset is not None:
            at = _constant(module.data, data.offset)
            end = max(end, at + len(data.init))
            if data.memory != 0 or at < 0 or end > size or end > _MOST:
                return False
        places.append(at)
    whole = bytearray(end)
    for i in range(len(places)):
        data = module.datas[i]
        if data.mode == MODE_ACTIVE:
            whole[places[i] : places[i] + len(data.init)] = data.init
            image.datas.append(b"")
        else:
            image.datas.append(data.init)
    start = -1
    for at in range(0, end + _STEP, _STEP):
        # Memory is zero as it is.
        filled = at < end and whole.count(0, at, at + _STEP) < min(_STEP, end - at)
        if filled and start < 0:
            start = at
        elif not filled and start >= 0:
            image.pieces.append((start, bytes(whole[start:at])))
            start = -1
    return image


def _constant(data: bytes, expr: Expr) -> int:
    """The value of an expression that is one i32.const, -1 of any other."""
    if data[expr.start] != _I32_CONST:
        return -1
    reader = Reader(data, expr.start + 1, expr.end)
    value = int(reader.s32())
    return value & 0xFFFF_FFFF if reader.pos == expr.end - 1 else -1
