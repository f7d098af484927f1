"""The table of stencils, read.

In: a file that `zwasm.baseline.stencil` made when the package was built. Out: `Table`, the
stencils of one level of an architecture: "x86_64" (what x86-64-v2 has), "x86_64_avx2",
"x86_64_avx512", "aarch64".

The file's numbers are little-endian. It starts with MAGIC, a SHA-256 digest of what the stencils
were made from, and the number of levels; for each of these follow its name (16 bytes,
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
from mypy_extensions import i16, i32, i64, u8

from zwasm.baseline.holes import SMALL_A, SMALL_B, VARIANTS
from zwasm.baseline.keys import KEYS
from zwasm.errors import WasmError

MAGIC: Final = b"zwasm stencils 2"
_DIGEST: Final = 32
_ENTRY: Final = 24  # bytes of a level's entry in the file's head


class Table:
    """The stencils of one level.

    `index` holds a stencil's number, or -1, at key * VARIANTS + variant bits; `single` the number
    by key where all variants have the same, else -1. `a_class` and `b_class` say by key which of
    the classes of bounds the parameters have: a value is small if it is from `low` to `high` of
    the class and has none of the bits of `mask`. `spans` holds, by stencil, the number of its
    first hole << 8 | how many it has; `holes` the parts of a hole: place | kind << 8 | value << 12
    | extra << 16 | addend << 24. `rodata` is the constants.
    """

    def __init__(self, path: str, level: str) -> None:
        self.level = level
        self.architecture: str = "aarch64" if level == "aarch64" else "x86_64"
        self.digest = ""
        self.rodata = b""
        self.index: vec[i16] = vec[i16]()
        self.single: vec[i16] = vec[i16]()
        self.a_class: vec[u8] = vec[u8]()
        self.b_class: vec[u8] = vec[u8]()
        self.low: vec[i64] = vec[i64]()
        self.high: vec[i64] = vec[i64]()
        self.mask: vec[i64] = vec[i64]()
        self.spans: vec[i32] = vec[i32]()
        self.holes: vec[i64] = vec[i64]()
        self.blob = b""  # the code of all stencils
        self.starts: vec[i32] = vec[i32]()  # of each in it, and the end
        self.pieces: list[bytes | None] = []  # those that have been asked for
        with open(path, "rb") as file:
            head = file.read(4096)
            if not head.startswith(MAGIC):
                raise WasmError(f"baseline: {path} is no table of stencils")
            at: i64 = len(MAGIC)
            self.digest = head[at : at + _DIGEST].hex()
            at += _DIGEST
            left = i64(read_i32_le(head, at))
            at += 4
            name = level.encode().ljust(16, b"\0")
            while left > 0 and head[at : at + 16] != name:
                at += _ENTRY
                left -= 1
            if left == 0:
                raise WasmError(f"baseline: {path} has no stencils for {level}")
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
        self.a_class = bytes_of(data, at, keys)
        at += keys
        self.b_class = bytes_of(data, at, keys)
        at += keys
        i: i64 = 0
        while i < classes:
            self.low = append(self.low, read_i64_le(data, at))
            self.high = append(self.high, read_i64_le(data, at + 8))
            self.mask = append(self.mask, read_i64_le(data, at + 16))
            at += 24
            i += 1
        lengths = at
        counts = at + stencils
        at = counts + stencils
        self._read_stencils(data, lengths, counts, stencils)
        self._read_holes(data, at, holes)
        at += 6 * holes
        self.rodata = data[at : at + constants]
        at += constants
        if i64(len(data)) != at + code:
            raise WasmError("baseline: the table of stencils is damaged")
        self.blob = data[at:]
        self.pieces = [None] * int(stencils)
        self.single = vec[i16](capacity=keys)
        i = 0
        while i < keys:
            first = self.index[i * VARIANTS]
            j = i * VARIANTS + 1
            while j < (i + 1) * VARIANTS and self.index[j] == first:
                j += 1
            self.single = append(self.single, first if j == (i + 1) * VARIANTS else -1)
            i += 1

    def _read_stencils(self, data: bytes, lengths: i64, counts: i64, stencils: i64) -> None:
        self.spans = vec[i32](capacity=stencils)
        self.starts = vec[i32](capacity=stencils + 1)
        first: i64 = 0
        start: i64 = 0
        i: i64 = 0
        while i < stencils:
            count = i64(data[counts + i])
            self.spans = append(self.spans, i32(first << 8 | count))
            self.starts = append(self.starts, i32(start))
            first += count
            start += i64(data[lengths + i])
            i += 1
        self.starts = append(self.starts, i32(start))

    def _read_holes(self, data: bytes, at: i64, holes: i64) -> None:
        kinds = at + holes
        values = kinds + holes
        addends = values + holes
        extras = addends + 2 * holes
        self.holes = vec[i64](capacity=holes)
        i: i64 = 0
        while i < holes:
            word = i64(data[at + i]) | i64(data[kinds + i]) << 8 | i64(data[values + i]) << 12
            word |= i64(data[extras + i]) << 16
            self.holes = append(self.holes, word | i64(read_i16_le(data, addends + 2 * i)) << 24)
            i += 1

    def code(self, number: i64) -> bytes:
        """A stencil's bytes, with zeros in the holes."""
        piece = self.pieces[number]
        if piece is None:
            piece = self.blob[i64(self.starts[number]) : i64(self.starts[number + 1])]
            self.pieces[number] = piece
        return piece

    def bits(self, key: i64, a: i64, b: i64) -> i64:
        """The variant bits of a key for the values of its parameters."""
        found: i64 = 0
        group = i64(self.a_class[key])
        if self.low[group] <= a and a <= self.high[group] and a & self.mask[group] == 0:
            found = SMALL_A
        group = i64(self.b_class[key])
        if self.low[group] <= b and b <= self.high[group] and b & self.mask[group] == 0:
            found |= SMALL_B
        return found


def bytes_of(data: bytes, at: i64, count: i64) -> vec[u8]:
    """Numbers of 8 bits."""
    made = vec[u8](capacity=count)
    end = at + count
    while at < end:
        made = append(made, u8(data[at]))
        at += 1
    return made


def shorts(data: bytes, at: i64, count: i64) -> vec[i16]:
    """Signed numbers of 16 bits."""
    made = vec[i16](capacity=count)
    end = at + 2 * count
    while at < end:
        made = append(made, read_i16_le(data, at))
        at += 2
    return made
