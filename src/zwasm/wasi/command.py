"""`Wasi`: a system for one guest, from Python.

In: arguments, environment, granted folders, streams. Out: imports for an instance, and the
exit code of a program that is run. The functions are in `zwasm.wasi.preview1`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from zwasm.errors import Exit, LinkError
from zwasm.instances.func import Func
from zwasm.instances.memory import MemoryInst
from zwasm.types import I32, I64, FuncType
from zwasm.wasi import preview1
from zwasm.wasi.descriptors import DescriptorTable
from zwasm.wasi.filesystem import grant
from zwasm.wasi.preview1 import FUNCTIONS, Preview1
from zwasm.wasi.streams import Sink, Source, sink, source

if TYPE_CHECKING:
    from zwasm.runtime.instance import Instance
    from zwasm.runtime.module import Module
    from zwasm.runtime.store import Store

MODULE_NAME: Final = "wasi_snapshot_preview1"
_MASKS: Final[dict[str, int]] = {"i": 0xFFFF_FFFF, "I": 0xFFFF_FFFF_FFFF_FFFF}
_CODES: Final[dict[str, int]] = {"i": I32, "I": I64}


class Wasi:
    """What one guest sees of the system; by default next to nothing.

    `args` are the guest's arguments, its own name first; `env` its environment; `dirs` the
    host folders it may use, by the names that it knows them under. `stdin` is bytes, a path, a
    file object, or a callable that is given a size; `stdout` and `stderr` are a bytearray to
    extend, a path, a file object, or a callable that is given bytes; None for any of the three
    is the process's own. `clock` gives the nanoseconds of a clock by its number (0 is the real
    time, 1 monotonic) and `random` as many bytes as asked for, where the host's shall not be
    used.

        wasi = zwasm.Wasi(args=["wc", "/data/a.txt"], dirs={"/data": "files"})
        exit_code = wasi.run(zwasm.Module.from_file("wc.wasm"))

    Folders and files stay open until `close`, the end of a `with` block, or the end of the
    object. Raises OSError where a folder or file cannot be opened.
    """

    def __init__(
        self,
        args: Iterable[str | bytes] = ("main.wasm",),
        env: Mapping[str, str] | None = None,
        dirs: Mapping[str, str | os.PathLike[str]] | None = None,
        stdin: Source = None,
        stdout: Sink = None,
        stderr: Sink = None,
        *,
        clock: Callable[[int], int] | None = None,
        random: Callable[[int], bytes] | None = None,
    ) -> None:
        table = DescriptorTable()
        self._table = table
        environment = [] if env is None else [f"{name}={value}" for name, value in env.items()]
        self._system = Preview1(
            [_string(arg) for arg in args],
            [_string(entry) for entry in environment],
            table,
            clock,
            random,
        )
        self._caller: object = None  # the instance that called last, and its memory
        self._memory: MemoryInst | None = None
        try:
            table.add(source(stdin))
            table.add(sink(stdout, 1))
            table.add(sink(stderr, 2))
            for guest, host in ({} if dirs is None else dirs).items():
                table.add(grant(host, guest))
        except BaseException:
            table.close_all()
            raise

    @property
    def imports(self) -> dict[str, dict[str, Func]]:
        """The functions for guests to import, new ones each time, all for this one system."""
        return {MODULE_NAME: {name: self._func(name) for name in FUNCTIONS}}

    def _func(self, name: str) -> Func:
        function: Callable[..., None] = getattr(self._system, name)
        params = FUNCTIONS[name]
        masks = [_MASKS[letter] for letter in params]
        returns = name != "proc_exit"

        def host(caller: Instance | None, *args: int) -> int | None:
            memory = self._memory if caller is self._caller else None
            if memory is None:
                memory = self._find_memory(caller)
            unsigned = tuple([arg & mask for arg, mask in zip(args, masks, strict=True)])
            number = preview1.call(function, memory, unsigned)
            return number if returns else None

        codes = tuple([_CODES[letter] for letter in params])
        return Func(host, FuncType(codes, (I32,) if returns else ()), name=name, caller=True)

    def _find_memory(self, caller: Instance | None) -> MemoryInst:
        memory = None
        if caller is not None and "memory" in caller.exports:
            memory = caller.exports["memory"]
        inst = getattr(memory, "inst", None)
        if not isinstance(inst, MemoryInst):
            raise LinkError('a WASI program exports a memory under the name "memory"')
        self._caller = caller
        self._memory = inst
        return inst

    def run(self, module: Module, *, store: Store | None = None) -> int:
        """Instantiate a program and run it; its exit code.

        A program is a module that exports `_start`; of a library, which exports `_initialize`,
        that is called. Raises LinkError for any other module, and Trap where the guest traps.
        """
        from zwasm.runtime.instance import Instance

        try:
            self.start(Instance(module, self.imports, store=store))
        except Exit as exit:
            return exit.code
        return 0

    def start(self, instance: Instance) -> None:
        """Call `_start` or, where there is none, `_initialize` of an instance. Raises Exit."""
        for name in ("_start", "_initialize"):
            function = instance.exports[name] if name in instance.exports else None
            if isinstance(function, Func):
                function()
                return
        raise LinkError("the module exports neither _start nor _initialize")

    def close(self) -> None:
        """Close what the guest has open, the granted folders included."""
        self._table.close_all()

    def __enter__(self) -> Wasi:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _string(text: str | bytes) -> bytes:
    data = os.fsencode(text)
    if b"\0" in data:
        raise ValueError(f"NUL in an argument or variable: {text!r}")
    return data
