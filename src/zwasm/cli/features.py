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
    from zwasm.runtime.engine import ENGINES, Engine, engine_features, feature_names, why_not

    auto = Engine().name
    missing = {name: why_not(name) for name in ENGINES if why_not(name)}
    masks = {name: engine_features(name) for name in ENGINES}
    if as_json:
        report = {
            "engines": {name: list(feature_names(mask)) for name, mask in masks.items()},
            "auto": auto,
            "missing": missing,
        }
        click.echo(json.dumps(report, indent=2))
        return
    headers = ["feature", *masks]
    rows = [
        [name, *("yes" if mask & bit else "no" for mask in masks.values())]
        for bit, name in FEATURE_NAMES.items()
    ]
    click.echo(tabulate(rows, headers, tablefmt="plain"))
    click.echo(f"\nThe engine auto is {auto} here.")
    for name, reason in missing.items():
        click.echo(f"The engine {name} cannot run here: {reason}.")
