"""The committed modules of the benchmarks give on zwasm what they gave on wasmtime-py."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import zwasm
from bench import history
from bench.drivers.serving import checksum, digest
from bench.layers import LANGUAGES, LAYER_2, Benchmark, benchmarks, checksums
from bench.run import spread

OURS = [one for one in benchmarks() if one.layer < 4]


@cache
def module_of(path: Path) -> zwasm.Module:
    return zwasm.Module.from_file(path)


def small_result(benchmark: Benchmark) -> str:
    """What zwasm's default engine gives for the benchmark's n for tests."""
    module = module_of(benchmark.path)
    output = bytearray()
    with zwasm.Wasi(["program", str(benchmark.small)], stdout=output) as wasi:
        if benchmark.export is None:
            assert wasi.run(module) == 0
            return digest(bytes(output))
        instance = wasi.instantiate(module)
        if "_initialize" in instance.exports:
            wasi.start(instance)
        return checksum(instance.exports[benchmark.export](benchmark.small))


# Go's start-up is too much for an interpreter in Python.
SLOW = zwasm.Engine().name == "interp"


@pytest.mark.parametrize(
    "benchmark",
    [one for one in OURS if not (SLOW and one.name.startswith("2/go/"))],
    ids=lambda one: one.name,
)
def test_checksum(benchmark: Benchmark) -> None:
    assert small_result(benchmark) == checksums()[benchmark.name]


def test_every_benchmark_is_there() -> None:
    assert sorted(checksums()) == sorted(one.name for one in OURS)
    assert [one.name for one in OURS if not one.path.exists()] == []


def test_languages_agree() -> None:
    found = checksums()
    for name in LAYER_2:
        assert len({found[f"2/{language}/{name}"] for language in LANGUAGES}) == 1, name


def test_ratios_and_spread() -> None:
    ours = {"steady": [3.0, 0.1], "peak": [1.0, 0.0]}
    results = {"1/a": {"zwasm": ours, "wasmtime": {"steady": [2.0, 0.1]}}, "2/c/b": {"zwasm": ours}}
    found = history.ratios(results, ["1", "2"], "zwasm", "wasmtime")
    assert found == {"process": {}, "ready": {}, "steady": {"1/a": 1.5}, "peak": {}}
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == 1.0


def test_a_record_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", tmp_path / "history.jsonl")
    assert history.read() == []
    results = {"1/a": {"zwasm": {"steady": [0.123456, 0.01]}}}
    for _ in range(2):
        history.record(results, {"zwasm": "1"}, 5, "here")
    records = history.read()
    assert [record["runs"] for record in records] == [5, 5]
    assert records[0]["results"]["1/a"]["zwasm"]["steady"] == [0.1235, 0.01]
