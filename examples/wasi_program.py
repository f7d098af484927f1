"""A WASI program in a closed world: a folder in memory, given input, captured output."""

from __future__ import annotations

from pathlib import Path

import zwasm

# A C program that counts lines and words; its source is beside it.
PROGRAM = Path(__file__).parent / "wordcount" / "wordcount.wasm"


def main() -> None:
    module = zwasm.Module.from_file(PROGRAM)

    # The program may open what is in this folder, which it knows as /texts, and nothing else.
    texts = zwasm.Directory(
        {
            "one.txt": b"the cat and the dog\nand the bird\n",
            "two.txt": b"the end\n",
        }
    )
    output = bytearray()
    errors = bytearray()
    with zwasm.Wasi(
        args=["wordcount", "-n", "2", "/texts/one.txt", "/texts/two.txt"],
        dirs={"/texts": zwasm.ReadOnly(texts)},
        stdout=output,
        stderr=errors,
    ) as wasi:
        code = wasi.run(module)
    print("exit code", code)
    print(output.decode(), end="")

    # A file that was not granted does not exist for the program.
    with zwasm.Wasi(args=["wordcount", "/etc/passwd"], stdout=output, stderr=errors) as wasi:
        code = wasi.run(module)
    print("exit code", code)
    print(errors.decode(), end="")

    # Standard input from bytes.
    output.clear()
    question = b"to be or not to be"
    with zwasm.Wasi(args=["wordcount", "-n", "1"], stdin=question, stdout=output) as wasi:
        wasi.run(module)
    print(output.decode(), end="")


if __name__ == "__main__":
    main()
