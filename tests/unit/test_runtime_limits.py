"""Limits of stores, interruption, threads, and what is left behind."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from typing import Any

import pytest

import zwasm
from zwasm.instances.native import NATIVE

pytestmark = pytest.mark.usefixtures("each_engine")

PAGE = 65_536
SPIN = """
(module
  (func (export "spin") (loop (br 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func $endless (export "endless") (call $endless))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (table (export "table") 1 funcref)
  (func (export "grow_table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
)
"""


def make(engine: zwasm.Engine | None = None, **limits: Any) -> zwasm.Instance:
    return zwasm.Instance(zwasm.Module(SPIN), store=zwasm.Store(engine, **limits))


def test_timeout() -> None:
    instance = make(timeout=0.2)
    for _ in range(2):
        start = time.monotonic()
        with pytest.raises(zwasm.ExhaustionError) as caught:
            instance.exports.spin()
        assert caught.value.code is zwasm.TrapCode.OUT_OF_TIME
        assert 0.1 < time.monotonic() - start < 5
        assert instance.exports.add(1, 2) == 3


def test_interrupt() -> None:
    instance = make()
    instance.store.interrupt()  # nothing runs
    assert instance.exports.add(1, 2) == 3
    done = threading.Event()

    def interrupt() -> None:  # one that comes too early is lost
        while not done.wait(0.2):
            instance.store.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(zwasm.Trap) as caught:
        instance.exports.spin()
    done.set()
    thread.join()
    assert caught.value.code is zwasm.TrapCode.INTERRUPTED
    assert instance.exports.add(1, 2) == 3


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
def test_a_signal_handler_runs_meanwhile() -> None:
    class Alarm(Exception):
        pass

    def handler(*_: object) -> None:
        raise Alarm

    instance = make()
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Alarm):
            instance.exports.spin()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert instance.exports.add(1, 2) == 3


def test_depth() -> None:
    instance = make(max_depth=100)
    assert instance.exports.deep(90) == 90
    for name, args in (("deep", (200,)), ("endless", ())):
        with pytest.raises(zwasm.ExhaustionError) as caught:
            instance.exports[name](*args)
        assert caught.value.code is zwasm.TrapCode.CALL_STACK_EXHAUSTED
    assert instance.store.state.depth == 0
    assert instance.exports.deep(90) == 90


def test_default_depth() -> None:
    instance = make()
    assert instance.exports.deep(5000) == 5000
    with pytest.raises(zwasm.ExhaustionError, match="call stack exhausted") as caught:
        instance.exports.endless()
    assert len(caught.value.frames) < 1000


def test_fuel() -> None:
    instance = make(zwasm.Engine(fuel=True), fuel=1000)
    store = instance.store
    assert store.fuel == 1000
    assert instance.exports.add(1, 2) == 3
    left = store.fuel
    assert left is not None
    assert 990 <= left < 1000
    with pytest.raises(zwasm.ExhaustionError) as caught:
        instance.exports.spin()
    assert caught.value.code is zwasm.TrapCode.OUT_OF_FUEL
    with pytest.raises(zwasm.ExhaustionError):
        instance.exports.add(1, 2)
    store.fuel = left
    assert instance.exports.add(1, 2) == 3
    store.fuel = None
    assert instance.exports.deep(1000) == 1000
    assert store.fuel is None


def test_fuel_needs_an_engine_that_meters() -> None:
    with pytest.raises(ValueError, match=r"zwasm\.Engine\(fuel=True\)"):
        zwasm.Store(fuel=10)
    store = zwasm.Store()
    with pytest.raises(ValueError, match="meters"):
        store.fuel = 10
    for limits in ({"timeout": -1}, {"max_memory": -1}, {"max_depth": -5}):
        with pytest.raises(ValueError, match="must be None or a number from 0"):
            zwasm.Store(**limits)  # type: ignore[arg-type]


def test_memory_and_tables() -> None:
    instance = make(max_memory=3 * PAGE, max_table_elements=4)
    exports = instance.exports
    assert [exports.grow(n) for n in (1, 2, 1, 1, 0)] == [1, -1, 2, -1, 3]
    assert [exports.grow_table(n) for n in (4, 3, 1)] == [-1, 1, -1]
    assert len(exports.memory) == 3 * PAGE
    for text in ("(module (memory 1))", "(module (table 1 funcref))"):
        with pytest.raises(zwasm.InstantiationError, match="exceeds the store's limit"):
            zwasm.Instance(zwasm.Module(text), store=instance.store)
    with pytest.raises(zwasm.InstantiationError, match="exceeds a limit of the store"):
        zwasm.Instance(
            zwasm.Module('(module (import "" "m" (memory 1)))'),
            {"": {"m": zwasm.Memory(1)}},
            store=instance.store,
        )


def test_memories_that_nobody_has() -> None:
    with pytest.raises(zwasm.InstantiationError, match="cannot allocate"):
        zwasm.Instance(zwasm.Module("(module (memory i64 0x800000000000))"))
    with pytest.raises(zwasm.InstantiationError, match="exceeds the limit"):
        zwasm.Instance(zwasm.Module("(module (table 0xffffffff funcref))"))


def test_two_threads_in_one_store() -> None:
    errors: list[BaseException] = []
    inside, done = threading.Event(), threading.Event()

    def f() -> None:
        inside.set()
        assert done.wait(10)

    module = zwasm.Module('(module (import "" "f" (func $f)) (func (export "run") (call $f)))')
    store = zwasm.Store()
    instance = zwasm.Instance(module, {"": {"f": f}}, store=store)
    thread = threading.Thread(target=instance.exports.run)
    thread.start()
    try:
        assert inside.wait(10)
        try:
            instance.exports.run()
        except RuntimeError as error:
            errors.append(error)
    finally:
        done.set()
        thread.join()
    assert [str(error) for error in errors] == ["the store is in use by another thread"]
    instance.exports.run()


def test_threads_with_their_own_stores() -> None:
    module = zwasm.Module(SPIN)
    results: list[int] = []

    def work() -> None:
        exports = zwasm.Instance(module).exports
        results.append(exports.deep(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 4


def test_nothing_keeps_an_instance_alive() -> None:
    store = zwasm.Store()
    module = zwasm.Module('(module (import "" "f" (func)) (memory (export "m") 1))')
    held: list[object] = []
    instance = zwasm.Instance(module, {"": {"f": lambda: held}}, store=store)
    holder = weakref.ref(instance)
    assert instance.exports.m[0] == 0
    del instance
    gc.collect()
    assert holder() is None
    assert (store.memory_bytes, store.table_elements) == (0, 0)


def test_many_instances() -> None:
    module = zwasm.Module(SPIN)
    instances = [zwasm.Instance(module) for _ in range(300)]
    assert sum(instance.exports.add(1, 1) for instance in instances) == 600


def test_a_function_keeps_its_instance() -> None:
    func = make().exports.deep
    gc.collect()
    assert func(10) == 10


SHORT = """
import gc
import resource
import sys

import zwasm
from zwasm.instances.native import NATIVE

assert zwasm.Memory(1).inst.guarded == (sys.argv[1] == "guarded")
gc.collect()  # its address space is needed below
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
module = zwasm.Module(
    '''
(module (memory (export "memory") 1) (data (i32.const 0) "\\\\2a")
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))''',
    engine=zwasm.Engine(sys.argv[2]),
)
instances = [zwasm.Instance(module) for _ in range(3)]
assert not any(instance.exports.memory.inst.guarded for instance in instances)
for exports in [instance.exports for instance in instances]:
    assert exports.load(0) == 42
    for address in (65_536, 0x7FFF_FFFF, -1):
        try:
            exports.load(address)
        except zwasm.Trap as trap:
            assert trap.code is zwasm.TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
        else:
            raise AssertionError(address)
    assert exports.grow(100) == 1
    assert exports.load(100 * 65_536) == 0
    assert exports.grow(60_000) == -1
for _ in range(100):
    assert zwasm.Instance(module).exports.load(0) == 42
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit of address space")
def test_short_address_space(each_engine: str) -> None:
    guarded = "guarded" if NATIVE else "unguarded"
    subprocess.run([sys.executable, "-c", SHORT, guarded, each_engine], check=True)
