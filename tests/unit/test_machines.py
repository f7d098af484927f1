"""The engines' machines: calls, depth, traps and their frames, stopping."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zwasm
from zwasm.errors import ExhaustionError, Trap, TrapCode

pytestmark = pytest.mark.usefixtures("each_engine")


def instantiate(text: str, imports: Any = None, **limits: Any) -> Any:
    engine = zwasm.Engine(fuel="fuel" in limits)
    module = zwasm.Module(text, engine=engine)
    return zwasm.Instance(module, imports, store=zwasm.Store(engine, **limits)).exports


def trap_of(call: Callable[..., object], *args: object) -> Trap:
    with pytest.raises(Trap) as info:
        call(*args)
    return info.value


RECURSION = """
(module
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
  (func $forever (export "forever") (call $forever))
  (func $tail (export "tail") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 7))
      (else (return_call $tail (i32.sub (local.get 0) (i32.const 1)))))))
"""


def test_recursion_up_to_the_depth_limit_exactly() -> None:
    exports = instantiate(RECURSION, max_depth=100)
    assert exports.down(99) == 99
    error = trap_of(exports.down, 100)
    assert isinstance(error, ExhaustionError)
    assert error.code is TrapCode.CALL_STACK_EXHAUSTED
    assert exports.down(99) == 99


def test_recursion_does_not_depend_on_pythons_limit() -> None:
    exports = instantiate(RECURSION, max_depth=20_000)
    limit = sys.getrecursionlimit()
    assert exports.down(19_999) == 19_999
    assert exports.down(limit * 2) == limit * 2
    assert trap_of(exports.forever).code is TrapCode.CALL_STACK_EXHAUSTED


def test_large_frames_count_more() -> None:
    exports = instantiate(
        """(module (func $f (export "f") (param i32) (result i32) (local %s)
             (if (result i32) (local.get 0)
               (then (call $f (i32.sub (local.get 0) (i32.const 1))))
               (else (i32.const 1)))))"""
        % ("i64 " * 6400),
        max_depth=1000,
    )
    assert exports.f(8) == 1
    assert trap_of(exports.f, 10).code is TrapCode.CALL_STACK_EXHAUSTED


def test_tail_calls_take_no_depth() -> None:
    assert instantiate(RECURSION, max_depth=1).tail(300_000) == 7


def test_tail_calls_of_each_kind_between_instances_and_to_the_host() -> None:
    text = """
    (module
      (type $t (func (param i32) (result i32)))
      (import "env" "next" (func $next (param i32) (result i32)))
      (table funcref (elem $next))
      (elem declare func $next)
      (func (export "direct") (param i32) (result i32) (return_call $next (local.get 0)))
      (func (export "indirect") (param i32) (result i32)
        (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
      (func (export "ref") (param i32) (result i32)
        (return_call_ref $t (local.get 0) (ref.func $next)))
      (func (export "twice") (param i32) (result i32)
        (i32.mul (i32.const 2) (call 1 (local.get 0)))))
    """
    exports = instantiate(text, {"env": {"next": lambda n: n + 1}})
    for name in ("direct", "indirect", "ref"):
        assert exports[name](41) == 42
    assert exports.twice(4) == 10
    store = zwasm.Store()
    other = zwasm.Instance(
        zwasm.Module(
            """(module (memory 1) (global $g i32 (i32.const 100))
                 (func (export "next") (param i32) (result i32)
                   (i32.add (global.get $g) (local.get 0))))"""
        ),
        store=store,
    )
    module = zwasm.Module(text)
    exports = zwasm.Instance(module, {"env": {"next": other.exports.next}}, store=store).exports
    for name in ("direct", "indirect", "ref"):
        assert exports[name](41) == 141
    assert exports.twice(4) == 208


def test_results_of_many_values_return_to_their_place() -> None:
    exports = instantiate(
        """(module
             (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
             (func (export "f") (result i32 i64 i32)
               (i32.const 1) (call $swap (i32.const 2) (i64.const 3)))
             (func (export "none")))"""
    )
    assert exports.f() == (1, 3, 2)
    assert exports.none() is None


INDIRECT = """
(module
  (type $sig (func (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $one $wide)
  (func $one (result i32) (i32.const 1))
  (func $wide (result i64) (i64.const 1))
  (func (export "call") (param i32) (result i32) (call_indirect (type $sig) (local.get 0)))
  (func (export "ref") (result i32) (call_ref $sig (ref.null $sig)))
  (func (export "non_null") (ref.as_non_null (ref.null $sig)) (drop)))
"""


def test_indirect_calls_and_their_traps() -> None:
    exports = instantiate(INDIRECT)
    assert exports.call(0) == 1
    assert trap_of(exports.call, 1).code is TrapCode.INDIRECT_CALL_TYPE_MISMATCH
    assert trap_of(exports.call, 2).code is TrapCode.UNINITIALIZED_ELEMENT
    assert trap_of(exports.call, 3).code is TrapCode.UNDEFINED_ELEMENT
    assert trap_of(exports.call, -1).code is TrapCode.UNDEFINED_ELEMENT
    assert trap_of(exports.ref).code is TrapCode.NULL_FUNCTION_REFERENCE
    assert trap_of(exports.non_null).code is TrapCode.NULL_REFERENCE


def test_indirect_call_of_a_subtype() -> None:
    exports = instantiate(
        """(module
             (type $super (sub (func (result i32))))
             (type $sub (sub $super (func (result i32))))
             (table funcref (elem $f $g))
             (func $f (type $sub) (i32.const 5))
             (func $g (type $super) (i32.const 6))
             (func (export "super") (param i32) (result i32)
               (call_indirect (type $super) (local.get 0)))
             (func (export "sub") (param i32) (result i32)
               (call_indirect (type $sub) (local.get 0))))"""
    )
    assert exports.super(0) == 5
    assert exports.super(1) == 6
    assert exports.sub(0) == 5
    assert trap_of(exports.sub, 1).code is TrapCode.INDIRECT_CALL_TYPE_MISMATCH


def test_addresses_do_not_wrap() -> None:
    exports = instantiate(
        """(module (memory $a 1) (memory $b i64 1)
             (func (export "a") (param i32) (result i32)
               (i32.load offset=0xffffffff (local.get 0)))
             (func (export "b") (param i64) (result i32)
               (i32.load8_u $b offset=0xffffffffffffffff (local.get 0)))
             (func (export "store") (param i32)
               (i64.store (local.get 0) (i64.const -1)))
             (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))"""
    )
    for name, address in (("a", 0), ("a", 1), ("a", -1), ("b", 0), ("b", 1), ("b", -1)):
        assert trap_of(exports[name], address).code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert trap_of(exports.store, 65536 - 7).code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert exports.byte(65535) == 0  # a trap comes before any byte is written
    exports.store(65536 - 8)
    assert exports.byte(65535) == 255


def test_segments_at_the_ends_of_the_address_space() -> None:
    for offset in (-1, 0x7FFF_FFFF_FFFF_FFFF):
        text = f'(module (memory i64 1) (data (i64.const {offset}) "a"))'
        assert trap_of(instantiate, text).code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
        text = f"(module (table i64 1 funcref) (elem (i64.const {offset}) func $f) (func $f))"
        assert trap_of(instantiate, text).code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS
    for index_type in ("i32", "i64"):
        instantiate(f'(module (memory {index_type} 0) (data ({index_type}.const 0) ""))')


def test_limits_past_machine_words() -> None:
    exports = instantiate(RECURSION, max_depth=1 << 70, fuel=1 << 70)
    assert exports.down(10) == 10


def test_bulk_operations_check_before_they_write() -> None:
    exports = instantiate(
        """(module (memory (export "m") 1) (data $d "abc")
             (func (export "fill") (param i32 i32 i32)
               (memory.fill (local.get 0) (local.get 1) (local.get 2)))
             (func (export "copy") (param i32 i32 i32)
               (memory.copy (local.get 0) (local.get 1) (local.get 2)))
             (func (export "init") (param i32 i32 i32)
               (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
             (func (export "drop") (data.drop $d)))"""
    )
    exports.init(0, 0, 3)
    exports.copy(1, 0, 3)
    assert exports.m[0:5] == b"aabc\0"
    exports.copy(0, 1, 3)
    assert exports.m[0:5] == b"abcc\0"
    exports.fill(65530, 0x1FF, 6)
    assert exports.m[65529:65536] == b"\0" + b"\xff" * 6
    before = exports.m[:]
    for name, operands in (
        ("fill", (65530, 1, 7)),
        ("copy", (65530, 0, 7)),
        ("copy", (0, 65530, 7)),
        ("copy", (65537, 0, 0)),
        ("init", (0, 0, 4)),
        ("init", (65535, 0, 2)),
        ("init", (0, 4, 0)),
    ):
        assert trap_of(exports[name], *operands).code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert exports.m[:] == before
    exports.drop()
    exports.init(65536, 0, 0)
    assert trap_of(exports.init, 0, 0, 1).code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS


def test_frames_of_a_trap() -> None:
    exports = instantiate(
        """(module $m
             (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
             (func (export "outer") (param i32) (result i32) (call $inner (local.get 0))))"""
    )
    error = trap_of(exports.outer, 0)
    assert error.code is TrapCode.INTEGER_DIVIDE_BY_ZERO
    assert [(f.module, f.function, f.index) for f in error.frames] == [
        ("m", "inner", 0),
        ("m", "outer", 1),
    ]
    assert all(frame.line is not None for frame in error.frames)


def test_offsets_of_frames_are_those_of_the_instructions() -> None:
    binary = bytes.fromhex(
        "0061736d01000000 0104 01600000 0303 020000 0705 0101 66 0001"
        "0a0b 02 04 00 01 00 0b 04 00 10 00 0b"
    )
    exports = zwasm.Instance(zwasm.Module(binary)).exports
    error = trap_of(exports.f)
    assert error.code is TrapCode.UNREACHABLE
    assert [frame.offset for frame in error.frames] == [
        binary.index(b"\x01\x00\x0b") + 1,
        binary.index(b"\x10\x00\x0b"),
    ]


def test_frames_of_deep_recursion_are_shortened() -> None:
    error = trap_of(instantiate(RECURSION, max_depth=5000).forever)
    assert len(error.frames) == 60


def test_frames_through_the_host() -> None:
    text = """(module (import "env" "back" (func $back))
                (func $go (export "go") (call $back))
                (func $stop (export "stop") (unreachable)))"""
    holder: list[Any] = []
    exports = instantiate(text, {"env": {"back": lambda: holder[0].stop()}})
    holder.append(exports)
    error = trap_of(exports.go)
    assert [frame.function for frame in error.frames] == ["stop", "go"]


def test_host_exceptions_pass_and_leave_the_store_usable() -> None:
    class Special(Exception):
        pass

    thrown = Special("from the host")

    def fail() -> None:
        raise thrown

    text = RECURSION.replace(
        "(module", '(module (import "env" "fail" (func $fail)) (func (export "go") (call $fail))', 1
    )
    exports = instantiate(text, {"env": {"fail": fail}}, max_depth=10)
    for _ in range(20):
        with pytest.raises(Special) as info:
            exports.go()
        assert info.value is thrown
    assert exports.down(9) == 9


def test_recursion_by_way_of_the_host_is_exhausted() -> None:
    text = """(module (import "env" "again" (func $again (param i32)))
                (func (export "go") (param i32) (call $again (local.get 0))))"""
    holder: list[Any] = []
    deepest = [0]

    def again(level: int) -> None:
        deepest[0] = max(deepest[0], level)
        holder[0].go(level + 1)

    exports = instantiate(text, {"env": {"again": again}})
    holder.append(exports)
    for _ in range(2):
        deepest[0] = 0
        error = trap_of(exports.go, 0)
        assert error.code is TrapCode.CALL_STACK_EXHAUSTED
        assert deepest[0] == 99


def test_recursion_error_of_the_host_is_its_own() -> None:
    def endless() -> None:
        endless()

    exports = instantiate(
        '(module (import "env" "f" (func $f)) (func (export "go") (call $f)))',
        {"env": {"f": endless}},
    )
    with pytest.raises(RecursionError):
        exports.go()


LOOPS = """
(module
  (func (export "tight") (loop $l (br $l)))
  (func (export "straight") (loop $l %s (br $l)))
  (func $f (export "calls") (loop $l (call $nothing) (br $l)))
  (func $nothing)
  (func (export "one") (result i32) (i32.const 1))
  (func $tail (export "tail") (return_call $tail))
  (func (export "table") (param i32) (loop $l (br_table $l $l (local.get 0)))))
""" % ("(drop (i64.div_u (i64.const 100) (i64.const 7)))" * 2000)

ENDLESS = ("tight", "straight", "calls", "tail")


@pytest.mark.parametrize("name", ENDLESS)
def test_time_limit(name: str) -> None:
    exports = instantiate(LOOPS, timeout=0.1)
    start = time.monotonic()
    error = trap_of(exports[name])
    assert time.monotonic() - start < 1
    assert isinstance(error, ExhaustionError)
    assert error.code is TrapCode.OUT_OF_TIME


@contextmanager
def interrupting(store: zwasm.Store) -> Iterator[None]:
    """Interrupt what runs in the store, soon and then again and again: an interrupt that comes
    before the call has begun is lost, as it should be."""
    done = threading.Event()

    def interrupt() -> None:
        while not done.wait(0.1):
            store.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("name", ENDLESS)
def test_interrupt_from_another_thread(name: str) -> None:
    store = zwasm.Store()
    exports = zwasm.Instance(zwasm.Module(LOOPS), store=store).exports
    for _ in range(2):
        with interrupting(store):
            assert trap_of(exports[name]).code is TrapCode.INTERRUPTED


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no timer signals")
@pytest.mark.parametrize("name", ENDLESS)
def test_ctrl_c(name: str) -> None:
    exports = instantiate(LOOPS)
    old = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            exports[name]()
        assert time.monotonic() - start < 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
        signal.signal(signal.SIGINT, handler)
    assert exports.one() == 1


def test_fuel_is_deterministic() -> None:
    used = []
    module = zwasm.Module(RECURSION, engine=zwasm.Engine(fuel=True))
    for _ in range(2):
        store = zwasm.Store(module.engine, fuel=10_000)
        exports = zwasm.Instance(module, store=store).exports
        assert exports.down(50) == 50
        assert store.fuel is not None
        used.append(10_000 - store.fuel)
    assert used[0] == used[1]
    assert 300 <= used[0] <= 700
    for fuel, enough in ((used[0], True), (used[0] - 1, False)):
        store = zwasm.Store(module.engine, fuel=fuel)
        exports = zwasm.Instance(module, store=store).exports
        if enough:
            assert exports.down(50) == 50
        else:
            error = trap_of(exports.down, 50)
            assert isinstance(error, ExhaustionError)
            assert error.code is TrapCode.OUT_OF_FUEL
        assert store.fuel == 0


def test_branch_table_has_unsigned_indices() -> None:
    exports = instantiate(
        """(module (func (export "f") (param i32) (result i32)
             (block $a (block $b (block $c (br_table $a $b $c (local.get 0)))
               (return (i32.const 3))) (return (i32.const 2))) (i32.const 1)))"""
    )
    assert [exports.f(i) for i in (0, 1, 2, 3, -1)] == [1, 2, 3, 3, 3]


def test_references_in_branches_and_tables() -> None:
    exports = instantiate(
        """(module
             (table $t 2 5 externref)
             (func (export "or_else") (param externref externref) (result externref)
               (block $null
                 (return (br_on_null $null (local.get 0))))
               (local.get 1))
             (func (export "grow") (param externref i32) (result i32)
               (table.grow $t (local.get 0) (local.get 1)))
             (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
             (func (export "local") (result externref) (local externref) (local.get 0)))"""
    )
    thing = object()
    assert exports.or_else(thing, 1) is thing
    assert exports.or_else(None, thing) is thing
    assert exports.local() is None
    assert exports.grow(thing, 3) == 2
    assert exports.grow(thing, 1) == -1
    assert exports.get(4) is thing
    assert exports.get(1) is None
    assert trap_of(exports.get, 5).code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS
