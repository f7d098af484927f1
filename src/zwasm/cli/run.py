"""`zwasm run`: run a WASI program, or call an export."""

from __future__ import annotations

import os
from argparse import REMAINDER, ArgumentTypeError
from typing import TYPE_CHECKING

from zwasm.cli.files import (
    FILE_HELP,
    add_engine,
    fail,
    input_file,
    make_engine,
    read_bytes,
    to_source,
)
from zwasm.cli.group import CommandError, UsageError, say, start_garbage_collection
from zwasm.errors import Exit, LinkError, Trap, WasmError, WasmException

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser
    from zwasm.runtime.instance import Instance
    from zwasm.runtime.module import Module
    from zwasm.runtime.store import Store
    from zwasm.wasi import Wasi
    from zwasm.wasi.directory import Directory, ReadOnly

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30}


def arguments(parser: Parser) -> None:
    parser.interspersed = False  # what follows FILE is the guest's
    parser.usage = "%(prog)s [OPTIONS] FILE [ARG...]"
    parser.description = """\
Run the program in FILE, or call one of its exports.

A program is a module for WASI preview 1, as compilers make them for
wasm32-wasi. It gets the ARGs as they are, this process's standard streams,
and nothing else of the system but what the options grant.
"""
    parser.epilog = """\
examples:
  zwasm run hello.wasm --an-argument another
  zwasm run --dir . --env LANG=C --env HOME wc.wasm notes.txt
  zwasm run --dir /srv/data::/data:ro tool.wasm /data/in.csv
  zwasm run --tcplisten 127.0.0.1:8080 server.wasm
  zwasm run --invoke fib fib.wat 35
  zwasm run --timeout 2.5 --max-memory 64M untrusted.wasm
  zwasm run --profile tool.wasm
  zwasm run --profile=flame -o tool.json tool.wasm

exit codes:
  The guest's; 134 after a trap, 130 after Ctrl-C, 1 after an error, 2 after a
  wrong use of this command.
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument(
        "args",
        metavar="ARG",
        nargs=REMAINDER,
        help="For the program, or the export that is called; options go before FILE.",
    ).required = False
    parser.add_argument(
        "--dir",
        dest="dirs",
        metavar="HOST[::GUEST][:ro]",
        action="append",
        default=[],
        type=_dir,
        help="Grant the folder HOST and all beneath it, under the name GUEST, with :ro only for "
        "reading. Repeatable.",
    )
    parser.add_argument(
        "--env",
        metavar="K[=V]",
        action="append",
        default=[],
        type=_variable,
        help="Give the guest the variable K, with this process's value if none is given. "
        "Repeatable.",
    )
    parser.add_argument(
        "--inherit-env", action="store_true", help="Give the guest all variables of this process."
    )
    parser.add_argument(
        "--stdin",
        metavar="FILE",
        help="Let the guest's standard input be FILE, not this process's.",
    )
    parser.add_argument(
        "--tcplisten",
        metavar="ADDR",
        action="append",
        default=[],
        type=_address,
        help="Listen at ADDR, as in 127.0.0.1:8080, and let the guest accept connections. Its "
        "descriptor follows those of the folders, the first of which is 3. Repeatable.",
    )
    parser.add_argument("--argv0", metavar="NAME", help="The guest's own name, instead of FILE's.")
    parser.add_argument(
        "--invoke",
        metavar="NAME",
        help="Call the export NAME with the ARGs as its arguments and print its results, one a "
        "line.",
    )
    add_engine(parser)
    parser.add_argument(
        "--compile",
        choices=("lazy", "eager"),
        default="lazy",
        help="Compile functions at their first call, or all before the start. [default: lazy]",
    )
    parser.add_argument(
        "--fuel", metavar="N", type=_fuel, help="Stop after N instructions, 0 or more."
    )
    parser.add_argument(
        "--timeout", metavar="S", type=_timeout, help="Stop after S seconds, 0 or more."
    )
    parser.add_argument(
        "--max-memory",
        metavar="BYTES",
        type=_size,
        help="Let memories have no more than this together; K, M and G are units.",
    )
    parser.add_argument(
        "--profile",
        metavar="=table|perf|flame",
        nargs="?",
        choices=("table", "perf", "flame"),
        const="table",
        help="Find out where time is spent: print the hottest functions, and for the interpreter "
        "the most frequent instructions; with =perf write /tmp/perf-PID.map, so that Linux perf "
        "names functions; with =flame write a file for speedscope.app.",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="Where --profile=flame writes.")


def _dir(value: str) -> tuple[str, str, bool]:
    """A folder: the guest's name, the host's, and whether it is only to be read."""
    text = value.removesuffix(":ro")
    host, found, guest = text.partition("::")
    guest = guest if found else host
    if not host or not guest:
        raise ArgumentTypeError(f"{value!r} is not of the form HOST[::GUEST][:ro]")
    return guest, host, text != value


def _variable(value: str) -> tuple[str, str | None]:
    """A variable: its name, and its value, which is this process's if it is None."""
    name, found, text = value.partition("=")
    if not name:
        raise ArgumentTypeError(f"{value!r} is not of the form K=V or K")
    return name, text if found else None


def _address(value: str) -> str:
    from zwasm.wasi.sockets import parse_address

    try:
        parse_address(value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return value


def _fuel(value: str) -> int:
    try:
        fuel = int(value)
    except ValueError:
        fuel = -1
    if fuel < 0:
        raise ArgumentTypeError(f"{value!r} is no whole number from 0 on")
    return fuel


def _timeout(value: str) -> float:
    try:
        timeout = float(value)
    except ValueError:
        timeout = -1.0
    if not timeout >= 0:
        raise ArgumentTypeError(f"{value!r} is no number from 0 on")
    return timeout


def _size(value: str) -> int:
    """A number of bytes, with K, M or G for the units of 1024."""
    digits = value.rstrip("KMGkmg")
    unit = value[len(digits) :].upper()
    if not digits.isdecimal() or unit not in _UNITS:
        raise ArgumentTypeError(f"{value!r} is no number of bytes such as 65536 or 64M")
    return int(digits) << _UNITS[unit]


def run(args: Namespace) -> None:
    from zwasm.runtime.module import Module
    from zwasm.runtime.store import Store

    if args.profile == "flame" and args.output is None:
        raise UsageError("--profile=flame needs -o FILE")
    if args.profile != "flame" and args.output is not None:
        raise UsageError("-o is for --profile=flame")
    file = args.file
    dirs = _by_guest(args.dirs)
    data = read_bytes(file)
    try:
        engine = make_engine(args.engine, args.compile, args.fuel is not None)
        module = Module(to_source(data), engine=engine)
        store = Store(engine, fuel=args.fuel, timeout=args.timeout, max_memory=args.max_memory)
        with _system(args, dirs) as wasi:
            if args.profile is None:
                _run(args, module, store, wasi)
            else:
                from zwasm.cli.profiling import profiling

                with profiling(args.profile, args.output, engine.name, file):
                    _run(args, module, store, wasi)
    except (Exit, Trap, WasmException):
        raise
    except WasmError as error:
        raise fail(error, file) from None


def _by_guest(given: list[tuple[str, str, bool]]) -> dict[str, tuple[str, bool]]:
    """The folders: by the guest's name the host's, and whether it is only to be read."""
    dirs: dict[str, tuple[str, bool]] = {}
    for guest, host, read_only in given:
        if guest in dirs:
            raise UsageError(f"argument --dir: two folders have the guest's name {guest!r}")
        dirs[guest] = host, read_only
    return dirs


def _system(args: Namespace, dirs: dict[str, tuple[str, bool]]) -> Wasi:
    """What of the system is granted."""
    from zwasm.wasi import Wasi

    name = os.path.basename(args.file) if args.argv0 is None else args.argv0
    arguments = [name, *(() if args.invoke is not None else args.args)]
    variables = dict(os.environ) if args.inherit_env else {}
    for key, value in args.env:
        if value is not None:
            variables[key] = value
        elif key in os.environ:
            variables[key] = os.environ[key]
    granted: dict[str, str | os.PathLike[str] | Directory | ReadOnly] = {}
    for guest, (host, read_only) in dirs.items():
        granted[guest] = host
        if read_only:
            from zwasm.wasi.directory import ReadOnly

            granted[guest] = ReadOnly(host)
    try:
        return Wasi(arguments, variables, granted, stdin=args.stdin, listen=args.tcplisten)
    except OSError as error:
        if error.filename is None:
            raise CommandError(f"--tcplisten: {error.strerror}") from None
        option = "--stdin" if error.filename == args.stdin else "--dir"
        raise CommandError(f"{option} {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(str(error)) from None


def _run(args: Namespace, module: Module, store: Store, wasi: Wasi) -> None:
    instance = wasi.instantiate(module, store=store)
    start_garbage_collection()
    if args.invoke is None:
        _start(instance, wasi)
    else:
        _invoke(instance, wasi, args.invoke, args.args)


def _start(instance: Instance, wasi: Wasi) -> None:
    from zwasm.instances.func import Func

    exports = instance.exports
    if "_start" in exports or "_initialize" in exports:
        wasi.start(instance)
        return
    # A module with neither may have done its work in its start function.
    callable_names = [name for name in exports if isinstance(exports[name], Func)]
    if callable_names:
        raise LinkError(
            "the module has no function _start, so it is no program; with --invoke NAME you can "
            "call " + ", ".join(callable_names[:20]) + (", ..." if callable_names[20:] else "")
        )


def _invoke(instance: Instance, wasi: Wasi, name: str, args: list[str]) -> None:
    from zwasm.instances.func import Func

    exports = instance.exports
    func = exports[name] if name in exports else None
    if not isinstance(func, Func):
        names = [entry for entry in exports if isinstance(exports[entry], Func)]
        known = f"; it exports {', '.join(names)}" if names else ""
        raise LinkError(f"the module exports no function {name!r}{known}")
    params = func.type.params
    if len(args) != len(params):
        wanted = f"{len(params)} argument" + ("" if len(params) == 1 else "s")
        raise UsageError(f"argument ARG: {name} {func.type} takes {wanted}, not {len(args)}")
    values = [
        _argument(text, type, i) for i, (text, type) in enumerate(zip(args, params, strict=True))
    ]
    if "_initialize" in exports:
        wasi.start(instance)
    result = func(*values)
    results = result if len(func.type.results) > 1 else (result,) if func.type.results else ()
    if isinstance(results, tuple):
        for value, type in zip(results, func.type.results, strict=True):
            say(_shown(value, type))


def _argument(text: str, type: str, index: int) -> object:
    """A value from the text of an argument, by its parameter's type."""
    try:
        if type in ("i32", "i64"):
            value = int(text, 0)
            width = int(type[1:])
            if not -(1 << (width - 1)) <= value < 1 << width:
                raise ValueError("it is out of range")
            return value
        if type in ("f32", "f64"):
            return float.fromhex(text) if "0x" in text.lower() else float(text)
        if type == "v128":
            number = int(text, 0)
            return number.to_bytes(16, "little")
        if text == "null":
            return None
        if type == "externref":
            return text
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"argument ARG {index + 1}: {text!r} is no {type}")


def _shown(value: object, type: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bytes) and type == "v128":
        return f"0x{int.from_bytes(value, 'little'):032x}"
    if type == "externref" and isinstance(value, str):
        return value
    return repr(value)
