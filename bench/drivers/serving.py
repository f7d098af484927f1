"""What all drivers in Python share: jobs, and the protocol of a driver that is kept running.

In: the job as JSON, the first argument: `path` of the module; `export` and `n`, a function to call
with one i32, or `args`, `stdin` and `folder` of a WASI program. Without a second argument a driver
does the job and prints the result, as `zwasm run` would. With `serve` it answers each line of
standard input with one of JSON: `ready` brings the module's bytes to an instance that can be
called, all made anew; `run` does the job with a module that is kept; the answer to both has the
`seconds`, to the latter the `result` too. Nothing here imports a runtime, or anything that a
driver would not need for one run.
"""

from __future__ import annotations

import os
import sys
import tempfile
from time import perf_counter
from typing import Any

MASK = (1 << 64) - 1
# Where the output of a WASI program goes that is run again and again.
OUTPUT = os.path.join(tempfile.gettempdir(), f"zwasm-bench-{os.getpid()}.out")


def checksum(value: int) -> str:
    """An i64 as all drivers and programs print it."""
    return f"{value & MASK:016x}"


def digest(output: bytes) -> str:
    """What a program has printed, if that is a checksum, or the checksum of it."""
    if len(output) <= 17:
        return output.decode("ascii", "replace").strip()
    import hashlib

    return hashlib.sha256(output).hexdigest()[:16]


class Runtime:
    """A runtime as a driver has it; a driver derives from it."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        with open(job["path"], "rb") as file:
            self.data = file.read()

    def ready(self) -> object:
        """From the module's bytes to an instance, all made anew."""
        raise NotImplementedError

    def keep(self) -> None:
        """Make what `run` uses."""
        raise NotImplementedError

    def run(self) -> int | None:
        """The result of the kept function; None after a program, whose output is in OUTPUT."""
        raise NotImplementedError


def serve(runtime: Runtime) -> None:
    """Answer the lines of standard input until it ends."""
    import json

    answers = os.fdopen(os.dup(1), "w")
    # A runtime that knows no other place for a program's output writes to descriptor 1.
    target = os.open(OUTPUT, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(target, 1)
    kept = False
    try:
        for line in sys.stdin:
            answer: dict[str, object] = {}
            if line.strip() == "ready":
                started = perf_counter()
                instance = runtime.ready()
                answer["seconds"] = perf_counter() - started
                del instance
            else:
                if not kept:
                    runtime.keep()
                    kept = True
                os.lseek(target, 0, os.SEEK_SET)
                os.ftruncate(target, 0)
                started = perf_counter()
                value = runtime.run()
                answer["seconds"] = perf_counter() - started
                if value is not None:
                    answer["result"] = checksum(value)
                else:
                    with open(OUTPUT, "rb") as file:
                        answer["result"] = digest(file.read())
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    finally:
        os.unlink(OUTPUT)


def main(kind: type[Runtime]) -> None:
    """What a driver does when it is started."""
    import json

    runtime = kind(json.loads(sys.argv[1]))
    if sys.argv[2:] == ["serve"]:
        serve(runtime)
        return
    runtime.keep()
    value = runtime.run()
    if value is not None:
        print(value)
