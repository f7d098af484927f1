"""The table of stencils, read.

In: a file that `zwasm.baseline.stencil` made when the package was built. Out: `Table`, the
stencils of one level of an architecture: "x86_64" (what x86-64-v2 has), "x86_64_avx2",
"x86_64_avx512", "aarch64".

The file's numbers are little-endian. It starts with MAGIC, a SHA-256 digest of what the stencils
were made from, and the number of levels; for each of these follow its name (16 bytes,
padded with zeros), the offset and the length of its part. A part starts with six 32-bit counts:
keys, classes of bounds, stencils, holes, bytes of constants, bytes of code. Arrays follow in this
order:

    16 bits  number of the key's one stencil, NONE or VARIOUS, by key
    16 bits  number of a stencil or NONE, by key * VARIANTS + variant bits
    8 bits   class of bounds of parameter a, by key; then of parameter b
    64 bits  lowest and highest small value, and the bits that are not set in one, by class
    32 bits  number of the first hole << 8 | number of holes, by stencil
    32 bits  offset in the code, by stencil, and the end
    64 bits  place | kind << 8 | value << 12 | extra << 16 | addend << 24, by hole
    8 bits   constants
    8 bits   code of all stencils

What is rarely looked at is read from these bytes when it is.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i16_le, read_i32_le, read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i16, i32, i64, u8

from zwasm.baseline.holes import SMALL_A, SMALL_B, VARIANTS
from zwasm.baseline.keys import KEYS
from zwasm.errors import WasmError

MAGIC: Final = b"zwasm stencils 3"
NONE: Final = -1  # a key has no stencil
VARIOUS: Final = -2  # it has several
_DIGEST: Final = 32
_ENTRY: Final = 24  # bytes of a level's entry in the file's head


class Table:
    """The stencils of one level.

    `single` holds a stencil's number by key where all variants have the same, else NONE or
    VARIOUS; `variant` gives that of one. `spans` and `holes` are as in the file. A value is small
    if it is from `low` to `high` of the parameter's class of bounds and has none of the bits of
    `mask`. `rodata` is the constants.
    """

    def __init__(self, path: str, level: str) -> None:
        self.level = level
        self.architecture: str = "aarch64" if level == "aarch64" else "x86_64"
        self.digest = ""
        self.rodata = b""
        self.data = b""  # the part
        self.index: i64 = 0  # where in it the numbers by variant begin
        self.classes: vec[u8] = vec[u8]()  # of bounds: of parameters a by key, then of b
        self.single: vec[i16] = vec[i16]()
        self.low: vec[i64] = vec[i64]()
        self.high: vec[i64] = vec[i64]()
        self.mask: vec[i64] = vec[i64]()
        self.spans: vec[i32] = vec[i32]()
        self.holes: vec[i64] = vec[i64]()
        self.code_at: i64 = 0  # where the code of all stencils begins
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
        self.data = data
        at: i64 = 24
        self.single = shorts(data, at, keys)
        at += 2 * keys
        self.index = at
        at += 2 * keys * VARIANTS
        self.classes = vec[u8](capacity=2 * keys)
        end = at + 2 * keys
        while at < end:
            self.classes = append(self.classes, u8(data[at]))
            at += 1
        i: i64 = 0
        while i < classes:
            self.low = append(self.low, read_i64_le(data, at))
            self.high = append(self.high, read_i64_le(data, at + 8))
            self.mask = append(self.mask, read_i64_le(data, at + 16))
            at += 24
            i += 1
        self.spans = words(data, at, stencils)
        at += 4 * stencils
        self.starts = words(data, at, stencils + 1)
        at += 4 * (stencils + 1)
        self.holes = vec[i64](capacity=holes)
        end = at + 8 * holes
        while at < end:
            self.holes = append(self.holes, read_i64_le(data, at))
            at += 8
        self.rodata = data[at : at + constants]
        at += constants
        if i64(len(data)) != at + code:
            raise WasmError("baseline: the table of stencils is damaged")
        self.code_at = at
        self.pieces = [None] * int(stencils)

    def code(self, number: i64) -> bytes:
        """A stencil's bytes, with zeros in the holes."""
        piece = self.pieces[number]
        if piece is None:
            start = self.code_at + i64(self.starts[number])
            piece = self.data[start : self.code_at + i64(self.starts[number + 1])]
            self.pieces[number] = piece
        return piece

    def variant(self, key: i64, bits: i64) -> i64:
        """The number of a key's stencil for variant bits, or NONE."""
        return i64(read_i16_le(self.data, self.index + 2 * (key * VARIANTS + bits)))

    def bits(self, key: i64, a: i64, b: i64) -> i64:
        """The variant bits of a key for the values of its parameters."""
        found: i64 = 0
        group = i64(self.classes[key])
        if self.low[group] <= a and a <= self.high[group] and a & self.mask[group] == 0:
            found = SMALL_A
        group = i64(self.classes[KEYS + key])
        if self.low[group] <= b and b <= self.high[group] and b & self.mask[group] == 0:
            found |= SMALL_B
        return found


def shorts(data: bytes, at: i64, count: i64) -> vec[i16]:
    """Signed numbers of 16 bits."""
    made = vec[i16](capacity=count)
    end = at + 2 * count
    while at < end:
        made = append(made, read_i16_le(data, at))
        at += 2
    return made


def words(data: bytes, at: i64, count: i64) -> vec[i32]:
    """Signed numbers of 32 bits."""
    made = vec[i32](capacity=count)
    end = at + 4 * count
    while at < end:
        made = append(made, read_i32_le(data, at))
        at += 4
    return made
