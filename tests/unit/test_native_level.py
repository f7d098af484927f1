"""What of the machine's instructions code may use: `zwasm.instances.native.LEVEL`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from zwasm.instances.native import ARCHITECTURE, LEVEL, level_of


def test_the_level_is_one_of_the_architecture() -> None:
    levels = {
        "": [""],
        "aarch64": ["aarch64"],
        "x86_64": ["x86_64", "x86_64_avx2", "x86_64_avx512"],
    }
    assert LEVEL in levels[ARCHITECTURE]


@pytest.mark.parametrize(
    ("machine", "wanted", "level"),
    [
        ("x86_64_avx512", "", "x86_64_avx512"),
        ("x86_64_avx512", "x86_64_avx2", "x86_64_avx2"),
        ("x86_64_avx512", "x86_64", "x86_64"),
        ("x86_64_avx2", "x86_64_avx512", "x86_64_avx2"),
        ("x86_64", "x86_64_avx2", "x86_64"),
        ("x86_64_avx2", "aarch64", "x86_64_avx2"),
        ("aarch64", "x86_64", "aarch64"),
        ("aarch64", "aarch64", "aarch64"),
        ("", "x86_64", ""),
        ("", "", ""),
    ],
)
def test_a_lower_level_may_be_asked_for(machine: str, wanted: str, level: str) -> None:
    assert level_of(machine, wanted) == level


def test_the_environment_asks_for_it() -> None:
    def run(wanted: str) -> subprocess.CompletedProcess[str]:
        command = "from zwasm.instances.native import LEVEL; print(LEVEL)"
        return subprocess.run(
            [sys.executable, "-c", command],
            env={**os.environ, "ZWASM_LEVEL": wanted},
            capture_output=True,
            text=True,
            check=False,
        )

    expected = level_of(run("").stdout.strip(), "x86_64")
    assert run("x86_64").stdout.strip() == expected
    wrong = run("sse")
    assert wrong.returncode != 0
    assert "ZWASM_LEVEL is 'sse'; it may be aarch64, x86_64, x86_64_avx2" in wrong.stderr
