"""One function's register IR.

In: the words that `zwasm.lower.func` emits. Out: the object that engines compile or run and
`zwasm ir` prints. The operations and their operands are declared in `zwasm.isa.ir`.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from zwasm.types import V128

HALF: Final = 0  # in `local_types`: the second slot of a vector


def slot_count(codes: tuple[int, ...]) -> i64:
    """The number of slots that values of these types take."""
    count: i64 = 0
    for code in codes:
        count += 2 if code == V128 else 1
    return count


def slot_types(codes: tuple[int, ...]) -> list[int]:
    """The type of each slot that values of these types take."""
    types: list[int] = []
    for code in codes:
        types.append(code)
        if code == V128:
            types.append(HALF)
    return types


@mypyc_attr(acyclic=True)
class FuncIR:
    """The IR of a function or of a constant expression.

    `words` holds `count` instructions of `WORDS` words each. `consts` is the constant pool,
    `labels` gives each label's instruction number, `targets` the label numbers that
    `br_table` instructions refer to. `param_count`, `local_count` (parameters included) and
    `slot_count` size the frame, in slots; locals past the parameters start as zero or null, as
    `local_types` say, which has a code for every slot of the locals (parameters included; HALF
    for the second of a vector). `result_count` is the number of slots that the results take.
    """

    __slots__ = (
        "consts",
        "count",
        "labels",
        "local_count",
        "local_types",
        "param_count",
        "result_count",
        "slot_count",
        "targets",
        "words",
    )

    def __init__(
        self,
        words: vec[i64],
        count: int,
        consts: list[int],
        labels: list[int],
        targets: list[int],
        local_types: list[int],
        param_count: int,
        result_count: int,
        slot_count: int,
    ) -> None:
        self.words = words
        self.count = count
        self.consts = consts
        self.labels = labels
        self.targets = targets
        self.local_types = local_types
        self.local_count: int = len(local_types)
        self.param_count = param_count
        self.result_count = result_count
        self.slot_count = slot_count
