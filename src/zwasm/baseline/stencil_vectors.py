"""What vector instructions are on a level of an architecture, as LLVM IR.

In: a row of `zwasm.isa.simd`. Out: its fragment for a table of stencils: the row's own meaning
where LLVM makes the best of that, else one that names the machine's instructions. Relaxed
instructions are what the machine's own instructions give, or, where asked for, the
specification's deterministic profile. Runs when the package is built, not later.
"""

from __future__ import annotations

from typing import Final

from zwasm.isa.row import BY_NAME, Row
from zwasm.isa.simd import lanes, mask, products

# How stencils of vectors are compiled. Without optsize, with which LLVM has constants of one and
# two bytes that it broadcasts with AVX2, rather than whole ones as operands of instructions.
ATTRIBUTES: Final = "nounwind noredzone uwtable"

_SHAPES: Final = ("i8x16", "i16x8", "i32x4", "i64x2")
_FLOATS: Final = {"f32x4": (32, "ps"), "f64x2": (64, "pd")}
_BYTES: Final = "<16 x i8>"


def operation(shape: str, intrinsic: str, result: str, operands: str = "ab") -> str:
    """An instruction of operands of a shape, whose result is of an LLVM type."""
    arguments = ", ".join(f"T %{operand}" for operand in operands)
    text = f"%z = call {result} @llvm.{intrinsic}({arguments})\n"
    return lanes(shape, text + f"{{r}} = bitcast {result} %z to V")


# x86-64, all levels.


def swizzle() -> str:
    """pshufb gives 0 for numbers with the highest bit: those from 16 on get it."""
    return (
        "%n = call <16 x i8> @llvm.uadd.sat.v16i8(<16 x i8> {b}, <16 x i8> splat (i8 112))\n"
        "{r} = call <16 x i8> @llvm.x86.ssse3.pshuf.b.128(<16 x i8> {a}, <16 x i8> %n)"
    )


def least(shape: str, minimum: bool) -> str:
    """The lesser or greater of two floats, in few instructions.

    Of equal operands, or where one is a NaN, minps gives the second. Zeros of both signs become
    right by combining both orders bit by bit; where one is a NaN the result is the canonical one.
    """
    compare, combine = ("olt", "or") if minimum else ("ogt", "and")
    width, _ = _FLOATS[shape]
    payload = 10 if width == 32 else 13
    return lanes(
        shape,
        f"%p = fcmp {compare} T %a, %b\n"
        "%m = select P %p, T %a, T %b\n"
        f"%q = fcmp {compare} T %b, %a\n"
        "%n = select P %q, T %b, T %a\n"
        "%i = bitcast T %m to I\n"
        "%j = bitcast T %n to I\n"
        f"%k = {combine} I %i, %j\n"
        "%u = fcmp uno T %a, %b\n"
        "%s = sext P %u to I\n"
        "%o = or I %k, %s\n"
        f"%h = lshr I %s, splat (iW {payload})\n"
        "%l = xor I %h, splat (iW -1)\n"
        "%v = and I %o, %l\n"
        "{r} = bitcast I %v to V",
    )


def extended_sum(shape: str, sign: str) -> str:
    """Sums of neighbours as products with ones."""
    if shape == "i8x16":
        # The first operand's lanes are unsigned, the second one's signed.
        first, second = ("splat (E 1)", "%a") if sign == "s" else ("%a", "splat (E 1)")
        call = f"@llvm.x86.ssse3.pmadd.ub.sw.128(T {first}, T {second})"
        return lanes(shape, f"%z = call <8 x i16> {call}\n{{r}} = bitcast <8 x i16> %z to V")
    call = "@llvm.x86.sse2.pmadd.wd(T %a, T splat (E 1))"
    return lanes(shape, f"%z = call <4 x i32> {call}\n{{r}} = bitcast <4 x i32> %z to V")


def long_product(half: str, sign: str) -> str:
    """Products of 16-bit lanes from their lower and upper halves."""
    first = 4 if half == "high" else 0
    numbers = [n + at for n in range(first, first + 4) for at in (0, 8)]
    multiply = "pmulh" if sign == "s" else "pmulhu"
    return lanes(
        "i16x8",
        "%l = mul T %a, %b\n"
        f"%h = call T @llvm.x86.sse2.{multiply}.w(T %a, T %b)\n"
        f"%r = shufflevector T %l, T %h, {mask(numbers)}",
    )


def truncated_s() -> str:
    """cvttps2dq gives the least number out of range: the greatest from 2**31 on, 0 of NaNs."""
    return lanes(
        "f32x4",
        "%i = call I @llvm.x86.sse2.cvttps2dq(T %a)\n"
        "%p = fcmp oge T %a, splat (E 2147483648.0)\n"
        "%h = sext P %p to I\n"
        "%x = xor I %i, %h\n"
        "%q = fcmp ord T %a, %a\n"
        "%o = sext P %q to I\n"
        "%v = and I %x, %o\n"
        "{r} = bitcast I %v to V",
    )


def positive() -> str:
    """x is the operand, or 0 where it is less or a NaN."""
    return "%p = fcmp ogt T %a, zeroinitializer\n%x = select P %p, T %a, T zeroinitializer\n"


def truncated_u() -> str:
    """What is above 2**31 is converted apart, and added."""
    return lanes(
        "f32x4",
        positive() + "%y = fsub T %x, splat (E 2147483648.0)\n"
        "%i = call I @llvm.x86.sse2.cvttps2dq(T %x)\n"
        "%j = call I @llvm.x86.sse2.cvttps2dq(T %y)\n"
        "%q = fcmp oge T %y, splat (E 2147483648.0)\n"
        "%h = sext P %q to I\n"
        "%k = xor I %j, %h\n"
        "%m = call I @llvm.smax.v4i32(I %k, I zeroinitializer)\n"
        "%v = add I %i, %m\n"
        "{r} = bitcast I %v to V",
    )


def truncated_double_s() -> str:
    """The bound is 0 of NaNs: minpd gives its second operand of these."""
    return lanes(
        "f64x2",
        "%p = fcmp ord T %a, %a\n"
        "%y = select P %p, T splat (E 2147483647.0), T zeroinitializer\n"
        "%q = fcmp olt T %a, %y\n"
        "%x = select P %q, T %a, T %y\n"
        "%z = call <4 x i32> @llvm.x86.sse2.cvttpd2dq(T %x)\n"
        "{r} = bitcast <4 x i32> %z to V",
    )


def truncated_double_u() -> str:
    """An integer plus 2**52 has it in its low half."""
    return lanes(
        "f64x2",
        positive() + "%q = fcmp olt T %x, splat (E 4294967295.0)\n"
        "%y = select P %q, T %x, T splat (E 4294967295.0)\n"
        "%f = call T @llvm.trunc.S(T %y)\n"
        "%s = fadd T %f, splat (E 4503599627370496.0)\n"
        "%z = bitcast T %s to <4 x i32>\n"
        "%v = shufflevector <4 x i32> %z, <4 x i32> zeroinitializer, "
        "<4 x i32> <i32 0, i32 2, i32 4, i32 6>\n"
        "{r} = bitcast <4 x i32> %v to V",
    )


def shifted_right_s() -> str:
    """Bytes are shifted in the upper halves of 16-bit lanes."""
    both = [n + at for n in range(16) for at in (0, 0)]
    return (
        "%m = and i32 {b}, 7\n%n = or i32 %m, 8\n"
        "%v = insertelement <4 x i32> zeroinitializer, i32 %n, i32 0\n"
        "%w = bitcast <4 x i32> %v to <8 x i16>\n"
        f"%x = shufflevector V {{a}}, V poison, {mask(both[:16])}\n"
        f"%y = shufflevector V {{a}}, V poison, {mask(both[16:])}\n"
        "%i = bitcast V %x to <8 x i16>\n%j = bitcast V %y to <8 x i16>\n"
        "%k = call <8 x i16> @llvm.x86.sse2.psra.w(<8 x i16> %i, <8 x i16> %w)\n"
        "%l = call <8 x i16> @llvm.x86.sse2.psra.w(<8 x i16> %j, <8 x i16> %w)\n"
        "{r} = call V @llvm.x86.sse2.packsswb.128(<8 x i16> %k, <8 x i16> %l)"
    ).replace("V", _BYTES)


def blended(shape: str) -> str:
    """{a} where the highest bit of a lane of {c} is set, else {b}."""
    name = {"i32x4": "f32x4", "i64x2": "f64x2"}.get(shape, "i8x16")
    suffix = {"f32x4": "blendvps", "f64x2": "blendvpd"}.get(name, "pblendvb")
    return lanes(name, f"%r = call T @llvm.x86.sse41.{suffix}(T %b, T %a, T %c)")


def shifted_bytes(left: bool) -> str:
    """16-bit lanes are shifted, and what comes from another byte, or would go there, cleared."""
    steps = ("%l = shl T %a, %y", "%r = and T %l, %k")
    if not left:
        steps = ("%l = and T %a, %k", "%r = lshr T %l, %y")
    return lanes(
        "i16x8",
        "%m = and i32 {b}, 7\n%n = trunc i32 %m to E\n"
        "%x = insertelement T poison, E %n, i32 0\n"
        "%y = shufflevector T %x, T poison, <N x i32> zeroinitializer\n"
        "%h = shl T splat (E -1), %y\n"
        "%i = bitcast T %h to V\n"
        "%j = shufflevector V %i, V poison, <16 x i32> zeroinitializer\n"
        "%k = bitcast V %j to T\n" + "\n".join(steps),
    )


def unsigned_comparison(shape: str, least_one: str) -> str:
    """Whether the least or greatest one is not a, which takes less time than a mask register."""
    return lanes(
        shape,
        f"%m = call T @llvm.{least_one}.S(T %a, T %b)\n"
        "%p = icmp eq T %a, %m\n"
        "%e = sext P %p to T\n"
        "%r = xor T %e, splat (E -1)",
    )


def ranged(shape: str, minimum: bool) -> str:
    """vrangeps orders zeros, but gives a number rather than a NaN."""
    _, suffix = _FLOATS[shape]
    return lanes(
        shape,
        f"%m = call T @llvm.x86.avx512.mask.range.{suffix}.128"
        f"(T %a, T %b, i32 {4 if minimum else 5}, T zeroinitializer, i8 -1)\n"
        "%p = fcmp uno T %a, %b\n"
        "%s = fadd T %a, %b\n"
        "%r = select P %p, T %s, T %m",
    )


_X86: Final[dict[str, str]] = {
    "i8x16.swizzle": swizzle(),
    "i8x16.narrow_i16x8_s": operation("i16x8", "x86.sse2.packsswb.128", _BYTES),
    "i8x16.narrow_i16x8_u": operation("i16x8", "x86.sse2.packuswb.128", _BYTES),
    "i16x8.narrow_i32x4_s": operation("i32x4", "x86.sse2.packssdw.128", "<8 x i16>"),
    "i16x8.narrow_i32x4_u": operation("i32x4", "x86.sse41.packusdw", "<8 x i16>"),
    "i8x16.shr_s": shifted_right_s(),
    "i16x8.extadd_pairwise_i8x16_s": extended_sum("i8x16", "s"),
    "i16x8.extadd_pairwise_i8x16_u": extended_sum("i8x16", "u"),
    "i32x4.extadd_pairwise_i16x8_s": extended_sum("i16x8", "s"),
    "i16x8.q15mulr_sat_s": lanes(
        "i16x8",
        "%m = call T @llvm.x86.ssse3.pmul.hr.sw.128(T %a, T %b)\n"
        "%p = icmp eq T %m, splat (E -32768)\n"
        "%h = sext P %p to T\n%r = xor T %m, %h",
    ),
    "i32x4.extmul_low_i16x8_u": long_product("low", "u"),
    "i32x4.extmul_high_i16x8_u": long_product("high", "u"),
    "f32x4.min": least("f32x4", True),
    "f32x4.max": least("f32x4", False),
    "f64x2.min": least("f64x2", True),
    "f64x2.max": least("f64x2", False),
    "i32x4.trunc_sat_f32x4_s": truncated_s(),
    "i32x4.trunc_sat_f32x4_u": truncated_u(),
    "i32x4.trunc_sat_f64x2_s_zero": truncated_double_s(),
    "i32x4.trunc_sat_f64x2_u_zero": truncated_double_u(),
    "f64x2.convert_low_i32x4_u": lanes(
        "i32x4",
        "%x = shufflevector T %a, T splat (E 1127219200), <4 x i32> <i32 0, i32 4, i32 1, i32 5>\n"
        "%y = bitcast T %x to <2 x double>\n"
        "%z = fsub <2 x double> %y, splat (double 4503599627370496.0)\n"
        "{r} = bitcast <2 x double> %z to V",
    ),
}
_AVX: Final[dict[str, str]] = {
    "i8x16.shl": shifted_bytes(True),
    "i8x16.shr_u": shifted_bytes(False),
    "i32x4.extmul_low_i16x8_s": long_product("low", "s"),
    "i32x4.extmul_high_i16x8_s": long_product("high", "s"),
    # LLVM has lanes of 32 bits broadcast, but not those of 64 bits.
    "f32x4.abs": lanes("i64x2", f"%r = and T %a, splat (E {0x7FFFFFFF7FFFFFFF})"),
    "f32x4.neg": lanes("i64x2", f"%r = xor T %a, splat (E {0x8000000080000000 - (1 << 64)})"),
}
_AVX512: Final[dict[str, str]] = {
    "f32x4.min": ranged("f32x4", True),
    "f32x4.max": ranged("f32x4", False),
    "f64x2.min": ranged("f64x2", True),
    "f64x2.max": ranged("f64x2", False),
    "i32x4.trunc_sat_f32x4_u": lanes(
        "f32x4",
        positive()
        + "%z = call I @llvm.x86.avx512.mask.cvttps2udq.128(T %x, I zeroinitializer, i8 -1)\n"
        "{r} = bitcast I %z to V",
    ),
    "i32x4.trunc_sat_f64x2_u_zero": lanes(
        "f64x2",
        positive() + "%z = call <4 x i32> @llvm.x86.avx512.mask.cvttpd2udq.128"
        "(T %x, <4 x i32> zeroinitializer, i8 -1)\n{r} = bitcast <4 x i32> %z to V",
    ),
    **{
        f"{shape}.{name}": unsigned_comparison(shape, least_one)
        for shape in ("i8x16", "i16x8", "i32x4")
        for name, least_one in (("lt_u", "umax"), ("gt_u", "umin"))
    },
}
# What LLVM makes shorter with AVX-512, the meaning being the same. The comment tells it from that
# of the level before, as levels share the stencils of equal meanings.
for _name in (
    *(
        f"{shape}.{name}"
        for shape in _SHAPES
        for name in ("splat", "all_true", "ne", "le_s", "ge_s")
    ),
    "v128.not",
    "v128.bitselect",
    "i16x8.bitmask",
    "i64x2.abs",
    "i64x2.shr_s",
    "i64x2.mul",
    "i32x4.trunc_sat_f32x4_s",
    "f32x4.convert_i32x4_u",
    "f64x2.convert_low_i32x4_u",
):
    _AVX512[_name] = _X86.get(_name, BY_NAME[_name].llvm) + "\n; AVX-512"


# AArch64.


def bit_mask(shape: str) -> str:
    """The sum of a bit for every lane."""
    bits = ", ".join(f"E {1 << n}" for n in range(int(shape.split("x")[1])))
    return lanes(
        shape,
        "%p = icmp slt T %a, zeroinitializer\n%s = sext P %p to T\n"
        f"%m = and T %s, <{bits}>\n"
        "%n = call E (T) @llvm.vector.reduce.add.S(T %m)\n"
        + ("{r} = zext E %n to i32" if shape == "i16x8" else "{r} = bitcast E %n to i32"),
    )


def all_true(shape: str) -> str:
    return lanes(
        shape,
        "%m = call E (T) @llvm.vector.reduce.umin.S(T %a)\n"
        "%p = icmp ne E %m, 0\n{r} = zext i1 %p to i32",
    )


def byte_products() -> str:
    """z becomes the saturated sums of neighbouring products."""
    pair = "<8 x i16> %x, <8 x i16> %y"
    return (
        products("i8x16", "low", "high")
        + f"%m = shufflevector {pair}, {mask(range(0, 16, 2))}\n"
        + f"%n = shufflevector {pair}, {mask(range(1, 16, 2))}\n"
        + "%z = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %m, <8 x i16> %n)\n"
    )


def truncated_long(sign: str) -> str:
    narrow = "sqxtn" if sign == "s" else "uqxtn"
    return lanes(
        "f64x2",
        f"%m = call I @llvm.fpto{sign}i.sat.v2i64.v2f64(T %a)\n"
        f"%n = call <2 x i32> @llvm.aarch64.neon.{narrow}.v2i32(I %m)\n"
        f"%x = shufflevector <2 x i32> %n, <2 x i32> zeroinitializer, {mask(range(4))}\n"
        "{r} = bitcast <4 x i32> %x to V",
    )


_AARCH64: Final[dict[str, str]] = {
    "i8x16.swizzle": operation("i8x16", "aarch64.neon.tbl1.v16i8", _BYTES),
    "v128.any_true": lanes(
        "i32x4",
        "%m = call T @llvm.aarch64.neon.umaxp.S(T %a, T %a)\n"
        "%n = bitcast T %m to <2 x i64>\n%h = extractelement <2 x i64> %n, i32 0\n"
        "%p = icmp ne i64 %h, 0\n{r} = zext i1 %p to i32",
    ),
    "i8x16.all_true": all_true("i8x16"),
    "i16x8.all_true": all_true("i16x8"),
    "i32x4.all_true": all_true("i32x4"),
    # A sum of -1 or -2 is a NaN.
    "i64x2.all_true": lanes(
        "i64x2",
        "%p = icmp eq T %a, zeroinitializer\n%s = sext P %p to T\n"
        "%n = call E (T) @llvm.vector.reduce.add.S(T %s)\n%f = bitcast E %n to double\n"
        "%o = fcmp ord double %f, %f\n{r} = zext i1 %o to i32",
    ),
    "i16x8.bitmask": bit_mask("i16x8"),
    "i32x4.bitmask": bit_mask("i32x4"),
    "i64x2.bitmask": lanes(
        "i64x2",
        "%m = lshr T %a, splat (E 63)\n%x = extractelement T %m, i32 0\n"
        "%y = extractelement T %m, i32 1\n%h = shl E %y, 1\n%n = or disjoint E %h, %x\n"
        "{r} = trunc E %n to i32",
    ),
    "i16x8.extadd_pairwise_i8x16_s": operation(
        "i8x16", "aarch64.neon.saddlp.v8i16.v16i8", "<8 x i16>", "a"
    ),
    "i16x8.extadd_pairwise_i8x16_u": operation(
        "i8x16", "aarch64.neon.uaddlp.v8i16.v16i8", "<8 x i16>", "a"
    ),
    "i32x4.extadd_pairwise_i16x8_s": operation(
        "i16x8", "aarch64.neon.saddlp.v4i32.v8i16", "<4 x i32>", "a"
    ),
    "i32x4.extadd_pairwise_i16x8_u": operation(
        "i16x8", "aarch64.neon.uaddlp.v4i32.v8i16", "<4 x i32>", "a"
    ),
    "i16x8.q15mulr_sat_s": operation("i16x8", "aarch64.neon.sqrdmulh.v8i16", "<8 x i16>"),
    "i32x4.dot_i16x8_s": lanes(
        "i16x8",
        products("i16x8", "low", "high")
        + "%z = call <4 x i32> @llvm.aarch64.neon.addp.v4i32(<4 x i32> %x, <4 x i32> %y)\n"
        "{r} = bitcast <4 x i32> %z to V",
    ),
    # The products of a half of one and the other half of the other, and those of the lower halves.
    "i64x2.mul": lanes(
        "i32x4",
        f"%x = shufflevector T %b, T poison, {mask((1, 0, 3, 2))}\n"
        "%m = mul T %x, %a\n"
        "%n = call <2 x i64> @llvm.aarch64.neon.uaddlp.v2i64.S(T %m)\n"
        "%h = shl <2 x i64> %n, splat (i64 32)\n"
        "%u = bitcast V {a} to <2 x i64>\n%v = bitcast V {b} to <2 x i64>\n"
        "%i = trunc <2 x i64> %u to <2 x i32>\n%j = trunc <2 x i64> %v to <2 x i32>\n"
        "%l = call <2 x i64> @llvm.aarch64.neon.umull.v2i64(<2 x i32> %i, <2 x i32> %j)\n"
        "%s = add <2 x i64> %h, %l\n"
        "{r} = bitcast <2 x i64> %s to V",
    ),
    "i32x4.trunc_sat_f64x2_s_zero": truncated_long("s"),
    "i32x4.trunc_sat_f64x2_u_zero": truncated_long("u"),
    "i16x8.relaxed_dot_i8x16_i7x16_s": lanes(
        "i8x16", byte_products() + "{r} = bitcast <8 x i16> %z to V"
    ),
    "i32x4.relaxed_dot_i8x16_i7x16_add_s": lanes(
        "i8x16",
        byte_products()
        + "%s = call <4 x i32> @llvm.aarch64.neon.saddlp.v4i32.v8i16(<8 x i16> %z)\n"
        "%v = bitcast V {c} to <4 x i32>\n%w = add <4 x i32> %s, %v\n"
        "{r} = bitcast <4 x i32> %w to V",
    ),
}


# Relaxed instructions.

# What they are in the deterministic profile, where that is another instruction.
_COUNTERPARTS: Final[dict[str, str]] = {
    "i8x16.relaxed_swizzle": "i8x16.swizzle",
    "i16x8.relaxed_q15mulr_s": "i16x8.q15mulr_sat_s",
    **{
        f"i32x4.relaxed_trunc_{name}": f"i32x4.trunc_sat_{name}"
        for name in ("f32x4_s", "f32x4_u", "f64x2_s_zero", "f64x2_u_zero")
    },
    **{f"{shape}.relaxed_laneselect": "v128.bitselect" for shape in _SHAPES},
    **{
        f"{shape}.relaxed_{name}": f"{shape}.{name}"
        for shape in ("f32x4", "f64x2")
        for name in ("min", "max")
    },
}

_FUSED: Final[dict[str, str]] = {}
for _shape in _FLOATS:
    _FUSED[f"{_shape}.relaxed_madd"] = lanes(_shape, "%r = call T @llvm.fma.S(T %a, T %b, T %c)")
    _FUSED[f"{_shape}.relaxed_nmadd"] = lanes(
        _shape, "%n = fneg T %a\n%r = call T @llvm.fma.S(T %n, T %b, T %c)"
    )

_DOT: Final = (
    f"%z = call <8 x i16> @llvm.x86.ssse3.pmadd.ub.sw.128({_BYTES} {{b}}, {_BYTES} {{a}})\n"
)
_X86_RELAXED: Final[dict[str, str]] = {
    "i8x16.relaxed_swizzle": operation("i8x16", "x86.ssse3.pshuf.b.128", _BYTES),
    "i32x4.relaxed_trunc_f32x4_s": operation("f32x4", "x86.sse2.cvttps2dq", "<4 x i32>", "a"),
    "i32x4.relaxed_trunc_f64x2_s_zero": operation("f64x2", "x86.sse2.cvttpd2dq", "<4 x i32>", "a"),
    **{f"{shape}.relaxed_laneselect": blended(shape) for shape in _SHAPES},
    **{
        f"{shape}.relaxed_{name}": lanes(
            shape, f"%p = fcmp {compare} T %a, %b\n%r = select P %p, T %a, T %b"
        )
        for shape in _FLOATS
        for name, compare in (("min", "olt"), ("max", "ogt"))
    },
    "i16x8.relaxed_q15mulr_s": operation("i16x8", "x86.ssse3.pmul.hr.sw.128", "<8 x i16>"),
    "i16x8.relaxed_dot_i8x16_i7x16_s": _DOT + f"{{r}} = bitcast <8 x i16> %z to {_BYTES}",
    "i32x4.relaxed_dot_i8x16_i7x16_add_s": _DOT
    + lanes(
        "i32x4",
        "%s = call T @llvm.x86.sse2.pmadd.wd(<8 x i16> %z, <8 x i16> splat (i16 1))\n"
        "%r = add T %s, %c",
    ),
}

_TABLES: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "x86_64": (_X86,),
    "x86_64_avx2": (_AVX, _X86),
    "x86_64_avx512": (_AVX512, _AVX, _X86),
    "aarch64": (_AARCH64,),
}
_RELAXED: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "x86_64": (_X86_RELAXED,),
    "x86_64_avx2": (_FUSED, _X86_RELAXED),
    "x86_64_avx512": (_FUSED, _X86_RELAXED),
    "aarch64": (_FUSED,),
}


def fragment(level: str, row: Row) -> str:
    """A row's fragment for a level, the name of an architecture's table."""
    for table in _RELAXED[level]:
        if row.name in table:
            return table[row.name]
    return deterministic(level, row)


def deterministic(level: str, row: Row) -> str:
    """A row's fragment for a level in the specification's deterministic profile."""
    name = _COUNTERPARTS.get(row.name, row.name)
    for table in _TABLES[level]:
        if name in table:
            return table[name]
    return BY_NAME[name].llvm
