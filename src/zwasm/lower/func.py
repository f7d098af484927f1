"""Lowering of function bodies to register IR.

In: the events of a validation walk (`zwasm.valid.sink`). Out: a `FuncIR` an expression. The
types of operands were checked before an event arrives; engines' matters are not here.

The operand stack is virtual: an entry is a source operand of `zwasm.isa.ir`, so `local.get`
and constants emit nothing until an instruction takes them. An entry at height h is one of

* slot `local_count + h`, its own place in the frame;
* a local's slot, *pending*: it must be copied to its own place before the local changes;
* a constant.

A vector takes two heights: its entry, and `UPPER` above it.

Where control flow meets, the entries that a label takes stand in their own places, and
entries below are their own places or constants: everything pending is copied before a block
is entered.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64, mypyc_attr

from zwasm.errors import UnsupportedError
from zwasm.isa import ir, row_of
from zwasm.isa import row as r
from zwasm.isa.ir import INLINE, IR_BR_IF_CMP, IR_BR_UNLESS_CMP, PLACE_SHIFT, POOLED, WORDS
from zwasm.isa.row import BY_CODE, FEATURE_NAMES, OPCODES
from zwasm.lower.code import FuncIR, slot_count, slot_types
from zwasm.module import Expr
from zwasm.types import V128, FuncType
from zwasm.valid.func import FuncValidator
from zwasm.valid.info import ModuleInfo
from zwasm.valid.operands import grown, zeros
from zwasm.valid.sink import Sink

# Inline constants have 62 bits.
MAX_INLINE: Final = (1 << 61) - 1
MIN_INLINE: Final = -(1 << 61)
UPPER: Final = 3  # the second half of the vector whose entry is below
# How far below the top of the stack the entries of one local are looked for; past that all
# pending entries are copied at once, so that no input makes the search quadratic.
SEARCH: Final = 64

FUNCTION: Final = 0  # kind of the outermost frame

_BR: Final = ir.opcode("br")
_BR_IF: Final = ir.opcode("br_if")
_BR_TABLE: Final = ir.opcode("br_table")
_BR_ON_NULL: Final = ir.opcode("br_on_null")
_BR_ON_NON_NULL: Final = ir.opcode("br_on_non_null")
_RETURN: Final = ir.opcode("return")
_UNREACHABLE: Final = ir.opcode("unreachable")
_SELECT: Final = ir.opcode("select")


def _compare_counts() -> vec[i64]:
    """By opcode: the number of operands of a comparison, 0 for every other instruction."""
    counts = vec[i64](capacity=OPCODES)
    for row in BY_CODE:
        counts = append(counts, len(row.params) if row is not None and row.compare else 0)
    return counts


class Columns:
    """Columns of the instruction table that lowering reads."""

    def __init__(self) -> None:
        self.compares = _compare_counts()
        self.shapes = vec[i64](capacity=OPCODES)
        self.widths = vec[i64](capacity=OPCODES)  # slots of the result
        for row in BY_CODE:
            self.shapes = append(self.shapes, 0 if row is None else row.shape)
            self.widths = append(self.widths, 0 if row is None else slot_count(row.results))


_COLUMNS: Final = Columns()


@mypyc_attr(acyclic=True)
class Label:
    """A place that branches go to: its number, and whether one does."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.used = False


@mypyc_attr(acyclic=True)
class Block:
    """An open block."""

    def __init__(
        self, kind: i64, height: i64, type: FuncType, params: i64, label: Label, live: bool
    ) -> None:
        self.kind: i64 = kind
        self.height: i64 = height  # entries below the block's parameters
        self.type = type
        self.params: i64 = params  # slots
        self.results: i64 = slot_count(type.result_codes)
        self.label = label
        self.live = live  # whether the block was entered by reachable code
        self.otherwise: Label | None = None  # where a false condition leads


class Lowering(Sink):
    """Builds IR for one expression after the other; `begin` starts one, `finish` gives it."""

    def __init__(self, fuel: bool) -> None:
        super().__init__()
        self.metered = fuel
        self.compares = _COLUMNS.compares
        self.shapes = _COLUMNS.shapes
        self.widths = _COLUMNS.widths
        self.words: vec[i64] = zeros(WORDS * 256)
        self.room: i64 = WORDS * 256
        self.n: i64 = 0  # words in use
        self.stack: vec[i64] = zeros(256)
        self.capacity: i64 = 256
        self.sp: i64 = 0
        self.highest: i64 = 0
        self.local_count: i64 = 0  # slots
        self.has_vectors = False  # among the locals; then:
        self.local_slots: vec[i64] = zeros(64)  # by local
        self.is_vector: vec[i64] = zeros(64)  # by slot
        self.vector = False  # the entry popped last is one
        self.pending: i64 = 0  # pending entries, and how many of them each local has
        self.pending_of: vec[i64] = zeros(64)
        self.last: i64 = -1  # the slot that the last instruction gives, where it may be changed
        self.blocks: list[Block] = []
        self.labels: list[int] = []
        self.targets: list[int] = []
        self.consts: list[int] = []
        self.pool: dict[int, int] = {}
        self.result_count: i64 = 0
        self.ticks: i64 = 0  # instructions since the last fuel instruction
        self.fuel_at: i64 = -1  # where that one is
        # A comparison taken off the end of the code, to become part of a branch.
        self.cmp_opcode: i64 = 0
        self.cmp_word: i64 = 0
        self.cmp_b: i64 = 0
        self.cmp_c: i64 = 0

    def begin(self, place: int, locals: list[tuple[int, int]], type: FuncType) -> None:
        """Start an expression, which begins at a place of the module. `locals` are runs of
        locals, parameters included: how many of which type."""
        self.live = True
        self.place = i64(place)
        self.n = 0
        self.sp = 0
        self.highest = 0
        self.set_locals(locals)
        self.pending = 0
        self.pending_of = zeros(self.local_count + 1)
        self.last = -1
        self.labels = []
        self.targets = []
        self.consts = []
        self.pool = {}
        function = Block(FUNCTION, 0, type, 0, self.new_label(), True)
        self.result_count = function.results
        self.blocks = [function]
        self.fuel_at = -1
        self.new_region()

    def set_locals(self, locals: list[tuple[int, int]]) -> None:
        """Give the locals their slots."""
        count: i64 = 0
        slots: i64 = 0
        for run, code in locals:
            count += i64(run)
            slots += i64(run) * (2 if code == V128 else 1)
        self.local_count = slots
        self.has_vectors = slots != count
        if not self.has_vectors:
            return
        self.local_slots = zeros(count + 1)
        self.is_vector = zeros(slots + 1)
        x: i64 = 0
        slot: i64 = 0
        for run, code in locals:
            stop = x + i64(run)
            while x < stop:
                self.local_slots[x] = slot
                if code == V128:
                    self.is_vector[slot] = 1
                    slot += 1
                slot += 1
                x += 1

    def finish(self, local_types: list[int], param_count: int) -> FuncIR:
        """The IR of the expression just read."""
        self.close_region()
        return FuncIR(
            self.words[0 : self.n],
            int(self.n // WORDS),
            self.consts,
            self.labels,
            self.targets,
            local_types,
            param_count,
            int(self.result_count),
            int(self.local_count + self.highest),
        )

    # Emission.

    def emit(self, opcode: i64, a: i64, b: i64, c: i64, d: i64) -> None:
        n = self.n
        if n + WORDS > self.room:
            self.words = grown(self.words)
            self.room = i64(len(self.words))
        words = self.words
        words[n] = opcode | (self.place << PLACE_SHIFT)
        words[n + 1] = a
        words[n + 2] = b
        words[n + 3] = c
        words[n + 4] = d
        self.n = n + WORDS
        self.last = -1

    def new_label(self) -> Label:
        self.labels.append(-1)
        return Label(len(self.labels) - 1)

    def bind(self, label: Label, opcode: i64) -> None:
        """Put a label here."""
        self.close_region()
        self.labels[label.number] = int(self.n // WORDS)
        self.emit(opcode, i64(label.number), 0, 0, 0)
        self.new_region()

    def new_region(self) -> None:
        """Begin a stretch of code that is entered only at its start and left only at its end."""
        self.ticks = 0
        if self.metered:
            self.fuel_at = self.n
            self.emit(ir.IR_FUEL, 0, 0, 0, 0)

    def close_region(self) -> None:
        """End the stretch; its fuel instruction charges for all of it."""
        if self.fuel_at >= 0:
            self.words[self.fuel_at + 1] = self.ticks
            self.fuel_at = -1

    def split_region(self) -> None:
        """After a branch that may not be taken."""
        if self.metered:
            self.close_region()
            self.new_region()

    def stop(self) -> None:
        """The code that follows is not reachable."""
        self.live = False
        self.close_region()

    # The virtual stack.

    def push(self, entry: i64) -> None:
        sp = self.sp
        if sp >= self.capacity:
            self.stack = grown(self.stack)
            self.capacity = i64(len(self.stack))
        self.stack[sp] = entry
        self.sp = sp + 1
        if sp >= self.highest:
            self.highest = sp + 1

    def pop(self) -> i64:
        sp = self.sp - 1
        entry = self.stack[sp]
        self.vector = entry == UPPER
        if entry == UPPER:
            sp -= 1
            entry = self.stack[sp]
        self.sp = sp
        if entry & 3 == 0 and entry >> 2 < self.local_count:
            self.pending -= 1
            self.pending_of[entry >> 2] -= 1
        return entry

    def push_result(self) -> None:
        """Push the entry's own place."""
        self.push((self.local_count + self.sp) << 2)

    def upper(self, height: i64) -> bool:
        """Whether the entry at a height is the second half of a vector."""
        return height < self.sp and self.stack[height] == UPPER

    def copy(self, slot: i64, entry: i64, vector: bool) -> None:
        self.emit(ir.IR_COPY_V128 if vector else ir.IR_COPY, slot, entry, 0, 0)

    def settle(self, height: i64) -> None:
        """Copy the entry at a height to its own place."""
        entry = self.stack[height]
        own = self.local_count + height
        if entry != own << 2 and entry != UPPER:
            if entry & 3 == 0 and entry >> 2 < self.local_count:
                self.pending -= 1
                self.pending_of[entry >> 2] -= 1
            self.copy(own, entry, self.upper(height + 1))
            self.stack[height] = own << 2

    def settle_top(self, count: i64) -> None:
        """Copy the topmost entries to their own places."""
        h = self.sp - count
        while h < self.sp:
            self.settle(h)
            h += 1

    def settle_pending(self) -> None:
        """Copy every pending entry to its own place."""
        h = self.sp - 1
        while self.pending > 0:
            entry = self.stack[h]
            if entry & 3 == 0 and entry >> 2 < self.local_count:
                self.settle(h)
            h -= 1

    def settle_local(self, x: i64) -> None:
        """Copy the entries that stand for local x to their own places."""
        h = self.sp - 1
        lowest = self.sp - SEARCH
        while self.pending_of[x] > 0:
            if h < lowest:
                self.settle_pending()
                return
            if self.stack[h] == x << 2:
                self.settle(h)
            h -= 1

    def set_local(self, x: i64, entry: i64) -> None:
        """Assign an entry that was just popped to a local."""
        vector = self.vector
        if self.pending_of[x] > 0:
            self.settle_local(x)
        if entry & 3 == 0 and self.last == entry >> 2 and self.last >= self.local_count:
            self.words[self.n - (WORDS - 1)] = x
            self.last = -1
        elif entry != x << 2:
            self.copy(x, entry, vector)

    def move_results(self, height: i64, count: i64, final: bool) -> None:
        """Copy the topmost entries to the places from `height` up, where a label takes them.
        `final` says that the entries are not used here afterwards."""
        i: i64 = 0
        first = self.sp - count
        while i < count:
            entry = self.stack[first + i]
            place = self.local_count + height + i
            if entry != place << 2 and entry != UPPER:
                vector = self.upper(first + i + 1)
                if (
                    final
                    and count == (2 if vector else 1)
                    and entry & 3 == 0
                    and self.last == entry >> 2
                    and self.last >= self.local_count
                ):
                    self.words[self.n - (WORDS - 1)] = place
                    self.last = -1
                else:
                    self.copy(place, entry, vector)
            i += 1

    def in_place(self, height: i64, count: i64) -> bool:
        """Whether `move_results` has nothing to do."""
        i: i64 = 0
        first = self.sp - count
        while i < count:
            entry = self.stack[first + i]
            if entry != (self.local_count + height + i) << 2 and entry != UPPER:
                return False
            i += 1
        return True

    def set_height(self, height: i64) -> None:
        """Drop the entries above a height."""
        while self.sp > height:
            self.pop()

    # Straight-line instructions.

    def op(self, opcode: i64, sources: i64, results: i64, x: i64, y: i64) -> None:
        self.ticks += 1
        n = self.n
        if results == 2 and opcode == _SELECT:
            opcode = ir.IR_SELECT_V128
        self.emit(opcode, 0, 0, 0, 0)
        words = self.words
        at = n + (1 if results == 0 else 2)
        i = sources
        while i > 0:
            i -= 1
            words[at + i] = self.pop()
        at += sources
        if at < n + WORDS:
            words[at] = x
            if at + 1 < n + WORDS:
                words[at + 1] = y
        if results != 0:
            own = self.local_count + self.sp
            words[n + 1] = own
            self.push(own << 2)
            if results == 2 or (opcode < OPCODES and self.widths[opcode] == 2):
                self.push(UPPER)
            self.last = own

    def wide(self, opcode: i64, sources: i64, results: i64, values: list[int]) -> None:
        index = i64(len(self.consts))
        self.consts.extend(values)
        self.op(opcode, sources, results, 0, 0)
        self.words[self.n - 1] = index

    def bulk(self, opcode: i64, x: i64, y: i64) -> None:
        self.ticks += 1
        self.settle_top(3)
        self.set_height(self.sp - 3)
        self.emit(opcode, self.local_count + self.sp, x, y, 0)

    def unsupported(self, opcode: i64) -> None:
        row = row_of(int(opcode))
        names = [name for bit, name in FEATURE_NAMES.items() if row.feature & bit != 0]
        raise UnsupportedError(f"{row.name} has no register IR yet", ", ".join(names))

    def const(self, bits: i64) -> None:
        self.ticks += 1
        if bits <= MAX_INLINE and bits >= MIN_INLINE:
            self.push((bits << 2) | INLINE)
        else:
            self.push_pooled(int(bits) & 0xFFFFFFFFFFFFFFFF)

    def const_vector(self, bits: int) -> None:
        self.ticks += 1
        self.push_pooled(bits)
        self.push(UPPER)

    def push_pooled(self, bits: int) -> None:
        index = self.pool.get(bits)
        if index is None:
            index = len(self.consts)
            self.consts.append(bits)
            self.pool[bits] = index
        self.push((i64(index) << 2) | POOLED)

    def local_get(self, x: i64) -> None:
        self.ticks += 1
        if self.has_vectors:
            x = self.local_slots[x]
            self.push_local(x)
            return
        self.pending += 1
        self.pending_of[x] += 1
        self.push(x << 2)

    def push_local(self, slot: i64) -> None:
        """Push the local in a slot."""
        self.pending += 1
        self.pending_of[slot] += 1
        self.push(slot << 2)
        if self.has_vectors and self.is_vector[slot] != 0:
            self.push(UPPER)

    def local_set(self, x: i64) -> None:
        self.ticks += 1
        if self.has_vectors:
            x = self.local_slots[x]
        self.set_local(x, self.pop())

    def local_tee(self, x: i64) -> None:
        self.ticks += 1
        if self.has_vectors:
            x = self.local_slots[x]
        entry = self.pop()
        vector = self.vector
        self.set_local(x, entry)
        if entry & 3 == 0:
            self.push_local(x)
        else:
            self.push(entry)
            if vector:
                self.push(UPPER)

    def drop(self) -> None:
        self.ticks += 1
        self.pop()

    def unreachable(self) -> None:
        self.ticks += 1
        self.emit(_UNREACHABLE, 0, 0, 0, 0)
        self.stop()

    def call(self, opcode: i64, x: i64, y: i64, type: FuncType) -> None:
        self.ticks += 1
        params = slot_count(type.param_codes)
        shape = self.shapes[opcode]
        callee: i64 = 0
        if shape != r.CALL and shape != r.RETURN_CALL:
            callee = self.pop()
        self.settle_top(params)
        self.set_height(self.sp - params)
        base = self.local_count + self.sp
        if shape == r.CALL or shape == r.RETURN_CALL:
            self.emit(opcode, x, base, 0, 0)
        elif shape == r.CALL_REF or shape == r.RETURN_CALL_REF:
            self.emit(opcode, x, callee, base, 0)
        else:
            self.emit(opcode, x, y, callee, base)
        if shape == r.CALL or shape == r.CALL_INDIRECT or shape == r.CALL_REF:
            self.push_results(type.result_codes)
        else:
            self.stop()

    # Control.

    def enter(self, kind: i64, type: FuncType, params: i64) -> Block:
        block = Block(kind, self.sp - params, type, params, self.new_label(), self.live)
        self.blocks.append(block)
        return block

    def block(self, type: FuncType) -> None:
        if self.live:
            self.settle_pending()
        self.enter(r.BLOCK, type, slot_count(type.param_codes))

    def loop(self, type: FuncType) -> None:
        params = slot_count(type.param_codes)
        if self.live:
            self.settle_pending()
            self.settle_top(params)
            block = self.enter(r.LOOP, type, params)
            self.bind(block.label, ir.IR_LOOP)
        else:
            self.enter(r.LOOP, type, params)

    def if_(self, type: FuncType) -> None:
        params = slot_count(type.param_codes)
        if self.live:
            self.ticks += 1
            condition = self.take_condition()
            self.settle_pending()
            self.settle_top(params)
            block = self.enter(r.IF, type, params)
            block.otherwise = self.new_label()
            self.branch(condition, False, block.otherwise)
            self.split_region()
        else:
            self.enter(r.IF, type, params)

    def else_(self) -> None:
        block = self.blocks[-1]
        if self.live:
            self.move_results(block.height, block.results, True)
            block.label.used = True
            self.emit(_BR, i64(block.label.number), 0, 0, 0)
            self.stop()
        block.kind = r.ELSE
        if block.otherwise is not None:
            self.set_height(block.height)
            self.bind(block.otherwise, ir.IR_LABEL)
            block.otherwise = None
            self.live = True
            self.push_results(block.type.param_codes)

    def end(self) -> None:
        block = self.blocks.pop()
        if block.kind == FUNCTION:
            if self.live:
                self.emit_return()
                self.stop()
            return
        if not block.live:
            self.live = False
            return
        joined = block.label.used and block.kind != r.LOOP
        if block.kind == r.IF or joined:
            if self.live:
                self.move_results(block.height, block.results, True)
            self.set_height(block.height)
            if block.otherwise is not None:
                self.bind(block.otherwise, ir.IR_LABEL)
            if joined:
                self.bind(block.label, ir.IR_LABEL)
            self.live = True
            self.push_results(block.type.result_codes)

    def push_results(self, codes: tuple[int, ...]) -> None:
        """Push values that are in their own places."""
        for code in codes:
            self.push_result()
            if code == V128:
                self.push(UPPER)

    def take_condition(self) -> i64:
        """Pop a condition. A comparison that was made just for it is taken off the code and
        kept in `cmp_…`, to be part of the branch."""
        entry = self.pop()
        self.cmp_opcode = 0
        if entry & 3 == 0 and self.last == entry >> 2 and self.last >= self.local_count:
            at = self.n - WORDS
            word = self.words[at]
            opcode = word & ir.OP_MASK
            if opcode < OPCODES and self.compares[opcode] != 0:
                self.cmp_opcode = opcode
                self.cmp_word = word
                self.cmp_b = self.words[at + 2]
                self.cmp_c = self.words[at + 3]
                self.n = at
                self.last = -1
        return entry

    def branch(self, condition: i64, sense: bool, label: Label) -> None:
        """Branch where the condition that was taken is true, or is false."""
        label.used = True
        number: i64 = i64(label.number)
        if self.cmp_opcode != 0:
            base: i64 = IR_BR_IF_CMP if sense else IR_BR_UNLESS_CMP
            if self.compares[self.cmp_opcode] == 1:
                self.cmp_c = 0
            self.emit(base + self.cmp_opcode, number, self.cmp_b, self.cmp_c, 0)
        elif sense:
            self.emit(_BR_IF, number, condition, 0, 0)
        else:
            self.emit(ir.IR_BR_UNLESS, number, condition, 0, 0)

    def target(self, depth: i64) -> Block:
        return self.blocks[i64(len(self.blocks)) - 1 - depth]

    def arity(self, block: Block) -> i64:
        """The number of slots that the operands of a branch to the block take."""
        return block.params if block.kind == r.LOOP else block.results

    def jump(self, block: Block, final: bool) -> None:
        """Move the operands of a branch and go."""
        if block.kind == FUNCTION:
            self.emit_return()
        else:
            self.move_results(block.height, self.arity(block), final)
            block.label.used = True
            self.emit(_BR, i64(block.label.number), 0, 0, 0)

    def emit_return(self) -> None:
        count = self.result_count
        if count == 0:
            self.emit(_RETURN, 0, 0, 0, 0)
        elif count == 1:
            self.emit(ir.IR_RETURN_ONE, self.stack[self.sp - 1], 0, 0, 0)
        elif count == 2 and self.stack[self.sp - 1] == UPPER:
            self.emit(ir.IR_RETURN_ONE, self.stack[self.sp - 2], 0, 0, 0)
        else:
            # Copies, since code may go on with the entries as they are.
            first = self.sp - count
            h = first
            while h < self.sp:
                own = self.local_count + h
                if self.stack[h] != own << 2 and self.stack[h] != UPPER:
                    self.copy(own, self.stack[h], self.upper(h + 1))
                h += 1
            self.emit(ir.IR_RETURN_MANY, count, self.local_count + first, 0, 0)

    def direct(self, block: Block) -> bool:
        """Whether a branch to the block is a branch and nothing more."""
        return block.kind != FUNCTION and self.in_place(block.height, self.arity(block))

    def br(self, depth: i64) -> None:
        self.ticks += 1
        self.jump(self.target(depth), True)
        self.stop()

    def br_if(self, depth: i64) -> None:
        self.ticks += 1
        block = self.target(depth)
        condition = self.take_condition()
        if self.direct(block):
            self.branch(condition, True, block.label)
            self.split_region()
        else:
            over = self.new_label()
            self.branch(condition, False, over)
            self.jump(block, False)
            self.bind(over, ir.IR_LABEL)

    def br_table(self, depths: list[int]) -> None:
        self.ticks += 1
        index = self.pop()
        first = i64(len(self.targets))
        stubs: dict[int, Label] = {}
        for depth in depths:
            block = self.target(i64(depth))
            label = stubs.get(depth)
            if label is None:
                if self.direct(block):
                    label = block.label
                    label.used = True
                else:
                    label = self.new_label()
                stubs[depth] = label
            self.targets.append(label.number)
        self.emit(_BR_TABLE, index, first, i64(len(depths)), 0)
        for depth, label in stubs.items():
            block = self.target(i64(depth))
            if label is not block.label:
                self.bind(label, ir.IR_LABEL)
                self.jump(block, False)
        self.stop()

    def br_on_null(self, depth: i64) -> None:
        self.ticks += 1
        block = self.target(depth)
        entry = self.pop()
        if self.direct(block):
            block.label.used = True
            self.emit(_BR_ON_NULL, i64(block.label.number), entry, 0, 0)
            self.split_region()
        else:
            over = self.new_label()
            self.emit(_BR_ON_NON_NULL, i64(over.number), entry, 0, 0)
            self.jump(block, False)
            self.bind(over, ir.IR_LABEL)
        self.push_copy(entry)

    def push_copy(self, entry: i64) -> None:
        """Push an entry that was popped and has not changed."""
        if entry & 3 == 0 and entry >> 2 < self.local_count:
            self.pending += 1
            self.pending_of[entry >> 2] += 1
        self.push(entry)

    def br_on_non_null(self, depth: i64) -> None:
        self.ticks += 1
        block = self.target(depth)
        entry = self.stack[self.sp - 1]
        if self.direct(block):
            block.label.used = True
            self.emit(_BR_ON_NON_NULL, i64(block.label.number), entry, 0, 0)
            self.split_region()
        else:
            over = self.new_label()
            self.emit(_BR_ON_NULL, i64(over.number), entry, 0, 0)
            self.jump(block, False)
            self.bind(over, ir.IR_LABEL)
        self.pop()

    def return_(self) -> None:
        self.ticks += 1
        self.emit_return()
        self.stop()


class Lowerer:
    """Lowers a module's functions and constant expressions, one at a time."""

    def __init__(self, info: ModuleInfo, fuel: bool = False) -> None:
        self.info = info
        self.sink = Lowering(fuel)
        self.validator = FuncValidator(info, self.sink)

    def func(self, index: int) -> FuncIR:
        """The IR of a function; `index` counts the module's own functions from 0.

        Raises UnsupportedError for an instruction that has no IR yet.
        """
        info = self.info
        func = info.module.funcs[index]
        func_type = info.funcs[info.imported_funcs + index]
        params = func_type.param_codes
        runs = [(1, code) for code in params]
        count = len(params)
        for run in func.locals:
            runs.append(run)
            count += run[0]
        self.sink.begin(func.body.start, runs, func_type)
        self.validator.func(index)
        codes = self.validator.locals
        local_types: list[int] = []
        i: i64 = 0
        while i < i64(count):
            local_types.append(int(codes[i]))
            i += 1
        if self.sink.has_vectors:
            local_types = slot_types(tuple(local_types))
        return self.sink.finish(local_types, int(slot_count(params)))

    def expr(self, expr: Expr, code: int) -> FuncIR:
        """The IR of a constant expression that gives a value of type `code`."""
        self.sink.begin(expr.start, [], FuncType((), (code,)))
        self.validator.expr(expr, code, len(self.info.globals))
        return self.sink.finish([], 0)
