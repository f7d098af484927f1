"""Random statements, which leave the stack as it was, and soups of instructions on the stack.

In: the function that is being written (`tools.generate_function`), to which they add. Out: loops,
branches, stores, calls, and blocks that use the stack deeply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import generate_vectors as vectors
from tools.generate_values import (
    BY_LAST,
    FLOAT_TYPES,
    LENGTHS,
    NUMBERS,
    PLAIN,
    REFERENCES,
    STORES,
    TIGHT,
    signature,
)

if TYPE_CHECKING:
    from tools.generate_function import Function


def statement(f: Function) -> None:
    f.budget -= 1
    rnd = f.rnd
    if f.budget <= 0 or len(f.labels) > 12:
        code = rnd.choice(f.kinds)
        f.leaf(code)
        f.assign(code)
        return
    kind = rnd.randrange(100)
    if kind < 30:
        code = rnd.choice(f.kinds)
        f.expr(code, rnd.choice((1, 2, 3, 5, 8)))
        f.assign(code)
    elif kind < 42:
        vectors.store(f) if f.scope.simd and f.chance(0.4) else store(f)
    elif kind < 52:
        tight_loop(f)
    elif kind < 59:
        loop(f)
    elif kind < 65:
        if_statement(f)
    elif kind < 70:
        ladder(f)
    elif kind < 74:
        switch(f)
    elif kind < 80:
        callees = f.callees()
        if callees and not f.tight:
            name, type_, index = rnd.choice(callees)
            f.call(name, type_, index, 3)
            for result in reversed(type_.results):
                f.assign(result)
    elif kind < 84:
        bulk(f)
    elif kind < 87:
        table_statement(f) if f.chance(0.6) else null_branch(f)
    elif kind < 90:
        swap(f)
    elif kind < 92:
        arms(f)
    elif kind < 93 and f.scope.simd:
        vectors.crowd(f, statement)
    elif kind < 95 and f.scope.simd:
        vectors.trial(f)
    elif kind < 96:
        soup(f, [], [])
    elif not f.tight:
        f.enter("block", [])
        statement(f)
        f.condition(2)
        f.enter("if", [])
        jump(f)
        f.end()
        f.end()


def arms(f: Function) -> None:
    """Values of different types at the same heights of the stack in the arms of an if."""
    f.condition(3)
    f.enter("if", [])
    for arm in range(2):
        types = [f.rnd.choice(f.kinds) for _ in range(f.rnd.randrange(1, 6))]
        for code in types:
            f.expr(code, 2)
        if f.chance(0.4):
            statement(f)
        for code in reversed(types):
            f.assign(code)
        if arm == 0:
            f.emit("else")
    f.end()


def swap(f: Function) -> None:
    """Locals exchanged over the stack, as compilers do at the end of a loop's turn."""
    count = f.rnd.choice((2, 2, 3, 4))
    code = f.rnd.choice(f.kinds)
    same = f.locals_of(code, writable=True)
    if len(same) < count:
        return
    chosen = f.rnd.sample(same, count)
    for local in chosen:
        f.emit(f"local.get {local}")
    f.rnd.shuffle(chosen)
    for local in chosen:
        f.emit(f"local.set {local}")


def store(f: Function) -> None:
    row = f.rnd.choice(STORES)
    memory = f.memory_choice()
    f.address(memory, 3)
    code = row.params[0]
    if f.chance(0.25):
        f.constant(code)
    else:
        f.expr(code, 3)
    if code in FLOAT_TYPES:
        f.canonical(code)
    f.emit(f"{row.name} {f.memarg(memory)}")


def turn(f: Function) -> None:
    """Take from the counter of turns, and return where it is empty."""
    f.emit("global.get $turns")
    f.emit("i32.const 1")
    f.emit("i32.sub")
    f.emit("global.set $turns")
    f.emit("global.get $turns")
    f.emit("i32.const 0")
    f.emit("i32.lt_s")
    f.emit("if")
    for code in f.results:
        f.constant(code)
    f.emit("return")
    f.emit("end")


def tight_loop(f: Function) -> None:
    """A loop of a fixed number of turns, with locals that are carried round it."""
    rnd = f.rnd
    same = [i for i in f.locals_of("i32") if i not in f.fixed]
    if not same or f.tight >= 2:
        return
    local = rnd.choice(same)
    up = f.chance(0.5)
    last = rnd.randrange(1, TIGHT)
    f.emit(f"i32.const {0 if up else last}")
    f.emit(f"local.set {local}")
    f.fixed.add(local)
    f.tight += 1
    f.enter("block", [])
    f.enter("loop", [])
    carried = rnd.randrange(1, 6)
    for _ in range(carried):
        if f.chance(0.2):
            statement(f)
        else:
            code = rnd.choice([kind for kind in f.kinds if kind not in REFERENCES])
            f.expr(code, rnd.choice((1, 2, 2, 3, 5)))
            f.assign(code)
    if f.chance(0.3):
        f.condition(2)
        f.emit("br_if 1")
    f.emit(f"local.get {local}")
    f.emit("i32.const 1")
    f.emit("i32.add" if up else "i32.sub")
    if f.chance(0.5):
        f.emit(f"local.tee {local}")
    else:
        f.emit(f"local.set {local}")
        f.emit(f"local.get {local}")
    if up:
        f.emit(f"i32.const {last}")
        f.emit(rnd.choice(("i32.lt_s", "i32.ne", "i32.lt_u")))
    f.emit("br_if 0")
    f.end()
    f.end()
    f.tight -= 1
    f.fixed.discard(local)


def loop(f: Function) -> None:
    """A loop that takes from the counter, with parameters and results."""
    rnd = f.rnd
    params = [rnd.choice(f.kinds) for _ in range(rnd.choice((0, 0, 1, 2, 4)))]
    results = [rnd.choice(f.kinds) for _ in range(rnd.choice((0, 0, 1, 2)))]
    for code in params:
        f.expr(code, 2)
    f.enter(f"loop {signature(params, results)}", params)
    soup_body(f, list(params), [])
    turn(f)
    if f.chance(0.6):
        for code in params:
            f.expr(code, 2)
        f.condition(3)
        f.emit("br_if 0")
        for code in reversed(params):
            f.assign(code)
    else:
        # The same with the condition outside the branch.
        f.condition(3)
        f.enter("if", [])
        for code in params:
            f.expr(code, 1)
        f.emit("br 1")
        f.end()
    for code in results:
        f.expr(code, 2)
    f.end()
    for code in reversed(results):
        f.assign(code)


def if_statement(f: Function) -> None:
    params = [f.rnd.choice(f.kinds) for _ in range(f.rnd.choice((0, 0, 1, 2)))]
    for code in params:
        f.expr(code, 2)
    f.condition(3)
    f.enter(f"if {signature(params, [])}", [])
    # Without else the parameters would have to be the results.
    for arm in range(2 if params else f.rnd.choice((1, 2))):
        if arm:
            f.emit("else")
        for code in reversed(params):
            f.assign(code)
        for _ in range(f.rnd.choice((1, 1, 2))):
            statement(f)
    f.end()


def ladder(f: Function) -> None:
    """Many br_if out of blocks in blocks, as compilers make of a switch or of &&."""
    rnd = f.rnd
    count = rnd.randrange(1, 8)
    for _ in range(count):
        f.enter("block", [])
    subject = f.locals_of("i32")
    for number in range(rnd.randrange(1, 10)):
        if subject and f.chance(0.5):
            f.emit(f"local.get {rnd.choice(subject)}")
            f.emit(f"i32.const {number}")
            f.emit(rnd.choice(("i32.eq", "i32.ne", "i32.gt_u", "i32.lt_s", "i32.and")))
        else:
            f.condition(2)
        if f.chance(0.2):
            f.emit("i32.eqz")
        f.emit(f"br_if {rnd.randrange(count)}")
        if f.chance(0.3):
            statement(f)
    for _ in range(count):
        f.end()
        if f.chance(0.5):
            code = rnd.choice(f.kinds)
            f.expr(code, 1)
            f.assign(code)


def switch(f: Function) -> None:
    """A br_table that carries values to blocks with results."""
    rnd = f.rnd
    count = rnd.randrange(1, 6)
    results = [rnd.choice(f.kinds) for _ in range(rnd.choice((0, 0, 1, 2, 3)))]
    for _ in range(count):
        f.enter(f"block (result {' '.join(results)})" if results else "block", results)
    for code in results:
        f.expr(code, 2)
    if f.chance(0.5):
        f.leaf("i32")
    else:
        f.expr("i32", 2)
        f.emit(f"i32.const {rnd.choice((1, 3, 7))}")
        f.emit("i32.and")
    size = rnd.choice((1, 2, 4, 8, 40))
    f.emit(f"br_table {' '.join(str(rnd.randrange(count)) for _ in range(size))}")
    if f.chance(0.3):
        dead(f)
    for left in range(count - 1, -1, -1):
        f.end()
        for code in reversed(results):
            f.assign(code)
        if f.chance(0.4):
            code = rnd.choice(f.kinds)
            f.expr(code, 1)
            f.assign(code)
        if left:
            for code in results:
                f.leaf(code)


def jump(f: Function) -> None:
    """A branch that is always taken, a return or a tail call, and maybe dead code."""
    rnd = f.rnd
    kind = rnd.randrange(10)
    callees = [one for one in f.callees() if one[1].results == f.results]
    if kind < 3 and callees and f.scope.tails and not f.tight:
        name, type_, index = rnd.choice(callees)
        for code in type_.params:
            f.expr(code, 2)
            if index is None and code in FLOAT_TYPES:
                f.canonical(code)
        f.invoke("return_call", name, type_, index)
    elif kind == 3 and f.risk(0.3):
        f.emit("unreachable")
    elif kind < 6:
        for code in f.results:
            f.expr(code, 2)
        f.emit("return")
    else:
        # Not to the head of a loop, which might not end.
        depths = [depth for depth in range(len(f.labels)) if not f.is_loop(depth)]
        depth = rnd.choice(depths)
        for code in f.labels[len(f.labels) - 1 - depth]:
            f.expr(code, 1)
        f.emit(f"br {depth}")
    if f.chance(0.4):
        dead(f)


def dead(f: Function) -> None:
    """Instructions that cannot be reached."""
    for _ in range(f.rnd.randrange(1, 4)):
        kind = f.rnd.randrange(4)
        if kind == 0:
            rows = PLAIN
            if f.scope.simd and f.chance(0.5):
                rows = vectors.rows_of(f).operations
            f.emit(f.rnd.choice(rows).name)
            f.emit("drop")
        elif kind == 1:
            f.emit("select")
            f.emit("drop")
        elif kind == 2:
            f.expr(f.rnd.choice(NUMBERS), 2)
            f.emit("drop")
        else:
            statement(f)


def bulk(f: Function) -> None:
    to, from_ = f.memory_choice(), f.memory_choice()
    kind = f.rnd.randrange(4)
    length = 70000 if f.risk(0.08) else f.rnd.choice(LENGTHS)
    f.address(to, 2)
    if kind == 0:
        f.expr("i32", 2)
        f.emit(f"{to.address}.const {length}")
        f.emit(f"memory.fill {to.index}")
    elif kind < 3:
        f.address(from_, 2)
        code = "i64" if to.is64 and from_.is64 else "i32"
        f.emit(f"{code}.const {length}")
        f.emit(f"memory.copy {to.index} {from_.index}")
    else:
        f.emit(f"i32.const {f.rnd.choice((0, 1, 9))}")
        f.emit(f"i32.const {60 if f.risk(0.15) else f.rnd.choice((0, 1, 5, 20))}")
        f.emit(f"memory.init {to.index} $bytes")
        if f.risk(0.1):
            f.emit(f.rnd.choice(("data.drop $bytes", "elem.drop $some")))


def null_branch(f: Function) -> None:
    """A branch on whether a reference is null."""
    code = f.rnd.choice(REFERENCES)
    f.enter("block", [])
    if f.chance(0.5):
        f.expr(code, 2)
        f.emit("br_on_null 0")
    else:
        # Nothing in this block branches to its label, which takes what no expression gives.
        f.emit(f"block (result (ref {code[:-3]}))")
        f.leaf(code)
        f.emit("br_on_non_null 0")
        f.emit("br 1")
        f.emit("end")
    if f.chance(0.5):
        statement(f)
    f.assign(code)
    f.end()


def table_statement(f: Function) -> None:
    table = f.rnd.choice(f.scope.tables)
    kind = f.rnd.randrange(6)
    # Calls through the first table find what they expect, most of the time.
    if table is f.scope.tables[0] and f.chance(0.8):
        kind = 5
    f.element(table)
    if kind < 3:
        f.expr(table.code, 2)
        f.emit(f"table.set {table.name}")
    elif kind == 3:
        f.expr(table.code, 2)
        f.emit(f"{table.address}.const {f.rnd.randrange(3)}")
        f.emit(f"table.fill {table.name}")
    elif kind == 4 and table.code == "funcref":
        f.emit(f"i32.const {f.rnd.randrange(3)}")
        f.emit(f"i32.const {f.rnd.randrange(2)}")
        f.emit(f"table.init {table.name} $some")
    else:
        f.element(table)
        f.emit(f"{table.address}.const {f.rnd.choice((0, 0, 1, 2))}")
        f.emit(f"table.copy {table.name} {table.name}")


def soup(f: Function, params: list[str], results: list[str]) -> None:
    """A block with random instructions that use the stack deeply."""
    f.enter(f"block {signature(params, results)}", results)
    soup_body(f, list(params), results)
    f.end()


def soup_body(f: Function, stack: list[str], results: list[str]) -> None:
    for _ in range(f.rnd.randrange(2, 16)):
        f.budget -= 1
        if f.budget <= 0:
            break
        soup_step(f, stack)
    while stack != results[: len(stack)]:
        f.assign(stack.pop())
    for code in results[len(stack) :]:
        f.leaf(code)


def soup_step(f: Function, stack: list[str]) -> None:
    rnd = f.rnd
    kind = rnd.randrange(16)
    if kind < 5 or not stack:
        code = rnd.choice(f.kinds)
        f.leaf(code)
        stack.append(code)
    elif kind < 10:
        if stack[-1] == "v128" or (f.scope.simd and stack[-1] not in REFERENCES and f.chance(0.15)):
            vectors.step(f, stack)
        elif stack[-1] not in REFERENCES:
            soup_numeric(f, stack)
    elif kind == 10:
        f.assign(stack.pop())
    elif kind == 11:
        f.tee(stack[-1])
    elif kind == 12 and len(stack) > 1 and stack[-1] == stack[-2] not in REFERENCES:
        f.leaf("i32")
        f.emit("select")
        stack.pop()
    elif kind == 13:
        labels = [
            depth
            for depth, types in enumerate(reversed(f.labels))
            if (not types or stack[-len(types) :] == types) and not f.is_loop(depth)
        ]
        if labels:
            f.condition(1)
            f.emit(f"br_if {rnd.choice(labels)}")
    elif kind == 14:
        statement(f)
    elif kind == 15 and stack[-1] in REFERENCES:
        f.emit("ref.is_null")
        stack[-1] = "i32"


def soup_numeric(f: Function, stack: list[str]) -> None:
    row = f.rnd.choice(BY_LAST[stack[-1]])
    name = row.name.partition(".")[2]
    if stack[-len(row.params) :] == row.params:
        if name == "copysign" or ("reinterpret" in name and row.params[0] in FLOAT_TYPES):
            f.canonical(row.params[-1])
        elif name[:3] in ("div", "rem") and row.params[0] in ("i32", "i64"):
            f.emit(f"{row.params[0]}.const 1")
            f.emit(f"{row.params[0]}.or")
        elif name.startswith("trunc_f"):
            f.in_range(row.params[0])
        del stack[-len(row.params) :]
        f.emit(row.name)
    else:
        f.operation(row, 1)
    stack.extend(row.results)
