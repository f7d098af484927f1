"""What functions of random modules are made of: value types, instructions by type, constants.

In: the rows of `zwasm.isa`, and a source of random choices. Out: tables of numeric instructions and
accesses, what a module declares (`Scope`), and constants at all boundaries.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from zwasm.isa import BY_CODE
from zwasm.isa import row as r
from zwasm.types import type_name

if TYPE_CHECKING:
    from tools.generate_function import Function

NUMBERS = ("i32", "i64", "f32", "f64")
FLOAT_TYPES = ("f32", "f64")
REFERENCES = ("funcref", "externref")
TURNS = 150  # loop turns and calls of one run
TIGHT = 12  # most turns of a loop that takes nothing from the counter

INTS = (0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536)
BITS = (1 << 31, (1 << 31) - 1, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
FLOATS = (
    "0 -0 1 -1 -1.5 0.5 0.1 2.5 inf -inf nan -nan nan:0x200000 1e30 -1e-30 0x1p-149 0x1p-126 "
    "0x1.fffffep127 2147483647 2147483648 -2147483648 -2147483649 4294967295 4294967296 "
    "0x1p63 -0x1p63 0x1p64 0x1.fffffep62 16777217 -0.9999 3.4e38"
).split()
DOUBLES = (
    "nan:0x4000000000000 0x1p-1074 0x1p-1022 0x1.fffffffffffffp1023 0x1.fffffffffffffp62 "
    "2147483647.5 -2147483648.9 4294967295.5 9007199254740993 1e308 -1e-310"
).split()
LANES = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}
LENGTHS = (0, 0, 1, 2, 7, 8, 15, 64, 200, 5000)
SMALL_OFFSETS = (0, 0, 0, 0, 0, 0, 0, 1, 4, 7, 8, 100, 127, 128, 4095)
BIG_OFFSETS = (32767, 65528, 65535, 65536, 1 << 20, (1 << 31) - 1, (1 << 32) - 8, (1 << 32) - 1)
HUGE_OFFSETS = (1 << 32, 1 << 47, (1 << 63) - 1, (1 << 64) - 1)


class Numeric:
    """A numeric or vector instruction, its types in text form."""

    def __init__(self, row: r.Row) -> None:
        self.name = row.name
        self.align = row.align
        self.lanes = row.lanes
        self.params = [type_name(code) for code in row.params]
        self.results = [type_name(code) for code in row.results]


ROWS = [Numeric(row) for row in BY_CODE if row is not None and row.shape == r.PLAIN]
PLAIN = [row for row in ROWS if {*row.params, *row.results} <= {*NUMBERS}]
BY_RESULT = {code: [row for row in PLAIN if row.results == [code]] for code in NUMBERS}
COMMON = {
    code: [row for row in BY_RESULT[code] if row.name.partition(".")[2] in words]
    for words in [("add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "div")]
    for code in NUMBERS
}
BY_LAST = {code: [row for row in PLAIN if row.params[-1] == code] for code in NUMBERS}
ACCESSES = [row for row in BY_CODE if row is not None and row.feature == 0]
LOADS = [Numeric(row) for row in ACCESSES if row.shape == r.LOAD]
STORES = [Numeric(row) for row in ACCESSES if row.shape == r.STORE]


class Signature:
    def __init__(self, params: list[str], results: list[str]) -> None:
        self.params = params
        self.results = results


class Memory:
    def __init__(self, index: int, is64: bool, minimum: int, maximum: int | None) -> None:
        self.index = index
        self.is64 = is64
        self.minimum = minimum
        self.maximum = maximum
        self.address = "i64" if is64 else "i32"


class Table:
    def __init__(self, name: str, code: str, is64: bool) -> None:
        self.name = name
        self.code = code
        self.is64 = is64
        self.address = "i64" if is64 else "i32"


class Global:
    def __init__(self, name: str, code: str, mutable: bool) -> None:
        self.name = name
        self.code = code
        self.mutable = mutable


class Scope:
    """What a module has that bodies may use."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.memories: list[Memory] = []
        self.tables: list[Table] = []
        self.globals: list[Global] = []
        self.hosts: dict[str, Signature] = {}
        self.functions: list[Function] = []
        self.tails = False
        self.calm = False  # whether nearly nothing traps, so that runs get far
        self.simd = False  # whether there is vector code
        # Whether relaxed instructions are part of it: "native", or "deterministic", where they
        # are used so that sums of products are the same rounded once and twice.
        self.relaxed = ""


def signature(params: list[str], results: list[str]) -> str:
    """A type use in text."""
    return f"(param {' '.join(params)}) (result {' '.join(results)})"


def seen(code: str) -> list[str]:
    """Instructions that take a value from the stack into the sum that a run's state shows, so that
    it is not lost if nothing else comes of it."""
    if code == "v128":
        lines = ["global.get $seen_vectors", "i64x2.add"]
        lines += ["v128.const i64x2 0x9E3779B97F4A7C15 0xC2B2AE3D27D4EB4F", "i64x2.mul"]
        return [*lines, "global.set $seen_vectors"]
    lines = [] if code in NUMBERS else ["ref.is_null"]
    if code in FLOAT_TYPES:
        lines = [f"call $canon{code[1:]}", f"i{code[1:]}.reinterpret_{code}"]
    if code not in ("i64", "f64"):
        lines.append("i64.extend_i32_s")
    lines += ["global.get $seen", "i64.add", "i64.const 0x9E3779B97F4A7C15", "i64.mul"]
    return [*lines, "global.set $seen"]


def constant(rnd: random.Random, code: str) -> str:
    """An instruction that gives a constant."""
    if code in REFERENCES:
        return f"ref.null {code.removesuffix('ref')}"
    if code == "v128":
        return f"v128.const {vector_constant(rnd, rnd.choice(tuple(LANES)))}"
    return f"{code}.const {number(rnd, code)}"


def number(rnd: random.Random, code: str) -> str:
    """A number in text, of a type such as i32, f64 or i8."""
    if code in FLOAT_TYPES:
        if rnd.random() < 0.3:
            return repr(rnd.uniform(-1000, 1000))
        return rnd.choice(FLOATS if code == "f32" else FLOATS + DOUBLES)
    bits = int(code[1:])
    kind = rnd.random()
    if kind < 0.45:
        chosen = rnd.choice(INTS)
    elif kind < 0.65:
        chosen = rnd.choice(BITS)
    elif kind < 0.75:
        chosen = (1 << rnd.randrange(bits)) - rnd.randrange(3)
    else:
        chosen = rnd.getrandbits(rnd.choice((8, bits)))
    chosen %= 1 << bits
    negative = rnd.random() < 0.3 and chosen <= 1 << (bits - 1)
    return str(-chosen if negative else chosen)


def vector_constant(rnd: random.Random, shape: str) -> str:
    """A vector in text: the same in all lanes, or in all but one, or different ones."""
    count = LANES[shape]
    code = f"{shape[0]}{128 // count}"
    lanes = [number(rnd, code)] * count
    kind = rnd.random()
    if kind < 0.3:
        lanes[rnd.randrange(count)] = number(rnd, code)
    elif kind < 0.8:
        lanes = [number(rnd, code) for _ in range(count)]
    return f"{shape} {' '.join(lanes)}"
