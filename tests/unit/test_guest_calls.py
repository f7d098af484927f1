"""Exports of guest modules called from Python: results recorded from another runtime
(tests/guests/record.py), and host functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import zwasm

ROOT = Path(__file__).parents[2]
CALLS: list[dict[str, Any]] = json.loads((ROOT / "tests/guests/calls.json").read_text())


def abort(message: int, file: int, line: int, column: int) -> None:
    """What AssemblyScript calls when an assertion fails."""
    raise AssertionError(line, column)


def number(value: Any) -> Any:
    """A recorded number; floats that JSON has no form for are strings."""
    return float(value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", CALLS, ids=[Path(case["guest"]).stem for case in CALLS])
def test_recorded_calls(case: dict[str, Any]) -> None:
    wasi = zwasm.Wasi()
    exports = zwasm.load(ROOT / case["guest"], {**wasi.imports, "env": {"abort": abort}}).exports
    for name, args, expected in case["calls"]:
        given = [number(arg) for arg in args]
        if isinstance(expected, dict):
            with pytest.raises((zwasm.Trap, AssertionError)):
                exports[name](*given)
        else:
            # By repr, which tells NaN and the sign of zero.
            assert repr(exports[name](*given)) == repr(number(expected)), (name, args)


def host_guest(**functions: Any) -> Any:
    given = {
        "log": lambda start, length: None,
        "add": lambda a, b: a + b,
        "scale": lambda x, factor: x * factor,
        "wide": lambda x: x + 1,
        "fail": lambda: None,
    }
    return zwasm.load(ROOT / "tests/guests/bare/host.wasm", {"env": {**given, **functions}}).exports


def test_host_functions_get_and_give_numbers() -> None:
    exports = host_guest()
    assert exports.sum(10) == 55
    assert exports.scaled(3.0) == 2.5
    assert exports.widen(-1) == -(1 << 32) + 1


def test_host_function_reads_the_guests_memory() -> None:
    lines: list[str] = []

    def log(start: int, length: int) -> None:
        lines.append(exports.memory[start : start + length].decode())

    exports = host_guest(log=log)
    exports.greet()
    assert lines == ["hello from the guest", "h\u00e9llo \u20ac"]


def test_host_exception_comes_out_and_the_guest_goes_on() -> None:
    class Failure(Exception):
        pass

    failure = Failure()

    def fail() -> None:
        raise failure

    exports = host_guest(fail=fail)
    with pytest.raises(Failure) as caught:
        exports.stop()
    assert caught.value is failure
    assert exports.call_count() == 1
