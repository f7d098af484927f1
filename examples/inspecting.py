"""Looking into a module without running it: imports, exports, names, sections, text and IR."""

from __future__ import annotations

import subprocess
import sys

import zwasm

WAT = """
(module $example
  (import "env" "log" (func $log (param i32)))
  (import "env" "memory" (memory 1 4))
  (global $limit (export "limit") i32 (i32.const 10))
  (func $square (export "square") (param $x i32) (result i32)
    (i32.mul (local.get $x) (local.get $x)))
  (func (export "narrow") (param i64) (result i64) (i64.extend8_s (local.get 0)))
  (@custom "note" "made by hand"))
"""


def tool(*args: str) -> str:
    """What a command of zwasm prints for the module on its standard input."""
    command = [sys.executable, "-m", "zwasm", *args]
    done = subprocess.run(command, input=WAT, capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


def main() -> None:
    module = zwasm.Module(WAT)
    print("name:", module.name)
    for wanted in module.imports:
        print(f"import: {wanted.module}.{wanted.name} is a {wanted.kind}: {wanted.type}")
    for given in module.exports:
        print(f"export: {given.name} is a {given.kind}: {given.type}")
    print("features:", ", ".join(module.features))
    print("section note:", module.custom_sections("note"))

    # What is malformed or invalid says where.
    for source in (b"\0asm\1\0\0\0\7", "(module\n  (func (result i32)))"):
        try:
            zwasm.validate(source)
        except zwasm.WasmError as error:
            print(f"{type(error).__name__}: {error}")

    # The command line shows the rest; "-" is standard input.
    print(tool("ir", "-", "square"))
    print(tool("print", "-"))


if __name__ == "__main__":
    main()
