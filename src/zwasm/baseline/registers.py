"""Where values are while a function is emitted, and moving them.

In: the plan of `analysis`. Out: `Registers`, which loads operands, finds places for results and
writes hot registers back. What instructions do is in `emit` and `vectors`.

An operand is a source word of the IR. A result is first in an accumulator (acc or f); it may stay
there for the one instruction that reads it next (*pending*), go to a register or to its slot.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.abi import NG, NH, SLOT_SIZE
from zwasm.baseline.analysis import CROSSES, DEAD, EARLY, IN_MEMORY, LOCAL
from zwasm.baseline.assembler import Assembler
from zwasm.baseline.keys import (
    FLOAT_SCRATCH,
    FLOAT_STORE_SLOT,
    IMM,
    INT_SCRATCH,
    REG,
    SLOT,
    STORE_SLOT,
    VECTOR_CONSTANT,
    VECTOR_LOAD_SLOT,
    VECTOR_STORE_SLOT,
    VECTOR_ZERO,
    float_move,
    move,
)
from zwasm.baseline.plan import FLOAT_BASE, REGISTERS, ROOT, Plan
from zwasm.baseline.table import Table
from zwasm.isa.ir import INLINE
from zwasm.lower.code import FuncIR

# Further kinds of operands besides those of `keys`.
PENDING: Final = -1  # in the accumulator; perhaps in the slot as well
CONSTANT: Final = -2  # too wide for an immediate

ACC: Final = 0
C: Final = NH + 1
F: Final = 0
X: Final = NG + 1

MIN_IMM: Final = -0x8000_0000
MAX_IMM: Final = 0x7FFF_FFFF
NOWHERE: Final = -1
MARGIN: Final = 4  # instructions that a stored value must outlive the one that takes its register


class Registers(Assembler):
    """The state of one function after the other."""

    def __init__(self, table: Table, entries: int, plan: Plan) -> None:
        super().__init__(table, entries)
        self.plan = plan
        self.where: vec[i64] = plan.register  # by slot: hot register or -1
        self.exposed: vec[i64] = plan.exposed
        self.ends: vec[i64] = plan.ends  # by slot: where its value in a register ends
        self.wide: vec[i64] = plan.wide  # by slot: 1 where its value in a register is a vector
        self.backed: vec[i64] = plan.backed  # by slot: 1 where memory has that value too
        self.consts: list[int] = []
        self.at: i64 = 0  # number of the instruction
        self.acc_slot: i64 = NOWHERE  # slot whose value is pending in acc
        self.f_slot: i64 = NOWHERE
        self.f_wide = False  # what is pending in f is a vector
        self.kept_slot: i64 = NOWHERE  # slot whose value acc or f has too, as long as the code
        self.kept_at: i64 = 0  # ends here
        self.kept_in_f = False
        self.known_global: i64 = NOWHERE  # own global whose value a register has too
        self.known_in: i64 = NOWHERE  # that register
        self.int_free: i64 = 0
        self.float_free: i64 = 0
        self.zone: i64 = ROOT
        self.hot: i64 = 0  # mask of the registers that the zone gives to global slots
        self.written: i64 = 0  # those of them whose slots it writes
        self.valid: i64 = 0  # those that have their slot's value
        self.dirty: i64 = 0  # those whose slot does not
        self.slot_of: vec[i64] = vec[i64]([NOWHERE] * 32)  # by register
        self.through: i64 = NOWHERE  # global slot that the result is stored to as well
        self.global_offsets: list[int] = []  # by global: where in the context it is
        self.scratch: i64 = 0  # first of the slots that instructions may use as they like

    def begin(self, code: FuncIR) -> None:
        """Start a function for which the plan has been made."""
        plan = self.plan
        self.where = plan.register
        self.exposed = plan.exposed
        self.ends = plan.ends
        self.wide = plan.wide
        self.backed = plan.backed
        self.consts = code.consts
        self.acc_slot = NOWHERE
        self.f_slot = NOWHERE
        self.kept_slot = NOWHERE
        self.known_global = NOWHERE
        self.valid = 0
        self.dirty = 0
        self.through = NOWHERE
        self.scratch = i64(code.slot_count)
        self.enter_zone(ROOT)

    # Zones.

    def enter_zone(self, zone: i64) -> None:
        """From here on registers are as the plan gives them out to a zone."""
        plan = self.plan
        self.zone = zone
        self.written = plan.written[zone]
        self.free_pools()
        self.hot = 0
        one: i64 = 1
        register: i64 = 0
        while register < REGISTERS:
            slot = plan.zone_slot[zone * REGISTERS + register]
            self.slot_of[register] = slot
            if slot >= 0:
                self.where[slot] = register
                self.wide[slot] = (plan.wides[zone] >> register) & 1
                self.hot |= one << register
            register += 1

    def free_pools(self) -> None:
        """All registers for short-lived values are free."""
        pools = self.plan.pools[self.zone]
        one: i64 = 1
        self.int_free = pools & ((one << FLOAT_BASE) - 1)
        self.float_free = pools & ~((one << FLOAT_BASE) - 1)

    def change_zone(self, zone: i64) -> None:
        """The code ahead, which is reached from here, is that of another zone."""
        old = self.zone
        keep = self.shared(old, zone, self.valid)
        self.store_for(old, zone, self.valid & self.dirty)
        one: i64 = 1
        register: i64 = 0
        while register < REGISTERS:
            if self.hot & (one << register) != 0:
                self.where[self.slot_of[register]] = NOWHERE
            register += 1
        self.enter_zone(zone)
        self.valid = keep
        self.dirty &= keep

    def shared(self, old: i64, new: i64, valid: i64) -> i64:
        """Which of some registers two zones give to the same slots."""
        plan = self.plan
        one: i64 = 1
        found: i64 = 0
        register: i64 = 0
        while register < REGISTERS:
            slot = plan.zone_slot[old * REGISTERS + register]
            if slot >= 0 and slot == plan.zone_slot[new * REGISTERS + register]:
                found |= one << register
            register += 1
        return found & valid

    def store_for(self, old: i64, new: i64, dirty: i64) -> None:
        """Store what only registers of one zone have, but for what those of another are to
        have, which know it."""
        dirty &= ~(self.shared(old, new, dirty) & self.plan.written[new])
        one: i64 = 1
        register: i64 = 0
        while register < REGISTERS:
            if dirty & (one << register) != 0:
                wide = self.plan.wides[old] & (one << register) != 0
                self.store_hot(register, self.plan.zone_slot[old * REGISTERS + register], wide)
            register += 1

    def load_for(self, old: i64, new: i64, valid: i64) -> None:
        """Load the registers of a zone, but for those that have their values from another."""
        valid = self.shared(old, new, valid)
        one: i64 = 1
        register: i64 = 0
        while register < REGISTERS:
            slot = self.plan.zone_slot[new * REGISTERS + register]
            if slot >= 0 and valid & (one << register) == 0:
                wide = self.plan.wides[new] & (one << register) != 0
                self.load_slot(register, slot, wide)
            register += 1

    # Hot registers of global slots.

    def load_hot(self, register: i64) -> None:
        """Load a hot register from its slot."""
        one: i64 = 1
        slot = self.slot_of[register]
        if register == self.known_in:
            self.known_global = NOWHERE
        self.load_slot(register, slot, self.wide[slot] != 0)
        self.valid |= one << register

    def load_slot(self, register: i64, slot: i64, wide: bool) -> None:
        """Load a register from a slot, or what the slot stands for."""
        if slot >= self.plan.global_base:
            offset = self.global_offsets[self.plan.global_of[slot - self.plan.global_base]]
            self.put(keys.GLOBAL_GET + (1 + register) * 2 + 1, i64(offset), 0)
        elif register < FLOAT_BASE:
            self.put(move(1 + register, SLOT, 1), slot * SLOT_SIZE, 0)
        elif wide:
            self.put(VECTOR_LOAD_SLOT + 1 + register - FLOAT_BASE, slot * SLOT_SIZE, 0)
        else:
            self.put(float_move(1 + register - FLOAT_BASE, SLOT, 1), slot * SLOT_SIZE, 0)

    def load_all(self) -> None:
        """Load every hot register that lacks its value, as labels expect it."""
        lacking = self.hot & ~self.valid
        register: i64 = 0
        while lacking != 0:
            if lacking & 1 != 0:
                self.load_hot(register)
            lacking >>= 1
            register += 1

    def spill(self) -> None:
        """Write back what only registers have."""
        pending = self.dirty & self.valid
        register: i64 = 0
        while pending != 0:
            if pending & 1 != 0:
                self.store_register(register, self.slot_of[register])
            pending >>= 1
            register += 1
        self.dirty = 0

    def forget(self) -> None:
        """After a barrier: registers have lost their values."""
        self.known_global = NOWHERE
        self.valid = 0
        self.dirty = 0

    # Operands.

    def kind(self, entry: i64, width: i64) -> i64:
        """Where an integer operand is; for IMM, `immediate` gives the value."""
        tag = entry & 3
        if tag == 0:
            slot = entry >> 2
            if slot == self.acc_slot:
                return PENDING
            register = self.where[slot]
            if register < 0:
                if slot == self.f_slot:
                    self.store_pending()
                if slot == self.kept_slot and not self.kept_in_f and self.kept_at == self.here():
                    return PENDING
                return SLOT
            if register < FLOAT_BASE:
                self.ensure(register)
                return REG + register
            self.ensure(register)
            key = FLOAT_STORE_SLOT + (REG + register - FLOAT_BASE) * 2 + 1
            self.put(key, 0, slot * SLOT_SIZE)
            return SLOT
        if tag == INLINE:
            if width == 0:
                return IMM
            value = entry >> 2
            if value >= MIN_IMM and value <= MAX_IMM:
                return IMM
        return CONSTANT

    def float_kind(self, entry: i64) -> i64:
        """Where a float or vector operand is; for IMM, `bits` or `vector_bits` gives the
        constant."""
        if entry & 3 != 0:
            return IMM
        slot = entry >> 2
        if slot == self.f_slot:
            return PENDING
        register = self.where[slot]
        if register < 0:
            if slot == self.acc_slot:
                self.store_pending()
            if slot == self.kept_slot and self.kept_in_f and self.kept_at == self.here():
                return PENDING
            return SLOT
        self.ensure(register)
        if register >= FLOAT_BASE:
            return REG + register - FLOAT_BASE
        self.put(STORE_SLOT + (REG + register) * 2 + 1, 0, slot * SLOT_SIZE)
        return SLOT

    def ensure(self, register: i64) -> None:
        """Make sure that a hot register has its value."""
        one: i64 = 1
        bit = one << register
        if self.hot & bit != 0 and self.valid & bit == 0:
            self.load_hot(register)

    def store_pending(self) -> None:
        """Put a pending value into its slot."""
        if self.acc_slot >= 0:
            self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, self.acc_slot * SLOT_SIZE)
            self.acc_slot = NOWHERE
        if self.f_slot >= 0:
            if self.f_wide:
                self.put(VECTOR_STORE_SLOT + F, 0, self.f_slot * SLOT_SIZE)
            else:
                self.put(FLOAT_STORE_SLOT + FLOAT_SCRATCH * 2 + 1, 0, self.f_slot * SLOT_SIZE)
            self.f_slot = NOWHERE

    def bits(self, entry: i64) -> i64:
        """The bit pattern of a constant operand, as a signed number."""
        if entry & 3 == INLINE:
            return entry >> 2
        value = self.consts[entry >> 2]
        return i64(value - (1 << 64) if value >= 1 << 63 else value)

    def offset(self, entry: i64) -> i64:
        """The byte offset of a slot operand."""
        return (entry >> 2) * SLOT_SIZE

    def value(self, entry: i64, kind: i64, width: i64) -> i64:
        """The parameter for an operand of kind SLOT or IMM."""
        if kind == SLOT:
            return (entry >> 2) * SLOT_SIZE
        if kind != IMM:
            return 0
        value = self.bits(entry)
        if width == 0 and value > MAX_IMM:
            return value - 0x1_0000_0000
        return value

    def done(self, entry: i64) -> None:
        """The current instruction has read an operand: free its register if it was the last."""
        if entry & 3 == 0:
            slot = entry >> 2
            register = self.where[slot]
            if register >= 0 and self.ends[slot] == self.at:
                one: i64 = 1
                if self.hot & (one << register) == 0:
                    self.release(slot, register)

    def release(self, slot: i64, register: i64) -> None:
        """A short-lived value has ended."""
        one: i64 = 1
        self.where[slot] = NOWHERE
        if register < FLOAT_BASE:
            self.int_free |= one << register
        else:
            self.float_free |= one << register

    # Loading operands.

    def load(self, dst: i64, entry: i64, width: i64) -> None:
        """Load an integer operand into acc, c or a hot register (dst as in `keys`). acc and c
        keep their values otherwise; a pending operand moves from acc."""
        self.load_kind(dst, entry, self.kind(entry, width), width)

    def load_kind(self, dst: i64, entry: i64, kind: i64, width: i64) -> None:
        """Load an operand whose kind is known."""
        if kind == PENDING:
            if dst != ACC:
                self.put(move(dst, INT_SCRATCH, 1), 0, 0)
            self.acc_slot = NOWHERE
        elif kind == SLOT:
            self.put(move(dst, SLOT, 1), self.offset(entry), 0)
        elif kind >= REG:
            if kind - REG + 1 != dst:
                self.put(move(dst, kind, 1), 0, 0)
        else:
            self.load_constant(dst, entry, width)

    def load_constant(self, dst: i64, entry: i64, width: i64) -> None:
        """Load a constant; of 32 bits it is zero-extended."""
        value = self.bits(entry)
        if width == 0:
            value &= 0xFFFF_FFFF
        self.load_value(dst, value)

    def load_value(self, dst: i64, value: i64) -> None:
        """Load 64 bits."""
        if value >= 0 and value <= 0xFFFF_FFFF:
            self.put(move(dst, IMM, 0), value - 0x1_0000_0000 if value > MAX_IMM else value, 0)
        elif value >= MIN_IMM and value < 0:
            self.put(move(dst, IMM, 1), value, 0)
        else:
            self.put(keys.BIG + dst, value, 0)

    def load_float(self, dst: i64, entry: i64) -> None:
        """Load a float operand into f, x or a hot register."""
        self.load_float_kind(dst, entry, self.float_kind(entry))

    def load_float_kind(self, dst: i64, entry: i64, kind: i64) -> None:
        """Load a float operand whose kind is known."""
        if kind == PENDING:
            if dst != F:
                self.put(float_move(dst, FLOAT_SCRATCH, 1), 0, 0)
            self.f_slot = NOWHERE
        elif kind == SLOT:
            self.put(float_move(dst, SLOT, 1), self.offset(entry), 0)
        elif kind == IMM:
            self.put(float_move(dst, IMM, 1), self.bits(entry), 0)
        elif kind - REG + 1 != dst:
            self.put(float_move(dst, kind, 1), 0, 0)

    def load_vector(self, dst: i64, entry: i64) -> None:
        """Load a vector operand into f, x or a hot register."""
        self.load_vector_kind(dst, entry, self.float_kind(entry))

    def load_vector_kind(self, dst: i64, entry: i64, kind: i64) -> None:
        """Load a vector operand whose kind is known."""
        if kind == SLOT:
            self.put(VECTOR_LOAD_SLOT + dst, self.offset(entry), 0)
        elif kind == IMM:
            bits = self.vector_bits(entry)
            if bits == 0:
                self.put(VECTOR_ZERO + dst, 0, 0)
            else:
                self.put(VECTOR_CONSTANT + dst, self.vector_constant(bits), 0)
        else:
            self.load_float_kind(dst, entry, kind)

    def vector_bits(self, entry: i64) -> int:
        """The bit pattern of a constant vector."""
        return self.consts[entry >> 2]

    # Results.

    def target(self, slot: i64, classes: i64) -> i64:
        """The register that the current instruction's result goes to, or NOWHERE. A register
        may be one that `done` has just freed."""
        register = self.find_target(slot, classes)
        if register == self.known_in:
            self.known_global = NOWHERE
        return register

    def find_target(self, slot: i64, classes: i64) -> i64:
        plan = self.plan
        i = self.at
        one: i64 = 1
        self.through = NOWHERE
        register = self.where[slot]
        end = plan.end[i]
        found = plan.classes[i]
        bits = plan.bits[i]
        if self.exposed[slot] != 0:
            if register >= 0:
                if self.hot & (one << register) != 0:
                    if (register >= FLOAT_BASE) == (classes != ops.INT):
                        return register
                    return NOWHERE
                self.release(slot, register)
        if self.is_global(slot):
            if end <= i:
                return NOWHERE
        else:
            self.where[slot] = NOWHERE
            if end == DEAD or (bits & (CROSSES | IN_MEMORY) != 0 and bits & EARLY == 0):
                return NOWHERE
            if end == i + 1 and plan.uses[i] == 1:
                return NOWHERE
        if found != classes and (found != ops.ANY or classes != ops.INT):
            return NOWHERE
        register = self.allot(classes, end)
        if register < 0:
            return NOWHERE
        self.where[slot] = register
        self.wide[slot] = 1 if classes == ops.VECTOR else 0
        self.ends[slot] = end
        self.slot_of[register] = slot
        self.backed[slot] = 0
        if self.is_global(slot) or bits & EARLY != 0:
            self.backed[slot] = 1
            self.through = slot
        return register

    def is_global(self, slot: i64) -> bool:
        """Whether the value that the current instruction gives must be in its place."""
        if self.exposed[slot] == 0:
            return False
        if self.plan.bits[self.at] & LOCAL == 0:
            return True
        register = self.where[slot]
        one: i64 = 1
        return register >= 0 and self.hot & (one << register) != 0

    def allot(self, classes: i64, end: i64) -> i64:
        """A register for a value that is read until `end`, or NOWHERE. If none is free, that of
        a value is taken that is read even later: of a global slot, which memory has too, or else
        of another one, which is stored."""
        one: i64 = 1
        if classes != ops.INT:
            if self.float_free != 0:
                register = lowest(self.float_free)
                self.float_free &= ~(one << register)
                return register
            register = FLOAT_BASE
            stop: i64 = FLOAT_BASE + NG
        else:
            if self.int_free != 0:
                register = lowest(self.int_free)
                self.int_free &= ~(one << register)
                return register
            register = 0
            stop = NH
        pool = self.plan.pools[self.zone]
        furthest = end
        found: i64 = NOWHERE
        furthest_local = end + MARGIN
        found_local: i64 = NOWHERE
        while register < stop:
            if pool & (one << register) != 0:
                slot = self.slot_of[register]
                last = self.ends[slot]
                if self.backed[slot] != 0:
                    if last > furthest:
                        furthest = last
                        found = register
                elif last > furthest_local:
                    furthest_local = last
                    found_local = register
            register += 1
        if found < 0 and found_local >= 0:
            found = found_local
            self.store_register(found, self.slot_of[found])
        if found >= 0:
            self.where[self.slot_of[found]] = NOWHERE
        return found

    def store_register(self, register: i64, slot: i64) -> None:
        """Store a register in a slot."""
        self.store_hot(register, slot, self.wide[slot] != 0)

    def store_hot(self, register: i64, slot: i64, wide: bool) -> None:
        """Store a register, which may have a vector, in a slot."""
        if register < FLOAT_BASE:
            self.put(STORE_SLOT + (REG + register) * 2 + 1, 0, slot * SLOT_SIZE)
        elif wide:
            self.put(VECTOR_STORE_SLOT + 1 + register - FLOAT_BASE, 0, slot * SLOT_SIZE)
        else:
            key = FLOAT_STORE_SLOT + (REG + register - FLOAT_BASE) * 2 + 1
            self.put(key, 0, slot * SLOT_SIZE)

    def wrote(self, register: i64) -> None:
        """A register that `target` gave has been written."""
        one: i64 = 1
        bit = one << register
        if self.through >= 0:
            self.store_register(register, self.through)
            self.through = NOWHERE
            return
        if self.hot & bit != 0:
            self.valid |= bit
            self.dirty |= bit

    def finish(self, slot: i64, register: i64) -> None:
        """Put an integer result, which is in acc, where `target` said."""
        if register >= 0:
            self.put(move(1 + register, INT_SCRATCH, 1), 0, 0)
            self.wrote(register)
        elif self.stays(slot):
            self.acc_slot = slot
        else:
            self.keep(slot, ops.INT)

    def finish_float(self, slot: i64, register: i64) -> None:
        """Put a float result, which is in f, where `target` said."""
        if register >= 0:
            self.put(float_move(1 + register - FLOAT_BASE, FLOAT_SCRATCH, 1), 0, 0)
            self.wrote(register)
        elif self.stays(slot):
            self.f_slot = slot
            self.f_wide = False
        else:
            self.keep(slot, ops.FLOAT)

    def finish_vector(self, slot: i64, register: i64) -> None:
        """Put a vector, which is in f, where `target` said."""
        if register >= 0:
            self.put(float_move(1 + register - FLOAT_BASE, FLOAT_SCRATCH, 1), 0, 0)
            self.wrote(register)
        elif self.stays(slot):
            self.f_slot = slot
            self.f_wide = True
        else:
            self.keep(slot, ops.VECTOR)

    def stays(self, slot: i64) -> bool:
        """Whether a result may stay in the accumulator for the next instruction."""
        plan = self.plan
        i = self.at
        return (
            plan.end[i] == i + 1
            and not self.is_global(slot)
            and plan.uses[i] == 1
            and plan.bits[i] & IN_MEMORY == 0
        )

    def keep(self, slot: i64, classes: i64) -> None:
        """Store a result in its slot, unless nothing reads it."""
        if not self.is_global(slot):
            if self.plan.end[self.at] == DEAD:
                return
        elif self.where[slot] >= 0:
            # A global slot whose register is of the other class.
            register = self.where[slot]
            one: i64 = 1
            self.store(slot, classes)
            self.valid &= ~(one << register)
            self.dirty &= ~(one << register)
            return
        self.store(slot, classes)

    def store(self, slot: i64, classes: i64) -> None:
        if classes == ops.VECTOR:
            self.put(VECTOR_STORE_SLOT + F, 0, slot * SLOT_SIZE)
        elif classes == ops.FLOAT:
            self.put(FLOAT_STORE_SLOT + FLOAT_SCRATCH * 2 + 1, 0, slot * SLOT_SIZE)
        else:
            self.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, slot * SLOT_SIZE)
        self.kept_slot = slot
        self.kept_in_f = classes != ops.INT
        self.kept_at = self.here()


def lowest(mask: i64) -> i64:
    """The number of the lowest bit that is set."""
    i: i64 = 0
    while mask & 1 == 0:
        mask >>= 1
        i += 1
    return i
