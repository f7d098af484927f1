"""Which values of a function get registers, and where.

In: a function's IR. Out: `Plan`: *zones* of the function, and for each of them the slots that keep
a hot register throughout and how many registers are left for short-lived values.

A zone is a loop that is better off with registers of its own, without the zones within it, or what
remains of the function. It is entered at its loop's label only. A branch or the end of a zone that
leads to another one stores and loads what differs.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from zwasm.baseline import ops
from zwasm.baseline.abi import NG, NH
from zwasm.baseline.analysis import Analysis
from zwasm.baseline.loops import RANKS, UNIT, zeros
from zwasm.lower.code import FuncIR
from zwasm.types import FuncType
from zwasm.valid.info import ModuleInfo

FLOAT_BASE: Final = 16  # number of the first float register
REGISTERS: Final = 32
ROOT: Final = 0
LEAST_SHARE: Final = 16  # of what a zone's registers save must be gained, since weights are guesses
LEAST_TURNS: Final = 4  # a slot of a loop is worth looking at if it weighs as much as so many uses
# How many entries are summed up to find zones: so many, and as many times those that there are.
LEAST_WORK: Final = 300
MOST_WORK: Final = 4


class Plan(Analysis):
    """Working memory for one function after the other; `make` fills it.

    Zones have the numbers of their nodes, ROOT is what remains. `zoned` says whether there are
    others, `zone_at` by label the zone of the code that it begins. By zone and register,
    `zone_slot[zone * REGISTERS + register]`, the slot that has the register, or -1: integer
    registers from 0 on, float registers from FLOAT_BASE on. By zone, as masks of registers:
    `written`, those whose slots the zone writes; `wides`, those of vectors; `pools`, those for
    short-lived values.
    """

    def __init__(self, info: ModuleInfo) -> None:
        super().__init__(info)
        self.zoned = False
        self.zone_at: vec[i64] = zeros(64)
        self.zone: vec[i64] = zeros(16)  # by node
        self.value: vec[i64] = zeros(16)  # by zone: what its registers save
        self.zone_slot: vec[i64] = zeros(16 * REGISTERS)
        self.written: vec[i64] = zeros(16)
        self.wides: vec[i64] = zeros(16)
        self.pools: vec[i64] = zeros(16)
        self.zone_room: i64 = 16
        self.params: i64 = 0
        self.slot_room: i64 = 64
        # Of the nodes that were summed up.
        self.chosen: vec[i64] = zeros(64)  # by slot: a zone that has a register for it, or -1
        self.sums: vec[i64] = zeros(64)  # by slot
        self.writing: vec[i64] = zeros(64)  # by slot
        self.summed: vec[i64] = zeros(64)  # the slots
        self.count_summed: i64 = 0
        self.visited: i64 = 0  # entries
        self.sum_calls: i64 = 0
        self.sum_ranks: vec[i64] = zeros(RANKS)
        self.best: vec[i64] = zeros(16)
        self.best_slot: vec[i64] = zeros(16)

    def make(self, code: FuncIR, type: FuncType) -> None:
        """Analyse a function and share the registers out."""
        self.analyse(code, type)
        self.params = i64(code.param_count)
        if self.slots > self.slot_room:
            self.slot_room = self.capacity
            self.chosen = zeros(self.slot_room)
            self.sums = zeros(self.slot_room)
            self.writing = zeros(self.slot_room)
            self.summed = zeros(self.slot_room)
        slot: i64 = 0
        while slot < self.slots:
            self.sums[slot] = -1
            self.chosen[slot] = -1
            slot += 1
        if self.nodes > self.zone_room:
            self.zone_room = self.node_room
            self.zone = zeros(self.zone_room)
            self.value = zeros(self.zone_room)
            self.zone_slot = zeros(self.zone_room * REGISTERS)
            self.written = zeros(self.zone_room)
            self.wides = zeros(self.zone_room)
            self.pools = zeros(self.zone_room)
        self.zone[ROOT] = ROOT
        self.zoned = False
        self.choose(ROOT, self.nodes, ROOT, False)
        self.give(ROOT)
        if self.nodes > 1:
            self.note_chosen(ROOT)
            self.find_zones()
            if self.zoned:
                self.settle_zones()
                self.find_labels(i64(len(code.labels)))

    # What nodes weigh together.

    def add_up(self, first: i64, stop: i64, zone: i64, all: bool) -> None:
        """Sum up nodes: all from `first` to before `stop`, or those of a zone."""
        i: i64 = 0
        while i < RANKS:
            self.sum_ranks[i] = 0
            i += 1
        self.sum_calls = 0
        self.count_summed = 0
        node = first
        while node < stop:
            if all or self.zone[node] == zone:
                self.add_node(node)
            node += 1

    def add_node(self, node: i64) -> None:
        entry = self.heads[node]
        while entry >= 0:
            slot = self.entry_slot[entry]
            if self.sums[slot] < 0:
                self.sums[slot] = 0
                self.writing[slot] = 0
                self.summed[self.count_summed] = slot
                self.count_summed += 1
            self.sums[slot] += self.entry_weight[entry]
            self.writing[slot] |= self.entry_stored[entry]
            self.visited += 1
            entry = self.entry_next[entry]
        self.sum_calls += self.calls[node]
        i: i64 = 0
        while i < RANKS:
            self.sum_ranks[i] += self.ranks[node * RANKS + i]
            i += 1

    def forget_sums(self) -> None:
        i: i64 = 0
        while i < self.count_summed:
            self.sums[self.summed[i]] = -1
            i += 1

    # Sharing out.

    def choose(self, first: i64, stop: i64, zone: i64, own: bool) -> None:
        """Find the best use of registers for the nodes from `first` to before `stop`, or with
        `own` for those of them that are the zone's."""
        self.add_up(first, stop, zone, not own)
        self.rank_candidates(zone)
        self.forget_sums()

    def rank_candidates(self, zone: i64) -> None:
        """Fill `best` with the worth of each register and `best_slot` with its slot, which is -1
        for short-lived values."""
        best = self.best
        i: i64 = 0
        while i < 16:
            best[i] = UNIT
            self.best_slot[i] = -1
            i += 1
        i = 0
        while i < self.count_summed:
            self.enter_slot(self.summed[i], zone)
            i += 1
        rank: i64 = 1
        while rank <= NH:
            if self.sum_ranks[rank] > 0:
                self.enter(self.sum_ranks[rank], -1, 0, NH)
            rank += 1
        rank = 1
        while rank <= NG:
            if self.sum_ranks[NH + 1 + rank] > 0:
                self.enter(self.sum_ranks[NH + 1 + rank], -1, NH, NG)
            rank += 1

    def enter_slot(self, slot: i64, zone: i64) -> None:
        """Put a slot among the best of its class, if it is."""
        if self.halves[slot] != 0:
            return
        score = self.sums[slot] - self.sum_calls * (1 + self.writing[slot])
        if zone != ROOT:
            score -= self.unit[zone] * (1 + self.writing[slot])
        elif slot < self.params:
            score -= UNIT
        if score <= UNIT:
            return
        classes = self.declared[slot]
        if classes == ops.ANY:
            classes = self.classes_of[slot]
        if classes == ops.VECTOR:
            # Writing it back writes the half as well.
            if self.writes[slot + 1] == 0:
                # What goes from turn to turn by way of memory waits for it.
                self.enter(2 * score, slot, NH, NG)
        elif classes & ops.CLASS_MASK == ops.INT:
            self.enter(score, slot, 0, NH)
        elif classes & ops.CLASS_MASK == ops.FLOAT:
            self.enter(score, slot, NH, NG)

    def enter(self, score: i64, slot: i64, first: i64, count: i64) -> None:
        """Put a candidate among the best of its class, if it is."""
        best = self.best
        best_slot = self.best_slot
        j = first + count - 1
        if score <= best[j]:
            return
        while j > first and best[j - 1] < score:
            best[j] = best[j - 1]
            best_slot[j] = best_slot[j - 1]
            j -= 1
        best[j] = score
        best_slot[j] = slot

    def give(self, zone: i64) -> None:
        """Make what `choose` found the zone's. What the zone shares with that around it keeps its
        register."""
        best_slot = self.best_slot
        if zone != ROOT:
            self.align(self.zone[self.parent[zone]], 0, NH, 0)
            self.align(self.zone[self.parent[zone]], NH, NG, FLOAT_BASE)
        one: i64 = 1
        base = zone * REGISTERS
        pool: i64 = 0
        written: i64 = 0
        wides: i64 = 0
        i: i64 = 0
        while i < REGISTERS:
            self.zone_slot[base + i] = -1
            i += 1
        i = 0
        while i < NH + NG:
            slot = best_slot[i]
            number = i if i < NH else i - NH + FLOAT_BASE
            if slot < 0:
                pool |= one << number
            else:
                self.zone_slot[base + number] = slot
                if self.writing[slot] != 0:
                    written |= one << number
                if i >= NH and self.is_vector(slot):
                    wides |= one << number
            i += 1
        self.pools[zone] = pool
        self.written[zone] = written
        self.wides[zone] = wides

    def align(self, around: i64, first: i64, count: i64, number: i64) -> None:
        """Exchange registers so that slots have those that they have in another zone."""
        best_slot = self.best_slot
        i: i64 = 0
        while i < count:
            j: i64 = 0
            slot = self.zone_slot[around * REGISTERS + number + i]
            while slot >= 0 and j < count:
                if best_slot[first + j] == slot:
                    best_slot[first + j] = best_slot[first + i]
                    best_slot[first + i] = slot
                j += 1
            i += 1

    def is_vector(self, slot: i64) -> bool:
        classes = self.declared[slot]
        return (self.classes_of[slot] if classes == ops.ANY else classes) == ops.VECTOR

    # Zones.

    def find_zones(self) -> None:
        """Decide which loops become zones. `zone` gets, by node, the zone that it belongs to."""
        node: i64 = 0
        while node < self.nodes:
            self.zone[node] = ROOT
            node += 1
        self.value[ROOT] = self.worth()
        self.visited = 0
        most = LEAST_WORK + MOST_WORK * i64(len(self.entry_slot))
        node = 1
        while node < self.nodes and self.visited < most:
            around = self.zone[node]
            unit = self.unit[node]
            self.add_up(node, self.stop[node], node, True)
            if not self.lacks(around, unit):
                self.forget_sums()
                node += 1
                continue
            self.rank_candidates(node)
            self.forget_sums()
            own = self.worth()
            self.note_chosen(node)
            self.assign(node, node)
            self.choose(around, self.stop[around], around, True)
            rest = self.worth()
            moves = 2 * unit * self.slots_chosen()
            if own + rest - moves - self.value[around] > own // LEAST_SHARE:
                self.zoned = True
                self.value[around] = rest
                self.value[node] = own
            else:
                self.assign(node, around)
            node += 1

    def lacks(self, around: i64, unit: i64) -> bool:
        """Whether a slot that weighs something in the node that was summed up has no register in
        the zone around it, as far as is known."""
        i: i64 = 0
        while i < self.count_summed:
            slot = self.summed[i]
            if self.sums[slot] > LEAST_TURNS * unit and self.chosen[slot] != around:
                return True
            i += 1
        return False

    def note_chosen(self, zone: i64) -> None:
        """Note for `lacks` what has been chosen for a zone, or was for one that did not become one:
        then the next loop with the slot is looked at, too."""
        i: i64 = 0
        while i < NH + NG:
            if self.best_slot[i] >= 0:
                self.chosen[self.best_slot[i]] = zone
            i += 1

    def assign(self, node: i64, zone: i64) -> None:
        """Let a node and those within it belong to a zone."""
        stop = self.stop[node]
        while node < stop:
            self.zone[node] = zone
            node += 1

    def worth(self) -> i64:
        """What the registers that were chosen save."""
        total: i64 = 0
        i: i64 = 0
        while i < NH + NG:
            if self.best[i] > UNIT:
                total += self.best[i]
            i += 1
        return total

    def slots_chosen(self) -> i64:
        """How many of the registers that were chosen are for global slots."""
        count: i64 = 0
        i: i64 = 0
        while i < NH + NG:
            if self.best_slot[i] >= 0:
                count += 1
            i += 1
        return count

    def settle_zones(self) -> None:
        """Share out again what zones have without the zones within them."""
        zone: i64 = 0
        while zone < self.nodes:
            if self.zone[zone] == zone:
                self.choose(zone, self.stop[zone], zone, True)
                self.give(zone)
            zone += 1

    def find_labels(self, labels: i64) -> None:
        """Find the zone of each label."""
        if labels > i64(len(self.zone_at)):
            self.zone_at = zeros(labels * 2)
        label: i64 = 0
        while label < labels:
            self.zone_at[label] = self.zone[self.node_of[self.label_region[label]]]
            label += 1
