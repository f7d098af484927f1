"""What a profile holds.

In: functions and stacks with weights, from `profiler`. Out: `Profile`, which sums them up.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A function of a profile: `self` is its own part of the weights, `total` includes what it
    called."""

    name: str
    self: int
    total: int


class Profile:
    """Stacks with weights: `unit` is "samples" or "instructions".

    `names` are the functions; two may have the same name. `stacks` are functions by number,
    outermost first. `lanes` has for each thread, by the system's number of it, stacks by number
    and their weights, in the order of time where the unit is samples. `lost` is the weight of
    samples for which there was no room.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.names: list[str] = []
        self.stacks: list[tuple[int, ...]] = []
        self.lanes: dict[int, list[tuple[int, int]]] = {}
        self.lost = 0
        self._numbers: dict[tuple[int, ...], int] = {}

    def function(self, name: str) -> int:
        """The number of a new function. Its name may be a guest's: what is not printable is
        escaped."""
        if not name.isprintable():
            name = "".join(
                letter if letter.isprintable() else letter.encode("unicode_escape").decode()
                for letter in name
            )
        self.names.append(name)
        return len(self.names) - 1

    def add(self, lane: int, stack: tuple[int, ...], weight: int) -> None:
        """Add weight to a stack."""
        number = self._numbers.get(stack)
        if number is None:
            number = self._numbers[stack] = len(self.stacks)
            self.stacks.append(stack)
        entries = self.lanes.setdefault(lane, [])
        if entries and entries[-1][0] == number:
            weight += entries.pop()[1]
        entries.append((number, weight))

    @property
    def weight(self) -> int:
        """The sum of all weights."""
        return sum(weight for lane in self.lanes.values() for _, weight in lane)

    def functions(self) -> list[Row]:
        """The functions, those with the largest own part first."""
        weights = [0] * len(self.stacks)
        for lane in self.lanes.values():
            for number, weight in lane:
                weights[number] += weight
        own = [0] * len(self.names)
        total = [0] * len(self.names)
        for stack, weight in zip(self.stacks, weights, strict=True):
            own[stack[-1]] += weight
            for function in set(stack):
                total[function] += weight
        rows = [Row(name, own[i], total[i]) for i, name in enumerate(self.names) if total[i]]
        return sorted(rows, key=lambda row: (-row.self, -row.total, row.name))
