"""The machine: runs prepared code (specification, section 4.6).

In: a function and its arguments as cells. Out: its results as cells, or a trap with its frames.
Calls between wasm functions take no Python frames, so a guest's recursion is bounded by the
store's depth alone. What numbers, memories and tables do is in the modules beside this one.
"""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import i64

from zwasm.errors import ExhaustionError, Trap, TrapCode, WasmError
from zwasm.instances.calls import call_host
from zwasm.instances.func import Func
from zwasm.instances.module import Machine, ModuleInst
from zwasm.instances.native import LEVEL
from zwasm.instances.store import Store
from zwasm.interp import operations
from zwasm.interp.code import Code, gathered, prepare, slot_count, spread
from zwasm.interp.counting import Counter, Session, switch
from zwasm.interp.frame import Frame, add_frames
from zwasm.interp.instr import (
    BINARY,
    BR,
    BR_IF,
    BR_IF_EQUAL,
    BR_IF_HOLDS,
    BR_ON_NON_NULL,
    BR_ON_NULL,
    BR_TABLE,
    BR_UNLESS,
    BR_UNLESS_EQUAL,
    BR_UNLESS_HOLDS,
    CALL,
    CALL_INDIRECT,
    CALL_REF,
    COPY,
    FUEL,
    GLOBAL_GET,
    GLOBAL_SET,
    I32_ADD,
    LOAD,
    LOOP,
    RETURN,
    RETURN_CALL,
    RETURN_CALL_INDIRECT,
    RETURN_CALL_REF,
    RETURN_MANY,
    RETURN_ONE,
    SELECT,
    STEP,
    STORE,
    TERNARY,
    UNARY,
    Operation,
)
from zwasm.interp.integers import M32
from zwasm.interp.values import number
from zwasm.lower import Lowerer
from zwasm.types import V128, def_type

FEATURES: Final = operations.FEATURES

# Loop turns and calls, weighted by the instructions they stand for, between two polls.
TICKS: Final = 2000


class Interp(Machine):
    """The reference engine's machine.

    `fuel` asks for code that is metered. `relaxed` says what relaxed vector instructions do:
    "native" what machine code does here, "deterministic" the same everywhere.
    """

    def __init__(self, fuel: bool = False, relaxed: str = "native") -> None:
        self.fuel = fuel
        self.functions: list[Operation] = operations.functions(LEVEL if relaxed == "native" else "")
        self.lowerer: Lowerer | None = None
        self.session: Session | None = None
        self.counter: Counter | None = None

    def invoke(self, func: Func, args: list[object]) -> list[object]:
        """Run a wasm function, called from Python, on cells that fit its type; its results as
        cells."""
        if self.session is not switch.session:
            self.count_anew()
        code = self.code_of(func)
        store = code.instance.store
        store.enter()
        depth: int = store.state.depth
        if self.counter is not None and store.state.activations == 1:
            self.counter.begin()
        try:
            if V128 in func.type.param_codes:
                args = spread(args, func.type.param_codes)
            results = run(self, store, code, args)
            if len(results) > 1 and V128 in func.type.result_codes:
                results = gathered(results, func.type.result_codes)
            return results
        finally:
            store.leave(depth)

    def code_of(self, func: Func) -> Code:
        """A wasm function's code, made at the first call."""
        code = func.code
        if isinstance(code, Code) and code.counter is self.counter:
            return code
        instance = func.instance
        if not isinstance(instance, ModuleInst):
            raise WasmError(f"interp: {func.name} is not a function of a module")
        info = instance.info
        lowerer = self.lowerer
        if lowerer is None or lowerer.info is not info:
            lowerer = Lowerer(info, self.fuel)
            self.lowerer = lowerer
        ir = lowerer.func(func.index - info.imported_funcs)
        made = prepare(instance, func.index, ir, self.functions, self.counter)
        func.code = made
        return made

    def count_anew(self) -> None:
        """Count what code executes for another session, or for none."""
        self.session = switch.session
        self.counter = None
        if self.session is not None:
            self.counter = Counter(len(self.functions))
            self.session.counters.append(self.counter)


def indirect_callee(instance: ModuleInst, table: i64, index: object, type_id: i64) -> Func:
    """The function that `call_indirect` means, with its checks."""
    elements = instance.tables[table].elements
    at = number(index)
    if at >= len(elements):
        raise Trap(TrapCode.UNDEFINED_ELEMENT)
    callee = elements[at]
    if not isinstance(callee, Func):
        raise Trap(TrapCode.UNINITIALIZED_ELEMENT)
    actual = callee.type_id
    if actual != type_id and type_id not in def_type(actual).ancestors:
        raise Trap(TrapCode.INDIRECT_CALL_TYPE_MISMATCH)
    return callee


def referred_callee(reference: object) -> Func:
    """The function that `call_ref` means."""
    if not isinstance(reference, Func):
        raise Trap(TrapCode.NULL_FUNCTION_REFERENCE)
    return reference


def charge(state: Any, amount: int) -> None:
    """Take fuel for a run of instructions before it starts; what is left of too little fuel
    goes too."""
    left: int = state.fuel_left
    if left < 0:
        return
    if left < amount:
        state.fuel_left = 0
        raise ExhaustionError(TrapCode.OUT_OF_FUEL)
    state.fuel_left = left - amount


def run(machine: Interp, store: Store, code: Code, args: list[object]) -> list[object]:
    """Run a function until it returns or traps. `args`, in slots, becomes part of its frame; the
    results are in slots too."""
    # the current frame, in variables; its callers
    instance = code.instance
    memories = instance.memories
    instrs = code.instrs
    slots: list[Any] = args + code.rest
    pc: i64 = 0
    frames: list[Frame] = []

    state = store.state
    outer: int = state.depth
    depth: i64 = outer + code.cost
    limit: i64 = store.max_depth
    ticks: i64 = TICKS
    ins = instrs[0]
    # operands that are numbers
    left: int = 0
    right: int = 0
    # what a branch below leaves for the call or return after the chain
    base: i64 = 0
    tail = False
    results: list[object] = []
    in_host = False
    try:
        if depth > limit:
            raise ExhaustionError(TrapCode.CALL_STACK_EXHAUSTED)
        while True:
            ins = instrs[pc]
            pc += 1
            kind = ins.kind
            if kind <= TERNARY:
                if kind == I32_ADD:
                    left = slots[ins.b]
                    right = slots[ins.c]
                    slots[ins.a] = (left + right) & M32
                elif kind == BINARY:
                    slots[ins.a] = ins.function(slots[ins.b], slots[ins.c])
                elif kind == LOAD:
                    left = slots[ins.b]
                    slots[ins.a] = ins.function(memories[ins.d], left + ins.number)
                elif kind == COPY:
                    slots[ins.a] = slots[ins.b]
                elif kind == UNARY:
                    slots[ins.a] = ins.function(slots[ins.b])
                elif kind == STORE:
                    left = slots[ins.a]
                    ins.function(memories[ins.d], left + ins.number, slots[ins.b])
                elif kind == SELECT:
                    slots[ins.a] = slots[ins.b] if slots[ins.d] else slots[ins.c]
                else:  # TERNARY
                    slots[ins.a] = ins.function(slots[ins.b], slots[ins.c], slots[ins.d])
                continue
            if kind <= BR_ON_NON_NULL:
                if kind == BR_IF:
                    if slots[ins.b]:
                        pc = ins.a
                elif kind == LOOP:
                    ticks -= ins.b
                    if ticks <= 0:
                        ticks = TICKS
                        store.poll()
                elif kind == BR_IF_HOLDS:
                    if ins.function(slots[ins.b], slots[ins.c]):
                        pc = ins.a
                elif kind == BR_IF_EQUAL:
                    left = slots[ins.b]
                    right = slots[ins.c]
                    if left == right:
                        pc = ins.a
                elif kind == BR_UNLESS_EQUAL:
                    left = slots[ins.b]
                    right = slots[ins.c]
                    if left != right:
                        pc = ins.a
                elif kind == BR_UNLESS:
                    if not slots[ins.b]:
                        pc = ins.a
                elif kind == BR_UNLESS_HOLDS:
                    if not ins.function(slots[ins.b], slots[ins.c]):
                        pc = ins.a
                elif kind == BR:
                    pc = ins.a
                elif kind == GLOBAL_GET:
                    slots[ins.a] = instance.globals[ins.b].storage.value
                elif kind == GLOBAL_SET:
                    instance.globals[ins.b].storage.value = slots[ins.a]
                elif kind == BR_TABLE:
                    left = slots[ins.a]
                    last = ins.c - 1
                    pc = code.targets[ins.b + (left if left < last else last)]
                elif kind == STEP:
                    ins.function(instance, slots, ins)
                elif kind == BR_ON_NULL:
                    if slots[ins.b] is None:
                        pc = ins.a
                elif slots[ins.b] is not None:  # BR_ON_NON_NULL
                    pc = ins.a
                continue
            callee: Func | None = None
            if kind == CALL:
                callee = instance.func(ins.a)
                base = ins.b
                tail = False
            elif kind == RETURN_ONE:
                results = [slots[ins.a]]
            elif kind == RETURN:
                results = []
            elif kind == RETURN_MANY:
                results = slots[ins.b : ins.b + ins.a]
            elif kind == CALL_INDIRECT:
                callee = indirect_callee(instance, ins.b, slots[ins.c], ins.a)
                base = ins.d
                tail = False
            elif kind == CALL_REF:
                callee = referred_callee(slots[ins.b])
                base = ins.c
                tail = False
            elif kind == RETURN_CALL:
                callee = instance.func(ins.a)
                base = ins.b
                tail = True
            elif kind == RETURN_CALL_INDIRECT:
                callee = indirect_callee(instance, ins.b, slots[ins.c], ins.a)
                base = ins.d
                tail = True
            elif kind == RETURN_CALL_REF:
                callee = referred_callee(slots[ins.b])
                base = ins.c
                tail = True
            elif kind == FUEL:
                charge(state, int(ins.a))
                continue
            else:
                raise Trap(TrapCode.UNREACHABLE)

            if callee is not None:
                if callee.host is None:
                    entered = machine.code_of(callee)
                    args = slots[base : base + entered.params]
                    if tail:
                        depth -= code.cost
                    else:
                        frames.append(Frame(code, pc, slots, base))
                    depth += entered.cost
                    slots = args + entered.rest
                    pc = 0
                    code = entered
                    instrs = code.instrs
                    ins = instrs[0]  # where what ends the call here stands
                    if depth > limit:
                        raise ExhaustionError(TrapCode.CALL_STACK_EXHAUSTED)
                    if code.instance is not instance:
                        instance = code.instance
                        memories = instance.memories
                    ticks -= code.ticks
                    if ticks <= 0:
                        ticks = TICKS
                        store.poll()
                    continue
                in_host = True
                params: tuple[int, ...] = callee.type.param_codes
                args = slots[base : base + slot_count(params)]
                if len(args) > len(params):
                    args = gathered(args, params)
                state.depth = depth - code.cost if tail else depth
                results = call_host(callee, args, instance)
                in_host = False
                if len(results) > 1 and V128 in callee.type.result_codes:
                    results = spread(results, callee.type.result_codes)
                if not tail:
                    for i in range(len(results)):
                        slots[base + i] = results[i]
                    continue

            # the results of the current frame
            if not frames:
                return results
            frame = frames.pop()
            depth -= code.cost
            code = frame.code
            pc = frame.pc
            slots = frame.slots
            base = frame.base
            for i in range(len(results)):
                slots[base + i] = results[i]
            instrs = code.instrs
            if code.instance is not instance:
                instance = code.instance
                memories = instance.memories
    except Trap as trap:
        # A function that has called a host function as a tail is no longer there.
        add_frames(trap, frames, None if in_host and tail else code, ins)
        raise
    except RecursionError:
        if in_host:
            raise
        exhausted = ExhaustionError(TrapCode.CALL_STACK_EXHAUSTED)
        add_frames(exhausted, frames, code, ins)
        raise exhausted from None
