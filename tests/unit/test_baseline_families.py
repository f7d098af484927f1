"""The stencils that belong to no row: moves, globals, checks, branches, calls.

Those of rows are in `test_baseline_operands`, those of vectors in `test_baseline_vectors`.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import pytest

from tests.unit.baseline_harness import (
    ACC,
    CELL,
    FUNC,
    GLOBAL,
    LARGE,
    LARGE_SLOT,
    MAGIC,
    MEMORY_1,
    PADDING,
    SCRATCH,
    SECOND,
    SLOT_0,
    SLOT_1,
    SMALL,
    TABLE,
    WORD,
    Bench,
    C,
    F,
    Function,
    G,
    H,
    Input,
    Outcome,
    X,
    check,
    first_memory,
    reason_to_skip,
    signed,
    trap_code,
)
from zwasm.baseline import abi, keys
from zwasm.baseline.abi import NH
from zwasm.baseline.assembler import FUNCTIONS, HEADER
from zwasm.baseline.keys import FLOAT_SCRATCH, IMM, INT_SCRATCH, NUMBERS, REG, SLOT, move
from zwasm.errors import TrapCode
from zwasm.instances.native import EXTENSION
from zwasm.isa.row import BY_NAME

needs_code = pytest.mark.skipif(bool(reason_to_skip()), reason=f"baseline: {reason_to_skip()}")

M32: Final = 0xFFFF_FFFF
M64: Final = 0xFFFF_FFFF_FFFF_FFFF
WORDS: Final = tuple(
    signed(value)
    for value in (
        *(0, 1, -1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 63, (1 << 63) - 1),
        *(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0x7FF0_0000_0000_0001, 0x7FA0_0001),
    )
)
IMMEDIATES: Final = (
    *(0, 1, -1, 127, 128, -128, -129, 255, 256, 4095, 4096, -4095, -4096),
    *(0x7FFF, 0x8000, 0xFFFF, 0x1_0000, -0x8000, -0x8001, -0x1_0000, -0x1_0001),
    *(0x7FFF_FFFF, -0x8000_0000, 0x1234_5678, -0x1234_5678, 0xFF_0000, 0x5555_5555),
)
CONDITIONS: Final = (0, 1, 2, 0x8000_0000, 0xFFFF_FFFF, 0x100)


def whole(width: int, value: int) -> int:
    """A word, or its lower half zero-extended."""
    return value if width else value & M32


def int_register(source: int) -> int:
    return {INT_SCRATCH: ACC, INT_SCRATCH + 1: C}.get(source, H + source - REG)


def float_register(source: int) -> int:
    return {FLOAT_SCRATCH: F, FLOAT_SCRATCH + 1: X}.get(source, G + source - REG)


def finish(bench: Bench, first: int, count: int) -> None:
    bench.write()
    assert bench.run() > 0
    bench.check_forms(first, count)


# Moves, which keep scratch registers.


@needs_code
@pytest.mark.parametrize("dst", range(keys.MOVE_TARGETS))
def test_move(dst: int) -> None:
    bench = Bench()
    base = keys.MOVE + dst * keys.MOVE_SOURCES * 2
    for source, width in itertools.product(range(keys.MOVE_SOURCES), (0, 1)):
        key = base + source * 2 + width
        if not bench.asm.has(key):
            continue
        if source == IMM:
            for value in IMMEDIATES:
                inputs: list[Input] = [((1, 2, 3), {dst: whole(width, value)})]
                bench.add("move", key, value, live=SCRATCH, inputs=inputs)
            continue
        inputs = [((value, ~value, 0), {dst: whole(width, value)}) for value in WORDS]
        if source == SLOT:
            bench.add("move", key, 0, live=SCRATCH, inputs=inputs)
            bench.add("move", key, LARGE_SLOT * WORD, large=(0,), live=SCRATCH, inputs=inputs)
        else:
            loads = ((int_register(source), 0),)
            bench.add("move", key, loads=loads, live=SCRATCH, inputs=inputs)
    for value in WORDS:
        bench.add("big", keys.BIG + dst, value, live=SCRATCH, inputs=[((1, 2, 3), {dst: value})])
    finish(bench, base, keys.MOVE_SOURCES * 2)
    bench.check_forms(keys.BIG + dst, 1)


def stored(offset: int, value: int) -> dict[int, int]:
    """The outcome where a value was stored in a slot that is fetched."""
    return {SLOT_0: value, SLOT_1: 0} if offset == WORD else {SLOT_0: value}


SLOTS: Final = (WORD, (LARGE_SLOT + 1) * WORD)


@needs_code
def test_store_slot() -> None:
    bench = Bench()
    for source, width, offset in itertools.product(range(IMM, keys.MOVE_SOURCES), (0, 1), SLOTS):
        key = keys.STORE_SLOT + source * 2 + width
        options: dict[str, Any] = {"live": SCRATCH, "fetch": offset, "fetch_width": width}
        if source == IMM:
            for value in IMMEDIATES:
                inputs: list[Input] = [((7, 8, 9), stored(offset, whole(width, value)))]
                bench.add("store", key, value, offset, inputs=inputs, **options)
            continue
        loads = ((int_register(source), 0),)
        inputs = [((value, 8, 9), stored(offset, whole(width, value))) for value in WORDS]
        bench.add("store", key, 0, offset, loads=loads, inputs=inputs, **options)
    finish(bench, keys.STORE_SLOT, keys.MOVE_SOURCES * 2)


@needs_code
@pytest.mark.parametrize("dst", range(keys.FLOAT_MOVE_TARGETS))
def test_float_move(dst: int) -> None:
    bench = Bench()
    target = F + dst
    base = keys.FLOAT_MOVE + dst * keys.FLOAT_MOVE_SOURCES * 2
    for source, width in itertools.product(range(keys.FLOAT_MOVE_SOURCES), (0, 1)):
        key = base + source * 2 + width
        if not bench.asm.has(key):
            continue
        options: dict[str, Any] = {"live": SCRATCH, "narrow": -1 if width else target}
        if source == IMM:
            for value in (*WORDS, 1 << 62, 0x3FF0_0000_0000_0000, 0x3F80_0000):
                value = whole(width, value)
                bench.add("float", key, value, inputs=[((1, 2, 3), {target: value})], **options)
            continue
        inputs: list[Input] = [
            ((value, ~value, 0), {target: whole(width, value)}) for value in WORDS
        ]
        if source == SLOT:
            bench.add("float", key, 0, inputs=inputs, **options)
            bench.add("float", key, LARGE_SLOT * WORD, large=(0,), inputs=inputs, **options)
        else:
            bench.add("float", key, loads=((float_register(source), 0),), inputs=inputs, **options)
    finish(bench, base, keys.FLOAT_MOVE_SOURCES * 2)


@needs_code
def test_float_store_slot() -> None:
    bench = Bench()
    for source, width, offset in itertools.product(
        range(IMM, keys.FLOAT_MOVE_SOURCES), (0, 1), SLOTS
    ):
        key = keys.FLOAT_STORE_SLOT + source * 2 + width
        if not bench.asm.has(key):
            continue
        options: dict[str, Any] = {"live": SCRATCH, "fetch": offset, "fetch_width": width}
        if source == IMM:
            for value in (*WORDS, 1 << 62, 0x3FF0_0000_0000_0000, 0x3F80_0000):
                value = whole(width, value)
                inputs: list[Input] = [((7, 8, 9), stored(offset, value))]
                bench.add("store", key, value, offset, inputs=inputs, **options)
            continue
        loads = ((float_register(source), 0),)
        inputs = [((value, 8, 9), stored(offset, whole(width, value))) for value in WORDS]
        bench.add("store", key, 0, offset, loads=loads, inputs=inputs, **options)
    finish(bench, keys.FLOAT_STORE_SLOT, keys.FLOAT_MOVE_SOURCES * 2)


# Globals.

GLOBAL_VALUE: Final = 0xC0DE_1234_F00D_5678
BEHIND: Final = 0x6666_7777_8888_9999  # in a global's upper half


def global_cases(far: bool) -> list[tuple[int, int, int, bool]]:
    """Key, register, width, whether it sets."""
    families = [
        (keys.FAR_GLOBAL_GET, ACC, False),
        (keys.FAR_FLOAT_GLOBAL_GET, F, False),
        (keys.FAR_GLOBAL_SET, ACC, True),
        (keys.FAR_FLOAT_GLOBAL_SET, F, True),
    ]
    if not far:
        families = [
            (keys.FLOAT_GLOBAL_GET, F, False),
            (keys.FLOAT_GLOBAL_SET, F, True),
            *((keys.GLOBAL_GET + 2 * place, place, False) for place in range(NH + 1)),
            *((keys.GLOBAL_SET + 2 * place, place, True) for place in range(NH + 1)),
        ]
    return [
        (key + width, register, width, sets) for key, register, sets in families for width in (0, 1)
    ]


@needs_code
@pytest.mark.parametrize("far", [False, True])
def test_globals(far: bool) -> None:
    bench = Bench()
    cells = {}
    for at in (SMALL, LARGE):
        cells[at] = EXTENSION.Cell(False, 0)
        if far:
            bench.context.set_pointer(at + CELL, cells[at])
        else:
            bench.context.adopt(at + GLOBAL, cells[at])
    found: list[tuple[int, int, list[Function]]] = []
    cases = global_cases(far)
    for (key, register, width, sets), at in itertools.product(cases, cells):
        options: dict[str, Any] = {"live": SCRATCH}
        inputs: list[Input] = [((1, 2, 3), {register: signed(whole(width, GLOBAL_VALUE))})]
        if sets:
            options["loads"] = ((register, 0),)
            inputs = [((value, 2, 3), {}) for value in WORDS]
        elif register == F and not width:
            options["narrow"] = F
        offset = at + (CELL if far else GLOBAL)
        found.append(
            (at, width if sets else -1, bench.add("g", key, offset, inputs=inputs, **options))
        )
    bench.write()
    for at, width, functions in found:
        for function in functions:
            for args, outcome in function.inputs:
                cells[at].value = BEHIND << 64 | GLOBAL_VALUE
                check(function, args, outcome)
                value = cells[at].value
                assert value >> 64 == BEHIND, function.name
                if width >= 0:
                    assert whole(width, value & M64) == whole(width, args[0] & M64), function.name
                else:
                    assert value & M64 == GLOBAL_VALUE, function.name
    for key, _, _, _ in cases:
        bench.check_forms(key, 1)


# Selections and sums.


@needs_code
def test_select() -> None:
    bench = Bench()
    live = frozenset({ACC})
    for kind, width in itertools.product(range(INT_SCRATCH), (0, 1)):
        key = keys.SELECT + kind * 2 + width
        if not bench.asm.has(key):
            continue
        first = ((ACC, 0), (C, 2))
        pairs = list(itertools.product(CONDITIONS, zip(WORDS, WORDS[::-1], strict=True)))
        if kind == IMM:
            for b in IMMEDIATES:
                inputs: list[Input] = [
                    ((whole(width, v), 0, c), {ACC: whole(width, v if c else b)})
                    for c, (v, _) in pairs[::5]
                ]
                bench.add("select", key, 0, b, loads=first, live=live, inputs=inputs)
            continue
        inputs = [
            (
                (whole(width, v), whole(width, w), c),
                {ACC: whole(width, v if c else w)},
            )
            for c, (v, w) in pairs
        ]
        if kind == SLOT:
            for b, large in ((SLOTS[0], ()), (SLOTS[1], (1,))):
                bench.add("select", key, 0, b, loads=first, large=large, live=live, inputs=inputs)
        else:
            loads = (*first, (H + kind - REG, 1))
            bench.add("select", key, loads=loads, live=live, inputs=inputs)
    finish(bench, keys.SELECT, INT_SCRATCH * 2)


@needs_code
def test_float_select() -> None:
    bench = Bench()
    inputs: list[Input] = [
        ((v, ~v, c), {F: v if c else ~v}) for v, c in itertools.product(WORDS, CONDITIONS)
    ]
    bench.add(
        "select",
        keys.FLOAT_SELECT,
        loads=((F, 0), (X, 1), (ACC, 2)),
        live=frozenset({F}),
        inputs=inputs,
    )
    finish(bench, keys.FLOAT_SELECT, 1)


@needs_code
@pytest.mark.parametrize("width", [0, 1])
def test_add_shifted(width: int) -> None:
    bench = Bench()
    base = keys.ADD_SHIFTED + width * 4 * NH * NH
    for shift, i, j in itertools.product(range(4), range(NH), range(NH)):
        inputs: list[Input] = []
        for v, w in itertools.product(WORDS, WORDS[::2] if i != j else WORDS[:1]):
            v, w = whole(width, v), whole(width, w)
            total = v + ((v if i == j else w) << shift)
            inputs.append(((v, w, 0), {ACC: signed(whole(width, total))}))
        loads = ((H + i, 0),) if i == j else ((H + i, 0), (H + j, 1))
        key = base + (shift * NH + i) * NH + j
        bench.add("add", key, loads=loads, live=frozenset({ACC}), inputs=inputs)
    finish(bench, base, 4 * NH * NH)


@needs_code
@pytest.mark.parametrize("key", [keys.HIGH_UNSIGNED, keys.HIGH_SIGNED])
def test_high_halves(key: int) -> None:
    bench = Bench()
    inputs: list[Input] = []
    for v, w in itertools.product(WORDS, WORDS):
        a, b = (signed(v), signed(w)) if key == keys.HIGH_SIGNED else (v & M64, w & M64)
        inputs.append(((v, w, 0), {ACC: signed((a * b >> 64) & M64)}))
    bench.add("high", key, loads=((ACC, 0), (C, 1)), live=frozenset({ACC}), inputs=inputs)
    finish(bench, key, 1)


# Memories, tables, references.


@needs_code
def test_sizes() -> None:
    bench = Bench()
    live = frozenset({ACC})
    for at, pages, elements in ((SMALL, 3, 5), (LARGE, 0x8001, 0)):
        memory = EXTENSION.LinearMemory(pages << 16, 0)
        assert memory.commit(pages << 16)
        bench.context.set_pointer(at + MEMORY_1, memory)
        bench.context.set_pointer(at + TABLE, EXTENSION.Refs([None] * elements))
        for key, offset, result in (
            (keys.MEMORY_SIZE, MEMORY_1, pages),
            (keys.TABLE_SIZE, TABLE, elements),
        ):
            bench.add("size", key, at + offset, live=live, inputs=[((1, 2, 3), {ACC: result})])
    finish(bench, keys.MEMORY_SIZE, 1)
    bench.check_forms(keys.TABLE_SIZE, 1)


@needs_code
@pytest.mark.parametrize("n", range(5))
def test_check(n: int) -> None:
    bench = Bench()
    memory = EXTENSION.LinearMemory(1 << 18, 1 << 16)
    assert memory.commit(SECOND)
    for at in (SMALL, LARGE):
        bench.context.set_pointer(at + MEMORY_1, memory)
    end = SECOND - (1 << n)
    offsets = (
        *(0, 1, 8, 127, 4080, 4095, 4096, 0x1_0000, end - 1, end, end + 1, SECOND, SECOND + 1),
        *(0x7FFF_FFE0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 63, M64 - 16, M64),
    )
    for offset, at in itertools.product(offsets, (SMALL, LARGE)):
        inputs: list[Input] = []
        near = (0, 1, end, end + 1, SECOND, SECOND + 1, 1 << 63, M64, M64 - 1)
        for place in (*near, *(end - offset + i for i in (-1, 0, 1)), M64 - offset, -offset):
            address = place & M64
            outcome: Outcome = TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
            if address + offset + (1 << n) <= SECOND:
                outcome = {ACC: signed(memory.address + address + offset)}
            inputs.append(((signed(address), 2, 3), outcome))
        bench.add(
            "check",
            keys.CHECK + n,
            at + MEMORY_1,
            signed(offset),
            loads=((ACC, 0), (C, 1), (F, 2)),
            live=frozenset({ACC, C, F}),
            inputs=inputs,
        )
    finish(bench, keys.CHECK + n, 1)


@needs_code
def test_callee() -> None:
    bench = Bench()
    live = frozenset({ACC})
    kinds = (0, 5, 127, 128, 4095, 4096, 100_000, 0x7FFF_FFFF)
    funcs = []
    for kind in kinds:
        funcs.append(EXTENSION.FuncBase())
        funcs[-1].type_id = kind
    table = EXTENSION.Refs([*funcs, None])
    for at in (SMALL, LARGE):
        bench.context.set_pointer(at + TABLE, table)
        for kind in kinds:
            inputs: list[Input] = []
            for i, func in enumerate(funcs):
                outcome: Outcome = TrapCode.INDIRECT_CALL_TYPE_MISMATCH
                if func.type_id == kind:
                    outcome = {ACC: id(func)}
                inputs.append(((i, 2, 3), outcome))
            inputs.append(((len(funcs), 2, 3), TrapCode.UNINITIALIZED_ELEMENT))
            for index in (len(funcs) + 1, M32, 0x8000_0000, 1 << 32, -1, -1 << 63):
                inputs.append(((index, 2, 3), TrapCode.UNDEFINED_ELEMENT))
            bench.add(
                "callee", keys.CALLEE, at + TABLE, kind, loads=((ACC, 0),), live=live, inputs=inputs
            )
    finish(bench, keys.CALLEE, 1)


@needs_code
def test_references() -> None:
    bench = Bench()
    for i, code in enumerate((abi.TRAP_NULL, abi.TRAP_NULL_FUNC)):
        inputs: list[Input] = [((value, 2, 3), {ACC: value}) for value in WORDS if value]
        inputs.append(((0, 2, 3), trap_code(code)))
        bench.add("null", keys.NON_NULL + i, loads=((ACC, 0),), live=SCRATCH, inputs=inputs)
    func, other = EXTENSION.FuncBase(), EXTENSION.FuncBase()
    places = (0, 1, 15, 16, 4095, 4096, 6000)
    bench.context.set_arrays([func if i in places else other for i in range(6001)], [], [], [])
    for place in places:
        inputs = [((1, 2, 3), {ACC: id(func)})]
        live = frozenset({ACC})
        bench.add("func", keys.REF_FUNC, place * WORD, live=live, inputs=inputs)
    finish(bench, keys.NON_NULL, 2)
    bench.check_forms(keys.REF_FUNC, 1)


@needs_code
def test_fuel() -> None:
    bench = Bench()
    amounts = (1, 127, 128, 4095, 4096, 0xFFFF, 0x7FFF_FFFF)
    functions = [
        bench.add("fuel", keys.FUEL, amount, live=SCRATCH, inputs=[((1, 2, 3), {})])
        for amount in amounts
    ]
    bench.write()
    for amount, added in zip(amounts, functions, strict=True):
        for function, more in itertools.product(added, (0, 1, 1 << 40)):
            bench.state.fuel_left = amount + more
            check(function, (1, 2, 3), {})
            assert bench.state.fuel_left == more
        for function, left in itertools.product(added, (0, amount - 1)):
            bench.state.fuel_left = left
            check(function, (1, 2, 3), TrapCode.OUT_OF_FUEL)
    bench.check_forms(keys.FUEL, 1)


# Jumps.


@needs_code
def test_jump() -> None:
    bench = Bench()
    for far, backward in itertools.product((False, True), (False, True)):
        bench.begin(loads=((ACC, 0), (C, 1)), far=far)
        if backward:
            bench.put(keys.JUMP, label=2)
            bench.asm.bind(0)
            bench.put(keys.JUMP, label=1)
            bench.asm.bind(2)
            bench.put(keys.JUMP, label=0)
        else:
            bench.put(keys.JUMP, label=1)
        bench.asm.put(keys.TRAP, 0, 0)
        bench.asm.bind(1)
        bench.end(live=SCRATCH)
        function = bench.finish(f"jump{' far' if far else ''}")
        function.loads = ((ACC, 0), (C, 1))
        function.inputs = [((5, 6, 7), {})]
    finish(bench, keys.JUMP, 1)


@needs_code
def test_jump_table() -> None:
    bench = Bench()
    for count, far in itertools.product((1, 2, 3, 128, 5000), (False, True)):
        bench.begin(loads=((ACC, 0), (C, 1)), far=far, labels=count + 1)
        bench.put(keys.JUMP_TABLE, count - 1)
        bench.asm.jump_table(list(range(count)))
        for i in range(count):
            bench.asm.bind(i)
            bench.asm.put(move(ACC, IMM, 0), i, 0)
            bench.asm.place(keys.JUMP, 0, 0, 0, count)
        bench.asm.bind(count)
        bench.end(live=SCRATCH)
        function = bench.finish(f"jump table of {count}")
        function.loads = ((C, 1),)
        last = count - 1
        function.inputs = [
            ((i, 6, 7), {ACC: min(i, last)})
            for i in (0, 1, 2, last // 2, max(last - 1, 0), last, count, 0x7FFF_FFFF, 1 << 31, M32)
        ]
    finish(bench, keys.JUMP_TABLE, 1)


@needs_code
def test_trap() -> None:
    bench = Bench()
    for code in range(1, len(abi.TRAPS) + 1):
        bench.begin()
        bench.put(keys.TRAP, label=HEADER - (abi.CODE_TRAPS + 16 * code))
        bench.finish(f"trap {code}").inputs = [((1, 2, 3), trap_code(code))]
    finish(bench, keys.TRAP, 1)


# Calls. The function that is called adds 5 to its first argument and gives its second as a float.

ADDED: Final = 5
I64_ADD: Final = NUMBERS.bases[BY_NAME["i64.add"].opcode]
FRAMES: Final = (4 * WORD, LARGE_SLOT * WORD)  # where the frame of a called function is


def add_called(bench: Bench) -> Function:
    """The simple function, which is called only by others."""
    bench.asm.start(0, False)
    bench.put(keys.ENTER)
    bench.asm.put(move(ACC, SLOT, 1), 0, 0)
    bench.asm.put(I64_ADD + IMM, 0, ADDED)
    bench.asm.put(keys.float_move(0, SLOT, 1), WORD, 0)
    bench.put(keys.RETURN)
    return bench.finish("called", results=b"\x7e")


def add_call(bench: Bench, name: str, key: int, a: int, b: int = 0, label: int = -1) -> Function:
    """A function that calls, with arguments 0 and 1; argument 2 is in acc."""
    bench.begin()
    for i in (0, 1):
        bench.asm.put(move(ACC, SLOT, 1), i * WORD, 0)
        bench.asm.put(keys.STORE_SLOT + INT_SCRATCH * 2 + 1, 0, a + i * WORD)
    bench.asm.put(move(ACC, SLOT, 1), 2 * WORD, 0)
    bench.put(key, a, b, label)
    bench.end(live=frozenset({ACC, F}))
    return bench.finish(f"{name} a={a} b={b}")


def call_inputs(third: int) -> list[Input]:
    return [
        ((v, w, third), {ACC: signed(v + ADDED), F: w})
        for v, w in zip(WORDS, WORDS[::-1], strict=True)
    ]


@needs_code
def test_calls() -> None:
    bench = Bench()
    other = Bench(bench.state)  # another instance, with another memory
    memory = EXTENSION.LinearMemory(1 << 16, 0)
    assert memory.commit(1 << 16)
    other.context.set_memory(memory)
    called, foreign = add_called(bench), add_called(other)
    for at, func in ((SMALL + FUNC, called), (LARGE + FUNC, foreign), (SMALL, foreign)):
        bench.context.set_pointer(at, func.call)
    for a in FRAMES:
        near = add_call(bench, "near", keys.CALL_NEAR, a, 0, FUNCTIONS)
        near.inputs = call_inputs(0)
        add_call(bench, "entry", keys.CALL_ENTRY, a).inputs = call_inputs(0)
        function = add_call(bench, "func", keys.CALL_FUNC, a)
        function.inputs = call_inputs(id(called.call)) + call_inputs(id(foreign.call))
        for b in (SMALL + FUNC, LARGE + FUNC, SMALL):
            add_call(bench, "import", keys.CALL_IMPORT, a, b).inputs = call_inputs(0)
    other.write()
    finish(bench, keys.CALL_NEAR, keys.CALL_IMPORT - keys.CALL_NEAR + 1)


def add_tail(bench: Bench, name: str, key: int, big: bool, b: int = 0, label: int = -1) -> Function:
    """A function that ends by calling one with the same arguments; argument 2 is in acc."""
    bench.asm.start(0, False)
    if big:
        bench.put(keys.ENTER_BIG, PADDING, PADDING // WORD)
    else:
        bench.put(keys.ENTER)
    bench.asm.put(move(ACC, SLOT, 1), 2 * WORD, 0)
    if big:
        bench.put(keys.LEAVE_BIG, PADDING)
    bench.put(key, 0, b, label)
    return bench.finish(f"tail {name} b={b}{' big' if big else ''}")


@needs_code
def test_tail_calls() -> None:
    bench = Bench()
    other = Bench(bench.state)
    called = []
    for one in (bench, other):
        one.begin(loads=((ACC, 0), (F, 1)))
        one.asm.put(I64_ADD + IMM, 0, ADDED)
        one.end(live=frozenset({ACC, F}))
        called.append(one.finish("called"))
    for at, func in ((SMALL + FUNC, called[0]), (LARGE + FUNC, called[1])):
        bench.context.set_pointer(at, func.call)
    for big in (False, True):
        add_tail(bench, "near", keys.TAIL_NEAR, big, 0, FUNCTIONS).inputs = call_inputs(0)
        add_tail(bench, "entry", keys.TAIL_ENTRY, big).inputs = call_inputs(0)
        inputs = call_inputs(id(called[0].call)) + call_inputs(id(called[1].call))
        add_tail(bench, "func", keys.TAIL_FUNC, big).inputs = inputs
        for b in (SMALL + FUNC, LARGE + FUNC):
            add_tail(bench, "import", keys.TAIL_IMPORT, big, b).inputs = call_inputs(0)
    other.write()
    finish(bench, keys.TAIL_NEAR, keys.TAIL_IMPORT - keys.TAIL_NEAR + 1)


@needs_code
def test_frames() -> None:
    bench = Bench()
    exhausted: list[Input] = [((1, 2, 3), TrapCode.CALL_STACK_EXHAUSTED)]
    for i, (padding, far) in enumerate(itertools.product((0, PADDING), (False, True))):
        bench.asm.start(0, far)
        if padding:
            bench.put(keys.ENTER_BIG, padding, padding // WORD)
        else:
            bench.put(keys.ENTER)
        bench.put(keys.CALL_NEAR, 0, 0, FUNCTIONS - i)
        if padding:
            bench.put(keys.LEAVE_BIG, padding)
        bench.put(keys.RETURN)
        bench.finish(f"endless recursion with {padding} bytes").inputs = exhausted
    # Frames of all sizes, one called by the other, and back.
    called = len(bench.functions)
    add_called(bench)
    for frame in (16, 128, 4080, 4096, PADDING):
        bench.asm.start(0, False)
        bench.put(keys.ENTER_BIG, frame, frame // WORD)
        bench.put(keys.CALL_NEAR, 0, 0, FUNCTIONS - called)
        bench.put(keys.LEAVE_BIG, frame)
        bench.put(keys.RETURN)
        called = len(bench.functions)
        bench.finish(f"frame of {frame}", results=b"\x7e")
    bench.write()
    bench.run()
    result: Any = bench.functions[called].call(1, 2, 3)
    assert result == 1 + ADDED
    bench.check_forms(keys.ENTER, 2)
    bench.check_forms(keys.LEAVE_BIG, 2)


@needs_code
def test_helper() -> None:
    bench = Bench()
    memory = EXTENSION.LinearMemory(1 << 16, 0)
    assert memory.commit(1 << 16)
    bench.context.set_arrays([], [], [first_memory().storage, memory], [])
    x, y = 1, 0
    for at, large in ((0, ()), (LARGE_SLOT * WORD, (0, 1, 2))):
        bench.begin(large=large)
        bench.put(keys.HELPER, at, x, d=y << 8 | abi.HELPER_MEMORY_FILL)
        bench.end()
        bench.finish(f"helper {at}")
    bench.write()
    data = memoryview(memory)
    for value, function in enumerate(bench.functions, 0x51):
        check(function, (0xFFF0, value, 17), TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        # Helpers keep no registers but vm, fp and mem.
        found = function.call(0xFFE0, value, 16)
        assert (found[:3], found[-1]) == ((0xFFE0, value, 16), MAGIC)
        assert bytes(data[0xFFDF:0xFFF1]) == b"\0" + bytes([value]) * 16 + b"\0"
    bench.check_forms(keys.HELPER, 1)
