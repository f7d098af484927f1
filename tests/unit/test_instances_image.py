"""Modules with very many data segments, whose memory is made of one image."""

from __future__ import annotations

import random

import pytest

import zwasm
from zwasm.instances.image import image_of

COUNT = 300


def text(segments: list[tuple[int, bytes]], passive: bytes = b"kept", pages: int = 4) -> str:
    lines = [f'(module (memory (export "memory") {pages})']
    for at, data in segments:
        escaped = "".join(f"\\{byte:02x}" for byte in data)
        lines.append(f'(data (i32.const {at}) "{escaped}")')
    lines.append(f'(data $passive "{passive.decode()}")')
    lines.append("""(func (export "init") (param i32)
        (memory.init $passive (local.get 0) (i32.const 0) (i32.const 4))))""")
    return "\n".join(lines)


def random_segments(seed: int) -> list[tuple[int, bytes]]:
    rnd = random.Random(seed)
    found = []
    for _ in range(COUNT):
        at = rnd.choice((rnd.randrange(4096), rnd.randrange(0x20000), 0x3FF00 + rnd.randrange(200)))
        found.append((at, rnd.choice((bytes(9), rnd.randbytes(rnd.randrange(30))))))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_segments_in_any_order_and_over_each_other(seed: int) -> None:
    segments = random_segments(seed)
    want = bytearray(4 * 65536)
    for at, data in segments:
        want[at : at + len(data)] = data
    module = zwasm.Module(text(segments))
    assert image_of(module.info) is not None
    for _ in range(2):
        exports = zwasm.Instance(module).exports
        assert bytes(exports.memory) == want
        exports.init(100)
        assert bytes(exports.memory[100:104]) == b"kept"


def test_nothing_but_zeros_up_to_the_end() -> None:
    segments = [(4 * 65536 - 8, bytes(8))] * COUNT
    exports = zwasm.Instance(zwasm.Module(text(segments))).exports
    assert bytes(exports.memory) == bytes(4 * 65536)


def test_what_stands_before_a_segment_out_of_bounds_is_written() -> None:
    segments = [(i, b"x") for i in range(COUNT)] + [(65530, b"too long")]
    module = zwasm.Module(text(segments, pages=1))
    assert image_of(module.info) is None
    with pytest.raises(zwasm.Trap) as caught:
        zwasm.Instance(module)
    assert caught.value.code is zwasm.TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
