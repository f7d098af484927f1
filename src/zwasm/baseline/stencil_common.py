"""Stencils that belong to no row, as LLVM functions.

In: a `Writer`. Out: its sources. See `stencil_ir`.
"""

from __future__ import annotations

from zwasm.baseline import abi
from zwasm.baseline import keys as k
from zwasm.baseline.holes import SMALL_A, SMALL_B
from zwasm.baseline.stencil_ir import (
    ALL,
    ARITHMETIC,
    HOT,
    HOT_FLOATS,
    LOGIC,
    Writer,
)

INT_MIN = -(1 << 31)
INT_MAX = (1 << 31) - 1
LONG_MIN = -(1 << 63)
LONG_MAX = (1 << 63) - 1


def write_common(w: Writer) -> None:
    moves(w)
    slot_stores(w)
    float_moves(w)
    float_slot_stores(w)
    globals_(w)
    selects(w)
    added(w)
    products(w)
    checks(w)
    references(w)


def int_source(source: int) -> str:
    """The register of a source that is one."""
    if source == k.INT_SCRATCH:
        return "acc"
    return "c" if source == k.INT_SCRATCH + 1 else HOT[source - k.REG]


def float_source(source: int) -> str:
    if source == k.FLOAT_SCRATCH:
        return "f"
    return "x" if source == k.FLOAT_SCRATCH + 1 else HOT_FLOATS[source - k.REG]


def moves(w: Writer) -> None:
    for dst, target in enumerate(("acc", *HOT, "c")):
        for src in range(k.MOVE_SOURCES):
            for width in (0, 1):
                bits = 64 if width else 32
                key = k.MOVE + (dst * k.MOVE_SOURCES + src) * 2 + width
                if src == k.SLOT:
                    for small in (0, SMALL_A):
                        w.begin(key, small)
                        value = w.load(f"i{bits}", w.offset("%fp", "a"))
                        w.end(keep=ALL, **{target: w.whole(bits, value)})
                elif src == k.IMM:
                    constants(w, key, target, bits)
                elif width:
                    w.begin(key)
                    w.end(keep=ALL, **{target: "%" + int_source(src)})
        w.begin(k.BIG + dst)
        w.end(keep=ALL, **{target: w.opaque(64, "<a:q>")})


def constants(w: Writer, key: int, target: str, bits: int) -> None:
    w.begin(key)
    if bits == 32:  # zero-extended
        w.end(keep=ALL, **{target: w.opaque(64, "<a:il32>")})
    else:
        w.end(keep=ALL, **{target: w.immediate(64, "a", LOGIC)})
    w.begin(key, SMALL_A)
    if not w.x86:
        w.end(keep=ALL, **{target: w.opaque(64, "<a:i16>")})
    elif bits == 32:
        w.bounds["a"] = (0, 0, 0)
        w.end(keep=ALL, **{target: "0"})
    else:
        w.bounds["a"] = (0, INT_MAX, 0)
        w.end(keep=ALL, **{target: w.opaque(64, "<a:il32>")})


def slot_stores(w: Writer) -> None:
    for src in range(k.IMM, k.MOVE_SOURCES):
        for width in (0, 1):
            bits = 64 if width else 32
            forms: tuple[int, ...] = (0, SMALL_B)
            if src == k.IMM and not w.x86:
                forms += (SMALL_A, SMALL_A | SMALL_B)
            for small in forms:
                w.begin(k.STORE_SLOT + src * 2 + width, small)
                if src == k.IMM:
                    value = w.immediate(bits, "a", LOGIC)
                else:
                    value = w.low(bits, "%" + int_source(src))
                w.do(f"store i{bits} {value}, ptr {w.offset('%fp', 'b')}, align 1")
                w.end(keep=ALL)


def float_bits(w: Writer, bits: int) -> str:
    """A float's bits as an integer; of a small one on AArch64 only the highest 16 are not 0."""
    if w.x86:
        return w.opaque(bits, "<a:il32>" if bits == 32 else "<a:q>")
    if w.is_small("a"):
        return w.opaque(bits, f"<a:top{bits}>")
    return w.opaque(bits, "<a:il32>" if bits == 32 else "<a:q>")


def float_moves(w: Writer) -> None:
    for dst, target in enumerate(("f", *HOT_FLOATS, "x")):
        for src in range(k.FLOAT_MOVE_SOURCES):
            for width in (0, 1):
                bits = 64 if width else 32
                name = "double" if width else "float"
                key = k.FLOAT_MOVE + (dst * k.FLOAT_MOVE_SOURCES + src) * 2 + width
                if src == k.SLOT:
                    for small in (0, SMALL_A):
                        w.begin(key, small)
                        value = w.load(name, w.offset("%fp", "a"))
                        w.end(keep=ALL, **{target: w.vector(bits, value)})
                elif src == k.IMM and w.x86:
                    w.begin(key)
                    value = w.load(name, "@pool_a")
                    w.end(keep=ALL, **{target: w.vector(bits, value)})
                elif src == k.IMM:
                    for small in (0, SMALL_A):
                        w.begin(key, small)
                        value = w.let(f"bitcast i{bits} {float_bits(w, bits)} to {name}")
                        w.end(keep=ALL, **{target: w.vector(bits, value)})
                elif width:
                    w.begin(key)
                    w.end(keep=ALL, **{target: "%" + float_source(src)})


def float_slot_stores(w: Writer) -> None:
    for src in range(k.IMM, k.FLOAT_MOVE_SOURCES):
        for width in (0, 1):
            bits = 64 if width else 32
            name = "double" if width else "float"
            forms: tuple[int, ...] = (0, SMALL_B)
            if src == k.IMM and not w.x86:
                forms += (SMALL_A, SMALL_A | SMALL_B)
            for small in forms:
                w.begin(k.FLOAT_STORE_SLOT + src * 2 + width, small)
                if src == k.IMM:
                    value = f"i{bits} {float_bits(w, bits)}"
                else:
                    value = f"{name} {w.float_of(bits, '%' + float_source(src))}"
                w.do(f"store {value}, ptr {w.offset('%fp', 'b')}, align 1")
                w.end(keep=ALL)


def globals_(w: Writer) -> None:
    for width in (0, 1):
        bits = 64 if width else 32
        name = "double" if width else "float"
        for small in (0, SMALL_A):
            for place, register in enumerate(("acc", *HOT)):
                w.begin(k.GLOBAL_GET + place * 2 + width, small)
                value = w.load(f"i{bits}", w.offset("%vm", "a"))
                w.end(keep=ALL, **{register: w.whole(bits, value)})
                w.begin(k.GLOBAL_SET + place * 2 + width, small)
                value = w.low(bits, "%" + register)
                w.do(f"store i{bits} {value}, ptr {w.offset('%vm', 'a')}, align 1")
                w.end(keep=ALL)
            for far in (False, True):
                w.begin((k.FAR_FLOAT_GLOBAL_GET if far else k.FLOAT_GLOBAL_GET) + width, small)
                value = w.load(name, global_address(w, far))
                w.end(keep=ALL, f=w.vector(bits, value))
                w.begin((k.FAR_FLOAT_GLOBAL_SET if far else k.FLOAT_GLOBAL_SET) + width, small)
                value = w.float_of(bits, "%f")
                w.do(f"store {name} {value}, ptr {global_address(w, far)}, align 1")
                w.end(keep=ALL)
            w.begin(k.FAR_GLOBAL_GET + width, small)
            value = w.load(f"i{bits}", global_address(w, True))
            w.end(keep=ALL, acc=w.whole(bits, value))
            w.begin(k.FAR_GLOBAL_SET + width, small)
            value = w.low(bits, "%acc")
            w.do(f"store i{bits} {value}, ptr {global_address(w, True)}, align 1")
            w.end(keep=ALL)


def global_address(w: Writer, far: bool) -> str:
    address = w.offset("%vm", "a")
    return w.load("ptr", address) if far else address


def selects(w: Writer) -> None:
    for kind in range(k.INT_SCRATCH):
        for width in (0, 1):
            bits = 64 if width else 32
            for small in (0, SMALL_B) if kind in (k.SLOT, k.IMM) else (0,):
                if kind == k.IMM and w.x86 and small:
                    continue  # the value goes through a register
                w.begin(k.SELECT + kind * 2 + width, small)
                condition = w.let(f"icmp ne i32 {w.low(32, '%c')}, 0")
                first = w.low(bits, "%acc")
                second = w.integer(kind, bits, "", "b", LOGIC)
                # The condition of a select is not as predictable as that of a branch.
                value = w.let(
                    f"select i1 {condition}, i{bits} {first}, i{bits} {second}, !unpredictable !1"
                )
                w.end(acc=w.whole(bits, value))
    w.begin(k.FLOAT_SELECT)
    condition = w.let(f"icmp ne i32 {w.low(32, '%acc')}, 0")
    first, second = w.label(), w.label()
    w.do(f"br i1 {condition}, label %{first}, label %{second}")
    w.do(f"{second}:")
    w.go("next", f="%x")
    w.do(f"{first}:")
    w.end(f="%f")


def added(w: Writer) -> None:
    for width in (0, 1):
        bits = 64 if width else 32
        for shift in range(4):
            for i in range(abi.NH):
                for j in range(abi.NH):
                    at = ((width * 4 + shift) * abi.NH + i) * abi.NH + j
                    w.begin(k.ADD_SHIFTED + at)
                    index = w.low(bits, "%" + HOT[j])
                    if shift:
                        index = w.let(f"shl i{bits} {index}, {shift}")
                    value = w.let(f"add i{bits} {w.low(bits, '%' + HOT[i])}, {index}")
                    w.end(acc=w.whole(bits, value))


def products(w: Writer) -> None:
    for key, extend in ((k.HIGH_UNSIGNED, "zext"), (k.HIGH_SIGNED, "sext")):
        w.begin(key)
        a = w.let(f"{extend} i64 %acc to i128")
        b = w.let(f"{extend} i64 %c to i128")
        high = w.let(f"lshr i128 {w.let(f'mul i128 {a}, {b}')}, 64")
        w.end(acc=w.let(f"trunc i128 {high} to i64"))


def checks(w: Writer) -> None:
    for small in (0, SMALL_A):
        w.begin(k.MEMORY_SIZE, small)
        memory = w.load("ptr", w.offset("%vm", "a"))
        size = w.load("i64", w.field(memory, abi.MEMORY_SIZE))
        w.end(acc=w.let(f"lshr i64 {size}, 16"))
        w.begin(k.TABLE_SIZE, small)
        items = w.load("ptr", w.offset("%vm", "a"))
        w.end(acc=w.load("i64", w.field(items, abi.TABLE_SIZE)))
        for n in range(5):
            for bits in (small, small | SMALL_B):
                w.begin(k.CHECK + n, bits)
                check(w, 1 << n)


def check(w: Writer, width: int) -> None:
    # Of one byte the address itself is compared, not that of its end.
    reach = width if width > 1 else 0
    if w.is_small("b"):
        end = carried(w, "%acc", checked_offset(w, reach))
    else:
        end = carried(w, "%acc", w.opaque(64, "<b:q>"))
        if reach:
            end = carried(w, end, str(reach))
    memory = w.load("ptr", w.offset("%vm", "a"))
    size = w.load("i64", w.field(memory, abi.MEMORY_SIZE))
    past = w.let(f"icmp {'ugt' if reach else 'uge'} i64 {end}, {size}")
    w.trap_if(past, abi.TRAP_MEMORY)
    first = w.let(f"getelementptr i8, ptr {w.load('ptr', memory)}, i64 {end}")
    address = w.let(f"ptrtoint ptr {w.field(first, -reach)} to i64")
    w.end(keep="c f x", acc=address)


def checked_offset(w: Writer, width: int) -> str:
    """An offset, from 0 on, plus a width, in one field."""
    w.bounds["b"] = (0, (INT_MAX if w.x86 else 4095) - width, 0)
    if w.x86:
        return w.opaque(64, f"<b:il32:{width}>")
    return w.let(f"bitcast i64 <b:i12:{width}> to i64")


def carried(w: Writer, a: str, b: str) -> str:
    """The sum, unless it is past 64 bits."""
    pair = w.let(f"call {{i64, i1}} @llvm.uadd.with.overflow.i64(i64 {a}, i64 {b})")
    w.trap_if(w.let(f"extractvalue {{i64, i1}} {pair}, 1"), abi.TRAP_MEMORY)
    return w.let(f"extractvalue {{i64, i1}} {pair}, 0")


def references(w: Writer) -> None:
    for small in (0, SMALL_A, SMALL_B, SMALL_A | SMALL_B):
        w.begin(k.CALLEE, small)
        table = w.load("ptr", w.offset("%vm", "a"))
        size = w.load("i64", w.field(table, abi.TABLE_SIZE))
        w.trap_if(w.let(f"icmp uge i64 %acc, {size}"), abi.TRAP_UNDEFINED)
        items = w.load("ptr", w.field(table, abi.TABLE_ITEMS))
        func = w.load("ptr", w.let(f"getelementptr i64, ptr {items}, i64 %acc"))
        w.trap_if(w.let(f"icmp eq ptr {func}, null"), abi.TRAP_UNINITIALIZED)
        type_id = w.load("i32", w.field(func, abi.FUNC_TYPE_ID))
        other = w.let(f"icmp ne i32 {type_id}, {w.immediate(32, 'b', ARITHMETIC)}")
        w.trap_if(other, abi.TRAP_MISMATCH)
        w.end(acc=w.let(f"ptrtoint ptr {func} to i64"))
    for i, code in enumerate((abi.TRAP_NULL, abi.TRAP_NULL_FUNC)):
        w.begin(k.NON_NULL + i)
        w.trap_if(w.let("icmp eq i64 %acc, 0"), code)
        w.end(keep=ALL)
    for small in (0, SMALL_A):
        w.begin(k.REF_FUNC, small)
        funcs = w.load("ptr", w.field("%vm", abi.CTX_FUNCS))
        w.end(acc=w.load("i64", w.offset(funcs, "a")))
        w.begin(k.FUEL, small)
        state = w.load("ptr", w.field("%vm", abi.CTX_STATE))
        fuel = w.load("i64", w.field(state, abi.STATE_FUEL))
        rest = w.let(f"sub i64 {fuel}, {w.immediate(64, 'a', ARITHMETIC)}")
        w.do(f"store i64 {rest}, ptr {w.field(state, abi.STATE_FUEL)}, align 1")
        w.trap_if(w.let(f"icmp slt i64 {rest}, 0"), abi.TRAP_FUEL)
        w.end(keep=ALL)
