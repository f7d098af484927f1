"""Every module of the specification's scripts, through all four conversions.

parse, encode, decode, print, parse, encode: nothing may be lost on the way.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import conftest
from tests.modules import describe
from zwasm.binary import decode, encode
from zwasm.errors import MalformedError
from zwasm.module import Module
from zwasm.text import parse_module, parse_script
from zwasm.text.printer import print_module
from zwasm.text.script import AssertInvalid, AssertUnlinkable, Command, ModuleCommand

NOT_OURS = ("legacy", "custom-descriptors", "custom-page-sizes", "wide-arithmetic")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder = conftest.testsuite_folder(metafunc.config)
    if folder is None:
        skip = pytest.mark.skip(reason="needs the specification's scripts: --testsuite FOLDER")
        metafunc.parametrize("script", [pytest.param(Path(), id="none", marks=skip)])
        return
    scripts = [path for path in sorted(folder.rglob("*.wast")) if path.parent.name not in NOT_OURS]
    ids = [str(path.relative_to(folder)) for path in scripts]
    metafunc.parametrize("script", scripts, ids=ids)


def module_of(command: Command) -> ModuleCommand | None:
    """The module that a command holds and that must at least be well-formed."""
    if isinstance(command, ModuleCommand):
        return command
    if isinstance(command, (AssertInvalid, AssertUnlinkable)):
        return command.module
    return None


def without_names(module: Module) -> dict[str, object]:
    """The module's structure but for its customs, among which the names are."""
    parts = describe(module)
    del parts["customs"]
    return parts


def check(module: Module, line: int) -> None:
    raw = encode(module)
    decoded = decode(raw)
    assert encode(decoded) == raw, f"line {line}: encoding is not stable"
    assert without_names(decoded) == without_names(module), f"line {line}: decoding differs"
    for kind in (module, decoded):
        assert encode(parse_module(print_module(kind))) == raw, f"line {line}: printing differs"


def test_round_trip(script: Path) -> None:
    for command in parse_script(script.read_text(encoding="utf-8")).commands:
        held = module_of(command)
        if held is None:
            continue
        try:
            module = decode(held.payload()) if held.kind == "binary" else held.parse()
        except MalformedError:
            assert command is not held, f"line {command.line}: does not parse"
            continue
        if held.kind != "binary":
            check(module, command.line)
            continue
        # Empty sections and padded numbers are not kept, all else is.
        again = decode(encode(module))
        assert without_names(again) == without_names(module), f"line {command.line}"
        customs = [(custom.name, custom.data) for custom in module.customs]
        assert [(custom.name, custom.data) for custom in again.customs] == customs
        check(parse_module(print_module(module)), command.line)
