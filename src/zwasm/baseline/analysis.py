"""What the values of a function are, and what registers for them are worth.

In: a function's IR. Out: `Analysis`: which slots hold values from region to region and what they
weigh in each loop, and for every instruction how long the value that it gives lives. Giving out
registers is `plan`'s, emitting code is `emit`'s.

A *region* is a stretch of code with one entry: it begins at a label, or behind a conditional branch
back to a loop, and may be left by branches.
A slot is *global* if some region reads it before writing it; its value must be in its place at
every label. All other slots hold values that live within one region: each definition is a value
of its own, with a first and last instruction. So are values of global slots that are *local*:
overwritten in the same region before it may be left, and not read in memory.

The values of a few of the module's globals are looked at as if they were in global slots, from
`global_base` on, that are never written: memory always has the value.

A vector is in the slot that names it and in the *half*, the slot after that, which is never read
by itself. A slot that is a half anywhere in a function keeps no register throughout.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.baseline import ops
from zwasm.baseline.abi import NG, NH
from zwasm.baseline.loops import MAX_DEPTH, UNIT, Loops, zeros
from zwasm.baseline.ops import CLASS_BITS, CLASS_MASK, OPS, class_of
from zwasm.baseline.simplify import simplify
from zwasm.isa.ir import ENGINE_BITS, OP_MASK, WORDS
from zwasm.lower.code import HALF, FuncIR, slot_count
from zwasm.types import EXTERN_GLOBAL, V128, FuncType, def_type, is_ref
from zwasm.valid.info import ModuleInfo

LOOP_SHIFT: Final = 3  # an instruction weighs 8 times as much a loop deeper
SWITCH: Final = 4  # targets from which on `br_table` makes what it leads to weigh less
SPARE: Final = 8  # slots behind a function's own that instructions may use
MAX_GLOBALS: Final = 4  # that a function may have in registers
MAX_COPIES: Final = 64  # that are looked at one by one
DEAD: Final = -1  # end of a value that nothing reads

# Bits of an operation word: the value that it gives is local; the value before that in the slot is;
# the branch is the last instruction of its region.
LOCAL_VALUE: Final = 1 << ENGINE_BITS
AFTER_LOCAL: Final = 2 << ENGINE_BITS
LAST_OF_REGION: Final = 4 << ENGINE_BITS

# Bits of a value.
CROSSES: Final = 1  # lives across a barrier
IN_MEMORY: Final = 2  # read from its slot: an argument, a result, an operand of a helper
LOCAL: Final = 4
EARLY: Final = 8  # one of the first two, and read before the next barrier, last at `end`

# Besides the classes of a global slot: some 64 bits are moved to it.
SCALAR: Final = 8


class Analysis(Loops):
    """Working memory for one function after the other; `analyse` fills it.

    `exposed` by slot: 1 where the slot is global. By instruction, of the value that it gives:
    `end`, the last instruction that reads it or DEAD; `uses`; `classes`; `bits`.
    """

    def __init__(self, info: ModuleInfo) -> None:
        super().__init__()
        self.info = info
        self.slots: i64 = 0
        self.global_base: i64 = 0  # slot of the first
        self.global_of: vec[i64] = zeros(MAX_GLOBALS)
        self.globals: i64 = 0  # how many
        # For who gives out registers: which one has the slot's value, or -1; the last instruction
        # that reads it there; 1 where it is a vector; 1 where memory has it too.
        self.register: vec[i64] = zeros(64)
        self.ends: vec[i64] = zeros(64)
        self.wide: vec[i64] = zeros(64)
        self.backed: vec[i64] = zeros(64)
        self.exposed: vec[i64] = zeros(64)
        self.defined: vec[i64] = zeros(64)  # region of the last definition seen
        self.last: vec[i64] = zeros(64)  # last use in the region
        self.stamp: vec[i64] = zeros(64)  # region of `last`
        self.early: vec[i64] = zeros(64)  # last use before the next barrier
        self.early_stamp: vec[i64] = zeros(64)  # that barrier
        self.count: vec[i64] = zeros(64)
        self.seen: vec[i64] = zeros(64)  # classes of the uses
        self.flags: vec[i64] = zeros(64)
        self.classes_of: vec[i64] = zeros(64)  # of global slots
        self.writes: vec[i64] = zeros(64)
        self.declared: vec[i64] = zeros(64)  # classes of locals, ANY of the others
        self.reads: vec[i64] = zeros(64)  # instructions that read the slot
        self.original: vec[i64] = zeros(64)
        self.known: vec[i64] = zeros(64)
        self.previous: vec[i64] = zeros(64)  # place of the last definition in the region
        self.read_at: vec[i64] = zeros(64)  # place of the last read in memory
        self.local_in: vec[i64] = zeros(64)  # region where the reads seen are of a local value
        self.halves: vec[i64] = zeros(64)  # 1 where the slot is the second of a vector
        self.copied: vec[i64] = zeros(64)  # locals that a copy writes; the first `copies`
        self.copies: i64 = 0
        self.capacity: i64 = 64
        self.end: vec[i64] = zeros(256)
        self.uses: vec[i64] = zeros(256)
        self.classes: vec[i64] = zeros(256)
        self.bits: vec[i64] = zeros(256)
        self.room: i64 = 256
        self.opened: vec[i64] = zeros(64)  # by label: whether its loop is open
        self.lighter: vec[i64] = zeros(130)  # by region: log2 of what its weight is divided by
        self.switch: vec[i64] = zeros(64)  # by label: the same for the region that it begins
        self.label_room: i64 = 64
        self.depth: i64 = 0  # of loops
        self.region: i64 = 0
        self.result_class: i64 = 0
        self.open_ints: i64 = 0
        self.open_floats: i64 = 0
        self.vectors = False  # whether calls may give vectors
        for type_id in info.type_ids:
            if gives_vectors(type_id):
                self.vectors = True
        self.param_counts: vec[i64] = vec[i64](capacity=i64(len(info.funcs)))
        self.result_counts: vec[i64] = vec[i64](capacity=i64(len(info.funcs)))
        for func in info.funcs:
            self.param_counts = append(self.param_counts, slot_count(func.param_codes))
            self.result_counts = append(self.result_counts, slot_count(func.result_codes))
        self.global_classes: vec[i64] = zeros(i64(len(info.globals)))
        # Setting a global of a reference type takes a helper.
        self.global_refs: vec[i64] = zeros(i64(len(info.globals)))
        for i in range(len(info.globals)):
            code = info.globals[i].content_code
            self.global_classes[i64(i)] = class_of(code)
            self.global_refs[i64(i)] = 1 if is_ref(code) else 0
        # Those that only the module's code changes.
        self.cacheable: vec[i64] = zeros(i64(len(info.globals)))
        for i in range(info.imported_globals, len(info.globals)):
            if self.global_classes[i64(i)] == ops.INT and self.global_refs[i64(i)] == 0:
                self.cacheable[i64(i)] = 1
        for export in info.module.exports:
            if export.kind == EXTERN_GLOBAL and info.globals[export.index].mutable:
                self.cacheable[i64(export.index)] = 0

    def prepare(self, code: FuncIR, type: FuncType) -> None:
        """Make room for a function and clear what an earlier one left."""
        self.global_base = i64(code.slot_count) + SPARE
        self.globals = 0
        slots: i64 = self.global_base + MAX_GLOBALS
        self.slots = slots
        if slots > self.capacity:
            self.capacity = slots * 2
            self.register = zeros(self.capacity)
            self.exposed = zeros(self.capacity)
            self.defined = zeros(self.capacity)
            self.last = zeros(self.capacity)
            self.stamp = zeros(self.capacity)
            self.early = zeros(self.capacity)
            self.early_stamp = zeros(self.capacity)
            self.count = zeros(self.capacity)
            self.seen = zeros(self.capacity)
            self.flags = zeros(self.capacity)
            self.classes_of = zeros(self.capacity)
            self.writes = zeros(self.capacity)
            self.declared = zeros(self.capacity)
            self.reads = zeros(self.capacity)
            self.original = zeros(self.capacity)
            self.known = zeros(self.capacity)
            self.ends = zeros(self.capacity)
            self.wide = zeros(self.capacity)
            self.backed = zeros(self.capacity)
            self.previous = zeros(self.capacity)
            self.read_at = zeros(self.capacity)
            self.local_in = zeros(self.capacity)
            self.halves = zeros(self.capacity)
        exposed = self.exposed
        defined = self.defined
        stamp = self.stamp
        classes_of = self.classes_of
        writes = self.writes
        i: i64 = 0
        while i < slots:
            self.register[i] = -1
            exposed[i] = 0
            defined[i] = -1
            stamp[i] = -1
            classes_of[i] = 0
            writes[i] = 0
            self.declared[i] = 0
            self.reads[i] = 0
            self.original[i] = -1
            self.known[i] = 0
            self.wide[i] = 0
            self.early_stamp[i] = -1
            self.read_at[i] = -1
            self.local_in[i] = -1
            self.halves[i] = 0
            i += 1
        i = 0
        for local_type in code.local_types:
            if local_type == HALF:
                self.halves[i] = 1
            else:
                self.declared[i] = class_of(local_type)
            i += 1
        count: i64 = i64(code.count)
        if count > self.room:
            self.room = count * 2
            self.end = zeros(self.room)
            self.uses = zeros(self.room)
            self.classes = zeros(self.room)
            self.bits = zeros(self.room)
        labels: i64 = i64(len(code.labels))
        self.start_loops(slots, labels)
        if labels > self.label_room:
            self.label_room = labels * 2
            self.opened = zeros(self.label_room)
            self.lighter = zeros(self.label_room * 2 + 2)
            self.switch = zeros(self.label_room)
        i = 0
        while i < labels:
            self.opened[i] = 0
            self.switch[i] = 0
            i += 1
        self.depth = 0
        self.result_class = ops.ANY
        if len(type.result_codes) == 1:
            self.result_class = class_of(type.result_codes[0])

    def analyse(self, code: FuncIR, type: FuncType) -> None:
        """Analyse a function."""
        self.prepare(code, type)
        self.find_exposed(code)
        if self.has_simple_copies(code):
            simplify(code, self.exposed, self.writes, self.reads, self.original, self.known)
        self.make_nodes(self.region)
        self.find_values(code)

    def global_slot(self, index: i64) -> i64:
        """The slot that stands for a global, -1 if there is none."""
        i: i64 = 0
        while i < self.globals:
            if self.global_of[i] == index:
                return self.global_base + i
            i += 1
        return -1

    def note_global(self, index: i64) -> None:
        """Let a slot stand for a global, if there is one left."""
        if self.cacheable[index] != 0 and self.globals < MAX_GLOBALS:
            slot = self.global_slot(index)
            if slot < 0:
                slot = self.global_base + self.globals
                self.global_of[self.globals] = index
                self.globals += 1
                self.exposed[slot] = 1
                self.declared[slot] = ops.INT

    def has_simple_copies(self, code: FuncIR) -> bool:
        """Whether some copy may be left out (see `simplify`)."""
        if self.copies > MAX_COPIES:
            return True
        i: i64 = 0
        while i < self.copies:
            slot = self.copied[i]
            if self.exposed[slot] == 0 and self.writes[slot] == 1:
                return True
            i += 1
        return False

    # Slots read in memory: arguments of calls and the like.

    def memory_base(self, words: vec[i64], at: i64, kind: i64) -> i64:
        """First of the consecutive slots that an instruction reads, -1 if there is none."""
        if kind == ops.CALL or kind == ops.RETURN_CALL or kind == ops.RETURN_MANY:
            return words[at + 2]
        if kind == ops.CALL_INDIRECT or kind == ops.RETURN_CALL_INDIRECT:
            return words[at + 4]
        if kind == ops.CALL_REF or kind == ops.RETURN_CALL_REF:
            return words[at + 3]
        if kind == ops.BULK:
            return words[at + 1]
        return -1

    def memory_count(self, words: vec[i64], at: i64, kind: i64) -> i64:
        """How many consecutive slots an instruction reads."""
        if kind == ops.CALL or kind == ops.RETURN_CALL:
            return self.param_counts[words[at + 1]]
        if kind == ops.RETURN_MANY:
            return words[at + 1]
        if kind == ops.BULK:
            return 3
        return slot_count(func_type(words[at + 1]).param_codes)

    def result_count(self, words: vec[i64], at: i64, kind: i64) -> i64:
        """How many slots the results of a call take."""
        if kind == ops.CALL:
            return self.result_counts[words[at + 1]]
        return slot_count(func_type(words[at + 1]).result_codes)

    # First pass: which slots are global.

    def find_exposed(self, code: FuncIR) -> None:
        words = code.words
        exposed = self.exposed
        defined = self.defined
        kinds = OPS.kind
        all_sources = OPS.sources
        results = OPS.result
        result_classes = OPS.result_class
        reads = self.reads
        writes = self.writes
        previous = self.previous
        read_at = self.read_at
        branch: i64 = -1  # place of the last branch
        locals_: i64 = i64(code.local_count)
        self.copies = 0
        lighter = self.lighter
        lighter[0] = 0
        shift: i64 = 0
        splits = i64(len(code.labels))  # that there is room for
        region: i64 = 0
        at: i64 = 0
        end: i64 = i64(code.count) * WORDS
        while at < end:
            number = words[at] & OP_MASK
            sources = all_sources[number]
            if sources != 0:
                word: i64 = at + 1
                while sources != 0:
                    if sources & 1 != 0:
                        entry = words[word]
                        if entry & 3 == 0:
                            reads[entry >> 2] += 1
                            if defined[entry >> 2] != region:
                                exposed[entry >> 2] = 1
                    sources >>= 1
                    word += 1
            kind = kinds[number]
            if kind >= ops.LABEL:
                if kind <= ops.LOOP:
                    region += 1
                    label = words[at + 1]
                    if self.switch[label] != 0:
                        shift = self.switch[label] - 1
                    lighter[region] = shift
                    self.label_region[label] = region
                    if kind == ops.LOOP:
                        self.note_loop(label, region)
                elif kind <= ops.BR_ON_NON_NULL:
                    branch = at
                    if kind == ops.BR_TABLE:
                        self.note_switch(code, words[at + 2], words[at + 3], at // WORDS)
                        if self.loops != 0:
                            for target in code.targets[
                                words[at + 2] : words[at + 2] + words[at + 3]
                            ]:
                                self.note_branch(target, region)
                    elif self.loops != 0 and self.loop_of[words[at + 1]] >= 0:
                        self.note_branch(words[at + 1], region)
                        if kind != ops.BR and splits > 0:
                            splits -= 1
                            words[at] |= LAST_OF_REGION
                            region += 1
                            lighter[region] = shift
                else:
                    base = self.memory_base(words, at, kind)
                    if base >= 0:
                        slot = base
                        stop = base + self.memory_count(words, at, kind)
                        while slot < stop:
                            if defined[slot] != region:
                                exposed[slot] = 1
                            read_at[slot] = at
                            slot += 1
                        if kind >= ops.CALL and kind <= ops.CALL_REF:
                            slot = base
                            stop = base + self.result_count(words, at, kind)
                            if self.vectors:
                                self.note_halves(words, at, kind, base)
                            while slot < stop:
                                defined[slot] = region
                                previous[slot] = -1
                                writes[slot] += 1
                                slot += 1
            if results[number] != 0:
                slot = words[at + 1]
                if kind == ops.GLOBAL_GET:
                    self.note_global(words[at + 2])
                if defined[slot] == region:
                    before = previous[slot]
                    if before > branch and before > read_at[slot]:
                        words[before] |= LOCAL_VALUE
                        words[at] |= AFTER_LOCAL
                defined[slot] = region
                previous[slot] = at
                writes[slot] += 1
                if result_classes[number] == ops.VECTOR or (
                    kind == ops.GLOBAL_GET and self.global_classes[words[at + 2]] == ops.VECTOR
                ):
                    defined[slot + 1] = region
                    previous[slot + 1] = -1
                    self.halves[slot + 1] = 1
                if (kind == ops.COPY or kind == ops.COPY_V128) and slot < locals_:
                    if self.copies < MAX_COPIES:
                        self.copied[self.copies] = slot
                    self.copies += 1
            at += WORDS
        self.region = region

    def note_halves(self, words: vec[i64], at: i64, kind: i64, slot: i64) -> None:
        """Note the halves of the vectors among the results of a call."""
        for code in self.result_codes(words, at, kind):
            if code == V128:
                self.halves[slot + 1] = 1
                self.writes[slot + 1] -= 1  # is not written by itself
                slot += 1
            slot += 1

    def result_codes(self, words: vec[i64], at: i64, kind: i64) -> tuple[int, ...]:
        """The types of the results of a call."""
        if kind == ops.CALL:
            return self.info.funcs[words[at + 1]].result_codes
        return func_type(words[at + 1]).result_codes

    def note_switch(self, code: FuncIR, first: i64, count: i64, at: i64) -> None:
        """Note that the code between a large `br_table`'s first and last target is run only for
        some of its indices."""
        if count < SWITCH:
            return
        shift: i64 = 0
        while count >> shift > 1:
            shift += 1
        switch = self.switch
        last: i64 = -1
        furthest: i64 = at
        i = first
        while i < first + count:
            label = i64(code.targets[i])
            place = i64(code.labels[label])
            if place > at:
                switch[label] = shift + 1
                if place > furthest:
                    furthest = place
                    last = label
            i += 1
        if last >= 0:
            switch[last] = 1

    # Second pass, backwards: how long values live, and what they are worth.

    def find_values(self, code: FuncIR) -> None:
        words = code.words
        exposed = self.exposed
        stamp = self.stamp
        kinds = OPS.kind
        all_sources = OPS.sources
        source_classes = OPS.source_classes
        results = OPS.result
        result_classes = OPS.result_class
        seen = self.seen
        counts = self.count
        weights = self.weight
        slot_classes = self.classes_of
        early = self.early
        early_stamp = self.early_stamp
        barriers = OPS.barrier
        local_in = self.local_in
        region = self.region
        node_of = self.node_of
        node = node_of[region]
        is_barrier = False
        weight: i64 = UNIT >> self.lighter[region]
        if weight == 0:
            weight = 1
        i: i64 = i64(code.count) - 1
        barrier: i64 = i64(code.count) + 1
        self.open_ints = 0
        self.open_floats = 0
        while i >= 0:
            at = i * WORDS
            number = words[at] & OP_MASK
            kind = kinds[number]
            if kind >= ops.COPY:
                if words[at] & LAST_OF_REGION != 0:
                    region -= 1
                    self.region = region
                    self.open_ints = 0
                    self.open_floats = 0
                    if node_of[region] != node:
                        self.make_entries(node)
                        node = node_of[region]
                if kind <= ops.LOOP:
                    if kind != ops.COPY:
                        region -= 1
                        self.region = region
                        self.open_ints = 0
                        self.open_floats = 0
                        if kind == ops.LOOP and self.opened[words[at + 1]] != 0:
                            self.depth -= 1
                        weight = self.weight_here()
                        if self.first_region[node] == region + 1:
                            self.unit[node] = weight
                        if node_of[region] != node:
                            self.make_entries(node)
                            node = node_of[region]
                elif kind <= ops.BR_ON_NON_NULL:
                    if kind == ops.BR_TABLE:
                        j: i64 = words[at + 2]
                        stop = j + words[at + 3]
                        while j < stop:
                            self.open_loop(code, i64(code.targets[j]), i)
                            j += 1
                    else:
                        self.open_loop(code, words[at + 1], i)
                    weight = self.weight_here()
                is_barrier = barriers[kind] != 0
                if kind == ops.GLOBAL_SET and self.global_refs[words[at + 2]] != 0:
                    is_barrier = True
                if is_barrier:
                    self.barriers += weight
                    if kind <= ops.CALL_REF:
                        self.define_results(words, at, kind, i, barrier, weight)
            if results[number] != 0:
                given = result_classes[number]
                if given == ops.ANY:
                    slot = words[at + 1]
                    if kind == ops.GLOBAL_GET:
                        given = self.global_classes[words[at + 2]]
                        if given != ops.VECTOR:
                            given = ops.ANY
                        place = self.global_slot(words[at + 2])
                        if place >= 0:
                            self.use(place, i, region, weight, ops.INT, 0)
                    if given == ops.ANY and exposed[slot] != 0:
                        slot_classes[slot] |= SCALAR
                slot = words[at + 1]
                word = words[at]
                self.define(slot, i, barrier, weight, given, word & LOCAL_VALUE != 0)
                local_in[slot] = region if word & AFTER_LOCAL != 0 else -1
            if kind >= ops.COPY:
                if is_barrier:
                    barrier = i
                    self.open_ints = 0
                    self.open_floats = 0
                base = self.memory_base(words, at, kind)
                if base >= 0:
                    slot = base
                    last = base + self.memory_count(words, at, kind)
                    while slot < last:
                        self.use(slot, i, region, weight, ops.ANY, IN_MEMORY)
                        slot += 1
            sources = all_sources[number]
            if sources != 0:
                classes = source_classes[number]
                if kind == ops.RETURN_ONE:
                    classes = self.result_class
                elif kind == ops.GLOBAL_SET:
                    classes = self.global_classes[words[at + 2]]
                source: i64 = at + 1
                while sources != 0:
                    if sources & 1 != 0:
                        entry = words[source]
                        if entry & 3 == 0:
                            slot = entry >> 2
                            if early_stamp[slot] != barrier:
                                early_stamp[slot] = barrier
                                early[slot] = i
                            if stamp[slot] == region:
                                seen[slot] |= classes & CLASS_MASK
                                if exposed[slot] == 0 or local_in[slot] == region:
                                    counts[slot] += 1
                                else:
                                    weights[slot] += weight
                                    slot_classes[slot] |= classes & CLASS_MASK
                            else:
                                self.use(slot, i, region, weight, classes & CLASS_MASK, 0)
                    sources >>= 1
                    classes >>= CLASS_BITS
                    source += 1
            i -= 1
        self.make_entries(node)

    def open_loop(self, code: FuncIR, label: i64, i: i64) -> None:
        """Note a branch: the last one back to a loop is the loop's end."""
        if self.opened[label] == 0 and i64(code.labels[label]) <= i:
            self.opened[label] = 1
            self.depth += 1

    def weight_here(self) -> i64:
        """The weight of an instruction of this region and depth."""
        unit: i64 = UNIT
        weight = (unit << (LOOP_SHIFT * min(self.depth, MAX_DEPTH))) >> self.lighter[self.region]
        return weight if weight > 0 else 1

    def use(self, slot: i64, i: i64, region: i64, weight: i64, classes: i64, bits: i64) -> None:
        """An instruction reads a slot."""
        exposed = self.exposed[slot] != 0 and self.local_in[slot] != region
        if exposed:
            self.touch(slot)
            self.weight[slot] += weight
            self.classes_of[slot] |= classes
            if bits & IN_MEMORY != 0:
                return
        if self.stamp[slot] == region:
            self.count[slot] += 1
            self.seen[slot] |= classes
            self.flags[slot] |= bits
        else:
            self.stamp[slot] = region
            self.last[slot] = i
            self.count[slot] = 1
            self.seen[slot] = classes
            self.flags[slot] = bits
            if exposed:
                return
            if classes == ops.FLOAT or classes == ops.VECTOR:
                self.open_floats += 1
            else:
                self.open_ints += 1

    def define(
        self, slot: i64, i: i64, barrier: i64, weight: i64, classes: i64, local: bool
    ) -> None:
        """An instruction writes a slot."""
        if classes == ops.VECTOR and self.stamp[slot + 1] >= 0 and self.exposed[slot + 1] == 0:
            # The half was read where consecutive slots were.
            self.stamp[slot + 1] = -1
            self.open_ints -= 1
        exposed = self.exposed[slot] != 0
        if exposed:
            self.classes_of[slot] |= classes
            self.touch(slot)
            self.stored[slot] = 1
        if exposed and not local:
            self.early_stamp[slot] = -1
            self.weight[slot] += weight
            self.bits[i] = 0
            self.end[i] = i
            if self.stamp[slot] == self.region and barrier >= self.last[slot]:
                self.end[i] = self.last[slot]
                self.classes[i] = self.seen[slot] | classes | self.declared[slot]
            self.stamp[slot] = -1
            return
        local_bit = LOCAL if exposed else 0
        if self.stamp[slot] < 0:
            self.early_stamp[slot] = -1
            self.end[i] = DEAD
            self.bits[i] = local_bit
            return
        self.stamp[slot] = -1
        last = self.last[slot]
        count = self.count[slot]
        seen = self.seen[slot] | classes | self.declared[slot]
        bits = self.flags[slot]
        self.end[i] = last
        self.uses[i] = count
        self.classes[i] = seen
        if barrier < last:
            bits |= CROSSES
        else:
            rank: i64 = 0
            if seen == ops.FLOAT or seen == ops.VECTOR:
                rank = self.open_floats
                self.open_floats -= 1
                if bits == 0 and not (count == 1 and last == i + 1):
                    spread(self.float_rank, rank, NG, weight * (count + 1))
            else:
                rank = self.open_ints
                self.open_ints -= 1
                if bits == 0 and not (count == 1 and last == i + 1):
                    spread(self.int_rank, rank, NH, weight * (count + 1))
        if bits != 0 and self.early_stamp[slot] == barrier and self.early[slot] > i + 1:
            self.end[i] = self.early[slot]
            bits |= EARLY
        self.early_stamp[slot] = -1
        self.bits[i] = bits | local_bit

    def define_results(
        self, words: vec[i64], at: i64, kind: i64, i: i64, barrier: i64, weight: i64
    ) -> None:
        """A call writes its results. Only a single one is a value that may get a register."""
        slot = self.memory_base(words, at, kind)
        codes = self.result_codes(words, at, kind)
        if len(codes) == 1:
            self.define(slot, i, barrier, weight, class_of(codes[0]), False)
            self.local_in[slot] = -1
            return
        for code in codes:
            if self.exposed[slot] != 0:
                self.touch(slot)
                self.stored[slot] = 1
                self.weight[slot] += weight
                self.classes_of[slot] |= class_of(code)
            self.stamp[slot] = -1
            self.local_in[slot] = -1
            slot += 1
            if code == V128:
                self.stamp[slot] = -1
                slot += 1


def spread(ranks: vec[i64], rank: i64, most: i64, weight: i64) -> None:
    """Add a short-lived value's weight to that of its rank, the number of values alive, or where
    there are more than registers to all ranks: each register would serve some of them."""
    if rank > most:
        share = weight // most
        rank = 1
        while rank <= most:
            ranks[rank] += share
            rank += 1
    elif rank > 0:
        ranks[rank] += weight


def gives_vectors(type_id: int) -> bool:
    """Whether a type is that of functions with vectors among their results."""
    comp = def_type(type_id).comp
    return isinstance(comp, FuncType) and V128 in comp.result_codes


def func_type(type_id: i64) -> FuncType:
    """The function type with a canonical id."""
    comp = def_type(int(type_id)).comp
    assert isinstance(comp, FuncType)
    return comp
