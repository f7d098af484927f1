"""Copying stencils and filling their holes.

In: keys, parameters, labels. Out: a function's code as bytes, position-independent but for
references into the module's header and entries, which are filled in once the code's place is
known. Which stencils make up a function is decided in `emit`.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from librt.vecs import append, vec
from mypy_extensions import i16, i32, i64, u8

from zwasm.baseline import holes as h
from zwasm.baseline import keys
from zwasm.baseline.abi import CODE_RODATA, CODE_TRAPS
from zwasm.baseline.table import NONE, Table
from zwasm.errors import WasmError

# Labels: the function's own from 0 on; NO_LABEL; HEADER - n is offset n of the module's code
# range; FUNCTIONS - n is function n of the module.
NO_LABEL: Final = -1
HEADER: Final = -2
FUNCTIONS: Final = -(1 << 40)
# Targets of `outer`: offsets of the module's code range; -1 - n is function n of the module, and
# OWN + n offset n of the function itself.
OWN: Final = 1 << 40
# Other targets of distances that are filled in once the function's length is known.
POOL: Final = -2  # constant number `fix_extra`
TRAP: Final = -3  # out-of-line trap with code `fix_extra`
PLACE_MASK: Final = 0xFFFF_FFFF  # of a field
_NOPS: Final[dict[str, bytes]] = {"x86_64": b"\x90", "aarch64": b"\x1f\x20\x03\xd5"}


class Assembler:
    """The code of one function after the other."""

    def __init__(self, table: Table, entries: int) -> None:
        self.table = table
        self.single: vec[i16] = table.single
        self.pieces: list[bytes | None] = table.pieces
        self.spans: vec[i32] = table.spans
        self.holes: vec[i64] = table.holes
        self.entries: i64 = entries
        self.nop: bytes = _NOPS[table.architecture]
        self.out: BytesWriter = BytesWriter()
        self.far: i64 = 0  # holes.FAR where branches may be out of reach
        self.label_at: vec[i64] = vec[i64]()
        # Distances to fill in once the function's length is known, and those to places outside of
        # the function: two words each, a field (`pack`) and a target.
        self.fixes: vec[i64] = vec[i64]()
        self.outer: vec[i64] = vec[i64]()
        self.pool: list[int] = []
        self.pool_index: dict[int, int] = {}
        # Distances of jump tables: place, table, label.
        self.tables: list[tuple[int, int, int]] = []

    def start(self, labels: i64, far: bool) -> None:
        """Start a function that has so many labels."""
        self.out = BytesWriter()
        self.far = h.FAR if far else 0
        made = vec[i64](capacity=labels)
        i: i64 = 0
        while i < labels:
            made = append(made, NO_LABEL)
            i += 1
        self.label_at = made
        self.fixes = vec[i64]()
        self.outer = vec[i64]()
        self.pool = []
        self.pool_index = {}
        self.tables = []

    def pad(self) -> None:
        """After a call whose return address shall not be the next instruction's: a nop."""
        self.out.write(self.nop)

    def here(self) -> i64:
        """The offset of the next stencil."""
        return i64(len(self.out))

    def has(self, key: i64) -> bool:
        """Whether there is a stencil of a key."""
        return self.single[key] != NONE

    def put(self, key: i64, a: i64, b: i64) -> None:
        """Copy a stencil without label."""
        self.place(key, a, b, 0, NO_LABEL)

    def place(self, key: i64, a: i64, b: i64, d: i64, label: i64) -> None:
        """Copy a stencil and fill its holes. Raises WasmError where there is none."""
        number = i64(self.single[key])
        if number < 0:
            number = self.table.variant(key, self.far | self.table.bits(key, a, b))
            if number < 0:
                raise WasmError(f"baseline: no stencil has key {key}")
        out = self.out
        start: i64 = i64(len(out))
        piece = self.pieces[number]
        out.write(self.table.code(number) if piece is None else piece)
        span = i64(self.spans[number])
        left = span & 255
        if left == 0:
            return
        hole = span >> 8
        while left > 0:
            word = self.holes[hole]
            at = start + (word & 255)
            kind = (word >> 8) & 15
            value = (word >> 12) & 15
            addend = word >> 24
            if value <= h.D:
                parameter = a if value == h.A else b if value == h.B else d
                self.fill(at, kind, parameter + addend, (word >> 16) & 255)
            elif value == h.LABEL and label >= 0 and self.label_at[label] >= 0:
                self.fill_distance(at, kind, self.label_at[label] + addend)
            else:
                self.postpone(word, at, a, b, label)
            hole += 1
            left -= 1

    def postpone(self, word: i64, at: i64, a: i64, b: i64, label: i64) -> None:
        """Note a distance whose target has no place yet."""
        kind = (word >> 8) & 15
        value = (word >> 12) & 15
        extra = (word >> 16) & 255
        addend = word >> 24
        target: i64 = label
        if value == h.TRAP:
            target = TRAP
        elif value == h.POOL_A or value == h.POOL_B:
            target = POOL
            extra = self.constant(a if value == h.POOL_A else b)
        elif value == h.VECTOR_A or value == h.VECTOR_B:
            target = POOL
            extra = a if value == h.VECTOR_A else b
        elif value == h.RODATA:
            self.postpone_outer(pack(at, kind, 0, extra), CODE_RODATA + addend)
            return
        elif value == h.ENTRY:
            self.postpone_outer(pack(at, kind, addend, extra), self.entries + b)
            return
        elif label <= FUNCTIONS:
            self.postpone_outer(pack(at, kind, addend, extra), label - FUNCTIONS - 1)
            return
        elif label <= HEADER:
            self.postpone_outer(pack(at, kind, addend, extra), HEADER - label)
            return
        self.fixes = append(self.fixes, pack(at, kind, addend, extra))
        self.fixes = append(self.fixes, target)

    def postpone_outer(self, field: i64, target: i64) -> None:
        """Note a distance to a place outside of the function."""
        self.outer = append(self.outer, field)
        self.outer = append(self.outer, target)

    def constant(self, bits: i64) -> i64:
        """The number of a pool constant."""
        found = self.pool_index.get(int(bits))
        if found is None:
            found = len(self.pool)
            self.pool.append(int(bits))
            self.pool_index[int(bits)] = found
        return found

    def vector_constant(self, bits: int) -> i64:
        """The place in the pool of a constant of 128 bits."""
        key = bits | 1 << 128  # others have 64 bits
        found = self.pool_index.get(key)
        if found is None:
            found = len(self.pool)
            self.pool.append(bits & 0xFFFF_FFFF_FFFF_FFFF)
            self.pool.append(bits >> 64)
            self.pool_index[key] = found
        return found

    def fill(self, at: i64, kind: i64, value: i64, extra: i64) -> None:
        """Write a value into a field."""
        out = self.out
        if kind == h.BYTES1:
            out[at] = u8(value & 255)
        elif kind == h.BYTES4:
            out[at] = u8(value & 255)
            out[at + 1] = u8((value >> 8) & 255)
            out[at + 2] = u8((value >> 16) & 255)
            out[at + 3] = u8((value >> 24) & 255)
        elif kind == h.BYTES8:
            i: i64 = 0
            while i < 8:
                out[at + i] = u8(value & 255)
                value >>= 8
                i += 1
        elif kind == h.IMM12:
            self.merge(at, ((value >> extra) & 0xFFF) << 10)
        else:  # MOVW
            self.merge(at, ((value >> (16 * extra)) & 0xFFFF) << 5)

    def merge(self, at: i64, bits: i64) -> None:
        """Set bits of a 32-bit instruction whose field is zero."""
        out = self.out
        out[at] = u8(i64(out[at]) | (bits & 255))
        out[at + 1] = u8(i64(out[at + 1]) | ((bits >> 8) & 255))
        out[at + 2] = u8(i64(out[at + 2]) | ((bits >> 16) & 255))
        out[at + 3] = u8(i64(out[at + 3]) | ((bits >> 24) & 255))

    def fill_distance(self, at: i64, kind: i64, target: i64) -> None:
        """Write the distance to a target, which counts the hole's addend already."""
        distance = target - at
        if kind == h.PC32:
            self.fill(at, h.BYTES4, distance, 0)
        elif kind == h.B26:
            self.check_reach(distance, 27)
            self.merge(at, (distance >> 2) & 0x3FF_FFFF)
        elif kind == h.B19:
            self.check_reach(distance, 20)
            self.merge(at, ((distance >> 2) & 0x7_FFFF) << 5)
        else:  # B14
            self.check_reach(distance, 15)
            self.merge(at, ((distance >> 2) & 0x3FFF) << 5)

    def check_reach(self, distance: i64, bits: i64) -> None:
        limit: i64 = 1
        limit <<= bits
        if distance >= limit or distance < -limit:
            raise WasmError("baseline: a branch does not reach its target")

    def bind(self, label: i64) -> None:
        """Put a label here."""
        self.label_at[label] = i64(len(self.out))

    def new_label(self) -> i64:
        """A further label of the function."""
        self.label_at = append(self.label_at, NO_LABEL)
        return i64(len(self.label_at)) - 1

    def jump_table(self, labels: list[int]) -> None:
        """The distances that follow the stencil JUMP_TABLE."""
        out = self.out
        start = len(out)
        for label in labels:
            self.tables.append((len(out), start, label))
            out.write(b"\0\0\0\0")

    def finish_function(self, traps: list[tuple[int, int]] | None) -> None:
        """Append traps and constants, and fill in every distance within the function.

        `traps` gets, for each trap, where its code ends and where the branch to it is.
        """
        fixes = self.fixes
        i: i64 = 0
        count: i64 = i64(len(fixes))
        while i < count:
            if fixes[i + 1] == TRAP:
                field = fixes[i]
                place = field & PLACE_MASK
                self.fill_distance(place, kind_of(field), self.here() + addend_of(field))
                trap = CODE_TRAPS + 16 * extra_of(field)
                self.place(keys.TRAP, 0, 0, 0, HEADER - trap)
                if traps is not None:
                    traps.append((len(self.out), int(place)))
            i += 2
        out = self.out
        pool_start: i64 = 0
        if self.pool:
            while len(out) & 7 != 0:
                out.append(0)
            pool_start = i64(len(out))
            for bits in self.pool:
                out.write((bits & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little"))
        i = 0
        while i < count:
            field = fixes[i]
            target = fixes[i + 1]
            if target >= 0:
                goal = self.label_at[target] + addend_of(field)
                self.fill_distance(field & PLACE_MASK, kind_of(field), goal)
            elif target == POOL:
                goal = pool_start + 8 * extra_of(field) + addend_of(field)
                kind = kind_of(field)
                if kind == h.PAGE21 or kind == h.LO12:
                    self.postpone_outer(pack(field & PLACE_MASK, kind, 0, 0), OWN + goal)
                else:
                    self.fill_distance(field & PLACE_MASK, kind, goal)
            i += 2
        for place_, start, label in self.tables:
            self.fill(place_, h.BYTES4, self.label_at[label] - start, 0)

    def settle(self, offset: i64, outer: vec[i64], starts: list[int]) -> None:
        """Fill in the distances to places outside of the function, which is going to be at an
        offset of the module's code range. `starts` has the places of functions."""
        i: i64 = 0
        count: i64 = i64(len(outer))
        while i < count:
            field = outer[i]
            target = outer[i + 1]
            goal = target
            if target < 0:
                goal = i64(starts[-1 - target])
            elif target >= OWN:
                goal = offset + target - OWN
            at = field & PLACE_MASK
            kind = kind_of(field)
            if kind == h.PAGE21:
                pages = (goal >> 12) - ((offset + at) >> 12)
                self.merge(at, (pages & 3) << 29 | ((pages >> 2) & 0x7_FFFF) << 5)
            elif kind == h.LO12:
                self.merge(at, (((goal & 0xFFF) >> extra_of(field)) & 0xFFF) << 10)
            else:
                self.fill_distance(at, kind, goal + addend_of(field) - offset)
            i += 2


def pack(place: i64, kind: i64, addend: i64, extra: i64) -> i64:
    """A field that a distance goes into, as one word."""
    return place | kind << 32 | extra << 36 | addend << 56


def kind_of(field: i64) -> i64:
    return (field >> 32) & 15


def extra_of(field: i64) -> i64:
    return (field >> 36) & 0xF_FFFF


def addend_of(field: i64) -> i64:
    return field >> 56
