"""Random function bodies: their types, locals and labels, and expressions.

In: what a module has (`Scope`), and a source of random choices. Out: the text of functions, one
instruction a line, which `tools.reduce` relies on. They are made to trouble an engine that keeps
values in registers: more locals than registers, values that are live over calls, blocks with
parameters and results, branches that carry values, constants at all boundaries. Statements are in
`tools.generate_statements`.
"""

from __future__ import annotations

from tools import generate_vectors as vectors
from tools.generate_statements import jump, soup, statement, turn
from tools.generate_values import (
    BIG_OFFSETS,
    BY_RESULT,
    COMMON,
    FLOAT_TYPES,
    HUGE_OFFSETS,
    LOADS,
    NUMBERS,
    REFERENCES,
    SMALL_OFFSETS,
    Memory,
    Numeric,
    Scope,
    Signature,
    Table,
    constant,
    seen,
    signature,
)

VECTOR_KINDS = (
    (*NUMBERS, "v128", "v128"),
    ("v128", "f64", "f32", "i32"),
    ("v128", "v128", "i32"),
    ("v128", "i64", "i32"),
    ("v128",),
)


class Function:
    """A function being written: its type, its code, and what is in scope."""

    def __init__(self, scope: Scope, index: int) -> None:
        rnd = self.rnd = scope.rnd
        self.scope = scope
        self.index = index
        # Some functions have more of everything than there are registers.
        large = rnd.random() < 0.3
        kinds: tuple[str, ...] = rnd.choice(
            (NUMBERS, NUMBERS, ("i32", "i32", "i64"), ("i32", "f64", "f32"))
        )
        if scope.simd and rnd.random() < 0.85:
            kinds = rnd.choice(VECTOR_KINDS)
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
        self.own: dict[str, list[str]] = {code: [] for code in (*NUMBERS, "v128", *REFERENCES)}
        self.tight = 0  # how many tight loops this is in
        self.labels: list[list[str]] = [self.results]
        self.loops = [False]  # whether a label is a loop's
        self.lines: list[str] = []
        self.budget = rnd.choice((15, 60, 150, 400))

    def write(self) -> None:
        """Write the body; all functions of the module are known by now."""
        turn(self)
        for _ in range(self.rnd.randrange(9) if self.scope.simd else 0):
            vectors.trial(self)
        while self.budget > 0 and self.rnd.random() < 0.95:
            statement(self)
        if self.chance(0.7):
            for local, code in enumerate(self.locals):
                self.emit(f"local.get {local}")
                self.emit(f"call $see_{code}")
        for code in self.results:
            self.expr(code, 3)

    def text(self) -> str:
        locals_ = " ".join(self.locals[len(self.params) :])
        use = f"(type $t{self.index})"
        head = f"(func $f{self.index} {use} {signature(self.params, self.results)}"
        scratch_types = (*FLOAT_TYPES, "v128") if self.scope.simd else FLOAT_TYPES
        scratch = " ".join(f"(local ${code} {code})" for code in scratch_types)
        own = " ".join(f"(local {name} {code})" for code in self.own for name in self.own[code])
        return "\n".join([f"{head} (local {locals_}) {scratch} {own}", *self.lines, ")"])

    def emit(self, line: str) -> None:
        self.lines.append("  " * len(self.labels) + line)

    def chance(self, share: float) -> bool:
        return self.rnd.random() < share

    def risk(self, share: float) -> bool:
        """Whether to do something that may trap."""
        return not self.scope.calm and self.chance(share)

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
        elif code == "v128" and kind < 64:
            vectors.value(self, kind, depth)
        elif code != "v128" and self.scope.simd and self.chance(0.15):
            vectors.scalar(self, code, depth)
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
            soup(self, [], [code])
        elif kind < 97 and code in ("i32", "i64"):
            self.observed(code, depth)
        elif code == "v128":
            self.leaf(code)
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
        elif kind < 83 and not self.scope.calm:
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
        if "reinterpret" in name and row.params[0] in FLOAT_TYPES:
            self.canonical(row.params[0])
        elif name[:3] in ("div", "rem") and row.params[0] in ("i32", "i64") and not self.risk(0.15):
            self.emit(f"{row.params[0]}.const 1")
            self.emit(f"{row.params[0]}.or")
        elif name.startswith("trunc_f") and not self.risk(0.15):
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
        ends = () if self.scope.calm else (60000, 65520, 65524, 65528)
        if kind < 0.2:
            self.emit(f"{code}.const {self.rnd.choice((0, 4, 64, 1000, 33000, 50000, *ends))}")
            return
        self.expr(code, depth - 1)
        if not self.risk(0.02):
            last = 0x7FF8 if self.scope.calm else 0xFFF8
            self.emit(f"{code}.const {self.rnd.choice((0xFFF, last, 0x7F))}")
            self.emit(f"{code}.and")

    def memarg(self, memory: Memory) -> str:
        offset = self.rnd.choice(SMALL_OFFSETS)
        if self.risk(0.035):
            huge = memory.is64 and self.chance(0.3)
            offset = self.rnd.choice(HUGE_OFFSETS if huge else BIG_OFFSETS)
        return f"{memory.index} offset={offset}"

    def memory_choice(self) -> Memory:
        memories = self.scope.memories
        if self.chance(0.6):
            return memories[0]
        return self.rnd.choice(
            [memory for memory in memories if memory.minimum] if self.scope.calm else memories
        )

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
        if self.scope.simd and depth > 0 and self.chance(0.15):
            vectors.scalar(self, "i32", depth)
        elif self.chance(0.7) and depth > 0:
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
        for arm in range(2):
            if self.chance(0.3):
                statement(self)
            if self.chance(0.1):
                jump(self)
            self.expr(code, depth - 1)
            if arm == 0:
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
            if index is None and code in FLOAT_TYPES:
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
            number = self.rnd.choice((last, last + 9, 0)) if self.risk(0.1) else index
            self.emit(f"{table.address}.const {number}")
            use = (
                f"(type $t{index})" if self.chance(0.5) else signature(type_.params, type_.results)
            )
            self.emit(f"{verb}_indirect {table.name} {use}")
        elif self.risk(0.03):
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
            step = rnd.randrange(6 if self.scope.simd else 5)
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
            elif step == 5:
                shape = "f32x4" if kind == "f32" else "f64x2"
                self.emit(f"{shape}.splat")
                self.emit(f"{shape}.extract_lane {rnd.randrange(2)}")
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
        index = self.rnd.choice((12, 21)) if self.risk(0.06) else self.rnd.randrange(4)
        self.emit(f"{table.address}.const {index}")

    def assign(self, code: str) -> None:
        """Pop the top into a local or global of its type or into what the state shows, or drop
        it."""
        same = self.locals_of(code, writable=True)
        names = [item.name for item in self.scope.globals if item.code == code and item.mutable]
        if same and self.chance(0.85):
            local = self.rnd.choice(same)
            if self.chance(0.2):
                self.emit(f"local.tee {local}")
                self.see(code)
            else:
                self.emit(f"local.set {local}")
        elif names and self.chance(0.4):
            self.emit(f"global.set {self.rnd.choice(names)}")
        elif self.chance(0.7):
            self.see(code)
        else:
            self.emit("drop")

    def see(self, code: str) -> None:
        """Pop the top into what the state shows."""
        if self.chance(0.3):
            self.emit(f"call $see_{code}")
        else:
            for line in seen(code):
                self.emit(line)

    def is_loop(self, depth: int) -> bool:
        """Whether the label at a depth is that of a loop."""
        return self.loops[len(self.loops) - 1 - depth]
