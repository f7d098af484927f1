#!/usr/bin/env bash
# Runs the tests on AArch64, emulated by qemu: tools/aarch64.sh PYTEST-ARGUMENTS...
#
# Makes a Debian root for arm64 with Python 3.11, cross-compiles the package against it as setup.py
# builds it here (ZWASM_PURE=1: as pure Python), and runs pytest in qemu's user emulation. With
# --run as the first argument, the emulated Python gets the arguments instead of pytest.
# ZWASM_AARCH64 names the folder that keeps all this for the next time (default: zwasm/aarch64 in
# the user's cache folder). Needs, on Debian 12,
#
#   apt-get install mmdebstrap qemu-user-static gcc-aarch64-linux-gnu
#
# and Python 3.11 with venv, and Debian's packages and PyPI the first time.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
cache=${ZWASM_AARCH64:-${XDG_CACHE_HOME:-$HOME/.cache}/zwasm/aarch64}
pure=${ZWASM_PURE:-0}
root=$cache/root
peers=$cache/packages # what the tests need from PyPI, for aarch64
tools=$cache/tools    # what a build needs, for this machine
form=$cache/$([ "$pure" = 1 ] && echo pure || echo compiled)
stencils=$cache/stencils.bin
python=$cache/python # the emulated Python, as a command
config=_sysconfigdata__aarch64-linux-gnu
unset PYTHONPATH VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK=1

for tool in mmdebstrap qemu-aarch64-static aarch64-linux-gnu-gcc; do
    command -v "$tool" >/dev/null || { echo "aarch64.sh: no $tool; see the head of this file"; exit 1; }
done
mkdir -p "$cache"

native=
for candidate in python3.11 python3; do
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        native=$candidate
        break
    fi
done
[ -n "$native" ] || { echo "aarch64.sh: no Python 3.11 with venv"; exit 1; }

make_root() {
    rm -rf "$root"
    # Without maintainers' scripts nothing foreign has to run.
    mmdebstrap --quiet --arch=arm64 --variant=extract \
        --include=python3.11,libpython3.11-dev,libpython3.11-stdlib bookworm "$root"
    touch "$root/complete"
}

make_python() {
    # With a shebang line of its own the emulated Python can start itself as a child. In a limited
    # address space (-R) addresses are used again; else qemu, which never forgets a page that was
    # reserved, grows by 40 MB with each memory.
    cat >"$python" <<SCRIPT
#!/bin/sh
exec qemu-aarch64-static -R 0x2000000000 -L "$root" "$root/usr/bin/python3.11" "\$@"
SCRIPT
    chmod +x "$python"
}

needs() { # EXPRESSION: the requirements that pyproject.toml, as `file`, has there, one a word
    "$native" - "$source/pyproject.toml" <<PYTHON
import sys
import tomllib

with open(sys.argv[1], "rb") as source:
    file = tomllib.load(source)
extras = file["project"]["optional-dependencies"]
print(*[need.replace(" ", "") for need in $1])
PYTHON
}

make_tools() {
    rm -rf "$tools"
    "$native" -m venv "$tools"
    # shellcheck disable=SC2046 # one word a requirement
    "$tools/bin/pip" install --quiet $(needs 'file["build-system"]["requires"]') \
        $(needs '[need for need in extras["dev"] if need.startswith(("mypy", "llvmlite"))]')
    mkdir "$tools/sysconfig"
    cp "$root/usr/lib/python3.11/$config.py" "$tools/sysconfig/"
    touch "$tools/complete"
}

make_packages() {
    rm -rf "$peers"
    # shellcheck disable=SC2046
    "$native" -m pip install --quiet --target "$peers" --only-binary=:all: \
        --python-version 3.11 --implementation cp --platform manylinux2014_aarch64 \
        --platform manylinux_2_17_aarch64 --platform manylinux_2_28_aarch64 \
        --platform manylinux_2_34_aarch64 \
        $(needs 'file["project"]["dependencies"] + extras["test"]')
    # Children are started by the name of the executable.
    echo "import sys; sys.executable = '$python'" >"$peers/sitecustomize.py"
    cat >"$peers/emulated.py" <<'PYTHON'
"""A plugin for pytest: nothing is said about tests that are slow."""

from hypothesis import HealthCheck, settings

settings.register_profile("emulated", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("emulated")
PYTHON
    touch "$peers/complete"
}

build() { # the package, if its sources differ from those of the last build
    local sum tree
    sum=$(cd "$source" && find src setup.py pyproject.toml tools -type f \
        ! -path '*/__pycache__/*' ! -name '*.egg-info' -print0 | sort -z |
        xargs -0 sha256sum | sha256sum)
    [ "$(cat "$form/sum" 2>/dev/null)" != "$sum" ] || return 0
    rm -rf "$form"
    mkdir -p "$form"
    tree=$(mktemp -d)
    (cd "$source" && cp -r src tools setup.py pyproject.toml MANIFEST.in README.md LICENSE "$tree/")
    if [ "$pure" != 1 ]; then # stencils take longest, and often are still those of the last build
        local make=("$tools/bin/python" "$tree/tools/gen_stencils.py" --architecture=aarch64)
        "${make[@]}" --out="$tree/stencils.bin" --reuse="$stencils" 2>/dev/null ||
            "${make[@]}" --out="$stencils" || exit 1
    fi
    # The names of the target's compiler and of extensions come from its own Python.
    (
        cd "$tree"
        [ "$pure" = 1 ] || export _PYTHON_HOST_PLATFORM=linux-aarch64 \
            _PYTHON_SYSCONFIGDATA_NAME="$config" \
            PYTHONPATH="$tools/sysconfig" CC=aarch64-linux-gnu-gcc \
            CFLAGS="-I$root/usr/include/python3.11 -I$root/usr/include" \
            ZWASM_STENCILS="$stencils"
        ZWASM_PURE=$pure "$tools/bin/python" - "$form" <<'PYTHON'
import sys

from setuptools import build_meta

folder = sys.argv[1]
sys.argv[1:] = []
build_meta.build_wheel(folder)
PYTHON
    ) >"$form/build.log" 2>&1 || { cat "$form/build.log"; rm -rf "$tree"; exit 1; }
    rm -rf "$tree"
    "$native" -m zipfile -e "$form"/*.whl "$form/site"
    echo "$sum" >"$form/sum"
}

[ -e "$root/complete" ] || make_root
[ -e "$tools/complete" ] || make_tools
[ -e "$peers/complete" ] || make_packages
make_python
build

cd "$source"
export PYTHONPATH=$form/site:$peers PYTHONDONTWRITEBYTECODE=1
if [ "${1:-}" = --run ]; then
    shift
    exec "$python" "$@"
fi
exec "$python" -m pytest -p no:cacheprovider -p emulated "$@"
