"""Profiles: `zwasm run --profile`, its other forms, and `zwasm.Profiler`."""

from __future__ import annotations

import json
import os
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import zwasm
from tests.cli.command import Result, invoke
from zwasm.profile import perfmap
from zwasm.profile.data import Profile
from zwasm.runtime.engine import why_not

needs_code = pytest.mark.skipif(bool(why_not("baseline")), reason="there is no machine code")

# Runs until it is stopped: hot for most of the time, cold a little.
SPIN = """
  (func $spin (param $n i32)
    (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $hot (call $work))
  (func $work (local $n i32)
    (local.set $n (i32.const 100000))
    (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $cold (local $n i32)
    (local.set $n (i32.const 5000))
    (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $forever (export "forever") (loop (call $hot) (call $cold) (br 0)))
"""
PROGRAM = f"""(module $guest
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  {SPIN}
  (func (export "_start") (call $spin (i32.const 30000000)) (call $exit (i32.const 7)))
  (func (export "fail") (call $spin (i32.const 30000000)) (unreachable)))
"""
# 10 turns of 3 instructions (loop, i32.sub, br_if), and 2 others.
LOOP = """(module
  (func $loop (param $n i32)
    (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "run") (call $loop (i32.const 10)) (call $loop (i32.const 1))))
"""


def run(*args: object) -> Result:
    return invoke("run", *args)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "guest.wat"
    path.write_text(PROGRAM)
    return path


def spin(text: str, seconds: float, **imports: object) -> zwasm.Profiler:
    """The profile of a module's export `forever`, which is stopped after some time."""
    engine = zwasm.Engine("baseline", compile="eager")
    store = zwasm.Store(engine, timeout=seconds)
    module = zwasm.Module(text, engine=engine)
    instance = zwasm.Instance(module, {"env": imports}, store=store)
    with zwasm.Profiler() as profiler, pytest.raises(zwasm.ExhaustionError):
        instance.exports.forever()
    return profiler


def stacks(profile: Profile | None) -> dict[tuple[str, ...], int]:
    """The weights by the names on the stacks."""
    found: dict[tuple[str, ...], int] = {}
    assert profile is not None
    for lane in profile.lanes.values():
        for number, weight in lane:
            names = tuple(profile.names[function] for function in profile.stacks[number])
            found[names] = found.get(names, 0) + weight
    return found


def interpret(text: str, name: str, *args: object, **imports: object) -> zwasm.Profiler:
    store = zwasm.Store(zwasm.Engine("interp"))
    instance = zwasm.Instance(zwasm.Module(text), {"env": imports}, store=store)
    with zwasm.Profiler() as profiler:
        try:
            instance.exports[name](*args)
        except zwasm.Trap:
            pass
    return profiler


# Samples of machine code


@needs_code
def test_the_hot_function_comes_first() -> None:
    profiler = spin(f"(module {SPIN})", 0.5)
    rows = {row.name: row for row in profiler.functions()}
    assert profiler.functions()[0].name == "work"
    assert profiler.samples is not None
    weight = profiler.samples.weight
    # On a busy machine a tick may come late, but it is counted; half of them is far from all.
    assert weight > 0.25 * profiler.rate * profiler.seconds
    assert rows["work"].self > 0.7 * weight
    assert rows["cold"].self < 0.3 * weight
    assert rows["hot"].self < 0.1 * weight
    assert rows["hot"].total >= rows["work"].total > 0
    assert rows["forever"].total > 0.98 * weight
    assert profiler.instructions is None


@needs_code
def test_callers_stand_above_callees() -> None:
    found = stacks(spin(f"(module $m {SPIN})", 0.3).samples)
    assert found[("m!forever", "m!hot", "m!work")] > 0
    order = {
        "m!forever": ("m!hot", "m!cold"),
        "m!hot": ("m!work",),
    }
    for stack in found:
        for caller, callee in pairwise(stack):
            assert callee in order[caller]


@needs_code
def test_host_functions_have_names_and_callers() -> None:
    text = """(module (import "env" "doze" (func $doze))
      (func $inner (call $doze)) (func (export "forever") (loop (call $inner) (br 0))))"""
    profiler = spin(text, 0.4, doze=lambda: time.sleep(0.05))
    found = stacks(profiler.samples)
    assert found[("forever", "inner", "env.doze [host]")] > 0.9 * sum(found.values())


@needs_code
def test_calls_of_host_functions_back_into_code() -> None:
    text = f"""(module (import "env" "back" (func $back)) {SPIN}
      (func (export "again") (call $back)))"""
    store = zwasm.Store(zwasm.Engine("baseline"), timeout=0.3)
    exports: Any = None

    def back() -> None:
        time.sleep(0.1)
        exports.forever()

    exports = zwasm.Instance(zwasm.Module(text), {"env": {"back": back}}, store=store).exports
    with zwasm.Profiler() as profiler, pytest.raises(zwasm.ExhaustionError):
        exports.again()
    found = stacks(profiler.samples)
    # What passed in the host function before is not the callee's.
    assert found[("again", "[host]")] > 0
    assert found[("again", "[host]", "forever", "hot", "work")] > 0
    assert {stack[0] for stack in found} <= {"again", "[compiler]"}


@needs_code
def test_the_middle_of_deep_stacks_is_left_out() -> None:
    text = f"""(module {SPIN}
      (func $down (param $n i32)
        (if (local.get $n)
          (then (call $down (i32.sub (local.get $n) (i32.const 1))))
          (else (call $forever))))
      (func $dive (call $down (i32.const 5000)))
      (export "dive" (func $dive)))"""
    store = zwasm.Store(zwasm.Engine("baseline"), timeout=0.3)
    instance = zwasm.Instance(zwasm.Module(text), store=store)
    with zwasm.Profiler() as profiler, pytest.raises(zwasm.ExhaustionError):
        instance.exports.dive()
    deepest = max(stacks(profiler.samples), key=len)
    assert deepest[0] == "dive"
    assert deepest[-1] in ("work", "cold", "hot", "forever", "[compiler]")
    assert deepest.count("[...]") == 1
    assert 100 < len(deepest) < 200


@needs_code
def test_threads() -> None:
    module = zwasm.Module(f"(module {SPIN})")
    engine = zwasm.Engine("baseline")

    def work() -> None:
        store = zwasm.Store(engine, timeout=0.4)
        with pytest.raises(zwasm.ExhaustionError):
            zwasm.Instance(module, store=store).exports.forever()

    with zwasm.Profiler() as profiler:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    profile = profiler.samples
    assert profile is not None
    assert len(profile.lanes) == 2
    assert all(sum(weight for _, weight in lane) > 100 for lane in profile.lanes.values())
    assert profiler.functions()[0].name == "work"
    document = json.loads(profiler.speedscope())
    assert len(document["profiles"]) == 2


@needs_code
def test_eager_code_and_short_calls() -> None:
    engine = zwasm.Engine("baseline", compile="eager")
    instance = zwasm.Instance(
        zwasm.Module(f'(module {SPIN} (export "hot" (func $hot)))', engine=engine)
    )
    with zwasm.Profiler(rate=5000) as profiler:
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            instance.exports.hot()
    assert profiler.functions()[0].name == "work"
    assert ("hot", "work") in stacks(profiler.samples)


@needs_code
def test_nothing_is_sampled_when_no_profiler_is_open() -> None:
    from zwasm import _native

    with pytest.raises(RuntimeError, match="no samples are taken"):
        _native.take_samples()
    with zwasm.Profiler() as profiler:
        pass
    assert profiler.samples is None
    assert profiler.functions() == []


def test_one_profiler_at_a_time() -> None:
    with zwasm.Profiler(), pytest.raises(RuntimeError, match="open already"):
        zwasm.Profiler().__enter__()
    with pytest.raises(ValueError, match="rate is 0"):
        zwasm.Profiler(rate=0)


# Counts of the interpreter


def test_counts_are_exact() -> None:
    profiler = interpret(LOOP, "run")
    assert profiler.operations == {
        "br_if": 11,
        "i32.sub": 11,
        "loop": 11,
        "return": 3,
        "call": 2,
        "copy": 2,
    }
    rows = profiler.functions()
    assert [row.name for row in rows] == ["loop", "run"]
    assert rows[0].self == rows[0].total == 35
    assert rows[1].self == 5
    assert rows[1].total == 40
    assert profiler.samples is None
    assert stacks(profiler.instructions) == {("run",): 5, ("run", "loop"): 35}


def test_counts_up_to_a_trap() -> None:
    text = """(module
      (func $f (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
      (func (export "run") (drop (call $f (i32.const 0))) (drop (call $f (i32.const 1)))))"""
    profiler = interpret(text, "run")
    assert profiler.operations["i32.div_s"] == 1
    assert profiler.operations["call"] == 1
    assert "return_one" not in profiler.operations


def test_counts_of_recursion_and_of_tail_calls() -> None:
    text = """(module
      (func $even (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
        (return_call $odd (i32.sub (local.get $n) (i32.const 1))))
      (func $odd (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (return_call $even (i32.sub (local.get $n) (i32.const 1))))
      (func $down (param $n i32)
        (if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1))))))
      (func $run (export "run") (result i32)
        (call $down (i32.const 1000)) (call $even (i32.const 7))))"""
    profiler = interpret(text, "run")
    rows = {row.name: row for row in profiler.functions()}
    assert profiler.operations["return_call"] == 7
    assert rows["even"].total == rows["even"].self
    assert rows["odd"].total == rows["odd"].self
    assert rows["down"].total == rows["down"].self
    assert rows["run"].total == sum(row.self for row in rows.values())
    found = stacks(profiler.instructions)
    assert ("run", "odd") in found
    assert max(map(len, found)) <= 200


def test_counts_of_nested_activations() -> None:
    text = """(module (import "env" "back" (func $back)) (func $leaf (export "leaf"))
      (func (export "run") (call $back) (call $leaf)))"""
    exports: Any = None
    store = zwasm.Store(zwasm.Engine("interp"))
    imports = {"env": {"back": lambda: exports.leaf()}}
    exports = zwasm.Instance(zwasm.Module(text), imports, store=store).exports
    exports.run()  # code that does not count is there already
    with zwasm.Profiler() as profiler:
        exports.run()
        exports.leaf()
    assert stacks(profiler.instructions) == {("run",): 3, ("run", "leaf"): 2, ("leaf",): 1}
    with zwasm.Profiler() as second:
        exports.leaf()
    assert stacks(second.instructions) == {("leaf",): 1}
    exports.run()
    assert stacks(second.instructions) == {("leaf",): 1}


def test_counting_does_not_change_what_happens() -> None:
    text = """(module (func (export "run") (param $n i32) (result i32) (local $sum i32)
      (loop $top
        (block $c (block $b (block $a
          (br_table $a $b $c (i32.and (local.get $n) (i32.const 3))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 100))) (br $c))
          (local.set $sum (i32.add (local.get $sum) (i32.const 10))))
        (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
        (br_if $top (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))"""
    store = zwasm.Store(zwasm.Engine("interp"))
    exports = zwasm.Instance(zwasm.Module(text), store=store).exports
    plain = exports.run(50)
    with zwasm.Profiler():
        assert exports.run(50) == plain
    assert exports.run(50) == plain


# The command


@needs_code
def test_table_of_a_program_that_exits(program: Path) -> None:
    result = run("--profile", program)
    assert result.exit_code == 7
    lines = result.stderr.splitlines()
    assert lines[0].startswith("zwasm: profile: engine baseline, ")
    assert "samples at 997 a second" in lines[0]
    assert lines[2].split() == ["self", "total", "samples", "function"]
    assert lines[3].endswith("  guest!spin")
    assert result.stdout == ""


@needs_code
def test_table_of_a_trap(program: Path) -> None:
    result = run("--profile", "--invoke", "fail", program)
    assert result.exit_code == 134
    assert "guest!spin" in result.stderr
    assert "zwasm: trap: unreachable" in result.stderr


def test_table_of_the_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "loop.wat"
    path.write_text(LOOP)
    result = run("--profile=table", "--engine", "interp", "--invoke", "run", path)
    assert result.exit_code == 0, result.output
    assert "engine interp, " in result.stderr
    assert any(line.split()[2:] == ["35", "loop"] for line in result.stderr.splitlines())
    assert any(line.split()[1:] == ["11", "i32.sub"] for line in result.stderr.splitlines())


def test_at_most_twenty_rows(tmp_path: Path) -> None:
    path = tmp_path / "many.wat"
    functions = "".join(f"(func $f{i})" for i in range(30))
    calls = "".join(f"(call $f{i})" for i in range(30))
    path.write_text(f'(module {functions} (func (export "run") {calls}))')
    result = run("--profile", "--engine", "interp", "--invoke", "run", path)
    assert "... and 11 more" in result.stderr


def check_speedscope(text: str) -> dict[str, Any]:
    """Check what the format's schema requires."""
    document: dict[str, Any] = json.loads(text)
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = document["shared"]["frames"]
    assert all(isinstance(frame["name"], str) for frame in frames)
    assert document["profiles"]
    for profile in document["profiles"]:
        assert profile["type"] == "sampled"
        assert profile["unit"] in ("none", "seconds")
        assert isinstance(profile["name"], str)
        assert profile["startValue"] == 0
        assert len(profile["samples"]) == len(profile["weights"])
        assert profile["endValue"] == pytest.approx(sum(profile["weights"]))
        assert all(weight > 0 for weight in profile["weights"])
        for stack in profile["samples"]:
            assert stack
            assert all(0 <= frame < len(frames) for frame in stack)
    return document


@needs_code
def test_flame(program: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    result = run("--profile=flame", "-o", target, program)
    assert result.exit_code == 7
    assert result.output == ""
    document = check_speedscope(target.read_text())
    names = [frame["name"] for frame in document["shared"]["frames"]]
    profile = document["profiles"][0]
    shown = [[names[frame] for frame in stack] for stack in profile["samples"]]
    assert ["guest!_start", "guest!spin"] in shown
    assert profile["unit"] == "seconds"
    assert 0 < profile["endValue"] < 60


def test_flame_of_the_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "loop.wat"
    path.write_text(LOOP)
    target = tmp_path / "out.json"
    arguments = ["--engine", "interp", "--invoke", "run", path]
    assert run("--profile=flame", "--output", target, *arguments).exit_code == 0
    document = check_speedscope(target.read_text())
    assert document["profiles"][0]["unit"] == "none"
    assert 35 in document["profiles"][0]["weights"]
    missing = tmp_path / "missing" / "out.json"
    failed = run("--profile=flame", "-o", missing, *arguments)
    assert failed.exit_code == 1
    assert "No such file or directory" in failed.stderr


def test_options_that_do_not_fit(program: Path) -> None:
    assert "needs -o FILE" in run("--profile=flame", program).output
    assert "-o is for --profile=flame" in run("--profile", "-o", "x", program).output
    assert run("--profile=nonsense", program).exit_code == 2
    result = run("--profile=perf", "--engine", "interp", program)
    assert result.exit_code == 1
    assert "needs machine code" in result.output


def test_the_option_is_the_guests_behind_the_file(tmp_path: Path) -> None:
    path = tmp_path / "echo.wat"
    path.write_text(
        '(module (func (export "f") (param externref) (result externref) (local.get 0)))'
    )
    result = run("--env", "A=--profile", "--invoke", "f", path, "--profile")
    assert result.output == "--profile\n"


# Perf maps


def read_map(path: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for line in path.read_text().splitlines():
        start, size, name = line.split(" ", 2)
        found[name] = (int(start, 16), int(size, 16))
    return found


@needs_code
@pytest.mark.parametrize("compile", ["lazy", "eager"])
def test_perf_map(compile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zwasm.baseline.machine import CompiledModule

    monkeypatch.setattr(perfmap, "FOLDER", str(tmp_path))
    text = """(module $m (func $f) (func (export "a\\0ab c")) (func $g (call $f))
      (export "g" (func $g)))"""
    engine = zwasm.Engine("baseline", compile=compile)
    instance = zwasm.Instance(zwasm.Module(text, engine=engine))
    path = tmp_path / f"perf-{os.getpid()}.map"
    with perfmap.PerfMap() as perf_map:
        assert perf_map.path == str(path)
        exports = instance.exports
        before = read_map(path)
        exports["a\nb c"]()
        exports.g()
    found = read_map(path)
    names = {"wasm:m!f", "wasm:m!a?b c", "wasm:m!g"}
    assert names <= set(found)
    assert names.isdisjoint(before) == (compile == "lazy")
    exports_module = next(
        module
        for module in exports.g.instance.info.compiled.values()
        if isinstance(module, CompiledModule)
    )
    for index, name in enumerate(["wasm:m!f", "wasm:m!a?b c", "wasm:m!g"]):
        start, size = found[name]
        offset = exports_module.code.entry(index)
        assert start == exports_module.base + offset
        assert exports_module.compiler.function_at(offset + size - 1) == index
    assert path.stat().st_mode & 0o777 == 0o600


@needs_code
def test_perf_map_of_a_run(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perfmap, "FOLDER", str(tmp_path))
    assert run("--profile=perf", program).exit_code == 7
    found = read_map(tmp_path / f"perf-{os.getpid()}.map")
    assert "wasm:guest!spin" in found
    assert "wasm:guest!work" not in found  # not called, so not compiled


@needs_code
def test_a_perf_map_follows_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perfmap, "FOLDER", str(tmp_path))
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / f"perf-{os.getpid()}.map").symlink_to(target)
    with perfmap.PerfMap():
        pass
    assert target.read_text() == "kept"
    monkeypatch.setattr(perfmap, "FOLDER", str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError):
        perfmap.PerfMap().open()
