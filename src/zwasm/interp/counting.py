"""Counting of what the interpreter executes, for profiles.

In: `switch.session`, which somebody sets for a while. Out: how often every operation ran, and how
many instructions ran in every chain of calls.

Code that is prepared while a session is on has a STEP in front of every instruction and one more
where a function begins; code without them costs nothing. A machine has one `Counter` a session,
and makes code anew where what it has belongs to another counter.
"""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import i64

from zwasm.interp.instr import STEP, Instr

# Chains of calls are told apart up to this depth; functions called deeper count as if they had
# been called from there.
DEPTH: Final = 200


class Node:
    """One chain of calls: its last function's `code` (a `Code`, None at the root), the chain
    before, and how many instructions ran in that function."""

    __slots__ = ("children", "code", "count", "depth", "parent")

    def __init__(self, code: Any, parent: Node | None) -> None:
        self.code = code
        self.parent = parent
        self.children: dict[Any, Node] = {}
        self.count: int = 0
        self.depth: int = 0 if parent is None else parent.depth + 1


class Counter:
    """The counts of one machine: `operations` by IR operation, `root` by chain of calls.

    It keeps its own stack of the frames that run, each known by its list of slots. Frames end in
    several ways, none of which is told: they are taken away when another one goes on.
    """

    __slots__ = ("frames", "nodes", "operations", "root", "top")

    def __init__(self, operations: int) -> None:
        self.operations: list[int] = [0] * operations
        self.root = Node(None, None)
        self.top: Node = self.root
        self.frames: list[list[object]] = []
        self.nodes: list[Node] = []

    def begin(self) -> None:
        """An outermost activation begins."""
        self.frames = []
        self.nodes = []

    def count(self, instance: object, slots: list[object], ins: Instr) -> None:
        """Count the instruction behind `ins`."""
        if not self.frames or self.frames[-1] is not slots:
            self.go_on(slots)
        self.top.count += 1
        self.operations[int(ins.a)] += 1

    def count_last(self, instance: object, slots: list[object], ins: Instr) -> None:
        """Count a tail call: the frame ends here."""
        self.count(instance, slots, ins)
        self.frames.pop()
        self.nodes.pop()
        self.top = self.nodes[-1] if self.nodes else self.root

    def go_on(self, slots: list[object]) -> None:
        """Take away frames until the one with these slots is the last."""
        while self.frames and self.frames[-1] is not slots:
            self.frames.pop()
            self.nodes.pop()
        self.top = self.nodes[-1] if self.nodes else self.root

    def step(self, number: i64, place: i64, last: bool) -> Instr:
        """What stands in front of an instruction with the operation `number`; `last` if it is a
        tail call."""
        return Instr(STEP, number, 0, 0, 0, self.count_last if last else self.count, place)


class Entry:
    """What a function's code begins with."""

    __slots__ = ("code", "counter")

    def __init__(self, counter: Counter, code: Any) -> None:
        self.counter = counter
        self.code = code

    def enter(self, instance: object, slots: list[object], ins: Instr) -> None:
        """A frame begins, called by the last one that counted."""
        counter = self.counter
        node = counter.nodes[-1] if counter.nodes else counter.root
        if node.depth >= DEPTH and node.parent is not None:
            node = node.parent
        child = node.children.get(self.code)
        if child is None:
            child = node.children[self.code] = Node(self.code, node)
        counter.frames.append(slots)
        counter.nodes.append(child)
        counter.top = child

    def step(self, place: i64) -> Instr:
        return Instr(STEP, 0, 0, 0, 0, self.enter, place)


class Session:
    """What is counted from `switch.session = Session()` on."""

    def __init__(self) -> None:
        self.counters: list[Counter] = []


class Switch:
    """Whether instructions are counted."""

    __slots__ = ("session",)

    def __init__(self) -> None:
        self.session: Session | None = None


switch: Final = Switch()
