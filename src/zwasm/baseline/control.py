"""From register IR to stencils: control flow and calls.

In: a function's IR. Out: its code in the assembler. `compile` drives this for whole modules.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.abi import (
    CODE_TRAPS,
    HELPER_CALLEE,
    SLOT_SIZE,
    SLOTS_PER_COST,
    TRAP_UNREACHABLE,
)
from zwasm.baseline.analysis import LAST_OF_REGION, func_type
from zwasm.baseline.assembler import FUNCTIONS, HEADER
from zwasm.baseline.keys import (
    FLOAT_KINDS,
    FLOAT_PLACES,
    FLOAT_SCRATCH,
    IMM,
    INT_KINDS,
    INT_SCRATCH,
    PLACE_SLOT,
    REG,
    SLOT,
    STORE_SLOT,
    float_move,
    move,
)
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.ops import OPS, class_of
from zwasm.baseline.plan import FLOAT_BASE, Plan
from zwasm.baseline.registers import ACC, CONSTANT, NOWHERE, PENDING, C, F, X
from zwasm.baseline.table import Table
from zwasm.baseline.vectors import VectorEmitter
from zwasm.errors import UnsupportedError
from zwasm.isa.ir import IR_BR_UNLESS_CMP, OP_MASK, PLACE_SHIFT, WORDS
from zwasm.isa.ir import opcode as opcode_of
from zwasm.isa.row import FEATURE_NAMES, row_of
from zwasm.lower.code import FuncIR, slot_count
from zwasm.types import V128, FuncType, def_type
from zwasm.valid.info import ModuleInfo

_I32_EQZ: Final = opcode_of("i32.eqz")
_I64_EQZ: Final = opcode_of("i64.eqz")
WORD: Final = 8
FRAME_BYTES: Final[dict[str, int]] = {"x86_64": 8, "aarch64": 16}  # of native stack a frame
# IR instructions up to which every branch of AArch64 reaches; the shortest reach is 1 MiB. Targets
# of jump tables are 4 bytes each.
NEAR_INSTRUCTIONS: Final = 2000
TARGETS_PER_INSTRUCTION: Final = 8


class FuncEmitter(VectorEmitter):
    """Emits whole functions."""

    def __init__(
        self,
        info: ModuleInfo,
        layout: ContextLayout,
        table: Table,
        entries: int,
        plan: Plan,
        checked: bool,
        direct: bool,
        deterministic: bool,
    ) -> None:
        super().__init__(info, layout, table, entries, plan, checked, deterministic)
        self.direct = direct  # whether all functions are compiled together and call each other
        self.frame_word: i64 = FRAME_BYTES[table.architecture]
        self.result_class: i64 = 0
        self.targets: list[int] = []
        self.own: i64 = -1  # the function's index among the module's own
        self.entry_label: i64 = 0
        self.padding: i64 = 0  # bytes in the frame below the return address
        self.live: bool = True
        self.region: i64 = 0
        # Code between zones, at the function's end: label, target, the zone that is left, its
        # valid and dirty registers there. By the others, the label.
        self.edges: list[tuple[int, int, int, int, int]] = []
        self.edge_labels: dict[tuple[int, int, int, int], int] = {}

    def function(
        self, code: FuncIR, type: FuncType, own: int, places: list[tuple[int, int]] | None
    ) -> None:
        """Emit a function. `places` gets (offset, wasm place) of every instruction; what comes
        before belongs to the first."""
        if places is not None:
            places.append((0, int(code.words[0] >> PLACE_SHIFT)))
        self.plan.make(code, type)
        self.begin(code)
        self.result_class = self.plan.result_class
        self.targets = code.targets
        self.own = i64(own)
        self.padding = i64(code.slot_count) // SLOTS_PER_COST * self.frame_word
        self.live = True
        self.region = 0
        self.entry_label = i64(len(code.labels))
        count = self.count
        size = count + i64(len(code.targets)) // TARGETS_PER_INSTRUCTION
        self.start(self.entry_label + 1, size > NEAR_INSTRUCTIONS)
        self.enter_function(code)
        words = self.words
        i: i64 = 0
        while i < count:
            self.at = i
            at = i * WORDS
            word = words[at]
            if places is not None:
                places.append((len(self.out), int(word >> PLACE_SHIFT)))
            self.instruction(word & OP_MASK, at)
            if word & LAST_OF_REGION != 0:
                self.enter_region(self.region + 1)
            i += 1 + self.skip
            self.skip = 0
        self.emit_edges()

    def enter_function(self, code: FuncIR) -> None:
        """The prologue: the check of the stack, and locals that start as zero."""
        self.bind(self.entry_label)
        if self.padding != 0:
            self.put(keys.ENTER_BIG, self.padding, self.padding // WORD)
        else:
            self.put(keys.ENTER, 0, 0)
        one: i64 = 1
        slot: i64 = i64(code.param_count)
        while slot < i64(code.local_count):
            if self.exposed[slot] != 0:
                register = self.where[slot]
                vector = code.local_types[slot] == V128
                if register < 0:
                    self.zero_slots(slot, vector)
                else:
                    if register < FLOAT_BASE:
                        self.put(move(1 + register, IMM, 0), 0, 0)
                    elif vector:
                        self.put(keys.VECTOR_ZERO + 1 + register - FLOAT_BASE, 0, 0)
                    else:
                        self.put(float_move(1 + register - FLOAT_BASE, IMM, 1), 0, 0)
                    self.valid |= one << register
                    if self.written & (one << register) != 0:
                        self.dirty |= one << register
                    else:  # labels take it for a value that memory has too
                        self.zero_slots(slot, vector)
            slot += 1
        # Operands have no value yet.
        while slot < i64(code.slot_count):
            register = self.where[slot]
            if register >= 0:
                self.valid |= one << register
            slot += 1

    def zero_slots(self, slot: i64, vector: bool) -> None:
        """Clear a slot, or the two of a vector."""
        self.put(STORE_SLOT + IMM * 2 + 1, 0, slot * SLOT_SIZE)
        if vector:
            self.put(STORE_SLOT + IMM * 2 + 1, 0, (slot + 1) * SLOT_SIZE)

    def instruction(self, number: i64, at: i64) -> None:
        """Emit one instruction."""
        words = self.words
        a = words[at + 1]
        b = words[at + 2]
        c = words[at + 3]
        d = words[at + 4]
        kind = OPS.kind[number]
        if kind < ops.COPY:
            if kind == keys.INT_BINARY:
                self.int_binary(number, a, b, c)
            elif kind == keys.LOAD:
                self.load_from(number, a, b, c, d)
            elif kind == keys.STORE:
                self.store_to(number, a, b, c, d)
            elif kind == keys.UNARY:
                self.unary(number, a, b)
            elif kind == keys.FLOAT_BINARY:
                self.float_binary(number, a, b, c)
            elif kind == keys.INT_COMPARE:
                self.int_compare(number, a, b, c)
            elif kind == keys.INT_TEST:
                self.int_test(number, a, b)
            elif kind == keys.FLOAT_COMPARE:
                self.float_compare(number, a, b, c)
            elif not self.vector_instruction(kind, number, words, at):
                raise no_code(number)
        elif kind <= ops.RETURN_MANY:
            if kind == ops.COPY:
                self.copy(a, b, 1)
            elif kind == ops.LABEL or kind == ops.LOOP:
                self.label(a)
            elif kind == ops.BR:
                self.br(a)
            elif kind == ops.BR_IF:
                self.branch_on(_I32_EQZ, a, b, False)
            elif kind == ops.BR_UNLESS:
                self.branch_on(_I32_EQZ, a, b, True)
            elif kind == ops.INT_COMPARE_BRANCH:
                self.compare_branch(OPS.row[number], a, b, c, number < IR_BR_UNLESS_CMP)
            elif kind == ops.INT_TEST_BRANCH:
                self.branch_on(OPS.row[number], a, b, number < IR_BR_UNLESS_CMP)
            elif kind == ops.FLOAT_COMPARE_BRANCH:
                self.float_branch(OPS.row[number], a, b, c, number < IR_BR_UNLESS_CMP)
            elif kind == ops.BR_TABLE:
                self.br_table(a, b, c)
            elif kind == ops.BR_ON_NULL:
                self.branch_on(_I64_EQZ, a, b, True)
            elif kind == ops.BR_ON_NON_NULL:
                self.branch_on(_I64_EQZ, a, b, False)
            elif kind == ops.RETURN:
                self.leave()
            elif kind == ops.RETURN_ONE:
                self.return_one(a)
            else:
                self.return_many(a, b)
        elif kind == ops.CALL:
            self.call(a, b)
        elif kind == ops.CALL_INDIRECT:
            self.callee(a, b, c)
            self.call_func(d, func_type(a))
        elif kind == ops.CALL_REF:
            self.load(ACC, b, 1)
            self.done(b)
            self.put(keys.NON_NULL + 1, 0, 0)
            self.call_func(c, func_type(a))
        elif kind == ops.RETURN_CALL:
            self.return_call(a, b)
        elif kind == ops.RETURN_CALL_INDIRECT:
            self.callee(a, b, c)
            self.return_call_func(d, func_type(a))
        elif kind == ops.RETURN_CALL_REF:
            self.load(ACC, b, 1)
            self.done(b)
            self.put(keys.NON_NULL + 1, 0, 0)
            self.return_call_func(c, func_type(a))
        elif kind == ops.SELECT:
            self.select(a, b, c, d)
        elif kind == ops.GLOBAL_GET:
            self.global_get(a, b)
        elif kind == ops.GLOBAL_SET:
            self.global_set(a, b)
        elif kind == ops.TABLE_GET:
            self.table_get(a, b, c)
        elif kind == ops.TABLE_SET:
            self.table_set(a, b, c)
        elif kind == ops.TABLE_SIZE:
            self.table_size(a, b)
        elif kind == ops.TABLE_GROW:
            self.table_grow(a, b, c, d)
        elif kind == ops.MEMORY_SIZE:
            self.memory_size(a, b)
        elif kind == ops.MEMORY_GROW:
            self.memory_grow(a, b, c)
        elif kind == ops.BULK:
            self.bulk(number, a, b, c)
        elif kind == ops.SEGMENT_DROP:
            self.segment_drop(number, a)
        elif kind == ops.REF_NULL:
            self.copy(a, keys.IMM, 1)  # the inline constant 0
        elif kind == ops.REF_IS_NULL:
            self.ref_is_null(a, b)
        elif kind == ops.REF_FUNC:
            self.ref_func(a, b)
        elif kind == ops.REF_AS_NON_NULL:
            self.ref_as_non_null(a, b)
        elif kind == ops.UNREACHABLE:
            self.place(keys.TRAP, 0, 0, 0, HEADER - (CODE_TRAPS + 16 * TRAP_UNREACHABLE))
            self.pad()
            self.live = False
        elif kind == ops.FUEL:
            self.put(keys.FUEL, a, 0)
        elif kind == ops.COPY_V128:
            self.copy_v128(a, b)
        elif kind == ops.SELECT_V128:
            self.select_v128(a, b, c, d)
        else:
            raise no_code(number)

    # Branches.

    def label(self, label: i64) -> None:
        """Branches arrive here with every hot register loaded."""
        self.enter_region(self.plan.label_region[label])
        if self.live:
            self.load_all()
        self.live = True
        self.valid = self.hot
        self.dirty = self.written
        self.free_pools()
        self.acc_slot = NOWHERE
        self.f_slot = NOWHERE
        self.kept_slot = NOWHERE
        self.known_global = NOWHERE
        self.bind(label)

    def enter_region(self, region: i64) -> None:
        """The code ahead is another region, perhaps of another zone."""
        self.region = region
        plan = self.plan
        if plan.zoned:
            zone = plan.zone[plan.node_of[region]]
            if zone != self.zone:
                if not self.live:
                    self.valid = 0
                self.change_zone(zone)

    def leaves(self, label: i64) -> bool:
        """Whether a label is in another zone."""
        return self.plan.zoned and self.plan.zone_at[label] != self.zone

    def prepare(self, label: i64) -> None:
        """Before a branch that may go to a label of this zone or another."""
        if not self.leaves(label):
            self.load_all()

    def edge(self, label: i64) -> i64:
        """Where a branch goes that shall lead to a label: there or, from zone to zone, to code
        that leads there."""
        if not self.leaves(label):
            return label
        key = (int(label), int(self.zone), int(self.valid), int(self.dirty & self.valid))
        found = self.edge_labels.get(key)
        if found is None:
            found = int(self.new_label())
            self.edge_labels[key] = found
            self.edges.append((found, *key))
        return found

    def emit_edges(self) -> None:
        """Emit the code that `edge` asked for."""
        for label, target, zone, valid, dirty in self.edges:
            self.bind(label)
            self.pass_over(zone, self.plan.zone_at[target], valid, dirty)
            self.place(keys.JUMP, 0, 0, 0, target)
        if self.edges:
            self.edges = []
            self.edge_labels = {}

    def pass_over(self, old: i64, new: i64, valid: i64, dirty: i64) -> None:
        """Give registers the values that a label in another zone expects."""
        self.store_for(old, new, dirty)
        self.load_for(old, new, valid)

    def br(self, label: i64) -> None:
        self.prepare(label)
        self.live = False
        # Only labels may stand between here and the target.
        n = (self.at + 1) * WORDS
        stop = self.count * WORDS
        words = self.words
        while n < stop and OPS.kind[words[n] & OP_MASK] == ops.LABEL:
            if words[n + 1] == label:
                self.live = True
                return
            n += WORDS
        if self.leaves(label):
            self.pass_over(self.zone, self.plan.zone_at[label], self.valid, self.dirty & self.valid)
        self.place(keys.JUMP, 0, 0, 0, label)

    def branch_on(self, op: i64, label: i64, a: i64, zero: bool) -> None:
        """Branch if an operand is zero, or if it is not."""
        self.prepare(label)
        width = OPS.width[op]
        kind = self.kind(a, width)
        self.done(a)
        label = self.edge(label)
        base = OPS.key[op] + (keys.TEST_ZERO if zero else keys.TEST_NONZERO)
        if kind == SLOT:
            self.place(base + PLACE_SLOT, self.offset(a), 0, 0, label)
        elif kind >= REG:
            self.place(base + 1 + kind - REG, 0, 0, 0, label)
        else:
            self.load_kind(ACC, a, kind, width)
            self.place(base, 0, 0, 0, label)

    def compare_branch(self, op: i64, label: i64, a: i64, b: i64, holds: bool) -> None:
        """Branch if a comparison of integers holds, or if it does not."""
        self.prepare(label)
        if not holds:
            op = OPS.negated[op]
        width = OPS.width[op]
        ka = self.kind(a, width)
        kb = self.kind(b, width)
        self.done(a)
        self.done(b)
        label = self.edge(label)
        if ka != PENDING and (kb == PENDING or ka == IMM or ka == CONSTANT):
            a, b = b, a
            ka, kb = kb, ka
            op = OPS.swapped[op]
        base = OPS.key[op] + keys.COMPARE_BRANCH
        place: i64 = 0
        if ka >= REG:
            place = 1 + ka - REG
        elif (
            ka == SLOT and (kb == IMM or kb >= REG) and self.has(base + PLACE_SLOT * INT_KINDS + kb)
        ):
            place = PLACE_SLOT
        else:
            self.load_kind(ACC, a, ka, width)
        base += place * INT_KINDS
        first = self.offset(a) if place == PLACE_SLOT else 0
        if kb == CONSTANT or (kb == IMM and not self.has(base + IMM)):
            self.load_constant(C if place == 0 else ACC, b, width)
            self.place(base + INT_SCRATCH, first, 0, 0, label)
        else:
            self.place(base + kb, first, self.value(b, kb, width), 0, label)

    def has_branch(self, base: i64, kb: i64) -> bool:
        """Whether a branch may compare a slot with an operand of kind b at once."""
        return kb >= 0 and self.has(base + PLACE_SLOT * INT_KINDS + kb)

    def float_branch(self, op: i64, label: i64, a: i64, b: i64, holds: bool) -> None:
        """Branch if a comparison of floats holds, or if it does not."""
        self.prepare(label)
        ka = self.float_kind(a)
        kb = self.float_kind(b)
        self.done(a)
        self.done(b)
        label = self.edge(label)
        if ka != PENDING and (kb == PENDING or ka == IMM):
            a, b = b, a
            ka, kb = kb, ka
            op = OPS.swapped[op]
        sense: i64 = 1 if holds else 0
        base = OPS.key[op] + keys.FLOAT_BRANCH + sense * FLOAT_PLACES * FLOAT_KINDS
        place: i64 = 0
        if ka >= REG:
            place = 1 + ka - REG
        else:
            self.load_float_kind(F, a, ka)
        base += place * FLOAT_KINDS
        if kb == IMM and not self.has(base + IMM):
            self.load_float_kind(X if place == 0 else F, b, kb)
            self.place(base + FLOAT_SCRATCH, 0, 0, 0, label)
        else:
            self.place(base + kb, 0, self.float_value(b, kb), 0, label)

    def br_table(self, index: i64, first: i64, count: i64) -> None:
        self.load_all()
        self.live = False
        self.load(ACC, index, 0)
        self.done(index)
        targets = self.targets[first : first + count]
        if self.plan.zoned:
            self.dirty = self.written  # so that tables share what leads from zone to zone
            targets = [int(self.edge(label)) for label in targets]
        self.put(keys.JUMP_TABLE, count - 1, 0)
        self.jump_table(targets)

    # Returns.

    def leave(self) -> None:
        if self.padding != 0:
            self.put(keys.LEAVE_BIG, self.padding, 0)
        self.put(keys.RETURN, 0, 0)
        self.live = False

    def return_one(self, a: i64) -> None:
        if self.result_class == ops.VECTOR:
            self.load_vector(F, a)
        elif self.result_class == ops.FLOAT:
            self.load_float(F, a)
        else:
            self.load(ACC, a, 1)
        self.done(a)
        self.leave()

    def return_many(self, count: i64, base: i64) -> None:
        self.spill()
        self.move_down(count, base)
        self.leave()

    def move_down(self, count: i64, base: i64) -> None:
        """Move slots from `base` on to the frame's beginning, by way of c."""
        i: i64 = 0
        while i < count and base != 0:
            self.put(move(C, SLOT, 1), (base + i) * SLOT_SIZE, 0)
            self.put(STORE_SLOT + (INT_SCRATCH + 1) * 2 + 1, 0, i * SLOT_SIZE)
            i += 1

    # Calls.

    def call(self, index: i64, base: i64) -> None:
        func = self.info.funcs[index]
        self.spill()
        imported: i64 = self.info.imported_funcs
        shift = base * SLOT_SIZE
        if index < imported:
            self.put(keys.CALL_IMPORT, shift, i64(self.layout.func(int(index))))
        else:
            self.call_own(index - imported, shift)
        self.results(base, func)

    def call_own(self, index: i64, shift: i64) -> None:
        """Call a function of this module."""
        if index == self.own:
            self.place(keys.CALL_NEAR, shift, 0, 0, self.entry_label)
        elif self.direct:
            self.place(keys.CALL_NEAR, shift, 0, 0, FUNCTIONS - index)
        else:
            self.put(keys.CALL_ENTRY, shift, index * 8)

    def results(self, base: i64, func: FuncType) -> None:
        """After a call: registers are lost, results are where the convention says."""
        self.forget()
        count = i64(len(func.result_codes))
        if count == 1:
            result = class_of(func.result_codes[0])
            self.finish_any(base, self.target(base, result), result)

    def callee(self, type_id: i64, table: i64, index: i64) -> None:
        """acc = the function that `call_indirect` means"""
        width = self.table_width(table)
        if def_type(int(type_id)).final:
            self.load(ACC, index, width)
            self.done(index)
            self.put(keys.CALLEE, i64(self.layout.table(int(table))), type_id)
        else:
            self.operand(0, index, width)
            self.helper(self.scratch, type_id, table, HELPER_CALLEE)
            self.put(move(ACC, SLOT, 1), self.scratch * SLOT_SIZE, 0)

    def call_func(self, base: i64, func: FuncType) -> None:
        """Call the function in acc."""
        self.spill()
        self.put(keys.CALL_FUNC, base * SLOT_SIZE, 0)
        self.results(base, func)

    def return_call(self, index: i64, base: i64) -> None:
        self.spill()
        self.move_down(slot_count(self.info.funcs[index].param_codes), base)
        self.drop_padding()
        imported: i64 = self.info.imported_funcs
        if index < imported:
            self.put(keys.TAIL_IMPORT, 0, i64(self.layout.func(int(index))))
        else:
            index -= imported
            if index == self.own:
                self.place(keys.TAIL_NEAR, 0, 0, 0, self.entry_label)
            elif self.direct:
                self.place(keys.TAIL_NEAR, 0, 0, 0, FUNCTIONS - index)
            else:
                self.put(keys.TAIL_ENTRY, 0, index * 8)
        self.live = False

    def return_call_func(self, base: i64, func: FuncType) -> None:
        """Tail-call the function in acc."""
        self.spill()
        self.move_down(slot_count(func.param_codes), base)
        self.drop_padding()
        self.put(keys.TAIL_FUNC, 0, 0)
        self.live = False

    def drop_padding(self) -> None:
        if self.padding != 0:
            self.put(keys.LEAVE_BIG, self.padding, 0)


def no_code(number: i64) -> UnsupportedError:
    """The error for an operation that this engine does not have."""
    row = row_of(int(number))
    names = [name for bit, name in FEATURE_NAMES.items() if row.feature & bit != 0]
    return UnsupportedError(f"{row.name} has no machine code yet", ", ".join(names))
