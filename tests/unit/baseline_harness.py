"""Functions of a few stencils each, and calling them.

In: a stencil's key, its parameters and where its operands shall be. Out: its results, and what
else of the registers it changed. What a key should do is in `test_baseline_operands`.

A function has three arguments in slots 0 to 2 and gives the words from slot 0 on: the arguments
again, then every register as the stencil left it, then a word of memory 0. Hot registers that
hold no operand are poisoned before; scratch registers, which a stencil may change, are read
only where it promises something about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import zwasm
from zwasm import baseline
from zwasm.baseline import holes, keys
from zwasm.baseline.abi import NG, NH, SLOTS_PER_COST, TRAPS
from zwasm.baseline.assembler import NO_LABEL, Assembler
from zwasm.baseline.keys import (
    FLOAT_SCRATCH,
    FLOAT_STORE_SLOT,
    IMM,
    INT_SCRATCH,
    REG,
    SLOT,
    STORE_SLOT,
    float_move,
    move,
)
from zwasm.baseline.table import NONE, Table
from zwasm.errors import Trap, TrapCode, WasmError
from zwasm.instances.memory import MemoryInst
from zwasm.instances.native import ARCHITECTURE, EXTENSION, LEVEL
from zwasm.interp import operations
from zwasm.isa.row import BY_NAME, Row
from zwasm.runtime.engine import STENCILS, Engine, why_not

M32: Final = 0xFFFF_FFFF
M64: Final = 0xFFFF_FFFF_FFFF_FFFF

# Registers by number: integers as destinations of moves, then floats, and where their values are.
ACC: Final = 0
H: Final = 1
C: Final = NH + 1
F: Final = C + 1
G: Final = F + 1
X: Final = G + NG
REGISTERS: Final = X + 1
SCRATCH: Final = frozenset({ACC, C, F, X})
# Slots of arguments in outcomes. Slot 0 may have a word that the stencil wrote, see `Bench.end`.
SLOT_0: Final = -1
SLOT_1: Final = -2

ARGS: Final = 3
BASE: Final = ARGS  # slot of register 0's value
MAGIC_SLOT: Final = BASE + REGISTERS
RESULTS: Final = MAGIC_SLOT + 1
LARGE_SLOT: Final = 5000  # too far from fp for small offsets
WORD: Final = 8
COST: Final = (LARGE_SLOT + 8) // SLOTS_PER_COST + 1
FRAME: Final = 8 if ARCHITECTURE == "x86_64" else 16
PADDING: Final = (COST - 1) * FRAME

MAGIC: Final = 0x7A5_A11C_0FFE_E123
MAGIC_AT: Final = 0x8000  # of memory 0
MEMORY: Final = 0x8001_0000  # bytes of memory 0: addresses with the highest bit set are in it
SECOND: Final = 0x2_0000 - 3  # bytes of memory 1
DEPTH: Final = 20_000  # of the stack
FUNCTIONS: Final = 3000  # of one Code
CAPACITY: Final = 8 << 20
LABELS: Final = 3  # of a function, unless a test wants more

# The context: pointers and a global, once within reach of small offsets and once not.
CONTEXT: Final = 0x2_0000
SMALL: Final = 64
LARGE: Final = 40_000
CELL: Final = 0  # pointer to a cell
MEMORY_1: Final = 8
TABLE: Final = 16
FUNC: Final = 24
GLOBAL: Final = 32

Outcome = TrapCode | dict[int, int]
Step = tuple[int, int, int]  # key, a, b
Input = tuple[tuple[int, int, int], Outcome]
Accept = Callable[[tuple[int, int, int], tuple[int, ...], tuple[int, ...]], bool]


def signed(value: int) -> int:
    """A 64-bit pattern as a parameter of a stencil or value of an i64."""
    value &= M64
    return value - (1 << 64) if value >> 63 else value


def signed32(value: int) -> int:
    value &= M32
    return value - (1 << 32) if value >> 31 else value


POISON: Final = tuple(0x5A00_0000_0000_0000 + 0x0101_0101 * (i + 1) for i in range(REGISTERS))


def table_path() -> Path:
    return Path(baseline.__file__).parent / STENCILS


@cache
def table_of(level: str) -> Table:
    return Table(str(table_path()), level)


def has_level(level: str) -> bool:
    """Whether the package is installed with a level's stencils."""
    try:
        table_of(level)
    except WasmError as error:
        if "has no stencils for" not in str(error):
            raise
        return False
    return True


def reason_to_skip() -> str:
    return why_not("baseline")


def stencils_of(table: Table, key: int) -> set[int]:
    """The numbers of a key's stencils."""
    return {int(table.variant(key, bits)) for bits in range(holes.VARIANTS)} - {NONE}


def has_far(table: Table, key: int) -> bool:
    return any(
        table.variant(key, bits) != table.variant(key, bits + holes.FAR)
        for bits in range(holes.FAR)
    )


class Function:
    """One function: how to call it and what it shall give."""

    def __init__(self, name: str, call: Callable[..., tuple[int, ...]]) -> None:
        self.name = name
        self.call = call
        self.loads: tuple[tuple[int, int], ...] = ()
        self.inputs: Sequence[Input] = ()
        self.accept: Accept | None = None


class Bench:
    """A module's code range that is filled with functions, and an instance of it."""

    def __init__(self, state: Any = None, level: str = LEVEL) -> None:
        Engine(strategy="baseline").machine()  # traps become exceptions
        self.table = table_of(level)
        self.state = EXTENSION.State(DEPTH) if state is None else state
        self.code = EXTENSION.Code(FUNCTIONS, CAPACITY, self.table.rodata)
        self.context = EXTENSION.Context(CONTEXT, self.state, self.code)
        self.context.set_memory(first_memory().storage)
        self.asm = Assembler(self.table, self.code.entries)
        self.made: list[tuple[Any, Any]] = []
        self.functions: list[Function] = []
        self.attached: list[Any] = []
        self.used: set[int] = set()
        self.starts: list[int] = []
        self.prologue = self.fixed(poisoning())
        self.epilogues: dict[tuple[frozenset[int], int, int, int], bytes] = {}

    # Making functions.

    def fixed(self, steps: Iterable[Step]) -> bytes:
        """Code that can be anywhere."""
        asm = self.asm
        asm.start(0, False)
        for key, a, b in steps:
            asm.put(key, a, b)
        assert not asm.outer
        assert len(asm.fixes) == 0
        return asm.out.getvalue()

    def put(self, key: int, a: int = 0, b: int = 0, label: int = NO_LABEL, d: int = 0) -> None:
        """Copy the stencil that is tested, and note which form it is."""
        asm = self.asm
        bits = int(asm.far | self.table.bits(key, a, b))
        self.used.add(int(self.table.variant(key, bits)))
        asm.place(key, a, b, d, label)

    def begin(
        self,
        loads: Iterable[tuple[int, int]] = (),
        large: Iterable[int] = (),
        far: bool = False,
        narrow: int = -1,
        labels: int = LABELS,
    ) -> None:
        """Start a function: copy arguments to `large` slots, poison registers, load arguments
        into registers (register, argument)."""
        asm = self.asm
        asm.start(labels, far)
        self.put(keys.ENTER_BIG, PADDING, PADDING // WORD)
        for arg in large:
            asm.put(move(ACC, SLOT, 1), arg * WORD, 0)
            asm.put(STORE_SLOT + INT_SCRATCH * 2 + 1, 0, (LARGE_SLOT + arg) * WORD)
        asm.out.write(self.prologue)
        if narrow >= 0:
            asm.put(STORE_SLOT + IMM * 2 + 1, 0, (BASE + narrow) * WORD)
        for register, arg in loads:
            if register < F:
                asm.put(move(register, SLOT, 1), arg * WORD, 0)
            else:
                asm.put(float_move(register - F, SLOT, 1), arg * WORD, 0)

    def end(
        self,
        live: frozenset[int] = frozenset(),
        narrow: int = -1,
        fetch: int = -1,
        fetch_width: int = 1,
    ) -> None:
        """End a function: `live` are the scratch registers to read, `narrow` is the register that
        holds an f32, `fetch` the offset of a slot to read."""
        epilogue = self.epilogues.get((live, narrow, fetch, fetch_width))
        if epilogue is None:
            keep, self.asm = self.asm, Assembler(self.table, self.code.entries)
            epilogue = self.fixed(reading(live, narrow, fetch, fetch_width))
            self.asm = keep
            self.epilogues[live, narrow, fetch, fetch_width] = epilogue
        self.asm.out.write(epilogue)
        self.put(keys.LEAVE_BIG, PADDING)
        self.put(keys.RETURN)

    def finish(
        self, name: str, params: bytes = b"\x7e" * ARGS, results: bytes = b"\x7e" * RESULTS
    ) -> Function:
        asm = self.asm
        asm.finish_function(None)
        self.made.append((asm.out, asm.outer))
        func = EXTENSION.FuncBase()
        func._signature(params, results)
        made = Function(name, func)
        self.functions.append(made)
        self.attached.append(func)
        return made

    def add(
        self,
        name: str,
        key: int,
        a: int = 0,
        b: int = 0,
        *,
        loads: tuple[tuple[int, int], ...] = (),
        large: tuple[int, ...] = (),
        live: frozenset[int] = frozenset(),
        narrow: int = -1,
        fetch: int = -1,
        fetch_width: int = 1,
        inputs: Sequence[Input],
        accept: Accept | None = None,
    ) -> list[Function]:
        """Functions for a key, one for each distance of branches. `inputs` are arguments with
        outcomes: a trap, or the values of registers that the stencil gives."""
        added = []
        for far in (False, True) if has_far(self.table, key) else (False,):
            self.begin(loads, large, far, narrow)
            self.put(key, a, b)
            self.end(live, narrow, fetch, fetch_width)
            made = self.finish(f"{name} key={key} a={a} b={b}{' far' if far else ''}")
            made.loads = visible(loads, live)
            made.inputs, made.accept = inputs, accept
            added.append(made)
        return added

    def add_branch(
        self,
        name: str,
        key: int,
        a: int = 0,
        b: int = 0,
        *,
        loads: tuple[tuple[int, int], ...] = (),
        large: tuple[int, ...] = (),
        inputs: Sequence[Input],
    ) -> None:
        """Functions for a key that branches, forwards and backwards: acc is 1 if it does."""
        asm = self.asm
        taken, end, start = 0, 1, 2
        for far in (False, True) if has_far(self.table, key) else (False,):
            for backward in (False, True):
                self.begin(loads, large, far)
                if backward:
                    asm.place(keys.JUMP, 0, 0, 0, start)
                    asm.bind(taken)
                    asm.put(move(ACC, IMM, 0), 1, 0)
                    asm.place(keys.JUMP, 0, 0, 0, end)
                    asm.bind(start)
                    self.put(key, a, b, taken)
                    asm.put(move(ACC, IMM, 0), 0, 0)
                else:
                    self.put(key, a, b, taken)
                    asm.put(move(ACC, IMM, 0), 0, 0)
                    asm.place(keys.JUMP, 0, 0, 0, end)
                    asm.bind(taken)
                    asm.put(move(ACC, IMM, 0), 1, 0)
                asm.bind(end)
                self.end(frozenset({ACC}))
                way = f"{' far' if far else ''}{' backward' if backward else ''}"
                made = self.finish(f"{name} branch key={key} a={a} b={b}{way}")
                made.loads, made.inputs = visible(loads, frozenset()), inputs

    # Running them.

    def write(self) -> None:
        """Put all functions into memory."""
        assert len(self.made) <= FUNCTIONS
        sizes = [(len(out) + 15) & ~15 for out, _ in self.made]
        first = self.code.reserve(sum(sizes))
        at = first
        for size in sizes:
            self.starts.append(at)
            at += size
        parts = []
        for i, (out, outer) in enumerate(self.made):
            self.asm.out = out
            self.asm.settle(self.starts[i], outer, self.starts)
            parts.append(out.getvalue().ljust(sizes[i], b"\xcc"))
        self.code.write(first, b"".join(parts))
        for i, func in enumerate(self.attached):
            self.code.set_entry(i, self.starts[i])
            func._attach(self.context, i)

    def run(self) -> int:
        """Call all functions that have inputs. The number of calls."""
        calls = 0
        for function in self.functions:
            for args, outcome in function.inputs:
                check(function, args, outcome)
                calls += 1
        return calls

    def check_forms(self, first: int, count: int) -> None:
        """Every form of the keys in a range has been tested."""
        for key in range(first, first + count):
            missing = stencils_of(self.table, key) - self.used
            assert not missing, f"of key {key} a form is not tested"


def visible(loads: Iterable[tuple[int, int]], live: frozenset[int]) -> tuple[tuple[int, int], ...]:
    """The operands in registers that are read afterwards."""
    return tuple(load for load in loads if load[0] not in SCRATCH or load[0] in live)


def poisoning() -> list[Step]:
    """Every register gets its poison, and so do the slots of their results."""
    steps = []
    for register in range(F, REGISTERS):
        steps.append((keys.BIG + ACC, POISON[register], 0))
        steps.append((STORE_SLOT + INT_SCRATCH * 2 + 1, 0, (BASE + register) * WORD))
        steps.append((float_move(register - F, SLOT, 1), (BASE + register) * WORD, 0))
    for register in (*range(H, F), ACC):
        steps.append((keys.BIG + register, POISON[register], 0))
    for register, source in ((ACC, INT_SCRATCH), (C, INT_SCRATCH + 1)):
        steps.append((STORE_SLOT + source * 2 + 1, 0, (BASE + register) * WORD))
    return steps


def reading(live: frozenset[int], narrow: int, fetch: int, fetch_width: int) -> list[Step]:
    """Every register's value goes to its slot, but for scratch registers that are not live."""
    steps = []
    for register in range(REGISTERS):
        if register in SCRATCH and register not in live:
            continue
        slot = (BASE + register) * WORD
        if register < F:
            source = {ACC: INT_SCRATCH, C: INT_SCRATCH + 1}.get(register, REG + register - H)
            steps.append((STORE_SLOT + source * 2 + 1, 0, slot))
        else:
            width = 0 if register == narrow else 1
            source = {F: FLOAT_SCRATCH, X: FLOAT_SCRATCH + 1}.get(register, REG + register - G)
            steps.append((FLOAT_STORE_SLOT + source * 2 + width, 0, slot))
    load = keys.NUMBERS.bases[BY_NAME["i64.load"].opcode]
    steps.append((move(ACC, IMM, 0), 0, 0))
    steps.append((load, MAGIC_AT, 0))
    steps.append((STORE_SLOT + INT_SCRATCH * 2 + 1, 0, MAGIC_SLOT * WORD))
    if fetch >= 0:
        steps.append((move(ACC, SLOT, fetch_width), fetch, 0))
        steps.append((STORE_SLOT + INT_SCRATCH * 2 + 1, 0, 0))
        if fetch < ARGS * WORD:
            steps.append((STORE_SLOT + IMM * 2 + 1, 0, fetch))
    return steps


def check(function: Function, args: tuple[int, int, int], outcome: Outcome) -> None:
    found: tuple[int, ...] | TrapCode
    try:
        found = function.call(*args)
    except Trap as trap:
        found = trap.code
    if isinstance(found, TrapCode) or isinstance(outcome, TrapCode):
        assert found == outcome, f"{function.name}{shown(args)}"
        return
    registers = list(POISON)
    for register, arg in function.loads:
        registers[register] = args[arg]
    head = list(args)
    for register, value in outcome.items():
        if register < 0:
            head[-1 - register] = value
        else:
            registers[register] = value
    expected = (*head, *registers, MAGIC)
    if found == expected or (function.accept and function.accept(args, expected, found)):
        return
    differences = [
        f"{place_name(i)} is {found[i] & M64:#x}, not {expected[i] & M64:#x}"
        for i in range(RESULTS)
        if found[i] != expected[i]
    ]
    raise AssertionError(f"{function.name}{shown(args)}: {', '.join(differences)}")


def shown(args: tuple[int, int, int]) -> str:
    return "(" + ", ".join(f"{arg & M64:#x}" for arg in args) + ")"


def place_name(index: int) -> str:
    if index < ARGS:
        return f"slot {index}"
    if index == MAGIC_SLOT:
        return "memory"
    register = index - BASE
    for name, first in (("x", X), ("g", G), ("f", F), ("c", C), ("h", H), ("acc", ACC)):
        if register >= first:
            return f"{name}{register - first if name in 'gh' else ''}"
    return "?"


@cache
def first_memory() -> MemoryInst:
    """Memory 0, with bytes that tell where they are."""
    memory = MemoryInst(None, None, False, False, None)
    assert memory.resize(MEMORY)
    assert memory.guarded
    for start in (0, 0x7FFF_F000, MEMORY - 0x2000):
        for at in range(start, min(start + 0x2000, MEMORY)):
            memory.data[at] = (at * 151 + (at >> 8) * 29 + 131) & 0xFF
    memory.data[MAGIC_AT : MAGIC_AT + 8] = MAGIC.to_bytes(8, "little")
    return memory


def trap_code(code: int) -> TrapCode:
    """The trap code of a number of the ABI."""
    return TrapCode[TRAPS[code - 1]]


# What the reference engine says.


class Engines:
    """An instance of a module on every engine. With `fuel` instructions are counted."""

    def __init__(
        self,
        text: str | bytes,
        fuel: int | None = None,
        imports: Callable[[], Any] | None = None,
    ) -> None:
        self.instances = []
        for engine in (
            Engine("interp", fuel=fuel is not None),
            Engine("baseline", fuel=fuel is not None),
            Engine("baseline", compile="eager", fuel=fuel is not None),
        ):
            store = zwasm.Store(engine, fuel=fuel)
            module = zwasm.Module(text, engine=engine)
            self.instances.append(zwasm.Instance(module, imports and imports(), store=store))

    def call(self, name: str, *args: int | float | bytes) -> str:
        """What an export gives everywhere, or the message of its trap, as a text."""
        outcomes = []
        for instance in self.instances:
            try:
                outcome = repr(instance.exports[name](*args))
            except Trap as trap:
                frames = [(frame.index, frame.line, frame.column) for frame in trap.frames]
                outcome = f"{trap.code} {frames}"
            outcomes.append((outcome, instance.store.fuel))
        assert outcomes[1:] == outcomes[:1] * 2, "\n".join(str(outcome) for outcome in outcomes)
        return outcomes[0][0]


def agreed(
    text: str | bytes,
    *args: int | float | bytes,
    name: str = "f",
    fuel: int | None = None,
    imports: Callable[[], Any] | None = None,
) -> str:
    """What an export gives on every engine, or the message of its trap, as a text."""
    return Engines(text, fuel, imports).call(name, *args)


def meaning(row: Row) -> Callable[..., int]:
    """The reference engine's function for a row."""
    return cast(Callable[..., int], operations.FUNCTIONS[row.opcode])


def unique(values: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(values))


OFFSETS: Final = (0, 4, 1, 120, 128, 4095, 4096, 0xFFFF, 0x1_2344, 0x7FFF_FFFF)


def addresses(offset: int, width: int) -> list[int]:
    """Guest addresses, 32 bits, within the memory and behind its end."""
    last = MEMORY - width
    ends = (0, 1, 0x1000 - 3, 0x1FF0, 0x7FFF_FFFD, 0x8000_0000, last - 1, last, last + 1, MEMORY)
    found = [end - offset for end in ends if end >= offset]
    return unique([*found, 0, 0x7FFF_FFFF, 0xFFFF_FFFF])


def offsets(turn: int) -> list[int]:
    """Offsets around the limits of all fields; some take turns."""
    return unique([0, 8, 0x7FFF_FFF8, OFFSETS[turn % 10], OFFSETS[turn * 3 % 10 - 5]])


class Store:
    """What storing a value does: bytes around the place."""

    def __init__(self, row: Row, place: int, value: int) -> None:
        data = first_memory().data
        self.trap: TrapCode | None = None
        self.place = place
        self.first = max(place - 8, 0)
        self.end = min(place + 24, MEMORY)
        self.before = bytes(data[self.first : self.end]) if self.first < MEMORY else b""
        self.after = self.before
        try:
            meaning(row)(first_memory(), place, value)
        except Trap as trap:
            self.trap = trap.code
        else:
            self.after = bytes(data[self.first : self.end])
            data[self.first : self.end] = self.before

    def check(self, name: str) -> None:
        """Compare with the bytes now, and put the former back."""
        if self.trap is None:
            data = first_memory().data
            found = bytes(data[self.first : self.end])
            data[self.first : self.end] = self.before
            assert found == self.after, f"{name} at {self.place:#x}"
