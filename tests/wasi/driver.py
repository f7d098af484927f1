"""A module that does nothing but call WASI, so that tests can play the guest."""

from __future__ import annotations

import struct

import zwasm
from zwasm.wasi.functions import FUNCTIONS, LATER, PREVIEW_1

TYPES = {"i": "i32", "I": "i64"}
OUT = 0x1000  # where results go
PATH = 0x100  # where paths are put
VECTOR = 0x800  # and vectors of buffers


def names(namespace: str) -> list[str]:
    return [name for name in FUNCTIONS if namespace == PREVIEW_1 or name not in LATER]


def text(namespace: str = PREVIEW_1, pages: int = 1) -> str:
    """The text of a module that imports all functions and exports a function that calls each."""
    imports = []
    funcs = []
    for name in names(namespace):
        params = " ".join(TYPES[letter] for letter in FUNCTIONS[name])
        result = "" if name == "proc_exit" else "(result i32)"
        type = f"(param {params}) {result}"
        args = " ".join(f"(local.get {i})" for i in range(len(FUNCTIONS[name])))
        imports.append(f'(import "{namespace}" "{name}" (func ${name} {type}))')
        funcs.append(f'(func (export "{name}") {type} (call ${name} {args}))')
    memory = f'(memory (export "memory") {pages} {max(4, pages)})'
    return "\n".join(["(module", *imports, memory, *funcs, ")"])


def signed(value: int, letter: str) -> int:
    """The number as the signed one that exports take."""
    width = 32 if letter == "i" else 64
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


class Guest:
    """An instance of it."""

    def __init__(
        self, wasi: zwasm.Wasi, namespace: str = PREVIEW_1, store: zwasm.Store | None = None
    ) -> None:
        self.wasi = wasi
        module = zwasm.Module(text(namespace))
        self.instance = zwasm.Instance(module, wasi.imports, store=store)
        self.memory = self.instance.exports.memory

    def call(self, name: str, *args: int) -> int:
        given = [signed(arg, letter) for arg, letter in zip(args, FUNCTIONS[name], strict=True)]
        result: int = self.instance.exports[name](*given)
        return result

    def put(self, data: bytes, address: int = PATH) -> tuple[int, int]:
        self.memory[address : address + len(data)] = data
        return address, len(data)

    def get(self, address: int, size: int) -> bytes:
        data: bytes = self.memory[address : address + size]
        return data

    def u32(self, address: int = OUT) -> int:
        return int.from_bytes(self.get(address, 4), "little")

    def u64(self, address: int = OUT) -> int:
        return int.from_bytes(self.get(address, 8), "little")

    def buffers(self, *ranges: tuple[int, int]) -> tuple[int, int]:
        self.put(b"".join(struct.pack("<II", *range) for range in ranges), VECTOR)
        return VECTOR, len(ranges)

    def write(self, fd: int, data: bytes) -> int:
        """The error number of writing the data; how much was written is at OUT."""
        return self.call("fd_write", fd, *self.buffers(self.put(data, 0x4000)), OUT)

    def read(self, fd: int, size: int = 4096) -> bytes | int:
        """What could be read, or the error number."""
        number = self.call("fd_read", fd, *self.buffers((0x4000, size)), OUT)
        return number if number else self.get(0x4000, self.u32())

    def fill(self, fd: int) -> None:
        """Write until a write fails; what is raised ends it, too."""
        while self.write(fd, b"x" * 10_000) == 0:
            pass

    def open(
        self, path: bytes, oflags: int = 0, base: int = 0x42, flags: int = 0, fd: int = 3
    ) -> int:
        """The descriptor, or the error number below zero."""
        number = self.call("path_open", fd, 1, *self.put(path), oflags, base, base, flags, OUT)
        return -number if number else self.u32()
