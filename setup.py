"""Build zwasm: compiled by mypyc where a C compiler works, else as pure Python.

`ZWASM_PURE=1` asks for pure Python, `ZWASM_PURE=0` for a failure where compiling is not
possible. A compiled package has the C extension `zwasm._native` too, and where that can run
machine code the stencils of the baseline engine, which LLVM makes (tools/gen_stencils.py).
`ZWASM_STENCILS=FILE` names a table of them that was made before from the same sources, so that
LLVM is not needed.

Editable installs are always pure Python, so that no edit is ever shadowed by older compiled code;
for the same reason nothing is ever built into the source tree, and every build starts from an
empty directory. Everything that does not depend on the machine is in pyproject.toml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import BaseError, CCompilerError, ExecError

MYPY = "mypy>=2.4.1,<2.5"
LLVMLITE = "llvmlite>=0.45"
PURE_HINT = "set ZWASM_PURE=1 to install zwasm as pure Python"
STENCILS = os.environ.get("ZWASM_STENCILS", "")
ROOT = Path(__file__).parent
PACKAGE = ROOT / "src" / "zwasm"

# Everything under src/zwasm is compiled but package inits and these.
NOT_COMPILED = {
    "__main__.py": "runs once, and as a script",
    "_build.py": "looks at the others from outside",
    "api.py": "as runtime",
    "baseline/raw_aarch64.py": "as baseline/stencil.py",
    "baseline/raw_x86.py": "as baseline/stencil.py",
    "baseline/stencil.py": "runs when the package is built, before anything is compiled",
    "baseline/stencil_aarch64.py": "as baseline/stencil.py",
    "baseline/stencil_check.py": "as baseline/stencil.py",
    "baseline/stencil_common.py": "as baseline/stencil.py",
    "baseline/stencil_file.py": "as baseline/stencil.py",
    "baseline/stencil_ir.py": "as baseline/stencil.py",
    "baseline/stencil_magic.py": "as baseline/stencil.py",
    "baseline/stencil_object.py": "as baseline/stencil.py",
    "baseline/stencil_vector_ir.py": "as baseline/stencil.py",
    "baseline/stencil_vectors.py": "as baseline/stencil.py",
    "baseline/stencil_x86.py": "as baseline/stencil.py",
    "cli": "runs once, and is mostly calls of argparse",
    "errors.py": "users subclass and pickle errors, and raising them is never hot",
    "instances/func.py": "as instances/memory_object.py",
    "instances/memory_object.py": "its class has a base class that depends on the platform",
    "profile": "as runtime",
    "runtime": "users subclass and pickle its classes and ask for help on them; nothing is hot",
    "wasi/command.py": "as runtime",
    "wasi/directory.py": "as runtime",
}

scratch = tempfile.TemporaryDirectory(prefix="zwasm-build-")
command = set(sys.argv[1:])


def sources() -> list[str]:
    """The modules to compile, relative to the root."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if path.name == "__init__.py" or NOT_COMPILED.keys() & {inside.as_posix(), inside.parts[0]}:
            continue
        found.append(str(path.relative_to(ROOT)))
    return found


def compiler_works() -> bool:
    """Whether an extension module compiles and links here, Python's headers included."""
    folder = Path(scratch.name) / "probe"
    folder.mkdir()
    source = folder / "probe.c"
    source.write_text("#include <Python.h>\nPyObject *PyInit_probe(void) { return NULL; }\n")
    dist = Distribution({"name": "probe", "ext_modules": [Extension("probe", [str(source)])]})
    probe = build_ext(dist)
    probe.build_lib = probe.build_temp = str(folder)
    try:
        probe.ensure_finalized()
        probe.run()
    except (BaseError, CCompilerError, ExecError, OSError) as error:
        print(f"zwasm: no working C compiler: {error}", file=sys.stderr)
        return False
    return True


def to_be_compiled() -> bool:
    wanted = os.environ.get("ZWASM_PURE", "")
    if wanted not in ("", "0", "1"):
        sys.exit(f"zwasm: ZWASM_PURE is {wanted!r}; it may be 0 or 1")
    if wanted == "1":
        return False
    if compiler_works():
        return True
    if wanted == "0":
        sys.exit("zwasm: ZWASM_PURE=0 asks for a compiled build, and no C compiler works here")
    print("zwasm: installing as pure Python", file=sys.stderr)
    return False


def extensions() -> list[Extension]:
    from mypyc.build import mypycify

    try:
        built = mypycify(
            sources(),
            opt_level="3",
            debug_level="0",
            multi_file=True,
            target_dir=str(Path(scratch.name) / "c"),
            group_name="zwasm",
        )
    except SystemExit as error:  # with a number mypy's messages are out already
        reason = error.code if isinstance(error.code, str) else "compiling failed"
        sys.exit(f"zwasm: {reason}; {PURE_HINT}")
    for extension in built:
        # A newer compiler's new warning about generated C must not stop an installation. Hidden
        # functions can be inlined and are called without detours.
        flags = ["-w" if flag == "-Werror" else flag for flag in extension.extra_compile_args]
        extension.extra_compile_args = [*flags, "-fvisibility=hidden"]
    headers = Path(scratch.name) / "include"
    headers.mkdir()
    run_tool("gen_abi.py", str(headers / "abi.h"))
    native = [str(path.relative_to(ROOT)) for path in sorted(PACKAGE.glob("_native/*.c"))]
    # Its assembly calls its C, which link-time optimisation does not see.
    flags = ["-fno-lto"]
    built.append(
        Extension("zwasm._native", native, include_dirs=[str(headers)], extra_compile_args=flags)
    )
    return built


def run_tool(name: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tools" / name), *arguments], check=False)
    if done.returncode != 0:
        sys.exit(f"zwasm: tools/{name} failed; {PURE_HINT}")


def architectures() -> list[str]:
    """The architectures whose machine code can run where the package is built for."""
    system, _, machine = sysconfig.get_platform().partition("-")
    if system not in ("linux", "macosx") or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return []
    names = {
        "x86_64": ("x86_64", "universal2"),
        "aarch64": ("aarch64", "arm64", "universal2"),
    }
    return [name for name, ends in names.items() if machine.endswith(ends)]


class BuildPy(build_py):
    def run(self) -> None:
        super().run()
        if not compiling or not architectures():
            return
        options = [f"--architecture={name}" for name in architectures()]
        if STENCILS:
            options.append(f"--reuse={STENCILS}")
        else:
            try:
                import llvmlite  # noqa: F401
            except ImportError as error:
                sys.exit(f"zwasm: {error}; install {LLVMLITE}, or {PURE_HINT}")
        out = Path(self.build_lib) / "zwasm" / "baseline" / "stencils.bin"
        run_tool("gen_stencils.py", f"--out={out}", *options)


class Build(build):
    def initialize_options(self) -> None:
        super().initialize_options()
        self.build_base = str(Path(scratch.name) / "build")


class BuildExt(build_ext):
    def finalize_options(self) -> None:
        super().finalize_options()
        if self.inplace:
            sys.exit("zwasm: extensions are not built into the source tree; use pip install")

    def build_extensions(self) -> None:
        """Compile the C files of an extension side by side."""
        compile_all = self.compiler.compile

        def compile_parallel(files: list[str], *args: object, **options: object) -> list[str]:
            def compile_one(file: str) -> list[str]:
                return compile_all([file], *args, **options)

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return [name for names in pool.map(compile_one, files) for name in names]

        self.compiler.compile = compile_parallel
        try:
            super().build_extensions()
        except (BaseError, CCompilerError) as error:
            raise type(error)(f"{error}\nzwasm: compiling failed; {PURE_HINT}") from error


if command & {"editable_wheel", "develop"}:
    stale = [str(path) for suffix in ("so", "pyd") for path in PACKAGE.rglob(f"*.{suffix}")]
    if stale:
        sys.exit(f"zwasm: compiled files in the source tree, delete them: {', '.join(stale)}")

# Build tools run egg_info to ask what a build needs, and bdist_wheel to build.
compiling = bool(command & {"egg_info", "bdist_wheel"}) and to_be_compiled()
needs = [MYPY, *([LLVMLITE] if architectures() and not STENCILS else [])]
setup(
    cmdclass={"build": Build, "build_ext": BuildExt, "build_py": BuildPy},
    ext_modules=extensions() if compiling and "bdist_wheel" in command else [],
    setup_requires=needs if compiling and "egg_info" in command else [],
)
