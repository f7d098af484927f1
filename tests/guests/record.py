#!/usr/bin/env python3
"""Runs the cases of cases.json and calls.json on wasmtime, the reference.

    python tests/guests/record.py               run all, write down what happened
    python tests/guests/record.py --check       run all, say what differs
    python tests/guests/record.py --check lz    only cases with "lz" in the name
    python tests/guests/record.py --own         run the cases that wasmtime cannot judge on zwasm

Needs the package `wasmtime` from PyPI. README.md in this folder describes the
two files. To add a case, write it without "expect" and record. What --own
writes is what zwasm does, so read it before it is committed.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import wasmtime

GUESTS = Path(__file__).resolve().parent
ROOT = GUESTS.parent.parent
FUEL = 10**13

config = wasmtime.Config()
config.consume_fuel = True
config.cache = True
engine = wasmtime.Engine(config)
modules: dict[str, wasmtime.Module] = {}

Json = dict[str, Any]
Content = str | dict[str, str]  # a text, or {"base64": ...} or {"copy": ...}


def load(guest: str) -> wasmtime.Module:
    if guest not in modules:
        modules[guest] = wasmtime.Module.from_file(engine, str(ROOT / guest))
    return modules[guest]


def to_bytes(content: Content) -> bytes:
    """A text as it stands in the JSON: a string, base64, or a file to copy."""
    if isinstance(content, str):
        return content.encode()
    if "copy" in content:
        return (ROOT / content["copy"]).read_bytes()
    return base64.b64decode(content["base64"])


def to_json(content: bytes) -> Content:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def lay_out(folder: Path, files: dict[str, Content], links: dict[str, str]) -> None:
    """Files whose name ends in / are folders."""
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_bytes(content))
    for name, target in links.items():
        os.symlink(target, folder / name)


def tree(folder: Path, without: Path | None = None) -> tuple[dict[str, Content], dict[str, str]]:
    """What is in a folder, in the form that lay_out takes."""
    files: dict[str, Content] = {}
    links: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if without in path.parents:
            continue
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links[name] = os.readlink(path)
        elif path.is_dir():
            files[name + "/"] = ""
        else:
            files[name] = to_json(path.read_bytes())
    return files, links


def rough(number: int) -> int:
    """The number to two digits, enough to say how long a case takes."""
    if number < 100:
        return number
    return round(number, 2 - len(str(number)))


def run_case(case: Json) -> Json:
    """Runs one case; returns its "expect"."""
    with tempfile.TemporaryDirectory() as scratch:
        outer = Path(scratch, "outer")
        granted = outer / "granted"
        granted.mkdir(parents=True)
        second = Path(scratch, "second")
        second.mkdir()
        lay_out(granted, case.get("files", {}), case.get("links", {}))
        lay_out(outer, case.get("outside", {}), {})
        stdin, stdout, stderr = (Path(scratch, name) for name in ("in", "out", "err"))
        stdin.write_bytes(to_bytes(case.get("stdin", "")))

        wasi = wasmtime.WasiConfig()
        wasi.argv = [Path(case["guest"]).name, *case.get("args", [])]
        wasi.env = list(case.get("env", {}).items())
        wasi.stdin_file = str(stdin)
        wasi.stdout_file = str(stdout)
        wasi.stderr_file = str(stderr)
        if "dir" in case:
            wasi.preopen_dir(str(granted), case["dir"], not case.get("readonly", False))
        if "second" in case:
            wasi.preopen_dir(str(second), case["second"])
        store = wasmtime.Store(engine)
        store.set_fuel(FUEL)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()

        before = tree(granted)
        outside = tree(outer, granted)
        code, trap = 0, False
        try:
            instance = linker.instantiate(store, load(case["guest"]))
            start = instance.exports(store)["_start"]
            assert isinstance(start, wasmtime.Func)
            start(store)
        except wasmtime.ExitTrap as ending:
            code = ending.code
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            trap = True
            if "wasm trap" not in str(error):
                raise
        fuel = FUEL - store.get_fuel()
        store.close()

        if tree(outer, granted) != outside:
            raise AssertionError(f"{case['name']}: the guest changed files outside its folder")
        expect: Json
        if trap:
            expect = {"trap": True, "stdout": to_json(stdout.read_bytes())}
        else:
            expect = {
                "exit": code,
                "stdout": to_json(stdout.read_bytes()),
                "stderr": to_json(stderr.read_bytes()),
            }
        after = tree(granted)
        if after != before:
            expect["files"] = after[0]
            if after[1] != before[1]:
                expect["links"] = after[1]
        expect["instructions"] = rough(fuel)
        return expect


def run_own(case: Json) -> Json:
    """Runs one case on zwasm; returns its "expect"."""
    with tempfile.TemporaryDirectory() as scratch:
        granted = Path(scratch, "granted")
        granted.mkdir()
        lay_out(granted, case.get("files", {}), case.get("links", {}))
        before = tree(granted)
        command = [sys.executable, "-m", "zwasm", "run"]
        if "dir" in case:
            command += ["--dir", f"{granted}::{case['dir']}{':ro' if case.get('readonly') else ''}"]
        for name, value in case.get("env", {}).items():
            command += ["--env", f"{name}={value}"]
        command += [str(ROOT / case["guest"]), *case.get("args", [])]
        done = subprocess.run(
            command, input=to_bytes(case.get("stdin", "")), capture_output=True, check=False
        )
        expect: Json = {
            "exit": done.returncode,
            "stdout": to_json(done.stdout),
            "stderr": to_json(done.stderr),
        }
        after = tree(granted)
        if after != before:
            expect["files"] = after[0]
            if after[1] != before[1]:
                expect["links"] = after[1]
        return expect


def check_differences(case: Json) -> None:
    """Raises AssertionError if wasmtime no longer prints a line that zwasm is said to print
    otherwise."""
    for difference in case.get("differs", []):
        printed = to_bytes(case["expect"]["stdout"]).decode().splitlines()
        for line in difference["lines"]:
            if line not in printed:
                raise AssertionError(f"{case['name']}: wasmtime does not print {line!r}")


def number_to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def run_calls(group: Json) -> list[list[Any]]:
    """Runs the calls of one module in one instance, in order."""

    def abort(*_: object) -> None:
        raise RuntimeError("the guest called abort")

    store = wasmtime.Store(engine)
    store.set_fuel(FUEL)
    store.set_wasi(wasmtime.WasiConfig())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = load(group["guest"])
    for needed in module.imports:
        if (needed.module, needed.name) == ("env", "abort"):
            assert isinstance(needed.type, wasmtime.FuncType)
            linker.define(store, "env", "abort", wasmtime.Func(store, needed.type, abort))
    exports = linker.instantiate(store, module).exports(store)
    done = []
    for name, arguments, *_ in group["calls"]:
        try:
            func = exports[name]
            assert isinstance(func, wasmtime.Func)
            result = func(store, *map(float_or_int, arguments))
            done.append([name, arguments, number_to_json(result)])
        except (wasmtime.Trap, wasmtime.WasmtimeError, RuntimeError):
            done.append([name, arguments, {"trap": True}])
    return done


def float_or_int(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def same(case: Json, expect: Json) -> bool:
    def shown(e: Json | None) -> Json:
        loose = {"instructions", *case.get("loose", [])}
        return {key: value for key, value in (e or {}).items() if key not in loose}

    return shown(case.get("expect")) == shown(expect)


def dump_cases(cases: list[Json]) -> str:
    return json.dumps(cases, indent=2, ensure_ascii=False) + "\n"


def dump_calls(groups: list[Json]) -> str:
    """One call a line."""
    texts = []
    for group in groups:
        calls = ",\n".join("      " + json.dumps(call) for call in group["calls"])
        texts.append(
            f'  {{\n    "guest": {json.dumps(group["guest"])},\n'
            f'    "calls": [\n{calls}\n    ]\n  }}'
        )
    return "[\n" + ",\n".join(texts) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Record what the guests do on wasmtime.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--own", action="store_true", help="run the cases with `own` on zwasm")
    parser.add_argument("words", nargs="*", help="only cases with one of these in the name")
    options = parser.parse_args()

    def wanted(name: str) -> bool:
        return not options.words or any(word in name for word in options.words)

    different = 0
    cases_path, calls_path = GUESTS / "cases.json", GUESTS / "calls.json"
    cases = json.loads(cases_path.read_text(encoding="utf-8"))
    for case in cases:
        if not wanted(case["name"]) or ("own" in case) != options.own:
            continue
        expect = run_own(case) if options.own else run_case(case)
        if not same(case, expect):
            different += 1
            print("differs:" if options.check else "changed:", case["name"])
        case["expect"] = expect
        check_differences(case)
    groups = json.loads(calls_path.read_text(encoding="utf-8"))
    for group in groups:
        if options.own or not wanted(group["guest"]):
            continue
        calls = run_calls(group)
        if calls != group["calls"]:
            different += 1
            print("differs:" if options.check else "changed:", group["guest"])
        group["calls"] = calls

    if options.check:
        print(f"{different} differ")
        return 1 if different else 0
    cases_path.write_text(dump_cases(cases), encoding="utf-8")
    calls_path.write_text(dump_calls(groups), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
