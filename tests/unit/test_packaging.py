"""How the package is built: what a wheel holds, and that editable installs stay pure Python."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import zwasm
from zwasm import _build

ROOT = Path(__file__).parents[2]

needs_checkout = pytest.mark.skipif(
    not (ROOT / "setup.py").exists(), reason="the tests stand beside no source tree"
)


def test_installed_package() -> None:
    assert importlib.metadata.version("zwasm") == _build.VERSION
    folder = Path(zwasm.__file__).parent
    assert (folder / "py.typed").exists()
    assert not list(folder.rglob("*.c"))
    if not _build.compiled():
        assert not list(folder.rglob("*.bin"))


def not_compiled() -> set[str]:
    """The list in setup.py."""
    for node in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NOT_COMPILED":
            return set(ast.literal_eval(node.value))
    pytest.fail("setup.py has no NOT_COMPILED")


@needs_checkout
def test_package_is_wholly_compiled_or_not_at_all() -> None:
    folder = Path(zwasm.__file__).parent
    apart = not_compiled()
    for path in folder.rglob("*.py"):
        inside = path.relative_to(folder)
        beside = [path.with_name(path.stem + suffix).exists() for suffix in EXTENSION_SUFFIXES]
        stays = path.name == "__init__.py" or apart & {inside.as_posix(), inside.parts[0]}
        assert any(beside) == (_build.compiled() and not stays), path


@needs_checkout
def test_modules_that_are_not_compiled_exist() -> None:
    missing = [name for name in not_compiled() if not (ROOT / "src/zwasm" / name).exists()]
    assert missing == []


def test_import_is_quiet() -> None:
    command = [sys.executable, "-W", "error", "-c", "import zwasm"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the source tree, as far as building needs it."""
    target = tmp_path / "copy"
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", target / "src", ignore=ignored)
    shutil.copytree(ROOT / "tools", target / "tools", ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    return target


def build(folder: Path, hook: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Call a hook of the build backend, as pip does; the result goes to `folder`."""
    command = f"from setuptools import build_meta; print(build_meta.{hook})"
    ours = ("ZWASM_PURE", "ZWASM_STENCILS")
    environment = {k: v for k, v in os.environ.items() if k not in ours} | variables
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def binaries(folder: Path) -> list[Path]:
    return [path for suffix in ("*.so", "*.pyd", "*.o") for path in folder.rglob(suffix)]


@needs_checkout
def test_editable_install_runs_the_source(copy: Path) -> None:
    done = build(copy, "build_editable('.')")
    assert done.returncode == 0, done.stderr
    (wheel,) = copy.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (path_file,) = [name for name in archive.namelist() if not name.startswith("zwasm-")]
        assert archive.read(path_file).decode().strip() == str(copy / "src")
    assert binaries(copy) == []

    for word in ("first", "second"):
        with (copy / "src/zwasm/limits.py").open("a") as file:
            file.write(f"\nWORD = {word!r}\n")
        run = subprocess.run(
            [sys.executable, "-c", "from zwasm import _build, limits; "
             "print(limits.WORD, _build.compiled())"],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
        )  # fmt: skip
        assert run.stdout.split() == [word, "False"], run.stderr


@needs_checkout
def test_editable_install_refuses_compiled_files(copy: Path) -> None:
    stale = copy / "src/zwasm" / f"types{EXTENSION_SUFFIXES[0]}"
    stale.touch()
    done = build(copy, "build_editable('.')")
    assert done.returncode != 0
    assert stale.name in done.stderr


@needs_checkout
def test_pure_wheel(copy: Path) -> None:
    done = build(copy, "build_wheel('.')", ZWASM_PURE="1")
    assert done.returncode == 0, done.stderr
    (wheel,) = copy.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"zwasm/py.typed", "zwasm/_native.pyi", "zwasm/types.py"} <= names
    assert [name for name in names if not name.startswith(("zwasm/", "zwasm-"))] == []
    assert [name for name in names if name.endswith((".c", ".so", ".pyd"))] == []
    assert not (copy / "build").exists()


@needs_checkout
@pytest.mark.parametrize(
    ("variables", "requirements"),
    [
        ({"ZWASM_PURE": "1"}, False),
        ({"CC": "/no/compiler"}, False),
        ({"ZWASM_PURE": "0"}, True),
        ({"ZWASM_PURE": "0", "ZWASM_STENCILS": "table"}, True),
    ],
)
def test_mypy_and_llvmlite_are_required_only_to_compile(
    copy: Path, variables: dict[str, str], requirements: bool
) -> None:
    done = build(copy, "get_requires_for_build_wheel()", **variables)
    if variables.get("ZWASM_PURE") == "0" and "no C compiler works" in done.stderr:
        pytest.skip("no C compiler works here")
    assert done.returncode == 0, done.stderr
    asked = done.stdout.splitlines()[-1]
    assert ("mypy" in asked) == requirements
    runs_code = sys.platform in ("linux", "darwin") and platform.machine() in (
        "x86_64",
        "aarch64",
        "arm64",
    )
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        made_here = runs_code and "ZWASM_STENCILS" not in variables
        assert ("llvmlite" in asked) == (requirements and made_here)


@needs_checkout
def test_compiled_build_is_not_silently_pure(copy: Path) -> None:
    done = build(copy, "build_wheel('.')", ZWASM_PURE="0", CC="/no/compiler")
    assert done.returncode != 0
    assert "no C compiler works" in done.stderr


@needs_checkout
def test_nothing_is_built_into_the_source_tree(copy: Path) -> None:
    run = subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode != 0
    assert binaries(copy) == []
