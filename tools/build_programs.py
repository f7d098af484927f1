"""Builds well-known programs for WASI, which tests/programs runs: `python tools/build_programs.py`.

In: Debian's sources of SQLite, Lua, zlib, bzip2 and zstd, fetched by apt-get, and esbuild's module
from npm. Out: `NAME.wasm` in a folder (default: $ZWASM_PROGRAMS, or build/programs, which git
ignores). Nothing of theirs is in this repository. What is there already is kept.

Needs, on Debian 12,

    apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 dpkg-dev gcc make tcl npm
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "tests" / "programs" / "include"
EMULATED = ("signal", "process-clocks", "getpid", "mman")
ESBUILD = "@esbuild/wasi-preview1@0.27.2"


class Program:
    """How a program is built: Debian's source package, its files, and options for the compiler."""

    def __init__(self, package: str, sources: list[str], options: list[str]) -> None:
        self.package = package
        self.sources = sources  # patterns; those with ! in front are left out
        self.options = options  # SOURCE stands for the source folder


PROGRAMS = {
    "minigzip": Program("zlib", ["*.c", "test/minigzip.c"], ["-DHAVE_UNISTD_H"]),
    "bzip2": Program(
        "bzip2",
        [f"{name}.c" for name in "blocksort huffman crctable randtable compress".split()]
        + ["decompress.c", "bzlib.c", "bzip2.c"],
        [],
    ),
    "lua": Program("lua5.4", ["src/*.c", "!src/luac.c"], ["-lm"]),
    "zstd": Program(
        "libzstd",
        ["lib/common/*.c", "lib/compress/*.c", "lib/decompress/*.c"]
        + [f"programs/{name}.c" for name in "zstdcli util timefn fileio fileio_asyncio".split()],
        ["-ISOURCE/lib", "-ISOURCE/lib/common", "-DZSTD_DISABLE_ASM"]
        + [f"-DZSTD_NO{what}" for what in ("BENCH", "DICT", "TRACE")],
    ),
    "sqlite3": Program(
        "sqlite3",
        ["sqlite3.c", "shell.c"],
        [
            "-DSQLITE_THREADSAFE=0",
            "-DSQLITE_OMIT_LOAD_EXTENSION",
            "-DSQLITE_OMIT_WAL",
            "-DSQLITE_ENABLE_FTS5",
            "-DSQLITE_ENABLE_RTREE",
            "-DSQLITE_ENABLE_MATH_FUNCTIONS",
            '-DSQLITE_DEFAULT_UNIX_VFS="unix-none"',  # there are no locks
        ],
    ),
}


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def fetch(packages: list[str], scratch: Path) -> dict[str, Path]:
    """The unpacked sources of Debian's packages.

    The sources come from where the system's packages come from; its own lists stay as they are.
    """
    parts = scratch / "parts"
    for folder in (
        parts,
        scratch / "lists" / "partial",
        scratch / "cache" / "archives" / "partial",
    ):
        folder.mkdir(parents=True)
    system = Path("/etc/apt")
    for path in (system / "sources.list", *(system / "sources.list.d").glob("*")):
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text()
        if "debian" in text.lower():
            text = re.sub(r"^Types:.*$", "Types: deb-src", text, flags=re.MULTILINE)
            text = re.sub(r"^deb\s", "deb-src ", text, flags=re.MULTILINE)
            (parts / path.name).write_text(text)
    options = [
        f"-oDir::Etc::sourceparts={parts}",
        "-oDir::Etc::sourcelist=/dev/null",
        f"-oDir::State::lists={scratch / 'lists'}",
        f"-oDir::Cache={scratch / 'cache'}",
        "-oAPT::Sandbox::User=root",
    ]
    run(["apt-get", "-q", *options, "update"], scratch)
    run(["apt-get", "-q", *options, "source", "--download-only", *packages], scratch)
    found: dict[str, Path] = {}
    for package in packages:
        [description] = scratch.glob(f"{package}_*.dsc")
        run(["dpkg-source", "-x", description.name, package], scratch)
        found[package] = scratch / package
    return found


def compile_program(name: str, source: Path, target: Path, scratch: Path) -> None:
    program = PROGRAMS[name]
    if name == "sqlite3":  # the sources in one file are made
        run(["./configure", "--disable-shared"], source)
        run(["make", "sqlite3.c", "shell.c"], source)
    files: list[Path] = []
    for pattern in program.sources:
        if pattern.startswith("!"):
            files.remove(source / pattern[1:])
        else:
            files += sorted(source.glob(pattern))
    includes = {file.parent for file in files} if len(program.sources) > 2 else {source}
    flags = ["-O2", "-w", f"-I{INCLUDE}", "-include", "compat.h"]
    flags += [f"-I{folder}" for folder in sorted(includes)]
    flags += [f"-D_WASI_EMULATED_{what.upper().replace('-', '_')}" for what in EMULATED]
    flags += [option.replace("SOURCE", str(source)) for option in program.options]
    libraries = [f"-lwasi-emulated-{what}" for what in EMULATED]
    clang = os.environ.get("CLANG", "clang-19")
    result = scratch / target.name
    command = [clang, "--target=wasm32-wasi", *flags, *map(str, files), *libraries]
    run([*command, "-s", "-Wl,-z,stack-size=1048576", "-o", str(result)], scratch)
    shutil.copyfile(result, target)


def fetch_esbuild(target: Path, scratch: Path) -> None:
    run(["npm", "pack", "--silent", ESBUILD], scratch)
    [archive] = scratch.glob("*.tgz")
    with tarfile.open(archive) as tar:
        source = tar.extractfile("package/esbuild.wasm")
        if source is None:
            sys.exit(f"{ESBUILD} has no esbuild.wasm")
        target.write_bytes(source.read())


def main() -> None:
    parser = argparse.ArgumentParser(description="Build programs for WASI.")
    names = [*PROGRAMS, "esbuild"]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all")
    default = os.environ.get("ZWASM_PROGRAMS") or ROOT / "build" / "programs"
    parser.add_argument("--folder", type=Path, default=Path(default))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in names]
    if unknown:
        parser.error(f"no programs {', '.join(unknown)}")
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in options.names or names if not (folder / f"{name}.wasm").exists()]
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        scratch = Path(temporary)
        jobs = []
        if "esbuild" in wanted:
            jobs.append(pool.submit(fetch_esbuild, folder / "esbuild.wasm", scratch))
            wanted.remove("esbuild")
        sources = fetch([PROGRAMS[name].package for name in wanted], scratch) if wanted else {}
        for name in reversed(wanted):  # SQLite, which takes longest, goes first
            source = sources[PROGRAMS[name].package]
            jobs.append(
                pool.submit(compile_program, name, source, folder / f"{name}.wasm", scratch)
            )
        for job in jobs:
            job.result()
    for path in sorted(folder.glob("*.wasm")):
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
