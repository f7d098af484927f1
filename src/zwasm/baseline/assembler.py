"""Copying stencils and filling their holes.

In: keys, parameters, labels. Out: a function's code as bytes, position-independent but for
references into the module's header and entries, which are filled in once the code's place is
known. Which stencils make up a function is decided in `emit`.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from librt.vecs import append, vec
from mypy_extensions import i64, u8

from zwasm.baseline import holes as h
from zwasm.baseline import keys
from zwasm.baseline.abi import CODE_RODATA, CODE_TRAPS
from zwasm.baseline.table import Table
from zwasm.errors import WasmError

# Labels: the function's own from 0 on; NO_LABEL; HEADER - n is offset n of the module's code
# range; FUNCTIONS - n is function n of the module.
NO_LABEL: Final = -1
HEADER: Final = -2
FUNCTIONS: Final = -(1 << 40)
# Other targets of distances that are filled in once the function's length is known.
POOL: Final = -2  # constant number `fix_extra`
TRAP: Final = -3  # out-of-line trap with code `fix_extra`
Distance = tuple[int, int, int, int, int]  # place, kind, addend, target, extra
_NOPS: Final[dict[str, bytes]] = {"x86_64": b"\x90", "aarch64": b"\x1f\x20\x03\xd5"}


class Assembler:
    """The code of one function after the other."""

    def __init__(self, table: Table, entries: int) -> None:
        self.table = table
        self.index: vec[i64] = table.index
        self.code: list[bytes] = table.code
        self.hole_first: vec[i64] = table.hole_first
        self.hole_count: vec[i64] = table.hole_count
        self.hole_at: vec[i64] = table.hole_at
        self.hole_kind: vec[i64] = table.hole_kind
        self.hole_value: vec[i64] = table.hole_value
        self.hole_addend: vec[i64] = table.hole_addend
        self.hole_extra: vec[i64] = table.hole_extra
        self.a_lo: vec[i64] = table.a_lo
        self.a_hi: vec[i64] = table.a_hi
        self.a_mask: vec[i64] = table.a_mask
        self.b_lo: vec[i64] = table.b_lo
        self.b_hi: vec[i64] = table.b_hi
        self.b_mask: vec[i64] = table.b_mask
        self.entries: i64 = entries
        self.nop: bytes = _NOPS[table.architecture]
        self.out: BytesWriter = BytesWriter()
        self.far: i64 = 0  # holes.FAR where branches may be out of reach
        self.label_at: vec[i64] = vec[i64]()
        # Distances to fill in: place, kind, addend, target, extra.
        self.fix_place: vec[i64] = vec[i64]()
        self.fix_kind: vec[i64] = vec[i64]()
        self.fix_addend: vec[i64] = vec[i64]()
        self.fix_target: vec[i64] = vec[i64]()
        self.fix_extra: vec[i64] = vec[i64]()
        # Distances to targets outside of the function, of the same form.
        self.outer: list[Distance] = []
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
        self.fix_place = vec[i64]()
        self.fix_kind = vec[i64]()
        self.fix_addend = vec[i64]()
        self.fix_target = vec[i64]()
        self.fix_extra = vec[i64]()
        self.outer = []
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
        return self.index[key * h.VARIANTS] >= 0

    def put(self, key: i64, a: i64, b: i64) -> None:
        """Copy a stencil without label."""
        self.place(key, a, b, 0, NO_LABEL)

    def place(self, key: i64, a: i64, b: i64, d: i64, label: i64) -> None:
        """Copy a stencil and fill its holes. Raises WasmError where there is none."""
        bits = self.far
        if self.a_lo[key] <= a and a <= self.a_hi[key] and a & self.a_mask[key] == 0:
            bits |= h.SMALL_A
        if self.b_lo[key] <= b and b <= self.b_hi[key] and b & self.b_mask[key] == 0:
            bits |= h.SMALL_B
        number = self.index[key * h.VARIANTS + bits]
        if number < 0:
            raise WasmError(f"baseline: no stencil has key {key}")
        out = self.out
        start: i64 = i64(len(out))
        out.write(self.code[number])
        hole = self.hole_first[number]
        end = hole + self.hole_count[number]
        while hole < end:
            at = start + self.hole_at[hole]
            kind = self.hole_kind[hole]
            value = self.hole_value[hole]
            if value <= h.D:
                parameter = a if value == h.A else b if value == h.B else d
                self.fill(at, kind, parameter + self.hole_addend[hole], self.hole_extra[hole])
            elif value == h.LABEL and label >= 0 and self.label_at[label] >= 0:
                self.fill_distance(at, kind, self.label_at[label] + self.hole_addend[hole])
            else:
                self.postpone(hole, at, a, b, label)
            hole += 1

    def postpone(self, hole: i64, at: i64, a: i64, b: i64, label: i64) -> None:
        """Note a distance whose target has no place yet."""
        value = self.hole_value[hole]
        target: i64 = label
        extra: i64 = self.hole_extra[hole]
        kind = self.hole_kind[hole]
        addend = self.hole_addend[hole]
        if value == h.TRAP:
            target = TRAP
        elif value == h.POOL_A or value == h.POOL_B:
            target = POOL
            extra = self.constant(a if value == h.POOL_A else b)
        elif value == h.RODATA:
            self.outer.append((int(at), int(kind), 0, int(CODE_RODATA + addend), int(extra)))
            return
        elif value == h.ENTRY:
            self.outer.append((int(at), int(kind), int(addend), int(self.entries + b), int(extra)))
            return
        elif label <= FUNCTIONS:
            # A negative target stands for a function.
            target = -1 - (FUNCTIONS - label)
            self.outer.append((int(at), int(kind), int(addend), int(target), int(extra)))
            return
        elif label <= HEADER:
            self.outer.append((int(at), int(kind), int(addend), int(HEADER - label), int(extra)))
            return
        self.fix_place = append(self.fix_place, at)
        self.fix_kind = append(self.fix_kind, kind)
        self.fix_addend = append(self.fix_addend, addend)
        self.fix_target = append(self.fix_target, target)
        self.fix_extra = append(self.fix_extra, extra)

    def constant(self, bits: i64) -> i64:
        """The number of a pool constant."""
        found = self.pool_index.get(int(bits))
        if found is None:
            found = len(self.pool)
            self.pool.append(int(bits))
            self.pool_index[int(bits)] = found
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
        i: i64 = 0
        count: i64 = i64(len(self.fix_place))
        while i < count:
            if self.fix_target[i] == TRAP:
                place = self.fix_place[i]
                kind = self.fix_kind[i]
                addend = self.fix_addend[i]
                extra = self.fix_extra[i]
                self.fill_distance(place, kind, self.here() + addend)
                self.place(keys.TRAP, 0, 0, 0, HEADER - (CODE_TRAPS + 16 * extra))
                if traps is not None:
                    traps.append((len(self.out), int(place)))
            i += 1
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
            target = self.fix_target[i]
            if target >= 0:
                goal = self.label_at[target]
                self.fill_distance(self.fix_place[i], self.fix_kind[i], goal + self.fix_addend[i])
            elif target == POOL:
                goal = pool_start + 8 * self.fix_extra[i]
                self.fill_distance(self.fix_place[i], self.fix_kind[i], goal + self.fix_addend[i])
            i += 1
        for place_, start, label in self.tables:
            self.fill(place_, h.BYTES4, self.label_at[label] - start, 0)

    def settle(self, offset: i64, outer: list[Distance], starts: list[int]) -> None:
        """Fill in the distances to places outside of the function, which is going to be at an
        offset of the module's code range. `starts` has the places of functions."""
        for at, kind, addend, target, extra in outer:
            goal: i64 = i64(target) if target >= 0 else i64(starts[-1 - target])
            place: i64 = offset + i64(at)
            if kind == h.PAGE21:
                pages = (goal >> 12) - (place >> 12)
                self.merge(at, (pages & 3) << 29 | ((pages >> 2) & 0x7_FFFF) << 5)
            elif kind == h.LO12:
                self.merge(at, (((goal & 0xFFF) >> i64(extra)) & 0xFFF) << 10)
            else:
                self.fill_distance(at, kind, goal + addend - offset)
