"""`zwasm features`: which features each engine has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from zwasm.cli.group import say

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS]"
    parser.description = """\
Show which features of WebAssembly each engine can run.

Decoding, validating and printing know all of them.
"""
    parser.epilog = """\
examples:
  zwasm features
  zwasm features --json
"""
    parser.add_argument("--json", action="store_true", help="Print JSON.")


def run(args: Namespace) -> None:
    from tabulate import tabulate

    from zwasm.isa.row import FEATURE_NAMES
    from zwasm.runtime.engine import ENGINES, Engine, engine_features, feature_names, why_not

    auto = Engine().name
    missing = {name: why_not(name) for name in ENGINES if why_not(name)}
    masks = {name: engine_features(name) for name in ENGINES}
    if args.json:
        report = {
            "engines": {name: list(feature_names(mask)) for name, mask in masks.items()},
            "auto": auto,
            "missing": missing,
        }
        say(json.dumps(report, indent=2))
        return
    headers = ["feature", *masks]
    rows = [
        [name, *("yes" if mask & bit else "no" for mask in masks.values())]
        for bit, name in FEATURE_NAMES.items()
    ]
    say(tabulate(rows, headers, tablefmt="plain"))
    say(f"\nThe engine auto is {auto} here.")
    for name, reason in missing.items():
        say(f"The engine {name} cannot run here: {reason}.")
