"""Numeric instructions (section 3.4.4, encodings in section 5.4.7)."""

from __future__ import annotations

from typing import Final

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import F32, F64, I32, I64

# Meanings as LLVM IR (see `Row`). T stands for the operands' type in LLVM, N for their width.
_LLVM_TYPES: Final = {I32: "i32", I64: "i64", F32: "float", F64: "double"}
_WIDTHS: Final = {I32: "32", I64: "64", F32: "32", F64: "64"}

_ICMP: Final = "{r} = icmp %s T {a}, {b}"
_INT_TESTS: Final = {
    "eqz": "{r} = icmp eq T {a}, 0",
    "eq": _ICMP % "eq",
    "ne": _ICMP % "ne",
    "lt_s": _ICMP % "slt",
    "lt_u": _ICMP % "ult",
    "gt_s": _ICMP % "sgt",
    "gt_u": _ICMP % "ugt",
    "le_s": _ICMP % "sle",
    "le_u": _ICMP % "ule",
    "ge_s": _ICMP % "sge",
    "ge_u": _ICMP % "uge",
}
_FCMP: Final = "{r} = fcmp %s T {a}, {b}"
_FLOAT_TESTS: Final = {
    "eq": _FCMP % "oeq",
    "ne": _FCMP % "une",
    "lt": _FCMP % "olt",
    "gt": _FCMP % "ogt",
    "le": _FCMP % "ole",
    "ge": _FCMP % "oge",
}

_BY_ZERO: Final = "%z = icmp eq T {b}, 0\ntrap INTEGER_DIVIDE_BY_ZERO if %z\n"
_SHIFT: Final = "%n = and T {b}, MASK\n{r} = OP T {a}, %n"
_EXTEND: Final = "%n = trunc T {a} to iFROM\n{r} = sext iFROM %n to T"
_INTS: Final = {
    "clz": "{r} = call T @llvm.ctlz.iN(T {a}, i1 false)",
    "ctz": "{r} = call T @llvm.cttz.iN(T {a}, i1 false)",
    "popcnt": "{r} = call T @llvm.ctpop.iN(T {a})",
    "add": "{r} = add T {a}, {b}",
    "sub": "{r} = sub T {a}, {b}",
    "mul": "{r} = mul T {a}, {b}",
    "div_s": _BY_ZERO
    + "%l = icmp eq T {a}, MINIMUM\n%m = icmp eq T {b}, -1\n%o = and i1 %l, %m\n"
    + "trap INTEGER_OVERFLOW if %o\n{r} = sdiv T {a}, {b}",
    "div_u": _BY_ZERO + "{r} = udiv T {a}, {b}",
    # The remainder by -1 is 0, as is that by 1; srem of the least number by -1 is undefined.
    "rem_s": _BY_ZERO
    + "%m = icmp eq T {b}, -1\n%d = select i1 %m, T 1, T {b}\n{r} = srem T {a}, %d",
    "rem_u": _BY_ZERO + "{r} = urem T {a}, {b}",
    "and": "{r} = and T {a}, {b}",
    "or": "{r} = or T {a}, {b}",
    "xor": "{r} = xor T {a}, {b}",
    "shl": _SHIFT.replace("OP", "shl"),
    "shr_s": _SHIFT.replace("OP", "ashr"),
    "shr_u": _SHIFT.replace("OP", "lshr"),
    "rotl": "{r} = call T @llvm.fshl.iN(T {a}, T {a}, T {b})",
    "rotr": "{r} = call T @llvm.fshr.iN(T {a}, T {a}, T {b})",
    "extend8_s": _EXTEND.replace("FROM", "8"),
    "extend16_s": _EXTEND.replace("FROM", "16"),
    "extend32_s": _EXTEND.replace("FROM", "32"),
}
_FLOATS: Final = {
    "abs": "{r} = call T @llvm.fabs.fN(T {a})",
    "neg": "{r} = fneg T {a}",
    "ceil": "{r} = call T @llvm.ceil.fN(T {a})",
    "floor": "{r} = call T @llvm.floor.fN(T {a})",
    "trunc": "{r} = call T @llvm.trunc.fN(T {a})",
    "nearest": "{r} = call T @llvm.roundeven.fN(T {a})",
    "sqrt": "{r} = call T @llvm.sqrt.fN(T {a})",
    "add": "{r} = fadd T {a}, {b}",
    "sub": "{r} = fsub T {a}, {b}",
    "mul": "{r} = fmul T {a}, {b}",
    "div": "{r} = fdiv T {a}, {b}",
    # LLVM leaves open whether these quiet NaNs; the specification says they do.
    "min": "{r} = call T @llvm.minimum.fN(T {a}, T {b})",
    "max": "{r} = call T @llvm.maximum.fN(T {a}, T {b})",
    "copysign": "{r} = call T @llvm.copysign.fN(T {a}, T {b})",
}
# By result, operand and sign: the comparisons and bounds, exact in the operand's type, outside of
# which truncation overflows.
_BOUNDS: Final[dict[tuple[int, int, str], tuple[str, float, float]]] = {
    (I32, F32, "s"): ("olt", -(2.0**31), 2.0**31),
    (I32, F64, "s"): ("ole", -(2.0**31) - 1, 2.0**31),
    (I32, F32, "u"): ("ole", -1.0, 2.0**32),
    (I32, F64, "u"): ("ole", -1.0, 2.0**32),
    (I64, F32, "s"): ("olt", -(2.0**63), 2.0**63),
    (I64, F64, "s"): ("olt", -(2.0**63), 2.0**63),
    (I64, F32, "u"): ("ole", -1.0, 2.0**64),
    (I64, F64, "u"): ("ole", -1.0, 2.0**64),
}


def typed(text: str, code: int) -> str:
    """A meaning for operands of a type."""
    bits = _WIDTHS[code]
    text = text.replace("iN", "i" + bits).replace("fN", "f" + bits)
    text = text.replace("MASK", str(int(bits) - 1))
    text = text.replace("MINIMUM", str(-(1 << (int(bits) - 1))))
    return text.replace("T ", _LLVM_TYPES[code] + " ").replace("to T", "to " + _LLVM_TYPES[code])


def truncation(result: int, operand: int, sign: str) -> str:
    below, low, high = _BOUNDS[result, operand, sign]
    source = _LLVM_TYPES[operand]
    return (
        f"%n = fcmp uno {source} {{a}}, {{a}}\n"
        "trap INVALID_CONVERSION_TO_INTEGER if %n\n"
        f"%l = fcmp {below} {source} {{a}}, {low:.1f}\n"
        f"%h = fcmp oge {source} {{a}}, {high:.1f}\n"
        "%o = or i1 %l, %h\n"
        "trap INTEGER_OVERFLOW if %o\n"
        f"{{r}} = fpto{sign}i {source} {{a}} to {_LLVM_TYPES[result]}"
    )


def saturation(result: int, operand: int, sign: str) -> str:
    target, source = _LLVM_TYPES[result], _LLVM_TYPES[operand]
    name = f"@llvm.fpto{sign}i.sat.{target}.f{_WIDTHS[operand]}"
    return f"{{r}} = call {target} {name}({source} {{a}})"


def conversion(operation: str, operand: int, result: int) -> str:
    return f"{{r}} = {operation} {_LLVM_TYPES[operand]} {{a}} to {_LLVM_TYPES[result]}"


def plain(
    name: str,
    encoding: int,
    params: tuple[int, ...],
    result: int,
    feature: int = 0,
    llvm: str = "",
) -> None:
    declare(name, encoding, r.PLAIN, (), params, (result,), feature, llvm=llvm)


def compare(prefix: str, first: int, names: str, params: tuple[int, ...]) -> None:
    """Consecutive encodings of tests or comparisons."""
    meanings = _FLOAT_TESTS if params[0] in (F32, F64) else _INT_TESTS
    for i, name in enumerate(names.split()):
        llvm = typed(meanings[name], params[0])
        full = f"{prefix}.{name}"
        declare(full, first + i, r.PLAIN, (), params, (I32,), compare=True, llvm=llvm)


def run(prefix: str, first: int, names: str, params: tuple[int, ...], feature: int = 0) -> None:
    """Consecutive encodings of operations whose result has the operands' type."""
    meanings = _FLOATS if params[0] in (F32, F64) else _INTS
    for i, name in enumerate(names.split()):
        llvm = typed(meanings[name], params[0])
        plain(f"{prefix}.{name}", first + i, params, params[0], feature, llvm)


def constant_binop(name: str, encoding: int, code: int) -> None:
    """An operation that may stand in constant expressions (extended constants)."""
    llvm = typed(_INTS[name.split(".")[1]], code)
    declare(name, encoding, r.PLAIN, (), (code, code), (code,), const=True, llvm=llvm)


def truncate(name: str, encoding: int, operand: int, result: int) -> None:
    """A signed truncation and the unsigned one after it."""
    for i, sign in enumerate("su"):
        llvm = truncation(result, operand, sign)
        plain(f"{name}_{sign}", encoding + i, (operand,), result, llvm=llvm)


def truncate_sat(name: str, encoding: int, operand: int, result: int) -> None:
    for i, sign in enumerate("su"):
        llvm = saturation(result, operand, sign)
        feature = r.SATURATING_FLOAT_TO_INT
        plain(f"{name}_{sign}", encoding + i, (operand,), result, feature, llvm)


def convert(
    name: str, encoding: int, operand: int, result: int, operations: tuple[str, ...]
) -> None:
    """A conversion, or a signed one and the unsigned one after it."""
    for i, operation in enumerate(operations):
        full = name if len(operations) == 1 else f"{name}_{'su'[i]}"
        llvm = conversion(operation, operand, result)
        plain(full, encoding + i, (operand,), result, llvm=llvm)


declare("i32.const", 0x41, r.CONST, (r.IMM_I32,), (), (I32,), const=True)
declare("i64.const", 0x42, r.CONST, (r.IMM_I64,), (), (I64,), const=True)
declare("f32.const", 0x43, r.CONST, (r.IMM_F32,), (), (F32,), const=True)
declare("f64.const", 0x44, r.CONST, (r.IMM_F64,), (), (F64,), const=True)

INT_RELOPS = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"
FLOAT_RELOPS = "eq ne lt gt le ge"
compare("i32", 0x45, "eqz", (I32,))
compare("i32", 0x46, INT_RELOPS, (I32, I32))
compare("i64", 0x50, "eqz", (I64,))
compare("i64", 0x51, INT_RELOPS, (I64, I64))
compare("f32", 0x5B, FLOAT_RELOPS, (F32, F32))
compare("f64", 0x61, FLOAT_RELOPS, (F64, F64))

INT_BINOPS = "div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
FLOAT_UNOPS = "abs neg ceil floor trunc nearest sqrt"
FLOAT_BINOPS = "add sub mul div min max copysign"
run("i32", 0x67, "clz ctz popcnt", (I32,))
constant_binop("i32.add", 0x6A, I32)
constant_binop("i32.sub", 0x6B, I32)
constant_binop("i32.mul", 0x6C, I32)
run("i32", 0x6D, INT_BINOPS, (I32, I32))
run("i64", 0x79, "clz ctz popcnt", (I64,))
constant_binop("i64.add", 0x7C, I64)
constant_binop("i64.sub", 0x7D, I64)
constant_binop("i64.mul", 0x7E, I64)
run("i64", 0x7F, INT_BINOPS, (I64, I64))
run("f32", 0x8B, FLOAT_UNOPS, (F32,))
run("f32", 0x92, FLOAT_BINOPS, (F32, F32))
run("f64", 0x99, FLOAT_UNOPS, (F64,))
run("f64", 0xA0, FLOAT_BINOPS, (F64, F64))

convert("i32.wrap_i64", 0xA7, I64, I32, ("trunc",))
truncate("i32.trunc_f32", 0xA8, F32, I32)
truncate("i32.trunc_f64", 0xAA, F64, I32)
convert("i64.extend_i32", 0xAC, I32, I64, ("sext", "zext"))
truncate("i64.trunc_f32", 0xAE, F32, I64)
truncate("i64.trunc_f64", 0xB0, F64, I64)
convert("f32.convert_i32", 0xB2, I32, F32, ("sitofp", "uitofp"))
convert("f32.convert_i64", 0xB4, I64, F32, ("sitofp", "uitofp"))
convert("f32.demote_f64", 0xB6, F64, F32, ("fptrunc",))
convert("f64.convert_i32", 0xB7, I32, F64, ("sitofp", "uitofp"))
convert("f64.convert_i64", 0xB9, I64, F64, ("sitofp", "uitofp"))
convert("f64.promote_f32", 0xBB, F32, F64, ("fpext",))
convert("i32.reinterpret_f32", 0xBC, F32, I32, ("bitcast",))
convert("i64.reinterpret_f64", 0xBD, F64, I64, ("bitcast",))
convert("f32.reinterpret_i32", 0xBE, I32, F32, ("bitcast",))
convert("f64.reinterpret_i64", 0xBF, I64, F64, ("bitcast",))

run("i32", 0xC0, "extend8_s extend16_s", (I32,), r.SIGN_EXTENSION)
run("i64", 0xC2, "extend8_s extend16_s extend32_s", (I64,), r.SIGN_EXTENSION)

truncate_sat("i32.trunc_sat_f32", 0xFC000, F32, I32)
truncate_sat("i32.trunc_sat_f64", 0xFC002, F64, I32)
truncate_sat("i64.trunc_sat_f32", 0xFC004, F32, I64)
truncate_sat("i64.trunc_sat_f64", 0xFC006, F64, I64)
