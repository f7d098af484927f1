"""The generator of random modules: what it writes is valid, and ends."""

from __future__ import annotations

import pytest

import zwasm
from tools.generate import generate, host_functions


@pytest.mark.parametrize("seed", range(20))
def test_generated_modules_run(seed: int) -> None:
    text = generate(seed)
    assert text == generate(seed)
    store = zwasm.Store(timeout=60)
    imports = {"host": host_functions([])}
    exports = zwasm.Instance(zwasm.Module(text), imports, store=store).exports
    runs = [name for name in exports if name.startswith("run")]
    assert runs
    for name in runs:
        try:
            exports[name]()
        except zwasm.ExhaustionError:
            raise
        except zwasm.Trap:
            pass


def test_seeds_give_different_modules() -> None:
    assert len({generate(seed) for seed in range(20)}) == 20
