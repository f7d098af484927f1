"""The stencils as LLVM functions.

In: the rows with their meanings, `keys`, `abi`. Out: `Source` objects, each the IR of one form of
a stencil. The IR has tokens where its parameters go, such as `<a:dl>`: parameter, class of value;
`stencil_magic` has values of every class, from which the generator learns where parameters end up
in machine code. Compiling is in `stencil_object`, what becomes of the machine code in
`stencil_x86` and `stencil_aarch64`. Runs when the package is built, not later.

A stencil is a function that gets all registers as arguments and gives them on to the next by a
tail call. Targets of such calls are `next`, `taken` (the label) and `trap_<code>`.
"""

from __future__ import annotations

import re
from typing import Final

from zwasm.baseline import abi
from zwasm.baseline import keys as k
from zwasm.baseline.holes import SMALL_A, SMALL_B
from zwasm.isa.row import BY_CODE, Row
from zwasm.types import F32, F64, I32

X86_64: Final = "x86_64"
AARCH64: Final = "aarch64"

# Which instructions there are. All levels of an architecture share all stencils but those of
# vectors.
LEVELS: Final = (X86_64, "x86_64_avx2", "x86_64_avx512", AARCH64)

HOT: Final = tuple(f"h{i}" for i in range(abi.NH))
HOT_FLOATS: Final = tuple(f"g{i}" for i in range(abi.NG))
POINTERS: Final = ("vm", "fp", "mem")
INTS: Final = (*POINTERS, "h0", "h1", "h2", "h3", "c", "h4", "h5", "h6", "acc")
FLOATS: Final = ("f", *HOT_FLOATS, "x")
SCRATCH: Final = ("acc", "c", "f", "x")
ALL: Final = " ".join(SCRATCH)


_LOCAL: Final = re.compile(r"%(\w+)")


class StencilError(Exception):
    """The generator cannot make a correct stencil."""


def architecture_of(level: str) -> str:
    return AARCH64 if level == AARCH64 else X86_64


def type_of(register: str) -> str:
    if register in POINTERS:
        return "ptr"
    return "i64" if register in INTS else "<2 x double>"


ARGUMENTS: Final = tuple((type_of(name), name) for name in INTS + FLOATS)
SIGNATURE: Final = ", ".join(f"{kind} %{name}" for kind, name in ARGUMENTS)
TYPES: Final = ", ".join(kind for kind, _ in ARGUMENTS)

# Purposes of an immediate operand, which decide how it can be part of an instruction.
ARITHMETIC: Final = 1  # add, sub, comparisons
LOGIC: Final = 2  # other operations, stores
SHIFT: Final = 3  # only the low bits of the value matter


class Source:
    """One form of a stencil: its key, its variant bits, the IR.

    `bounds`, where given, are the values that the form serves, rather than those that its fields
    hold.
    """

    def __init__(
        self, key: int, bits: int, text: str, bounds: dict[str, tuple[int, int, int]]
    ) -> None:
        self.key = key
        self.bits = bits
        self.text = text
        self.bounds = bounds

    @property
    def name(self) -> str:
        return f"s{self.key}_{self.bits}"


class Writer:
    """Collects `sources`. A stencil is written between `begin` and `end`."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.x86 = architecture_of(level) == X86_64
        self.sources: list[Source] = []
        self.lines: list[str] = []
        self.traps: list[str] = []  # blocks that trap, which stand last
        self.temporaries = 0
        self.key = 0
        self.small = 0
        self.bounds: dict[str, tuple[int, int, int]] = {}
        self.attributes = "#0"

    def begin(self, key: int, small: int = 0) -> None:
        self.key = key
        self.small = small
        self.lines = []
        self.traps = []
        self.temporaries = 0
        self.bounds = {}

    def end(self, target: str = "next", keep: str = "", **results: str) -> None:
        self.go(target, keep, **results)
        body = "\n".join(self.lines + self.traps)
        head = f"define preserve_nonecc void @s{self.key}_{self.small}({SIGNATURE})"
        text = f"{head} {self.attributes} {{\n{body}\n}}\n"
        source = Source(self.key, self.small, text, self.bounds)
        self.sources.append(source)

    def let(self, value: str) -> str:
        """A new name for an instruction's result."""
        self.temporaries += 1
        name = f"%t{self.temporaries}"
        self.lines.append(f"{name} = {value}")
        return name

    def do(self, line: str) -> None:
        self.lines.append(line)

    def label(self) -> str:
        self.temporaries += 1
        return f"l{self.temporaries}"

    def go(self, target: str, keep: str = "", **results: str) -> None:
        """Leave with new values of some registers, and scratch registers lost but for those in
        `keep`, a text."""
        parts = []
        for kind, name in ARGUMENTS:
            if name in results:
                parts.append(f"{kind} {results[name]}")
            elif target.startswith("trap") and name not in POINTERS:
                parts.append(f"{kind} poison")
            elif name in SCRATCH and name not in keep.split():
                parts.append(f"{kind} poison")
            else:
                parts.append(f"{kind} %{name}")
        self.do(f"musttail call preserve_nonecc void @{target}({', '.join(parts)})")
        self.do("ret void")

    def trap_if(self, condition: str, code: int) -> None:
        bad, good = self.label(), self.label()
        self.do(f"br i1 {condition}, label %{bad}, label %{good}, !prof !0")
        self.do(f"{good}:")
        lines, self.lines = self.lines, self.traps
        self.do(f"{bad}:")
        self.go(f"trap_{code}")
        self.lines = lines

    def end_branch(self, condition: str) -> None:
        """Leave to `taken` if the condition holds."""
        yes, no = self.label(), self.label()
        self.do(f"br i1 {condition}, label %{yes}, label %{no}, !prof !0")
        self.do(f"{no}:")
        self.go("next")
        self.do(f"{yes}:")
        self.end("taken")

    # Parameters.

    def is_small(self, parameter: str) -> bool:
        return self.small & (SMALL_A if parameter == "a" else SMALL_B) != 0

    def opaque(self, width: int, value: str) -> str:
        """A constant that LLVM keeps in one piece but may make part of an instruction, on
        AArch64 one that it keeps in a register."""
        if self.x86:
            return self.let(f"bitcast i{width} {value} to i{width}")
        return self.let(f'call i{width} asm "", "=r,0"(i{width} {value})')

    def offset(self, base: str, parameter: str, width: int = 1) -> str:
        """The address at a parameter's distance from a register. AArch64's small distances of an
        access of 16 bytes are multiples of that."""
        if self.is_small(parameter):
            distance = f"<{parameter}:{'dv' if width == 16 and not self.x86 else 'ds'}>"
        elif self.x86:
            distance = f"<{parameter}:dl>"
        else:
            distance = self.opaque(64, f"<{parameter}:dl>")
        return self.let(f"getelementptr i8, ptr {base}, i64 {distance}")

    def field(self, base: str, offset: int) -> str:
        """The address of a field at a known offset."""
        return self.let(f"getelementptr i8, ptr {base}, i64 {offset}")

    def load(self, kind: str, address: str) -> str:
        return self.let(f"load {kind}, ptr {address}, align 1")

    def immediate(self, width: int, parameter: str, purpose: int) -> str:
        """A 32-bit immediate, for 64 bits sign-extended."""
        if self.x86:
            if purpose == SHIFT:
                return f"<{parameter}:sh>"
            size = "s" if self.is_small(parameter) else "l"
            return self.opaque(width, f"<{parameter}:i{size}{width}>")
        if self.is_small(parameter):
            if purpose == ARITHMETIC:
                return self.let(f"bitcast i{width} <{parameter}:i12> to i{width}")
            return self.opaque(width, f"<{parameter}:i16>")
        value = self.opaque(32, f"<{parameter}:il32>")
        return value if width == 32 else self.let(f"sext i32 {value} to i64")

    # Values of registers.

    def low(self, width: int, value: str) -> str:
        return value if width == 64 else self.let(f"trunc i64 {value} to i32")

    def whole(self, width: int, value: str) -> str:
        """A result as a register holds it."""
        return value if width == 64 else self.let(f"zext i32 {value} to i64")

    def truth(self, condition: str) -> str:
        return self.let(f"zext i1 {condition} to i64")

    def float_of(self, width: int, register: str) -> str:
        if width == 64:
            return self.let(f"extractelement <2 x double> {register}, i32 0")
        lanes = self.let(f"bitcast <2 x double> {register} to <4 x float>")
        return self.let(f"extractelement <4 x float> {lanes}, i32 0")

    def vector(self, width: int, value: str, rest: str = "poison") -> str:
        if width == 64:
            return self.let(f"insertelement <2 x double> {rest}, double {value}, i32 0")
        lanes = self.let(f"insertelement <4 x float> {rest}, float {value}, i32 0")
        return self.let(f"bitcast <4 x float> {lanes} to <2 x double>")

    def integer(self, kind: int, width: int, scratch: str, parameter: str, purpose: int) -> str:
        """An integer operand of a kind."""
        if kind == k.SLOT:
            return self.load(f"i{width}", self.offset("%fp", parameter))
        if kind == k.IMM:
            return self.immediate(width, parameter, purpose)
        register = scratch if kind == k.INT_SCRATCH else HOT[kind - k.REG]
        return self.low(width, "%" + register)

    def real(self, kind: int, width: int, scratch: str, parameter: str) -> str:
        """A float operand of a kind."""
        name = "double" if width == 64 else "float"
        if kind == k.SLOT:
            return self.load(name, self.offset("%fp", parameter))
        if kind == k.IMM:
            return self.load(name, f"@pool_{parameter}")
        register = scratch if kind == k.FLOAT_SCRATCH else HOT_FLOATS[kind - k.REG]
        return self.float_of(width, "%" + register)

    # Meanings of rows.

    def means(self, text: str, **operands: str) -> str:
        """The result of a meaning, whose own names do not collide with registers'."""
        self.temporaries += 1
        result = f"%t{self.temporaries}"
        text = _LOCAL.sub(r"%v_\1", text)
        for line in text.format(r=result, **operands).splitlines():
            self.do(line)
        return result

    def meaning(self, row: Row, a: str, b: str = "") -> str:
        result = f"%t{self.temporaries + 1}"
        self.temporaries += 1
        llvm = row.llvm
        if self.x86 and ("@llvm.minimum" in llvm or "@llvm.maximum" in llvm):
            llvm = least("minimum" in llvm, width_of(row.params[0]))
        for line in llvm.format(a=a, b=b, r=result).splitlines():
            words = line.split()
            if words[0] == "trap":
                self.trap_if(words[3], abi.TRAPS.index(words[1]) + 1)
            else:
                self.do(line)
        return result


def least(minimum: bool, width: int) -> str:
    """llvm.minimum or maximum, but in few instructions, and quieting NaNs.

    Of equal operands, or where one is a NaN, minsd gives the second. Zeros of both signs and
    equal numbers become right by combining both orders bit by bit, NaNs by an addition.
    """
    compare, combine = ("olt", "or") if minimum else ("ogt", "and")
    kind = "double" if width == 64 else "float"
    return (
        f"%p = fcmp {compare} {kind} {{a}}, {{b}}\n"
        f"%m = select i1 %p, {kind} {{a}}, {kind} {{b}}\n"
        f"%q = fcmp {compare} {kind} {{b}}, {{a}}\n"
        f"%n = select i1 %q, {kind} {{b}}, {kind} {{a}}\n"
        f"%i = bitcast {kind} %m to i{width}\n"
        f"%j = bitcast {kind} %n to i{width}\n"
        f"%k = {combine} i{width} %i, %j\n"
        f"%l = bitcast i{width} %k to {kind}\n"
        f"%u = fcmp uno {kind} {{a}}, {{b}}\n"
        f"%s = fadd {kind} {{a}}, {{b}}\n"
        f"{{r}} = select i1 %u, {kind} %s, {kind} %l"
    )


def width_of(code: int) -> int:
    return 32 if code in (I32, F32) else 64


def purpose_of(row: Row) -> int:
    if row.compare or " add " in row.llvm or " sub " in row.llvm:
        return ARITHMETIC
    shifts = (" shl ", " ashr ", " lshr ", "@llvm.fsh")
    return SHIFT if any(word in row.llvm for word in shifts) else LOGIC


def int_forms(w: Writer, kind: int, purpose: int) -> tuple[int, ...]:
    """Variant bits of an operand b of a kind."""
    if kind == k.SLOT or (kind == k.IMM and not (w.x86 and purpose == SHIFT)):
        return (0, SMALL_B)
    return (0,)


def float_forms(w: Writer, kind: int) -> tuple[int, ...]:
    if kind == k.SLOT:
        return (0, SMALL_B)
    return (0,) if w.x86 or kind != k.IMM else ()


def int_binary(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    purpose = purpose_of(row)
    division = "trap " in row.llvm or "rem " in row.llvm
    for place in range(1 if division else k.INT_PLACES):
        first = "acc" if place == 0 else HOT[place - 1]
        at = base if place == 0 else base + k.BINARY_REG + (place - 1) * k.INT_KINDS
        for kind in range(k.INT_KINDS):
            if division and kind == k.IMM:
                continue
            for bits in int_forms(w, kind, purpose):
                w.begin(at + kind, bits)
                a = w.low(width, "%" + first)
                b = w.integer(kind, width, "acc" if place else "c", "b", purpose)
                w.end(**{first: w.whole(width, w.meaning(row, a, b))})


def int_compare(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    for kind in range(k.INT_KINDS):
        for bits in int_forms(w, kind, ARITHMETIC):
            w.begin(base + kind, bits)
            a = w.low(width, "%acc")
            b = w.integer(kind, width, "c", "b", ARITHMETIC)
            w.end(acc=w.truth(w.meaning(row, a, b)))
    for place in range(k.INT_PLACES + 1):
        for kind in range(k.INT_KINDS):
            forms = int_forms(w, kind, ARITHMETIC)
            if place == k.PLACE_SLOT:
                forms += tuple(SMALL_A | bits for bits in forms)
            for bits in forms:
                w.begin(base + k.COMPARE_BRANCH + place * k.INT_KINDS + kind, bits)
                if place == k.PLACE_SLOT:
                    a = w.load(f"i{width}", w.offset("%fp", "a"))
                else:
                    a = w.low(width, "%acc" if place == 0 else "%" + HOT[place - 1])
                b = w.integer(kind, width, "acc" if place else "c", "b", ARITHMETIC)
                w.end_branch(w.meaning(row, a, b))


def int_test(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    w.begin(base)
    w.end(acc=w.truth(w.meaning(row, w.low(width, "%acc"))))
    for place in range(k.INT_PLACES + 1):
        for zero in (True, False):
            for bits in (0, SMALL_A) if place == k.PLACE_SLOT else (0,):
                w.begin(base + (k.TEST_ZERO if zero else k.TEST_NONZERO) + place, bits)
                if place == k.PLACE_SLOT:
                    a = w.load(f"i{width}", w.offset("%fp", "a"))
                else:
                    a = w.low(width, "%acc" if place == 0 else "%" + HOT[place - 1])
                condition = w.meaning(row, a)
                w.end_branch(condition if zero else w.let(f"xor i1 {condition}, true"))


def float_binary(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    for place in range(k.FLOAT_PLACES if "@llvm" not in row.llvm else 1):
        first = "f" if place == 0 else HOT_FLOATS[place - 1]
        at = base if place == 0 else base + k.FLOAT_REG + (place - 1) * k.FLOAT_KINDS
        for kind in range(k.FLOAT_KINDS):
            for bits in float_forms(w, kind):
                w.begin(at + kind, bits)
                a = w.float_of(width, "%" + first)
                b = w.real(kind, width, "f" if place else "x", "b")
                w.end(**{first: w.vector(width, w.meaning(row, a, b))})


def float_compare(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    for kind in range(k.FLOAT_KINDS):
        for bits in float_forms(w, kind):
            w.begin(base + kind, bits)
            a = w.float_of(width, "%f")
            w.end(acc=w.truth(w.meaning(row, a, w.real(kind, width, "x", "b"))))
            for sense in (0, 1):
                for place in range(k.FLOAT_PLACES):
                    at = (sense * k.FLOAT_PLACES + place) * k.FLOAT_KINDS + kind
                    w.begin(base + k.FLOAT_BRANCH + at, bits)
                    a = w.float_of(width, "%f" if place == 0 else "%" + HOT_FLOATS[place - 1])
                    b = w.real(kind, width, "f" if place else "x", "b")
                    condition = w.meaning(row, a, b)
                    w.end_branch(condition if sense else w.let(f"xor i1 {condition}, true"))


def unary(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    from_float = row.params[0] in (F32, F64)
    for place in range(k.FLOAT_PLACES if from_float else k.INT_PLACES):
        w.begin(base + place)
        if from_float:
            a = w.float_of(width, "%f" if place == 0 else "%" + HOT_FLOATS[place - 1])
        else:
            a = w.low(width, "%acc" if place == 0 else "%" + HOT[place - 1])
        result = w.meaning(row, a)
        if row.results[0] in (F32, F64):
            rest = "poison"
            if w.x86 and ("sitofp" in row.llvm or "uitofp i32" in row.llvm):
                # The instruction keeps the rest of the register: clear it, not to wait for it.
                kind = "<2 x double>" if row.results[0] == F64 else "<4 x float>"
                rest = w.let(f'call {kind} asm "", "=x,0"({kind} zeroinitializer)')
            w.end(f=w.vector(width_of(row.results[0]), result, rest))
        else:
            w.end(acc=w.whole(width_of(row.results[0]), result))


def host_address(w: Writer, place: int, other: str = "acc", width: int = 1) -> str:
    """The address of an access of memory 0 at the guest's address in a register, plus a."""
    register = other if place == 0 else HOT[place - 1]
    return w.offset(w.let(f"getelementptr i8, ptr %mem, i64 %{register}"), "a", width)


def loads(w: Writer, row: Row, base: int) -> None:
    code = row.results[0]
    floats = code in (F32, F64)
    for place in range(k.FLOAT_PLACES if floats else k.INT_PLACES):
        if floats:
            target = "f" if place == 0 else HOT_FLOATS[place - 1]
        else:
            target = "acc" if place == 0 else HOT[place - 1]
        for address in range(k.INT_PLACES):
            for bits in (0, SMALL_A):
                w.begin(base + place * k.INT_PLACES + address, bits)
                end_load(w, row, target, host_address(w, address))
    w.begin(base + (k.FLOAT_LOAD_RAW if floats else k.INT_LOAD_RAW))
    end_load(w, row, "f" if floats else "acc", w.let("inttoptr i64 %acc to ptr"))


def end_load(w: Writer, row: Row, target: str, address: str) -> None:
    width = width_of(row.results[0])
    value = w.meaning(row, address)
    if row.results[0] in (F32, F64):
        w.end(**{target: w.vector(width, value)})
    else:
        w.end(**{target: w.whole(width, value)})


def float_stores(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    for place in range(k.FLOAT_PLACES):
        for address in range(k.INT_PLACES):
            for bits in (0, SMALL_A):
                w.begin(base + place * k.INT_PLACES + address, bits)
                value = w.float_of(width, "%f" if place == 0 else "%" + HOT_FLOATS[place - 1])
                end_store(w, row, host_address(w, address), value)
    w.begin(base + k.FLOAT_STORE_RAW)
    end_store(w, row, w.let("inttoptr i64 %acc to ptr"), w.float_of(width, "%f"))


def int_stores(w: Writer, row: Row, base: int) -> None:
    width = width_of(row.params[0])
    stored = 8 << row.align
    # On x86-64 of a narrow value only the low bits are written, so that any value will do.
    purpose = SHIFT if w.x86 and stored == 8 else LOGIC
    for value in range(abi.NH + 2):
        for address in range(k.INT_PLACES):
            forms: tuple[int, ...] = (0, SMALL_A)
            if value == abi.NH + 1 and not w.x86:
                forms += tuple(SMALL_B | bits for bits in forms)
            for bits in forms:
                w.begin(base + value * k.INT_PLACES + address, bits)
                at = host_address(w, address)
                if value == abi.NH + 1:
                    end_store(w, row, at, store_immediate(w, width, stored, purpose))
                else:
                    register = "%c" if value == 0 else "%" + HOT[value - 1]
                    end_store(w, row, at, w.low(width, register))
    for place in range(k.INT_PLACES):
        for bits in (0, SMALL_A):
            w.begin(base + k.INT_STORE_ACC + place, bits)
            end_store(w, row, host_address(w, place, "c"), w.low(width, "%acc"))
    w.begin(base + k.INT_STORE_RAW)
    end_store(w, row, w.let("inttoptr i64 %acc to ptr"), w.low(width, "%c"))


def store_immediate(w: Writer, width: int, stored: int, purpose: int) -> str:
    if w.x86 and stored == 16:
        # There are no 2-byte fields: the value goes through a register.
        value = w.let('call i32 asm "", "=r,0"(i32 <b:il32>)')
    elif w.x86 and stored == 32 and width == 64:
        return "<b:il32>"
    elif stored < 64:
        value = w.immediate(32, "b", purpose)
    else:
        return w.immediate(64, "b", purpose)
    return value if width == 32 else w.let(f"zext i32 {value} to i64")


def end_store(w: Writer, row: Row, address: str, value: str) -> None:
    w.meaning(row, address, value)
    w.end()


def write_rows(w: Writer) -> None:
    """The stencils of all rows."""
    for row in BY_CODE:
        if row is None:
            continue
        kind, base = k.NUMBERS.kinds[row.opcode], k.NUMBERS.bases[row.opcode]
        if kind == k.INT_BINARY:
            int_binary(w, row, base)
        elif kind == k.INT_COMPARE:
            int_compare(w, row, base)
        elif kind == k.INT_TEST:
            int_test(w, row, base)
        elif kind == k.FLOAT_BINARY:
            float_binary(w, row, base)
        elif kind == k.FLOAT_COMPARE:
            float_compare(w, row, base)
        elif kind == k.UNARY:
            unary(w, row, base)
        elif kind == k.LOAD:
            loads(w, row, base)
        elif kind == k.STORE and row.params[0] in (F32, F64):
            float_stores(w, row, base)
        elif kind == k.STORE:
            int_stores(w, row, base)
