"""The state of one validation walk: reading immediates, the operand stack, the control stack.

In: a module's bytes and its `ModuleInfo`. Out: `Operands`, the base of the walk in
`zwasm.valid.func`, with the helper operations of the specification's validation algorithm
(appendix A.3). The typing rules of instructions are not here.
"""

from __future__ import annotations

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.binary.reader import UNEXPECTED_END, Reader
from zwasm.errors import WasmError
from zwasm.isa.row import IF, LOOP, SIMD, row_of
from zwasm.limits import MAX_NESTING, MAX_OPERANDS
from zwasm.types import (
    BOT,
    HEAP_BOT,
    HEAP_INDEX,
    HEAP_SHIFT,
    NULL_BIT,
    REF_BIT,
    V128,
    DefType,
    FuncType,
    def_type,
    is_defaultable,
    matches,
)
from zwasm.valid.info import ModuleInfo
from zwasm.valid.sink import Sink

NO_TYPES: tuple[int, ...] = ()


def zeros(count: i64) -> vec[i64]:
    """A vec of zeros."""
    result = vec[i64](capacity=count)
    i: i64 = 0
    while i < count:
        result = append(result, 0)
        i += 1
    return result


def grown(old: vec[i64]) -> vec[i64]:
    """A vec of twice the length with the same beginning."""
    n: i64 = i64(len(old))
    i: i64 = 0
    while i < n:
        old = append(old, 0)
        i += 1
    return old


class Operands(Reader):
    """Walk state over one expression at a time; `reset` starts the next one."""

    def __init__(self, info: ModuleInfo, sink: Sink | None) -> None:
        super().__init__(info.module.data, 0, 0)
        self.info = info
        self.sink = sink
        self.place: i64 = 0  # where the current instruction stands
        self.opcode: i64 = 0  # the current instruction
        self.features: i64 = 0

        self.stack: vec[i64] = zeros(256)
        self.capacity: i64 = 256
        self.sp: i64 = 0

        # The innermost frame, and arrays for all frames.
        self.depth: i64 = 0  # frames open
        self.base: i64 = 0  # operand stack height at the frame's start
        self.dead: bool = False  # the rest of the frame is unreachable
        self.kinds: vec[i64] = zeros(64)
        self.bases: vec[i64] = zeros(64)
        self.deads: vec[i64] = zeros(64)
        self.set_counts: vec[i64] = zeros(64)
        self.params: list[tuple[int, ...]] = []
        self.results: list[tuple[int, ...]] = []

        self.locals: vec[i64] = zeros(64)
        self.local_count: i64 = 0
        # Locals without default value: which are set, and in which order they were.
        self.has_unset: bool = False
        self.unset: vec[i64] = zeros(64)
        self.set_order: list[int] = []

        self.defs: list[DefType] = [def_type(id) for id in info.type_ids]

    def reset(self, start: int, end: int, results: tuple[int, ...]) -> None:
        """Begin an expression that gives `results`."""
        self.pos = i64(start)
        self.end = i64(end)
        self.place = i64(start)
        self.sp = 0
        self.depth = 0
        self.local_count = 0
        self.has_unset = False
        self.set_order = []
        self.params = []
        self.results = []
        self.enter(0, NO_TYPES, results)

    def add_local(self, code: i64, is_set: bool) -> None:
        """Declare the next local."""
        n = self.local_count
        if n >= i64(len(self.locals)):
            self.locals = grown(self.locals)
            self.unset = grown(self.unset)
        self.locals[n] = code
        if is_set or is_defaultable(int(code)):
            self.unset[n] = 0
        else:
            self.unset[n] = 1
            self.has_unset = True
        self.local_count = n + 1

    # Errors.

    def invalid(self, message: str) -> WasmError:
        return self.info.module.invalid(message, int(self.place))

    def malformed(self, message: str) -> WasmError:
        return self.info.module.malformed(message, int(self.pos))

    def named(self, code: i64) -> str:
        """The text form of a canonical value type."""
        return self.info.type_name(int(code))

    def instruction(self) -> str:
        """The current instruction's name."""
        return row_of(int(self.opcode)).name

    def mismatch(self, expected: i64, actual: i64) -> None:
        """Raise unless `actual` matches `expected`."""
        if not matches(int(actual), int(expected)):
            raise self.invalid(
                f"type mismatch: {self.instruction()} expected {self.named(expected)}, "
                f"found {self.named(actual)}"
            )

    def underflow(self, expected: str) -> WasmError:
        return self.invalid(
            f"type mismatch: {self.instruction()} expected {expected}, found nothing on the stack"
        )

    # Immediates (section 5.2).

    def offset64(self) -> i64:
        """A u64, as the i64 with the same bits."""
        value = self.u64()
        if value > 0x7FFFFFFFFFFFFFFF:
            return i64(value - 0x10000000000000000)
        return i64(value)

    def skip(self, size: i64) -> i64:
        """Where the next `size` bytes stand, which are skipped."""
        p = self.pos
        if size > self.end - p:
            raise self.malformed(UNEXPECTED_END)
        self.pos = p + size
        return p

    def canonical_heap(self) -> i64:
        """A heap type, canonical."""
        heap: i64 = i64(self.heap_type())
        if heap < HEAP_INDEX:
            return heap
        return HEAP_INDEX + i64(self.info.type_ids[self.check_type(heap - HEAP_INDEX)])

    def canonical_type(self) -> i64:
        """A value type, canonical."""
        code: i64 = i64(self.value_type())
        if code & REF_BIT != 0:
            heap = code >> HEAP_SHIFT
            if heap >= HEAP_INDEX:
                id = i64(self.info.type_ids[self.check_type(heap - HEAP_INDEX)])
                return ((HEAP_INDEX + id) << HEAP_SHIFT) | (code & (REF_BIT | NULL_BIT))
        elif code == V128:
            self.features |= SIMD
        return code

    # Index spaces.

    def check_type(self, x: i64) -> i64:
        if x >= i64(len(self.defs)):
            raise self.invalid(f"unknown type {x}")
        return x

    def func_type(self, x: i64) -> FuncType:
        comp = self.defs[self.check_type(x)].comp
        if not isinstance(comp, FuncType):
            raise self.invalid(f"type mismatch: type {x} is not a function type")
        return comp

    def elem_index(self) -> i64:
        x = self.u32()
        self.check_elem(x)
        return x

    def check_elem(self, x: i64) -> None:
        if x >= i64(len(self.info.elem_types)):
            raise self.invalid(f"unknown elem segment {x}")

    def data_index(self) -> i64:
        x = self.u32()
        self.check_data(x)
        return x

    def check_data(self, x: i64) -> None:
        count = self.info.module.data_count
        if count is None:
            raise self.info.module.malformed("data count section required", int(self.place))
        if x >= i64(count):
            raise self.invalid(f"unknown data segment {x}")

    def check_element(self, source: i64, target: i64) -> None:
        """Elements of type `source` may go to a place of type `target`."""
        if not matches(int(source), int(target)):
            raise self.invalid(
                f"type mismatch: {self.instruction()} copies {self.named(source)} "
                f"to {self.named(target)}"
            )

    # Operand stack.

    def push(self, code: i64) -> None:
        sp = self.sp
        if sp >= self.capacity:
            if sp >= MAX_OPERANDS:
                raise self.invalid("operand stack too high")
            self.stack = grown(self.stack)
            self.capacity = i64(len(self.stack))
        self.stack[sp] = code
        self.sp = sp + 1

    def pop(self, expected: i64) -> None:
        sp = self.sp
        if sp == self.base:
            if self.dead:
                return
            raise self.underflow(self.named(expected))
        sp -= 1
        self.sp = sp
        actual = self.stack[sp]
        if actual != expected:
            self.mismatch(expected, actual)

    def pop_any(self) -> i64:
        """Pop an operand of any type; BOT where the stack is polymorphic."""
        sp = self.sp
        if sp == self.base:
            if self.dead:
                return BOT
            raise self.underflow("an operand")
        sp -= 1
        self.sp = sp
        return self.stack[sp]

    def pop_ref(self) -> i64:
        """Pop an operand of any reference type."""
        code = self.pop_any()
        if code == BOT:
            return (HEAP_BOT << HEAP_SHIFT) | REF_BIT
        if code & REF_BIT == 0:
            raise self.invalid(
                f"type mismatch: {self.instruction()} expected a reference, "
                f"found {self.named(code)}"
            )
        return code

    def push_all(self, codes: tuple[int, ...]) -> None:
        for code in codes:
            self.push(i64(code))

    def pop_all(self, codes: tuple[int, ...]) -> None:
        i: i64 = i64(len(codes)) - 1
        while i >= 0:
            self.pop(i64(codes[i]))
            i -= 1

    def check_all(self, codes: tuple[int, ...]) -> None:
        """Check the topmost operands against `codes` and leave them there."""
        sp = self.sp
        n: i64 = i64(len(codes))
        i: i64 = 1
        while i <= n:
            expected: i64 = i64(codes[n - i])
            if sp - i < self.base:
                if self.dead:
                    return
                raise self.underflow(self.named(expected))
            actual = self.stack[sp - i]
            if actual != expected:
                self.mismatch(expected, actual)
            i += 1

    # Control stack.

    def enter(self, kind: i64, params: tuple[int, ...], results: tuple[int, ...]) -> None:
        """Open a frame; its parameters have been popped and are pushed again."""
        d = self.depth
        if d >= MAX_NESTING:
            raise self.invalid("nesting too deep")
        if d + 1 >= i64(len(self.kinds)):
            self.kinds = grown(self.kinds)
            self.bases = grown(self.bases)
            self.deads = grown(self.deads)
            self.set_counts = grown(self.set_counts)
        if d > 0:
            self.deads[d - 1] = 1 if self.dead else 0
        self.kinds[d] = kind
        self.bases[d] = self.sp
        self.set_counts[d] = i64(len(self.set_order))
        self.params.append(params)
        self.results.append(results)
        self.depth = d + 1
        self.base = self.sp
        self.dead = False
        if params:
            self.push_all(params)

    def check_results(self) -> None:
        """At the end of a frame: its results and nothing else are on the stack."""
        results = self.results[self.depth - 1]
        self.pop_all(results)
        if self.sp != self.base:
            extra = self.named(int(self.stack[self.sp - 1]))
            raise self.invalid(
                f"type mismatch: values remaining on stack at the end of a block, the last {extra}"
            )

    def leave(self) -> None:
        """Close the innermost frame; its results are not pushed."""
        d = self.depth - 1
        if self.has_unset:
            self.unset_since(self.set_counts[d])
        self.params.pop()
        self.results.pop()
        self.depth = d
        if d > 0:
            self.base = self.bases[d - 1]
            self.dead = self.deads[d - 1] != 0

    def unset_since(self, count: i64) -> None:
        """Forget the initialisation of locals set since there were `count`."""
        while i64(len(self.set_order)) > count:
            self.unset[i64(self.set_order.pop())] = 1

    def set_dead(self) -> None:
        """The rest of the frame is unreachable."""
        self.sp = self.base
        self.dead = True

    def frame(self, label: i64) -> i64:
        """The frame that a label means."""
        if label >= self.depth:
            raise self.invalid(f"unknown label {label}")
        return self.depth - 1 - label

    def label_types(self, label: i64) -> tuple[int, ...]:
        """The types that a branch to the label takes."""
        d = self.frame(label)
        return self.params[d] if self.kinds[d] == LOOP else self.results[d]

    def is_if(self) -> bool:
        return self.kinds[self.depth - 1] == IF
