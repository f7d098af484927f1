"""Random valid modules, for comparing engines.

In: a seed. Out: a module as text whose exports `run0`, `run1`, ... take nothing, give integers
only (floats as their bits) and always end: each loop turn takes from a counter. Numeric
instructions are chosen from the rows of `zwasm.isa`, so a new one is covered at once.
"""

from __future__ import annotations

import random

from zwasm.isa import BY_CODE
from zwasm.isa import row as r
from zwasm.types import F32, F64, I32, I64, type_name

NUMBERS = (I32, I64, F32, F64)
PLAIN = [
    row
    for row in BY_CODE
    if row is not None and row.shape == r.PLAIN and {*row.params, *row.results} <= {*NUMBERS}
]
LOADS = [row for row in BY_CODE if row is not None and row.shape == r.LOAD and row.feature == 0]
STORES = [row for row in BY_CODE if row is not None and row.shape == r.STORE and row.feature == 0]
INTS = (0, 1, 2, 7, 31, 32, 63, 64, 255, 256, 65535, 65536, 1 << 31, (1 << 31) - 1, 1 << 32)
FLOATS = ("0", "-0", "1", "-1.5", "0.1", "inf", "-inf", "nan", "1e30", "2147483648", "-9.3e18")
TURNS = 60  # loop turns and calls of one run


class Function:
    """A function being written: its type, its code, and what is in scope."""

    def __init__(self, rnd: random.Random, index: int, callees: list[Function]) -> None:
        self.rnd = rnd
        self.index = index
        self.callees = callees
        self.params = [rnd.choice(NUMBERS) for _ in range(rnd.randrange(4))]
        self.results = [rnd.choice(NUMBERS) for _ in range(rnd.choice((0, 1, 1, 1, 2, 3)))]
        self.locals = self.params + [rnd.choice(NUMBERS) for _ in range(rnd.randrange(1, 6))]
        self.labels: list[list[int]] = [self.results]
        self.lines: list[str] = []
        self.budget = rnd.choice((10, 40, 120))
        self.turn()  # an indirect call may be of the function itself
        self.body([], self.results)

    def text(self) -> str:
        locals_ = [type_name(code) for code in self.locals[len(self.params) :]]
        head = f"(func $f{self.index} {signature(self.params, self.results)}"
        return "\n".join([head + f" (local {' '.join(locals_)})", *self.lines, ")"])

    def emit(self, line: str) -> None:
        self.lines.append("  " * len(self.labels) + line)

    def body(self, stack: list[int], results: list[int]) -> None:
        """Instructions that leave exactly `results`."""
        steps = self.rnd.randrange(1, 12)
        while steps > 0 and self.budget > 0:
            steps -= 1
            self.budget -= 1
            if not self.step(stack):
                return
        while stack != results[: len(stack)]:
            if self.rnd.random() < 0.3:
                self.assign(stack)
            else:
                self.emit("drop")
                stack.pop()
        for code in results[len(stack) :]:
            self.value(code)

    def value(self, code: int) -> None:
        """Push a value of a type."""
        same = [i for i, other in enumerate(self.locals) if other == code]
        if same and self.rnd.random() < 0.6:
            self.emit(f"local.get {self.rnd.choice(same)}")
        elif code in (I32, I64) and self.rnd.random() < 0.1:
            self.emit(f"global.get ${type_name(code)}")
        else:
            self.emit(f"{type_name(code)}.const {self.constant(code)}")

    def constant(self, code: int) -> str:
        if code in (F32, F64):
            if self.rnd.random() < 0.3:
                return repr(self.rnd.uniform(-1000, 1000))
            return self.rnd.choice(FLOATS)
        bits = 32 if code == I32 else 64
        number = self.rnd.choice(INTS) if self.rnd.random() < 0.7 else self.rnd.getrandbits(bits)
        number %= 1 << bits
        return str(-number if self.rnd.random() < 0.3 and number <= 1 << (bits - 1) else number)

    def assign(self, stack: list[int]) -> None:
        """Pop the top into a local of its type, or drop it."""
        code = stack.pop()
        same = [i for i, other in enumerate(self.locals) if other == code]
        self.emit(f"local.set {self.rnd.choice(same)}" if same else "drop")

    def step(self, stack: list[int]) -> bool:
        """One instruction or a few; False if what follows cannot be reached."""
        kind = self.rnd.randrange(20)
        if kind < 4 or not stack:
            code = self.rnd.choice(NUMBERS)
            self.value(code)
            stack.append(code)
        elif kind < 9:
            self.numeric(stack)
        elif kind < 11:
            self.assign(stack)
        elif kind == 11:
            same = [i for i, code in enumerate(self.locals) if code == stack[-1]]
            if same:
                self.emit(f"local.tee {self.rnd.choice(same)}")
        elif kind == 12:
            self.memory(stack)
        elif kind < 15 and len(self.labels) < 6:
            self.block(stack)
        elif kind == 15:
            self.branch_if(stack)
        elif kind == 16 and self.rnd.random() < 0.4:
            return self.leave(stack)
        elif kind == 17:
            self.call(stack)
        elif kind == 18 and len(stack) > 1 and stack[-1] == stack[-2]:
            self.value(I32)
            self.emit("select")
            stack.pop()
        elif stack[-1] in (I32, I64):
            self.emit(f"global.set ${type_name(stack.pop())}")
        return True

    def numeric(self, stack: list[int]) -> None:
        fitting = [row for row in PLAIN if row.params[-1] == stack[-1]]
        row = self.rnd.choice(fitting)
        if tuple(stack[-len(row.params) :]) != row.params:
            for code in row.params:
                self.value(code)
        else:
            del stack[-len(row.params) :]
        self.emit(row.name)
        stack.extend(row.results)

    def address(self) -> None:
        self.value(I32)
        if self.rnd.random() < 0.9:
            self.emit("i32.const 0xfff")
            self.emit("i32.and")

    def memory(self, stack: list[int]) -> None:
        kind = self.rnd.randrange(6)
        offset = self.rnd.choice((0, 1, 8, 60000))
        if kind < 2:
            row = self.rnd.choice(LOADS)
            self.address()
            self.emit(f"{row.name} offset={offset}")
            stack.extend(row.results)
        elif kind < 4:
            row = self.rnd.choice(STORES)
            self.address()
            self.value(row.params[0])
            self.emit(f"{row.name} offset={offset}")
        elif kind == 4:
            self.emit("memory.size")
            stack.append(I32)
        else:
            self.address()
            self.address()
            self.address()
            self.emit(self.rnd.choice(("memory.copy", "memory.fill")))

    def block(self, stack: list[int]) -> None:
        kind = self.rnd.choice(("block", "loop", "if"))
        count = self.rnd.randrange(min(len(stack), 2) + 1)
        params = stack[len(stack) - count :]
        results = [self.rnd.choice(NUMBERS) for _ in range(self.rnd.choice((0, 0, 1, 2)))]
        if kind == "if":
            self.value(I32)
        del stack[len(stack) - count :]
        self.emit(f"{kind} {signature(params, results)}")
        self.labels.append(params if kind == "loop" else results)
        if kind == "loop":
            self.turn()
        self.body(list(params), results)
        if kind == "if" and (self.rnd.random() < 0.6 or params != results):
            self.emit("else")
            self.body(list(params), results)
        self.labels.pop()
        self.emit("end")
        stack.extend(results)

    def turn(self) -> None:
        """Take from the counter of turns, and return where it is empty."""
        self.emit("(global.set $turns (i32.sub (global.get $turns) (i32.const 1)))")
        self.emit("(if (i32.lt_s (global.get $turns) (i32.const 0)) (then")
        for code in self.results:
            self.emit(f"  {type_name(code)}.const 3")
        self.emit("  return))")

    def fitting_labels(self, stack: list[int]) -> list[int]:
        return [
            depth
            for depth, types in enumerate(reversed(self.labels))
            if not types or stack[-len(types) :] == types
        ]

    def branch_if(self, stack: list[int]) -> None:
        labels = self.fitting_labels(stack)
        if labels:
            label = self.rnd.choice(labels)
            self.value(I32)
            if self.rnd.random() < 0.5:
                self.value(I32)
                self.emit(self.rnd.choice(("i32.lt_s", "i32.eq", "i32.ge_u")))
            self.emit(f"br_if {label}")

    def leave(self, stack: list[int]) -> bool:
        labels = self.fitting_labels(stack)
        if not labels:
            return True
        label = self.rnd.choice(labels)
        types = self.labels[len(self.labels) - 1 - label]
        same = [i for i in labels if self.labels[len(self.labels) - 1 - i] == types]
        kind = self.rnd.randrange(4)
        if kind == 0 and self.rnd.random() < 0.2:
            self.emit("unreachable")
        elif kind == 1:
            self.value(I32)
            self.emit(f"br_table {' '.join(str(self.rnd.choice(same)) for _ in range(4))}")
        elif kind == 2 and len(self.labels) - 1 in labels:
            self.emit("return")
        else:
            self.emit(f"br {label}")
        if self.rnd.random() < 0.3:
            self.emit("i32.add")
            self.emit("drop")
        return False

    def call(self, stack: list[int]) -> None:
        if not self.callees:
            return
        callee = self.rnd.choice(self.callees)
        for code in callee.params:
            self.value(code)
        if self.rnd.random() < 0.3:
            self.emit(f"i32.const {self.rnd.randrange(len(self.callees) + 1)}")
            self.emit(f"call_indirect {signature(callee.params, callee.results)}")
        else:
            self.emit(f"call $f{callee.index}")
        stack.extend(callee.results)


def signature(params: list[int], results: list[int]) -> str:
    """A type use in text."""
    text = f"(param {' '.join(type_name(code) for code in params)})"
    return text + f" (result {' '.join(type_name(code) for code in results)})"


def runner(rnd: random.Random, function: Function) -> str:
    """An export that calls a function with constants and gives its results as integers."""
    results = [{F32: I32, F64: I64}.get(code, code) for code in function.results]
    lines = [f'(func (export "run{function.index}") {signature([], results)}']
    lines += [f"(local ${i} {type_name(code)})" for i, code in enumerate(function.results)]
    lines.append(f"(global.set $turns (i32.const {TURNS}))")
    for code in function.params:
        lines.append(f"{type_name(code)}.const {function.constant(code)}")
    lines.append(f"call $f{function.index}")
    for i in reversed(range(len(results))):
        lines.append(f"local.set ${i}")
    for i, code in enumerate(function.results):
        lines.append(f"local.get ${i}")
        if code != results[i]:
            lines.append(f"{type_name(results[i])}.reinterpret_{type_name(code)}")
    return "\n".join([*lines, ")"])


def generate(seed: int) -> str:
    """A module as text; the same one for the same seed."""
    rnd = random.Random(seed)
    functions: list[Function] = []
    for index in range(rnd.randrange(1, 6)):
        functions.append(Function(rnd, index, list(functions)))
    names = " ".join(f"$f{function.index}" for function in functions)
    return "\n".join(
        [
            "(module",
            '(memory (export "memory") 1 2)',
            '(global $i32 (export "i32") (mut i32) (i32.const 5))',
            '(global $i64 (export "i64") (mut i64) (i64.const -5))',
            "(global $turns (mut i32) (i32.const 0))",
            f"(table {len(functions) + 1} funcref)",
            f"(elem (i32.const 0) {names})",
            *[function.text() for function in functions],
            *[runner(rnd, function) for function in functions],
            ")",
        ]
    )
