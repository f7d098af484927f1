"""Atomic memory instructions of the threads proposal (encodings behind prefix 0xFE)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import I32, I64


def access(
    name: str, number: int, params: tuple[int, ...], results: tuple[int, ...], align: int
) -> None:
    """An access: an address, then `params`."""
    declare(
        name,
        0xFE000 + number,
        r.ATOMIC_RMW,
        (r.IMM_MEMARG,),
        params,
        results,
        feature=r.THREADS,
        align=align,
    )


access("memory.atomic.notify", 0x00, (I32,), (I32,), 2)
access("memory.atomic.wait32", 0x01, (I32, I64), (I32,), 2)
access("memory.atomic.wait64", 0x02, (I64, I64), (I32,), 3)
declare("atomic.fence", 0xFE003, r.ATOMIC_FENCE, (r.IMM_ZERO,), feature=r.THREADS)

# The seven accesses that every operation has: type, width suffix, log2 of the width.
WIDTHS = (
    ("i32", "", I32, 2),
    ("i64", "", I64, 3),
    ("i32", "8", I32, 0),
    ("i32", "16", I32, 1),
    ("i64", "8", I64, 0),
    ("i64", "16", I64, 1),
    ("i64", "32", I64, 2),
)
for _i, (_type, _width, _code, _align) in enumerate(WIDTHS):
    _sign = "_u" if _width else ""
    access(f"{_type}.atomic.load{_width}{_sign}", 0x10 + _i, (), (_code,), _align)
    access(f"{_type}.atomic.store{_width}", 0x17 + _i, (_code,), (), _align)
    for _j, _op in enumerate(("add", "sub", "and", "or", "xor", "xchg")):
        access(
            f"{_type}.atomic.rmw{_width}.{_op}{_sign}",
            0x1E + 7 * _j + _i,
            (_code,),
            (_code,),
            _align,
        )
    access(
        f"{_type}.atomic.rmw{_width}.cmpxchg{_sign}",
        0x48 + _i,
        (_code, _code),
        (_code,),
        _align,
    )
