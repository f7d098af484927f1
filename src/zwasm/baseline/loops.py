"""The loops of a function, and what its slots weigh in each.

In: where loops begin and are branched back to, and what `analysis` finds out about their code. Out:
`Loops`. What an instruction weighs, and what is made of that, is decided elsewhere.

A loop is the regions from its label's to that of the last branch back: a *node*. Nodes nest;
node 0 is the whole function.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.baseline.abi import NG, NH

UNIT: Final = 16  # weight of an instruction outside of loops
MAX_DEPTH: Final = 8  # of nodes
RANKS: Final = NH + NG + 2  # of integers from 0 to NH, then of floats from 0 to NG


def zeros(count: i64) -> vec[i64]:
    made = vec[i64](capacity=count)
    i: i64 = 0
    while i < count:
        made = append(made, 0)
        i += 1
    return made


class Loops:
    """Working memory for one function after the other.

    By node: `parent`; `stop`, the node after the last one within; `unit`, the weight of entering;
    `calls`, the weight of its barriers; `ranks`, RANKS each, the weight of short-lived values by
    rank, of integers and of floats. All of them are of the node without those within it. Its global
    slots are a chain of entries from `heads` on: `entry_slot`, `entry_weight`, `entry_stored`,
    1 where it is written, and `entry_next`. `node_of` is by region.
    """

    def __init__(self) -> None:
        # Of the node that is looked at, until they become entries.
        self.weight: vec[i64] = zeros(64)
        self.stored: vec[i64] = zeros(64)  # 1 where the slot is written
        self.touched: vec[i64] = zeros(64)  # slots that have entries to come
        self.touches: i64 = 0
        self.marked: vec[i64] = zeros(64)  # 1 where the slot is one of them
        self.barriers: i64 = 0
        self.int_rank: vec[i64] = zeros(NH + 1)
        self.float_rank: vec[i64] = zeros(NG + 1)
        # Nodes.
        self.nodes: i64 = 1
        self.node_room: i64 = 16
        self.parent: vec[i64] = zeros(16)
        self.stop: vec[i64] = zeros(16)
        self.first_region: vec[i64] = zeros(16)
        self.last_region: vec[i64] = zeros(16)
        self.unit: vec[i64] = zeros(16)
        self.calls: vec[i64] = zeros(16)
        self.heads: vec[i64] = zeros(16)
        self.ranks: vec[i64] = zeros(16 * RANKS)
        self.node_of: vec[i64] = zeros(130)
        self.entry_slot: vec[i64] = vec[i64]()
        self.entry_weight: vec[i64] = vec[i64]()
        self.entry_stored: vec[i64] = vec[i64]()
        self.entry_next: vec[i64] = vec[i64]()
        # Loops as they are found: how many, by label their number or -1, and by number the regions.
        self.loops: i64 = 0
        self.loop_of: vec[i64] = zeros(64)
        self.loop_first: vec[i64] = zeros(64)
        self.loop_last: vec[i64] = zeros(64)
        self.label_region: vec[i64] = zeros(64)  # by label
        self.loop_slots: i64 = 64  # room
        self.loop_labels: i64 = 64

    def start_loops(self, slots: i64, labels: i64) -> None:
        """Make room for a function and clear what an earlier one left."""
        if slots > self.loop_slots:
            self.loop_slots = slots * 2
            self.weight = zeros(self.loop_slots)
            self.stored = zeros(self.loop_slots)
            self.touched = zeros(self.loop_slots)
            self.marked = zeros(self.loop_slots)
        if labels > self.loop_labels:
            self.loop_labels = labels * 2
            self.node_of = zeros(self.loop_labels * 2 + 2)
            self.loop_of = zeros(self.loop_labels)
            self.loop_first = zeros(self.loop_labels)
            self.loop_last = zeros(self.loop_labels)
            self.label_region = zeros(self.loop_labels)
        i: i64 = 0
        while i < slots:
            self.weight[i] = 0
            self.stored[i] = 0
            self.marked[i] = 0
            i += 1
        i = 0
        while i < labels:
            self.loop_of[i] = -1
            i += 1
        i = 0
        while i <= NH:
            self.int_rank[i] = 0
            i += 1
        i = 0
        while i <= NG:
            self.float_rank[i] = 0
            i += 1
        self.barriers = 0
        self.touches = 0
        self.loops = 0

    def note_loop(self, label: i64, region: i64) -> None:
        """Note that a loop's label begins a region."""
        self.loop_of[label] = self.loops
        self.loop_first[self.loops] = region
        self.loop_last[self.loops] = -1
        self.loops += 1

    def note_branch(self, label: i64, region: i64) -> None:
        """Note a branch, which may be one back to a loop."""
        loop = self.loop_of[label]
        if loop >= 0:
            self.loop_last[loop] = region

    def make_nodes(self, last_region: i64) -> None:
        """Make nodes of the loops that are not too deep. Regions are numbered up to the last."""
        if self.loops >= self.node_room:
            self.node_room = self.loops * 2
            self.parent = zeros(self.node_room)
            self.stop = zeros(self.node_room)
            self.first_region = zeros(self.node_room)
            self.last_region = zeros(self.node_room)
            self.unit = zeros(self.node_room)
            self.calls = zeros(self.node_room)
            self.heads = zeros(self.node_room)
            self.ranks = zeros(self.node_room * RANKS)
        first = self.first_region
        last = self.last_region
        parent = self.parent
        first[0] = 0
        last[0] = last_region
        parent[0] = -1
        self.nodes = 1
        around: i64 = 0
        depth: i64 = 0
        loop: i64 = 0
        while loop < self.loops:
            begin = self.loop_first[loop]
            end = self.loop_last[loop]
            loop += 1
            if end < 0:
                continue
            while last[around] < begin:
                self.stop[around] = self.nodes
                around = parent[around]
                depth -= 1
            # The last branch back of a loop may be in one within it.
            outer = around
            while outer > 0 and last[outer] < end:
                last[outer] = end
                outer = parent[outer]
            if depth < MAX_DEPTH:
                node = self.nodes
                self.nodes += 1
                first[node] = begin
                last[node] = end
                parent[node] = around
                around = node
                depth += 1
        while around >= 0:
            self.stop[around] = self.nodes
            around = parent[around]
        node_of = self.node_of
        node = 0
        while node < self.nodes:
            region = first[node]
            while region <= last[node]:
                node_of[region] = node
                region += 1
            self.unit[node] = UNIT
            self.calls[node] = 0
            self.heads[node] = -1
            rank = node * RANKS
            while rank < (node + 1) * RANKS:
                self.ranks[rank] = 0
                rank += 1
            node += 1
        self.entry_slot = vec[i64]()
        self.entry_weight = vec[i64]()
        self.entry_stored = vec[i64]()
        self.entry_next = vec[i64]()

    def touch(self, slot: i64) -> None:
        """Have an entry made for a slot."""
        if self.marked[slot] == 0:
            self.marked[slot] = 1
            self.touched[self.touches] = slot
            self.touches += 1

    def make_entries(self, node: i64) -> None:
        """Make entries of what was found out about a node."""
        i: i64 = 0
        head = self.heads[node]
        number: i64 = i64(len(self.entry_slot))
        while i < self.touches:
            slot = self.touched[i]
            self.entry_slot = append(self.entry_slot, slot)
            self.entry_weight = append(self.entry_weight, self.weight[slot])
            self.entry_stored = append(self.entry_stored, self.stored[slot])
            self.entry_next = append(self.entry_next, head)
            head = number
            number += 1
            self.weight[slot] = 0
            self.stored[slot] = 0
            self.marked[slot] = 0
            i += 1
        self.heads[node] = head
        self.touches = 0
        self.calls[node] += self.barriers
        self.barriers = 0
        at = node * RANKS
        i = 0
        while i <= NH:
            self.ranks[at] += self.int_rank[i]
            self.int_rank[i] = 0
            at += 1
            i += 1
        i = 0
        while i <= NG:
            self.ranks[at] += self.float_rank[i]
            self.float_rank[i] = 0
            at += 1
            i += 1
