"""The table of stencils: which there are, and what their holes are. What they do is elsewhere."""

from __future__ import annotations

import importlib.util
import itertools
import os
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.stencil_columns import Columns
from zwasm import baseline
from zwasm.baseline import abi, holes, keys
from zwasm.baseline.stencil_ir import LEVELS
from zwasm.baseline.table import Table
from zwasm.errors import WasmError
from zwasm.isa.row import BY_CODE, BY_NAME

INSTALLED = Path(baseline.__file__).parent / "stencils.bin"
# A table to test instead of the installed package's, for both architectures.
PATH = Path(os.environ.get("ZWASM_STENCILS", INSTALLED))
HAS_LLVM = importlib.util.find_spec("llvmlite") is not None

needs_llvm = pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is not installed")


@cache
def table(level: str) -> Columns:
    if not PATH.exists():
        pytest.skip("the package is installed without stencils")
    try:
        return Columns(Table(str(PATH), level))
    except WasmError as error:
        if "has no stencils for" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.fixture(params=LEVELS)
def made(request: pytest.FixtureRequest) -> Columns:
    return table(request.param)


def forms(made: Columns, key: int) -> set[int]:
    """The numbers of a key's stencils."""
    at = key * holes.VARIANTS
    return {made.index[at + bits] for bits in range(holes.VARIANTS)}


def holes_of(made: Columns, number: int) -> Iterator[int]:
    first = made.hole_first[number]
    return iter(range(first, first + made.hole_count[number]))


def base(name: str) -> int:
    return keys.NUMBERS.bases[BY_NAME[name].opcode]


def test_lists_have_one_length(made: Columns) -> None:
    assert len(made.index) == keys.KEYS * holes.VARIANTS
    for column in (made.a_lo, made.a_hi, made.a_mask, made.b_lo, made.b_hi, made.b_mask):
        assert len(column) == keys.KEYS
    assert len(made.code) == len(made.hole_first) == len(made.hole_count)
    for column in (made.hole_kind, made.hole_value, made.hole_addend, made.hole_extra):
        assert len(column) == len(made.hole_at)
    assert sum(made.hole_count) == len(made.hole_at)
    assert max(made.index) == len(made.code) - 1
    assert 0 < len(made.rodata) <= abi.CODE_TRAPS
    assert len(bytes.fromhex(made.digest)) == 32


def test_a_key_has_a_form_for_all_variants_or_none(made: Columns) -> None:
    for key in range(keys.KEYS):
        found = forms(made, key)
        assert found == {-1} or -1 not in found, key


def test_keys_that_exist(made: Columns) -> None:
    from_registers = {
        keys.move(dst, src, 0)
        for dst in range(keys.MOVE_TARGETS)
        for src in range(keys.REG, keys.MOVE_SOURCES)
    } | {
        keys.float_move(dst, src, 0)
        for dst in range(keys.FLOAT_MOVE_TARGETS)
        for src in range(keys.REG, keys.FLOAT_MOVE_SOURCES)
    }
    from_slots = {
        first + width for first in (keys.STORE_SLOT, keys.FLOAT_STORE_SLOT) for width in (0, 1)
    }
    lacking = {key for key in range(keys.ROWS) if -1 in forms(made, key)}
    assert lacking == from_registers | from_slots


def has_shift(name: str) -> bool:
    """Whether x86-64 has an instruction that shifts by a constant."""
    return not name.startswith("i8x16") and name != "i64x2.shr_s"


def test_keys_of_rows_that_exist(made: Columns) -> None:
    x86 = made.architecture == "x86_64"
    for row in BY_CODE:
        if row is None or keys.class_of(row) == keys.NONE:
            continue
        kind, first = keys.class_of(row), base(row.name)
        lacking = {i for i in range(keys.count_of(row)) if -1 in forms(made, first + i)}
        every = set(range(keys.count_of(row)))
        name = row.name.partition(".")[2]
        if name.startswith(("div_", "rem_")):
            assert lacking == {keys.IMM} | {i for i in every if i >= keys.BINARY_REG}, row
        elif kind == keys.FLOAT_BINARY and name in ("min", "max", "copysign"):
            kept = {i for i in range(keys.FLOAT_KINDS) if x86 or i != keys.IMM}
            assert lacking == every - kept, row
        elif kind in (keys.FLOAT_BINARY, keys.FLOAT_COMPARE, keys.VECTOR_BINARY) and not x86:
            assert lacking == {i for i in every if i % keys.FLOAT_KINDS == keys.IMM}, row
        elif kind == keys.VECTOR_TERNARY and not x86:
            assert lacking == {i for i in every if i % keys.VECTOR_KINDS == keys.IMM}, row
        elif kind == keys.SHUFFLE and not x86:
            patterns = range(keys.SHUFFLE_KNOWN, keys.count_of(row), keys.FLOAT_KINDS)
            assert lacking == {i + keys.IMM for i in patterns}, row
        elif kind == keys.VECTOR_SHIFT and not (x86 and has_shift(row.name)):
            assert lacking == every - {0}, row
        else:
            assert lacking == set(), row


def test_holes_are_in_the_code_and_empty(made: Columns) -> None:
    x86 = made.architecture == "x86_64"
    kinds = {
        True: {holes.BYTES1: 1, holes.BYTES4: 4, holes.BYTES8: 8, holes.PC32: 4},
        False: dict.fromkeys(range(holes.IMM12, holes.LO12 + 1), 4),
    }[x86]
    fields = {
        holes.IMM12: 0xFFF << 10,
        holes.MOVW: 0xFFFF << 5,
        holes.B26: 0x3FFFFFF,
        holes.B19: 0x7FFFF << 5,
        holes.B14: 0x3FFF << 5,
        holes.PAGE21: 3 << 29 | 0x7FFFF << 5,
        holes.LO12: 0xFFF << 10,
    }
    for number, code in enumerate(made.code):
        end = 0
        assert x86 or len(code) % 4 == 0
        for hole in sorted(holes_of(made, number), key=lambda hole: made.hole_at[hole]):
            at, kind = made.hole_at[hole], made.hole_kind[hole]
            assert end <= at
            end = at + kinds[kind]
            assert end <= len(code)
            field = int.from_bytes(code[at:end], "little")
            assert field & (-1 if x86 else fields[kind]) == 0


def test_holes_have_values_that_can_be_written(made: Columns) -> None:
    x86 = made.architecture == "x86_64"
    distances = {holes.PC32, holes.B26, holes.B19, holes.B14, holes.PAGE21, holes.LO12}
    for hole in range(len(made.hole_at)):
        kind, value = made.hole_kind[hole], made.hole_value[hole]
        assert (kind in distances) == (value > holes.D)
        assert value <= holes.VECTOR_B
        if value == holes.TRAP:
            assert 1 <= made.hole_extra[hole] <= len(abi.TRAPS)
        if value == holes.RODATA:
            assert 0 <= made.hole_addend[hole] <= len(made.rodata) - 4
        elif kind in distances:
            # An instruction may read only the upper half of a vector.
            half = 8 if x86 and value in (holes.VECTOR_A, holes.VECTOR_B) else 0
            usual = (-4, -5) if x86 else (0,)
            assert made.hole_addend[hole] in (*usual, *[addend + half for addend in usual])


def test_small_values(made: Columns) -> None:
    """The bounds are of the forms' fields, and hold the usual values."""
    x86 = made.architecture == "x86_64"
    slot = keys.move(0, keys.SLOT, 1)
    scale = 1 if x86 else 8
    assert (made.a_lo[slot], made.a_hi[slot]) == ((-128, 127) if x86 else (0, 8 * 4095))
    assert made.a_mask[slot] == scale - 1
    add = base("i32.add") + keys.IMM
    assert (made.b_lo[add], made.b_hi[add]) == ((-128, 127) if x86 else (0, 4095))
    assert made.a_lo[add] > made.a_hi[add]
    register = keys.move(0, keys.REG, 1)
    assert made.a_lo[register] > made.a_hi[register]
    for n in range(5):  # the width is added to the offset, but of one byte
        check = keys.CHECK + n
        limit = 0x7FFFFFFF if x86 else 4095
        assert (made.b_lo[check], made.b_hi[check]) == (0, limit - (n and 1 << n))


def test_far_forms_reach_everything(made: Columns) -> None:
    """Where a branch, or the load of a constant, has a limit, there is a form without."""
    short = {
        number
        for number in range(len(made.code))
        if {made.hole_kind[hole] for hole in holes_of(made, number)} & {holes.B19, holes.B14}
    }
    for key, bits in itertools.product(range(keys.KEYS), range(holes.FAR)):
        at = key * holes.VARIANTS + bits
        assert made.index[at + holes.FAR] not in short, key
    assert bool(short) == (made.architecture == "aarch64")


def test_branches_on_integers_are_two_instructions(made: Columns) -> None:
    x86 = made.architecture == "x86_64"
    for name in ("eq", "lt_s", "gt_u", "le_s", "ge_u"):
        first = base(f"i32.{name}") + keys.COMPARE_BRANCH
        number = made.index[(first + keys.INT_KINDS + keys.IMM) * holes.VARIANTS + holes.SMALL_B]
        # cmp r15d, imm8; jcc label, or cmp w23, #imm; b.cond label
        assert len(made.code[number]) == (4 + 6 if x86 else 8)
        placed = {made.hole_value[hole] for hole in holes_of(made, number)}
        assert placed == {holes.B, holes.LABEL}
        assert all(made.hole_addend[hole] in (0, -4) for hole in holes_of(made, number))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"something else")
    with pytest.raises(WasmError, match="is no table of stencils"):
        Table(str(path), "x86_64")


def test_a_table_without_the_architecture_is_an_error(made: Columns) -> None:
    with pytest.raises(WasmError, match="no stencils for sparc"):
        Table(str(PATH), "sparc")


def test_a_damaged_table_is_an_error(made: Columns, tmp_path: Path) -> None:
    path = tmp_path / "table"
    data = PATH.read_bytes()
    start = data.index(made.architecture.encode() + b"\0")
    at, size = struct.unpack_from("<ii", data, start + 16)
    path.write_bytes(data[: at + size - 1])
    with pytest.raises(WasmError, match="is damaged"):
        Table(str(path), made.architecture)


def test_digest_is_of_the_sources(made: Columns) -> None:
    from zwasm.baseline import stencil_file

    assert made.digest == stencil_file.digest()


@needs_llvm
@pytest.mark.parametrize("level", LEVELS)
def test_functions_that_use_the_stack_are_refused(level: str) -> None:
    from zwasm.baseline.stencil_ir import StencilError, Writer
    from zwasm.baseline.stencil_object import assemble

    writer = Writer(level)
    writer.begin(0)
    place = writer.let("alloca i64")
    writer.do(f"store volatile i64 %acc, ptr {place}")
    writer.end(acc=writer.let(f"load volatile i64, ptr {place}"))
    with pytest.raises(StencilError, match="s0_0 uses the stack"):
        assemble(level, writer.sources[0].text)


@needs_llvm
def test_code_that_depends_on_values_is_refused() -> None:
    from zwasm.baseline.stencil_ir import StencilError, Writer
    from zwasm.baseline.stencil_magic import SETS, find_holes, with_values
    from zwasm.baseline.stencil_object import assemble

    writer = Writer("x86_64")
    writer.begin(0)
    writer.end(acc=writer.let("udiv i64 %acc, <a:il32>"))
    text = writer.sources[0].text
    machines = [assemble("x86_64", with_values(True, text, i))["s0_0"] for i in range(SETS)]
    first, second, third = machines
    with pytest.raises(StencilError, match="s0_0"):
        find_holes(True, "s0_0", text, (first.code, second.code, third.code))


@needs_llvm
@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_comparisons_are_with_the_number_itself(architecture: str) -> None:
    """LLVM turns x < n into x <= n - 1, which is wrong for the least n."""
    from zwasm.baseline import stencil, stencil_aarch64, stencil_x86
    from zwasm.baseline.stencil_magic import Rodata, find_holes
    from zwasm.baseline.stencil_object import assemble

    x86 = architecture == "x86_64"
    wanted = {
        base(f"{kind}.{name}") + at
        for kind in ("i32", "i64")
        for name in ("lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u")
        for at in (keys.IMM, keys.COMPARE_BRANCH + keys.INT_KINDS + keys.IMM)
    }
    sources = [source for source in stencil.scalars_of(architecture) if source.key in wanted]
    texts = stencil.Job(architecture, sources).modules()[1:]
    first, second, third = (assemble(architecture, text) for text in texts)
    finish = stencil_x86.finish if x86 else stencil_aarch64.finish
    changed = 0
    for source in sources:
        name = source.name
        codes = (first[name].code, second[name].code, third[name].code)
        found = find_holes(x86, name, source.text, codes)
        changed += any(hole.beside for hole in found)
        finish(name, first[name], found, Rodata())
        assert all(hole.beside == hole.addend == 0 for hole in found)
    assert changed > 0
