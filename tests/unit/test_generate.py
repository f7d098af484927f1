"""The generator of random modules: what it writes is valid, ends, and has every instruction."""

from __future__ import annotations

import pytest

import zwasm
from tools.generate import generate, host_functions
from zwasm.isa import BY_NAME
from zwasm.isa import row as r


def run(text: str, engine: zwasm.Engine) -> None:
    """Call all that a module exports."""
    store = zwasm.Store(engine, timeout=60)
    imports = {"host": host_functions([])}
    exports = zwasm.Instance(zwasm.Module(text, engine=engine), imports, store=store).exports
    runs = [name for name in exports if name.startswith("run")]
    assert runs
    for name in runs:
        try:
            exports[name]()
        except zwasm.ExhaustionError:
            raise
        except zwasm.Trap:
            pass


@pytest.mark.parametrize("seed", range(20))
def test_generated_modules_run(seed: int) -> None:
    text = generate(seed, "none")
    assert text == generate(seed, "none")
    run(text, zwasm.Engine())


@pytest.mark.parametrize("relaxed", ["", "native", "deterministic"])
@pytest.mark.parametrize("seed", range(10))
def test_generated_vector_code_runs(seed: int, relaxed: str) -> None:
    text = generate(seed, "only", relaxed)
    assert text == generate(seed, "only", relaxed)
    run(text, zwasm.Engine(relaxed_simd=relaxed or "native"))


def test_seeds_give_different_modules() -> None:
    assert len({generate(seed) for seed in range(20)}) == 20


def test_a_third_of_the_modules_has_vector_code() -> None:
    count = sum("v128" in generate(seed, "some") for seed in range(150))
    assert 30 < count < 70
    assert not any("v128" in generate(seed, "none") for seed in range(20))


@pytest.mark.parametrize("relaxed", ["", "native", "deterministic"])
def test_every_vector_instruction_appears(relaxed: str) -> None:
    wanted = {
        name
        for name, row in BY_NAME.items()
        if row.feature == r.SIMD or (relaxed and row.feature == r.RELAXED_SIMD)
    }
    assert len(wanted) == (256 if relaxed else 236)
    words: set[str] = set()
    for seed in range(100):
        words.update(generate(seed, "only", relaxed).split())
    assert wanted - words == set()
    relaxed_words = {word for word in words if ".relaxed_" in word}
    assert bool(relaxed_words) == bool(relaxed)
