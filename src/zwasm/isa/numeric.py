"""Numeric instructions (section 3.4.4, encodings in section 5.4.7)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import F32, F64, I32, I64


def plain(name: str, encoding: int, params: tuple[int, ...], result: int, feature: int = 0) -> None:
    declare(name, encoding, r.PLAIN, (), params, (result,), feature)


def compare(prefix: str, first: int, names: str, params: tuple[int, ...]) -> None:
    """Consecutive encodings of tests or comparisons."""
    for i, name in enumerate(names.split()):
        declare(f"{prefix}.{name}", first + i, r.PLAIN, (), params, (I32,), compare=True)


def run(prefix: str, first: int, names: str, params: tuple[int, ...], result: int) -> None:
    """Consecutive encodings of one signature."""
    for i, name in enumerate(names.split()):
        plain(f"{prefix}.{name}", first + i, params, result)


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

# add, sub and mul of integers may stand in constant expressions (extended constants).
INT_BINOPS = "div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
FLOAT_UNOPS = "abs neg ceil floor trunc nearest sqrt"
FLOAT_BINOPS = "add sub mul div min max copysign"
run("i32", 0x67, "clz ctz popcnt", (I32,), I32)
declare("i32.add", 0x6A, r.PLAIN, (), (I32, I32), (I32,), const=True)
declare("i32.sub", 0x6B, r.PLAIN, (), (I32, I32), (I32,), const=True)
declare("i32.mul", 0x6C, r.PLAIN, (), (I32, I32), (I32,), const=True)
run("i32", 0x6D, INT_BINOPS, (I32, I32), I32)
run("i64", 0x79, "clz ctz popcnt", (I64,), I64)
declare("i64.add", 0x7C, r.PLAIN, (), (I64, I64), (I64,), const=True)
declare("i64.sub", 0x7D, r.PLAIN, (), (I64, I64), (I64,), const=True)
declare("i64.mul", 0x7E, r.PLAIN, (), (I64, I64), (I64,), const=True)
run("i64", 0x7F, INT_BINOPS, (I64, I64), I64)
run("f32", 0x8B, FLOAT_UNOPS, (F32,), F32)
run("f32", 0x92, FLOAT_BINOPS, (F32, F32), F32)
run("f64", 0x99, FLOAT_UNOPS, (F64,), F64)
run("f64", 0xA0, FLOAT_BINOPS, (F64, F64), F64)

plain("i32.wrap_i64", 0xA7, (I64,), I32)
run("i32", 0xA8, "trunc_f32_s trunc_f32_u", (F32,), I32)
run("i32", 0xAA, "trunc_f64_s trunc_f64_u", (F64,), I32)
run("i64", 0xAC, "extend_i32_s extend_i32_u", (I32,), I64)
run("i64", 0xAE, "trunc_f32_s trunc_f32_u", (F32,), I64)
run("i64", 0xB0, "trunc_f64_s trunc_f64_u", (F64,), I64)
run("f32", 0xB2, "convert_i32_s convert_i32_u", (I32,), F32)
run("f32", 0xB4, "convert_i64_s convert_i64_u", (I64,), F32)
plain("f32.demote_f64", 0xB6, (F64,), F32)
run("f64", 0xB7, "convert_i32_s convert_i32_u", (I32,), F64)
run("f64", 0xB9, "convert_i64_s convert_i64_u", (I64,), F64)
plain("f64.promote_f32", 0xBB, (F32,), F64)
plain("i32.reinterpret_f32", 0xBC, (F32,), I32)
plain("i64.reinterpret_f64", 0xBD, (F64,), I64)
plain("f32.reinterpret_i32", 0xBE, (I32,), F32)
plain("f64.reinterpret_i64", 0xBF, (I64,), F64)

plain("i32.extend8_s", 0xC0, (I32,), I32, r.SIGN_EXTENSION)
plain("i32.extend16_s", 0xC1, (I32,), I32, r.SIGN_EXTENSION)
plain("i64.extend8_s", 0xC2, (I64,), I64, r.SIGN_EXTENSION)
plain("i64.extend16_s", 0xC3, (I64,), I64, r.SIGN_EXTENSION)
plain("i64.extend32_s", 0xC4, (I64,), I64, r.SIGN_EXTENSION)

plain("i32.trunc_sat_f32_s", 0xFC000, (F32,), I32, r.SATURATING_FLOAT_TO_INT)
plain("i32.trunc_sat_f32_u", 0xFC001, (F32,), I32, r.SATURATING_FLOAT_TO_INT)
plain("i32.trunc_sat_f64_s", 0xFC002, (F64,), I32, r.SATURATING_FLOAT_TO_INT)
plain("i32.trunc_sat_f64_u", 0xFC003, (F64,), I32, r.SATURATING_FLOAT_TO_INT)
plain("i64.trunc_sat_f32_s", 0xFC004, (F32,), I64, r.SATURATING_FLOAT_TO_INT)
plain("i64.trunc_sat_f32_u", 0xFC005, (F32,), I64, r.SATURATING_FLOAT_TO_INT)
plain("i64.trunc_sat_f64_s", 0xFC006, (F64,), I64, r.SATURATING_FLOAT_TO_INT)
plain("i64.trunc_sat_f64_u", 0xFC007, (F64,), I64, r.SATURATING_FLOAT_TO_INT)
