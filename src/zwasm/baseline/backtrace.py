"""From addresses of code to the frames of a trap.

In: how an activation of code ended, and the code addresses on its stack. Out: what is raised,
with `zwasm.errors.Frame`s if it is a trap.
"""

from __future__ import annotations

import bisect
import weakref
from typing import Any, Final

from zwasm.baseline.abi import TRAP_PYTHON, TRAPS
from zwasm.errors import ExhaustionError, Frame, Trap, TrapCode, WasmError

_EXHAUSTION: Final = (
    TrapCode.CALL_STACK_EXHAUSTED,
    TrapCode.OUT_OF_FUEL,
    TrapCode.OUT_OF_TIME,
)


class _Modules:
    """The modules with code, by the address where it starts."""

    def __init__(self) -> None:
        self.bases: list[int] = []  # ascending; some may be gone
        self.alive: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.observer: Any = None

    def add(self, module: Any) -> None:
        """Add a `CompiledModule`."""
        self.alive[module.base] = module
        if len(self.bases) > 2 * len(self.alive) + 16:
            self.bases = sorted(self.alive)
        else:
            bisect.insort(self.bases, module.base)
        compiled(module, -1)

    def find(self, address: int) -> Any:
        """The module whose code may contain an address, None if there is none."""
        at = bisect.bisect_right(self.bases, address)
        while at > 0:
            at -= 1
            found = self.alive.get(self.bases[at])
            if found is not None:
                return found
        return None


_modules: Final = _Modules()


def add_module(module: Any) -> None:
    """Make a `CompiledModule` known, as long as it lives."""
    _modules.add(module)


def compiled(module: Any, index: int) -> None:
    """Tell the observer that a function of a `CompiledModule` has code, or with -1 that it is
    there, with what code it has."""
    if _modules.observer is not None:
        _modules.observer(module, index)


def observe(observer: Any) -> None:
    """Have `observer`, None for nobody, called with every `CompiledModule` and -1, and then with
    the module and the index of each function that is compiled, counted without imports."""
    _modules.observer = observer
    if observer is not None:
        for module in list(_modules.alive.values()):
            observer(module, -1)


def module_at(address: int) -> Any:
    """The `CompiledModule` whose code may contain an address, None if there is none."""
    return _modules.find(address)


def unwind(code: int, error: BaseException | None, addresses: list[int]) -> BaseException:
    """What an activation raises that ended by the trap `code` or by the exception `error`; a trap
    gets its frames, which stand at these addresses, innermost first. A trap that comes through
    several activations collects them all."""
    if code != TRAP_PYTHON:
        trap_code = TrapCode[TRAPS[code - 1]]
        error = ExhaustionError(trap_code) if trap_code in _EXHAUSTION else Trap(trap_code)
    elif error is None:
        error = WasmError("baseline: code ended without a reason")
    if isinstance(error, Trap):
        known: dict[int, Frame | None] = {}  # recursion has the same address often
        for address in addresses:
            if address not in known:
                known[address] = _frame(address)
            frame = known[address]
            if frame is not None:
                error.frames.append(frame)
    return error


def _frame(address: int) -> Frame | None:
    module = _modules.find(address)
    if module is None:
        return None
    offset = address - int(module.base)
    index = int(module.compiler.function_at(offset))
    if index < 0:
        return None
    entry = int(module.code.entry(index))
    place = int(module.compiler.place_of(index, offset - entry))
    info = module.info
    frame: Frame = info.frame(info.imported_funcs + index, place)
    return frame
