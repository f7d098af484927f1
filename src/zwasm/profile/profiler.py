"""The profiler.

In: what runs while it is open, in all stores of the process. Out: `Profile`s. Machine code is
sampled: at a fixed rate, whatever its thread does then, the stack of every call that goes on is
noted. The interpreter counts the instructions that it executes. Who pays is who is profiled: a
sample takes a few microseconds, counting makes the interpreter about three times slower.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from zwasm.instances.native import EXTENSION
from zwasm.isa.ir import IR_OPS
from zwasm.profile.data import Profile, Row
from zwasm.profile.speedscope import speedscope

RATE = 997  # a second; a prime number, so that what guests do regularly is not met regularly
MAX_RATE = 10_000
INTERVAL = 0.25  # seconds between two looks at what has been sampled

# Numbers instead of addresses in samples, see sample.c; 0 is for where the middle is left out.
_LEFT_OUT = 0
_COMPILING = 1
_HOST = 2
_HEAD = 5


class Profiler:
    """Profiles everything that runs while it is open:

        with zwasm.Profiler() as profiler:
            instance.exports.main()
        for row in profiler.functions()[:10]:
            print(row.self, row.total, row.name)

    Machine code is sampled `rate` times a second (1 to 10000), by the clock on the wall: a sample
    in which a host function sleeps counts like any other. `samples` is the profile of what the
    baseline engine ran, `instructions` that of what the interpreter executed, from functions
    called after the profiler was opened; either is None where there was nothing. `operations` has
    the number of instructions by name. `seconds` is how long the profiler was open.

    Only one can be open in a process: RuntimeError otherwise. ValueError for a wrong rate.
    """

    def __init__(self, *, rate: int = RATE) -> None:
        if not 1 <= rate <= MAX_RATE:
            raise ValueError(f"rate is {rate}; it must be from 1 to {MAX_RATE}")
        self.rate = rate
        self.samples: Profile | None = None
        self.instructions: Profile | None = None
        self.operations: dict[str, int] = {}
        self.seconds = 0.0
        self._sampler: _Sampler | None = None
        self._session: Any = None

    def __enter__(self) -> Profiler:
        from zwasm.interp.counting import Session, switch

        if switch.session is not None:
            raise RuntimeError("a profiler is open already")
        if EXTENSION is not None:
            self._sampler = _Sampler(self.rate)
        self._session = switch.session = Session()
        self.seconds = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        from zwasm.interp.counting import switch

        self.seconds = time.perf_counter() - self.seconds
        switch.session = None
        if self._sampler is not None:
            found = self._sampler.stop()
            self.samples = found if found.weight or found.lost else None
            self._sampler = None
        self._count(self._session)
        self._session = None

    def functions(self) -> list[Row]:
        """The functions, those with the largest own part first, of `samples`, or if there are
        none of `instructions`."""
        profile = self.samples or self.instructions
        return [] if profile is None else profile.functions()

    def speedscope(self, name: str = "wasm") -> str:
        """The profile as a file that https://www.speedscope.app opens, under a name."""
        profiles = [profile for profile in (self.samples, self.instructions) if profile is not None]
        return speedscope(profiles, self.rate, name)

    def _count(self, session: Any) -> None:
        """Take over what the interpreter has counted."""
        profile = Profile("instructions")
        operations: dict[str, int] = {}
        numbers: dict[tuple[int, int], int] = {}
        for lane, counter in enumerate(session.counters):
            for number, count in enumerate(counter.operations):
                if count:
                    operation: Any = IR_OPS[number]
                    operations[operation.name] = operations.get(operation.name, 0) + count
            waiting: list[tuple[Any, tuple[int, ...]]] = [(counter.root, ())]
            while waiting:
                node, stack = waiting.pop()
                if node.code is not None:
                    info, index = node.code.instance.info, node.code.index
                    function = numbers.get((id(info), index))
                    if function is None:
                        function = profile.function(_name(info, index))
                        numbers[id(info), index] = function
                    stack = (*stack, function)
                    if node.count:
                        profile.add(lane, stack, node.count)
                waiting.extend((child, stack) for child in reversed(node.children.values()))
        self.instructions = profile if operations else None
        self.operations = dict(sorted(operations.items(), key=lambda item: (-item[1], item[0])))


class _Sampler:
    """Takes samples, from when it is made until `stop`, and makes stacks of them in a thread of
    its own."""

    def __init__(self, rate: int) -> None:
        self.profile = Profile("samples")
        # Functions by address: what has been seen stays, so that no other code gets its place.
        self._functions: dict[int, int] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._modules: dict[int, Any] = {}
        self._hosts: dict[int, Any] = {}
        self._process = os.getpid()
        EXTENSION.set_sampling(round(1e9 / rate))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="zwasm profiler", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(INTERVAL):
            self._take()

    def stop(self) -> Profile:
        """End sampling; what was found."""
        if os.getpid() != self._process:
            return self.profile  # in a child process nothing is sampled
        self._end.set()
        self._thread.join()
        try:
            self._take()
        finally:
            EXTENSION.set_sampling(0)
        return self.profile

    def _take(self) -> None:
        data, hosts, lost = EXTENSION.take_samples()
        profile = self.profile
        profile.lost += lost
        for address, host in hosts.items():
            if address not in self._hosts:
                self._hosts[address] = host
                self._functions[address] = profile.function(f"{host.name} [host]")
        words = memoryview(data).cast("Q")
        at = 0
        while at < len(words):
            size, thread, ticks, leaf, cut = words[at : at + _HEAD].tolist()
            addresses = words[at + _HEAD : at + size].tolist()
            at += size
            if cut:
                addresses.insert(cut, _LEFT_OUT)
            if leaf:
                addresses.insert(0, leaf)
            profile.add(thread, tuple(map(self._function, reversed(addresses))), ticks)

    def _function(self, address: int) -> int:
        """The number of the function with an address in its code."""
        found = self._functions.get(address)
        if found is None:
            found = self._functions[address] = self._find(address)
        return found

    def _find(self, address: int) -> int:
        from zwasm.baseline import backtrace

        if address in (_LEFT_OUT, _COMPILING, _HOST):
            names = {_LEFT_OUT: "[...]", _COMPILING: "[compiler]", _HOST: "[host]"}
            return self.profile.function(names[address])
        module = backtrace.module_at(address)
        index = -1
        base = 0
        if module is not None:
            base = int(module.base)
            self._modules[base] = module
            index = int(module.compiler.function_at(address - base))
        known = self._numbers.get((base, index))
        if known is None:
            name = "[unknown]" if index < 0 else _own_name(module.info, index)
            known = self._numbers[base, index] = self.profile.function(name)
        return known


def _own_name(info: Any, index: int) -> str:
    return _name(info, info.imported_funcs + index)


def _name(info: Any, index: int) -> str:
    """A function's name, as in backtraces."""
    name = info.func_name(index) or f"func[{index}]"
    module = info.module.names.module
    return name if module is None else f"{module}!{name}"
