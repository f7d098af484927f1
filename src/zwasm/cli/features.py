"""`zwasm features`: which features each engine has."""

from __future__ import annotations

import json

import click


@click.command(
    epilog="""\b
Examples:
  zwasm features
  zwasm features --json
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Show which features of WebAssembly each engine can run.

    Decoding, validating and printing know all of them.
    """
    from tabulate import tabulate

    from zwasm.isa.row import FEATURE_NAMES
    from zwasm.runtime.engine import STRATEGIES, Engine

    engines = [Engine(name) for name in STRATEGIES if name != "auto"]
    auto = Engine().name
    if as_json:
        report = {
            "engines": {engine.name: list(engine.features) for engine in engines},
            "auto": auto,
        }
        click.echo(json.dumps(report, indent=2))
        return
    headers = ["feature", *(engine.name for engine in engines)]
    rows = [
        [name, *("yes" if engine.feature_mask & bit else "no" for engine in engines)]
        for bit, name in FEATURE_NAMES.items()
    ]
    click.echo(tabulate(rows, headers, tablefmt="plain"))
    click.echo(f"\nThe engine auto is now {auto}.")
