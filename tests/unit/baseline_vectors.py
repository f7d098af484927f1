"""Functions of a vector stencil each, and calling them.

In: a stencil's key, its parameters and where its operands shall be. Out: its results, and what
else of the registers it changed, as in `baseline_harness`. What a key should do is in
`test_baseline_vectors`.

A function has seven words as arguments: vectors a, b and c, then a number. It gives the words
from slot 0 on: the arguments again, every register as the stencil left it, a word of memory 0.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tests.unit.baseline_harness import (
    ACC,
    LARGE_SLOT,
    MAGIC,
    MAGIC_AT,
    PADDING,
    SCRATCH,
    WORD,
    Bench,
    C,
    F,
    G,
    H,
    X,
    has_far,
    reason_to_skip,
    signed,
    unique,
)
from zwasm.baseline import keys
from zwasm.baseline.abi import NG
from zwasm.baseline.assembler import Assembler
from zwasm.baseline.keys import FLOAT_SCRATCH, IMM, INT_SCRATCH, REG, SLOT, float_move, move
from zwasm.errors import Trap, TrapCode
from zwasm.instances.native import EXTENSION
from zwasm.isa.row import BY_NAME

# Numbers of arguments, and their slots.
A: Final = 0
B: Final = 1
VC: Final = 2
N: Final = 3
SLOTS: Final = (0, 2, 4, 6)
ARGS: Final = 7  # slots
# Slots of results.
VECTORS_AT: Final = ARGS + F  # registers from F on, two slots each
MAGIC_SLOT: Final = VECTORS_AT + 2 * (NG + 2)
RESULTS: Final = MAGIC_SLOT + 1

# As far from fp as makes offsets large, and on AArch64, where such of vectors are multiples of 16
# bytes, no such.
FAR_SLOT: Final = LARGE_SLOT + 1

# The argument `c`, where a stencil writes it, in outcomes.
WRITTEN: Final = -1

M64: Final = 0xFFFF_FFFF_FFFF_FFFF
M128: Final = (1 << 128) - 1
HALF: Final = 0x0101_0101_0101
POISON: Final = tuple(
    0x5A00_0000_0000_0000 + HALF * (i + 1) + (0xA500_0000_0000_0000 + HALF * (i + 65) << 64)
    for i in range(X + 1)
)

Args = tuple[int, int, int, int]
Outcome = TrapCode | dict[int, int]
Input = tuple[Args, Outcome]
Equal = Callable[[int, int], bool]  # whether the second of two bit patterns may be there too


def levels() -> list[str]:
    """The levels that can run here."""
    if reason_to_skip():
        return []
    if EXTENSION.LEVEL == "aarch64":
        return ["aarch64"]
    ordered = ["x86_64", "x86_64_avx2", "x86_64_avx512"]
    return ordered[: ordered.index(EXTENSION.LEVEL) + 1]


class VectorFunction:
    """One function: how to call it and what it shall give."""

    def __init__(self, name: str, call: Callable[..., tuple[int, ...]]) -> None:
        self.name = name
        self.call = call
        self.loads: tuple[tuple[int, int], ...] = ()
        self.live: frozenset[int] = frozenset()
        self.bits: dict[int, int] = {}
        self.inputs: Sequence[Input] = ()
        self.equal: Equal | None = None

    def check(self, args: Args, outcome: Outcome) -> None:
        """Call it once."""
        found: tuple[int, ...] | TrapCode
        try:
            found = self.call(*words_of(args))
        except Trap as trap:
            found = trap.code
        if isinstance(found, TrapCode) or isinstance(outcome, TrapCode):
            assert found == outcome, f"{self.name}{shown(args)}"
            return
        registers = list(POISON)
        for register, arg in self.loads:
            registers[register] = args[arg]
        given = list(args)
        for register, value in outcome.items():
            if register == WRITTEN:
                given[VC] = value
            else:
                registers[register] = value
        ints = [signed(value) for value in registers[:F]]
        floats = [word for value in registers[F:] for word in (value & M64, value >> 64 & M64)]
        if found == (*words_of(given), *ints, *[signed(word) for word in floats], MAGIC):
            return
        for i, argument in enumerate(given):
            assert value_at(found, SLOTS[i], i != N) == argument & (M64 if i == N else M128), (
                f"{self.name}{shown(args)} changed argument {i}"
            )
        for register in range(X + 1):
            if register in SCRATCH and register not in self.live:
                continue
            vector = register >= F
            at = VECTORS_AT + 2 * (register - F) if vector else ARGS + register
            mask = self.bits.get(register, M128 if vector else M64)
            one, other = value_at(found, at, vector) & mask, registers[register] & mask
            right = one == other or (
                register in outcome and self.equal is not None and self.equal(other, one)
            )
            assert right, f"{self.name}{shown(args)}: {named(register)} {one:#x}, not {other:#x}"
        assert found[MAGIC_SLOT] == MAGIC, self.name


def words_of(args: Sequence[int]) -> tuple[int, ...]:
    """Arguments as words."""
    words = [signed(word) for value in args[:N] for word in (value, value >> 64)]
    return (*words, signed(args[N]))


def value_at(found: Sequence[int], at: int, vector: bool) -> int:
    value = found[at] & M64
    return value | (found[at + 1] & M64) << 64 if vector else value


def shown(args: Args) -> str:
    return "(" + ", ".join(f"{arg & M128:#x}" for arg in args) + ")"


def named(register: int) -> str:
    for name, first in (("x", X), ("g", G), ("f", F), ("c", C), ("h", H), ("acc", ACC)):
        if register >= first:
            return f"{name}{register - first}"
    return "?"


class VectorBench(Bench):
    """A module's code range that is filled with functions, and an instance of it."""

    def __init__(self, level: str) -> None:
        super().__init__(level=level)
        self.vectors: list[VectorFunction] = []
        self.poisoning = self.fixed(self.poisons())
        self.readings: dict[tuple[frozenset[int], int], bytes] = {}

    def poisons(self) -> Iterable[tuple[int, int, int]]:
        """Every register gets its poison, and so do the slots of their results."""
        for register in range(F, X + 1):
            at = (VECTORS_AT + 2 * (register - F)) * WORD
            for half in range(2):
                yield keys.BIG + ACC, signed(POISON[register] >> 64 * half), 0
                yield keys.STORE_SLOT + INT_SCRATCH * 2 + 1, 0, at + half * WORD
            yield keys.VECTOR_LOAD_SLOT + register - F, at, 0
        for register in (*range(H, F), ACC):
            yield keys.BIG + register, signed(POISON[register]), 0
        for register, source in ((ACC, INT_SCRATCH), (C, INT_SCRATCH + 1)):
            yield keys.STORE_SLOT + source * 2 + 1, 0, (ARGS + register) * WORD

    def readouts(self, live: frozenset[int], fetch: int) -> Iterable[tuple[int, int, int]]:
        """Every register's value goes to its slot, but for scratch registers that are not live."""
        for register in range(F):
            if register in SCRATCH and register not in live:
                continue
            source = {ACC: INT_SCRATCH, C: INT_SCRATCH + 1}.get(register, REG + register - H)
            yield keys.STORE_SLOT + source * 2 + 1, 0, (ARGS + register) * WORD
        for register in range(F, X + 1):
            if register in SCRATCH and register not in live:
                continue
            if register == X:
                yield float_move(0, FLOAT_SCRATCH + 1, 1), 0, 0
            place = 0 if register == X else register - F
            at = (VECTORS_AT + 2 * (register - F)) * WORD
            yield keys.VECTOR_STORE_SLOT + place, 0, at
        yield move(ACC, IMM, 0), 0, 0
        yield keys.NUMBERS.bases[BY_NAME["i64.load"].opcode], MAGIC_AT, 0
        yield keys.STORE_SLOT + INT_SCRATCH * 2 + 1, 0, MAGIC_SLOT * WORD
        if fetch >= 0:
            for half in range(2):
                yield move(ACC, SLOT, 1), fetch + half * WORD, 0
                yield keys.STORE_SLOT + INT_SCRATCH * 2 + 1, 0, (SLOTS[VC] + half) * WORD

    def prepare(self, loads: Iterable[tuple[int, int]], large: Iterable[int], far: bool) -> None:
        """Start a function: copy arguments to `large` slots, poison registers, load arguments
        into registers (register, argument)."""
        asm = self.asm
        asm.start(0, far)
        self.put(keys.ENTER_BIG, PADDING, PADDING // WORD)
        for arg in large:
            for slot in (SLOTS[arg], SLOTS[arg] + 1):
                asm.put(move(ACC, SLOT, 1), slot * WORD, 0)
                asm.put(keys.STORE_SLOT + INT_SCRATCH * 2 + 1, 0, (FAR_SLOT + slot) * WORD)
        asm.out.write(self.poisoning)
        for register, arg in loads:
            if register < F:
                asm.put(move(register, SLOT, 1), SLOTS[arg] * WORD, 0)
            else:
                asm.put(keys.VECTOR_LOAD_SLOT + register - F, SLOTS[arg] * WORD, 0)

    def add_vector(
        self,
        name: str,
        key: int,
        a: int = 0,
        b: int = 0,
        *,
        loads: tuple[tuple[int, int], ...] = (),
        large: tuple[int, ...] = (),
        live: frozenset[int] = frozenset(),
        bits: dict[int, int] | None = None,
        fetch: int = -1,
        constant_a: int | None = None,
        constant_b: int | None = None,
        inputs: Sequence[Input],
        equal: Equal | None = None,
    ) -> list[VectorFunction]:
        """Functions for a key, near and far. `inputs` are arguments with outcomes: a trap, or the
        values of registers that the stencil gives. `bits` masks registers of which not all is
        defined, `fetch` is the offset of slots that are read as argument c. Constants have their
        places in the pool as parameters."""
        added = []
        for far in (False, True) if has_far(self.table, key) else (False,):
            self.prepare(loads, large, far)
            if constant_b is not None:
                b = int(self.asm.vector_constant(constant_b))
            if constant_a is not None:
                a = int(self.asm.vector_constant(constant_a))
            self.put(key, a, b)
            reading = self.readings.get((live, fetch))
            if reading is None:
                keep, self.asm = self.asm, Assembler(self.table, self.code.entries)
                reading = self.fixed(self.readouts(live, fetch))
                self.asm = keep
                self.readings[live, fetch] = reading
            self.asm.out.write(reading)
            self.put(keys.LEAVE_BIG, PADDING)
            self.put(keys.RETURN)
            made = self.finish(
                f"{name} key={key} a={a} b={b}{' far' if far else ''}",
                b"\x7e" * ARGS,
                b"\x7e" * RESULTS,
            )
            function = VectorFunction(made.name, made.call)
            function.loads = loads
            function.live = live
            function.bits = bits or {}
            function.inputs, function.equal = inputs, equal
            self.vectors.append(function)
            added.append(function)
        return added

    def run(self) -> int:
        """Call all functions that have inputs. The number of calls."""
        calls = 0
        for function in self.vectors:
            for args, outcome in function.inputs:
                function.check(args, outcome)
                calls += 1
        return calls

    def close(self, first: int, count: int) -> None:
        """Run everything; every form of the keys must have been part of it."""
        self.write()
        assert self.run() > 0
        self.check_forms(first, count)


# Operands.


def edges(width: int, floats: bool) -> list[int]:
    """Bit patterns of lanes around limits."""
    top = 1 << (width - 1)
    found = [0, 1, 2, top - 1, top, top + 1, 2 * top - 1, 2 * top - 2, 0x7F, 0x80, 15, 16, 31]
    if floats:
        fraction = 23 if width == 32 else 52
        one = (top >> 1) - (1 << fraction)
        infinity = top - (1 << fraction)
        magnitudes = [infinity, infinity + 1, infinity | 1 << (fraction - 1), infinity - 1, one]
        magnitudes += [one - (1 << fraction), one | 1 << (fraction - 1)]  # 0.5, 1.5
        magnitudes += [one + (5 << (fraction - 2))]  # 2.5
        magnitudes += [one + (n << fraction) - below for n in (31, 32, 63) for below in (0, 1)]
        magnitudes += [one + (90 << fraction) + 12345]
        found += magnitudes + [top | number for number in magnitudes]
    return unique(number & (2 * top - 1) for number in found)


def shape_of(name: str) -> tuple[int, bool]:
    """The width of an instruction's lanes, and whether they are floats, of its operands."""
    shapes = re.findall(r"([if])(8|16|32|64)x\d+", name)
    kind, width = shapes[-1] if shapes else ("i", "8")
    return int(width), kind == "f"


def vectors(name: str, count: int, salt: str = "") -> list[int]:
    """Vectors of lanes that an instruction's operands may have."""
    width, floats = shape_of(name)
    source = random.Random(name + salt)
    limits = edges(width, floats)
    found = [0, M128]
    while len(found) < count:
        value = 0
        for at in range(0, 128, width):
            lane = source.choice(limits) if source.random() < 0.7 else source.getrandbits(width)
            value |= lane << at
        found.append(value)
    return found


def quiet_lanes(width: int) -> Equal:
    """Whether results differ only in lanes where both have quiet NaNs."""
    fraction = 23 if width == 32 else 52
    quiet = (1 << (width - 1)) - (1 << (fraction - 1))

    def equal(wanted: int, found: int) -> bool:
        for at in range(0, 128, width):
            one, other = (value >> at & ((1 << width) - 1) for value in (wanted, found))
            if one != other and not (one & quiet == quiet and other & quiet == quiet):
                return False
        return True

    return equal
