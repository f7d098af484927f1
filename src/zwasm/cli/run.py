"""`zwasm run`: run a WASI program, or call an export."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import click

from zwasm.cli.files import FILE, engine_option, fail, make_engine, read_bytes, to_source
from zwasm.cli.group import CommandError
from zwasm.cli.profiling import KINDS, ProfiledCommand, check_options, profiling
from zwasm.errors import Exit, LinkError, Trap, WasmError, WasmException

if TYPE_CHECKING:
    from zwasm.runtime.instance import Instance
    from zwasm.wasi import Wasi
    from zwasm.wasi.directory import Directory, ReadOnly

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30}


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """A number of bytes, with K, M or G for the units of 1024."""
    if value is None:
        return None
    digits = value.rstrip("KMGkmg")
    unit = value[len(digits) :].upper()
    if not digits.isdecimal() or unit not in _UNITS:
        raise click.BadParameter(f"{value!r} is no number of bytes such as 65536 or 64M")
    return int(digits) << _UNITS[unit]


def _dirs(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, tuple[str, bool]]:
    """The folders: by the guest's name the host's, and whether it is only to be read."""
    dirs: dict[str, tuple[str, bool]] = {}
    for value in values:
        text = value.removesuffix(":ro")
        host, found, guest = text.partition("::")
        guest = guest if found else host
        if not host or not guest:
            raise click.BadParameter(f"{value!r} is not of the form HOST[::GUEST][:ro]")
        if guest in dirs:
            raise click.BadParameter(f"two folders have the guest's name {guest!r}")
        dirs[guest] = (host, text != value)
    return dirs


def _addresses(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        from zwasm.wasi.sockets import parse_address

        try:
            parse_address(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return values


def _env(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    env: dict[str, str] = {}
    for value in values:
        name, found, text = value.partition("=")
        if not name:
            raise click.BadParameter(f"{value!r} is not of the form K=V or K")
        if found:
            env[name] = text
        elif name in os.environ:
            env[name] = os.environ[name]
    return env


@click.command(
    cls=ProfiledCommand,
    context_settings={"allow_interspersed_args": False},
    epilog="""\b
Examples:
  zwasm run hello.wasm --an-argument another
  zwasm run --dir . --env LANG=C --env HOME wc.wasm notes.txt
  zwasm run --dir /srv/data::/data:ro tool.wasm /data/in.csv
  zwasm run --tcplisten 127.0.0.1:8080 server.wasm
  zwasm run --invoke fib fib.wat 35
  zwasm run --timeout 2.5 --max-memory 64M untrusted.wasm
  zwasm run --profile tool.wasm
  zwasm run --profile=flame -o tool.json tool.wasm

\b
Exit codes: the guest's; 134 after a trap, 130 after Ctrl-C, 1 after an error, 2 after a
wrong use of this command.
""",
)
@click.option(
    "--dir",
    "dirs",
    metavar="HOST[::GUEST][:ro]",
    multiple=True,
    callback=_dirs,
    help="Grant the folder HOST and all beneath it, under the name GUEST, with :ro only for "
    "reading. Repeatable.",
)
@click.option(
    "--env",
    metavar="K[=V]",
    multiple=True,
    callback=_env,
    help="Give the guest the variable K, with this process's value if none is given. Repeatable.",
)
@click.option("--inherit-env", is_flag=True, help="Give the guest all variables of this process.")
@click.option(
    "--stdin",
    metavar="FILE",
    help="Let the guest's standard input be FILE, not this process's.",
)
@click.option(
    "--tcplisten",
    metavar="ADDR",
    multiple=True,
    callback=_addresses,
    help="Listen at ADDR, as in 127.0.0.1:8080, and let the guest accept connections. Its "
    "descriptor follows those of the folders, the first of which is 3. Repeatable.",
)
@click.option("--argv0", metavar="NAME", help="The guest's own name, instead of FILE's.")
@click.option(
    "--invoke",
    metavar="NAME",
    help="Call the export NAME with ARGS as its arguments and print its results, one a line.",
)
@engine_option
@click.option(
    "--compile",
    type=click.Choice(["lazy", "eager"]),
    default="lazy",
    show_default=True,
    help="Compile functions at their first call, or all before the start.",
)
@click.option("--fuel", metavar="N", type=click.IntRange(min=0), help="Stop after N instructions.")
@click.option("--timeout", metavar="S", type=click.FloatRange(min=0), help="Stop after S seconds.")
@click.option(
    "--max-memory",
    metavar="BYTES",
    callback=_size,
    help="Let memories have no more than this together; K, M and G are units.",
)
@click.option(
    "--profile",
    type=click.Choice(KINDS),
    metavar="[=table|perf|flame]",
    help="Find out where time is spent: print the hottest functions, and for the interpreter the "
    "most frequent instructions; with =perf write /tmp/perf-PID.map, so that Linux perf names "
    "functions; with =flame write a file for speedscope.app.",
)
@click.option("-o", "--output", metavar="FILE", help="Where --profile=flame writes.")
@click.argument("file", type=FILE)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def command(
    file: str,
    args: tuple[str, ...],
    dirs: dict[str, tuple[str, bool]],
    env: dict[str, str],
    inherit_env: bool,
    stdin: str | None,
    tcplisten: tuple[str, ...],
    argv0: str | None,
    invoke: str | None,
    engine: str,
    compile: str,
    fuel: int | None,
    timeout: float | None,
    max_memory: int | None,
    profile: str | None,
    output: str | None,
) -> None:
    """Run the program in FILE, or call one of its exports.

    A program is a module for WASI preview 1, as compilers make them for wasm32-wasi. It gets
    ARGS as they are, this process's standard streams, and nothing else of the system but what
    the options grant.
    """
    from zwasm.runtime.module import Module
    from zwasm.runtime.store import Store

    check_options(profile, output)
    data = read_bytes(file)
    try:
        used = make_engine(engine, compile, fuel is not None)
        module = Module(to_source(data), engine=used)
        store = Store(used, fuel=fuel, timeout=timeout, max_memory=max_memory)
        name = os.path.basename(file) if argv0 is None else argv0
        arguments = [name, *(() if invoke is not None else args)]
        variables = {**os.environ, **env} if inherit_env else env
        wasi = _system(arguments, variables, dirs, stdin, tcplisten)
        with wasi, profiling(profile, output, used.name, file):
            instance = wasi.instantiate(module, store=store)
            gc.enable()
            if invoke is None:
                _start(instance, wasi)
            else:
                _invoke(instance, wasi, invoke, args)
    except (Exit, Trap, WasmException):
        raise
    except WasmError as error:
        raise fail(error, file) from None


def _system(
    arguments: list[str],
    env: dict[str, str],
    dirs: dict[str, tuple[str, bool]],
    stdin: str | None,
    tcplisten: tuple[str, ...],
) -> Wasi:
    from zwasm.wasi import Wasi

    granted: dict[str, str | os.PathLike[str] | Directory | ReadOnly] = {}
    for guest, (host, read_only) in dirs.items():
        granted[guest] = host
        if read_only:
            from zwasm.wasi.directory import ReadOnly

            granted[guest] = ReadOnly(host)
    try:
        return Wasi(arguments, env, granted, stdin=stdin, listen=tcplisten)
    except OSError as error:
        if error.filename is None:
            raise CommandError(f"--tcplisten: {error.strerror}") from None
        option = "--stdin" if error.filename == stdin else "--dir"
        raise CommandError(f"{option} {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(str(error)) from None


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


def _invoke(instance: Instance, wasi: Wasi, name: str, args: tuple[str, ...]) -> None:
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
        raise click.UsageError(f"{name} {func.type} takes {wanted}, not {len(args)}")
    values = [
        _argument(text, type, i) for i, (text, type) in enumerate(zip(args, params, strict=True))
    ]
    if "_initialize" in exports:
        wasi.start(instance)
    result = func(*values)
    results = result if len(func.type.results) > 1 else (result,) if func.type.results else ()
    if isinstance(results, tuple):
        for value, type in zip(results, func.type.results, strict=True):
            click.echo(_shown(value, type))


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
    raise click.BadParameter(f"{text!r} is no {type}", param_hint=f"argument {index + 1}")


def _shown(value: object, type: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bytes) and type == "v128":
        return f"0x{int.from_bytes(value, 'little'):032x}"
    if type == "externref" and isinstance(value, str):
        return value
    return repr(value)
