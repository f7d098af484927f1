"""The runner of the specification's test scripts.

In: a script's text (`zwasm.text.script` reads it) and an engine. Out: a `Report` that says of
each command whether it held. A command whose module needs a feature that the engine lacks is
skipped, and so is every command that depends on it. Output of the host module `spectest` is
dropped. Finding files and printing reports is `zwasm.cli.wast`'s.

Arguments and results are compared as cells, bit by bit, never as Python floats.
"""

from __future__ import annotations

import traceback
from typing import Any, Final

from zwasm.binary.decode import decode
from zwasm.binary.names import check_custom_sections
from zwasm.errors import (
    ExhaustionError,
    InvalidError,
    LinkError,
    MalformedError,
    Trap,
    UnsupportedError,
    WasmError,
    WasmException,
)
from zwasm.instances.calls import invoke
from zwasm.instances.func import Func
from zwasm.instances.global_ import Global
from zwasm.instances.memory_object import Memory
from zwasm.instances.table import Table
from zwasm.module import Module as PlainModule
from zwasm.runtime.engine import Engine
from zwasm.runtime.instance import Instance
from zwasm.runtime.module import Module, of_plain
from zwasm.runtime.store import Store
from zwasm.text import script as s
from zwasm.text.script import parse_script
from zwasm.types import F32, F64, I32, I64, V128, FuncType, type_name
from zwasm.valid import validate

PASSED: Final = 0
FAILED: Final = 1
SKIPPED: Final = 2

_TYPE_CODES: Final[dict[str, int]] = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}
# Of each float type: the number of bits, the exponent's bits, the quiet bit.
_FLOATS: Final[dict[str, tuple[int, int, int]]] = {
    "f32": (32, 0x7F80_0000, 0x40_0000),
    "f64": (64, 0x7FF0_0000_0000_0000, 0x8_0000_0000_0000),
}


class Outcome:
    """What came of one command: `kind` is PASSED, FAILED or SKIPPED, `line` where the command
    begins, `message` what went wrong, `feature` the feature whose lack made it be skipped."""

    __slots__ = ("feature", "kind", "line", "message")

    def __init__(self, line: int, kind: int, message: str = "", feature: str = "") -> None:
        self.line = line
        self.kind = kind
        self.message = message
        self.feature = feature


class Report:
    """The outcomes of a script's commands."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.failures: list[Outcome] = [o for o in outcomes if o.kind == FAILED]
        self.skips: list[Outcome] = [o for o in outcomes if o.kind == SKIPPED]
        self.passed: int = len(outcomes) - len(self.failures) - len(self.skips)


def run_script(text: str | bytes, engine: Engine | None = None) -> Report:
    """Run a script."""
    try:
        script = parse_script(text)
    except MalformedError as error:
        return Report([Outcome(error.line or 1, FAILED, f"the script does not parse: {error}")])
    runner = Runner(Engine() if engine is None else engine)
    return Report([runner.run(command) for command in script.commands])


class HostRef:
    """What `ref.extern n` and `ref.host n` refer to."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"(ref.extern {self.number})"


class Missing:
    """Stands for an instance that could not be had, because of a feature or of a failure."""

    __slots__ = ("feature", "message")

    def __init__(self, message: str, feature: str) -> None:
        self.message = message
        self.feature = feature


class Failure(Exception):
    """A command did not do what it should."""


class Skip(Exception):
    """A command depends on something that is missing."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.message)
        self.missing = missing


def host_module() -> dict[str, object]:
    """The module `spectest`, as the specification's interpreter defines it."""
    items: dict[str, object] = {
        "global_i32": Global("i32", 666),
        "global_i64": Global("i64", 666),
        "global_f32": Global("f32", 666.6),
        "global_f64": Global("f64", 666.6),
        "table": Table("funcref", 10, 20),
        "table64": Table("funcref", 10, 20, is64=True),
        "memory": Memory(1, 2),
        "shared_memory": Memory(1, 2, shared=True),
    }
    signatures: dict[str, tuple[str, ...]] = {
        "print": (),
        "print_i32": ("i32",),
        "print_i64": ("i64",),
        "print_f32": ("f32",),
        "print_f64": ("f64",),
        "print_i32_f32": ("i32", "f32"),
        "print_f64_f64": ("f64", "f64"),
    }
    for name, params in signatures.items():
        items[name] = Func(_drop, FuncType(params, ()), name=name)
    return items


def _drop(*values: object) -> None:
    return None


class Runner:
    """Runs commands, one after the other, in one store."""

    def __init__(self, engine: Engine) -> None:
        self.store = Store(engine)
        self.imports: dict[str, Any] = {"spectest": host_module()}
        self.instances: dict[str, Instance | Missing] = {}
        self.definitions: dict[str, Module | Missing] = {}
        self.last: Instance | Missing | None = None
        self.last_definition: Module | Missing | None = None
        self.host_refs: dict[int, HostRef] = {}

    def run(self, command: s.Command) -> Outcome:
        """Run one command. Whatever happens in it ends in an outcome."""
        line = command.line
        try:
            self._run(command)
        except Skip as skip:
            if skip.missing.feature:
                return Outcome(line, SKIPPED, skip.missing.message, skip.missing.feature)
            return Outcome(line, FAILED, skip.missing.message)
        except UnsupportedError as error:
            return Outcome(line, SKIPPED, str(error), error.feature)
        except Failure as failure:
            return Outcome(line, FAILED, str(failure))
        except WasmError as error:
            return Outcome(line, FAILED, f"unexpected {_described(error)}")
        except Exception as error:
            return Outcome(line, FAILED, _crash(error))
        return Outcome(line, PASSED)

    def _run(self, command: s.Command) -> None:
        if isinstance(command, s.ModuleCommand):
            self._module(command)
        elif isinstance(command, s.ModuleInstance):
            self._module_instance(command)
        elif isinstance(command, s.Register):
            instance = self._instance(command.name, True)
            self.imports[command.module] = instance
        elif isinstance(command, s.Action):
            self._act(command)
        elif isinstance(command, s.AssertReturn):
            self._assert_return(command)
        elif isinstance(command, s.AssertTrap):
            self._assert_trap(command)
        elif isinstance(command, s.AssertExhaustion):
            try:
                self._act(command.action)
            except ExhaustionError as error:
                _check_message(command.message, error)
            else:
                raise Failure(f"expected exhaustion ({command.message}), but it returned")
        elif isinstance(command, s.AssertException):
            try:
                self._act(command.action)
            except WasmException:
                return
            raise Failure("expected an exception, but it returned")
        elif isinstance(command, s.AssertUnlinkable):
            try:
                self._instantiate(of_plain(load(command.module)))
            except LinkError:
                return
            raise Failure(f"expected a link error ({command.message}), but it was instantiated")
        elif isinstance(command, s.AssertModule):
            _assert_rejected(command)
        elif isinstance(command, (s.Thread, s.Wait)):
            raise Skip(Missing("threads of scripts are not supported", "threads"))
        elif isinstance(command, s.Unknown):
            raise Failure(f"unknown command {command.keyword}: {command.message}")
        else:
            raise Failure(f"unknown command {type(command).__name__}")

    # Modules

    def _module(self, command: s.ModuleCommand) -> None:
        definition: Module | Missing
        instance: Instance | Missing | None = None
        problem: Exception | None = None
        try:
            definition = of_plain(load(command))
        except Exception as error:
            problem = error
            definition = _missing(error, command.line)
            instance = definition
        else:
            if not command.definition:
                try:
                    instance = self._instantiate(definition)
                except Exception as error:
                    problem = error
                    instance = _missing(error, command.line)
        self.last_definition = definition
        if command.name:
            self.definitions[command.name] = definition
        if not command.definition and instance is not None:
            self._set_instance(command.name, instance)
        if problem is not None:
            raise problem

    def _module_instance(self, command: s.ModuleInstance) -> None:
        definition = (
            self.definitions.get(command.definition) if command.definition else self.last_definition
        )
        if definition is None:
            raise Failure(f"unknown module definition ${command.definition}")
        try:
            if isinstance(definition, Missing):
                raise Skip(definition)
            self._set_instance(command.name, self._instantiate(definition))
        except Exception as error:
            self._set_instance(command.name, _missing(error, command.line))
            raise

    def _set_instance(self, name: str, instance: Instance | Missing) -> None:
        self.last = instance
        if name:
            self.instances[name] = instance

    def _instantiate(self, module: Module) -> Instance:
        for entry in module.info.module.imports:
            source = self.imports.get(entry.module)
            if isinstance(source, Missing):
                raise Skip(source)
        return Instance(module, self.imports, store=self.store)

    def _instance(self, name: str, even_missing: bool = False) -> Any:
        instance = self.instances.get(name) if name else self.last
        if instance is None:
            raise Failure(f"unknown instance ${name}" if name else "there is no instance yet")
        if isinstance(instance, Missing) and not even_missing:
            raise Skip(instance)
        return instance

    # Actions and values

    def _act(self, action: s.Action) -> tuple[list[object], tuple[int, ...]]:
        """The results of an action: cells and their types."""
        instance = self._instance(action.name)
        exports = instance.exports
        export: object = exports[action.field] if action.field in exports else None
        if isinstance(action, s.Invoke):
            if not isinstance(export, Func):
                raise Failure(f"there is no exported function {action.field!r}")
            params = export.type.param_codes
            if len(params) != len(action.args):
                raise Failure(f"{action.field} takes {len(params)} arguments")
            args = [self._cell(arg) for arg in action.args]
            return invoke(export, args), export.type.result_codes
        if not isinstance(export, Global):
            raise Failure(f"there is no exported global {action.field!r}")
        return [export.cell], (export.content_code,)

    def _cell(self, value: s.Value) -> object:
        if isinstance(value, s.Num):
            return value.bits
        if isinstance(value, s.Vector):
            return int.from_bytes(value.data, "little")
        if isinstance(value, s.RefNull):
            return None
        if isinstance(value, s.Ref):
            if value.kind == "extern":
                return self.host_refs.setdefault(value.number, HostRef(value.number))
            raise Skip(Missing("host values as internal references are not supported", "gc"))
        raise Failure("an argument is a pattern")

    def _assert_return(self, command: s.AssertReturn) -> None:
        cells, codes = self._act(command.action)
        expected = command.expected
        if len(cells) != len(expected):
            raise Failure(f"expected {len(expected)} results, got {len(cells)}")
        for i in range(len(cells)):
            if not _fits(expected[i], cells[i], codes[i]):
                which = f"result {i + 1}: " if len(cells) > 1 else ""
                got = _cell_text(cells[i], codes[i])
                raise Failure(f"{which}expected {_value_text(expected[i])}, got {got}")

    def _assert_trap(self, command: s.AssertTrap) -> None:
        try:
            if command.action is not None:
                self._act(command.action)
            elif command.module is not None:
                self._instantiate(of_plain(load(command.module)))
        except Trap as error:
            _check_message(command.message, error)
        else:
            raise Failure(f"expected a trap ({command.message}), but there was none")


def load(command: s.ModuleCommand) -> PlainModule:
    """The plain module of a command. Raises MalformedError."""
    if command.kind == "binary":
        return decode(command.payload())
    return command.parse()


def _assert_rejected(command: s.AssertModule) -> None:
    """Check that a module is rejected at the right stage."""
    custom = isinstance(command, (s.AssertMalformedCustom, s.AssertInvalidCustom))
    malformed = isinstance(command, (s.AssertMalformed, s.AssertMalformedCustom))
    wanted: type[WasmError] = MalformedError if malformed else InvalidError
    try:
        plain = load(command.module)
        validate(plain)
        if custom:
            check_custom_sections(plain)
    except (MalformedError, InvalidError) as error:
        if isinstance(error, wanted):
            return
        raise Failure(f"expected {command.message!r}, got {_described(error)}") from None
    kind = "malformed" if malformed else "invalid"
    raise Failure(f"expected {command.message!r}, but the module is not {kind}")


def _missing(error: Exception, line: int) -> Missing:
    if isinstance(error, Skip):
        return error.missing
    if isinstance(error, UnsupportedError):
        return Missing(str(error), error.feature)
    return Missing(f"the module of line {line} failed", "")


def _check_message(expected: str, error: WasmError) -> None:
    """Traps are told by the beginning of their message: either may say more."""
    if not (error.message.startswith(expected) or expected.startswith(error.message)):
        raise Failure(f"expected the trap {expected!r}, got {error.message!r}")


def _described(error: WasmError) -> str:
    return f"{type(error).__name__}: {error}"


def _crash(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join([f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames)])
    return f"crash: {type(error).__name__}: {error} ({places})"


# Patterns of results


def _fits(pattern: s.Value, cell: object, code: int) -> bool:
    if isinstance(pattern, s.Either):
        return any(_fits(option, cell, code) for option in pattern.options)
    if isinstance(pattern, s.Num):
        return _TYPE_CODES[pattern.type] == code and cell == pattern.bits
    if isinstance(pattern, s.NanPattern):
        return _TYPE_CODES[pattern.type] == code and _is_nan(pattern, cell)
    if isinstance(pattern, s.Vector):
        return code == V128 and cell == int.from_bytes(pattern.data, "little")
    if isinstance(pattern, s.VectorPattern):
        return code == V128 and isinstance(cell, int) and _lanes_fit(pattern, cell)
    if isinstance(pattern, s.RefNull):
        return cell is None
    if isinstance(pattern, s.Ref):
        return _reference_fits(pattern, cell)
    return False


def _is_nan(pattern: s.NanPattern, cell: object) -> bool:
    width, exponent, quiet = _FLOATS[pattern.type]
    if not isinstance(cell, int):
        return False
    if pattern.nan == s.NAN_CANONICAL:
        return cell & ~(1 << (width - 1)) == exponent | quiet
    return cell & (exponent | quiet) == exponent | quiet


def _lanes_fit(pattern: s.VectorPattern, cell: int) -> bool:
    width = 32 if pattern.shape == "f32x4" else 64
    code = F32 if width == 32 else F64
    mask = (1 << width) - 1
    for i, lane in enumerate(pattern.lanes):
        if not _fits(lane, cell >> (i * width) & mask, code):
            return False
    return True


def _reference_fits(pattern: s.Ref, cell: object) -> bool:
    if cell is None:
        return False
    if pattern.kind == "func":
        return isinstance(cell, Func)
    if pattern.kind == "extern" and pattern.number >= 0:
        return isinstance(cell, HostRef) and cell.number == pattern.number
    return pattern.kind == "extern" and not isinstance(cell, int)


def _value_text(value: s.Value) -> str:
    if isinstance(value, s.Num):
        return f"{value.type} 0x{value.bits:x}"
    if isinstance(value, s.NanPattern):
        return f"{value.type} {value.nan}"
    if isinstance(value, s.Vector):
        return f"v128 0x{int.from_bytes(value.data, 'little'):032x}"
    if isinstance(value, s.VectorPattern):
        return f"{value.shape} " + " ".join([_value_text(lane) for lane in value.lanes])
    if isinstance(value, s.RefNull):
        return f"(ref.null {value.heap})"
    if isinstance(value, s.Ref):
        number = f" {value.number}" if value.number >= 0 else ""
        return f"(ref.{value.kind}{number})"
    if isinstance(value, s.Either):
        return " or ".join([_value_text(option) for option in value.options])
    return "?"


def _cell_text(cell: object, code: int) -> str:
    if isinstance(cell, int):
        return f"{type_name(code)} 0x{cell:x}"
    return f"{type_name(code)} {'null' if cell is None else cell!r}"
