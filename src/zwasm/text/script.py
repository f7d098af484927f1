"""Scripts of the specification's testsuite (.wast).

In: the text of a script. Out: a `Script`, its commands as plain objects. Modules within a
script are parsed when asked for, so that one which does not parse spoils nothing but its own
command; a command that cannot be read becomes `Unknown`. Nothing is run here.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.errors import MalformedError
from zwasm.module import Module, line_and_column
from zwasm.text.context import DIGITS, Context
from zwasm.text.instructions import LANE_SHAPES, v128
from zwasm.text.lexer import END, Tokens, decode_string, decode_text, tokenize
from zwasm.text.modules import module_fields
from zwasm.text.parser import parse_module

NAN_CANONICAL: Final = "nan:canonical"
NAN_ARITHMETIC: Final = "nan:arithmetic"


# Values and patterns of results


class Value:
    """A value or a pattern of a result."""

    __slots__ = ()


class Num(Value):
    """A number: `type` is "i32", "i64", "f32" or "f64", `bits` its bit pattern."""

    __slots__ = ("bits", "type")

    def __init__(self, type: str, bits: int) -> None:
        self.type = type
        self.bits = bits


class NanPattern(Value):
    """Any NaN of a float type that is canonical, or arithmetic: `nan` tells which."""

    __slots__ = ("nan", "type")

    def __init__(self, type: str, nan: str) -> None:
        self.type = type
        self.nan = nan


class Vector(Value):
    """A vector of the lane shape that it was written in; `data` are its 16 bytes."""

    __slots__ = ("data", "shape")

    def __init__(self, shape: str, data: bytes) -> None:
        self.shape = shape
        self.data = data


class VectorPattern(Value):
    """A vector of floats some of whose lanes are patterns: `lanes` are `Num` or `NanPattern`."""

    __slots__ = ("lanes", "shape")

    def __init__(self, shape: str, lanes: list[Value]) -> None:
        self.shape = shape
        self.lanes = lanes


class RefNull(Value):
    """A null reference; `heap` is the heap type's text, or "" for any."""

    __slots__ = ("heap",)

    def __init__(self, heap: str) -> None:
        self.heap = heap


class Ref(Value):
    """A reference that is not null: `kind` is "extern", "host", "func", "any", "eq", "i31",
    "struct", "array", "exn"; `number` the number that `ref.extern` and `ref.host` give to
    what they refer to, or the function's index; -1 stands for any."""

    __slots__ = ("kind", "number")

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number


class Either(Value):
    """Any of several results."""

    __slots__ = ("options",)

    def __init__(self, options: list[Value]) -> None:
        self.options = options


# Commands


class Command:
    """A command; `line` is where it begins, from 1."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line


class ModuleCommand(Command):
    """A module: `kind` is "text", "binary" or "quote", `name` its identifier in the script
    or "". A `definition` is not instantiated at once."""

    __slots__ = ("definition", "kind", "name", "start", "stop", "tokens")

    def __init__(
        self,
        line: int,
        name: str,
        definition: bool,
        kind: str,
        tokens: Tokens,
        start: int,
        stop: int,
    ) -> None:
        super().__init__(line)
        self.name = name
        self.definition = definition
        self.kind = kind
        self.tokens = tokens
        self.start = start  # its tokens; the strings' for binary and quote
        self.stop = stop

    def payload(self) -> bytes:
        """The bytes of a binary or quoted module. Raises MalformedError."""
        parts: list[bytes] = []
        tokens = self.tokens
        for i in range(self.start, self.stop):
            text = tokens.texts[i]
            if text[0] != '"':
                raise tokens.error("unexpected token " + text, i)
            parts.append(decode_string(tokens.source, text, tokens.starts[i]))
        return b"".join(parts)

    def source(self) -> str:
        """What it is as text: the module's own, or the bytes of a quoted one."""
        if self.kind == "quote":
            return decode_text(self.payload())
        starts = self.tokens.starts
        return self.tokens.source[starts[self.start] : starts[self.stop - 1] + 1]

    def parse(self) -> Module:
        """Parse a text or quoted module. Raises WasmError."""
        if self.kind == "quote":
            return parse_module(self.payload())
        return module_fields(self.tokens, self.start, True)


class ModuleInstance(Command):
    """Instantiate a module definition once more; names without `$`, "" for the last."""

    __slots__ = ("definition", "name")

    def __init__(self, line: int, name: str, definition: str) -> None:
        super().__init__(line)
        self.name = name
        self.definition = definition


class Register(Command):
    """Make an instance importable under a module name; `name` "" is the last instance."""

    __slots__ = ("module", "name")

    def __init__(self, line: int, module: str, name: str) -> None:
        super().__init__(line)
        self.module = module
        self.name = name


class Action(Command):
    """Something that gives results; `name` is the instance's or "" for the last, `field` the
    export's."""

    __slots__ = ("field", "name")

    def __init__(self, line: int, name: str, field: str) -> None:
        super().__init__(line)
        self.name = name
        self.field = field


class Invoke(Action):
    """Call an exported function."""

    __slots__ = ("args",)

    def __init__(self, line: int, name: str, field: str, args: list[Value]) -> None:
        super().__init__(line, name, field)
        self.args = args


class Get(Action):
    """Read an exported global."""

    __slots__ = ()


class AssertReturn(Command):
    """The action gives the results."""

    __slots__ = ("action", "expected")

    def __init__(self, line: int, action: Action, expected: list[Value]) -> None:
        super().__init__(line)
        self.action = action
        self.expected = expected


class AssertTrap(Command):
    """The action, or else the module's instantiation, traps."""

    __slots__ = ("action", "message", "module")

    def __init__(
        self, line: int, action: Action | None, module: ModuleCommand | None, message: str
    ) -> None:
        super().__init__(line)
        self.action = action
        self.module = module
        self.message = message


class AssertExhaustion(Command):
    """The action exhausts the stack."""

    __slots__ = ("action", "message")

    def __init__(self, line: int, action: Action, message: str) -> None:
        super().__init__(line)
        self.action = action
        self.message = message


class AssertException(Command):
    """The action ends in an uncaught exception."""

    __slots__ = ("action",)

    def __init__(self, line: int, action: Action) -> None:
        super().__init__(line)
        self.action = action


class AssertModule(Command):
    """Base of the assertions that a module is rejected."""

    __slots__ = ("message", "module")

    def __init__(self, line: int, module: ModuleCommand, message: str) -> None:
        super().__init__(line)
        self.module = module
        self.message = message


class AssertMalformed(AssertModule):
    """The module does not parse or decode."""

    __slots__ = ()


class AssertInvalid(AssertModule):
    """The module does not validate."""

    __slots__ = ()


class AssertUnlinkable(AssertModule):
    """The module's imports are missing or do not match."""

    __slots__ = ()


class AssertMalformedCustom(AssertModule):
    """A custom section or annotation of the module does not parse."""

    __slots__ = ()


class AssertInvalidCustom(AssertModule):
    """A custom section or annotation of the module does not validate."""

    __slots__ = ()


class Thread(Command):
    """Run commands in another thread; `shared` are the names of the instances it gets."""

    __slots__ = ("commands", "name", "shared")

    def __init__(self, line: int, name: str, shared: list[str], commands: list[Command]) -> None:
        super().__init__(line)
        self.name = name
        self.shared = shared
        self.commands = commands


class Wait(Command):
    """Wait for a thread to end."""

    __slots__ = ("name",)

    def __init__(self, line: int, name: str) -> None:
        super().__init__(line)
        self.name = name


class Unknown(Command):
    """A command that could not be read; `message` says why."""

    __slots__ = ("keyword", "message")

    def __init__(self, line: int, keyword: str, message: str) -> None:
        super().__init__(line)
        self.keyword = keyword
        self.message = message


class Script:
    """The commands of a script, in order."""

    __slots__ = ("commands", "text")

    def __init__(self, text: str, commands: list[Command]) -> None:
        self.text = text
        self.commands = commands


_MODULE_FIELDS: Final = (
    "type",
    "rec",
    "import",
    "func",
    "table",
    "memory",
    "global",
    "tag",
    "export",
    "start",
    "elem",
    "data",
)


class _Lines:
    """Line numbers of ascending positions."""

    __slots__ = ("line", "position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1

    def at(self, position: int) -> int:
        if position < self.position:
            return line_and_column(self.text, position)[0]
        self.line += self.text.count("\n", self.position, position)
        self.position = position
        return self.line


def parse_script(text: str | bytes) -> Script:
    """Parse a script: commands, or the fields of one module alone.

    Raises MalformedError where the text cannot be split into commands.
    """
    source = decode_text(text) if isinstance(text, bytes) else text
    tokens = tokenize(source)
    c = Context(tokens, 0)
    lines = _Lines(source)
    commands: list[Command] = []
    if c.texts[0] == "(" and c.texts[1] in _MODULE_FIELDS:
        stop = len(c.texts) - 4
        command = ModuleCommand(lines.at(c.starts[0]), "", False, "text", tokens, 0, stop)
        return Script(source, [command])
    while c.texts[c.pos] == "(":
        commands.append(_command(c, lines))
    if c.texts[c.pos] is not END:
        raise c.unexpected()
    return Script(source, commands)


def _command(c: Context, lines: _Lines) -> Command:
    """The command here; `Unknown` if it cannot be read."""
    start = c.pos
    end = c.skip_list()
    line = lines.at(c.starts[start])
    keyword = c.texts[start + 1]
    try:
        command = _known_command(c, lines, keyword, line, end)
        if c.pos != end:
            raise c.unexpected()
        return command
    except MalformedError as error:
        message = str(error)
    c.pos = end
    return Unknown(line, keyword, message)


def _known_command(c: Context, lines: _Lines, keyword: str, line: int, end: i64) -> Command:
    if keyword == "module":
        return _module(c, line)
    if keyword == "invoke" or keyword == "get":
        return _action(c, lines)
    c.pos += 2
    command: Command
    if keyword == "register":
        module = c.name()
        command = Register(line, module, c.optional_id()[1:])
    elif keyword == "assert_return":
        action = _action(c, lines)
        expected: list[Value] = []
        while c.texts[c.pos] == "(":
            expected.append(_value(c))
        command = AssertReturn(line, action, expected)
    elif keyword == "assert_trap":
        if c.at_open("module"):
            trapping = _module_only(c, lines)
            command = AssertTrap(line, None, trapping, _message(c))
        else:
            action = _action(c, lines)
            command = AssertTrap(line, action, None, _message(c))
    elif keyword == "assert_exhaustion":
        action = _action(c, lines)
        command = AssertExhaustion(line, action, _message(c))
    elif keyword == "assert_exception":
        command = AssertException(line, _action(c, lines))
    elif keyword == "assert_malformed":
        rejected = _module_only(c, lines)
        command = AssertMalformed(line, rejected, _message(c))
    elif keyword == "assert_invalid":
        rejected = _module_only(c, lines)
        command = AssertInvalid(line, rejected, _message(c))
    elif keyword == "assert_unlinkable":
        rejected = _module_only(c, lines)
        command = AssertUnlinkable(line, rejected, _message(c))
    elif keyword == "assert_malformed_custom":
        rejected = _module_only(c, lines)
        command = AssertMalformedCustom(line, rejected, _message(c))
    elif keyword == "assert_invalid_custom":
        rejected = _module_only(c, lines)
        command = AssertInvalidCustom(line, rejected, _message(c))
    elif keyword == "thread":
        command = _thread(c, lines, line)
    elif keyword == "wait":
        command = Wait(line, c.optional_id()[1:])
    else:
        raise c.error("unknown command " + keyword)
    c.close()
    return command


def _message(c: Context) -> str:
    return c.string().decode("utf-8", "replace")


def _thread(c: Context, lines: _Lines, line: int) -> Thread:
    name = c.optional_id()[1:]
    shared: list[str] = []
    while c.at_open("shared"):
        c.pos += 2
        c.open("module")
        shared.append(c.optional_id()[1:])
        c.close()
        c.close()
    commands: list[Command] = []
    while c.texts[c.pos] == "(":
        # One level of recursion: threads do not nest.
        if c.at_open("thread"):
            raise c.unexpected()
        commands.append(_command(c, lines))
    return Thread(line, name, shared, commands)


def _module_only(c: Context, lines: _Lines) -> ModuleCommand:
    """The module of an assertion."""
    if not c.at_open("module"):
        raise c.unexpected()
    module = _module(c, lines.at(c.starts[c.pos]))
    if not isinstance(module, ModuleCommand):
        raise c.error("expected a module")
    return module


def _module(c: Context, line: int) -> Command:
    start: int = c.pos
    end: int = c.skip_list()
    c.pos += 2
    if c.texts[c.pos] == "instance":
        c.pos += 1
        name = c.optional_id()[1:]
        definition = c.optional_id()[1:]
        c.close()
        return ModuleInstance(line, name, definition)
    is_definition = c.texts[c.pos] == "definition"
    if is_definition:
        c.pos += 1
    name = c.optional_id()[1:]
    kind = c.texts[c.pos]
    if kind == "binary" or kind == "quote":
        command = ModuleCommand(line, name, is_definition, kind, c.tokens, int(c.pos) + 1, end - 1)
    else:
        command = ModuleCommand(line, name, is_definition, "text", c.tokens, start, end)
    c.pos = end
    return command


def _action(c: Context, lines: _Lines) -> Action:
    line = lines.at(c.starts[c.pos])
    if c.at_open("invoke"):
        c.pos += 2
        name = c.optional_id()[1:]
        field = c.name()
        args: list[Value] = []
        while c.texts[c.pos] == "(":
            args.append(_value(c))
        c.close()
        return Invoke(line, name, field, args)
    c.open("get")
    name = c.optional_id()[1:]
    field = c.name()
    c.close()
    return Get(line, name, field)


def _value(c: Context) -> Value:
    """A value or result pattern in parentheses."""
    if c.at_open("either"):
        c.pos += 2
        options: list[Value] = []
        while c.texts[c.pos] == "(":
            options.append(_simple_value(c))
        c.close()
        return Either(options)
    return _simple_value(c)


def _simple_value(c: Context) -> Value:
    if c.texts[c.pos] != "(":
        raise c.unexpected()
    keyword = c.texts[c.pos + 1]
    c.pos += 2
    value: Value
    if keyword == "i32.const":
        value = Num("i32", c.integer(32))
    elif keyword == "i64.const":
        value = Num("i64", c.integer(64))
    elif keyword == "f32.const":
        value = _float(c, "f32", 32)
    elif keyword == "f64.const":
        value = _float(c, "f64", 64)
    elif keyword == "v128.const":
        value = _vector(c)
    elif keyword == "ref.null":
        heap = ""
        if c.texts[c.pos] != ")":
            heap = c.texts[c.pos]
            c.pos += 1
        value = RefNull(heap)
    elif keyword.startswith("ref."):
        number = -1
        if c.texts[c.pos][0] in DIGITS:
            number = c.natural(32)
        value = Ref(keyword[4:], number)
    else:
        raise c.unexpected(c.pos - 1)
    c.close()
    return value


def _float(c: Context, type: str, width: int) -> Value:
    text = c.texts[c.pos]
    if text == NAN_CANONICAL or text == NAN_ARITHMETIC:
        c.pos += 1
        return NanPattern(type, text)
    return Num(type, c.float_bits(width))


def _vector(c: Context) -> Value:
    shape = c.texts[c.pos]
    if shape[0] == "f" and shape in LANE_SHAPES:
        count, width = LANE_SHAPES[shape]
        following = c.texts[c.pos + 1 : c.pos + 1 + count]
        if NAN_CANONICAL in following or NAN_ARITHMETIC in following:
            c.pos += 1
            type = "f32" if width == 32 else "f64"
            return VectorPattern(shape, [_float(c, type, width) for _ in range(count)])
    return Vector(shape, v128(c))
