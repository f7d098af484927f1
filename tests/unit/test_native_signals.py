"""zwasm._native: stopping code that runs, the GIL, threads, forks, and other users of signals."""

from __future__ import annotations

import faulthandler
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from zwasm.baseline import abi
from zwasm.instances.native import ARCHITECTURE

if not ARCHITECTURE:
    pytest.skip("machine code cannot run here", allow_module_level=True)

from tests.unit import test_native_code as base
from tests.unit.test_native_code import HOOKS, I32, I64, V128, Instance, Program, Stop, Store, host

native = base.native
PROMPT = 0.05  # seconds until code stops; what tests allow is more, machines may be busy
PATIENCE = 5.0


@pytest.fixture(autouse=True, scope="module")
def _hooks() -> Iterator[None]:
    before = native.set_hooks(**HOOKS)
    yield
    if before is not None:
        native.set_hooks(**before)


def stopped(func: Callable[..., object], *args: object) -> tuple[int, float]:
    """The code of the trap that ends a call, and how long it took."""
    start = time.monotonic()
    with pytest.raises(Stop) as info:
        func(*args)
    return info.value.code, time.monotonic() - start


@contextmanager
def later(delay: float, action: Callable[[], object]) -> Iterator[None]:
    """Do something in another thread."""
    timer = threading.Timer(delay, action)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def spinning() -> Instance:
    return Instance(Program("spin", "add"), Store(), ([], []), ([I32, I32], [I32]))


def test_time_limit() -> None:
    instance = spinning()
    state = instance.store.state
    assert state.timeout is None
    for timeout in (0.0, 0.01, 0.1):
        state.timeout = timeout
        code, took = stopped(instance.funcs[0])
        assert code == abi.TRAP_TIME
        assert timeout <= took < timeout + PATIENCE
        assert (state.activations, state.running()) == (0, False)
    state.timeout = None
    assert instance.funcs[1](1, 2) == 3


def test_stops_are_prompt() -> None:
    """The best of several, as the machine may be busy."""
    instance = spinning()
    state = instance.store.state
    state.timeout = 0.02
    assert min(stopped(instance.funcs[0])[1] for _ in range(10)) < 0.02 + PROMPT
    state.timeout = None
    late = []
    for _ in range(10):
        now = 0.0

        def interrupt() -> None:
            nonlocal now
            now = time.monotonic()
            state.interrupt()

        with later(0.02, interrupt):
            stopped(instance.funcs[0])
            late.append(time.monotonic() - now)
    assert min(late) < PROMPT


def test_interrupt() -> None:
    instance = spinning()
    state = instance.store.state
    state.interrupt()  # nothing runs
    assert instance.funcs[1](1, 2) == 3
    for delay in (0.01, 0.02, 0.05):
        with later(delay, state.interrupt):
            assert stopped(instance.funcs[0])[0] == abi.TRAP_INTERRUPTED
    assert instance.funcs[1](1, 2) == 3


def test_interrupt_in_a_host_function_is_for_one_activation() -> None:
    instance = Instance(Program("call_import"), Store(), ([], []))

    def interrupt() -> None:
        instance.store.state.interrupt()
        time.sleep(0.02)

    instance.import_func(host(interrupt, []))
    assert stopped(instance.funcs[0])[0] == abi.TRAP_INTERRUPTED
    instance.import_func(host(lambda: None, []))
    instance.funcs[0]()


def test_ctrl_c() -> None:
    instance = spinning()

    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(5):
            with later(0.03, press), pytest.raises(KeyboardInterrupt):
                instance.funcs[0]()
            assert instance.funcs[1](1, 2) == 3
    finally:
        signal.signal(signal.SIGINT, before)


def test_signal_handlers_run_meanwhile_and_may_enter_again() -> None:
    instance = Instance(
        Program("spin", "add", "recurse"),
        Store(),
        ([], []),
        ([I32, I32], [I32]),
        ([I32], [I32]),
    )
    state = instance.store.state
    seen: list[object] = []

    def handler(number: int, frame: object) -> None:
        seen.append(instance.funcs[1](len(seen), 10))
        seen.append(instance.funcs[2](100))
        seen.append(state.activations)
        if len(seen) >= 9:
            state.interrupt()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        assert stopped(instance.funcs[0])[0] == abi.TRAP_INTERRUPTED
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen[:9] == [10, 100, 1, 13, 100, 1, 16, 100, 1]


def test_a_vector_is_kept_while_signal_handlers_run() -> None:
    """Before generated code goes on with a host function's result."""
    program = Program("call_import", "first_v128")
    instance = Instance(program, Store(), ([], [V128]), ([V128], [V128]))
    source, sink = os.pipe()
    instance.import_func(host(functools.partial(os.read, source, 16), [], [V128]))
    one, two = bytes(range(16)), bytes(range(16, 32))
    seen: list[object] = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(instance.funcs[1](two)))
    signal.siginterrupt(signal.SIGALRM, False)  # reading goes on, without a look at signals
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with later(0.2, lambda: os.write(sink, one)):
            assert instance.funcs[0]() == one
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.close(source)
        os.close(sink)
    assert seen == [two]


def test_nested_spin_in_a_signal_handler_is_stopped_too() -> None:
    instance = spinning()
    state = instance.store.state
    state.timeout = 0.3

    def handler(number: int, frame: object) -> None:
        instance.funcs[0]()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (state.activations, state.depth) == (0, 0)
    assert instance.funcs[1](1, 2) == 3


def test_python_runs_while_code_spins() -> None:
    """The GIL is given up. Another thread counts, in Python."""
    instance = spinning()
    instance.store.state.timeout = 0.3
    count = 0
    done = False

    def counting() -> None:
        nonlocal count
        while not done:
            count += 1
            time.sleep(0.001)

    thread = threading.Thread(target=counting)
    thread.start()
    stopped(instance.funcs[0])
    during = count
    done = True
    thread.join()
    assert during > 10


def test_threads_run_side_by_side() -> None:
    instances = [Instance(Program("count"), Store(), ([], [])) for _ in range(3)]

    def run(instance: Instance) -> None:
        instance.store.state.timeout = 0.3
        stopped(instance.funcs[0])

    threads = [threading.Thread(target=run, args=(instance,)) for instance in instances]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start < 0.3 + PATIENCE
    assert all(memoryview(instance.memory)[0:4] != bytes(4) for instance in instances)


def test_store_is_one_threads() -> None:
    instance = spinning()
    state = instance.store.state
    ready = threading.Event()
    errors: list[BaseException] = []

    def intrude() -> None:
        ready.wait()
        try:
            instance.funcs[1](1, 2)
        except RuntimeError as error:
            errors.append(error)
        try:
            state.enter()
        except RuntimeError as error:
            errors.append(error)
        try:
            state.leave(0)
        except RuntimeError as error:
            errors.append(error)
        state.interrupt()

    thread = threading.Thread(target=intrude)
    thread.start()
    ready.set()
    assert stopped(instance.funcs[0])[0] == abi.TRAP_INTERRUPTED
    thread.join()
    assert len(errors) == 3
    assert "another thread" in str(errors[0])


def test_many_short_calls_from_threads() -> None:
    program = Program("add")
    wrong: list[object] = []

    def run() -> None:
        instance = Instance(program, Store(), ([I32, I32], [I32]))
        add = instance.funcs[0]
        for i in range(20_000):
            if add(i, 1) != i + 1:
                wrong.append(i)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("function", [abs, lambda n: n], ids=["builtin", "python"])
def test_loop_of_host_calls_is_stopped(function: Callable[[int], int]) -> None:
    instance = Instance(Program("loop_import"), Store(), ([I32, I32], []))
    instance.import_func(host(function, [I32], [I32]))
    instance.store.state.timeout = 0.05
    code, took = stopped(instance.funcs[0], -1, 5)
    assert code == abi.TRAP_TIME
    assert took < PATIENCE


def test_long_fill_is_stopped() -> None:
    instance = Instance(Program("helper"), Store(), ([I64, I64, I64, I32, I32], [I64]))
    size = 1 << 30
    try:
        big = native.LinearMemory(size, 0)
    except MemoryError:
        pytest.skip("no address space")
    assert big.commit(size)
    instance.memory = big
    instance.arrays()
    instance.store.state.timeout = 0.0
    code, _ = stopped(instance.funcs[0], 0, 1, size, 0, abi.HELPER_MEMORY_FILL)
    assert code == abi.TRAP_TIME
    assert memoryview(big)[size - 1] == 0


def test_code_is_written_while_it_runs() -> None:
    """Pages are not executable for a moment, which running code does not notice."""
    program = Program("count", "add")
    running = Instance(program, Store(), ([], []), ([I32, I32], [I32]))
    state = running.store.state
    thread = threading.Thread(target=lambda: stopped(running.funcs[0]))
    thread.start()
    while memoryview(running.memory)[0:4] == bytes(4):
        time.sleep(0.001)
    code = base.code_of("add")
    for _ in range(300):
        offset = program.code.reserve(len(code))
        program.code.write(offset, code)
    state.interrupt()
    thread.join()
    assert state.activations == 0


def test_poll() -> None:
    """What the interpreter uses."""
    state = native.State(100)
    state.timeout = 0.02
    state.enter()
    assert state.poll() == 0
    time.sleep(0.03)
    assert state.poll() == abi.TRAP_TIME
    state.interrupt()
    assert state.poll() == abi.TRAP_INTERRUPTED
    state.depth = 5
    state.enter()
    assert (state.depth, state.activations) == (5, 2)
    state.leave(5)
    state.leave(0)
    assert (state.depth, state.activations) == (0, 0)
    with pytest.raises(RuntimeError):
        state.leave(0)


def test_activations_are_limited() -> None:
    state = native.State(100)
    for _ in range(100):
        state.enter()
    with pytest.raises(Stop):
        state.enter()
    for _ in range(100):
        state.leave(0)
    assert not state.running()


def test_frames_of_the_interpreter_count() -> None:
    instance = base.single("recurse", [I32], [I32], depth=2000)
    state = instance.store.state
    state.enter()
    state.depth = 1900
    assert instance.funcs[0](90) == 90
    with pytest.raises(Stop):
        instance.funcs[0](150)
    state.leave(0)
    assert instance.funcs[0](150) == 150


# Other users of signals. Some of these end the process.


def in_child(script: str) -> subprocess.CompletedProcess[str]:
    program = f"from tests.unit.test_native_signals import *\nnative.set_hooks(**HOOKS)\n{script}"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


TRAPPING = """
faulty = base.single("load", [I32], [I32]).funcs[0]
def trap():
    try:
        faulty(1 << 18)
    except Stop as stop:
        assert stop.code == abi.TRAP_MEMORY
    else:
        raise AssertionError
"""
CRASH = "import ctypes\nctypes.string_at(1)"


@pytest.mark.parametrize(
    ("script", "dumps"),
    [
        (f"{TRAPPING}\ntrap()\n{CRASH}", False),
        (f"faulthandler.enable()\n{TRAPPING}\ntrap()\n{CRASH}", True),
        (f"{TRAPPING}\ntrap()\nfaulthandler.enable()\ntime.sleep(.1)\ntrap()\n{CRASH}", True),
        (f"{TRAPPING}\ntrap()\nfaulthandler.enable()\n{CRASH}", True),
        (f"{TRAPPING}\nfaulthandler.enable()\ntime.sleep(.1)\ntrap()\nfaulthandler.disable()\n"
         f"time.sleep(.1)\ntrap()\n{CRASH}", False),
        (f"{TRAPPING}\ntrap()\nos.kill(os.getpid(), signal.SIGSEGV)\ntime.sleep(1)", False),
    ],
    ids=["none", "before", "after", "just-after", "disabled", "killed"],
)  # fmt: skip
def test_real_faults_still_end_the_process(script: str, dumps: bool) -> None:
    done = in_child(script)
    assert done.returncode == -signal.SIGSEGV, done.stderr
    assert ("Fatal Python error: Segmentation fault" in done.stderr) == dumps
    assert "AssertionError" not in done.stderr


def test_handler_that_came_later_is_passed() -> None:
    """It sees the trap, but the trap is raised all the same."""
    done = in_child(f"{TRAPPING}\ntrap()\nfor i in range(9):\n  faulthandler.enable()\n  trap()")
    assert done.returncode == 0, done.stderr


def test_others_may_use_the_signal() -> None:
    instance = spinning()
    instance.store.state.timeout = 0.1
    seen = []
    before = signal.signal(signal.SIGURG, lambda number, frame: seen.append(number))
    try:
        assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME
        os.kill(os.getpid(), signal.SIGURG)
        assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME
    finally:
        signal.signal(signal.SIGURG, before)
    assert seen
    assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME


def child_status(action: Callable[[], object]) -> int:
    """What a forked child returns that does something and then nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(7)
        finally:
            os._exit(1)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -1


def test_fork() -> None:
    instance = spinning()
    instance.store.state.timeout = 0.05
    stopped(instance.funcs[0])

    def in_fork() -> None:
        assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME
        assert instance.funcs[1](1, 2) == 3

    for _ in range(3):
        assert child_status(in_fork) == 7
    assert stopped(instance.funcs[0])[0] == abi.TRAP_TIME


def test_fork_in_a_host_function() -> None:
    """The child goes on in the middle of an activation."""
    program = Program("call_import", "count")
    instance = Instance(program, Store(), ([], []), ([], []))
    state = instance.store.state
    state.timeout = 0.2
    inner = Instance(program, Store(), ([], []), ([], []))

    def fork() -> None:
        def go_on() -> None:
            assert stopped(instance.funcs[1])[0] == abi.TRAP_TIME
            inner.store.state.timeout = 0.05
            assert stopped(inner.funcs[1])[0] == abi.TRAP_TIME

        status.append(child_status(go_on))

    status: list[int] = []
    instance.import_func(host(fork, []))
    with suppress(Stop):  # the time may be up
        instance.funcs[0]()
    assert status == [7]


def test_unwound_calls_return_in_threads(capfd: Any) -> None:
    """Threads that end while others run leave nothing behind that is signalled."""
    program = Program("add", "spin")

    def run() -> None:
        instance = Instance(program, Store(), ([I32, I32], [I32]), ([], []))
        instance.store.state.timeout = 0.003
        stopped(instance.funcs[1])

    for _ in range(50):
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert capfd.readouterr().err == ""


assert faulthandler  # for the children
