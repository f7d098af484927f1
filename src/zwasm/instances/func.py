"""Function instances (specification, section 4.2.6), which Python calls too.

In: a Python callable with a type, or a function of a module instance. Out: `Func`. Converting
values is in `zwasm.instances.calls`, running code the engines'. This module is not compiled: the
class that `Func` derives from depends on the platform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from zwasm.errors import WasmError
from zwasm.instances import calls
from zwasm.instances.native import EXTENSION, NATIVE
from zwasm.instances.store import Store
from zwasm.types import EXTERNREF, F32, F64, I32, I64, V128, FuncType, def_type, func_type_id

if TYPE_CHECKING:
    from zwasm.instances.plain import FuncBase
else:
    from zwasm.instances.native import FuncBase

# A value type as the extension's calls know it: by its code's low byte, or as one of these.
_KNOWN: Final = (I32, I64, F32, F64, V128)
_ANY_OBJECT: Final = 1
_OTHER: Final = 2


class Func(FuncBase):
    """A function: `func(1, 2)` calls it.

    Functions of modules come from an instance's exports. `Func(host, FuncType(["i32"], []))`
    makes one from a Python callable, for imports and tables: it gets the arguments as Python
    values and returns None, one value, or a tuple or list of as many values as the type has
    results. An exception it raises reaches the outermost caller as itself. With `caller` it
    gets the instance whose code called it (None if Python did) as its first argument. `name` is
    for messages. `store` is the store that the function belongs to; without one it joins the
    first that it meets.

    Calling raises TypeError for a wrong number or kind of arguments, OverflowError for an
    integer out of range, `Trap` if the guest traps. No result gives None, one its value, more a
    tuple. The table of values is in `zwasm.instances.values`.

    For engines: `instance` is the module instance and `index` the function's index there (all
    functions counted), both meaningless where `host` is not None; `code` is the engine's own.
    `type_id` is the canonical id of its type.
    """

    __slots__ = ()

    def __init__(
        self,
        host: Callable[..., object] | None,
        type: FuncType,
        *,
        name: str | None = None,
        caller: bool = False,
        store: Store | None = None,
    ) -> None:
        if host is not None and not callable(host):
            raise TypeError(f"a host function is a callable, not {_kind(host)}")
        if not isinstance(type, FuncType):
            raise TypeError(f"a function's type is a zwasm.FuncType, not {_kind(type)}")
        super().__init__()
        self.host = host
        self.caller = caller
        self._name = name
        self.store = store
        _set_type(self, type, func_type_id(type))

    @property
    def name(self) -> str:
        """The name: from the module's name section or exports, or the callable's."""
        if self._name is not None:
            return str(self._name)
        if self.instance is not None:
            return str(self.instance.func_name(self.index))
        return str(getattr(self.host, "__name__", "host function"))

    if not NATIVE:

        def __call__(self, *args: object) -> object:
            return calls.call(self, args)

    def __repr__(self) -> str:
        return f"<zwasm.Func {self.name} {self.type}>"


def host_func(
    host: Callable[..., object], type: FuncType, type_id: int, name: str, caller: bool, store: Store
) -> Func:
    """A host function whose type has the canonical id `type_id`."""
    func = Func(host, type, name=name, caller=caller, store=store)
    _set_type(func, type, type_id)
    return func


def wasm_func(instance: Any, index: int, type: FuncType, type_id: int) -> Func:
    """A function of a module instance, which calls it as its own function `index`."""
    func: Func = Func.__new__(Func)
    FuncBase.__init__(func)
    func.store = instance.store
    func.instance = instance
    func.index = index
    _set_type(func, type, type_id)
    return func


def _set_type(func: Func, type: FuncType, type_id: int) -> None:
    func.type = type
    func.type_id = type_id
    if NATIVE:
        signature = _signatures.get(type_id)
        if signature is None:
            signature = _signatures[type_id] = (
                bytes([_letter(code) for code in type.param_codes]),
                bytes([_letter(code) for code in type.result_codes]),
                def_type(type_id).ancestors,
            )
        native: Any = func
        native._signature(signature[0], signature[1])
        if signature[2]:
            native._set_ancestors(signature[2])


# By canonical type id: the letters of parameters and results, the ids of the supertypes.
_signatures: Final[dict[int, tuple[bytes, bytes, tuple[int, ...]]]] = {}


def _letter(code: int) -> int:
    if code in _KNOWN:
        return code
    return _ANY_OBJECT if code == EXTERNREF else _OTHER


def _kind(value: object) -> str:
    return type(value).__name__


def _unwind(code: int, error: BaseException | None, addresses: list[int]) -> BaseException:
    """What to raise where code ended by a trap or an exception, while no engine has said."""
    return error if error is not None else WasmError(f"trap {code} at {addresses}")


def set_unwind(
    unwind: Callable[[int, BaseException | None, list[int]], BaseException],
) -> None:
    """Tell the extension what to do for calls, `unwind` being the engine's part: given a trap
    code and the pending exception or None, and code addresses, innermost first, it says what is
    raised."""
    EXTENSION.set_hooks(
        call=calls.call,
        argument=calls.argument,
        result=calls.result,
        results=calls.results,
        wrong_count=calls.wrong_count,
        unwind=unwind,
        exhausted=calls.exhausted,
    )


if NATIVE:
    EXTENSION.seal(Func)
    set_unwind(_unwind)
