"""Vector instructions, fixed-width and relaxed (section 3.4.5, encodings in section 5.4.8).

The meanings of rows (see `Row`) are for LLVM on any machine. A relaxed instruction's is that of
the specification's deterministic profile. What is better on some machine, and what relaxed
instructions do there, is in `zwasm.baseline.stencil_vectors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zwasm.isa import row as r
from zwasm.isa.row import BY_NAME, declare
from zwasm.types import F32, F64, I32, I64, V128

_SCALARS: Final = {
    "i8x16": I32,
    "i16x8": I32,
    "i32x4": I32,
    "i64x2": I64,
    "f32x4": F32,
    "f64x2": F64,
}
_LANES: Final = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}
_WIDTHS: Final = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64, "f32x4": 32, "f64x2": 64}
_ELEMENTS: Final = {
    "i8x16": "i8",
    "i16x8": "i16",
    "i32x4": "i32",
    "i64x2": "i64",
    "f32x4": "float",
    "f64x2": "double",
}
_INTS: Final = ("i8x16", "i16x8", "i32x4", "i64x2")
_WIDER: Final = {"i8x16": "i16x8", "i16x8": "i32x4", "i32x4": "i64x2"}
_NARROWER: Final = {"i16x8": "i8x16", "i32x4": "i16x8"}


def lanes(shape: str, text: str) -> str:
    """A meaning by lanes of a shape.

    The text may use %a, %b and %c for operands of the shape, and may give %r of the shape rather
    than {r}; no other names begin with these letters. In it T stands for the LLVM type of the
    shape, E for that of a lane, W for a lane's width in bits, N for the number of lanes, I for
    as many integers of that width, P for as many bits, V for a vector as operands have it, and
    .S for the suffix of intrinsics.
    """
    whole = ""
    for name in "abc":
        if "%" + name in text:
            whole += f"%{name} = bitcast V {{{name}}} to T\n"
    whole += text
    if "%r" in text:
        whole += "\n{r} = bitcast T %r to V"
    whole = whole.replace("V", "<16 x i8>").replace("T", "<N x E>").replace("P", "<N x i1>")
    whole = whole.replace(".S", f".vN{shape[0]}W").replace("I", "<N x iW>")
    whole = whole.replace("E", _ELEMENTS[shape]).replace("N", str(_LANES[shape]))
    return whole.replace("W", str(_WIDTHS[shape]))


# Pieces of texts for `lanes`.


def splat(element: str, name: str) -> str:
    """`name` becomes a vector of equal lanes."""
    return (
        f"%{name}1 = insertelement T poison, E {element}, i32 0\n"
        f"%{name} = shufflevector T %{name}1, T poison, <N x i32> zeroinitializer\n"
    )


def mask(numbers: Sequence[int]) -> str:
    """The mask of a shuffle."""
    return f"<{len(numbers)} x i32> <{', '.join(f'i32 {n}' for n in numbers)}>"


def widened(shape: str, which: str, sign: str, operand: str, name: str) -> str:
    """`name` becomes half of an operand's lanes, twice as wide."""
    count = _LANES[shape]
    numbers = {
        "low": range(count // 2),
        "high": range(count // 2, count),
        "even": range(0, count, 2),
        "odd": range(1, count, 2),
    }
    half = f"<{count // 2} x E>"
    return (
        f"%{name}1 = shufflevector T %{operand}, T poison, {mask(numbers[which])}\n"
        f"%{name} = {'sz'[sign == 'u']}ext {half} %{name}1 to {wide(shape)}\n"
    )


def wide(shape: str) -> str:
    """The type of half as many integers, twice as wide."""
    return f"<{_LANES[shape] // 2} x i{2 * _WIDTHS[shape]}>"


def products(shape: str, first: str, second: str) -> str:
    """x and y become the products of two parts of operands' lanes, as signed numbers."""
    text = ""
    for part, name in ((first, "x"), (second, "y")):
        text += widened(shape, part, "s", "a", name + "2")
        text += widened(shape, part, "s", "b", name + "3")
        text += f"%{name} = mul {wide(shape)} %{name}2, %{name}3\n"
    return text


# The scalar operand of an instruction as a lane, x, by shape.
_LANE_OF: Final = {
    "i8x16": "%x = trunc i32 {0} to i8\n",
    "i16x8": "%x = trunc i32 {0} to i16\n",
    "i32x4": "%x = bitcast i32 {0} to i32\n",
    "i64x2": "%x = bitcast i64 {0} to i64\n",
    "f32x4": "%x = bitcast float {0} to float\n",
    "f64x2": "%x = bitcast double {0} to double\n",
}

# Texts for `lanes` by operation.
_CALL_1: Final = "%r = call T @llvm.{0}.S(T %a)"
_CALL_2: Final = "%r = call T @llvm.{0}.S(T %a, T %b)"
_COMPARE: Final = "%p = icmp {0} T %a, %b\n%r = sext P %p to T"
_FLOAT_COMPARE: Final = "%p = fcmp {0} T %a, %b\n%i = sext P %p to I\n%r = bitcast I %i to T"
_BOTH: Final = "%r = {0} T %a, %b"
_NEGATIVE: Final = "%p = icmp slt T %a, zeroinitializer\n%i = bitcast P %p to iN\n"
_ZEROS: Final = "%p = icmp eq T %a, zeroinitializer\n%i = bitcast P %p to iN\n"
_INT_OPERATIONS: Final = {
    "eq": _COMPARE.format("eq"),
    "ne": _COMPARE.format("ne"),
    "lt_s": _COMPARE.format("slt"),
    "lt_u": _COMPARE.format("ult"),
    "gt_s": _COMPARE.format("sgt"),
    "gt_u": _COMPARE.format("ugt"),
    "le_s": _COMPARE.format("sle"),
    "le_u": _COMPARE.format("ule"),
    "ge_s": _COMPARE.format("sge"),
    "ge_u": _COMPARE.format("uge"),
    "abs": "%r = call T @llvm.abs.S(T %a, i1 false)",
    "neg": "%r = sub T zeroinitializer, %a",
    "popcnt": _CALL_1.format("ctpop"),
    "all_true": _ZEROS + "%z = icmp eq iN %i, 0\n{r} = zext i1 %z to i32",
    "bitmask": _NEGATIVE + "{r} = zext iN %i to i32",
    "add": _BOTH.format("add"),
    "add_sat_s": _CALL_2.format("sadd.sat"),
    "add_sat_u": _CALL_2.format("uadd.sat"),
    "sub": _BOTH.format("sub"),
    "sub_sat_s": _CALL_2.format("ssub.sat"),
    "sub_sat_u": _CALL_2.format("usub.sat"),
    "mul": _BOTH.format("mul"),
    "min_s": _CALL_2.format("smin"),
    "min_u": _CALL_2.format("umin"),
    "max_s": _CALL_2.format("smax"),
    "max_u": _CALL_2.format("umax"),
    "avgr_u": "%x = zext T %a to <N x i32>\n%y = zext T %b to <N x i32>\n"
    "%s = add <N x i32> %x, %y\n%u = add <N x i32> %s, splat (i32 1)\n"
    "%h = lshr <N x i32> %u, splat (i32 1)\n%r = trunc <N x i32> %h to T",
}
_FLOAT_OPERATIONS: Final = {
    "eq": _FLOAT_COMPARE.format("oeq"),
    "ne": _FLOAT_COMPARE.format("une"),
    "lt": _FLOAT_COMPARE.format("olt"),
    "gt": _FLOAT_COMPARE.format("ogt"),
    "le": _FLOAT_COMPARE.format("ole"),
    "ge": _FLOAT_COMPARE.format("oge"),
    "abs": _CALL_1.format("fabs"),
    "neg": "%r = fneg T %a",
    "sqrt": _CALL_1.format("sqrt"),
    "ceil": _CALL_1.format("ceil"),
    "floor": _CALL_1.format("floor"),
    "trunc": _CALL_1.format("trunc"),
    "nearest": _CALL_1.format("roundeven"),
    "add": _BOTH.format("fadd"),
    "sub": _BOTH.format("fsub"),
    "mul": _BOTH.format("fmul"),
    "div": _BOTH.format("fdiv"),
    # LLVM leaves open whether these quiet NaNs; the specification says they do.
    "min": _CALL_2.format("minimum"),
    "max": _CALL_2.format("maximum"),
    "pmin": "%p = fcmp olt T %b, %a\n%r = select P %p, T %b, T %a",
    "pmax": "%p = fcmp olt T %a, %b\n%r = select P %p, T %b, T %a",
    "relaxed_madd": "%m = fmul T %a, %b\n%r = fadd T %m, %c",
    "relaxed_nmadd": "%m = fmul T %a, %b\n%r = fsub T %c, %m",
}


def meaning(name: str) -> str:
    shape, _, operation = name.partition(".")
    return lanes(shape, (_FLOAT_OPERATIONS if shape[0] == "f" else _INT_OPERATIONS)[operation])


def plain(
    name: str,
    number: int,
    params: tuple[int, ...],
    result: int,
    feature: int = r.SIMD,
    llvm: str = "",
) -> None:
    """A row; its meaning is by its name where none is given."""
    text = llvm or meaning(name)
    declare(name, 0xFD000 + number, r.PLAIN, (), params, (result,), feature, llvm=text)


def unary(name: str, number: int, llvm: str = "") -> None:
    plain(name, number, (V128,), V128, r.SIMD, llvm)


def binary(name: str, number: int, llvm: str = "") -> None:
    plain(name, number, (V128, V128), V128, r.SIMD, llvm)


def ternary(name: str, number: int, llvm: str = "") -> None:
    plain(name, number, (V128, V128, V128), V128, r.SIMD, llvm)


def test(name: str, number: int) -> None:
    plain(name, number, (V128,), I32)


def shift(name: str, number: int, operation: str) -> None:
    shape = name.split(".")[0]
    count = f"%n = and i32 {{b}}, {_WIDTHS[shape] - 1}\n"
    if shape == "i64x2":
        count += "%x = zext i32 %n to i64\n"
    else:
        count += _LANE_OF[shape].format("%n")
    text = lanes(shape, count + splat("%x", "y") + f"%r = {operation} T %a, %y")
    plain(name, number, (V128, I32), V128, r.SIMD, text)


def shifts(shape: str, number: int) -> None:
    shift(f"{shape}.shl", number, "shl")
    shift(f"{shape}.shr_s", number + 1, "ashr")
    shift(f"{shape}.shr_u", number + 2, "lshr")


def load(name: str, number: int, align: int, llvm: str) -> None:
    row, immediates = 0xFD000 + number, (r.IMM_MEMARG,)
    declare(f"v128.{name}", row, r.LOAD, immediates, (), (V128,), r.SIMD, align, llvm=llvm)


def load_extended(shape: str, number: int) -> None:
    """Both signs, of a shape's lanes."""
    width, count = _WIDTHS[shape], _LANES[shape] // 2
    for i, sign in enumerate("su"):
        text = f"%v = load <{count} x E>, ptr {{a}}, align 1\n"
        text += f"%w = {'sz'[i]}ext <{count} x E> %v to {wide(shape)}\n"
        text += f"{{r}} = bitcast {wide(shape)} %w to V"
        load(f"load{width}x{count}_{sign}", number + i, 3, lanes(shape, text))


_LOAD_LANE: Final = "%v = load E, ptr {a}, align 1\n"

load("load", 0, 4, "{r} = load <16 x i8>, ptr {a}, align 1")
load_extended("i8x16", 1)
load_extended("i16x8", 3)
load_extended("i32x4", 5)
for _i, _shape in enumerate(_INTS):
    load(f"load{8 << _i}_splat", 7 + _i, _i, lanes(_shape, _LOAD_LANE + splat("%v", "r")))
declare(
    "v128.store",
    0xFD00B,
    r.STORE,
    (r.IMM_MEMARG,),
    (V128,),
    (),
    r.SIMD,
    align=4,
    llvm="store <16 x i8> {b}, ptr {a}, align 1",
)
declare("v128.const", 0xFD00C, r.CONST, (r.IMM_V128,), (), (V128,), r.SIMD, const=True)
declare(
    "i8x16.shuffle", 0xFD00D, r.SHUFFLE, (r.IMM_LANES,), (V128, V128), (V128,), r.SIMD, lanes=32
)


def swizzling() -> str:
    """Lane by lane: LLVM has no shuffle by lane numbers that are not constants."""
    text, last = "", "zeroinitializer"
    for i in range(16):
        text += (
            f"%i{i} = extractelement V {{b}}, i32 {i}\n"
            f"%p{i} = icmp ult i8 %i{i}, 16\n"
            f"%m{i} = and i8 %i{i}, 15\n"
            f"%x{i} = extractelement V {{a}}, i8 %m{i}\n"
            f"%y{i} = select i1 %p{i}, i8 %x{i}, i8 0\n"
            f"%v{i} = insertelement V {last}, i8 %y{i}, i32 {i}\n"
        )
        last = f"%v{i}"
    return lanes("i8x16", text + f"{{r}} = bitcast V {last} to V")


binary("i8x16.swizzle", 14, swizzling())
for _i, _shape in enumerate(_SCALARS):
    _text = lanes(_shape, _LANE_OF[_shape].format("{a}") + splat("%x", "r"))
    plain(f"{_shape}.splat", 15 + _i, (_SCALARS[_shape],), V128, r.SIMD, _text)


def lane(name: str, number: int, params: tuple[int, ...], result: int, text: str) -> None:
    shape = name.split(".")[0]
    row, immediates, count = 0xFD000 + number, (r.IMM_LANE,), _LANES[shape]
    llvm = lanes(shape, text)
    declare(name, row, r.LANE, immediates, params, (result,), r.SIMD, lanes=count, llvm=llvm)


def extract(shape: str, suffix: str, number: int) -> None:
    name = f"{shape}.extract_lane{suffix}"
    text = "{r} = extractelement T %a, i32 {lane}"
    if suffix:
        extension = "sext" if suffix == "_s" else "zext"
        text = f"%x = extractelement T %a, i32 {{lane}}\n{{r}} = {extension} E %x to i32"
    lane(name, number, (V128,), _SCALARS[shape], text)


def replace(shape: str, number: int) -> None:
    text = _LANE_OF[shape].format("{b}") + "%r = insertelement T %a, E %x, i32 {lane}"
    lane(f"{shape}.replace_lane", number, (V128, _SCALARS[shape]), V128, text)


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

unary("v128.not", 77, lanes("i64x2", "%r = xor T %a, splat (E -1)"))
binary("v128.and", 78, lanes("i64x2", "%r = and T %a, %b"))
binary("v128.andnot", 79, lanes("i64x2", "%n = xor T %b, splat (E -1)\n%r = and T %a, %n"))
binary("v128.or", 80, lanes("i64x2", "%r = or T %a, %b"))
binary("v128.xor", 81, lanes("i64x2", "%r = xor T %a, %b"))
ternary(
    "v128.bitselect",
    82,
    lanes(
        "i64x2",
        "%n = xor T %c, splat (E -1)\n%x = and T %a, %c\n%y = and T %b, %n\n%r = or T %x, %y",
    ),
)
plain(
    "v128.any_true",
    83,
    (V128,),
    I32,
    r.SIMD,
    "%i = bitcast <16 x i8> {a} to i128\n%n = icmp ne i128 %i, 0\n{r} = zext i1 %n to i32",
)


def lane_access(name: str, number: int, shape: str, rule: int, result: bool, text: str) -> None:
    row, immediates, count = 0xFD000 + number, (r.IMM_MEMARG, r.IMM_LANE), _LANES[shape]
    results = (V128,) if result else ()
    align = {16: 0, 8: 1, 4: 2, 2: 3}[count]
    llvm = lanes(shape, text)
    declare(name, row, rule, immediates, (V128,), results, r.SIMD, align, count, llvm=llvm)


_INSERT: Final = _LOAD_LANE + "%r = insertelement T %b, E %v, i32 {lane}"
_EXTRACT: Final = "%v = extractelement T %b, i32 {lane}\nstore E %v, ptr {a}, align 1"
for _i, _shape in enumerate(_INTS):
    _width = _WIDTHS[_shape]
    lane_access(f"v128.load{_width}_lane", 84 + _i, _shape, r.LOAD_LANE, True, _INSERT)
    lane_access(f"v128.store{_width}_lane", 88 + _i, _shape, r.STORE_LANE, False, _EXTRACT)
_LOAD_ZERO: Final = _LOAD_LANE + "%r = insertelement T zeroinitializer, E %v, i32 0"
load("load32_zero", 92, 2, lanes("i32x4", _LOAD_ZERO))
load("load64_zero", 93, 3, lanes("i64x2", _LOAD_ZERO))

unary(
    "f32x4.demote_f64x2_zero",
    94,
    lanes(
        "f64x2",
        "%x = fptrunc T %a to <2 x float>\n"
        f"%y = shufflevector <2 x float> %x, <2 x float> zeroinitializer, {mask(range(4))}\n"
        "{r} = bitcast <4 x float> %y to V",
    ),
)
unary(
    "f64x2.promote_low_f32x4",
    95,
    lanes(
        "f32x4",
        f"%x = shufflevector T %a, T poison, {mask(range(2))}\n"
        "%y = fpext <2 x float> %x to <2 x double>\n{r} = bitcast <2 x double> %y to V",
    ),
)


def extend(shape: str, number: int) -> None:
    """The four extensions of a shape's halves."""
    for i, which in enumerate(("low_s", "high_s", "low_u", "high_u")):
        half, sign = which.split("_")
        text = widened(shape, half, sign, "a", "x") + f"{{r}} = bitcast {wide(shape)} %x to V"
        unary(f"{_WIDER[shape]}.extend_{half}_{shape}_{sign}", number + i, lanes(shape, text))


def extmul(shape: str, number: int) -> None:
    for i, which in enumerate(("low_s", "high_s", "low_u", "high_u")):
        half, sign = which.split("_")
        text = widened(shape, half, sign, "a", "x") + widened(shape, half, sign, "b", "y")
        text += f"%z = mul {wide(shape)} %x, %y\n{{r}} = bitcast {wide(shape)} %z to V"
        binary(f"{_WIDER[shape]}.extmul_{half}_{shape}_{sign}", number + i, lanes(shape, text))


def extadd(shape: str, number: int) -> None:
    for i, sign in enumerate("su"):
        text = widened(shape, "even", sign, "a", "x") + widened(shape, "odd", sign, "a", "y")
        text += f"%z = add {wide(shape)} %x, %y\n{{r}} = bitcast {wide(shape)} %z to V"
        name = f"{_WIDER[shape]}.extadd_pairwise_{shape}_{sign}"
        unary(name, number + i, lanes(shape, text))


def narrow(shape: str, number: int) -> None:
    """Both narrowings of a shape's lanes, which are signed."""
    count, width = _LANES[shape], _WIDTHS[shape] // 2
    both, narrowed = f"<{2 * count} x E>", f"<{2 * count} x i{width}>"
    for i, sign in enumerate("su"):
        low = -(1 << width - 1) if sign == "s" else 0
        high = low + (1 << width) - 1
        text = f"%x = shufflevector T %a, T %b, {mask(range(2 * count))}\n"
        for name, operand, function, bound in (("y", "x", "max", low), ("z", "y", "min", high)):
            intrinsic = f"@llvm.s{function}.v{2 * count}iW"
            text += (
                f"%{name} = call {both} {intrinsic}({both} %{operand}, {both} splat (E {bound}))\n"
            )
        text += f"%n = trunc {both} %z to {narrowed}\n{{r}} = bitcast {narrowed} %n to V"
        binary(f"{_NARROWER[shape]}.narrow_{shape}_{sign}", number + i, lanes(shape, text))


unary("i8x16.abs", 96)
unary("i8x16.neg", 97)
unary("i8x16.popcnt", 98)
test("i8x16.all_true", 99)
test("i8x16.bitmask", 100)
narrow("i16x8", 101)
unary("f32x4.ceil", 103)
unary("f32x4.floor", 104)
unary("f32x4.trunc", 105)
unary("f32x4.nearest", 106)
shifts("i8x16", 107)
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
extadd("i8x16", 124)
extadd("i16x8", 126)

unary("i16x8.abs", 128)
unary("i16x8.neg", 129)
binary(
    "i16x8.q15mulr_sat_s",
    130,
    lanes(
        "i16x8",
        "%x = sext T %a to <8 x i32>\n%y = sext T %b to <8 x i32>\n"
        "%z = mul <8 x i32> %x, %y\n%s = add <8 x i32> %z, splat (i32 16384)\n"
        "%h = ashr <8 x i32> %s, splat (i32 15)\n"
        "%m = call <8 x i32> @llvm.smin.v8i32(<8 x i32> %h, <8 x i32> splat (i32 32767))\n"
        "%r = trunc <8 x i32> %m to T",
    ),
)
test("i16x8.all_true", 131)
test("i16x8.bitmask", 132)
narrow("i32x4", 133)
extend("i8x16", 135)
shifts("i16x8", 139)
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
extmul("i8x16", 156)

unary("i32x4.abs", 160)
unary("i32x4.neg", 161)
test("i32x4.all_true", 163)
test("i32x4.bitmask", 164)
extend("i16x8", 167)
shifts("i32x4", 171)
binary("i32x4.add", 174)
binary("i32x4.sub", 177)
binary("i32x4.mul", 181)
binary("i32x4.min_s", 182)
binary("i32x4.min_u", 183)
binary("i32x4.max_s", 184)
binary("i32x4.max_u", 185)
binary(
    "i32x4.dot_i16x8_s",
    186,
    lanes(
        "i16x8",
        products("i16x8", "even", "odd")
        + "%z = add <4 x i32> %x, %y\n{r} = bitcast <4 x i32> %z to V",
    ),
)
extmul("i16x8", 188)

unary("i64x2.abs", 192)
unary("i64x2.neg", 193)
test("i64x2.all_true", 195)
test("i64x2.bitmask", 196)
extend("i32x4", 199)
shifts("i64x2", 203)
binary("i64x2.add", 206)
binary("i64x2.sub", 209)
binary("i64x2.mul", 213)
extmul("i32x4", 220)

for _first, _shape in ((224, "f32x4"), (236, "f64x2")):
    unary(f"{_shape}.abs", _first)
    unary(f"{_shape}.neg", _first + 1)
    unary(f"{_shape}.sqrt", _first + 3)
    for _i, _op in enumerate("add sub mul div min max pmin pmax".split()):
        binary(f"{_shape}.{_op}", _first + 4 + _i)

for _i, _sign in enumerate("su"):
    _to_int, _to_float = f"fpto{_sign}i.sat", f"{_sign}itofp"
    unary(
        f"i32x4.trunc_sat_f32x4_{_sign}",
        248 + _i,
        lanes(
            "f32x4",
            f"%i = call I @llvm.{_to_int}.v4i32.S(T %a)\n{{r}} = bitcast I %i to V".replace(
                "v4i32.S", "v4i32.v4f32"
            ),
        ),
    )
    unary(
        f"f32x4.convert_i32x4_{_sign}",
        250 + _i,
        lanes(
            "i32x4",
            f"%x = {_to_float} T %a to <4 x float>\n{{r}} = bitcast <4 x float> %x to V",
        ),
    )
    unary(
        f"i32x4.trunc_sat_f64x2_{_sign}_zero",
        252 + _i,
        lanes(
            "f64x2",
            f"%x = call <2 x i32> @llvm.{_to_int}.v2i32.v2f64(T %a)\n"
            f"%y = shufflevector <2 x i32> %x, <2 x i32> zeroinitializer, {mask(range(4))}\n"
            "{r} = bitcast <4 x i32> %y to V",
        ),
    )
    unary(
        f"f64x2.convert_low_i32x4_{_sign}",
        254 + _i,
        lanes(
            "i32x4",
            f"%x = shufflevector T %a, T poison, {mask(range(2))}\n"
            f"%y = {_to_float} <2 x i32> %x to <2 x double>\n{{r}} = bitcast <2 x double> %y to V",
        ),
    )


def relaxed(name: str, number: int, operands: int, llvm: str = "") -> None:
    plain(name, 0x100 + number, (V128,) * operands, V128, r.RELAXED_SIMD, llvm)


def like(name: str) -> str:
    return BY_NAME[name].llvm


relaxed("i8x16.relaxed_swizzle", 0, 2, like("i8x16.swizzle"))
for _i, _name in enumerate(("f32x4_s", "f32x4_u", "f64x2_s_zero", "f64x2_u_zero")):
    relaxed(f"i32x4.relaxed_trunc_{_name}", 1 + _i, 1, like(f"i32x4.trunc_sat_{_name}"))
for _i, _shape in enumerate(("f32x4", "f64x2")):
    relaxed(f"{_shape}.relaxed_madd", 5 + 2 * _i, 3)
    relaxed(f"{_shape}.relaxed_nmadd", 6 + 2 * _i, 3)
for _i, _shape in enumerate(_INTS):
    relaxed(f"{_shape}.relaxed_laneselect", 9 + _i, 3, like("v128.bitselect"))
for _i, _shape in enumerate(("f32x4", "f64x2")):
    relaxed(f"{_shape}.relaxed_min", 13 + 2 * _i, 2, like(f"{_shape}.min"))
    relaxed(f"{_shape}.relaxed_max", 14 + 2 * _i, 2, like(f"{_shape}.max"))
relaxed("i16x8.relaxed_q15mulr_s", 17, 2, like("i16x8.q15mulr_sat_s"))
_DOT: Final = (
    products("i8x16", "even", "odd")
    + "%z = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %x, <8 x i16> %y)\n"
)
relaxed(
    "i16x8.relaxed_dot_i8x16_i7x16_s",
    18,
    2,
    lanes("i8x16", _DOT + "{r} = bitcast <8 x i16> %z to V"),
)
relaxed(
    "i32x4.relaxed_dot_i8x16_i7x16_add_s",
    19,
    3,
    lanes("i8x16", _DOT)
    + lanes(
        "i16x8",
        widened("i16x8", "even", "s", "z", "m")
        + widened("i16x8", "odd", "s", "z", "n")
        + "%s = add <4 x i32> %m, %n\n%v = bitcast V {c} to <4 x i32>\n"
        + "%w = add <4 x i32> %s, %v\n{r} = bitcast <4 x i32> %w to V",
    ),
)
