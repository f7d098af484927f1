"""Functions of the public interface that belong to no class."""

from __future__ import annotations

import os
from typing import Any

from zwasm.runtime.engine import Engine
from zwasm.runtime.instance import Instance
from zwasm.runtime.module import Module
from zwasm.runtime.store import Store


def load(
    path: str | os.PathLike[str],
    imports: Any = None,
    *,
    engine: Engine | None = None,
    store: Store | None = None,
) -> Instance:
    """An instance of the module in a file, binary or text: `zwasm.load("fib.wat").exports.fib(35)`.

    The arguments are those of `Module.from_file` and `Instance`, and so are the errors.
    """
    return Instance(Module.from_file(path, engine=engine), imports, store=store)
