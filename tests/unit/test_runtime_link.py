"""Imports: finding, matching, and instantiation in order."""

from __future__ import annotations

from typing import Any

import pytest

import zwasm
from zwasm import FuncType

pytestmark = pytest.mark.usefixtures("each_engine")

NEEDS = """
(module
  (import "env" "f" (func $f (param i32)))
  (import "env" "memory" (memory 2 4))
  (import "env" "table" (table 2 funcref))
  (import "env" "base" (global $base i32))
  (import "env" "count" (global $count (mut i64)))
  (func (export "base") (result i32) (global.get $base))
  (func (export "step") (global.set $count (i64.add (global.get $count) (i64.const 1))))
  (export "memory" (memory 0)) (export "count" (global $count)) (export "f" (func $f))
)
"""


def needs(**changes: Any) -> dict[str, dict[str, Any]]:
    env: dict[str, Any] = {
        "f": lambda number: None,
        "memory": zwasm.Memory(2, maximum=4),
        "table": zwasm.Table("funcref", 2),
        "base": zwasm.Global("i32", 1024),
        "count": zwasm.Global("i64", 0, mutable=True),
    }
    env.update(changes)
    return {"env": {name: value for name, value in env.items() if value is not ...}}


def link(**changes: Any) -> zwasm.Instance:
    return zwasm.Instance(zwasm.Module(NEEDS), needs(**changes))


def test_everything_fits() -> None:
    imports = needs()
    instance = zwasm.Instance(zwasm.Module(NEEDS), imports)
    exports, env = instance.exports, imports["env"]
    assert exports.memory is env["memory"]
    assert exports.count is env["count"]
    exports.step()
    assert env["count"].value == 1
    assert exports["base"]() == 1024
    assert env["memory"].inst.store is instance.store


def test_numbers_for_immutable_globals() -> None:
    assert link(base=77).exports.base() == 77
    for value in (1.5, "77", 1 << 40, None):
        with pytest.raises(zwasm.LinkError, match=r"env\.base is \(global i32\), but given is"):
            link(base=value)
    with pytest.raises(zwasm.LinkError, match=r"env\.count is \(global \(mut i64\)\)"):
        link(count=1)


def test_all_missing_imports_are_named() -> None:
    with pytest.raises(zwasm.LinkError) as caught:
        link(f=..., table=...)
    assert str(caught.value) == (
        "unknown import: env.f (func (param i32)), env.table (table 2 funcref)"
    )
    with pytest.raises(zwasm.LinkError, match=r"unknown import: env\.f .*env\.count"):
        zwasm.Instance(zwasm.Module(NEEDS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("f", 5),
        ("f", zwasm.Func(lambda: None, FuncType())),
        ("f", zwasm.Memory(1)),
        ("memory", zwasm.Memory(1, maximum=4)),
        ("memory", zwasm.Memory(2, maximum=5)),
        ("memory", zwasm.Memory(2)),
        ("memory", zwasm.Memory(2, 4, is64=True)),
        ("memory", zwasm.Memory(2, 4, shared=True)),
        ("memory", b"bytes"),
        ("table", zwasm.Table("funcref", 1)),
        ("table", zwasm.Table("externref", 2)),
        ("table", zwasm.Table("funcref", 2, is64=True)),
        ("base", zwasm.Global("i32", 1, mutable=True)),
        ("base", zwasm.Global("i64", 1)),
        ("count", zwasm.Global("i64", 1)),
        ("count", zwasm.Global("i32", 1, mutable=True)),
    ],
)
def test_what_does_not_match(name: str, value: object) -> None:
    with pytest.raises(zwasm.LinkError, match=rf"^incompatible import type: env\.{name} is \("):
        link(**{name: value})


def test_a_memory_that_has_grown_matches_by_its_size() -> None:
    memory = zwasm.Memory(1, maximum=4)
    memory.grow(1)
    assert link(memory=memory).exports.memory is memory


def test_namespaces_that_are_none() -> None:
    with pytest.raises(TypeError, match="mapping of names or an instance, not int"):
        zwasm.Instance(zwasm.Module(NEEDS), {"env": 5})
    with pytest.raises(TypeError, match="mapping of module names"):
        zwasm.Instance(zwasm.Module(NEEDS), 5)


def test_an_instance_as_namespace() -> None:
    first = zwasm.Instance(
        zwasm.Module(
            '(module (func (export "one") (result i32) i32.const 1) (memory (export "m") 1))'
        )
    )
    text = (
        '(module (import "a" "one" (func $one (result i32))) (import "a" "m" (memory 1))'
        ' (export "one" (func $one)) (export "m" (memory 0)))'
    )
    for namespace in (first, first.exports, dict(first.exports)):
        second = zwasm.Instance(zwasm.Module(text), {"a": namespace})
        assert second.exports.one is first.exports.one
        assert second.exports.m is first.exports.m
        assert second.store is first.store


def test_an_object_belongs_to_one_store() -> None:
    memory = zwasm.Memory(2, maximum=4)
    link(memory=memory)
    with pytest.raises(zwasm.LinkError, match=r"env\.memory .*belongs to another store"):
        zwasm.Instance(zwasm.Module(NEEDS), needs(memory=memory), store=zwasm.Store())
    with pytest.raises(zwasm.LinkError, match="belongs to another store"):
        link(memory=memory, count=link().exports.count)
    table = zwasm.Table("funcref", 1, store=zwasm.Store())
    func = link().exports.step
    with pytest.raises(ValueError, match="belongs to another store"):
        table[0] = func


def test_linker() -> None:
    linker = zwasm.Linker()
    for name, value in needs()["env"].items():
        linker.define("env", name, value)
    first = linker.instantiate(zwasm.Module(NEEDS))
    assert linker.store is first.store
    assert linker.get("env", "memory") is first.exports.memory
    with pytest.raises(ValueError, match=r"env\.f is defined already"):
        linker.define("env", "f", print)
    linker.define("env", "f", print, replace=True)
    with pytest.raises(KeyError, match=r"env\.g"):
        linker.get("env", "g")
    linker.define_instance("first", first)
    assert linker.get("first", "step") is first.exports.step
    linker.define_instance("more", {"x": 1})
    with pytest.raises(TypeError, match="not int"):
        linker.define_instance("none", 5)
    second = linker.instantiate(
        zwasm.Module('(module (import "first" "step" (func $s)) (export "step" (func $s)))')
    )
    assert second.exports.step is first.exports.step


def test_active_segments_in_order() -> None:
    memory, table = zwasm.Memory(1), zwasm.Table("funcref", 2)
    module = zwasm.Module(
        '(module (import "" "m" (memory 1)) (import "" "t" (table 2 funcref)) (func $f)'
        ' (elem (i32.const 0) $f) (data (i32.const 0) "first") (data (i32.const 65535) "xy")'
        ' (data (i32.const 8) "never"))'
    )
    with pytest.raises(zwasm.Trap, match="out of bounds memory access") as caught:
        zwasm.Instance(module, {"": {"m": memory, "t": table}})
    assert caught.value.code is zwasm.TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert memory[:16] == b"first" + bytes(11)
    assert memory[-1] == 0
    assert isinstance(table[0], zwasm.Func)
    table[0]()


def test_a_segment_past_its_table() -> None:
    module = zwasm.Module("(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))")
    with pytest.raises(zwasm.Trap, match="out of bounds table access"):
        zwasm.Instance(module)


def test_constant_expressions() -> None:
    module = zwasm.Module(
        '(module (import "" "g" (global $g i32))'
        ' (global (export "a") i32 (i32.add (global.get $g) (i32.const -3)))'
        ' (global (export "b") i64 (i64.const -1)) (global (export "c") f64 (f64.const 0.5))'
        ' (global (export "d") funcref (ref.func $f))'
        ' (global (export "e") externref (ref.null extern))'
        ' (func $f (export "f")) (table (export "t") 3 funcref (ref.func $f))'
        ' (memory (export "m") 1) (data (i32.add (global.get $g) (i32.const 1)) "data"))'
    )
    exports = zwasm.Instance(module, {"": {"g": 10}}).exports
    assert [exports[name].value for name in "abce"] == [7, -1, 0.5, None]
    assert exports.d.value is exports.f
    assert list(exports.t) == [exports.f] * 3
    assert exports.m[11:15] == b"data"


def test_a_trap_in_the_start_function() -> None:
    module = zwasm.Module("(module (func $boom unreachable) (start $boom))")
    with pytest.raises(zwasm.Trap) as caught:
        zwasm.Instance(module)
    assert [frame.function for frame in caught.value.frames] == ["boom"]


def test_a_feature_that_the_engine_lacks(each_engine: str) -> None:
    lacking = sorted({"simd", "gc", "exceptions"} - set(zwasm.Engine().features))
    texts = {
        "simd": "(module (func (drop (v128.const i32x4 0 0 0 0))))",
        "gc": "(module (type $s (struct)) (func (drop (struct.new $s))))",
        "exceptions": "(module (tag $t) (func (throw $t)))",
    }
    for feature in lacking:
        with pytest.raises(
            zwasm.UnsupportedError, match=f"uses .*{feature}.*engine '{each_engine}'"
        ) as caught:
            zwasm.Instance(zwasm.Module(texts[feature]))
        assert feature in caught.value.feature


@pytest.mark.parametrize(
    ("memories", "last", "trap"),
    [
        ("(memory 1)", "", False),
        ('(import "" "m" (memory 1))', "", False),
        ("(memory 1) (memory 1)", '(data (memory 1) (i32.const 0) "other")', False),
        ("(memory 1)", '(data (i32.const 9) "earlier")', False),
        ("(memory 1)", '(data (i32.const 65535) "no")', True),
        ("(memory 1)", '(data $p "passive")', False),
    ],
)
def test_very_many_segments(memories: str, last: str, trap: bool) -> None:
    memory = zwasm.Memory(1)
    memory[3] = 3
    places = [(i * 7 if i < 50 else 20_000 + 6000 * (i - 50) // 8) for i in range(90)]
    segments = " ".join(f'(data (i32.const {at}) "<{i:02}>")' for i, at in enumerate(places))
    init = '(func (export "init") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))'
    text = f'(module {memories} (export "m" (memory 0)) {segments} {last} {init})'
    if trap:
        with pytest.raises(zwasm.Trap, match="out of bounds memory access"):
            zwasm.Instance(zwasm.Module(text), {"": {"m": memory}})
        return
    module = zwasm.Module(text)
    for _ in range(2):
        exports = zwasm.Instance(module, {"": {"m": memory}}).exports
        expected = bytearray(65_536)
        expected[3] = 3 if exports.m is memory else 0
        for i, at in enumerate(places):
            expected[at : at + 4] = f"<{i:02}>".encode()
        if "earlier" in last:
            expected[9:16] = b"earlier"
        assert exports.m[:] == expected
        with pytest.raises(zwasm.Trap):  # the segment is dropped
            exports.init()
        memory = zwasm.Memory(1)
        memory[3] = 3
