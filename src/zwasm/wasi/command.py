"""`Wasi`: a system for one guest, from Python.

In: arguments, environment, granted folders, streams, sockets. Out: imports for an instance, and
the exit code of a program that is run. The functions are in `zwasm.wasi.preview1`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from zwasm.errors import Exit, LinkError
from zwasm.instances.func import Func
from zwasm.types import I32, I64, FuncType
from zwasm.wasi.clocks import clock_of, random_of
from zwasm.wasi.descriptors import Descriptor, DescriptorTable
from zwasm.wasi.filesystem import grant
from zwasm.wasi.functions import (
    FUNCTIONS,
    LATER,
    PREVIEW_1,
    SNAPSHOT_0,
    Memories,
    entry,
)
from zwasm.wasi.preview1 import Preview1
from zwasm.wasi.streams import Sink, Source, sink, source

if TYPE_CHECKING:
    import socket

    from zwasm.runtime.instance import Instance
    from zwasm.runtime.module import Module
    from zwasm.runtime.store import Store
    from zwasm.wasi.directory import Directory, ReadOnly

_CODES: Final[dict[str, int]] = {"i": I32, "I": I64}


class Wasi:
    """What one guest sees of the system; by default next to nothing.

    `args` are the guest's arguments, its own name first; `env` its environment. `dirs` are the
    folders it may use, by the names that it knows them under: paths of the host, `Directory`
    objects, which are folders in memory, or either in a `ReadOnly`. `listen` are sockets that it
    may accept connections on: addresses such as `"127.0.0.1:8080"`, or listening sockets, which
    it takes over. Descriptors are numbered 0 to 2 for the streams, then the folders, then the
    sockets, in their order.

    `stdin` is bytes, a path, a file object, or a callable that is given a size; `stdout` and
    `stderr` are a bytearray to extend, a path, a file object, or a callable that is given bytes;
    None for any of the three is the process's own. What a callable or file object raises arrives
    at the caller of the guest, but for an OSError, which the guest gets as an error number.

    `clock` gives the nanoseconds of a clock by its number (0 is the real time, 1 monotonic, 2 and
    3 the time that the process and the thread have used), or is a number of nanoseconds since 1970
    at which all clocks stand still. `random` gives as many bytes as asked for, or is a number, the
    seed of bytes that are the same each time. None for either is the host's.

        wasi = zwasm.Wasi(args=["wc", "/data/a.txt"], dirs={"/data": "files"})
        exit_code = wasi.run(zwasm.Module.from_file("wc.wasm"))

    Folders, files and sockets stay open until `close`, the end of a `with` block, or until neither
    the object nor an instance that uses it is left. Raises OSError where one cannot be opened,
    ValueError for an address that is none and for a NUL in an argument or variable.
    """

    def __init__(
        self,
        args: Iterable[str | bytes] = ("main.wasm",),
        env: Mapping[str, str] | None = None,
        dirs: Mapping[str, str | os.PathLike[str] | Directory | ReadOnly] | None = None,
        stdin: Source = None,
        stdout: Sink = None,
        stderr: Sink = None,
        *,
        listen: Iterable[str | socket.socket] = (),
        clock: int | Callable[[int], int] | None = None,
        random: int | Callable[[int], bytes] | None = None,
    ) -> None:
        table = DescriptorTable()
        self._table = table
        self._args = [_string(arg) for arg in args]
        self._environment = [
            _string(f"{name}={value}") for name, value in ({} if env is None else env).items()
        ]
        self._clock = clock_of(clock)
        self._random = random_of(random)
        self._memories = Memories()
        self._initialized: WeakSet[Instance] = WeakSet()
        self._shared = False  # whether others may use it without this object
        self._own_streams = stdout is None or stderr is None
        try:
            table.add(source(stdin))
            table.add(sink(stdout, 1))
            table.add(sink(stderr, 2))
            for guest, host in ({} if dirs is None else dirs).items():
                table.add(_folder(guest, host, None if clock is None else self._clock))
            for given in listen:
                from zwasm.wasi.sockets import listener

                table.add(listener(given))
        except BaseException:
            table.close_all()
            raise

    @property
    def imports(self) -> dict[str, dict[str, Func]]:
        """The functions for guests to import, new ones each time, all for this one system:
        preview 1, and snapshot 0 under its module name `wasi_unstable`."""
        self._shared = True
        return {PREVIEW_1: self._functions(PREVIEW_1), SNAPSHOT_0: self._functions(SNAPSHOT_0)}

    def _functions(self, namespace: str) -> dict[str, Func]:
        kind = Preview1
        names = list(FUNCTIONS)
        if namespace == SNAPSHOT_0:
            from zwasm.wasi.snapshot0 import Snapshot0

            kind = Snapshot0
            names = [name for name in names if name not in LATER]
        system = kind(self._args, self._environment, self._table, self._clock, self._random)
        return {name: self._func(system, name) for name in names}

    def _func(self, system: Preview1, name: str) -> Func:
        params = FUNCTIONS[name]
        returns = name != "proc_exit"
        type = FuncType([_CODES[letter] for letter in params], (I32,) if returns else ())
        host = entry(self._memories, getattr(system, name), params, returns)
        return Func(host, type, name=name, caller=True)

    def instantiate(self, module: Module, *, store: Store | None = None) -> Instance:
        """An instance of a module that imports nothing but functions of WASI."""
        self._shared = True
        return self._instantiate(module, store)

    def _instantiate(self, module: Module, store: Store | None) -> Instance:
        from zwasm.runtime.instance import Instance

        wanted = {found.module for found in module.imports}
        namespaces = [name for name in (PREVIEW_1, SNAPSHOT_0) if name in wanted]
        imports = {name: self._functions(name) for name in namespaces}
        return Instance(module, imports, store=store)

    def run(self, module: Module, *, store: Store | None = None) -> int:
        """Instantiate a program and run it; its exit code.

        A program is a module that exports `_start`; of a library, which exports `_initialize`,
        that is called. Raises LinkError for any other module, and Trap where the guest traps.
        """
        try:
            self.start(self._instantiate(module, store))
        except Exit as exit:
            return exit.code
        finally:
            self._memories.forget()
        return 0

    def start(self, instance: Instance) -> None:
        """Call `_start` or, where there is none, `_initialize` of an instance, the latter only
        the first time. Raises Exit where the guest ends itself."""
        if self._own_streams:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()  # what Python has written comes first
                except (AttributeError, OSError, ValueError):
                    pass  # it is none, or closed
        exports = instance.exports
        for name in ("_start", "_initialize"):
            function = exports[name] if name in exports else None
            if isinstance(function, Func):
                if name == "_initialize":
                    if instance in self._initialized:
                        return
                    self._initialized.add(instance)
                function()
                return
        raise LinkError("the module exports neither _start nor _initialize")

    def close(self) -> None:
        """Close what the guest has open, the granted folders included."""
        self._memories.forget()
        self._table.close_all()

    def __enter__(self) -> Wasi:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_shared", True):
            self._table.close_all()


def _folder(
    guest: str,
    host: str | os.PathLike[str] | Directory | ReadOnly,
    clock: Callable[[int], int] | None,
) -> Descriptor:
    given: object = host
    read_only = False
    if isinstance(given, (str, os.PathLike)):
        return grant(given, guest)
    from zwasm.wasi.directory import Directory, ReadOnly

    if isinstance(given, ReadOnly):
        read_only = True
        given = given.folder
    if isinstance(given, Directory):
        return given.granted(guest, read_only, clock)
    if isinstance(given, (str, bytes, os.PathLike)):
        return grant(given, guest, read_only)
    raise TypeError(f"a folder is a path or a zwasm.Directory, not {type(given).__name__}")


def _string(text: str | bytes) -> bytes:
    data = os.fsencode(text)
    if b"\0" in data:
        raise ValueError(f"NUL in an argument or variable: {text!r}")
    return data
