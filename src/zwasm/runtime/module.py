"""Modules as users hold them.

In: a module's bytes or text. Out: `Module`: decoded, validated, with typed descriptors of what
it imports and exports.
"""

from __future__ import annotations

import os
from typing import Any

from zwasm.binary.decode import decode
from zwasm.binary.encode import encode
from zwasm.errors import MalformedError
from zwasm.limits import MAX_MODULE_SIZE
from zwasm.module import Module as PlainModule
from zwasm.runtime.engine import DEFAULT, Engine, feature_names
from zwasm.types import EXTERN_NAMES, ExternType
from zwasm.valid import ModuleInfo
from zwasm.valid import validate as validate_plain

MAGIC = b"\0asm"


class ImportType:
    """An import of a module: `module` and `name` say which, `type` is the type it must have and
    `kind` is "func", "table", "memory", "global" or "tag"."""

    __slots__ = ("kind", "module", "name", "type")

    def __init__(self, module: str, name: str, kind: str, type: ExternType) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<zwasm.ImportType {self.module}.{self.name} {self.type}>"


class ExportType:
    """An export of a module: its `name`, its `type`, and its `kind` as for `ImportType`."""

    __slots__ = ("kind", "name", "type")

    def __init__(self, name: str, kind: str, type: ExternType) -> None:
        self.name = name
        self.kind = kind
        self.type = type

    def __repr__(self) -> str:
        return f"<zwasm.ExportType {self.name} {self.type}>"


def _is_text(source: Any) -> bool:
    if isinstance(source, str):
        return True
    if isinstance(source, (bytes, bytearray, memoryview)) or hasattr(source, "__buffer__"):
        return False
    try:
        memoryview(source).release()
    except TypeError:
        kind = type(source).__name__
        raise TypeError(f"a module is made from bytes or from text (str), not {kind}") from None
    return False


def parse(source: Any) -> PlainModule:
    """A module's plain data from its bytes, or from its text as a `str`."""
    if _is_text(source):
        # The parser is large, and most modules are bytes.
        from zwasm.text import parse_module

        return parse_module(source)
    if not isinstance(source, bytes):
        with memoryview(source) as view:
            if view.nbytes > MAX_MODULE_SIZE:
                raise MalformedError(f"a module of {view.nbytes} bytes is too large")
            source = bytes(view)
    return decode(source)


def validate(source: Any) -> None:
    """Check a module's bytes (any bytes-like object) or text (`str`).

    Raises MalformedError or InvalidError.
    """
    validate_plain(parse(source))


class Module:
    """A validated module: `Module(wasm_bytes)`, `Module(wat_text)`, `Module.from_file(path)`.

    `source` is any bytes-like object, or the text format as a `str`. `engine` is the engine to
    run it with; without one it is that of the store. Raises MalformedError or InvalidError, and
    UnsupportedError where an engine that compiles at once lacks a feature.
    Modules do not change; they can be pickled and shared between threads.
    """

    def __init__(self, source: Any, *, engine: Engine | None = None) -> None:
        if engine is not None and not isinstance(engine, Engine):
            raise TypeError(f"a module's engine is a zwasm.Engine, not {type(engine).__name__}")
        self._engine = engine
        plain = parse(source)
        self.info: ModuleInfo = validate_plain(plain) if engine is None else engine.validate(plain)

    @staticmethod
    def from_file(path: str | os.PathLike[str], *, engine: Engine | None = None) -> Module:
        """The module in a file, binary or text, whichever it holds. Raises OSError where it
        cannot be read, else as `Module`."""
        with open(path, "rb") as file:
            data = file.read(MAX_MODULE_SIZE + 1)
        if len(data) > MAX_MODULE_SIZE:
            raise MalformedError(f"a module of more than {MAX_MODULE_SIZE} bytes is too large")
        if data.startswith(MAGIC) or not data:
            return Module(data, engine=engine)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            if b"\0" in data[:4096]:
                raise MalformedError("magic header not detected", offset=0) from None
            raise MalformedError("malformed UTF-8 encoding", offset=error.start) from None
        return Module(text.removeprefix("\ufeff"), engine=engine)

    @staticmethod
    def validate(source: Any) -> None:
        """Check a module's bytes or text, as `zwasm.validate` does."""
        validate(source)

    @property
    def engine(self) -> Engine:
        """The engine that the module is run with where no store says otherwise."""
        return DEFAULT if self._engine is None else self._engine

    @property
    def name(self) -> str | None:
        """The module's name, where its name section or text gives one."""
        return self.info.module.names.module

    @property
    def imports(self) -> list[ImportType]:
        """What the module imports, in order."""
        types = self.info.import_types
        return [
            ImportType(entry.module, entry.name, EXTERN_NAMES[entry.kind], types[i])
            for i, entry in enumerate(self.info.module.imports)
        ]

    @property
    def exports(self) -> list[ExportType]:
        """What the module exports, in order."""
        types = self.info.export_types
        return [
            ExportType(entry.name, EXTERN_NAMES[entry.kind], types[i])
            for i, entry in enumerate(self.info.module.exports)
        ]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features beyond WebAssembly 1.0 that the module uses."""
        return feature_names(self.info.features)

    def custom_sections(self, name: str) -> list[bytes]:
        """The contents of the custom sections with this name."""
        return [custom.data for custom in self.info.module.customs if custom.name == name]

    def __reduce__(self) -> Any:
        plain = self.info.module
        data = plain.data if plain.source is None else encode(plain)
        return (_load, (data, self._engine))

    def __copy__(self) -> Module:
        return self

    def __deepcopy__(self, memo: Any) -> Module:
        return self

    def __repr__(self) -> str:
        module = self.info.module
        name = "" if module.names.module is None else f" {module.names.module}"
        return f"<zwasm.Module{name}: {len(module.imports)} imports, {len(module.exports)} exports>"


def of_plain(plain: PlainModule, engine: Engine | None = None) -> Module:
    """The module of plain data, validated. Raises InvalidError."""
    module = Module.__new__(Module)
    module._engine = engine
    module.info = validate_plain(plain)
    return module


def _load(data: bytes, engine: Engine | None) -> Module:
    return Module(data, engine=engine)
