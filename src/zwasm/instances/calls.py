"""Calls across the border to Python (specification, sections 4.2.5 and 4.6.10).

In: a `Func` and Python values, or cells. Out: the same the other way, and messages for what does
not fit. The C extension calls these too, where it does not know a case itself. Running code is
the engines'.
"""

from __future__ import annotations

from typing import Any

from zwasm.errors import ExhaustionError, TrapCode, WasmError
from zwasm.instances.values import from_cell, to_cell


def call(func: Any, args: tuple[object, ...]) -> object:
    """Call a `Func` as Python does: Python values in, None, a value or a tuple out."""
    codes: tuple[int, ...] = func.type.param_codes
    if len(args) != len(codes):
        raise wrong_count(func, len(args))
    cells: list[object] = []
    for i in range(len(codes)):
        cells.append(argument(func, i, args[i]))
    results = invoke(func, cells)
    codes = func.type.result_codes
    if len(codes) == 1:
        return from_cell(results[0], codes[0])
    if not codes:
        return None
    return tuple([from_cell(results[i], codes[i]) for i in range(len(codes))])


def argument(func: Any, index: int, value: object) -> object:
    """The cell of an argument."""
    codes: tuple[int, ...] = func.type.param_codes
    try:
        return to_cell(value, codes[index], func.store)
    except (TypeError, OverflowError, ValueError) as error:
        text = f"argument {index + 1} of {func.name} {func.type}: {error}"
        raise _same_kind(error, text) from None


def wrong_count(func: Any, given: int) -> TypeError:
    """What to raise for a wrong number of arguments."""
    count = len(func.type.param_codes)
    noun = "argument" if count == 1 else "arguments"
    verb = "was" if given == 1 else "were"
    return TypeError(f"{func.name} {func.type} takes {count} {noun}, but {given} {verb} given")


def exhausted() -> ExhaustionError:
    """What to raise where activations are nested too deeply."""
    return ExhaustionError(TrapCode.CALL_STACK_EXHAUSTED)


def invoke(func: Any, args: list[object]) -> list[object]:
    """Call a function from Python: cells in, cells out."""
    if func.host is not None:
        return call_host(func, args, None)
    if func.store is None:
        raise WasmError(f"function {func.name} has no store")
    results: list[object] = func.store.machine.invoke(func, args)
    return results


def call_host(func: Any, args: list[object], caller: Any) -> list[object]:
    """Call a host function from code of the module instance `caller` (None: from Python): cells
    in, cells out.

    Raises what the callable raises, and TypeError, OverflowError or ValueError where its result
    is not what the function's type says.
    """
    codes: tuple[int, ...] = func.type.param_codes
    values: list[object] = []
    if func.caller:
        values.append(None if caller is None else caller.public)
    for i in range(len(codes)):
        values.append(from_cell(args[i], codes[i]))
    return results(func, func.host(*values))


def results(func: Any, value: object) -> list[object]:
    """The cells of what a host function returned."""
    codes: tuple[int, ...] = func.type.result_codes
    if len(codes) == 1:
        return [result(func, 0, value)]
    if not codes:
        if value is not None:
            raise TypeError(
                f"host function {func.name} {func.type} has no result, but {value!r} was returned"
            )
        return []
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"host function {func.name} {func.type} returns a tuple of {len(codes)} values,"
            f" not {type(value).__name__}"
        )
    if len(value) != len(codes):
        raise TypeError(
            f"host function {func.name} {func.type} returns {len(codes)} values,"
            f" but {len(value)} were returned"
        )
    return [result(func, i, value[i]) for i in range(len(codes))]


def result(func: Any, index: int, value: object) -> object:
    """The cell of a host function's result."""
    codes: tuple[int, ...] = func.type.result_codes
    try:
        return to_cell(value, codes[index], func.store)
    except (TypeError, OverflowError, ValueError) as error:
        which = f"result {index + 1}" if len(codes) > 1 else "the result"
        text = f"{which} of host function {func.name} {func.type}: {error}"
        raise _same_kind(error, text) from None


def _same_kind(error: Exception, text: str) -> Exception:
    if isinstance(error, TypeError):
        return TypeError(text)
    return OverflowError(text) if isinstance(error, OverflowError) else ValueError(text)
