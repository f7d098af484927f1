"""From register IR to stencils: numeric instructions, memory accesses, moves and globals.

In: instructions and the plan. Out: code in the assembler. Control flow and calls are in
`control`.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.abi import (
    HELPER_GLOBAL_SET,
    HELPER_MEMORY_COPY,
    HELPER_MEMORY_FILL,
    HELPER_PYTHON,
    HELPER_PYTHON_REF0,
    HELPER_PYTHON_REF1,
    HELPER_TABLE_GET,
    HELPER_TABLE_SET,
    NH,
    SLOT_SIZE,
)
from zwasm.baseline.assembler import NO_LABEL
from zwasm.baseline.division import I32_DIV_S, I32_REM_U, I64_DIV_U, I64_REM_U, Divider
from zwasm.baseline.keys import (
    FLOAT_SCRATCH,
    FLOAT_STORE_SLOT,
    IMM,
    INT_KINDS,
    INT_PLACES,
    INT_SCRATCH,
    REG,
    SLOT,
    STORE_SLOT,
    float_move,
    move,
)
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.ops import CLASS_BITS, CLASS_MASK, OPS
from zwasm.baseline.plan import FLOAT_BASE, Plan
from zwasm.baseline.registers import (
    ACC,
    CONSTANT,
    MAX_IMM,
    MIN_IMM,
    NOWHERE,
    PENDING,
    C,
    F,
    X,
)
from zwasm.baseline.table import Table
from zwasm.isa.ir import OP_MASK, WORDS
from zwasm.isa.ir import opcode as opcode_of
from zwasm.lower.code import FuncIR
from zwasm.valid.info import ModuleInfo

_I32_ADD: Final = opcode_of("i32.add")
_I64_ADD: Final = opcode_of("i64.add")
_I32_SHL: Final = opcode_of("i32.shl")
_I64_SHL: Final = opcode_of("i64.shl")
_I64_EQZ: Final = opcode_of("i64.eqz")
_I64_EXTEND_I32_U: Final = opcode_of("i64.extend_i32_u")
_MEMORY_GROW: Final = opcode_of("memory.grow")
_MEMORY_FILL: Final = opcode_of("memory.fill")
_MEMORY_COPY: Final = opcode_of("memory.copy")
_TABLE_GROW: Final = opcode_of("table.grow")
_TABLE_FILL: Final = opcode_of("table.fill")
MAX_OFFSET: Final = 0x7FFF_FFFF  # of an access that the guard of a memory covers
INDEX_SHIFT: Final = 12  # of the second index in a helper's x


class Emitter(Divider):
    """Emits one instruction after the other, at `self.at`."""

    def __init__(
        self,
        info: ModuleInfo,
        layout: ContextLayout,
        table: Table,
        entries: int,
        plan: Plan,
        checked: bool,
    ) -> None:
        super().__init__(table, entries, plan)
        self.info = info
        self.layout = layout
        self.checked = checked
        self.words: vec[i64] = vec[i64]()
        self.count: i64 = 0
        self.skip: i64 = 0  # instructions after this one that are emitted with it
        self.memory_pointers: list[int] = [layout.memory(i) for i in range(len(info.memories))]
        self.global_offsets = layout.globals
        self.imported_globals: i64 = layout.imported_globals
        self.memory64: vec[i64] = vec[i64](capacity=i64(len(info.memories)))
        for memory_type in info.memories:
            self.memory64 = append(self.memory64, 1 if memory_type.is64 else 0)

    def begin(self, code: FuncIR) -> None:
        super().begin(code)
        self.words = code.words
        self.count = i64(code.count)
        self.skip = 0

    # Integers.

    def int_binary(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a op b"""
        width = OPS.width[op]
        base = OPS.key[op]
        ka = self.kind(a, width)
        kb = self.kind(b, width)
        if (op >= I32_DIV_S and op <= I32_REM_U) or op == I64_DIV_U or op == I64_REM_U:
            if (kb == IMM or kb == CONSTANT) and self.divide(op, dst, a, b, ka):
                return
        if (op == _I32_SHL or op == _I64_SHL) and self.shifted_add(op, dst, a, b, ka, kb, width):
            return
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.INT)
        own = REG + rd if rd >= 0 else CONSTANT
        if OPS.commutes[op] != 0:
            unsuited = kb == PENDING or ka == IMM or ka == CONSTANT
            if ka != own and (kb == own or (ka != PENDING and unsuited)):
                a, b = b, a
                ka, kb = kb, ka
        registers = base + keys.BINARY_REG + rd * INT_KINDS
        if rd >= 0 and self.has(registers):
            if ka == own:
                self.reg_op(registers, b, kb, width)
                self.wrote(rd)
                return
            if kb == PENDING and ka != PENDING and ka != own:
                self.load_kind(1 + rd, a, ka, width)
                self.put(registers + INT_SCRATCH, 0, 0)
                self.acc_slot = NOWHERE
                self.wrote(rd)
                return
            if ka != PENDING and kb != own:
                self.load_kind(1 + rd, a, ka, width)
                self.reg_op(registers, b, kb, width)
                self.wrote(rd)
                return
        if ka >= REG and kb >= REG and (op == _I32_ADD or op == _I64_ADD):
            self.put(self.add_shifted(width, 0, ka - REG, kb - REG), 0, 0)
            self.finish(dst, rd)
            return
        self.acc_op(base, a, ka, b, kb, width)
        self.finish(dst, rd)

    def reg_op(self, registers: i64, b: i64, kb: i64, width: i64) -> None:
        """h = h op b"""
        if kb == PENDING:
            self.put(registers + INT_SCRATCH, 0, 0)
            self.acc_slot = NOWHERE
        elif kb == CONSTANT or (kb == IMM and not self.has(registers + IMM)):
            self.load_constant(ACC, b, width)
            self.put(registers + INT_SCRATCH, 0, 0)
        else:
            self.put(registers + kb, 0, self.value(b, kb, width))

    def acc_op(self, base: i64, a: i64, ka: i64, b: i64, kb: i64, width: i64) -> None:
        """acc = a op b"""
        if kb == PENDING:
            self.put(move(C, INT_SCRATCH, 1), 0, 0)
            self.acc_slot = NOWHERE
            self.load_kind(ACC, a, ka, width)
            self.put(base + INT_SCRATCH, 0, 0)
            return
        self.load_kind(ACC, a, ka, width)
        if kb == CONSTANT or (kb == IMM and not self.has(base + IMM)):
            self.load_constant(C, b, width)
            self.put(base + INT_SCRATCH, 0, 0)
        else:
            self.put(base + kb, 0, self.value(b, kb, width))

    def add_shifted(self, width: i64, shift: i64, i: i64, j: i64) -> i64:
        """The key of acc = h i + (h j << shift)."""
        return keys.ADD_SHIFTED + ((width * 4 + shift) * NH + i) * NH + j

    def shifted_add(self, op: i64, dst: i64, a: i64, b: i64, ka: i64, kb: i64, width: i64) -> bool:
        """Emit `x << k` together with the addition that follows, if that has the form for it."""
        if ka < REG or kb != IMM or self.at + 1 >= self.count or not self.stays(dst):
            return False
        shift = self.bits(b)
        if shift < 1 or shift > 3:
            return False
        n = (self.at + 1) * WORDS
        words = self.words
        number = words[n] & OP_MASK
        if number != (_I32_ADD if op == _I32_SHL else _I64_ADD):
            return False
        other = words[n + 3] if words[n + 2] == dst << 2 else words[n + 2]
        if other & 3 != 0 or other == dst << 2:
            return False
        kind = self.kind(other, width)
        if kind < REG:
            return False
        self.done(a)
        self.skip = 1
        self.at += 1
        self.done(other)
        rd = self.target(words[n + 1], ops.INT)
        self.put(self.add_shifted(width, shift, kind - REG, ka - REG), 0, 0)
        self.finish(words[n + 1], rd)
        return True

    def int_compare(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a relop b"""
        width = OPS.width[op]
        ka = self.kind(a, width)
        kb = self.kind(b, width)
        if ka != PENDING and (kb == PENDING or ka == IMM or ka == CONSTANT):
            a, b = b, a
            ka, kb = kb, ka
            op = OPS.swapped[op]
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.INT)
        self.acc_op(OPS.key[op], a, ka, b, kb, width)
        self.finish(dst, rd)

    def int_test(self, op: i64, dst: i64, a: i64) -> None:
        """dst = (a == 0)"""
        ka = self.kind(a, 1)
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.load_kind(ACC, a, ka, OPS.width[op])
        self.put(OPS.key[op], 0, 0)
        self.finish(dst, rd)

    # Floats.

    def float_binary(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a op b"""
        base = OPS.key[op]
        ka = self.float_kind(a)
        kb = self.float_kind(b)
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.FLOAT)
        own = REG + rd - FLOAT_BASE if rd >= 0 else CONSTANT
        if OPS.commutes[op] != 0:
            unsuited = kb == PENDING or ka == IMM
            if ka != own and (kb == own or (ka != PENDING and unsuited)):
                a, b = b, a
                ka, kb = kb, ka
        registers = base + keys.FLOAT_REG + (rd - FLOAT_BASE) * keys.FLOAT_KINDS
        if rd >= 0 and ka != PENDING and self.has(registers):
            if ka == own or kb != own:
                if ka != own:
                    self.load_float_kind(1 + rd - FLOAT_BASE, a, ka)
                if kb == PENDING:
                    self.put(registers + FLOAT_SCRATCH, 0, 0)
                    self.f_slot = NOWHERE
                elif kb == IMM and not self.has(registers + IMM):
                    self.load_float_kind(F, b, kb)
                    self.put(registers + FLOAT_SCRATCH, 0, 0)
                else:
                    self.put(registers + kb, 0, self.float_value(b, kb))
                self.wrote(rd)
                return
        self.f_op(base, a, ka, b, kb)
        self.finish_float(dst, rd)

    def f_op(self, base: i64, a: i64, ka: i64, b: i64, kb: i64) -> None:
        """f = a op b, or acc = a relop b"""
        if kb == PENDING:
            self.put(float_move(X, FLOAT_SCRATCH, 1), 0, 0)
            self.f_slot = NOWHERE
            self.load_float_kind(F, a, ka)
            self.put(base + FLOAT_SCRATCH, 0, 0)
            return
        self.load_float_kind(F, a, ka)
        if kb == IMM and not self.has(base + IMM):
            self.load_float_kind(X, b, kb)
            self.put(base + FLOAT_SCRATCH, 0, 0)
        else:
            self.put(base + kb, 0, self.float_value(b, kb))

    def float_value(self, entry: i64, kind: i64) -> i64:
        """The parameter for a float operand of kind SLOT or IMM."""
        if kind == SLOT:
            return self.offset(entry)
        return self.bits(entry) if kind == IMM else 0

    def float_compare(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a relop b"""
        ka = self.float_kind(a)
        kb = self.float_kind(b)
        if ka != PENDING and (kb == PENDING or ka == IMM):
            a, b = b, a
            ka, kb = kb, ka
            op = OPS.swapped[op]
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.INT)
        self.f_op(OPS.key[op], a, ka, b, kb)
        self.finish(dst, rd)

    def unary(self, op: i64, dst: i64, a: i64) -> None:
        """dst = op a"""
        if op == _I64_EXTEND_I32_U:
            self.copy(dst, a, 0)
            return
        base = OPS.key[op]
        result = OPS.result_class[op]
        place: i64 = 0
        if (OPS.source_classes[op] >> CLASS_BITS) & CLASS_MASK == ops.FLOAT:
            kind = self.float_kind(a)
            self.done(a)
            rd = self.target(dst, result)
            if kind >= REG:
                place = 1 + kind - REG
            else:
                self.load_float_kind(F, a, kind)
        else:
            kind = self.kind(a, OPS.width[op])
            self.done(a)
            rd = self.target(dst, result)
            if kind >= REG:
                place = 1 + kind - REG
            else:
                self.load_kind(ACC, a, kind, OPS.width[op])
        self.put(base + place, 0, 0)
        if result == ops.FLOAT:
            self.finish_float(dst, rd)
        else:
            self.finish(dst, rd)

    # Moves.

    def copy(self, dst: i64, a: i64, width: i64) -> None:
        """dst = a, whatever its class; a constant is zero-extended if the width is 0."""
        if a & 3 != 0:
            self.copy_constant(dst, a, width)
            return
        slot = a >> 2
        register = self.where[slot]
        if slot == self.f_slot or register >= FLOAT_BASE:
            kind = self.float_kind(a)
            self.done(a)
            rd = self.target(dst, ops.FLOAT)
            if rd >= 0 and kind != PENDING:
                self.load_float_kind(1 + rd - FLOAT_BASE, a, kind)
                self.wrote(rd)
            elif kind >= REG and not self.stays(dst) and not self.has_register(dst):
                self.store_float(dst, kind)
            else:
                self.load_float_kind(F, a, kind)
                self.finish_float(dst, rd)
            return
        if slot == self.acc_slot or register >= 0:
            kind = self.kind(a, 1)
            self.done(a)
            rd = self.target(dst, ops.INT)
            if rd >= 0 and kind != PENDING:
                self.load_kind(1 + rd, a, kind, 1)
                self.wrote(rd)
            elif kind >= REG and not self.stays(dst) and not self.has_register(dst):
                if self.is_wanted(dst):
                    self.put(STORE_SLOT + kind * 2 + 1, 0, dst * SLOT_SIZE)
            else:
                self.load_kind(ACC, a, kind, 1)
                self.finish(dst, rd)
            return
        # From memory, of any class.
        self.done(a)
        if self.wants_float(dst):
            rd = self.target(dst, ops.FLOAT)
            if rd >= 0:
                self.put(float_move(1 + rd - FLOAT_BASE, SLOT, 1), self.offset(a), 0)
                self.wrote(rd)
            else:
                self.put(float_move(F, SLOT, 1), self.offset(a), 0)
                self.finish_float(dst, rd)
            return
        rd = self.target(dst, ops.INT)
        if rd >= 0:
            self.put(move(1 + rd, SLOT, 1), self.offset(a), 0)
            self.wrote(rd)
        else:
            self.put(move(ACC, SLOT, 1), self.offset(a), 0)
            self.finish(dst, rd)

    def is_wanted(self, slot: i64) -> bool:
        """Whether what the current instruction gives is read."""
        return self.plan.end[self.at] >= 0 or self.is_global(slot)

    def has_register(self, slot: i64) -> bool:
        """Whether a global slot has a register."""
        return self.exposed[slot] != 0 and self.where[slot] >= 0

    def wants_float(self, dst: i64) -> bool:
        """Whether what the current instruction gives is read as a float."""
        if self.is_global(dst):
            return self.where[dst] >= FLOAT_BASE
        return self.plan.end[self.at] >= 0 and self.plan.classes[self.at] == ops.FLOAT

    def store_float(self, dst: i64, kind: i64) -> None:
        if self.is_wanted(dst):
            self.put(FLOAT_STORE_SLOT + kind * 2 + 1, 0, dst * SLOT_SIZE)

    def copy_constant(self, dst: i64, a: i64, width: i64) -> None:
        value = self.bits(a)
        if width == 0:
            value &= 0xFFFF_FFFF
        if self.wants_float(dst):
            rd = self.target(dst, ops.FLOAT)
            if rd >= 0:
                self.put(float_move(1 + rd - FLOAT_BASE, IMM, 1), value, 0)
                self.wrote(rd)
            else:
                self.put(float_move(F, IMM, 1), value, 0)
                self.finish_float(dst, rd)
            return
        rd = self.target(dst, ops.INT)
        if rd >= 0:
            self.load_constant(1 + rd, a, 1)
            self.wrote(rd)
            return
        if value >= MIN_IMM and value <= MAX_IMM and not self.stays(dst):
            if not self.has_register(dst):
                if self.is_wanted(dst):
                    self.put(STORE_SLOT + IMM * 2 + 1, value, dst * SLOT_SIZE)
                return
        self.load_constant(ACC, a, 1)
        self.finish(dst, rd)

    def select(self, dst: i64, first: i64, second: i64, condition: i64) -> None:
        """dst = condition ? first : second"""
        if self.is_float(first) or self.is_float(second) or self.wants_float(dst):
            self.float_select(dst, first, second, condition)
            return
        if second & 3 == 0 and second >> 2 == self.acc_slot:
            self.store_pending()
        kind = self.kind(second, 1)
        if kind == PENDING:  # memory has it too
            kind = SLOT
        if kind == CONSTANT or (kind == IMM and not self.has(keys.SELECT + IMM * 2 + 1)):
            # c and acc are both taken: the constant goes through memory.
            if first & 3 == 0 and first >> 2 == self.acc_slot:
                self.store_pending()
            if condition & 3 == 0 and condition >> 2 == self.acc_slot:
                self.put(move(C, INT_SCRATCH, 1), 0, 0)
                self.acc_slot = NOWHERE
                self.load_constant(ACC, second, 1)
                self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, self.scratch * SLOT_SIZE)
            else:
                self.load_constant(ACC, second, 1)
                self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, self.scratch * SLOT_SIZE)
                self.load(C, condition, 0)
            second = self.scratch << 2
            kind = SLOT
        else:
            self.load(C, condition, 0)
        self.load(ACC, first, 1)
        parameter = self.value(second, kind, 1)
        self.done(first)
        self.done(condition)
        if kind >= REG:
            self.done(second)
        rd = self.target(dst, ops.INT)
        self.put(keys.SELECT + kind * 2 + 1, 0, parameter)
        self.finish(dst, rd)

    def float_select(self, dst: i64, first: i64, second: i64, condition: i64) -> None:
        if second & 3 == 0 and second >> 2 == self.f_slot:
            self.load_float(X, second)
            self.load_float(F, first)
        else:
            self.load_float(F, first)
            self.load_float(X, second)
        self.load(ACC, condition, 0)
        self.done(first)
        self.done(second)
        self.done(condition)
        rd = self.target(dst, ops.FLOAT)
        self.put(keys.FLOAT_SELECT, 0, 0)
        self.finish_float(dst, rd)

    def is_float(self, entry: i64) -> bool:
        """Whether an operand is in a float register."""
        if entry & 3 != 0:
            return False
        slot = entry >> 2
        return slot == self.f_slot or self.where[slot] >= FLOAT_BASE

    # Memory.

    def plain_access(self, memory: i64, offset: i64) -> bool:
        """Whether an access needs no explicit check."""
        return memory == 0 and not self.checked and offset >= 0 and offset <= MAX_OFFSET

    def check(self, op: i64, memory: i64, offset: i64) -> None:
        """Turn the address in acc into a host address."""
        self.put(keys.CHECK + OPS.align[op], i64(self.memory_pointers[memory]), offset)

    def load_from(self, op: i64, dst: i64, address: i64, offset: i64, memory: i64) -> None:
        """dst = memory[address + offset]"""
        result = OPS.result_class[op]
        base = OPS.key[op]
        ka = self.kind(address, 0)
        if not self.plain_access(memory, offset):
            is64 = self.memory64[memory]
            ka = self.kind(address, is64)
            self.done(address)
            rd = self.target(dst, result)
            self.load_kind(ACC, address, ka, is64)
            self.check(op, memory, offset)
            if result == ops.FLOAT:
                self.put(base + keys.FLOAT_LOAD_RAW, 0, 0)
                self.finish_float(dst, rd)
            else:
                self.put(base + keys.INT_LOAD_RAW, 0, 0)
                self.finish(dst, rd)
            return
        self.done(address)
        rd = self.target(dst, result)
        place: i64 = 0
        if ka >= REG:
            place = 1 + ka - REG
        else:
            self.load_kind(ACC, address, ka, 0)
        if result == ops.FLOAT:
            if rd >= 0:
                self.put(base + (1 + rd - FLOAT_BASE) * INT_PLACES + place, offset, 0)
                self.wrote(rd)
            else:
                self.put(base + place, offset, 0)
                self.finish_float(dst, rd)
        elif rd >= 0:
            self.put(base + (1 + rd) * INT_PLACES + place, offset, 0)
            self.wrote(rd)
        else:
            self.put(base + place, offset, 0)
            self.finish(dst, rd)

    def store_to(self, op: i64, address: i64, value: i64, offset: i64, memory: i64) -> None:
        """memory[address + offset] = value"""
        base = OPS.key[op]
        plain = self.plain_access(memory, offset)
        is64 = self.memory64[memory]
        if (OPS.source_classes[op] >> CLASS_BITS) & CLASS_MASK == ops.FLOAT:
            kv = self.float_kind(value)
            ka = self.kind(address, is64)
            self.done(address)
            self.done(value)
            place: i64 = 0
            if kv >= REG and plain:
                place = 1 + kv - REG
            else:
                self.load_float_kind(F, value, kv)
            if not plain:
                self.load_kind(ACC, address, ka, is64)
                self.check(op, memory, offset)
                self.put(base + keys.FLOAT_STORE_RAW, 0, 0)
                return
            if ka >= REG:
                self.put(base + place * INT_PLACES + 1 + ka - REG, offset, 0)
            else:
                self.load_kind(ACC, address, ka, 0)
                self.put(base + place * INT_PLACES, offset, 0)
            return
        width = OPS.width[op]
        kv = self.kind(value, width)
        ka = self.kind(address, is64)
        self.done(address)
        self.done(value)
        if not plain:
            self.load_kind(C, value, kv, width)
            self.load_kind(ACC, address, ka, is64)
            self.check(op, memory, offset)
            self.put(base + keys.INT_STORE_RAW, 0, 0)
            return
        if kv == PENDING:
            if ka >= REG:
                self.put(base + keys.INT_STORE_ACC + 1 + ka - REG, offset, 0)
            else:
                self.load_kind(C, address, ka, 0)
                self.put(base + keys.INT_STORE_ACC, offset, 0)
            self.acc_slot = NOWHERE
            return
        place = 0
        if ka >= REG:
            place = 1 + ka - REG
        else:
            self.load_kind(ACC, address, ka, 0)
        if kv >= REG:
            self.put(base + (1 + kv - REG) * INT_PLACES + place, offset, 0)
        elif kv == IMM and self.has(base + (NH + 1) * INT_PLACES + place):
            key = base + (NH + 1) * INT_PLACES + place
            self.put(key, offset, self.value(value, IMM, width))
        else:
            self.load_kind(C, value, kv, width)
            self.put(base + place, offset, 0)

    def memory_size(self, dst: i64, memory: i64) -> None:
        rd = self.target(dst, ops.INT)
        self.put(keys.MEMORY_SIZE, i64(self.memory_pointers[memory]), 0)
        self.finish(dst, rd)

    # Globals.

    def global_get(self, dst: i64, index: i64) -> None:
        offset = i64(self.global_offsets[index])
        own = index >= self.imported_globals
        if self.plan.global_classes[index] == ops.VECTOR:
            rd = self.target(dst, ops.VECTOR)
            self.put(keys.VECTOR_GLOBAL_GET if own else keys.FAR_VECTOR_GLOBAL_GET, offset, 0)
            self.finish_vector(dst, rd)
            return
        if self.plan.global_classes[index] == ops.FLOAT:
            rd = self.target(dst, ops.FLOAT)
            self.put((keys.FLOAT_GLOBAL_GET if own else keys.FAR_FLOAT_GLOBAL_GET) + 1, offset, 0)
            self.finish_float(dst, rd)
            return
        place = self.plan.global_slot(index)
        if place >= 0 and self.where[place] >= 0:
            self.copy(dst, place << 2, 1)
            return
        known = self.known_in if index == self.known_global else NOWHERE
        rd = self.target(dst, ops.INT)
        if known >= 0:
            if rd >= 0:
                if rd != known:
                    self.put(move(1 + rd, REG + known, 1), 0, 0)
                self.wrote(rd)
                self.known_global = index
            else:
                self.put(move(ACC, REG + known, 1), 0, 0)
                self.finish(dst, rd)
        elif not own:
            self.put(keys.FAR_GLOBAL_GET + 1, offset, 0)
            self.finish(dst, rd)
        elif rd >= 0:
            self.put(keys.GLOBAL_GET + (1 + rd) * 2 + 1, offset, 0)
            self.wrote(rd)
            self.known_global = index
            self.known_in = rd
        else:
            self.put(keys.GLOBAL_GET + 1, offset, 0)
            self.finish(dst, rd)

    def global_set(self, a: i64, index: i64) -> None:
        offset = i64(self.global_offsets[index])
        own = index >= self.imported_globals
        if self.plan.global_refs[index] != 0:
            self.load(ACC, a, 1)
            self.done(a)
            self.put_scratch(0)
            self.helper(self.scratch, index, 0, HELPER_GLOBAL_SET)
            return
        if self.plan.global_classes[index] == ops.VECTOR:
            self.load_vector(F, a)
            self.done(a)
            self.put(keys.VECTOR_GLOBAL_SET if own else keys.FAR_VECTOR_GLOBAL_SET, offset, 0)
            return
        if self.plan.global_classes[index] == ops.FLOAT:
            self.load_float(F, a)
            self.done(a)
            self.put((keys.FLOAT_GLOBAL_SET if own else keys.FAR_FLOAT_GLOBAL_SET) + 1, offset, 0)
            return
        kind = self.kind(a, 1)
        self.done(a)
        if index == self.known_global:
            self.known_global = NOWHERE
        place = self.plan.global_slot(index)
        if place >= 0 and self.where[place] >= 0:
            self.set_hot_global(self.where[place], a, kind, offset)
            return
        if own and kind >= REG:
            self.put(keys.GLOBAL_SET + (1 + kind - REG) * 2 + 1, offset, 0)
            self.known_global = index
            self.known_in = kind - REG
            return
        self.load_kind(ACC, a, kind, 1)
        self.put((keys.GLOBAL_SET if own else keys.FAR_GLOBAL_SET) + 1, offset, 0)

    def set_hot_global(self, register: i64, a: i64, kind: i64, offset: i64) -> None:
        """Set a global that a register has, too."""
        one: i64 = 1
        if register == self.known_in:
            self.known_global = NOWHERE
        self.load_kind(1 + register, a, kind, 1)
        self.put(keys.GLOBAL_SET + (1 + register) * 2 + 1, offset, 0)
        self.valid |= one << register

    # Helpers.

    def put_scratch(self, i: i64) -> None:
        """Store acc in a scratch slot."""
        self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, (self.scratch + i) * SLOT_SIZE)

    def helper(self, slot: i64, x: i64, y: i64, number: i64) -> None:
        """Call a helper whose operands are in consecutive slots."""
        self.spill()
        self.place(keys.HELPER, slot * SLOT_SIZE, x, (y << 8) | number, NO_LABEL)
        self.pad()
        self.forget()

    def result_of_helper(self, dst: i64, slot: i64) -> None:
        """The result that a helper left in a slot."""
        rd = self.target(dst, ops.INT)
        if rd >= 0:
            self.put(move(1 + rd, SLOT, 1), slot * SLOT_SIZE, 0)
            self.wrote(rd)
        else:
            self.put(move(ACC, SLOT, 1), slot * SLOT_SIZE, 0)
            self.finish(dst, rd)

    def operand(self, i: i64, entry: i64, width: i64) -> None:
        """Put an operand into a scratch slot."""
        self.load(ACC, entry, width)
        self.done(entry)
        self.put_scratch(i)

    def operands(self, first: i64, second: i64, width: i64) -> None:
        """Put two operands into the first scratch slots."""
        if second & 3 == 0 and second >> 2 == self.acc_slot:
            self.operand(1, second, width)
            self.operand(0, first, width)
        else:
            self.operand(0, first, width)
            self.operand(1, second, width)

    def table_get(self, dst: i64, index: i64, table: i64) -> None:
        self.operand(0, index, self.table_width(table))
        self.helper(self.scratch, table, 0, HELPER_TABLE_GET)
        self.result_of_helper(dst, self.scratch)

    def table_set(self, index: i64, value: i64, table: i64) -> None:
        # References are never constants, so one width serves both.
        self.operands(index, value, self.table_width(table))
        self.helper(self.scratch, table, 0, HELPER_TABLE_SET)

    def table_width(self, table: i64) -> i64:
        return 1 if self.info.tables[table].is64 else 0

    def table_size(self, dst: i64, table: i64) -> None:
        rd = self.target(dst, ops.INT)
        self.put(keys.TABLE_SIZE, i64(self.layout.table(int(table))), 0)
        self.finish(dst, rd)

    def table_grow(self, dst: i64, value: i64, delta: i64, table: i64) -> None:
        self.operands(value, delta, self.table_width(table))
        self.helper(self.scratch, _TABLE_GROW, table, HELPER_PYTHON_REF0)
        self.result_of_helper(dst, self.scratch)

    def memory_grow(self, dst: i64, delta: i64, memory: i64) -> None:
        self.operand(0, delta, 1 if self.info.memories[memory].is64 else 0)
        self.helper(self.scratch, _MEMORY_GROW, memory, HELPER_PYTHON)
        self.result_of_helper(dst, self.scratch)

    def bulk(self, op: i64, slot: i64, x: i64, y: i64) -> None:
        """An operation on three consecutive slots."""
        if op == _MEMORY_FILL:
            self.helper(slot, x, 0, HELPER_MEMORY_FILL)
        elif op == _MEMORY_COPY:
            self.helper(slot, x, y, HELPER_MEMORY_COPY)
        elif op == _TABLE_FILL:
            self.helper(slot, op, x, HELPER_PYTHON_REF1)
        else:  # memory.init, table.copy, table.init
            self.helper(slot, op | (y << INDEX_SHIFT), x, HELPER_PYTHON)

    def segment_drop(self, op: i64, segment: i64) -> None:
        self.helper(self.scratch, op, segment, HELPER_PYTHON)

    # References.

    def ref_func(self, dst: i64, index: i64) -> None:
        rd = self.target(dst, ops.INT)
        self.put(keys.REF_FUNC, index * 8, 0)
        self.finish(dst, rd)

    def ref_as_non_null(self, dst: i64, a: i64) -> None:
        self.load(ACC, a, 1)
        self.done(a)
        rd = self.target(dst, ops.INT)
        self.put(keys.NON_NULL, 0, 0)
        self.finish(dst, rd)

    def ref_is_null(self, dst: i64, a: i64) -> None:
        self.int_test(_I64_EQZ, dst, a)
