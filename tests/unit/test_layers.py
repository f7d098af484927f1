"""Imports inside the package point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import zwasm

PACKAGE = Path(zwasm.__file__).parent

# The units of the package, lowest layer first: a unit imports its own layer and lower ones.
LAYERS = (
    {"_build", "_native", "errors", "isa", "limits", "module", "types"},
    {"binary", "text", "valid"},
    {"lower"},
    {"instances"},
    {"baseline", "interp", "llvm"},
    {"runtime"},
    {"profile", "spectest", "wasi"},
    {"", "api"},  # the package itself
    {"__main__", "cli"},
)
ENGINES = LAYERS[4]


def layer(unit: str) -> int:
    for number, units in enumerate(LAYERS):
        if unit in units:
            return number
    pytest.fail(f"src/zwasm/{unit} has no layer; give it one in this test and in docs/design.md")


def unit_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(names: dict[str, Path], path: Path) -> Iterator[str]:
    """The package's modules that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "zwasm":
                    yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            if base.split(".")[0] == "zwasm":
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield inner if inner in names else base


@cache
def graph() -> dict[str, set[str]]:
    names = modules()
    return {name: set(imported(names, path)) for name, path in names.items()}


def test_there_are_modules_to_check() -> None:
    assert {"zwasm", "zwasm.types", "zwasm.isa.row"} <= set(modules())
    assert "zwasm.isa.row" in graph()["zwasm.isa.simd"]


@pytest.mark.parametrize("module", modules())
def test_imports_point_down(module: str) -> None:
    own = layer(unit_of(module))
    upward = [name for name in sorted(graph()[module]) if layer(unit_of(name)) > own]
    assert upward == []


@pytest.mark.parametrize("module", [name for name in modules() if unit_of(name) in ENGINES])
def test_engines_do_not_import_each_other(module: str) -> None:
    others = ENGINES - {unit_of(module)}
    assert [name for name in sorted(graph()[module]) if unit_of(name) in others] == []


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail("cycle: " + " <- ".join(error.args[1]))
