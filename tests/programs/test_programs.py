"""Well-known programs do their work as they do on wasmtime-py.

Each job is run by `zwasm run` and by wasmtime-py, in folders with equal files; what is printed,
the exit code and the files afterwards must be the same. `tools/build_programs.py` builds the
programs, into the folder that ZWASM_PROGRAMS names or into build/programs; without them the tests
are skipped.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = Path(os.environ.get("ZWASM_PROGRAMS") or ROOT / "build" / "programs")
JOBS = HERE / "jobs"

# Name -> the program, the job files that it gets, and for each of its runs the arguments and the
# file that is its standard input, if any.
QUIET = "--log-level=warning"  # else esbuild says how long it took
Runs = list[tuple[list[str], str | None]]
CASES: dict[str, tuple[str, list[str], Runs]] = {
    "sqlite3: a tour": ("sqlite3", ["tour.sql"], [(["-batch", "/tour.db"], "tour.sql")]),
    "sqlite3: a file is read again": (
        "sqlite3",
        ["tour.sql"],
        [
            (["-batch", "/tour.db"], "tour.sql"),
            (["-json", "/tour.db", "select * from person natural left join visit limit 9"], None),
            (["/tour.db", "select * from nothing"], None),
        ],
    ),
    "lua: a tour": ("lua", ["tour.lua"], [(["/tour.lua", "one", "two"], "tour.lua")]),
    "lua: expressions": (
        "lua",
        [],
        [(["-v", "-e", "print(('x'):rep(10), 10 // 3)", "-e", "os.exit(3)"], None)],
    ),
    "minigzip: there and back": (
        "minigzip",
        ["text", "noise"],
        [(["-9", "/text"], None), (["-d", "/text.gz"], None), (["-1", "/noise"], None)],
    ),
    "bzip2: there and back": (
        "bzip2",
        ["text", "noise"],
        [
            (["-k", "/text", "/noise"], None),
            (["-tv", "/text.bz2"], None),
            (["-dc", "/noise.bz2"], None),
            (["-d", "/text"], None),
        ],
    ),
    "zstd: there and back": (
        "zstd",
        ["text", "noise"],
        [
            (["-q", "-1", "/text", "-o", "/fast.zst"], None),
            (["-q", "-12", "/text", "/noise"], None),
            (["-q", "-d", "/text.zst", "-o", "/back"], None),
            (["-q", "-t", "/fast.zst", "/text"], None),
        ],
    ),
    "esbuild: its version": ("esbuild", [], [(["--version"], None)]),
    "esbuild: a bundle": (
        "esbuild",
        ["app.ts", "shapes.ts", "names.json"],
        [
            (
                ["/app.ts", "--bundle", "--minify", "--sourcemap", "--outfile=/out/app.js", QUIET],
                None,
            ),
            (["/app.ts", "--bundle", "--target=es2017", "--format=cjs"], None),
        ],
    ),
    "esbuild: files of other kinds": (
        "esbuild",
        ["view.jsx", "style.css", "names.json"],
        [(["/view.jsx", "/style.css", "/names.json", "--outdir=/out", "--minify", QUIET], None)],
    ),
    "esbuild: an error": ("esbuild", [], [(["--loader=ts"], "wrong.ts")]),
}


def text() -> bytes:
    """Text that packs well, always the same."""
    rnd = random.Random(1)
    words = [bytes(rnd.choices(b"abcdefghijklmnop", k=rnd.randrange(1, 9))) for _ in range(800)]
    return b" ".join(words[min(rnd.randrange(800), rnd.randrange(800))] for _ in range(40000))


def fill(folder: Path, files: list[str]) -> None:
    folder.mkdir()
    for name in files:
        if name == "text":
            (folder / name).write_bytes(text())
        elif name == "noise":
            (folder / name).write_bytes(random.Random(2).randbytes(30000))
        else:
            shutil.copyfile(JOBS / name, folder / name)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(command: list[str], stdin: Path | None) -> tuple[int, bytes, bytes]:
    given = b"" if stdin is None else stdin.read_bytes()
    done = subprocess.run(command, input=given, capture_output=True, timeout=900)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("case", CASES)
def test_program(case: str, tmp_path: Path) -> None:
    pytest.importorskip("wasmtime", reason="wasmtime-py, the peer, is not installed")
    program, files, runs = CASES[case]
    module = PROGRAMS / f"{program}.wasm"
    if not module.exists():
        pytest.skip(f"no {module}: python tools/build_programs.py builds it")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    fill(ours, files)
    fill(theirs, files)
    for arguments, stdin in runs:
        source = None if stdin is None else JOBS / stdin
        expected = run(
            [sys.executable, str(HERE / "peer.py"), str(theirs), str(module), *arguments], source
        )
        found = run(
            [sys.executable, "-m", "zwasm", "run", "--dir", f"{ours}::/", str(module), *arguments],
            source,
        )
        assert found == expected
    assert contents(ours) == contents(theirs)
