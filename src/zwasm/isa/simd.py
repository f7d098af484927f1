"""Vector instructions, fixed-width and relaxed (section 3.4.5, encodings in section 5.4.8)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import F32, F64, I32, I64, V128

_SCALARS = {"i8x16": I32, "i16x8": I32, "i32x4": I32, "i64x2": I64, "f32x4": F32, "f64x2": F64}
_LANES = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}


def plain(
    name: str, number: int, params: tuple[int, ...], result: int, feature: int = r.SIMD
) -> None:
    declare(name, 0xFD000 + number, r.PLAIN, (), params, (result,), feature)


def unary(name: str, number: int, feature: int = r.SIMD) -> None:
    plain(name, number, (V128,), V128, feature)


def binary(name: str, number: int, feature: int = r.SIMD) -> None:
    plain(name, number, (V128, V128), V128, feature)


def ternary(name: str, number: int, feature: int = r.SIMD) -> None:
    plain(name, number, (V128, V128, V128), V128, feature)


def test(name: str, number: int) -> None:
    plain(name, number, (V128,), I32)


def shift(name: str, number: int) -> None:
    plain(name, number, (V128, I32), V128)


def load(name: str, number: int, align: int) -> None:
    declare(
        f"v128.{name}",
        0xFD000 + number,
        r.LOAD,
        (r.IMM_MEMARG,),
        (),
        (V128,),
        r.SIMD,
        align=align,
    )


load("load", 0, 4)
load("load8x8_s", 1, 3)
load("load8x8_u", 2, 3)
load("load16x4_s", 3, 3)
load("load16x4_u", 4, 3)
load("load32x2_s", 5, 3)
load("load32x2_u", 6, 3)
load("load8_splat", 7, 0)
load("load16_splat", 8, 1)
load("load32_splat", 9, 2)
load("load64_splat", 10, 3)
declare("v128.store", 0xFD00B, r.STORE, (r.IMM_MEMARG,), (V128,), (), r.SIMD, align=4)
declare("v128.const", 0xFD00C, r.CONST, (r.IMM_V128,), (), (V128,), r.SIMD, const=True)
declare(
    "i8x16.shuffle", 0xFD00D, r.SHUFFLE, (r.IMM_LANES,), (V128, V128), (V128,), r.SIMD, lanes=32
)
binary("i8x16.swizzle", 14)
for _i, _shape in enumerate(_SCALARS):
    plain(f"{_shape}.splat", 15 + _i, (_SCALARS[_shape],), V128)


def extract(shape: str, suffix: str, number: int) -> None:
    declare(
        f"{shape}.extract_lane{suffix}",
        0xFD000 + number,
        r.LANE,
        (r.IMM_LANE,),
        (V128,),
        (_SCALARS[shape],),
        r.SIMD,
        lanes=_LANES[shape],
    )


def replace(shape: str, number: int) -> None:
    declare(
        f"{shape}.replace_lane",
        0xFD000 + number,
        r.LANE,
        (r.IMM_LANE,),
        (V128, _SCALARS[shape]),
        (V128,),
        r.SIMD,
        lanes=_LANES[shape],
    )


extract("i8x16", "_s", 21)
extract("i8x16", "_u", 22)
replace("i8x16", 23)
extract("i16x8", "_s", 24)
extract("i16x8", "_u", 25)
replace("i16x8", 26)
for _i, _shape in enumerate(("i32x4", "i64x2", "f32x4", "f64x2")):
    extract(_shape, "", 27 + 2 * _i)
    replace(_shape, 28 + 2 * _i)

for _first, _shape in ((35, "i8x16"), (45, "i16x8"), (55, "i32x4")):
    for _i, _op in enumerate("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split()):
        binary(f"{_shape}.{_op}", _first + _i)
for _first, _shape in ((65, "f32x4"), (71, "f64x2")):
    for _i, _op in enumerate("eq ne lt gt le ge".split()):
        binary(f"{_shape}.{_op}", _first + _i)
for _i, _op in enumerate("eq ne lt_s gt_s le_s ge_s".split()):
    binary(f"i64x2.{_op}", 214 + _i)

unary("v128.not", 77)
binary("v128.and", 78)
binary("v128.andnot", 79)
binary("v128.or", 80)
binary("v128.xor", 81)
ternary("v128.bitselect", 82)
test("v128.any_true", 83)

for _i, _width in enumerate((8, 16, 32, 64)):
    declare(
        f"v128.load{_width}_lane",
        0xFD000 + 84 + _i,
        r.LOAD_LANE,
        (r.IMM_MEMARG, r.IMM_LANE),
        (V128,),
        (V128,),
        r.SIMD,
        align=_i,
        lanes=128 // _width,
    )
    declare(
        f"v128.store{_width}_lane",
        0xFD000 + 88 + _i,
        r.STORE_LANE,
        (r.IMM_MEMARG, r.IMM_LANE),
        (V128,),
        (),
        r.SIMD,
        align=_i,
        lanes=128 // _width,
    )
load("load32_zero", 92, 2)
load("load64_zero", 93, 3)

unary("f32x4.demote_f64x2_zero", 94)
unary("f64x2.promote_low_f32x4", 95)

unary("i8x16.abs", 96)
unary("i8x16.neg", 97)
unary("i8x16.popcnt", 98)
test("i8x16.all_true", 99)
test("i8x16.bitmask", 100)
binary("i8x16.narrow_i16x8_s", 101)
binary("i8x16.narrow_i16x8_u", 102)
unary("f32x4.ceil", 103)
unary("f32x4.floor", 104)
unary("f32x4.trunc", 105)
unary("f32x4.nearest", 106)
shift("i8x16.shl", 107)
shift("i8x16.shr_s", 108)
shift("i8x16.shr_u", 109)
binary("i8x16.add", 110)
binary("i8x16.add_sat_s", 111)
binary("i8x16.add_sat_u", 112)
binary("i8x16.sub", 113)
binary("i8x16.sub_sat_s", 114)
binary("i8x16.sub_sat_u", 115)
unary("f64x2.ceil", 116)
unary("f64x2.floor", 117)
binary("i8x16.min_s", 118)
binary("i8x16.min_u", 119)
binary("i8x16.max_s", 120)
binary("i8x16.max_u", 121)
unary("f64x2.trunc", 122)
binary("i8x16.avgr_u", 123)
unary("i16x8.extadd_pairwise_i8x16_s", 124)
unary("i16x8.extadd_pairwise_i8x16_u", 125)
unary("i32x4.extadd_pairwise_i16x8_s", 126)
unary("i32x4.extadd_pairwise_i16x8_u", 127)

unary("i16x8.abs", 128)
unary("i16x8.neg", 129)
binary("i16x8.q15mulr_sat_s", 130)
test("i16x8.all_true", 131)
test("i16x8.bitmask", 132)
binary("i16x8.narrow_i32x4_s", 133)
binary("i16x8.narrow_i32x4_u", 134)
for _i, _op in enumerate("low_i8x16_s high_i8x16_s low_i8x16_u high_i8x16_u".split()):
    unary(f"i16x8.extend_{_op}", 135 + _i)
    binary(f"i16x8.extmul_{_op}", 156 + _i)
shift("i16x8.shl", 139)
shift("i16x8.shr_s", 140)
shift("i16x8.shr_u", 141)
binary("i16x8.add", 142)
binary("i16x8.add_sat_s", 143)
binary("i16x8.add_sat_u", 144)
binary("i16x8.sub", 145)
binary("i16x8.sub_sat_s", 146)
binary("i16x8.sub_sat_u", 147)
unary("f64x2.nearest", 148)
binary("i16x8.mul", 149)
binary("i16x8.min_s", 150)
binary("i16x8.min_u", 151)
binary("i16x8.max_s", 152)
binary("i16x8.max_u", 153)
binary("i16x8.avgr_u", 155)

unary("i32x4.abs", 160)
unary("i32x4.neg", 161)
test("i32x4.all_true", 163)
test("i32x4.bitmask", 164)
for _i, _op in enumerate("low_i16x8_s high_i16x8_s low_i16x8_u high_i16x8_u".split()):
    unary(f"i32x4.extend_{_op}", 167 + _i)
    binary(f"i32x4.extmul_{_op}", 188 + _i)
shift("i32x4.shl", 171)
shift("i32x4.shr_s", 172)
shift("i32x4.shr_u", 173)
binary("i32x4.add", 174)
binary("i32x4.sub", 177)
binary("i32x4.mul", 181)
binary("i32x4.min_s", 182)
binary("i32x4.min_u", 183)
binary("i32x4.max_s", 184)
binary("i32x4.max_u", 185)
binary("i32x4.dot_i16x8_s", 186)

unary("i64x2.abs", 192)
unary("i64x2.neg", 193)
test("i64x2.all_true", 195)
test("i64x2.bitmask", 196)
for _i, _op in enumerate("low_i32x4_s high_i32x4_s low_i32x4_u high_i32x4_u".split()):
    unary(f"i64x2.extend_{_op}", 199 + _i)
    binary(f"i64x2.extmul_{_op}", 220 + _i)
shift("i64x2.shl", 203)
shift("i64x2.shr_s", 204)
shift("i64x2.shr_u", 205)
binary("i64x2.add", 206)
binary("i64x2.sub", 209)
binary("i64x2.mul", 213)

for _first, _shape in ((224, "f32x4"), (236, "f64x2")):
    unary(f"{_shape}.abs", _first)
    unary(f"{_shape}.neg", _first + 1)
    unary(f"{_shape}.sqrt", _first + 3)
    for _i, _op in enumerate("add sub mul div min max pmin pmax".split()):
        binary(f"{_shape}.{_op}", _first + 4 + _i)

unary("i32x4.trunc_sat_f32x4_s", 248)
unary("i32x4.trunc_sat_f32x4_u", 249)
unary("f32x4.convert_i32x4_s", 250)
unary("f32x4.convert_i32x4_u", 251)
unary("i32x4.trunc_sat_f64x2_s_zero", 252)
unary("i32x4.trunc_sat_f64x2_u_zero", 253)
unary("f64x2.convert_low_i32x4_s", 254)
unary("f64x2.convert_low_i32x4_u", 255)

binary("i8x16.relaxed_swizzle", 0x100, r.RELAXED_SIMD)
unary("i32x4.relaxed_trunc_f32x4_s", 0x101, r.RELAXED_SIMD)
unary("i32x4.relaxed_trunc_f32x4_u", 0x102, r.RELAXED_SIMD)
unary("i32x4.relaxed_trunc_f64x2_s_zero", 0x103, r.RELAXED_SIMD)
unary("i32x4.relaxed_trunc_f64x2_u_zero", 0x104, r.RELAXED_SIMD)
ternary("f32x4.relaxed_madd", 0x105, r.RELAXED_SIMD)
ternary("f32x4.relaxed_nmadd", 0x106, r.RELAXED_SIMD)
ternary("f64x2.relaxed_madd", 0x107, r.RELAXED_SIMD)
ternary("f64x2.relaxed_nmadd", 0x108, r.RELAXED_SIMD)
for _i, _shape in enumerate(("i8x16", "i16x8", "i32x4", "i64x2")):
    ternary(f"{_shape}.relaxed_laneselect", 0x109 + _i, r.RELAXED_SIMD)
for _i, _shape in enumerate(("f32x4", "f64x2")):
    binary(f"{_shape}.relaxed_min", 0x10D + 2 * _i, r.RELAXED_SIMD)
    binary(f"{_shape}.relaxed_max", 0x10E + 2 * _i, r.RELAXED_SIMD)
binary("i16x8.relaxed_q15mulr_s", 0x111, r.RELAXED_SIMD)
binary("i16x8.relaxed_dot_i8x16_i7x16_s", 0x112, r.RELAXED_SIMD)
ternary("i32x4.relaxed_dot_i8x16_i7x16_add_s", 0x113, r.RELAXED_SIMD)
