"""From register IR to stencils: vector instructions.

In: instructions and the plan. Out: code in the assembler. Vectors share the registers of floats;
moving them is in `registers`, globals in `emit`, control flow in `control`.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from zwasm.baseline import keys, ops
from zwasm.baseline.abi import SLOT_SIZE
from zwasm.baseline.emit import Emitter
from zwasm.baseline.keys import (
    FLOAT_KINDS,
    FLOAT_PLACES,
    FLOAT_SCRATCH,
    IMM,
    INT_PLACES,
    PATTERNS,
    REG,
    SLOT,
    float_move,
)
from zwasm.baseline.layout import ContextLayout
from zwasm.baseline.ops import CLASS_BITS, CLASS_MASK, OPS
from zwasm.baseline.plan import FLOAT_BASE, Plan
from zwasm.baseline.registers import ACC, CONSTANT, NOWHERE, PENDING, F, X
from zwasm.baseline.table import Table
from zwasm.isa.ir import INLINE
from zwasm.isa.ir import opcode as opcode_of
from zwasm.valid.info import ModuleInfo

_SHUFFLE: Final = opcode_of("i8x16.shuffle")
_I8X16_SHL: Final = opcode_of("i8x16.shl")
_I8X16_SHR_S: Final = opcode_of("i8x16.shr_s")
_I8X16_SHR_U: Final = opcode_of("i8x16.shr_u")
_I8X16_SUB: Final = opcode_of("i8x16.sub")
_I16X8_SHL: Final = opcode_of("i16x8.shl")
_I16X8_SHR_U: Final = opcode_of("i16x8.shr_u")
_V128_AND: Final = opcode_of("v128.and")
_V128_XOR: Final = opcode_of("v128.xor")
LANES: Final = 16
_ABSENT: Final = 0x80  # a lane number that x86-64 makes zero of
_OTHER: Final = int.from_bytes(bytes([LANES] * LANES), "little")


def _as_number(lanes: tuple[int, ...]) -> int:
    return int.from_bytes(bytes(lanes), "little")


# The number of the pattern that a shuffle is, by its lane numbers.
_PATTERN_OF: Final[dict[int, int]] = {_as_number(lanes): i for i, lanes in enumerate(PATTERNS)}


class VectorEmitter(Emitter):
    """Emits vector instructions. With `deterministic` relaxed ones give the same results
    everywhere."""

    def __init__(
        self,
        info: ModuleInfo,
        layout: ContextLayout,
        table: Table,
        entries: int,
        plan: Plan,
        checked: bool,
        deterministic: bool,
    ) -> None:
        super().__init__(info, layout, table, entries, plan, checked)
        self.deterministic = deterministic
        self.one_table: bool = table.architecture == "aarch64"  # a shuffle has one constant

    def base(self, op: i64) -> i64:
        """The first key of an instruction."""
        if self.deterministic:
            return OPS.key[op] + OPS.relaxed[op]
        return OPS.key[op]

    def vector_value(self, entry: i64, kind: i64) -> i64:
        """The parameter for a vector operand of kind SLOT or IMM."""
        if kind == SLOT:
            return self.offset(entry)
        return self.vector_constant(self.vector_bits(entry)) if kind == IMM else 0

    def vector_instruction(self, kind: i64, op: i64, words: vec[i64], at: i64) -> bool:
        """Emit an instruction of a class of vector instructions; False if it is none."""
        a = words[at + 1]
        b = words[at + 2]
        c = words[at + 3]
        d = words[at + 4]
        if kind == keys.VECTOR_BINARY:
            self.vector_binary(op, a, b, c)
        elif kind == keys.VECTOR_LOAD:
            self.vector_load(op, a, b, c, d)
        elif kind == keys.VECTOR_STORE:
            self.vector_store(op, a, b, c, d)
        elif kind == keys.VECTOR_UNARY:
            self.vector_unary(op, a, b)
        elif kind == keys.VECTOR_SHIFT:
            self.vector_shift(op, a, b, c)
        elif kind == keys.EXTRACT:
            self.extract_lane(op, a, b, c)
        elif kind == keys.REPLACE:
            self.replace_lane(op, a, b, c, d)
        elif kind == keys.SHUFFLE:
            self.shuffle(a, b, c, self.consts[d])
        elif kind == keys.VECTOR_TERNARY:
            self.vector_ternary(op, a, b, c, d)
        elif kind == keys.LOAD_LANE:
            self.load_lane(op, a, b, c, d)
        elif kind == keys.STORE_LANE:
            self.store_lane(op, a, b, d)
        else:
            return False
        return True

    def vector_binary(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a op b"""
        base = self.base(op)
        ka = self.float_kind(a)
        kb = self.float_kind(b)
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.VECTOR)
        own = REG + rd - FLOAT_BASE if rd >= 0 else CONSTANT
        if OPS.commutes[op] != 0:
            unsuited = kb == PENDING or ka == IMM
            if ka != own and (kb == own or (ka != PENDING and unsuited)):
                a, b = b, a
                ka, kb = kb, ka
        registers = base + keys.FLOAT_REG + (rd - FLOAT_BASE) * FLOAT_KINDS
        simple = rd >= 0 and OPS.simple[op] != 0
        if simple and ka != PENDING and (ka == own or kb != own):
            if ka != own:
                self.load_vector_kind(1 + rd - FLOAT_BASE, a, ka)
            if kb == PENDING:
                self.put(registers + FLOAT_SCRATCH, 0, 0)
                self.f_slot = NOWHERE
            elif kb == IMM and not self.has(registers + IMM):
                self.load_vector_kind(F, b, kb)
                self.put(registers + FLOAT_SCRATCH, 0, 0)
            else:
                self.put(registers + kb, 0, self.vector_value(b, kb))
            self.wrote(rd)
            return
        self.first_and_x(base, a, ka, b, kb)
        self.finish_vector(dst, rd)

    def first_and_x(self, base: i64, a: i64, ka: i64, b: i64, kb: i64) -> None:
        """f = a op b"""
        if kb == PENDING:
            self.put(float_move(X, FLOAT_SCRATCH, 1), 0, 0)
            self.f_slot = NOWHERE
            self.load_vector_kind(F, a, ka)
            self.put(base + FLOAT_SCRATCH, 0, 0)
            return
        self.load_vector_kind(F, a, ka)
        if kb == IMM and not self.has(base + IMM):
            self.load_vector_kind(X, b, kb)
            self.put(base + FLOAT_SCRATCH, 0, 0)
        else:
            self.put(base + kb, 0, self.vector_value(b, kb))

    def load_two(self, a: i64, b: i64) -> None:
        """f = a, x = b"""
        kb = self.float_kind(b)
        if kb == PENDING:
            self.load_vector_kind(X, b, kb)
            self.load_vector(F, a)
        else:
            self.load_vector(F, a)
            self.load_vector_kind(X, b, kb)

    def vector_unary(self, op: i64, dst: i64, a: i64) -> None:
        """dst = op a, where both may be of any class"""
        base = self.base(op)
        result = OPS.result_class[op]
        source = (OPS.source_classes[op] >> CLASS_BITS) & CLASS_MASK
        place: i64 = 0
        if source == ops.INT:
            kind = self.kind(a, OPS.width[op])
        else:
            kind = self.float_kind(a)
        self.done(a)
        rd = self.target(dst, result)
        if kind >= REG:
            place = 1 + kind - REG
        elif source == ops.INT:
            self.load_kind(ACC, a, kind, OPS.width[op])
        elif source == ops.FLOAT:
            self.load_float_kind(F, a, kind)
        else:
            self.load_vector_kind(F, a, kind)
        self.put(base + place, 0, 0)
        self.finish_any(dst, rd, result)

    def finish_any(self, dst: i64, rd: i64, classes: i64) -> None:
        """Put a result, which is in acc or f, where `target` said."""
        if classes == ops.VECTOR:
            self.finish_vector(dst, rd)
        elif classes == ops.FLOAT:
            self.finish_float(dst, rd)
        else:
            self.finish(dst, rd)

    def vector_ternary(self, op: i64, dst: i64, a: i64, b: i64, c: i64) -> None:
        """dst = op of a, b, c"""
        base = self.base(op)
        if c & 3 == 0 and c >> 2 == self.f_slot:
            self.store_pending()
        kc = self.float_kind(c)
        if kc == PENDING:  # memory has it too
            kc = SLOT
        self.load_two(a, b)
        self.done(a)
        self.done(b)
        if kc == IMM and not self.has(base + IMM):
            # There is no third register: the constant goes through memory.
            self.store_vector_constant(self.scratch, self.vector_bits(c))
            c = self.scratch << 2
            kc = SLOT
        parameter = self.vector_value(c, kc)
        self.done(c)
        rd = self.target(dst, ops.VECTOR)
        self.put(base + kc, 0, parameter)
        self.finish_vector(dst, rd)

    def store_vector_constant(self, slot: i64, bits: int) -> None:
        """Put a constant into two slots, by way of acc."""
        for i in range(2):
            half = bits >> (64 * i) & 0xFFFF_FFFF_FFFF_FFFF
            self.put(keys.BIG + ACC, i64(half - (1 << 64) if half >= 1 << 63 else half), 0)
            self.put_scratch(slot - self.scratch + i)

    def vector_shift(self, op: i64, dst: i64, a: i64, b: i64) -> None:
        """dst = a shifted by b"""
        base = OPS.key[op]
        if b & 3 == INLINE and self.has(base + keys.SHIFT_IMM):
            ka = self.float_kind(a)
            self.done(a)
            rd = self.target(dst, ops.VECTOR)
            count = self.bits(b) & OPS.mask[op]
            if rd >= 0 and ka != PENDING:
                self.load_vector_kind(1 + rd - FLOAT_BASE, a, ka)
                self.put(base + keys.SHIFT_IMM + 1 + rd - FLOAT_BASE, count, 0)
                self.wrote(rd)
            else:
                self.load_vector_kind(F, a, ka)
                self.put(base + keys.SHIFT_IMM, count, 0)
                self.finish_vector(dst, rd)
            return
        if b & 3 == INLINE and self.has(OPS.key[_I16X8_SHL] + keys.SHIFT_IMM):
            if op == _I8X16_SHL or op == _I8X16_SHR_S or op == _I8X16_SHR_U:
                self.shift_bytes(op, dst, a, self.bits(b) & OPS.mask[op])
                return
        self.load_vector(F, a)
        self.load(ACC, b, 0)
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.VECTOR)
        self.put(base, 0, 0)
        self.finish_vector(dst, rd)

    def shift_bytes(self, op: i64, dst: i64, a: i64, count: i64) -> None:
        """dst = a's bytes shifted by a constant, for which x86-64 has no instruction: pairs are
        shifted, and what came from the other byte is taken away."""
        self.load_vector(F, a)
        self.done(a)
        rd = self.target(dst, ops.VECTOR)
        left = op == _I8X16_SHL
        wide = OPS.key[_I16X8_SHL if left else _I16X8_SHR_U]
        kept: i64 = 0xFF
        kept = (kept << count) & 0xFF if left else kept >> count
        self.put(wide + keys.SHIFT_IMM, count, 0)
        self.with_bytes(_V128_AND, kept)
        if op == _I8X16_SHR_S:  # extend the sign
            sign: i64 = 0x80
            self.with_bytes(_V128_XOR, sign >> count)
            self.with_bytes(_I8X16_SUB, sign >> count)
        self.finish_vector(dst, rd)

    def with_bytes(self, op: i64, value: i64) -> None:
        """f = f op a vector of equal bytes"""
        constant = int.from_bytes(bytes([int(value)] * LANES), "little")
        self.put(OPS.key[op] + IMM, 0, self.vector_constant(constant))

    # Lanes.

    def extract_lane(self, op: i64, dst: i64, a: i64, lane: i64) -> None:
        kind = self.float_kind(a)
        self.done(a)
        result = OPS.result_class[op]
        rd = self.target(dst, result)
        place: i64 = 0
        if kind >= REG:
            place = 1 + kind - REG
        else:
            self.load_vector_kind(F, a, kind)
        self.put(OPS.key[op] + lane * FLOAT_PLACES + place, 0, 0)
        self.finish_any(dst, rd, result)

    def replace_lane(self, op: i64, dst: i64, a: i64, b: i64, lane: i64) -> None:
        if (OPS.source_classes[op] >> (2 * CLASS_BITS)) & CLASS_MASK == ops.FLOAT:
            kind = self.float_kind(b)
            if kind == PENDING:
                self.load_float_kind(X, b, kind)
                self.load_vector(F, a)
            else:
                self.load_vector(F, a)
                self.load_float_kind(X, b, kind)
        else:
            self.load_vector(F, a)
            self.load(ACC, b, OPS.width[op])
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.VECTOR)
        self.put(OPS.key[op] + lane, 0, 0)
        self.finish_vector(dst, rd)

    def shuffle(self, dst: i64, a: i64, b: i64, lanes: int) -> None:
        """dst = bytes of a and b by their numbers"""
        base = OPS.key[_SHUFFLE]
        if lanes & _OTHER == 0 or a == b:
            self.shuffle_one(base, dst, a, b, lanes & ~_OTHER)
            return
        if lanes & _OTHER == _OTHER:
            self.shuffle_one(base, dst, b, a, lanes ^ _OTHER)
            return
        found = _PATTERN_OF.get(lanes)
        if found is None:
            found = _PATTERN_OF.get(lanes ^ _OTHER)
            if found is not None:
                a, b = b, a
        if found is not None:
            ka = self.float_kind(a)
            kb = self.float_kind(b)
            self.done(a)
            self.done(b)
            rd = self.target(dst, ops.VECTOR)
            self.first_and_x(base + keys.SHUFFLE_KNOWN + i64(found) * FLOAT_KINDS, a, ka, b, kb)
            self.finish_vector(dst, rd)
            return
        self.load_two(a, b)
        self.done(a)
        self.done(b)
        rd = self.target(dst, ops.VECTOR)
        if self.one_table:
            self.put(base + keys.SHUFFLE_TWO, 0, self.vector_constant(lanes))
        else:
            first = self.vector_constant(chosen(lanes, 0))
            second = self.vector_constant(chosen(lanes, LANES))
            self.put(base + keys.SHUFFLE_TWO, second, first)
        self.finish_vector(dst, rd)

    def shuffle_one(self, base: i64, dst: i64, a: i64, unused: i64, lanes: int) -> None:
        """dst = bytes of a by their numbers"""
        if unused & 3 == 0 and unused != a and unused >> 2 == self.f_slot:
            self.f_slot = NOWHERE
        kind = self.float_kind(a)
        self.done(a)
        self.done(unused)
        rd = self.target(dst, ops.VECTOR)
        place: i64 = 0
        if kind >= REG:
            place = 1 + kind - REG
        else:
            self.load_vector_kind(F, a, kind)
        self.put(base + place, 0, self.vector_constant(lanes))
        self.finish_vector(dst, rd)

    # Memory.

    def vector_load(self, op: i64, dst: i64, address: i64, offset: i64, memory: i64) -> None:
        """dst = memory[address + offset]"""
        base = OPS.key[op]
        plain = self.plain_access(memory, offset)
        width = 0 if plain else self.memory64[memory]
        ka = self.kind(address, width)
        self.done(address)
        rd = self.target(dst, ops.VECTOR)
        if not plain:
            self.load_kind(ACC, address, ka, width)
            self.check(op, memory, offset)
            self.put(base + keys.FLOAT_LOAD_RAW, 0, 0)
            self.finish_vector(dst, rd)
            return
        place: i64 = 0
        if ka >= REG:
            place = 1 + ka - REG
        else:
            self.load_kind(ACC, address, ka, 0)
        if rd >= 0:
            self.put(base + (1 + rd - FLOAT_BASE) * INT_PLACES + place, offset, 0)
            self.wrote(rd)
        else:
            self.put(base + place, offset, 0)
            self.finish_vector(dst, rd)

    def vector_store(self, op: i64, address: i64, value: i64, offset: i64, memory: i64) -> None:
        """memory[address + offset] = value"""
        base = OPS.key[op]
        plain = self.plain_access(memory, offset)
        width = 0 if plain else self.memory64[memory]
        kv = self.float_kind(value)
        ka = self.kind(address, width)
        self.done(address)
        self.done(value)
        place: i64 = 0
        if kv >= REG and plain:
            place = 1 + kv - REG
        else:
            self.load_vector_kind(F, value, kv)
        if not plain:
            self.load_kind(ACC, address, ka, width)
            self.check(op, memory, offset)
            self.put(base + keys.FLOAT_STORE_RAW, 0, 0)
        elif ka >= REG:
            self.put(base + place * INT_PLACES + 1 + ka - REG, offset, 0)
        else:
            self.load_kind(ACC, address, ka, 0)
            self.put(base + place * INT_PLACES, offset, 0)

    def lane_access(self, op: i64, address: i64, vector: i64, pool: i64) -> i64:
        """f = the vector, acc = the host's address of an access to a lane; the lane."""
        offset = i64(self.consts[pool]) if self.consts[pool] < 1 << 63 else -1
        memory = i64(self.consts[pool + 1])
        self.load_vector(F, vector)
        if self.plain_access(memory, offset):
            ka = self.kind(address, 0)
            if ka >= REG:
                self.put(keys.HOST_ADDRESS + 1 + ka - REG, offset, 0)
            else:
                self.load_kind(ACC, address, ka, 0)
                self.put(keys.HOST_ADDRESS, offset, 0)
        else:
            bits = self.consts[pool]
            self.load(ACC, address, self.memory64[memory])
            self.check(op, memory, i64(bits - (1 << 64) if bits >= 1 << 63 else bits))
        self.done(address)
        self.done(vector)
        return i64(self.consts[pool + 2])

    def load_lane(self, op: i64, dst: i64, address: i64, vector: i64, pool: i64) -> None:
        lane = self.lane_access(op, address, vector, pool)
        rd = self.target(dst, ops.VECTOR)
        self.put(OPS.key[op] + lane, 0, 0)
        self.finish_vector(dst, rd)

    def store_lane(self, op: i64, address: i64, vector: i64, pool: i64) -> None:
        lane = self.lane_access(op, address, vector, pool)
        self.put(OPS.key[op] + lane, 0, 0)

    # Moves.

    def copy_v128(self, dst: i64, a: i64) -> None:
        """dst = a"""
        kind = self.float_kind(a)
        self.done(a)
        rd = self.target(dst, ops.VECTOR)
        if rd >= 0 and kind != PENDING:
            self.load_vector_kind(1 + rd - FLOAT_BASE, a, kind)
            self.wrote(rd)
        elif kind >= REG and not self.stays(dst) and not self.has_register(dst):
            if self.is_wanted(dst):
                self.put(keys.VECTOR_STORE_SLOT + 1 + kind - REG, 0, dst * SLOT_SIZE)
        else:
            self.load_vector_kind(F, a, kind)
            self.finish_vector(dst, rd)

    def select_v128(self, dst: i64, first: i64, second: i64, condition: i64) -> None:
        """dst = condition ? first : second"""
        self.load_two(first, second)
        self.load(ACC, condition, 0)
        self.done(first)
        self.done(second)
        self.done(condition)
        rd = self.target(dst, ops.VECTOR)
        self.put(keys.FLOAT_SELECT, 0, 0)
        self.finish_vector(dst, rd)


def chosen(lanes: int, first: int) -> int:
    """The numbers of the lanes from `first` on, counted from there, and others as x86-64 takes
    them for zero."""
    numbers = [number - first for number in lanes.to_bytes(LANES, "little")]
    taken = [number if 0 <= number < LANES else _ABSENT for number in numbers]
    return int.from_bytes(bytes(taken), "little")
