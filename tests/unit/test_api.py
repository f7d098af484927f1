"""The public interface: names, modules, descriptors, exports, pickling."""

from __future__ import annotations

import copy
import operator
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import zwasm
from zwasm import FuncType, GlobalType, MemoryType, TableType
from zwasm._build import compiled

NATIVE = ("zwasm.instances", "zwasm.types")
TEXT = """
(module $calc
  (import "env" "log" (func $log (param i32)))
  (import "env" "memory" (memory 1 4))
  (func $plus (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $boom (export "a name!") unreachable)
  (func (export "get") (result i32) (i32.const 7))
  (global (export "g") (mut f32) (f32.const 1.5))
  (table (export "t") 1 2 funcref)
  (export "memory" (memory 0))
  (@custom "extra" "one") (@custom "extra" "two")
)
"""
ADD = (
    b"\0asm\1\0\0\0\1\7\1\x60\2\x7f\x7f\1\x7f\3\2\1\0"
    b"\7\7\1\3add\0\0\n\x09\1\7\0\x20\0\x20\1\x6a\x0b"
)


def make(module: zwasm.Module | None = None) -> zwasm.Instance:
    imports = {"env": {"log": print, "memory": zwasm.Memory(1, maximum=4)}}
    return zwasm.Instance(zwasm.Module(TEXT) if module is None else module, imports)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_modules_from_bytes(kind: type) -> None:
    assert zwasm.Instance(zwasm.Module(kind(ADD))).exports.add(2, 3) == 5


def test_what_is_no_module() -> None:
    for source in (b"", b"\0asm", ADD[:-1], "(module", b"(module)"):
        with pytest.raises(zwasm.MalformedError):
            zwasm.Module(source)
    for text in ("(module (func (result i32)))", "(module (func i32.add drop))"):
        with pytest.raises(zwasm.InvalidError, match="type mismatch") as caught:
            zwasm.Module(text)
        assert caught.value.line == 1
    for other in (None, 5, ["(module)"]):
        with pytest.raises(TypeError, match="made from bytes or from text"):
            zwasm.Module(other)
    with pytest.raises(TypeError, match=r"zwasm\.Module"):
        zwasm.Instance(ADD)  # type: ignore[arg-type]


def test_validate() -> None:
    zwasm.validate(ADD)
    zwasm.Module.validate(TEXT)
    with pytest.raises(zwasm.InvalidError):
        zwasm.validate("(module (func (result i32)))")
    with pytest.raises(zwasm.MalformedError):
        zwasm.Module.validate(ADD[:-3])


def test_files(tmp_path: Path) -> None:
    binary, text, junk = tmp_path / "a.wasm", tmp_path / "b.wat", tmp_path / "c"
    binary.write_bytes(ADD)
    text.write_text('\ufeff(module (func (export "add") (param i32 i32) (result i32) i32.const 9))')
    assert zwasm.load(binary).exports.add(2, 3) == 5
    assert zwasm.load(str(text)).exports.add(2, 3) == 9
    assert zwasm.Module.from_file(binary).exports[0].name == "add"
    for content in (b"", b"\x7fELF\0\0\0\0\xff\xff", b"\xff\xfe(module)", b"PK\3\4"):
        junk.write_bytes(content)
        with pytest.raises(zwasm.MalformedError):
            zwasm.load(junk)
    with pytest.raises(FileNotFoundError):
        zwasm.load(tmp_path / "none.wasm")
    text.write_text('(module (import "env" "f" (func $f (param i32))) (export "f" (func $f)))')
    seen: list[int] = []
    zwasm.load(text, {"env": {"f": seen.append}}).exports.f(5)
    assert seen == [5]


def test_descriptors() -> None:
    module = zwasm.Module(TEXT)
    imports = [(entry.module, entry.name, entry.kind, entry.type) for entry in module.imports]
    assert imports == [
        ("env", "log", "func", FuncType(["i32"])),
        ("env", "memory", "memory", MemoryType(1, 4)),
    ]
    exports = [(entry.name, entry.kind, entry.type) for entry in module.exports]
    assert exports == [
        ("add", "func", FuncType(["i32", "i32"], ["i32"])),
        ("a name!", "func", FuncType()),
        ("get", "func", FuncType([], ["i32"])),
        ("g", "global", GlobalType("f32", True)),
        ("t", "table", TableType("funcref", 1, 2)),
        ("memory", "memory", MemoryType(1, 4)),
    ]
    assert repr(module.imports[0]) == "<zwasm.ImportType env.log (func (param i32))>"
    assert repr(module.exports[3]) == "<zwasm.ExportType g (global (mut f32))>"
    assert module.name == "calc"
    assert module.custom_sections("extra") == [b"one", b"two"]
    assert module.custom_sections("none") == []
    assert "calc" in repr(module)
    assert zwasm.Module("(module (memory 1) (memory 1))").features == ("multi-memory",)


def test_exports() -> None:
    instance = make()
    exports = instance.exports
    names = ["add", "a name!", "get", "g", "t", "memory"]
    assert list(exports) == list(exports.keys()) == names
    assert len(exports) == 6
    assert "add" in exports
    assert "sub" not in exports
    assert exports.add is exports["add"] is dict(exports)["add"]
    assert exports.memory is exports.memory
    assert [value for _, value in exports.items()] == list(exports.values())
    assert vars(exports)["get"] is exports["get"]
    assert operator.attrgetter("get")(exports)() == 7  # the export, not the method of mappings
    assert "add" in dir(exports)
    assert "a name!" not in dir(exports)
    assert exports.g.value == 1.5
    with pytest.raises(KeyError):
        exports["sub"]
    with pytest.raises(
        AttributeError, match=r"the instance of calc exports no 'ad'; did you mean 'add'\?"
    ):
        exports.ad  # noqa: B018
    with pytest.raises(AttributeError, match="exports no 'zzz'; it exports add, a name!, get"):
        exports.zzz  # noqa: B018
    with pytest.raises(AttributeError, match="cannot be set"):
        exports.g = 5
    assert not hasattr(exports, "__array__")
    for thing in (
        instance,
        exports,
        exports.add,
        exports.g,
        exports.t,
        exports.memory,
        instance.store,
    ):
        assert repr(thing).startswith("<zwasm.")


def test_a_trap_tells_where() -> None:
    with pytest.raises(zwasm.Trap) as caught:
        make().exports["a name!"]()
    frame = caught.value.frames[0]
    assert (frame.module, frame.function, frame.index) == ("calc", "boom", 2)
    assert "0: calc!boom" in caught.value.backtrace()


def test_pickled_and_copied_modules() -> None:
    module = zwasm.Module(TEXT, engine=zwasm.Engine(fuel=True))
    again = pickle.loads(pickle.dumps(module))
    assert [repr(entry) for entry in again.exports] == [repr(entry) for entry in module.exports]
    assert (again.name, again.engine) == (module.name, module.engine)
    assert make(again).exports.add(20, 22) == 42
    with pytest.raises(zwasm.Trap) as caught:
        make(again).exports["a name!"]()
    assert caught.value.frames[0].function == "boom"
    binary = zwasm.Module(ADD)
    assert zwasm.Instance(pickle.loads(pickle.dumps(binary))).exports.add(1, 1) == 2
    for copied in (copy.copy(module), copy.deepcopy(module)):
        assert make(copied).exports.add(1, 2) == 3


def test_pickled_traps() -> None:
    with pytest.raises(zwasm.Trap) as caught:
        make().exports["a name!"]()
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.code, str(again.frames[0])) == (caught.value.code, str(caught.value.frames[0]))


def test_engines() -> None:
    engine = zwasm.Engine(strategy="interp")
    assert engine == zwasm.Engine("interp") != zwasm.Engine("interp", fuel=True)
    assert "multi-value" in engine.features
    with pytest.raises(ValueError, match="unknown strategy 'fast'; known are 'auto', 'interp'"):
        zwasm.Engine("fast")
    module = zwasm.Module(ADD, engine=engine)
    store = zwasm.Store(engine)
    instance = zwasm.Instance(module, {}, store=store)
    assert instance.store is store
    assert instance.module is module
    metered = zwasm.Store(zwasm.Engine(fuel=True), fuel=100)
    with pytest.raises(ValueError, match="was made for"):
        zwasm.Instance(module, store=metered)
    assert zwasm.Instance(zwasm.Module(ADD), store=metered).exports.add(1, 2) == 3
    with pytest.raises(TypeError, match=r"zwasm\.Engine"):
        zwasm.Store("interp")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"zwasm\.Engine"):
        zwasm.Module(ADD, engine="interp")  # type: ignore[arg-type]


def test_public_names() -> None:
    for name in zwasm.__all__:
        assert getattr(zwasm, name) is not None
        assert name in dir(zwasm)
        # mypyc drops the docstrings of native classes
        home = str(getattr(getattr(zwasm, name), "__module__", ""))
        if not (compiled() and home.startswith(NATIVE)):
            assert getattr(zwasm, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        zwasm.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_loads_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import zwasm; print(*set(sys.modules) - before)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= {"zwasm", "__future__"}
