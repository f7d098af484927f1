"""The stencils of vector instructions, as LLVM functions.

In: the rows with their meanings, by level (`stencil_vectors`), `keys`. Out: a `Writer`'s sources.
Moves of vectors and shuffles are here too. Runs when the package is built, not later.
"""

from __future__ import annotations

from zwasm.baseline import keys as k
from zwasm.baseline.holes import SMALL_A, SMALL_B
from zwasm.baseline.stencil_ir import ALL, HOT, HOT_FLOATS, Writer, host_address
from zwasm.baseline.stencil_vectors import deterministic, fragment
from zwasm.isa.row import BY_CODE, Row
from zwasm.types import F32, F64, I32, I64, V128

_BYTES = "<16 x i8>"
_REGISTER = "<2 x double>"
_FLOATS = (F32, F64)
VECTOR = 16  # bytes


def write_vectors(w: Writer) -> None:
    """All stencils that this module makes."""
    w.attributes = "#1"
    moves(w)
    for row in BY_CODE:
        if row is not None and (V128 in row.params or V128 in row.results):
            base = k.NUMBERS.bases[row.opcode]
            write_row(w, row, base, meaning_of(w.level, row))
            if k.is_relaxed(row):
                write_row(w, row, base + k.count_of(row) // 2, deterministic(w.level, row))


def meaning_of(level: str, row: Row) -> str:
    return "" if k.class_of(row) == k.SHUFFLE else fragment(level, row)


def write_row(w: Writer, row: Row, base: int, text: str) -> None:
    kind = k.class_of(row)
    if kind == k.VECTOR_BINARY:
        binary(w, base, text, k.is_simple(row))
    elif kind == k.VECTOR_UNARY:
        unary(w, row, base, text)
    elif kind == k.VECTOR_TERNARY:
        ternary(w, base, text)
    elif kind == k.VECTOR_SHIFT:
        shift(w, row, base, text)
    elif kind == k.EXTRACT:
        extract(w, row, base, text)
    elif kind == k.REPLACE:
        replace(w, row, base, text)
    elif kind == k.VECTOR_LOAD:
        loads(w, row, base, text)
    elif kind == k.VECTOR_STORE:
        stores(w, base, text)
    elif kind == k.LOAD_LANE or kind == k.STORE_LANE:
        lane_accesses(w, row, base, text)
    elif kind == k.SHUFFLE:
        shuffles(w, base)


# Operands.


def bytes_of(w: Writer, register: str) -> str:
    """The vector in a register, as operands of meanings are typed."""
    return w.let(f"bitcast {_REGISTER} %{register} to {_BYTES}")


def register_of(w: Writer, value: str) -> str:
    return w.let(f"bitcast {_BYTES} {value} to {_REGISTER}")


def place(number: int) -> str:
    return "f" if number == 0 else HOT_FLOATS[number - 1]


def operand(w: Writer, kind: int, scratch: str, parameter: str, whole: bool = False) -> str:
    """A vector operand of a kind. In a slot it is read whole if so asked, not in parts, for which
    the instructions would have other offsets."""
    if kind == k.SLOT:
        volatile = "volatile " if whole else ""
        address = w.offset("%fp", parameter, VECTOR)
        return w.let(f"load {volatile}{_BYTES}, ptr {address}, align 1")
    if kind == k.IMM:
        return w.load(_BYTES, f"@vector_{parameter}")
    return bytes_of(w, scratch if kind == k.FLOAT_SCRATCH else HOT_FLOATS[kind - k.REG])


def forms(w: Writer, kind: int) -> tuple[int, ...]:
    if kind == k.SLOT:
        return (0, SMALL_B)
    return (0,) if w.x86 or kind != k.IMM else ()


# Families.


def binary(w: Writer, base: int, text: str, simple: bool) -> None:
    for target in range(k.FLOAT_PLACES if simple else 1):
        at = base if target == 0 else base + k.FLOAT_REG + (target - 1) * k.FLOAT_KINDS
        for kind in range(k.FLOAT_KINDS):
            for bits in forms(w, kind):
                w.begin(at + kind, bits)
                a = bytes_of(w, place(target))
                b = operand(w, kind, "f" if target else "x", "b", not simple)
                w.end(**{place(target): register_of(w, w.means(text, a=a, b=b))})


def unary(w: Writer, row: Row, base: int, text: str) -> None:
    code = row.params[0]
    result = row.results[0]
    for number in range(k.INT_PLACES if code in (I32, I64) else k.FLOAT_PLACES):
        w.begin(base + number)
        if code == V128:
            a = bytes_of(w, place(number))
        elif code in _FLOATS:
            a = w.float_of(32 if code == F32 else 64, "%" + place(number))
        else:
            register = "acc" if number == 0 else HOT[number - 1]
            a = w.low(32 if code == I32 else 64, "%" + register)
        value = w.means(text, a=a)
        if result == V128:
            w.end(f=register_of(w, value))
        else:
            w.end(acc=w.whole(32, value))


def ternary(w: Writer, base: int, text: str) -> None:
    for kind in range(k.VECTOR_KINDS):
        for bits in forms(w, kind):
            w.begin(base + kind, bits)
            a, b = bytes_of(w, "f"), bytes_of(w, "x")
            value = w.means(text, a=a, b=b, c=operand(w, kind, "", "b"))
            w.end(f=register_of(w, value))


def shift(w: Writer, row: Row, base: int, text: str) -> None:
    w.begin(base)
    value = w.means(text, a=bytes_of(w, "f"), b=w.low(32, "%acc"))
    w.end(f=register_of(w, value))
    if not has_immediate_shift(w.level, row):
        return
    token = "<a:shn>" if row.name.startswith("i16x8") else "<a:sh>"
    for number in range(k.FLOAT_PLACES):
        w.begin(base + k.SHIFT_IMM + number)
        value = w.means(text, a=bytes_of(w, place(number)), b=token)
        w.end(**{place(number): register_of(w, value)})


def has_immediate_shift(level: str, row: Row) -> bool:
    """Whether a processor has an instruction that shifts by a number in it. On AArch64 it is
    not where it could be filled in."""
    if not level.startswith("x86_64") or row.name.startswith("i8x16"):
        return False
    return row.name != "i64x2.shr_s"


def extract(w: Writer, row: Row, base: int, text: str) -> None:
    code = row.results[0]
    for lane in range(row.lanes):
        for number in range(k.FLOAT_PLACES):
            w.begin(base + lane * k.FLOAT_PLACES + number)
            value = w.means(text, a=bytes_of(w, place(number)), lane=str(lane))
            if code in _FLOATS:
                w.end(f=w.vector(32 if code == F32 else 64, value))
            else:
                w.end(acc=w.whole(32 if code == I32 else 64, value))


def replace(w: Writer, row: Row, base: int, text: str) -> None:
    code = row.params[1]
    for lane in range(row.lanes):
        w.begin(base + lane)
        if code in _FLOATS:
            b = w.float_of(32 if code == F32 else 64, "%x")
        else:
            b = w.low(32 if code == I32 else 64, "%acc")
        w.end(f=register_of(w, w.means(text, a=bytes_of(w, "f"), b=b, lane=str(lane))))


def loads(w: Writer, row: Row, base: int, text: str) -> None:
    for target in range(k.FLOAT_PLACES):
        for address in range(k.INT_PLACES):
            for bits in (0, SMALL_A):
                w.begin(base + target * k.INT_PLACES + address, bits)
                value = w.means(text, a=host_address(w, address, "acc", 1 << row.align))
                w.end(**{place(target): register_of(w, value)})
    w.begin(base + k.FLOAT_LOAD_RAW)
    w.end(f=register_of(w, w.means(text, a=w.let("inttoptr i64 %acc to ptr"))))


def stores(w: Writer, base: int, text: str) -> None:
    for source in range(k.FLOAT_PLACES):
        for address in range(k.INT_PLACES):
            for bits in (0, SMALL_A):
                w.begin(base + source * k.INT_PLACES + address, bits)
                at = host_address(w, address, "acc", VECTOR)
                w.means(text, a=at, b=bytes_of(w, place(source)))
                w.end()
    w.begin(base + k.FLOAT_STORE_RAW)
    w.means(text, a=w.let("inttoptr i64 %acc to ptr"), b=bytes_of(w, "f"))
    w.end()


def lane_accesses(w: Writer, row: Row, base: int, text: str) -> None:
    for lane in range(row.lanes):
        w.begin(base + lane)
        at = w.let("inttoptr i64 %acc to ptr")
        value = w.means(text, a=at, b=bytes_of(w, "f"), lane=str(lane))
        if row.results:
            w.end(f=register_of(w, value))
        else:
            w.end()


def shuffles(w: Writer, base: int) -> None:
    for i, pattern in enumerate(k.PATTERNS):
        numbers = ", ".join(f"i32 {lane}" for lane in pattern)
        text = f"{{r}} = shufflevector {_BYTES} {{a}}, {_BYTES} {{b}}, <16 x i32> <{numbers}>"
        binary(w, base + k.SHUFFLE_KNOWN + i * k.FLOAT_KINDS, text, False)
    if not w.x86:
        return  # see `raw_aarch64`
    pick = f"call {_BYTES} @llvm.x86.ssse3.pshuf.b.128({_BYTES} {{}}, {_BYTES} {{}})"
    for number in range(k.FLOAT_PLACES):
        w.begin(base + number)
        lanes = operand(w, k.IMM, "", "b")
        w.end(f=register_of(w, w.let(pick.format(bytes_of(w, place(number)), lanes))))
    w.begin(base + k.SHUFFLE_TWO)
    first = w.let(pick.format(bytes_of(w, "f"), operand(w, k.IMM, "", "b")))
    second = w.let(pick.format(bytes_of(w, "x"), operand(w, k.IMM, "", "a")))
    w.end(f=register_of(w, w.let(f"or {_BYTES} {first}, {second}")))


# What belongs to no row.


def moves(w: Writer) -> None:
    for dst, target in enumerate(("f", *HOT_FLOATS, "x")):
        for small in (0, SMALL_A):
            w.begin(k.VECTOR_LOAD_SLOT + dst, small)
            value = w.load(_BYTES, w.offset("%fp", "a", VECTOR))
            w.end(keep=ALL, **{target: register_of(w, value)})
        if w.x86:
            w.begin(k.VECTOR_CONSTANT + dst)
            w.end(keep=ALL, **{target: register_of(w, operand(w, k.IMM, "", "a"))})
        w.begin(k.VECTOR_ZERO + dst)
        w.end(keep=ALL, **{target: "zeroinitializer"})
    for source in range(k.FLOAT_PLACES):
        for small in (0, SMALL_B):
            w.begin(k.VECTOR_STORE_SLOT + source, small)
            store(w, place(source), w.offset("%fp", "b", VECTOR))
    for small in (0, SMALL_A):
        for far in (False, True):
            w.begin(k.FAR_VECTOR_GLOBAL_GET if far else k.VECTOR_GLOBAL_GET, small)
            value = w.load(_REGISTER, global_(w, far))
            w.end(keep=ALL, f=value)
            w.begin(k.FAR_VECTOR_GLOBAL_SET if far else k.VECTOR_GLOBAL_SET, small)
            store(w, "f", global_(w, far))
        for number in range(k.INT_PLACES):
            w.begin(k.HOST_ADDRESS + number, small)
            address = w.let(f"ptrtoint ptr {host_address(w, number, 'acc', 1)} to i64")
            w.end(keep="c f x", acc=address)


def store(w: Writer, register: str, address: str) -> None:
    w.do(f"store {_REGISTER} %{register}, ptr {address}, align 1")
    w.end(keep=ALL)


def global_(w: Writer, far: bool) -> str:
    if not far:
        return w.offset("%vm", "a", VECTOR)
    return w.load("ptr", w.offset("%vm", "a"))
