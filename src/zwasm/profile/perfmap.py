"""Names of compiled functions for Linux `perf`.

In: functions as they are compiled. Out: the file `/tmp/perf-PID.map`, in which `perf report`
looks for them, with a line "START SIZE NAME" for each, numbers in hexadecimal.
"""

from __future__ import annotations

import bisect
import os
import sys
from typing import Any

from zwasm.baseline import backtrace

FOLDER = "/tmp"  # perf looks nowhere else


class PerfMap:
    """Writes the file as long as it is open:

        with PerfMap():
            instance.exports.main()

    `path` is the file's. It is there to stay: perf reads it afterwards. Raises OSError where it
    cannot be made. Python itself writes to the same file where its own perf support is on
    (`python -X perf`); then it is continued, otherwise made anew.
    """

    def __init__(self) -> None:
        self.path = f"{FOLDER}/perf-{os.getpid()}.map"
        self._file = -1

    def open(self) -> None:
        """Make the file and begin to write."""
        active = getattr(sys, "is_stack_trampoline_active", None)
        if active is None or not active():
            try:
                os.unlink(self.path)
            except FileNotFoundError:
                pass
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(self.path, flags, 0o600)
        backtrace.observe(self._compiled)

    def close(self) -> None:
        """Write no more."""
        backtrace.observe(None)
        os.close(self._file)
        self._file = -1

    def __enter__(self) -> PerfMap:
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _compiled(self, module: Any, index: int) -> None:
        """Write where a function's code is, or with -1 where all code of a module is."""
        ranges: list[tuple[int, int, int]] = module.compiler.ranges
        lines: list[str] = []
        if index < 0:
            lines.append(f"{module.base:x} {module.code.start:x} wasm:[thunks]\n")
            found = ranges
        else:
            at = bisect.bisect_left(ranges, (module.code.entry(index), 0, 0))
            found = ranges[at : at + 1]
        for offset, end, number in found:
            name = _name(module.info, number)
            lines.append(f"{module.base + offset:x} {end - offset:x} wasm:{name}\n")
        try:
            os.write(self._file, "".join(lines).encode("utf-8", "replace"))
        except OSError:
            pass  # a guest shall not fail because the disk is full


def _name(info: Any, index: int) -> str:
    """A function's name in one line."""
    index += info.imported_funcs
    name = info.func_name(index) or f"func[{index}]"
    module = info.module.names.module
    text = name if module is None else f"{module}!{name}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)
