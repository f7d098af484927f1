"""Function and module instances (specification, sections 4.2.5 and 4.2.6), which refer to each
other, and calls across the border to Python.

In: a function of a module instance, or a Python callable with a type. Out: `Func`, which
Python calls with Python values and engines with cells; `ModuleInst`. `Machine` is what an
engine implements; running code is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from zwasm.errors import Frame, WasmError
from zwasm.instances.global_ import Global
from zwasm.instances.memory import MemoryInst
from zwasm.instances.store import Store
from zwasm.instances.table import Table
from zwasm.instances.tag import Tag
from zwasm.instances.values import FuncRef, from_cell, to_cell
from zwasm.lower.code import FuncIR
from zwasm.types import EXTERN_FUNC, FuncType, func_type_id
from zwasm.valid.info import ModuleInfo


class Machine:
    """An engine at work in one store. Each engine has a subclass.

    `invoke` and `evaluate` are called between `Store.enter` and `Store.leave`. A machine calls
    host functions by `call_host`, and lets every exception pass that these raise.
    """

    def invoke(self, func: Func, args: list[object]) -> list[object]:
        """Run a wasm function on cells that fit its type; its results as cells."""
        raise NotImplementedError

    def evaluate(self, instance: ModuleInst, code: FuncIR) -> object:
        """The value, a cell, of a constant expression."""
        raise NotImplementedError


class Func(FuncRef):
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
    """

    __slots__ = ("_name", "caller", "code", "host", "index", "instance")

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
        super().__init__(type, func_type_id(type), store)
        self.host: Any = host
        self.caller = caller
        self.instance: ModuleInst | None = None
        self.index: int = -1
        self.code: object = None
        self._name = name

    @property
    def name(self) -> str:
        """The name: from the module's name section or exports, or the callable's."""
        if self._name is not None:
            return self._name
        if self.instance is not None:
            return self.instance.func_name(self.index)
        return str(getattr(self.host, "__name__", "host function"))

    def __call__(self, *args: object) -> object:
        codes = self.type.param_codes
        if len(args) != len(codes):
            raise TypeError(_wrong_count(self, len(args)))
        cells: list[object] = []
        for i in range(len(codes)):
            try:
                cells.append(to_cell(args[i], codes[i], self.store))
            except (TypeError, OverflowError, ValueError) as error:
                text = f"argument {i + 1} of {self.name} {self.type}: {error}"
                raise _same_kind(error, text) from None
        results = invoke(self, cells)
        codes = self.type.result_codes
        if len(codes) == 1:
            return from_cell(results[0], codes[0])
        if not codes:
            return None
        return tuple([from_cell(results[i], codes[i]) for i in range(len(codes))])

    def __repr__(self) -> str:
        return f"<zwasm.Func {self.name} {self.type}>"


class ModuleInst:
    """An instance of a module: `funcs`, `tables`, `memories`, `globals` and `tags` run over the
    whole index spaces, imports first.

    `elems` and `datas` are the segments' cells and bytes, empty once dropped. `public` is the
    `zwasm.Instance`, which host functions may ask for.
    """

    __slots__ = (
        "_export_names",
        "datas",
        "elems",
        "funcs",
        "globals",
        "info",
        "memories",
        "public",
        "store",
        "tables",
        "tags",
    )

    def __init__(self, info: ModuleInfo, store: Store) -> None:
        self.info = info
        self.store = store
        self.funcs: list[Func] = []
        self.tables: list[Table] = []
        self.memories: list[MemoryInst] = []
        self.globals: list[Global] = []
        self.tags: list[Tag] = []
        self.elems: list[list[object]] = []
        self.datas: list[bytes] = []
        self.public: object = None
        self._export_names: dict[int, str] | None = None

    def func_name(self, index: int) -> str:
        """The name of a function for messages."""
        return self._name_of(index) or f"func[{index}]"

    def _name_of(self, index: int) -> str | None:
        module = self.info.module
        name = module.names.funcs.get(index)
        if name is not None:
            return name
        if self._export_names is None:
            self._export_names = {
                export.index: export.name
                for export in reversed(module.exports)
                if export.kind == EXTERN_FUNC
            }
        return self._export_names.get(index)

    def frame(self, index: int, place: int) -> Frame:
        """The backtrace's entry for an instruction at a place in the function `index`."""
        module = self.info.module
        name = self._name_of(index)
        if module.source is None:
            return Frame(module.names.module, name, index, place)
        line, column = module.source.locate(place)
        return Frame(module.names.module, name, index, line=line, column=column)


def wasm_func(instance: ModuleInst, index: int, type: FuncType, type_id: int) -> Func:
    """The function with this index of a module instance."""
    func = Func(None, type, store=instance.store)
    func.type_id = type_id
    func.instance = instance
    func.index = index
    return func


def _kind(value: object) -> str:
    return type(value).__name__


def _same_kind(error: Exception, text: str) -> Exception:
    if isinstance(error, TypeError):
        return TypeError(text)
    return OverflowError(text) if isinstance(error, OverflowError) else ValueError(text)


def _wrong_count(func: Func, given: int) -> str:
    count = len(func.type.param_codes)
    noun = "argument" if count == 1 else "arguments"
    verb = "was" if given == 1 else "were"
    return f"{func.name} {func.type} takes {count} {noun}, but {given} {verb} given"


def invoke(func: Func, args: list[object]) -> list[object]:
    """Call a function, as Python does: cells in, cells out."""
    if func.host is not None:
        return call_host(func, args, None)
    store = func.store
    if store is None:
        raise WasmError(f"function {func.name} has no store")
    store.enter()
    depth = store.depth
    try:
        return cast(Machine, store.machine).invoke(func, args)
    finally:
        store.leave(depth)


def call_host(func: Func, args: list[object], caller: ModuleInst | None) -> list[object]:
    """Call a host function from code of `caller` (None: from Python): cells in, cells out.

    Raises what the callable raises, and TypeError, OverflowError or ValueError where its result
    is not what the function's type says.
    """
    codes = func.type.param_codes
    values: list[object] = []
    if func.caller:
        values.append(None if caller is None else caller.public)
    for i in range(len(codes)):
        values.append(from_cell(args[i], codes[i]))
    result = func.host(*values)
    codes = func.type.result_codes
    if len(codes) == 1:
        return [_result_cell(func, result, 0)]
    if not codes:
        if result is not None:
            raise TypeError(
                f"host function {func.name} {func.type} has no result, but {result!r} was returned"
            )
        return []
    if not isinstance(result, (tuple, list)):
        raise TypeError(
            f"host function {func.name} {func.type} returns a tuple of {len(codes)} values,"
            f" not {_kind(result)}"
        )
    if len(result) != len(codes):
        raise TypeError(
            f"host function {func.name} {func.type} returns {len(codes)} values,"
            f" but {len(result)} were returned"
        )
    return [_result_cell(func, result[i], i) for i in range(len(codes))]


def _result_cell(func: Func, value: object, i: int) -> object:
    code = func.type.result_codes[i]
    try:
        return to_cell(value, code, func.store)
    except (TypeError, OverflowError, ValueError) as error:
        which = f"result {i + 1}" if len(func.type.result_codes) > 1 else "the result"
        text = f"{which} of host function {func.name} {func.type}: {error}"
        raise _same_kind(error, text) from None
