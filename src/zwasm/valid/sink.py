"""The events that the validation of a function body reports.

In: calls of `zwasm.valid.func`, one or two an instruction, after the instruction was found
valid. Out: nothing; `zwasm.lower` overrides the methods to build IR. The operand stack's
types are the validator's business, not a sink's.

`live` is False while the code being read cannot be reached; only the structural methods
(`block` to `end`) are called then. `place` is the offset of the current instruction.
"""

from __future__ import annotations

from mypy_extensions import i64

from zwasm.types import FuncType


class Sink:
    """Ignores every event. Stack effects named below are in operands."""

    def __init__(self) -> None:
        self.live: bool = True
        self.place: i64 = 0

    def op(self, opcode: i64, sources: i64, results: i64, x: i64, y: i64) -> None:
        """An instruction that takes `sources` operands, gives `results` (0, 1, or 2 for a vector
        where the row does not say that it gives one), and has the immediates `x` and `y` after
        its operands in the IR."""

    def bulk(self, opcode: i64, x: i64, y: i64) -> None:
        """An instruction that takes three operands from memory order and gives none."""

    def wide(self, opcode: i64, sources: i64, results: i64, values: list[int]) -> None:
        """As `op`, with immediates that go to the constant pool."""

    def unsupported(self, opcode: i64) -> None:
        """An instruction that no IR operation stands for yet."""

    def const(self, bits: i64) -> None:
        """A constant; `bits` as in an inline operand of `zwasm.isa.ir`, in 64 bits."""

    def const_vector(self, bits: int) -> None:
        """A 128-bit constant."""

    def local_get(self, x: i64) -> None:
        """Push local x."""

    def local_set(self, x: i64) -> None:
        """Pop into local x."""

    def local_tee(self, x: i64) -> None:
        """Copy the top into local x."""

    def drop(self) -> None:
        """Pop one operand."""

    def unreachable(self) -> None:
        """Trap; what follows is not live."""

    def block(self, type: FuncType) -> None:
        """Enter a block."""

    def loop(self, type: FuncType) -> None:
        """Enter a loop."""

    def if_(self, type: FuncType) -> None:
        """Pop the condition and enter an if."""

    def else_(self) -> None:
        """Leave the then side, enter the else side."""

    def end(self) -> None:
        """Leave the innermost block, or the function."""

    def br(self, depth: i64) -> None:
        """Branch."""

    def br_if(self, depth: i64) -> None:
        """Pop the condition, branch if it is not zero."""

    def br_table(self, depths: list[int]) -> None:
        """Pop the index, branch; the last depth is the default."""

    def br_on_null(self, depth: i64) -> None:
        """Pop a reference; branch if null, else push it back."""

    def br_on_non_null(self, depth: i64) -> None:
        """Pop a reference; branch with it if not null."""

    def return_(self) -> None:
        """Return the function's results."""

    def call(self, opcode: i64, x: i64, y: i64, type: FuncType) -> None:
        """A call of any kind: `x` is the function index or canonical type id, `y` the table;
        an index or a function reference stands above the arguments. Tail calls are not live
        after."""
