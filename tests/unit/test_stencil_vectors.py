"""Meanings of vector instructions as LLVM IR: they compile well, and do what they should."""

from __future__ import annotations

import ctypes
import platform
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from zwasm.interp import operations
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, BY_NAME, Row
from zwasm.types import F32, F64, I32, I64, V128

llvm = pytest.importorskip("llvmlite.binding", reason="llvmlite is not installed")

from zwasm.baseline import stencil_object  # noqa: E402
from zwasm.baseline.stencil_vectors import deterministic, fragment  # noqa: E402

LEVELS = ("x86_64", "x86_64_avx2", "x86_64_avx512", "aarch64")
ROWS = [
    row
    for row in BY_CODE
    if row is not None and row.feature in (r.SIMD, r.RELAXED_SIMD) and row.llvm
]
RELAXED = [row for row in ROWS if row.feature == r.RELAXED_SIMD]
REGISTER = "<2 x double>"
BYTES = "<16 x i8>"
TYPES = {I32: "i32", I64: "i64", F32: "float", F64: "double", V128: REGISTER, 0: "ptr"}
SIZES = {I32: 4, I64: 8, F32: 4, F64: 8, V128: 16}
VECTORS = 40  # so many for each operand


def operands(row: Row) -> tuple[int, ...]:
    """The types of a fragment's operands, 0 for an address."""
    if row.shape in (r.LOAD, r.STORE, r.LOAD_LANE, r.STORE_LANE):
        return (0, *row.params)
    return row.params


def function(name: str, row: Row, text: str, lane: int) -> str:
    """A function that is a fragment."""
    lines = []
    values = {}
    for letter, code in zip("abc", operands(row), strict=False):
        values[letter] = f"%p{letter}"
        if code == V128:
            values[letter] = f"%v{letter}0"
            lines.append(f"%v{letter}0 = bitcast {REGISTER} %p{letter} to {BYTES}")
    result = row.results[0] if row.results else 0
    lines += text.format(**values, r="%result0", lane=lane).splitlines()
    if result == V128:
        lines.append(f"%result1 = bitcast {BYTES} %result0 to {REGISTER}")
    kind = TYPES[result] if result else "void"
    value = "" if not result else " %result1" if result == V128 else " %result0"
    parameters = ", ".join(
        f"{TYPES[code]} %p{letter}" for letter, code in zip("abc", operands(row), strict=False)
    )
    body = "\n".join([*lines, f"ret {kind}{value}"])
    return f"define {kind} @{name}({parameters}) #1 {{\n{body}\n}}\n"


def driver(name: str, row: Row) -> str:
    """A function that takes operands from memory, and puts the result there."""
    lines = []
    arguments = []
    for letter, code in zip("abc", operands(row), strict=False):
        if code:
            lines.append(f"%v{letter} = load {TYPES[code]}, ptr %{letter}, align 1")
        arguments.append(f"{TYPES[code]} {'%v' if code else '%'}{letter}")
    if row.results:
        kind = TYPES[row.results[0]]
        lines.append(f"%r = call {kind} @{name}({', '.join(arguments)})")
        lines.append(f"store {kind} %r, ptr %to, align 1")
    else:
        lines.append(f"call void @{name}({', '.join(arguments)})")
    body = "\n".join([*lines, "ret void"])
    return f"define void @run_{name}(ptr %a, ptr %b, ptr %c, ptr %to) #1 {{\n{body}\n}}\n"


def name_of(row: Row, lane: int) -> str:
    return f"{row.name.replace('.', '_')}_{lane}"


def lanes_of(row: Row) -> range:
    return range(row.lanes or 1)


def host_levels() -> list[str]:
    if platform.machine() in ("aarch64", "arm64"):
        return ["aarch64"]
    if platform.machine() not in ("x86_64", "AMD64"):
        return []
    features = llvm.get_host_cpu_features()
    wanted = {
        "x86_64": ("sse4.2", "popcnt"),
        "x86_64_avx2": ("avx2", "fma", "bmi2", "lzcnt"),
        "x86_64_avx512": ("avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd"),
    }
    found = []
    for level, names in wanted.items():
        if not all(features.get(name) for name in names):
            break
        found.append(level)
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_fragments_are_short_and_call_nothing(level: str) -> None:
    texts = {row.name: fragment(level, row) for row in ROWS}
    texts |= {f"{row.name} (deterministic)": deterministic(level, row) for row in RELAXED}
    names = {}
    functions = ""
    for i, (name, text) in enumerate(texts.items()):
        names[f"f{i}"] = name
        functions += function(f"f{i}", BY_NAME[name.split(" ")[0]], text, 0)
    # Raises where one needs the stack, or has constants that cannot be shared.
    made = stencil_object.assemble(level, functions)
    called = {
        names[name]: relocation.target
        for name, machine in made.items()
        for relocation in machine.relocations
        if isinstance(relocation.target, str)
    }
    assert not called
    assembly = stencil_object.assembly(level, functions)
    assert not re.search(r"%[yz]mm", assembly)
    lengths = {}
    for name, body in re.findall(r"^(f\d+):(.*?)^\.Lfunc_end", assembly, re.MULTILINE | re.DOTALL):
        lengths[names[name]] = len(re.findall(r"^\t[a-z]", body, re.MULTILINE))
    assert set(lengths) == set(texts)
    long = {name: length for name, length in lengths.items() if length > 12}
    assert all("relaxed_dot" in name and "deterministic" in name for name in long), long


@pytest.mark.parametrize("level", LEVELS)
def test_constants_are_few(level: str) -> None:
    functions = "".join(function(name_of(row, 0), row, fragment(level, row), 0) for row in ROWS)
    constants = {
        relocation.target
        for machine in stencil_object.assemble(level, functions).values()
        for relocation in machine.relocations
    }
    assert sum(len(constant) for constant in constants) <= 512


@cache
def engine(level: str, relaxed: bool) -> tuple[Any, Any]:
    """Compiled functions of all rows; what they are in must be kept."""
    choose = fragment if relaxed else deterministic
    functions = ""
    for row in ROWS if relaxed else RELAXED:
        text = choose(level, row)
        for lane in lanes_of(row):
            name = name_of(row, lane)
            functions += function(name, row, text, lane) + driver(name, row)
    machine = stencil_object.machine(level)
    module = llvm.parse_assembly(stencil_object.module_of(functions))
    code = llvm.ObjectFileRef.from_data(machine.emit_object(module))
    made = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    made.add_object_file(code)
    made.finalize_object()
    return made, code


def edges(width: int, floats: bool) -> list[int]:
    top = 1 << width - 1
    found = [0, 1, 2, top - 1, top, top + 1, 2 * top - 1, 2 * top - 2, 0x7F, 0x80, 15, 16]
    if floats:
        fraction = 23 if width == 32 else 52
        one = (top >> 1) - (1 << fraction)
        infinity = top - (1 << fraction)
        magnitudes = [infinity, infinity + 1, infinity | 1 << fraction - 1, infinity - 1, one]
        # 0.5, 1.5, 2.5, 2**31, 2**32, the next below them, a large number
        magnitudes += [one - (1 << fraction), one | 1 << fraction - 1]
        magnitudes += [one + (5 << fraction - 2)]
        magnitudes += [one + (n << fraction) - below for n in (31, 32) for below in (0, 1)]
        magnitudes += [one + (90 << fraction) + 12345]
        found += magnitudes + [top | number for number in magnitudes]
    return found


def value(source: random.Random, code: int, shape: str) -> int:
    widths = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64, "f32x4": 32, "f64x2": 64}
    if code == V128:
        width, floats = widths.get(shape, 8), shape[0] == "f"
    else:
        width, floats = 8 * SIZES[code], code in (F32, F64)
    bits = 128 if code == V128 else width
    number = 0
    for at in range(0, bits, width):
        random_one = source.getrandbits(width)
        lane = source.choice(edges(width, floats)) if source.random() < 0.7 else random_one
        number |= lane << at
    return number


def shapes_of(row: Row) -> list[str]:
    """The shapes that a row's operands may have."""
    return re.findall(r"[if]\d+x\d+", row.name) or ["i8x16"]


def result_of(level: str, relaxed: bool, row: Row, lane: int, numbers: list[int]) -> int:
    made, _ = engine(level, relaxed)
    address = made.get_function_address(f"run_{name_of(row, lane)}")
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(address)
    buffers = [ctypes.create_string_buffer(number.to_bytes(16, "little"), 16) for number in numbers]
    to = ctypes.create_string_buffer(16)
    run(*[ctypes.addressof(buffer) for buffer in (buffers * 3)[:3]], ctypes.addressof(to))
    return int.from_bytes(to.raw if row.results else buffers[0].raw, "little")


def is_right(row: Row, found: int, wanted: int) -> bool:
    """Whether a result is the wanted one but for NaNs, which are to be quiet."""
    if found == wanted:
        return True
    shape = row.name.split(".")[0]
    exact = ("abs", "neg", "pmin", "pmax", "lane", "splat")
    if shape not in ("f32x4", "f64x2") or any(word in row.name for word in exact):
        return False
    width, fraction = (32, 23) if shape == "f32x4" else (64, 52)
    quiet = (1 << width - 1) - (1 << fraction - 1)
    for at in range(0, 128, width):
        one, other = (number >> at & ((1 << width) - 1) for number in (found, wanted))
        if one != other and not (one & quiet == quiet and other & quiet == quiet):
            return False
    return True


def cases(row: Row) -> Iterator[list[int]]:
    source = random.Random(row.name)
    for _ in range(VECTORS):
        for shape in shapes_of(row):
            yield [value(source, code, shape) for code in row.params]


@pytest.mark.parametrize("level", host_levels())
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.shape in (r.PLAIN, r.LANE)], ids=lambda row: row.name
)
def test_fragments_do_what_the_reference_engine_does(level: str, row: Row) -> None:
    references: list[tuple[bool, Any]] = [(True, operations.functions(level)[row.opcode])]
    if row in RELAXED:
        references.append((False, operations.functions("")[row.opcode]))
    for relaxed, reference in references:
        for lane in lanes_of(row):
            for numbers in cases(row):
                arguments = [*numbers, lane] if row.shape == r.LANE else numbers
                wanted = reference(*arguments)
                found = result_of(level, relaxed, row, lane, numbers)
                size = SIZES[row.results[0]]
                wanted &= (1 << 8 * size) - 1
                shown = [hex(number) for number in (*numbers, found, wanted)]
                assert is_right(row, found, wanted), f"relaxed {relaxed}, lane {lane}: {shown}"


def loaded(row: Row, data: int, vector: int, lane: int) -> int:
    """What a load gives."""
    name = row.name.removeprefix("v128.load")
    shape = {"8": "i8x16", "16": "i16x8", "32": "i32x4", "64": "i64x2"}
    if name == "":
        return data
    width, kind = re.match(r"(\d+)(.*)", name).groups()  # type: ignore[union-attr]
    element = data & ((1 << int(width)) - 1)
    if kind == "_zero":
        return element
    if kind == "_splat":
        return reference(f"{shape[width]}.splat", element)
    if kind == "_lane":
        return reference(f"{shape[width]}.replace_lane", vector, element, lane)
    wide = shape[str(2 * int(width))]
    return reference(f"{wide}.extend_low_{shape[width]}_{kind[-1]}", data)


def reference(name: str, *arguments: int) -> int:
    function: Any = operations.FUNCTIONS[BY_NAME[name].opcode]
    found: int = function(*arguments)
    return found


@pytest.mark.parametrize("level", host_levels())
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.shape not in (r.PLAIN, r.LANE)],
    ids=lambda row: row.name,
)
def test_fragments_of_accesses(level: str, row: Row) -> None:
    source = random.Random(row.name)
    for lane in lanes_of(row):
        data, vector = source.getrandbits(128), source.getrandbits(128)
        found = result_of(level, True, row, lane, [data, vector])
        if row.results:
            assert found == loaded(row, data, vector, lane)
        else:
            width = 8 << row.align
            element = vector >> lane * width & ((1 << width) - 1)
            assert found == data >> width << width | element
