"""A frame that waits for its callee, and the backtrace of a trap.

In: the frames of the machine. Out: `zwasm.errors.Frame`s on a trap.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm import errors
from zwasm.errors import Trap
from zwasm.interp.code import Code
from zwasm.interp.instr import Instr

# A backtrace keeps this many of the innermost and of the outermost frames.
INNERMOST: Final = 50
OUTERMOST: Final = 10


class Frame:
    """A caller: where it goes on, its slots, and where in them its callee's results go."""

    __slots__ = ("base", "code", "pc", "slots")

    def __init__(self, code: Code, pc: i64, slots: list[object], base: i64) -> None:
        self.code = code
        self.pc: i64 = pc
        self.slots = slots
        self.base: i64 = base


def add_frames(trap: Trap, frames: list[Frame], code: Code | None, ins: Instr) -> None:
    """Add the frames of one activation to a trap, innermost first: the current frame, if there is
    one, stands at `ins` of `code`. A trap that comes through several activations collects them
    all."""
    found: list[errors.Frame] = []
    if code is not None and code.index >= 0:
        found.append(code.instance.info.frame(code.index, int(ins.place)))
    count = len(frames)
    for i in range(count):
        if i + 1 < INNERMOST or i >= count - OUTERMOST:
            frame = frames[count - 1 - i]
            caller = frame.code
            place = int(caller.instrs[frame.pc - 1].place)
            found.append(caller.instance.info.frame(caller.index, place))
    trap.frames.extend(found)
