"""The specification's scripts, run on every engine, file by file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import conftest
from zwasm import Engine
from zwasm.isa.row import FEATURE_NAMES
from zwasm.spectest import run_script

FOLDERS = (".", "custom")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder = conftest.testsuite_folder(metafunc.config)
    if folder is None:
        skip = pytest.mark.skip(reason="needs the specification's scripts: --testsuite FOLDER")
        metafunc.parametrize("script", [pytest.param(Path(), id="none", marks=skip)])
        return
    scripts = [path for name in FOLDERS for path in sorted((folder / name).glob("*.wast"))]
    ids = [str(path.relative_to(folder)) for path in scripts]
    metafunc.parametrize("script", scripts, ids=ids)


def test_script(script: Path, each_engine: str) -> None:
    engine = Engine(each_engine)
    report = run_script(script.read_bytes(), engine)
    assert not report.failures, "\n".join(
        f"{script.name}:{failure.line}: {failure.message}" for failure in report.failures
    )
    lacking = set(FEATURE_NAMES.values()) - set(engine.features)
    for skip in report.skips:
        assert set(skip.feature.split(", ")) <= lacking, f"{script.name}:{skip.line}"
