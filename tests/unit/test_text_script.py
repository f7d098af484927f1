"""Scripts split into commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from zwasm.errors import InvalidError, MalformedError, WasmError
from zwasm.text import parse_script
from zwasm.text.script import (
    AssertException,
    AssertExhaustion,
    AssertInvalid,
    AssertInvalidCustom,
    AssertMalformed,
    AssertMalformedCustom,
    AssertModule,
    AssertReturn,
    AssertTrap,
    AssertUnlinkable,
    Command,
    Either,
    Get,
    Invoke,
    ModuleCommand,
    ModuleInstance,
    NanPattern,
    Num,
    Ref,
    RefNull,
    Register,
    Thread,
    Unknown,
    Value,
    Vector,
    VectorPattern,
    Wait,
)


def one(source: str) -> Command:
    (command,) = parse_script(source).commands
    return command


def test_modules() -> None:
    text, binary, quote, definition, instance, again, register, last = parse_script(
        r"""(module $a (func $f))
        (module $b binary "\00asm" "\01\00\00\00")

        (module quote "(func)" "(memory 1)")
        (module definition $d (func (export "x")))
        (module instance $i $d)
        (module instance)
        (register "n" $i)
        (register "m")"""
    ).commands
    assert isinstance(text, ModuleCommand)
    assert (text.line, text.name, text.kind, text.definition) == (1, "a", "text", False)
    assert text.source() == "(module $a (func $f))"
    assert text.parse().names.funcs == {0: "f"}
    assert isinstance(binary, ModuleCommand)
    assert (binary.line, binary.name, binary.kind) == (2, "b", "binary")
    assert binary.payload() == b"\0asm\1\0\0\0"
    assert isinstance(quote, ModuleCommand)
    assert (quote.line, quote.kind, quote.source()) == (4, "quote", "(func)(memory 1)")
    assert len(quote.parse().memories) == 1
    assert isinstance(definition, ModuleCommand)
    assert (definition.name, definition.definition) == ("d", True)
    assert definition.parse().exports[0].name == "x"
    assert isinstance(instance, ModuleInstance)
    assert (instance.name, instance.definition) == ("i", "d")
    assert isinstance(again, ModuleInstance)
    assert (again.name, again.definition) == ("", "")
    assert isinstance(register, Register)
    assert (register.module, register.name) == ("n", "i")
    assert isinstance(last, Register)
    assert (last.line, last.module, last.name) == (9, "m", "")


def test_bare_module() -> None:
    command = one('(func) (memory 0)\n(func (export "f"))')
    assert isinstance(command, ModuleCommand)
    assert command.source() == '(func) (memory 0)\n(func (export "f"))'
    assert len(command.parse().funcs) == 2
    assert parse_script("").commands == []
    assert parse_script(";; nothing\n").commands == []


def test_actions() -> None:
    command = one('(invoke $m "f" (i32.const -1) (ref.extern 3) (ref.null any))')
    assert isinstance(command, Invoke)
    assert (command.name, command.field) == ("m", "f")
    number, ref, null = command.args
    assert isinstance(number, Num)
    assert (number.type, number.bits) == ("i32", 0xFFFF_FFFF)
    assert isinstance(ref, Ref)
    assert (ref.kind, ref.number) == ("extern", 3)
    assert isinstance(null, RefNull)
    assert null.heap == "any"
    get = one('(get "g")')
    assert isinstance(get, Get)
    assert (get.name, get.field) == ("", "g")


def test_assertions() -> None:
    commands = parse_script(
        r"""(assert_return (invoke "f"))
        (assert_return (get $m "g") (i64.const 5))
        (assert_trap (invoke "f") "unreachable")
        (assert_trap (module (func $s unreachable) (start $s)) "unreachable")
        (assert_exhaustion (invoke "f") "call stack exhausted")
        (assert_exception (invoke "f"))
        (assert_invalid (module (func i32.const 0)) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected token")
        (assert_malformed (module binary "") "unexpected end")
        (assert_unlinkable (module (import "a" "b" (func))) "unknown import")
        (assert_malformed_custom (module quote "(@custom)") "@custom")
        (assert_invalid_custom (module) "x")"""
    ).commands
    assert [type(command) for command in commands] == [
        AssertReturn, AssertReturn, AssertTrap, AssertTrap, AssertExhaustion, AssertException,
        AssertInvalid, AssertMalformed, AssertMalformed, AssertUnlinkable, AssertMalformedCustom,
        AssertInvalidCustom,
    ]  # fmt: skip
    assert [command.line for command in commands] == list(range(1, 13))
    trap, start = commands[2], commands[3]
    assert isinstance(trap, AssertTrap)
    assert isinstance(trap.action, Invoke)
    assert trap.module is None
    assert trap.message == "unreachable"
    assert isinstance(start, AssertTrap)
    assert start.action is None
    assert start.module is not None
    assert start.module.parse().start == 0


def results(source: str) -> list[Value]:
    command = one(f'(assert_return (invoke "f") {source})')
    assert isinstance(command, AssertReturn)
    return command.expected


def test_results() -> None:
    (nan,) = results("(f32.const nan:canonical)")
    assert isinstance(nan, NanPattern)
    assert (nan.type, nan.nan) == ("f32", "nan:canonical")
    (number,) = results("(f64.const -nan:0x1)")
    assert isinstance(number, Num)
    assert (number.type, number.bits) == ("f64", 0xFFF0_0000_0000_0001)
    (vector,) = results("(v128.const i32x4 1 2 3 -1)")
    assert isinstance(vector, Vector)
    assert (vector.shape, vector.data.hex()) == ("i32x4", "010000000200000003000000ffffffff")
    (lanes,) = results("(v128.const f64x2 nan:arithmetic 1)")
    assert isinstance(lanes, VectorPattern)
    first, second = lanes.lanes
    assert isinstance(first, NanPattern)
    assert isinstance(second, Num)
    (either,) = results("(either (i32.const 1) (f32.const nan:canonical))")
    assert isinstance(either, Either)
    assert [type(option) for option in either.options] == [Num, NanPattern]
    refs = results("(ref.null) (ref.func) (ref.struct) (ref.host 2)")
    null = refs[0]
    assert isinstance(null, RefNull)
    assert null.heap == ""
    kinds = [(ref.kind, ref.number) for ref in refs[1:] if isinstance(ref, Ref)]
    assert kinds == [("func", -1), ("struct", -1), ("host", 2)]


def test_threads() -> None:
    thread, wait = parse_script(
        '(thread $t (shared (module $m)) (register "m" $m) (assert_return (invoke "f")))\n(wait $t)'
    ).commands
    assert isinstance(thread, Thread)
    assert (thread.name, thread.shared) == ("t", ["m"])
    assert [type(command) for command in thread.commands] == [Register, AssertReturn]
    assert isinstance(wait, Wait)
    assert wait.name == "t"
    inner = one("(thread $t " * 5000 + ")" * 5000)
    assert isinstance(inner, Unknown)


@pytest.mark.parametrize(
    "command",
    [
        "(frob)",
        "(assert_return)",
        '(assert_return (invoke "f") (i32.const x))',
        '(assert_return (invoke "f") (i32.const 0) 1)',
        '(assert_trap (invoke "f"))',
        '(invoke "f" (i9.const 0))',
        '(invoke "f" (v128.const i9x9 0))',
        '(invoke "f" (either (either)))',
        "(invoke f)",
        "(register)",
        "(assert_invalid (module))",
        '(assert_invalid (module instance) "x")',
        "()",
        '(invoke "\\q")',
    ],
)
def test_unknown_commands_spoil_nothing_else(command: str) -> None:
    first, unknown, last = parse_script(f'(module)\n{command}\n(invoke "f")').commands
    assert isinstance(first, ModuleCommand)
    assert isinstance(unknown, Unknown)
    assert unknown.line == 2
    assert unknown.message
    assert isinstance(last, Invoke)


def test_malformed_modules_spoil_nothing_else() -> None:
    bad, good = parse_script("(module $x (frob (a) (b)))\n(module)").commands
    assert isinstance(bad, ModuleCommand)
    assert isinstance(good, ModuleCommand)
    assert bad.name == "x"
    with pytest.raises(MalformedError) as caught:
        bad.parse()
    assert (caught.value.line, caught.value.column) == (1, 13)
    assert good.parse().funcs == []
    (strings,) = parse_script('(module binary "a" b)').commands
    assert isinstance(strings, ModuleCommand)
    with pytest.raises(MalformedError, match="unexpected token b"):
        strings.payload()


@pytest.mark.parametrize("source", ["(module", "(module))", "x", "(module) x", '(module) "'])
def test_malformed_scripts(source: str) -> None:
    with pytest.raises(MalformedError):
        parse_script(source)


OTHER_PROPOSALS = ("legacy", "custom-descriptors", "custom-page-sizes", "wide-arithmetic")


def test_testsuite(testsuite: Path) -> None:
    """Every script splits into commands; modules parse or fail as the script says."""
    scripts = sorted(testsuite.rglob("*.wast"))
    assert scripts
    for path in scripts:
        commands = parse_script(path.read_bytes()).commands
        unknown = [c for c in commands if isinstance(c, Unknown)]
        assert not unknown, f"{path}: {unknown[0].message}"
        if path.parent.name not in OTHER_PROPOSALS:
            for command in commands:
                check_module(path, command)


def check_module(path: Path, command: Command) -> None:
    module = command if isinstance(command, ModuleCommand) else None
    if isinstance(command, AssertModule):
        module = command.module
    if module is None or module.kind == "binary":
        return
    error: WasmError | None = None
    try:
        module.parse()
    except WasmError as raised:
        error = raised
    place = f"{path}:{command.line}: {error}"
    if isinstance(command, (AssertMalformed, AssertMalformedCustom)):
        if path.parent.name == "threads" and command.message == "i32 constant out of range":
            return  # sizes of memories take 64 bits since that proposal was written
        assert isinstance(error, MalformedError), place
        assert command.message in error.message, place
    elif isinstance(command, AssertInvalidCustom):
        assert isinstance(error, InvalidError), place
        assert command.message in error.message, place
    else:
        assert error is None, place
