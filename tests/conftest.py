"""Options and fixtures that all tests share.

`--testsuite FOLDER` (or the environment variable ZWASM_TESTSUITE) names a checkout of the
specification's test scripts; `--update` writes what file tests found into their files.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zwasm.runtime import engine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--testsuite",
        metavar="FOLDER",
        default=os.environ.get("ZWASM_TESTSUITE"),
        help="the specification's test scripts (default: $ZWASM_TESTSUITE)",
    )
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite the expectations of file tests with what they give now",
    )


def testsuite_folder(config: pytest.Config) -> Path | None:
    """The folder with the specification's test scripts, or None where none was named."""
    named = config.getoption("--testsuite")
    if not named:
        return None
    folder = Path(named)
    if not any(folder.glob("*.wast")):
        raise pytest.UsageError(f"--testsuite: there are no .wast files in {folder}")
    return folder


@pytest.fixture
def testsuite(pytestconfig: pytest.Config) -> Path:
    """The folder with the specification's test scripts; without one the test is skipped."""
    folder = testsuite_folder(pytestconfig)
    if folder is None:
        pytest.skip("needs the specification's test scripts: --testsuite FOLDER")
    return folder


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    """Whether file tests shall rewrite their expectations."""
    return bool(pytestconfig.getoption("--update"))


@pytest.fixture(params=engine.ENGINES)
def each_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an engine; the test runs on each that runs here, as the engine "auto"."""
    name = str(request.param)
    reason = engine.why_not(name)
    if reason:
        pytest.skip(f"the engine {name} cannot run here: {reason}")

    def why_not(other: str) -> str:
        return "" if other == name else "not in this test"

    monkeypatch.setattr(engine, "why_not", why_not)
    return name
