"""Large real modules that the benchmarks read, fetched from the npm registry.

In: package names and versions. Out: paths of `.wasm` files in a cache folder beside this
file. Needs `npm` on the path the first time.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(__file__).parent / "cache"

# name -> (npm package with version, path in the package)
MODULES = {
    "sql.js": ("sql.js@1.14.0", "package/dist/sql-wasm.wasm"),
    "quickjs": (
        "@jitl/quickjs-wasmfile-release-sync@0.31.0",
        "package/dist/emscripten-module.wasm",
    ),
    "esbuild": ("esbuild-wasm@0.25.0", "package/esbuild.wasm"),
}


def module_path(name: str) -> Path:
    """The path of a module, fetched if it is not there yet.

    Raises KeyError for an unknown name, subprocess.CalledProcessError where npm fails.
    """
    package, member = MODULES[name]
    path = CACHE / f"{name}.wasm"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True
            )
            archive = next(Path(folder).glob("*.tgz"))
            with tarfile.open(archive) as tar:
                source = tar.extractfile(member)
                if source is None:
                    raise FileNotFoundError(f"{member} in {package}")
                path.write_bytes(source.read())
    return path
