"""The programs in `examples/` run, without warnings, and print what `examples/output/` says.

`--update` writes what they print into those files.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))
NEEDS = {"numpy_memory.py": "numpy"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_example(name: str, tmp_path: Path, update: bool) -> None:
    needed = NEEDS.get(name)
    if needed is not None and importlib.util.find_spec(needed) is None:
        pytest.skip(f"needs {needed}")
    output = run(name, tmp_path)
    expected = EXAMPLES / "output" / f"{name.removesuffix('.py')}.txt"
    if update:
        expected.write_text(output, encoding="utf-8")
    assert output == expected.read_text(encoding="utf-8")


def run(name: str, folder: Path) -> str:
    """What an example prints, run from a folder that is none of the project's."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", str(EXAMPLES / name)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_an_example_without_what_it_needs_says_so(tmp_path: Path) -> None:
    source = EXAMPLES / "numpy_memory.py"
    code = (
        "import runpy, sys; sys.modules['numpy'] = None;"
        f"runpy.run_path({str(source)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install numpy" in done.stderr


def test_every_example_is_listed_and_has_its_output() -> None:
    listed = re.findall(r"^\| \[(\w+\.py)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == PROGRAMS
    outputs = sorted(path.stem + ".py" for path in (EXAMPLES / "output").iterdir())
    assert outputs == PROGRAMS
