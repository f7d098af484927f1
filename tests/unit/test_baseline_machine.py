"""The baseline engine's glue: contexts, shared code, compiling lazily and ahead, frames."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import zwasm
from zwasm.baseline import abi
from zwasm.baseline.layout import ContextLayout
from zwasm.instances import plain
from zwasm.runtime import engine
from zwasm.valid import ModuleInfo

needs_code = pytest.mark.skipif(
    bool(engine.why_not("baseline")), reason=f"baseline: {engine.why_not('baseline')}"
)

TEXT = """
(module $m
  (func $one (export "one") (result i32) (i32.const 1))
  (func $twice (export "twice") (param i32) (result i32)
    (i32.add (local.get 0) (local.get 0)))
  (func $both (export "both") (result i32) (call $twice (call $one)))
  (func $never (export "never") unreachable))
"""


def module(text: str = TEXT, **options: Any) -> zwasm.Module:
    return zwasm.Module(text, engine=zwasm.Engine("baseline", **options))


def compiled(made: zwasm.Module) -> list[Any]:
    return list(made.info.compiled.values())


def entries(made: zwasm.Module) -> list[bool]:
    (found,) = compiled(made)
    return [found.code.entry(i) != 0 for i in range(len(made.info.module.funcs))]


def info_of(text: str) -> ModuleInfo:
    return zwasm.Module(text).info


def test_codes_that_states_share_with_the_interface() -> None:
    assert plain.OUT_OF_TIME == abi.TRAP_TIME
    assert plain.INTERRUPTED == abi.TRAP_INTERRUPTED
    for name in abi.TRAPS:
        assert zwasm.TrapCode[name]


def test_layout() -> None:
    layout = ContextLayout(
        info_of(
            '(module (import "" "a" (func)) (import "" "b" (global i32)) (import "" "c" (func))'
            ' (import "" "m" (memory 1)) (memory 1) (table 1 funcref)'
            " (global i64 (i64.const 1)) (global f32 (f32.const 1)))"
        )
    )
    first = abi.CTX_VARIABLE
    assert [layout.memory(0), layout.memory(1)] == [first, first + 8]
    assert layout.table(0) == first + 16
    assert [layout.func(0), layout.func(1)] == [first + 24, first + 32]
    assert layout.imported_globals == 1
    assert layout.globals == [first + 40, first + 48, first + 64]
    assert layout.size == first + 80
    assert ContextLayout(info_of("(module)")).size == first


@needs_code
def test_functions_are_compiled_when_they_are_called() -> None:
    made = module()
    assert compiled(made) == []
    exports = zwasm.Instance(made).exports
    assert entries(made) == [False] * 4
    assert exports.both() == 2
    assert entries(made) == [True, True, True, False]
    assert zwasm.Instance(made).exports.both() == 2  # by the same code
    assert len(compiled(made)) == 1


@needs_code
def test_functions_are_compiled_ahead() -> None:
    made = module(compile="eager")
    assert entries(made) == [True] * 4
    exports = zwasm.Instance(made).exports
    assert exports.both() == 2
    with pytest.raises(zwasm.Trap) as caught:
        exports.never()
    assert [frame.function for frame in caught.value.frames] == ["never"]
    late = zwasm.Module(TEXT)
    zwasm.Instance(late, store=zwasm.Store(made.engine))
    assert entries(late) == [True] * 4
    empty = module("(module)", compile="eager")
    assert zwasm.Instance(empty).exports.keys() == set()


@needs_code
def test_compiling_ahead_needs_the_features() -> None:
    lacking = sorted({"simd", "exceptions"} - set(zwasm.Engine("baseline").features))
    texts = {
        "simd": "(module (func (drop (v128.const i32x4 0 0 0 0))))",
        "exceptions": "(module (tag $t) (func (throw $t)))",
    }
    for feature in lacking:
        with pytest.raises(zwasm.UnsupportedError, match=feature):
            module(texts[feature], compile="eager")


@needs_code
def test_code_of_its_own_for_each_option() -> None:
    made = zwasm.Module("(module (memory 1))")
    for options in ({}, {"fuel": True}, {"compile": "eager"}):
        zwasm.Instance(made, store=zwasm.Store(zwasm.Engine("baseline", **options)))
    assert len(compiled(made)) == 3


@needs_code
def test_code_goes_with_its_module() -> None:
    made = module()
    instance = zwasm.Instance(made)
    assert instance.exports.both() == 2
    (found,) = compiled(made)
    gone = weakref.ref(found)
    both = instance.exports.both
    del found, made, instance
    gc.collect()
    assert gone() is not None
    assert both() == 2
    del both
    gc.collect()
    assert gone() is None


@needs_code
def test_threads_share_code() -> None:
    functions = "".join(
        f'(func (export "f{i}") (param i32) (result i32) (i32.add (local.get 0) (i32.const {i})))'
        for i in range(60)
    )
    made = module(f"(module {functions})")
    wrong: list[object] = []
    start = threading.Barrier(4)

    def work() -> None:
        exports = zwasm.Instance(made).exports
        start.wait(10)
        wrong.extend(i for i in range(60) if exports[f"f{i}"](1000) != 1000 + i)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(entries(made))


@needs_code
def test_frames_of_several_modules() -> None:
    store = zwasm.Store(zwasm.Engine("baseline"))
    inner = zwasm.Instance(zwasm.Module(TEXT), store=store)
    outer = zwasm.Module(
        '(module $outer (import "m" "never" (func $never))\n'
        "  (func $middle (call $never))\n"
        '  (func (export "run") (call $middle)))'
    )
    run = zwasm.Instance(outer, {"m": inner}, store=store).exports.run
    with pytest.raises(zwasm.Trap) as caught:
        run()
    frames = [(frame.module, frame.function, frame.line) for frame in caught.value.frames]
    assert frames == [("m", "never", 7), ("outer", "middle", 2), ("outer", "run", 3)]


@needs_code
def test_imported_globals_tables_and_memories_are_the_same_storage() -> None:
    store = zwasm.Store(zwasm.Engine("baseline"))
    first = zwasm.Instance(
        zwasm.Module(
            """(module (global (export "g") (mut i64) (i64.const 5))
                 (global (export "r") (mut externref) (ref.null extern))
                 (memory (export "m") 1 3) (table (export "t") 1 3 funcref)
                 (func (export "read") (result i64) (global.get 0))
                 (func (export "size") (result i32 i32) (memory.size) (table.size)))"""
        ),
        store=store,
    )
    second = zwasm.Instance(
        zwasm.Module(
            """(module (import "a" "g" (global $g (mut i64)))
                 (import "a" "r" (global $r (mut externref)))
                 (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref))
                 (func $f (export "f"))
                 (elem declare func $f)
                 (func (export "change") (param externref)
                   (global.set $g (i64.add (global.get $g) (i64.const 1)))
                   (global.set $r (local.get 0))
                   (drop (memory.grow (i32.const 1)))
                   (drop (table.grow (ref.func $f) (i32.const 2)))
                   (i32.store8 (i32.const 70000) (i32.const 9))))"""
        ),
        {"a": first},
        store=store,
    )
    view = memoryview(first.exports.m)
    thing = object()
    second.exports.change(thing)
    assert (first.exports.g.value, first.exports.read()) == (6, 6)
    assert first.exports.r.value is thing
    assert first.exports.size() == (2, 3)
    assert first.exports.m[70_000] == 9
    assert list(first.exports.t) == [None, second.exports.f, second.exports.f]
    assert len(view) == 65_536
    first.exports.g.value = -1
    assert first.exports.read() == -1


@needs_code
def test_nan_payloads_pass_the_border() -> None:
    from zwasm.instances.calls import invoke

    made = module(
        """(module (func (export "f32") (param f32) (result f32) (local.get 0))
             (func (export "f64") (param f64) (result f64) (local.get 0)))"""
    )
    exports = zwasm.Instance(made).exports
    for bits in (0x7FA0_0001, 0xFFC1_2345, 0x7F80_0000, 0x8000_0000, 1):
        assert invoke(exports.f32, [bits]) == [bits]
    for bits in (0x7FF0_0000_0000_0001, 0xFFFF_1234_5678_9ABC, 1 << 63, 1):
        assert invoke(exports.f64, [bits]) == [bits]


def test_an_engine_that_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "why_not", lambda name: "no reason" if name == "baseline" else "")
    assert zwasm.Engine().name == "interp"
    with pytest.raises(zwasm.UnsupportedError, match="'baseline' cannot run here: no reason"):
        zwasm.Engine("baseline")
    with pytest.raises(ValueError, match="unknown compile 'later'; known are 'lazy', 'eager'"):
        zwasm.Engine(compile="later")


@needs_code
@pytest.mark.parametrize("compile", ["lazy", "eager"])
def test_deterministic_code_is_made_once(compile: str) -> None:
    made = module(
        """(module (func (export "f") (param v128 v128) (result v128)
             (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))""",
        compile=compile,
        relaxed_simd="deterministic",
    )
    exports = zwasm.Instance(made).exports
    assert exports.f(bytes(range(16)), bytes([16] * 16)) == bytes(16)
    assert len(compiled(made)) == 1
