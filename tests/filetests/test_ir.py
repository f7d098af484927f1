"""Register IR, side by side with its source.

Each `ir/*.wat` holds a module and, below it in line comments, the IR of its functions as
`zwasm ir` prints it. `pytest tests/filetests --update` rewrites the comments.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from zwasm.lower import Lowerer
from zwasm.lower.show import show_function
from zwasm.text import parse_module
from zwasm.valid import validate

FOLDER = Path(__file__).parent / "ir"
MARK = ";; IR, made by the test"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.wat")), ids=lambda path: path.stem)
def test_ir(path: Path, update: bool) -> None:
    text = path.read_text()
    source = text.partition(MARK)[0].rstrip("\n")
    info = validate(parse_module(source))
    lowerer = Lowerer(info, fuel=path.stem.startswith("fuel"))
    dumps = [
        show_function(info, index, lowerer.func(index)) for index in range(len(info.module.funcs))
    ]
    lines = "\n".join(dumps).split("\n")
    found = f"{source}\n\n{MARK}\n" + "".join(f";; {line}".rstrip() + "\n" for line in lines)
    if update:
        path.write_text(found)
    assert text == found
