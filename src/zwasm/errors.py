"""The errors that zwasm raises.

In: a message and, where known, a place. Out: subclasses of `WasmError`. Everything a module
or a guest can do wrong ends in one of these; Python's own `TypeError`, `ValueError` and
`OverflowError` are raised only for a wrong use of the Python API. Nothing here decides when
an error is raised.
"""

from __future__ import annotations

import enum

__all__ = [
    "ExhaustionError",
    "Exit",
    "Frame",
    "InstantiationError",
    "InvalidError",
    "LinkError",
    "MalformedError",
    "Trap",
    "TrapCode",
    "UnsupportedError",
    "WasmError",
    "WasmException",
]


class WasmError(Exception):
    """Base of all errors that come from a module or a guest.

    `message` is the text without the place. `offset` is a byte offset into the module's
    binary form, `line` and `column` (both from 1) a place in its text; each is None where it
    is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        offset: int | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.message = message
        self.offset = offset
        self.line = line
        self.column = column
        super().__init__(message)

    def __str__(self) -> str:
        if self.line is not None:
            return f"{self.message} (line {self.line}, column {self.column})"
        if self.offset is not None:
            return f"{self.message} (at offset 0x{self.offset:x})"
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), dict(self.__dict__), self.args))


def _rebuild(
    kind: type[WasmError], state: dict[str, object], args: tuple[object, ...]
) -> WasmError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class MalformedError(WasmError):
    """Bytes or text that are not a module (specification, chapters 5 and 6)."""


class InvalidError(WasmError):
    """A module that breaks a validation rule (specification, chapter 3)."""


class UnsupportedError(WasmError):
    """A valid module that needs a feature which the chosen engine lacks.

    `feature` is the feature's name as `zwasm features` lists it.
    """

    def __init__(self, message: str, feature: str) -> None:
        super().__init__(message)
        self.feature = feature


class LinkError(WasmError):
    """Imports that are missing or do not match (specification, section 4.7.1)."""


class InstantiationError(WasmError):
    """A module that could not be instantiated for another reason than its imports or a trap,
    such as a limit of the store."""


class TrapCode(enum.Enum):
    """Why a guest trapped; the value is the specification's wording."""

    UNREACHABLE = "unreachable"
    INTEGER_DIVIDE_BY_ZERO = "integer divide by zero"
    INTEGER_OVERFLOW = "integer overflow"
    INVALID_CONVERSION_TO_INTEGER = "invalid conversion to integer"
    OUT_OF_BOUNDS_MEMORY_ACCESS = "out of bounds memory access"
    OUT_OF_BOUNDS_TABLE_ACCESS = "out of bounds table access"
    OUT_OF_BOUNDS_ARRAY_ACCESS = "out of bounds array access"
    UNDEFINED_ELEMENT = "undefined element"
    UNINITIALIZED_ELEMENT = "uninitialized element"
    INDIRECT_CALL_TYPE_MISMATCH = "indirect call type mismatch"
    NULL_REFERENCE = "null reference"
    NULL_FUNCTION_REFERENCE = "null function reference"
    NULL_STRUCTURE_REFERENCE = "null structure reference"
    NULL_ARRAY_REFERENCE = "null array reference"
    NULL_I31_REFERENCE = "null i31 reference"
    NULL_EXCEPTION_REFERENCE = "null exception reference"
    CAST_FAILURE = "cast failure"
    UNALIGNED_ATOMIC = "unaligned atomic"
    EXPECTED_SHARED_MEMORY = "expected shared memory"
    CALL_STACK_EXHAUSTED = "call stack exhausted"
    OUT_OF_FUEL = "out of fuel"
    OUT_OF_TIME = "out of time"
    INTERRUPTED = "interrupted"


class Frame:
    """One wasm frame of a trap's backtrace, innermost first.

    `module` and `function` are names where the module gives them, else None; `index` is the
    function index. `offset` is the instruction's byte offset in the module's binary form, or
    `line` and `column` (from 1) its place in a module given as text; what is not known is None.
    """

    def __init__(
        self,
        module: str | None,
        function: str | None,
        index: int,
        offset: int | None = None,
        *,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.module = module
        self.function = function
        self.index = index
        self.offset = offset
        self.line = line
        self.column = column

    def __str__(self) -> str:
        name = self.function if self.function is not None else f"func[{self.index}]"
        if self.module is not None:
            name = f"{self.module}!{name}"
        if self.line is not None:
            return f"{name} (line {self.line}, column {self.column})"
        return name if self.offset is None else f"{name} (offset 0x{self.offset:x})"

    def __repr__(self) -> str:
        return f"<Frame {self}>"


class Trap(WasmError):
    """A guest stopped by a trap (specification, section 4.1.2).

    `code` is a `TrapCode`; `frames` lists the wasm frames, innermost first (shortened in the
    middle when very many).
    """

    def __init__(
        self, code: TrapCode, message: str | None = None, frames: list[Frame] | None = None
    ) -> None:
        super().__init__(code.value if message is None else message)
        self.code = code
        self.frames: list[Frame] = [] if frames is None else frames

    def backtrace(self) -> str:
        """The frames as text, one a line, innermost first."""
        return "\n".join(f"  {i}: {frame}" for i, frame in enumerate(self.frames))


class ExhaustionError(Trap):
    """A guest stopped because a resource ran out: call depth, fuel or time."""


class WasmException(WasmError):
    """A wasm exception that no handler in the guest caught.

    `tag` is the tag and `values` its arguments.
    """

    def __init__(self, message: str, tag: object, values: tuple[object, ...]) -> None:
        super().__init__(message)
        self.tag = tag
        self.values = values


class Exit(WasmError):
    """A guest asked to end by WASI's `proc_exit`; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"guest exited with code {code}")
        self.code = code
