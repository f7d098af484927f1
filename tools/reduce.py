"""Makes a module that engines disagree on small: `python -m tools.reduce FILE.wat`.

In: a module as text with one instruction a line, as `tools.generate` writes it. Out: the module
with what could be left out, on which an engine still differs from wasmtime-py. Runs of lines are
taken out or replaced by a constant, as long as the module stays valid.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

import zwasm
from tools.differential import MODES, difference, strategies, wasmtime_engine
from zwasm.binary.encode import encode
from zwasm.text import parse_module

REPLACEMENTS = ["", "i32.const 1", "i64.const 1", "f32.const 1", "f64.const 1"]
REPLACEMENTS += ["v128.const i64x2 1 2"]


def whole(lines: list[str]) -> bool:
    """Whether every block and parenthesis that these lines open or close is all theirs."""
    blocks = brackets = 0
    for line in lines:
        word = line.partition(" ")[0]
        brackets += line.count("(") - line.count(")")
        blocks += (word in ("block", "loop", "if")) - (word == "end")
        if blocks < 0 or brackets < 0 or (word == "else" and blocks == 0):
            return False
    return blocks == brackets == 0


def reduced(lines: list[str], wanted: Callable[[list[str]], bool]) -> list[str]:
    """The fewest lines found for which `wanted` holds."""
    size = len(lines)
    while size:
        at = 0
        while at < len(lines):
            part = lines[at : at + size]
            if whole(part):
                for replacement in REPLACEMENTS:
                    replaced = [replacement] if replacement else []
                    candidate = lines[:at] + replaced + lines[at + size :]
                    if part != replaced and wanted(candidate):
                        lines = candidate
                        break
            at += 1
        size = min(size - 1, len(lines)) if size < 20 else size * 4 // 5
    return lines


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--engine", "strategy", default=strategies()[-1], show_default=True)
@click.option("--relaxed", "mode", type=click.Choice(MODES), help="As it was generated.")
@click.option("--output", type=click.Path(path_type=Path), help="File for the result.")
def main(file: Path, strategy: str, mode: str | None, output: Path | None) -> None:
    """Reduce the module in FILE."""
    engine = wasmtime_engine()
    relaxed = mode or ""

    def wanted(lines: list[str]) -> bool:
        try:
            data = encode(parse_module("\n".join(lines)))
            zwasm.validate(data)
        except zwasm.WasmError:
            return False
        try:
            return difference(engine, data, strategy, relaxed) is not None
        except (zwasm.WasmError, KeyError, ValueError):
            return False  # it no longer has what the comparison asks for, or does not end

    lines = [line.strip() for line in file.read_text().splitlines() if line.strip()]
    if not wanted(lines):
        raise click.ClickException(f"{strategy} does as it must on {file}")
    before = len(lines) + 1
    while len(lines) < before:
        before = len(lines)
        lines = reduced(lines, wanted)
    text = "\n".join(lines) + "\n"
    if output is None:
        click.echo(text)
    else:
        output.write_text(text)
    click.echo(f"{len(lines)} lines", err=True)
    shown = difference(engine, encode(parse_module(text)), strategy, relaxed)
    if shown is not None:
        click.echo(f"{strategy}: {shown[0]}\nexpected: {shown[1]}", err=True)


if __name__ == "__main__":
    main()
