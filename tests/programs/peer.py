"""Runs a program on wasmtime-py: `python peer.py FOLDER PROGRAM ARGUMENTS...`.

In: a WASI program, which gets the folder as `/`. Out: what it prints, and its exit code. Its code
is kept beside it, in a file `.cwasm`, for the next time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import wasmtime


def compiled(engine: wasmtime.Engine, program: Path) -> wasmtime.Module:
    """The program's module, from its kept code if that is newer and of this wasmtime."""
    kept = program.with_suffix(".cwasm")
    if kept.exists() and kept.stat().st_mtime > program.stat().st_mtime:
        try:
            return wasmtime.Module.deserialize_file(engine, str(kept))
        except wasmtime.WasmtimeError:
            pass
    module = wasmtime.Module.from_file(engine, str(program))
    kept.write_bytes(module.serialize())
    return module


def main() -> None:
    folder, program, *arguments = sys.argv[1:]
    engine = wasmtime.Engine()
    wasi = wasmtime.WasiConfig()
    wasi.argv = [Path(program).name, *arguments]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(folder, "/")
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = compiled(engine, Path(program))
    start = linker.instantiate(store, module).exports(store)["_start"]
    if not isinstance(start, wasmtime.Func):
        sys.exit("the program has no function _start")
    try:
        start(store)
    except wasmtime.ExitTrap as exit:
        sys.exit(exit.code)


if __name__ == "__main__":
    main()
