"""Divisions by constants, against Python's."""

from __future__ import annotations

import random

import pytest

import zwasm
from zwasm.baseline.division import Magic
from zwasm.runtime.engine import why_not

WIDTHS = {"i32": 32, "i64": 64}
# Where the dividend is: a local that is read again, one that is not, an operand.
FORMS = {
    "again": """
        (i{w}.add ({op} (local.get 0) ({type}.const {d}))
          (i{w}.shl (local.get 0) ({type}.const 1)))""",
    "last": "({op} (local.get 0) ({type}.const {d}))",
    "operand": "({op} (i{w}.xor (local.get 0) ({type}.const 0)) ({type}.const {d}))",
    "in a loop": """
        (local.set 1 (local.get 0))
        (loop $l (local.set 1 (i{w}.add ({op} (local.get 0) ({type}.const {d})) (i{w}.const 0)))
          (br_if $l (i32.const 0)))
        (local.get 1)""",
}


def divisors(width: int) -> list[int]:
    rnd = random.Random(width)
    found = {*range(1, 34), 60, 100, 127, 255, 641, 1000, 1_000_000_007, (1 << width) - 1}
    for bit in range(5, width):
        found |= {
            1 << bit,
            (1 << bit) - 1,
            (1 << bit) + 1,
            3 << (bit - 2),
            rnd.getrandbits(bit) | 1,
        }
    found |= {(1 << width) - d for d in range(1, 12)}  # negative ones
    return sorted(d for d in found if 0 < d < 1 << width)


def dividends(width: int, divisor: int) -> list[int]:
    rnd = random.Random(divisor)
    found = {0, 1, 2, (1 << width) - 1, (1 << width) - 2, 1 << (width - 1), (1 << (width - 1)) - 1}
    signed = divisor - (1 << width) if divisor >> (width - 1) else divisor
    top = (1 << width) // divisor
    for factor in (1, 2, 3, top - 1, top, top // 2, rnd.randrange(1 << width) // divisor):
        for step in (-1, 0, 1):
            found.add((factor * divisor + step) % (1 << width))
            found.add((factor * abs(signed) + step) % (1 << width))
            found.add((-factor * abs(signed) + step) % (1 << width))
    found |= {rnd.getrandbits(width) for _ in range(8)}
    return sorted(found)


def divided(op: str, width: int, x: int, d: int) -> int:
    if op.endswith("_s"):
        x -= (x >> (width - 1)) << width
        d -= (d >> (width - 1)) << width
    q = abs(x) // abs(d)
    q = q if (x < 0) == (d < 0) else -q
    return (q if "div" in op else x - q * d) % (1 << width)


@pytest.mark.skipif(bool(why_not("baseline")), reason=why_not("baseline"))
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("op", ["div_u", "rem_u", "div_s", "rem_s"])
@pytest.mark.parametrize("type", WIDTHS)
def test_divisions_by_constants(type: str, op: str, form: str) -> None:
    width = WIDTHS[type]
    every = divisors(width)
    text = "(module"
    for d in every:
        body = FORMS[form].format(w=width, op=f"{type}.{op}", type=type, d=d)
        text += f'(func (export "{d}") (param {type}) (result {type}) (local {type}) {body})'
    instance = zwasm.Instance(zwasm.Module(text + ")", engine=zwasm.Engine("baseline")))
    overflow = 1 << (width - 1)
    for d in every:
        call = instance.exports[str(d)]
        for x in dividends(width, d):
            if op == "div_s" and x == overflow and d == (1 << width) - 1:
                continue  # traps; the specification's scripts have it
            want = divided(op, width, x, d)
            if form == "again":
                want = (want + 2 * x) % (1 << width)
            assert call(x) % (1 << width) == want, (d, x)


def test_magic_numbers() -> None:
    rnd = random.Random(1)
    for d in [d for d in divisors(64) if d > 2 and d & (d - 1)]:
        magic = Magic(d)
        assert 0 < magic.factor < 1 << 64
        for x in [*dividends(64, d), *(rnd.getrandbits(64) for _ in range(50))]:
            factor = magic.factor + (1 << 64 if magic.add else 0)
            assert (((x >> magic.before) * factor) >> 64) >> magic.after == x // d, (d, x)
