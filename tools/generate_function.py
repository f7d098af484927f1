"""Random function bodies: expressions, statements, and soups of instructions on the stack.

In: what a module has (`Scope`), and a source of random choices. Out: the text of functions, one
instruction a line, which `tools.reduce` relies on. They are made to trouble an engine that keeps
values in registers: more locals than registers, values that are live over calls, blocks with
parameters and results, branches that carry values, constants at all boundaries.
"""

from __future__ import annotations

import random

from zwasm.isa import BY_CODE
from zwasm.isa import row as r
from zwasm.types import type_name

NUMBERS = ("i32", "i64", "f32", "f64")
REFERENCES = ("funcref", "externref")
TURNS = 150  # loop turns and calls of one run
TIGHT = 12  # most turns of a loop that takes nothing from the counter

INTS = (0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536)
BITS = (1 << 31, (1 << 31) - 1, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
FLOATS = (
    "0 -0 1 -1 -1.5 0.5 0.1 2.5 inf -inf nan -nan nan:0x200000 1e30 -1e-30 0x1p-149 0x1p-126 "
    "0x1.fffffep127 2147483647 2147483648 -2147483648 -2147483649 4294967295 4294967296 "
    "0x1p63 -0x1p63 0x1p64 0x1.fffffep62 16777217 -0.9999 3.4e38"
).split()
DOUBLES = (
    "nan:0x4000000000000 0x1p-1074 0x1p-1022 0x1.fffffffffffffp1023 0x1.fffffffffffffp62 "
    "2147483647.5 -2147483648.9 4294967295.5 9007199254740993 1e308 -1e-310"
).split()
LENGTHS = (0, 0, 1, 2, 7, 8, 15, 64, 200, 5000, 70000)
SMALL_OFFSETS = (0, 0, 0, 0, 0, 0, 0, 1, 4, 7, 8, 100, 127, 128, 4095)
BIG_OFFSETS = (32767, 65528, 65535, 65536, 1 << 20, (1 << 31) - 1, (1 << 32) - 8, (1 << 32) - 1)
HUGE_OFFSETS = (1 << 32, 1 << 47, (1 << 63) - 1, (1 << 64) - 1)


class Numeric:
    """A numeric instruction, its types in text form."""

    def __init__(self, row: r.Row) -> None:
        self.name = row.name
        self.params = [type_name(code) for code in row.params]
        self.results = [type_name(code) for code in row.results]


ROWS = [Numeric(row) for row in BY_CODE if row is not None and row.shape == r.PLAIN]
PLAIN = [row for row in ROWS if {*row.params, *row.results} <= {*NUMBERS}]
BY_RESULT = {code: [row for row in PLAIN if row.results == [code]] for code in NUMBERS}
COMMON = {
    code: [row for row in BY_RESULT[code] if row.name.partition(".")[2] in words]
    for words in [("add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "div")]
    for code in NUMBERS
}
BY_LAST = {code: [row for row in PLAIN if row.params[-1] == code] for code in NUMBERS}
ACCESSES = [row for row in BY_CODE if row is not None and row.feature == 0]
LOADS = [Numeric(row) for row in ACCESSES if row.shape == r.LOAD]
STORES = [Numeric(row) for row in ACCESSES if row.shape == r.STORE]


class Signature:
    def __init__(self, params: list[str], results: list[str]) -> None:
        self.params = params
        self.results = results


class Memory:
    def __init__(self, index: int, is64: bool, minimum: int, maximum: int | None) -> None:
        self.index = index
        self.is64 = is64
        self.minimum = minimum
        self.maximum = maximum
        self.address = "i64" if is64 else "i32"


class Table:
    def __init__(self, name: str, code: str, is64: bool) -> None:
        self.name = name
        self.code = code
        self.is64 = is64
        self.address = "i64" if is64 else "i32"


class Global:
    def __init__(self, name: str, code: str, mutable: bool) -> None:
        self.name = name
        self.code = code
        self.mutable = mutable


class Scope:
    """What a module has that bodies may use."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.memories: list[Memory] = []
        self.tables: list[Table] = []
        self.globals: list[Global] = []
        self.hosts: dict[str, Signature] = {}
        self.functions: list[Function] = []
        self.tails = False


def signature(params: list[str], results: list[str]) -> str:
    """A type use in text."""
    return f"(param {' '.join(params)}) (result {' '.join(results)})"


def constant(rnd: random.Random, code: str) -> str:
    """An instruction that gives a constant."""
    if code in REFERENCES:
        return f"ref.null {code.removesuffix('ref')}"
    if code in ("f32", "f64"):
        if rnd.random() < 0.3:
            return f"{code}.const {rnd.uniform(-1000, 1000)!r}"
        return f"{code}.const {rnd.choice(FLOATS if code == 'f32' else FLOATS + DOUBLES)}"
    bits = int(code[1:])
    kind = rnd.random()
    if kind < 0.45:
        number = rnd.choice(INTS)
    elif kind < 0.65:
        number = rnd.choice(BITS)
    elif kind < 0.75:
        number = (1 << rnd.randrange(bits)) - rnd.randrange(3)
    else:
        number = rnd.getrandbits(rnd.choice((8, bits)))
    number %= 1 << bits
    negative = rnd.random() < 0.3 and number <= 1 << (bits - 1)
    return f"{code}.const {-number if negative else number}"


class Function:
    """A function being written: its type, its code, and what is in scope."""

    def __init__(self, scope: Scope, index: int) -> None:
        rnd = self.rnd = scope.rnd
        self.scope = scope
        self.index = index
        # Some functions have more of everything than there are registers.
        large = rnd.random() < 0.3
        kinds = rnd.choice((NUMBERS, NUMBERS, ("i32", "i32", "i64"), ("i32", "f64", "f32")))
        if rnd.random() < 0.2:
            kinds = (*kinds, *REFERENCES)
        most = rnd.choice((10, 25)) if large else 4
        self.params = [rnd.choice(kinds) for _ in range(rnd.randrange(most))]
        self.results = [rnd.choice(kinds) for _ in range(rnd.choice((0, 1, 1, 1, 1, 2, 3, 6)))]
        self.kinds = kinds
        count = rnd.randrange(8, 40) if large else rnd.randrange(1, 8)
        self.locals = self.params + [rnd.choice(kinds) for _ in range(count)]
        self.fixed: set[int] = set()  # locals that count the turns of a tight loop
        # Whether values go through locals of their own, as compilers make them that do not
        # optimise; those locals, by type.
        self.plain = rnd.random() < 0.3
        self.own: dict[str, list[str]] = {code: [] for code in (*NUMBERS, *REFERENCES)}
        self.tight = 0  # how many tight loops this is in
        self.labels: list[list[str]] = [self.results]
        self.loops = [False]  # whether a label is a loop's
        self.lines: list[str] = []
        self.budget = rnd.choice((15, 60, 150, 400))

    def write(self) -> None:
        """Write the body; all functions of the module are known by now."""
        self.turn()
        while self.budget > 0 and self.rnd.random() < 0.95:
            self.statement()
        for code in self.results:
            self.expr(code, 3)

    def text(self) -> str:
        locals_ = " ".join(self.locals[len(self.params) :])
        use = f"(type $t{self.index})"
        head = f"(func $f{self.index} {use} {signature(self.params, self.results)}"
        scratch = " ".join(f"(local ${code} {code})" for code in ("f32", "f64"))
        own = " ".join(f"(local {name} {code})" for code in self.own for name in self.own[code])
        return "\n".join([f"{head} (local {locals_}) {scratch} {own}", *self.lines, ")"])

    def emit(self, line: str) -> None:
        self.lines.append("  " * len(self.labels) + line)

    def chance(self, share: float) -> bool:
        return self.rnd.random() < share

    # Values.

    def constant(self, code: str) -> None:
        self.emit(constant(self.rnd, code))

    def locals_of(self, code: str, writable: bool = False) -> list[int]:
        return [
            i
            for i, other in enumerate(self.locals)
            if other == code and not (writable and i in self.fixed)
        ]

    def leaf(self, code: str) -> None:
        """Push a local, a global or a constant."""
        same = self.locals_of(code)
        if self.own[code] and self.chance(0.25):
            self.emit(f"local.get {self.rnd.choice(self.own[code][-4:])}")
        elif same and self.chance(0.6):
            self.emit(f"local.get {self.rnd.choice(same)}")
        elif self.chance(0.15):
            names = [item.name for item in self.scope.globals if item.code == code]
            if names:
                self.emit(f"global.get {self.rnd.choice(names)}")
            else:
                self.constant(code)
        elif code == "funcref" and self.chance(0.5):
            self.emit(f"ref.func $f{self.rnd.choice(self.scope.functions).index}")
        else:
            self.constant(code)

    def through(self, code: str) -> None:
        """Maybe take the top through a local of its own."""
        if self.plain and self.chance(0.6):
            name = f"${code[0]}{code[-2:]}_{len(self.own[code])}"
            self.emit(f"local.set {name}")
            self.own[code].append(name)
            self.emit(f"local.get {name}")

    def expr(self, code: str, depth: int) -> None:
        """Push one value of a type."""
        self.pushed(code, depth)
        if self.plain and self.chance(0.3):
            self.through(code)

    def pushed(self, code: str, depth: int) -> None:
        self.budget -= 1
        if depth <= 0 or self.budget <= 0:
            self.leaf(code)
            return
        rnd = self.rnd
        kind = rnd.randrange(100)
        if code in REFERENCES:
            self.reference(code, kind, depth)
        elif kind < 48:
            self.operation(rnd.choice((COMMON if self.chance(0.4) else BY_RESULT)[code]), depth)
        elif kind < 56:
            self.leaf(code)
        elif kind < 64:
            self.load(rnd.choice([row for row in LOADS if row.results == [code]]), depth)
        elif kind < 69:
            self.select(code, depth)
        elif kind < 74:
            self.expr(code, depth - 1)
            self.tee(code)
        elif kind < 79:
            self.if_value(code, depth)
        elif kind < 84:
            self.block_value(code, depth)
        elif kind < 91:
            self.call_value(code, depth)
        elif kind < 94:
            self.soup([], [code])
        elif kind < 97 and code in ("i32", "i64"):
            self.observed(code, depth)
        else:
            self.odd(code, depth)

    def reference(self, code: str, kind: int, depth: int) -> None:
        tables = [table for table in self.scope.tables if table.code == code]
        if kind < 30 and tables:
            table = self.rnd.choice(tables)
            self.element(table)
            self.emit(f"table.get {table.name}")
        elif kind < 50:
            self.select(code, depth)
        elif kind < 60:
            self.if_value(code, depth)
        elif kind < 80:
            self.call_value(code, depth)
        elif kind < 83:
            self.expr(code, depth - 1)
            self.emit("ref.as_non_null")
        else:
            self.leaf(code)

    def operation(self, row: Numeric, depth: int) -> None:
        """Operands, mostly ones that do not trap, and a numeric instruction."""
        name = row.name.partition(".")[2]
        for position, code in enumerate(row.params):
            if self.chance(0.3):
                self.constant(code)
            elif (
                position == 1
                and name in ("add", "sub")
                and code in ("i32", "i64")
                and self.chance(0.2)
            ):
                self.leaf(code)  # an index, scaled
                self.emit(f"{code}.const {self.rnd.choice((0, 1, 2, 3, 4, 33))}")
                self.emit(f"{code}.shl")
            else:
                self.expr(code, depth - 1)
            if position == 1 and name == "copysign":
                self.canonical(code)  # it shows the sign of a NaN
        if "reinterpret" in name and row.params[0] in ("f32", "f64"):
            self.canonical(row.params[0])
        elif name[:3] in ("div", "rem") and row.params[0] in ("i32", "i64") and self.chance(0.85):
            self.emit(f"{row.params[0]}.const 1")
            self.emit(f"{row.params[0]}.or")
        elif name.startswith("trunc_f") and self.chance(0.85):
            self.in_range(row.params[0])
        self.emit(row.name)

    def in_range(self, code: str) -> None:
        """Make a float one that every integer type has a value for."""
        self.emit(f"local.tee ${code}")
        self.emit(f"{code}.const 77.7")
        for _ in range(2):
            self.emit(f"local.get ${code}")
        self.emit(f"{code}.eq")
        self.emit("select")
        self.emit(f"{code}.abs")
        self.emit(f"{code}.const 2147483520")
        self.emit(f"{code}.min")

    def canonical(self, code: str) -> None:
        """Make the bits of a NaN on the stack the canonical ones."""
        if self.chance(0.4):
            self.emit(f"call $canon{code[1:]}")
            return
        self.emit(f"local.tee ${code}")
        self.emit(f"{code}.const nan")
        for _ in range(2):
            self.emit(f"local.get ${code}")
        self.emit(f"{code}.eq")
        self.emit("select")

    def address(self, memory: Memory, depth: int) -> None:
        """Push an address, mostly one inside the memory, often one near its end."""
        code = memory.address
        kind = self.rnd.random()
        if kind < 0.2:
            self.emit(
                f"{code}.const {self.rnd.choice((0, 4, 64, 1000, 60000, 65520, 65524, 65528))}"
            )
        elif kind < 0.985:
            self.expr(code, depth - 1)
            self.emit(f"{code}.const {self.rnd.choice((0xFFF, 0xFFF8, 0x7F))}")
            self.emit(f"{code}.and")
        else:
            self.expr(code, depth - 1)

    def memarg(self, memory: Memory) -> str:
        kind = self.rnd.random()
        if kind < 0.965:
            offset = self.rnd.choice(SMALL_OFFSETS)
        elif kind < 0.99 or not memory.is64:
            offset = self.rnd.choice(BIG_OFFSETS)
        else:
            offset = self.rnd.choice(HUGE_OFFSETS)
        return f"{memory.index} offset={offset}"

    def memory_choice(self) -> Memory:
        memories = self.scope.memories
        return memories[0] if self.chance(0.6) else self.rnd.choice(memories)

    def load(self, row: Numeric, depth: int) -> None:
        memory = self.memory_choice()
        self.address(memory, depth)
        self.emit(f"{row.name} {self.memarg(memory)}")
        if row.name == "i32.load8_u" and self.plain:
            self.through("i32")
            self.emit("i32.const 255")
            self.emit("i32.and")
            self.through("i32")

    def select(self, code: str, depth: int) -> None:
        self.expr(code, depth - 1)
        self.expr(code, depth - 1)
        self.condition(depth - 1)
        typed = code in REFERENCES or self.chance(0.2)
        self.emit(f"select (result {code})" if typed else "select")

    def tee(self, code: str) -> None:
        """A chain of local.tee."""
        same = self.locals_of(code, writable=True)
        for _ in range(self.rnd.choice((1, 1, 2, 3)) if same else 0):
            self.emit(f"local.tee {self.rnd.choice(same)}")

    def condition(self, depth: int) -> None:
        """Push an i32, often of a comparison."""
        comparisons = [row for row in BY_RESULT["i32"] if len(row.params) == 2 or "eqz" in row.name]
        if self.chance(0.7) and depth > 0:
            row = self.rnd.choice(comparisons)
            for code in row.params:
                self.expr(code, depth - 1) if self.chance(0.4) else self.leaf(code)
            if row.name[:7] in ("i32.div", "i32.rem"):
                self.emit("i32.const 1")
                self.emit("i32.or")
            self.emit(row.name)
            if self.plain:
                self.through("i32")
                for _ in range(self.rnd.randrange(3)):
                    if self.chance(0.6):
                        self.emit("i32.const 1")
                        self.emit("i32.and")
                    else:
                        self.emit("i32.eqz")
                    self.through("i32")
        else:
            self.expr("i32", depth)

    def enter(self, line: str, label: list[str]) -> None:
        self.emit(line)
        self.labels.append(label)
        self.loops.append(line.startswith("loop"))

    def end(self) -> None:
        self.labels.pop()
        self.loops.pop()
        self.emit("end")

    def if_value(self, code: str, depth: int) -> None:
        self.condition(depth - 1)
        self.enter(f"if (result {code})", [code])
        for turn in range(2):
            if self.chance(0.3):
                self.statement()
            if self.chance(0.1):
                self.jump()
            self.expr(code, depth - 1)
            if turn == 0:
                self.emit("else")
        self.end()

    def block_value(self, code: str, depth: int) -> None:
        """A block that branches leave with a value, by br_if or br_table."""
        count = self.rnd.choice((1, 1, 2, 3))
        for _ in range(count):
            self.enter(f"block (result {code})", [code])
        self.expr(code, depth - 1)
        if self.chance(0.4):
            self.expr("i32", depth - 1)
            labels = [self.rnd.randrange(count) for _ in range(self.rnd.randrange(1, 6))]
            self.emit(f"br_table {' '.join(map(str, labels))}")
        else:
            self.condition(depth - 1)
            self.emit(f"br_if {self.rnd.randrange(count)}")
            if self.chance(0.5):
                self.emit("drop")
                self.expr(code, depth - 1)
        self.end()
        for _ in range(count - 1):
            self.assign(code)
            self.expr(code, depth - 2)
            self.end()

    def callees(self, code: str | None = None) -> list[tuple[str, Signature, int | None]]:
        """Functions that may be called, one of whose results has a type: how to name them in a
        call, their type, and their number in the table."""
        found: list[tuple[str, Signature, int | None]] = []
        for index, function in enumerate(self.scope.functions):
            type_ = Signature(function.params, function.results)
            found.append((f"$f{function.index}", type_, index))
        found += [(name, type_, None) for name, type_ in self.scope.hosts.items()]
        return [one for one in found if code is None or code in one[1].results]

    def call_value(self, code: str, depth: int) -> None:
        callees = self.callees(code)
        if not callees or self.tight:
            self.leaf(code)
            return
        name, type_, index = self.rnd.choice(callees)
        self.call(name, type_, index, depth)
        # The results above the last of the type go to locals, those below it too.
        kept = len(type_.results) - 1 - type_.results[::-1].index(code)
        for result in type_.results[:kept:-1]:
            self.assign(result)
        if kept > 0:
            same = self.locals_of(code, writable=True)
            if not same:
                for result in reversed(type_.results[: kept + 1]):
                    self.assign(result)
                self.leaf(code)
                return
            local = self.rnd.choice(same)
            self.emit(f"local.set {local}")
            for result in reversed(type_.results[:kept]):
                self.assign(result)
            self.emit(f"local.get {local}")

    def call(self, name: str, type_: Signature, index: int | None, depth: int) -> None:
        """Push arguments, and call in one of the ways there are."""
        if self.chance(0.15):
            self.emit("nop")
        for code in type_.params:
            self.expr(code, min(depth - 1, 2))
            if index is None and code in ("f32", "f64"):
                self.canonical(code)
        self.invoke("call", name, type_, index)

    def invoke(self, verb: str, name: str, type_: Signature, index: int | None) -> None:
        """`verb` is call or return_call; the arguments are on the stack."""
        kind = self.rnd.random()
        if index is None or kind < 0.55:
            self.emit(f"{verb} {name}")
        elif kind < 0.85:
            table = self.scope.tables[0]
            last = len(self.scope.functions)
            number = index if self.chance(0.9) else self.rnd.choice((last, last + 9, 0))
            self.emit(f"{table.address}.const {number}")
            use = (
                f"(type $t{index})" if self.chance(0.5) else signature(type_.params, type_.results)
            )
            self.emit(f"{verb}_indirect {table.name} {use}")
        elif self.chance(0.03):
            self.emit(f"ref.null $t{index}")
            self.emit(f"{verb}_ref $t{index}")
        else:
            self.emit(f"ref.func $f{index}")
            self.emit(f"{verb}_ref $t{index}")

    def observed(self, code: str, depth: int) -> None:
        """The bits of a float, untouched: through locals, memory, a select, sign operations."""
        kind = f"f{code[1:]}"
        rnd = self.rnd
        self.emit(f"{code}.const {rnd.getrandbits(int(code[1:]))}")
        if self.chance(0.5):  # a NaN with a payload, quiet or signalling
            self.emit(f"{code}.const {0x7F800001 if code == 'i32' else 0x7FF0000000000001}")
            self.emit(f"{code}.or")
        self.emit(f"{kind}.reinterpret_{code}")
        for _ in range(rnd.randrange(4)):
            step = rnd.randrange(5)
            if step == 0:
                self.emit(f"{kind}.{rnd.choice(('abs', 'neg'))}")
            elif step == 1:
                self.emit(f"{kind}.const {rnd.choice(('-0', '1', '-nan'))}")
                self.emit(f"{kind}.copysign")
            elif step == 2:
                same = self.locals_of(kind, writable=True)
                if same:
                    local = rnd.choice(same)
                    self.emit(f"local.set {local}")
                    self.emit(f"local.get {local}")
            elif step == 3:
                self.emit(f"{kind}.const nan:0x12345")
                self.emit(f"i32.const {rnd.randrange(2)}")
                self.emit("select")
            else:
                self.enter(f"block (param {kind}) (result {kind})", [kind])
                if self.chance(0.5):
                    self.condition(depth - 1)
                    self.emit("br_if 0")
                self.end()
        self.emit(f"{code}.reinterpret_{kind}")

    def odd(self, code: str, depth: int) -> None:
        """Sizes, growing, tests of references; converted to the type."""
        kind = self.rnd.randrange(5)
        if kind == 0:
            memory = self.memory_choice()
            self.emit(f"memory.size {memory.index}")
            given = memory.address
        elif kind == 1:
            memory = self.memory_choice()
            beyond = 1 << 49 if memory.is64 else 65537
            # Loops would let a memory without a maximum grow to gigabytes.
            sizes = (0, beyond) if memory.maximum is None else (0, 1, 1, 2, beyond)
            self.emit(f"{memory.address}.const {self.rnd.choice(sizes)}")
            self.emit(f"memory.grow {memory.index}")
            given = memory.address
        elif kind == 2:
            self.expr(self.rnd.choice(REFERENCES), depth - 1)
            self.emit("ref.is_null")
            given = "i32"
        elif kind == 3:
            table = self.rnd.choice(self.scope.tables)
            self.emit(f"table.size {table.name}")
            given = table.address
        else:
            table = self.rnd.choice(self.scope.tables)
            self.leaf(table.code)
            self.emit(f"{table.address}.const {self.rnd.choice((0, 1, 2, 100))}")
            self.emit(f"table.grow {table.name}")
            given = table.address
        self.convert(given, code)

    def convert(self, given: str, code: str) -> None:
        if given == code:
            return
        rows = [row for row in BY_RESULT[code] if row.params == [given] and "trunc" not in row.name]
        self.emit(self.rnd.choice(rows).name)

    def element(self, table: Table) -> None:
        """Push an index of a table, mostly one that is there."""
        self.emit(f"{table.address}.const {self.rnd.choice((0, 1, 2, 3) * 8 + (12, 21))}")

    # Statements: they leave the stack as it was.

    def assign(self, code: str) -> None:
        """Pop the top into a local or global of its type, or drop it."""
        same = self.locals_of(code, writable=True)
        names = [item.name for item in self.scope.globals if item.code == code and item.mutable]
        if same and self.chance(0.85):
            self.emit(f"local.set {self.rnd.choice(same)}")
        elif names and self.chance(0.5):
            self.emit(f"global.set {self.rnd.choice(names)}")
        else:
            self.emit("drop")

    def statement(self) -> None:
        self.budget -= 1
        rnd = self.rnd
        if self.budget <= 0 or len(self.labels) > 12:
            code = rnd.choice(self.kinds)
            self.leaf(code)
            self.assign(code)
            return
        kind = rnd.randrange(100)
        if kind < 30:
            code = rnd.choice(self.kinds)
            self.expr(code, rnd.choice((1, 2, 3, 5, 8)))
            self.assign(code)
        elif kind < 42:
            self.store()
        elif kind < 52:
            self.tight_loop()
        elif kind < 59:
            self.loop()
        elif kind < 65:
            self.if_statement()
        elif kind < 70:
            self.ladder()
        elif kind < 74:
            self.switch()
        elif kind < 80:
            callees = self.callees()
            if callees and not self.tight:
                name, type_, index = rnd.choice(callees)
                self.call(name, type_, index, 3)
                for result in reversed(type_.results):
                    self.assign(result)
        elif kind < 84:
            self.bulk()
        elif kind < 87:
            self.table_statement() if self.chance(0.6) else self.null_branch()
        elif kind < 90:
            self.swap()
        elif kind < 96:
            self.soup([], [])
        elif not self.tight:
            self.enter("block", [])
            self.statement()
            self.condition(2)
            self.enter("if", [])
            self.jump()
            self.end()
            self.end()

    def swap(self) -> None:
        """Locals exchanged over the stack, as compilers do at the end of a loop's turn."""
        count = self.rnd.choice((2, 2, 3, 4))
        code = self.rnd.choice(self.kinds)
        same = self.locals_of(code, writable=True)
        if len(same) < count:
            return
        chosen = self.rnd.sample(same, count)
        for local in chosen:
            self.emit(f"local.get {local}")
        self.rnd.shuffle(chosen)
        for local in chosen:
            self.emit(f"local.set {local}")

    def store(self) -> None:
        row = self.rnd.choice(STORES)
        memory = self.memory_choice()
        self.address(memory, 3)
        code = row.params[0]
        if self.chance(0.25):
            self.constant(code)
        else:
            self.expr(code, 3)
        if code in ("f32", "f64"):
            self.canonical(code)
        self.emit(f"{row.name} {self.memarg(memory)}")

    def turn(self) -> None:
        """Take from the counter of turns, and return where it is empty."""
        self.emit("global.get $turns")
        self.emit("i32.const 1")
        self.emit("i32.sub")
        self.emit("global.set $turns")
        self.emit("global.get $turns")
        self.emit("i32.const 0")
        self.emit("i32.lt_s")
        self.emit("if")
        for code in self.results:
            self.constant(code)
        self.emit("return")
        self.emit("end")

    def tight_loop(self) -> None:
        """A loop of a fixed number of turns, with locals that are carried round it."""
        rnd = self.rnd
        same = [i for i in self.locals_of("i32") if i not in self.fixed]
        if not same or self.tight >= 2:
            return
        local = rnd.choice(same)
        up = self.chance(0.5)
        last = rnd.randrange(1, TIGHT)
        self.emit(f"i32.const {0 if up else last}")
        self.emit(f"local.set {local}")
        self.fixed.add(local)
        self.tight += 1
        self.enter("block", [])
        self.enter("loop", [])
        carried = rnd.randrange(1, 6)
        for _ in range(carried):
            if self.chance(0.2):
                self.statement()
            else:
                code = rnd.choice([kind for kind in self.kinds if kind in NUMBERS])
                self.expr(code, rnd.choice((1, 2, 2, 3, 5)))
                self.assign(code)
        if self.chance(0.3):
            self.condition(2)
            self.emit("br_if 1")
        self.emit(f"local.get {local}")
        self.emit("i32.const 1")
        self.emit("i32.add" if up else "i32.sub")
        if self.chance(0.5):
            self.emit(f"local.tee {local}")
        else:
            self.emit(f"local.set {local}")
            self.emit(f"local.get {local}")
        if up:
            self.emit(f"i32.const {last}")
            self.emit(rnd.choice(("i32.lt_s", "i32.ne", "i32.lt_u")))
        self.emit("br_if 0")
        self.end()
        self.end()
        self.tight -= 1
        self.fixed.discard(local)

    def loop(self) -> None:
        """A loop that takes from the counter, with parameters and results."""
        rnd = self.rnd
        params = [rnd.choice(self.kinds) for _ in range(rnd.choice((0, 0, 1, 2, 4)))]
        results = [rnd.choice(self.kinds) for _ in range(rnd.choice((0, 0, 1, 2)))]
        for code in params:
            self.expr(code, 2)
        self.enter(f"loop {signature(params, results)}", params)
        self.soup_body(list(params), [])
        self.turn()
        if self.chance(0.6):
            for code in params:
                self.expr(code, 2)
            self.condition(3)
            self.emit("br_if 0")
            for code in reversed(params):
                self.assign(code)
        else:
            # The same with the condition outside the branch.
            self.condition(3)
            self.enter("if", [])
            for code in params:
                self.expr(code, 1)
            self.emit("br 1")
            self.end()
        for code in results:
            self.expr(code, 2)
        self.end()
        for code in reversed(results):
            self.assign(code)

    def if_statement(self) -> None:
        params = [self.rnd.choice(self.kinds) for _ in range(self.rnd.choice((0, 0, 1, 2)))]
        for code in params:
            self.expr(code, 2)
        self.condition(3)
        self.enter(f"if {signature(params, [])}", [])
        # Without else the parameters would have to be the results.
        for turn in range(2 if params else self.rnd.choice((1, 2))):
            if turn:
                self.emit("else")
            for code in reversed(params):
                self.assign(code)
            for _ in range(self.rnd.choice((1, 1, 2))):
                self.statement()
        self.end()

    def ladder(self) -> None:
        """Many br_if out of blocks in blocks, as compilers make of a switch or of &&."""
        rnd = self.rnd
        count = rnd.randrange(1, 8)
        for _ in range(count):
            self.enter("block", [])
        subject = self.locals_of("i32")
        for number in range(rnd.randrange(1, 10)):
            if subject and self.chance(0.5):
                self.emit(f"local.get {rnd.choice(subject)}")
                self.emit(f"i32.const {number}")
                self.emit(rnd.choice(("i32.eq", "i32.ne", "i32.gt_u", "i32.lt_s", "i32.and")))
            else:
                self.condition(2)
            if self.chance(0.2):
                self.emit("i32.eqz")
            self.emit(f"br_if {rnd.randrange(count)}")
            if self.chance(0.3):
                self.statement()
        for _ in range(count):
            self.end()
            if self.chance(0.5):
                code = rnd.choice(self.kinds)
                self.expr(code, 1)
                self.assign(code)

    def switch(self) -> None:
        """A br_table that carries values to blocks with results."""
        rnd = self.rnd
        count = rnd.randrange(1, 6)
        results = [rnd.choice(self.kinds) for _ in range(rnd.choice((0, 0, 1, 2, 3)))]
        for _ in range(count):
            self.enter(f"block (result {' '.join(results)})" if results else "block", results)
        for code in results:
            self.expr(code, 2)
        if self.chance(0.5):
            self.leaf("i32")
        else:
            self.expr("i32", 2)
            self.emit(f"i32.const {rnd.choice((1, 3, 7))}")
            self.emit("i32.and")
        size = rnd.choice((1, 2, 4, 8, 40))
        self.emit(f"br_table {' '.join(str(rnd.randrange(count)) for _ in range(size))}")
        if self.chance(0.3):
            self.dead()
        for left in range(count - 1, -1, -1):
            self.end()
            for code in reversed(results):
                self.assign(code)
            if self.chance(0.4):
                code = rnd.choice(self.kinds)
                self.expr(code, 1)
                self.assign(code)
            if left:
                for code in results:
                    self.leaf(code)

    def jump(self) -> None:
        """A branch that is always taken, a return or a tail call, and maybe dead code."""
        rnd = self.rnd
        kind = rnd.randrange(10)
        callees = [one for one in self.callees() if one[1].results == self.results]
        if kind < 3 and callees and self.scope.tails and not self.tight:
            name, type_, index = rnd.choice(callees)
            for code in type_.params:
                self.expr(code, 2)
                if index is None and code in ("f32", "f64"):
                    self.canonical(code)
            self.invoke("return_call", name, type_, index)
        elif kind == 3 and self.chance(0.3):
            self.emit("unreachable")
        elif kind < 6:
            for code in self.results:
                self.expr(code, 2)
            self.emit("return")
        else:
            # Not to the head of a loop, which might not end.
            depths = [depth for depth in range(len(self.labels)) if not self.is_loop(depth)]
            depth = rnd.choice(depths)
            for code in self.labels[len(self.labels) - 1 - depth]:
                self.expr(code, 1)
            self.emit(f"br {depth}")
        if self.chance(0.4):
            self.dead()

    def is_loop(self, depth: int) -> bool:
        """Whether the label at a depth is that of a loop."""
        return self.loops[len(self.loops) - 1 - depth]

    def dead(self) -> None:
        """Instructions that cannot be reached."""
        for _ in range(self.rnd.randrange(1, 4)):
            kind = self.rnd.randrange(4)
            if kind == 0:
                self.emit(self.rnd.choice(PLAIN).name)
                self.emit("drop")
            elif kind == 1:
                self.emit("select")
                self.emit("drop")
            elif kind == 2:
                self.expr(self.rnd.choice(NUMBERS), 2)
                self.emit("drop")
            else:
                self.statement()

    def bulk(self) -> None:
        to, from_ = self.memory_choice(), self.memory_choice()
        kind = self.rnd.randrange(4)
        self.address(to, 2)
        if kind == 0:
            self.expr("i32", 2)
            self.emit(f"{to.address}.const {self.rnd.choice(LENGTHS)}")
            self.emit(f"memory.fill {to.index}")
        elif kind < 3:
            self.address(from_, 2)
            code = "i64" if to.is64 and from_.is64 else "i32"
            self.emit(f"{code}.const {self.rnd.choice(LENGTHS)}")
            self.emit(f"memory.copy {to.index} {from_.index}")
        else:
            self.emit(f"i32.const {self.rnd.choice((0, 1, 9))}")
            self.emit(f"i32.const {self.rnd.choice((0, 1, 5, 5, 20, 60))}")
            self.emit(f"memory.init {to.index} $bytes")
            if self.chance(0.1):
                self.emit(self.rnd.choice(("data.drop $bytes", "elem.drop $some")))

    def null_branch(self) -> None:
        """A branch on whether a reference is null."""
        code = self.rnd.choice(REFERENCES)
        self.enter("block", [])
        if self.chance(0.5):
            self.expr(code, 2)
            self.emit("br_on_null 0")
        else:
            # Nothing in this block branches to its label, which takes what no expression gives.
            self.emit(f"block (result (ref {code[:-3]}))")
            self.leaf(code)
            self.emit("br_on_non_null 0")
            self.emit("br 1")
            self.emit("end")
        if self.chance(0.5):
            self.statement()
        self.assign(code)
        self.end()

    def table_statement(self) -> None:
        table = self.rnd.choice(self.scope.tables)
        kind = self.rnd.randrange(6)
        # Calls through the first table find what they expect, most of the time.
        if table is self.scope.tables[0] and self.chance(0.8):
            kind = 5
        self.element(table)
        if kind < 3:
            self.expr(table.code, 2)
            self.emit(f"table.set {table.name}")
        elif kind == 3:
            self.expr(table.code, 2)
            self.emit(f"{table.address}.const {self.rnd.randrange(3)}")
            self.emit(f"table.fill {table.name}")
        elif kind == 4 and table.code == "funcref":
            self.emit(f"i32.const {self.rnd.randrange(3)}")
            self.emit(f"i32.const {self.rnd.randrange(2)}")
            self.emit(f"table.init {table.name} $some")
        else:
            self.element(table)
            self.emit(f"{table.address}.const {self.rnd.choice((0, 0, 1, 2))}")
            self.emit(f"table.copy {table.name} {table.name}")

    # Soups: instructions on whatever is on the stack.

    def soup(self, params: list[str], results: list[str]) -> None:
        """A block with random instructions that use the stack deeply."""
        self.enter(f"block {signature(params, results)}", results)
        self.soup_body(list(params), results)
        self.end()

    def soup_body(self, stack: list[str], results: list[str]) -> None:
        for _ in range(self.rnd.randrange(2, 16)):
            self.budget -= 1
            if self.budget <= 0:
                break
            self.soup_step(stack)
        while stack != results[: len(stack)]:
            self.assign(stack.pop())
        for code in results[len(stack) :]:
            self.leaf(code)

    def soup_step(self, stack: list[str]) -> None:
        rnd = self.rnd
        kind = rnd.randrange(16)
        if kind < 5 or not stack:
            code = rnd.choice(self.kinds)
            self.leaf(code)
            stack.append(code)
        elif kind < 10:
            if stack[-1] in NUMBERS:
                self.soup_numeric(stack)
        elif kind == 10:
            self.assign(stack.pop())
        elif kind == 11:
            self.tee(stack[-1])
        elif kind == 12 and len(stack) > 1 and stack[-1] == stack[-2] and stack[-1] in NUMBERS:
            self.leaf("i32")
            self.emit("select")
            stack.pop()
        elif kind == 13:
            labels = [
                depth
                for depth, types in enumerate(reversed(self.labels))
                if (not types or stack[-len(types) :] == types) and not self.is_loop(depth)
            ]
            if labels:
                self.condition(1)
                self.emit(f"br_if {rnd.choice(labels)}")
        elif kind == 14:
            self.statement()
        elif kind == 15 and stack[-1] not in NUMBERS:
            self.emit("ref.is_null")
            stack[-1] = "i32"

    def soup_numeric(self, stack: list[str]) -> None:
        row = self.rnd.choice(BY_LAST[stack[-1]])
        name = row.name.partition(".")[2]
        if stack[-len(row.params) :] == row.params:
            if name == "copysign" or ("reinterpret" in name and row.params[0] in ("f32", "f64")):
                self.canonical(row.params[-1])
            elif name[:3] in ("div", "rem") and row.params[0] in ("i32", "i64"):
                self.emit(f"{row.params[0]}.const 1")
                self.emit(f"{row.params[0]}.or")
            elif name.startswith("trunc_f"):
                self.in_range(row.params[0])
            del stack[-len(row.params) :]
            self.emit(row.name)
        else:
            self.operation(row, 1)
        stack.extend(row.results)
