"""Calls from Python to wasm and from wasm to Python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

import zwasm
from zwasm import FuncType

pytestmark = pytest.mark.usefixtures("each_engine")

CALLS = """
(module $m
  (import "env" "f" (func $f (param i32) (result i32)))
  (import "env" "none" (func $none))
  (import "env" "two" (func $two (param f64) (result i32 f64)))
  (memory (export "memory") 1)
  (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "none") (call $none))
  (func $inner (call $none))
  (func (export "outer") (call $inner))
  (func (export "two") (param f64) (result i32 f64) (call $two (local.get 0)))
  (func (export "id") (param externref) (result externref) (local.get 0))
  (func (export "fid") (param funcref) (result funcref) (local.get 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $trap (export "trap") unreachable)
)
"""


def make(**functions: Any) -> zwasm.Instance:
    env: dict[str, Any] = {
        "f": lambda number: number,
        "none": lambda: None,
        "two": lambda x: (1, x),
    }
    env.update(functions)
    return zwasm.Instance(zwasm.Module(CALLS), {"env": env})


def test_arguments_and_results() -> None:
    seen: list[object] = []

    def f(number: int) -> int:
        seen.append(number)
        return number - 1

    exports = make(f=f, two=lambda x: [7, x / 2]).exports
    assert exports.f(-5) == -6
    assert exports.f(0xFFFF_FFFF) == -2
    assert seen == [-5, -1]
    assert exports.two(3) == (7, 1.5)
    assert exports.none() is None
    assert exports.f.type == FuncType(["i32"], ["i32"])
    assert repr(exports.add) == "<zwasm.Func add (func (param i32 i32) (result i32))>"


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        ((1,), TypeError, r"add \(func \(param i32 i32\).* takes 2 arguments, but 1 was given"),
        ((1, 2, 3), TypeError, "takes 2 arguments, but 3 were given"),
        ((1, "2"), TypeError, r"argument 2 of add \(func .*: expected i32, not str"),
        ((1.0, 2), TypeError, "argument 1 of add .*: expected i32, not float"),
        ((1 << 32, 2), OverflowError, "argument 1 of add .*out of range for i32"),
    ],
)
def test_wrong_arguments(args: tuple[object, ...], error: type[Exception], text: str) -> None:
    exports = make().exports
    with pytest.raises(error, match=text):
        exports.add(*args)
    assert exports.add(1, 2) == 3


@pytest.mark.parametrize(
    ("name", "function", "error", "text"),
    [
        ("f", lambda n: "x", TypeError, r"result of host function env\.f \(func .*: expected i32"),
        ("f", lambda n: None, TypeError, r"env\.f .*expected i32, not None"),
        ("f", lambda n: 1 << 40, OverflowError, r"env\.f .*out of range"),
        ("f", lambda: 1, TypeError, "positional argument"),
        ("none", lambda: 5, TypeError, r"env\.none \(func\) has no result, but 5 was returned"),
        ("two", lambda x: 5, TypeError, r"env\.two .* a tuple of 2 values, not int"),
        ("two", lambda x: (1, 2, 3), TypeError, r"env\.two .* 2 values, but 3 were returned"),
        ("two", lambda x: (1, "y"), TypeError, r"result 2 of host function env\.two"),
    ],
)
def test_wrong_results(
    name: str, function: Callable[..., object], error: type[Exception], text: str
) -> None:
    exports = make(**{name: function}).exports
    with pytest.raises(error, match=text):
        exports[name](*[1] * len(exports[name].type.params))
    assert exports.add(1, 2) == 3


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, RecursionError])
def test_an_exception_arrives_as_itself(kind: type[BaseException]) -> None:
    error = kind("from the host")

    def fail() -> None:
        raise error

    instance = make(none=fail)
    for _ in range(3):
        with pytest.raises(kind) as caught:
            instance.exports.outer()
        assert caught.value is error
    assert (instance.store.state.depth, instance.store.state.activations) == (0, 0)
    assert instance.exports.add(1, 2) == 3


def test_host_calls_wasm_again() -> None:
    instance: Any = None

    def f(number: int) -> int:
        return 0 if number == 0 else 1 + instance.exports.f(number - 1)

    instance = make(f=f)
    assert instance.exports.f(30) == 30


def test_an_exception_through_several_levels() -> None:
    instance: Any = None

    def f(number: int) -> int:
        if number == 0:
            raise KeyError("bottom")
        try:
            return int(instance.exports.f(number - 1))
        finally:
            assert instance.exports.add(1, 1) == 2

    instance = make(f=f)
    with pytest.raises(KeyError, match="bottom"):
        instance.exports.f(10)
    assert instance.store.state.activations == 0


def test_nesting_without_end_is_exhaustion() -> None:
    instance: Any = None
    instance = make(none=lambda: instance.exports.outer())
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 2000)
    try:
        with pytest.raises(zwasm.ExhaustionError, match="call stack exhausted"):
            instance.exports.none()
    finally:
        sys.setrecursionlimit(before)
    assert (instance.store.state.depth, instance.store.state.activations) == (0, 0)
    assert instance.exports.add(1, 2) == 3


def test_a_trap_collects_the_frames_of_all_levels() -> None:
    instance: Any = None
    instance = make(none=lambda: instance.exports.trap())
    with pytest.raises(zwasm.Trap) as caught:
        instance.exports.outer()
    assert caught.value.code is zwasm.TrapCode.UNREACHABLE
    functions = [frame.function for frame in caught.value.frames]
    assert functions == ["trap", "inner", "outer"]
    assert {frame.module for frame in caught.value.frames} == {"m"}


def test_references_keep_their_identity() -> None:
    exports = make().exports
    for thing in (object(), [], 5, "text", exports, exports.add):
        assert exports.id(thing) is thing
    assert exports.id(None) is None
    assert exports.fid(exports.add) is exports.add
    host = zwasm.Func(lambda: None, FuncType())
    assert exports.fid(host) is host
    with pytest.raises(TypeError, match=r"funcref: None or a zwasm\.Func, not function"):
        exports.fid(lambda: None)


def test_caller() -> None:
    seen: list[object] = []

    def f(caller: zwasm.Instance, offset: int) -> int:
        seen.append(caller)
        return caller.exports.memory[offset]  # type: ignore[no-any-return]

    instance = make(f=zwasm.host(f, caller=True))
    instance.exports.memory[9] = 99
    assert instance.exports.f(9) == 99
    assert seen == [instance]
    typed = zwasm.Func(f, FuncType(["i32"], ["i32"]), caller=True)
    other = make(f=typed)
    other.exports.memory[3] = 33
    assert other.exports.f(3) == 33
    assert seen == [instance, other]


def test_caller_while_starting() -> None:
    module = zwasm.Module(
        '(module (import "" "f" (func $f)) (memory (export "memory") 1)'
        ' (data (i32.const 0) "ready") (start $f))'
    )
    seen: list[bytes] = []
    host = zwasm.host(lambda caller: seen.append(caller.exports.memory[:5]), caller=True)
    zwasm.Instance(module, {"": {"f": host}})
    assert seen == [b"ready"]


def test_functions_made_by_hand() -> None:
    func = zwasm.Func(divmod, FuncType(["i32", "i32"], ["i32", "i32"]))
    assert func(17, 5) == (3, 2)
    assert func.name == "divmod"
    instance = make(f=zwasm.Func(abs, FuncType(["i32"], ["i32"])))
    assert instance.exports.f(-4) == 4
    with pytest.raises(TypeError, match="callable"):
        zwasm.Func(5, FuncType())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="FuncType"):
        zwasm.Func(abs, "i32")  # type: ignore[arg-type]


def test_a_table_calls_host_functions() -> None:
    instance = zwasm.Instance(
        zwasm.Module(
            '(module (table (export "t") 2 funcref) (type $t (func (result i32)))'
            ' (func (export "call") (param i32) (result i32)'
            " (call_indirect (type $t) (local.get 0))))"
        )
    )
    instance.exports.t[1] = zwasm.Func(lambda: 42, FuncType([], ["i32"]))
    assert instance.exports.call(1) == 42
    instance.exports.t[1] = zwasm.Func(lambda: None, FuncType())
    with pytest.raises(zwasm.Trap, match="indirect call type mismatch"):
        instance.exports.call(1)
    with pytest.raises(zwasm.Trap, match="uninitialized element"):
        instance.exports.call(0)
