"""The table of stencils, read.

In: a file that `zwasm.baseline.stencil` made when the package was built. Out: `Table`, the
stencils of one architecture.

The file's numbers are little-endian. It starts with MAGIC, a SHA-256 digest of what the stencils
were made from, and the number of architectures; for each of these follow its name (16 bytes,
padded with zeros), the offset and the length of its part. A part starts with six 32-bit counts:
keys, classes of bounds, stencils, holes, bytes of constants, bytes of code. Arrays follow in this
order:

    16 bits  number of a stencil or -1, by key * VARIANTS + variant bits
    8 bits   class of bounds of parameter a, by key; then of parameter b
    64 bits  lowest and highest small value, and the bits that are not set in one, by class
    8 bits   length in bytes, by stencil; then number of holes
    8 bits   place, by hole; then kind; then value; then, of 16 bits, addend; then extra
    8 bits   constants
    8 bits   code of all stencils
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i16_le, read_i32_le, read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.baseline.holes import VARIANTS
from zwasm.baseline.keys import KEYS
from zwasm.errors import WasmError

MAGIC: Final = b"zwasm stencils 1"
_DIGEST: Final = 32
_ENTRY: Final = 24  # bytes of an architecture's entry in the file's head


class Table:
    """The stencils of one architecture.

    `index` holds a stencil's number, or -1, at key * VARIANTS + variant bits. `code` is the
    stencils' bytes, with zeros in the holes; of stencil n these are hole_first[n] and the
    hole_count[n] - 1 after it in the lists of their parts. A value of parameter a is small for a
    key if a_lo <= a <= a_hi and a & a_mask == 0, and the same of b. `rodata` is the constants.
    """

    def __init__(self, path: str, architecture: str) -> None:
        self.architecture = architecture
        self.digest = ""
        self.rodata = b""
        self.code: list[bytes] = []
        self.index: vec[i64] = vec[i64]()
        self.hole_first: vec[i64] = vec[i64]()
        self.hole_count: vec[i64] = vec[i64]()
        self.hole_at: vec[i64] = vec[i64]()
        self.hole_kind: vec[i64] = vec[i64]()
        self.hole_value: vec[i64] = vec[i64]()
        self.hole_addend: vec[i64] = vec[i64]()
        self.hole_extra: vec[i64] = vec[i64]()
        self.a_lo: vec[i64] = vec[i64]()
        self.a_hi: vec[i64] = vec[i64]()
        self.a_mask: vec[i64] = vec[i64]()
        self.b_lo: vec[i64] = vec[i64]()
        self.b_hi: vec[i64] = vec[i64]()
        self.b_mask: vec[i64] = vec[i64]()
        # The same, as the assembler reads it: a key's only stencil or -1, a stencil's first hole
        # and their number, a hole's parts.
        self.single: vec[i64] = vec[i64]()
        self.spans: vec[i64] = vec[i64]()
        self.holes: vec[i64] = vec[i64]()
        with open(path, "rb") as file:
            head = file.read(4096)
            if not head.startswith(MAGIC):
                raise WasmError(f"baseline: {path} is no table of stencils")
            at: i64 = len(MAGIC)
            self.digest = head[at : at + _DIGEST].hex()
            at += _DIGEST
            left = i64(read_i32_le(head, at))
            at += 4
            name = architecture.encode().ljust(16, b"\0")
            while left > 0 and head[at : at + 16] != name:
                at += _ENTRY
                left -= 1
            if left == 0:
                raise WasmError(f"baseline: {path} has no stencils for {architecture}")
            file.seek(int(read_i32_le(head, at + 16)))
            self._read(file.read(int(read_i32_le(head, at + 20))))

    def _read(self, data: bytes) -> None:
        keys = i64(read_i32_le(data, 0))
        classes = i64(read_i32_le(data, 4))
        stencils = i64(read_i32_le(data, 8))
        holes = i64(read_i32_le(data, 12))
        constants = i64(read_i32_le(data, 16))
        code = i64(read_i32_le(data, 20))
        if keys != KEYS:
            raise WasmError("baseline: the table of stencils is of another version")
        at: i64 = 24
        self.index = shorts(data, at, keys * VARIANTS)
        at += 2 * keys * VARIANTS
        a_kinds = at
        b_kinds = a_kinds + keys
        bounds = b_kinds + keys
        self.a_lo = bounds_of(data, a_kinds, keys, bounds)
        self.a_hi = bounds_of(data, a_kinds, keys, bounds + 8)
        self.a_mask = bounds_of(data, a_kinds, keys, bounds + 16)
        self.b_lo = bounds_of(data, b_kinds, keys, bounds)
        self.b_hi = bounds_of(data, b_kinds, keys, bounds + 8)
        self.b_mask = bounds_of(data, b_kinds, keys, bounds + 16)
        at = bounds + 24 * classes
        lengths = data[at : at + stencils]
        at += stencils
        self.hole_count = numbers(data, at, stencils)
        at += stencils
        self.hole_first = vec[i64](capacity=stencils)
        first: i64 = 0
        i: i64 = 0
        while i < stencils:
            self.hole_first = append(self.hole_first, first)
            first += self.hole_count[i]
            i += 1
        self.hole_at = numbers(data, at, holes)
        at += holes
        self.hole_kind = numbers(data, at, holes)
        at += holes
        self.hole_value = numbers(data, at, holes)
        at += holes
        self.hole_addend = shorts(data, at, holes)
        at += 2 * holes
        self.hole_extra = numbers(data, at, holes)
        at += holes
        self.rodata = data[at : at + constants]
        at += constants
        if i64(len(data)) != at + code:
            raise WasmError("baseline: the table of stencils is damaged")
        pieces: list[bytes] = []
        for length in lengths:
            end = at + i64(length)
            pieces.append(data[at:end])
            at = end
        self.code = pieces
        self._pack(keys, stencils, holes)

    def _pack(self, keys: i64, stencils: i64, holes: i64) -> None:
        self.single = vec[i64](capacity=keys)
        i: i64 = 0
        while i < keys:
            first = self.index[i * VARIANTS]
            j = i * VARIANTS + 1
            while j < (i + 1) * VARIANTS and self.index[j] == first:
                j += 1
            self.single = append(self.single, first if j == (i + 1) * VARIANTS else -1)
            i += 1
        self.spans = vec[i64](capacity=stencils)
        i = 0
        while i < stencils:
            self.spans = append(self.spans, self.hole_first[i] << 8 | self.hole_count[i])
            i += 1
        self.holes = vec[i64](capacity=holes)
        i = 0
        while i < holes:
            word = self.hole_at[i] | self.hole_kind[i] << 8 | self.hole_value[i] << 12
            word |= self.hole_extra[i] << 16
            self.holes = append(self.holes, word | self.hole_addend[i] << 24)
            i += 1


def numbers(data: bytes, at: i64, count: i64) -> vec[i64]:
    """Numbers of 8 bits."""
    made = vec[i64](capacity=count)
    end = at + count
    while at < end:
        made = append(made, i64(data[at]))
        at += 1
    return made


def shorts(data: bytes, at: i64, count: i64) -> vec[i64]:
    """Signed numbers of 16 bits."""
    made = vec[i64](capacity=count)
    end = at + 2 * count
    while at < end:
        made = append(made, i64(read_i16_le(data, at)))
        at += 2
    return made


def bounds_of(data: bytes, kinds: i64, count: i64, bounds: i64) -> vec[i64]:
    """A column of the bounds, by key."""
    made = vec[i64](capacity=count)
    end = kinds + count
    while kinds < end:
        made = append(made, read_i64_le(data, bounds + 24 * i64(data[kinds])))
        kinds += 1
    return made
