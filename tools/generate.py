"""Random valid modules, for comparing engines.

In: a seed. Out: a module as text. Its exports `run...` take nothing and give integers only (floats
and vectors as their bits); `state` gives what tables and globals hold. All of them end: what loops
or calls takes from a counter, and what does not loops a fixed number of times. Imports are the
functions in `HOSTS`, of a module "host"; `host_functions` has Python functions for them. No vectors
go in or out, as wasmtime-py has no values for them.

The bits of a NaN that an operation makes are up to the engine, so a float is made canonical
wherever its bits could be seen. Numeric instructions are chosen from the rows of `zwasm.isa`, so a
new one is covered at once. How functions are written is in `tools.generate_function`,
`tools.generate_statements` and `tools.generate_vectors`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tools import generate_vectors
from tools.generate_function import Function
from tools.generate_values import (
    FLOAT_TYPES,
    NUMBERS,
    TURNS,
    Global,
    Memory,
    Scope,
    Signature,
    Table,
    constant,
    seen,
    signature,
)

# Imported functions: name -> type. Those with "ref" in their name get and give references.
HOSTS = {
    "int": Signature(["i32"], ["i32"]),
    "mixed": Signature(["f32", "i32", "i64", "f64"], ["f64"]),
    "wide": Signature(["i64", "i64"], ["i64"]),
    "nothing": Signature([], []),
    "two": Signature(["i32", "f64"], ["i64", "f32"]),
    "many": Signature(["i32", "i64", "f32", "f64"] * 3, ["i32"]),
    "ref": Signature(["externref", "i32"], ["externref"]),
}
# The types of the integers that show a value of a type.
SHOWN = {
    "i32": ["i32"],
    "i64": ["i64"],
    "f32": ["i32"],
    "f64": ["i64"],
    "v128": ["i64", "i64"],
    "funcref": ["i32"],
    "externref": ["i32"],
}
# The share of modules with vector code.
SIMD_SHARES = {"none": 0.0, "some": 1 / 3, "only": 1.0}
# What the helpers of every module are: floats whose NaN is the canonical one.
HELPERS = """
(func $canon32 (param f32) (result f32)
  (select (local.get 0) (f32.const nan) (f32.eq (local.get 0) (local.get 0))))
(func $canon64 (param f64) (result f64)
  (select (local.get 0) (f64.const nan) (f64.eq (local.get 0) (local.get 0))))"""


def host_functions(log: list[object]) -> dict[str, Callable[..., object]]:
    """Functions for the imports, which write what they get into a log."""

    def give_int(a: int) -> int:
        log.append(("int", a))
        return ~a

    def give_mixed(a: float, b: int, c: int, d: float) -> float:
        log.append(("mixed", repr(a), b, c, repr(d)))
        return b * 0.5 + (c >> 3)

    def give_wide(a: int, b: int) -> int:
        log.append(("wide", a, b))
        return (a ^ b) >> 1

    def nothing() -> None:
        log.append("nothing")

    def two(a: int, b: float) -> tuple[int, float]:
        log.append(("two", a, repr(b)))
        return a * 3, len(log) * 0.25

    def many(*args: object) -> int:
        log.append(("many", *[repr(value) for value in args]))
        return len(log)

    def give_ref(a: object, b: int) -> object:
        log.append(("ref", a, b))
        return None if b % 3 == 0 else a if b % 3 == 1 else f"reference {b}"

    return {
        "int": give_int,
        "mixed": give_mixed,
        "wide": give_wide,
        "nothing": nothing,
        "two": two,
        "many": many,
        "ref": give_ref,
    }


def make_scope(rnd: random.Random, simd: str, relaxed: str) -> Scope:
    """What a module has beside functions."""
    scope = Scope(rnd)
    scope.simd = rnd.random() < SIMD_SHARES[simd]
    scope.relaxed = relaxed
    scope.calm = rnd.random() < 0.6
    types = (*NUMBERS, "v128") if scope.simd else NUMBERS
    memories = rnd.choice((1, 1, 1, 1, 2, 3))
    for index in range(memories):
        is64 = rnd.random() < 0.12
        minimum = rnd.choice((1, 1, 2)) if index == 0 else rnd.choice((0, 1, 1, 1, 1))
        maximum = rnd.choice((minimum, 2, 3, 3, 5, 5, 5, None))
        scope.memories.append(Memory(index, is64, minimum, maximum))
    for code in types:
        scope.globals.append(Global(f"${code}", code, True))
    for index in range(rnd.randrange(5)):
        code = rnd.choice((*types, "externref", "funcref"))
        scope.globals.append(Global(f"$global{index}", code, rnd.random() < 0.7))
    if rnd.random() < 0.5:
        scope.hosts = {f"$host_{name}": HOSTS[name] for name in HOSTS if rnd.random() < 0.6}
    scope.tables.append(Table("$functions", "funcref", rnd.random() < 0.1))
    if rnd.random() < 0.3:
        scope.tables.append(Table("$spare", "funcref", rnd.random() < 0.2))
    if rnd.random() < 0.3:
        scope.tables.append(Table("$any", "externref", False))
    scope.tails = rnd.random() < 0.25
    return scope


def show(get: str, code: str) -> list[str]:
    """The value of a type that an instruction gives, as integers of the types `SHOWN`."""
    if code == "v128":
        return [line for lane in (0, 1) for line in (get, f"i64x2.extract_lane {lane}")]
    if code in FLOAT_TYPES:
        return [get, f"call $canon{code[1:]}", f"i{code[1:]}.reinterpret_{code}"]
    return [get] if code in NUMBERS else [get, "ref.is_null"]


def runner(rnd: random.Random, function: Function, number: int) -> str:
    """An export that calls a function with constants and gives its results as integers."""
    results = [shown for code in function.results for shown in SHOWN[code]]
    lines = [f'(func (export "run{function.index}_{number}") {signature([], results)}']
    lines += [f"(local $r{i} {code})" for i, code in enumerate(function.results)]
    lines += [f"i32.const {TURNS}", "global.set $turns"]
    lines += [constant(rnd, code) for code in function.params]
    lines.append(f"call $f{function.index}")
    lines += [f"local.set $r{i}" for i in reversed(range(len(function.results)))]
    for i, code in enumerate(function.results):
        lines += show(f"local.get $r{i}", code)
    return "\n".join([*lines, ")"])


def seer(code: str) -> str:
    """A helper that makes a value part of the state."""
    return "\n".join([f"(func $see_{code} (param {code})", "local.get 0", *seen(code), ")"])


def state(scope: Scope) -> str:
    """An export that gives the globals, and for each table which elements are null."""
    results: list[str] = []
    lines: list[str] = []
    for name, code in (("$seen", "i64"), ("$seen_vectors", "v128"))[: 1 + scope.simd]:
        lines += show(f"global.get {name}", code)
        results += SHOWN[code]
    for item in scope.globals:
        lines += show(f"global.get {item.name}", item.code)
        results += SHOWN[item.code]
    for table in scope.tables:
        size = "i64.extend_i32_u" if not table.is64 else "nop"
        lines += [f"table.size {table.name}", size]
        results.append("i64")
        for index in range(4):
            lines += [f"{table.address}.const {index}", f"table.get {table.name}", "ref.is_null"]
            results.append("i32")
    for memory in scope.memories:
        lines += [f"memory.size {memory.index}"]
        results.append(memory.address)
    return "\n".join([f'(func (export "state") {signature([], results)}', *lines, ")"])


def declarations(scope: Scope, rnd: random.Random) -> list[str]:
    """Memories, globals, tables and segments."""
    lines = []
    for memory in scope.memories:
        is64 = "i64 " if memory.is64 else ""
        limits = f"{memory.minimum}" + ("" if memory.maximum is None else f" {memory.maximum}")
        lines.append(f'(memory (export "memory{memory.index}") {is64}{limits})')
    lines.append('(data $bytes "\\00\\01\\7f\\80\\ff some bytes for memory.init \\fe\\ff\\ff\\ff")')
    if scope.memories[0].minimum:
        address = scope.memories[0].address
        lines.append(
            f'(data ({address}.const 100) "\\00\\00\\80\\3f\\ff\\ff\\ff\\ff\\ff\\7f\\00\\80")'
        )
    if scope.simd:
        for at in (0, 65480):
            data = "".join(
                f"\\{rnd.choice((rnd.randrange(256), 0, 128, 255)):02x}" for _ in range(56)
            )
            lines.append(f'(data ({scope.memories[0].address}.const {at}) "{data}")')
    for item in scope.globals:
        kind = f"(mut {item.code})" if item.mutable else item.code
        shared = item.code != "v128" and rnd.random() < 0.4
        exported = f'(export "{item.name[1:]}")' if shared else ""
        lines.append(f"(global {item.name} {exported} {kind} ({constant(rnd, item.code)}))")
    lines.append("(global $turns (mut i32) (i32.const 0))")
    lines.append("(global $seen (mut i64) (i64.const 0))")
    if scope.simd:
        lines.append("(global $seen_vectors (mut v128) (v128.const i64x2 0 0))")
    count = len(scope.functions)
    for table in scope.tables:
        # As large as the state export reads, and with an end within reach.
        maximum = " 20" if rnd.random() < 0.6 else ""
        is64 = "i64 " if table.is64 else ""
        lines.append(f"(table {table.name} {is64}{max(4, count + 1)}{maximum} {table.code})")
    names = [f"$f{function.index}" for function in scope.functions]
    first = scope.tables[0]
    lines.append(f"(elem (table {first.name}) ({first.address}.const 0) func {' '.join(names)})")
    mixed = [f"(ref.func {rnd.choice(names)})", "(ref.null func)", f"(ref.func {names[0]})"]
    lines.append(f"(elem $some funcref {' '.join(mixed)})")
    return lines


def generate(seed: int, simd: str = "some", relaxed: str = "") -> str:
    """A module as text; the same one for the same arguments.

    `simd` says how many seeds have vector code: "none", "some" (a third) or "only", which is all.
    With `relaxed`, "native" or "deterministic", relaxed instructions are part of it; in the latter
    mode used so that it cannot be seen whether sums of products are rounded once or twice.
    """
    rnd = random.Random(seed)
    scope = make_scope(rnd, simd, relaxed)
    for index in range(rnd.choice((1, 2, 3, 4, 6))):
        scope.functions.append(Function(scope, index))
    for function in scope.functions:
        function.write()
    runners = [runner(rnd, function, number) for function in scope.functions for number in range(3)]
    imports = [
        f'(import "host" "{name[6:]}" (func {name} {signature(host.params, host.results)}))'
        for name, host in scope.hosts.items()
    ]
    types = [
        f"(type $t{function.index} (func {signature(function.params, function.results)}))"
        for function in scope.functions
    ]
    return "\n".join(
        [
            "(module",
            *types,
            *imports,
            *declarations(scope, rnd),
            HELPERS,
            generate_vectors.HELPERS if scope.simd else "",
            *[seer(code) for code in SHOWN if scope.simd or code != "v128"],
            *[function.text() for function in scope.functions],
            *runners,
            state(scope),
            ")",
        ]
    )
