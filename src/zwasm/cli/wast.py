"""`zwasm wast`: run test scripts of the specification."""

from __future__ import annotations

import json
import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zwasm.cli.files import add_engine, make_engine
from zwasm.cli.group import CommandError, say

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from zwasm.cli.arguments import Parser
    from zwasm.spectest import Report


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] PATH..."
    parser.description = """\
Run test scripts (.wast) and say what does not hold.

A PATH that is a folder stands for the *.wast files in it, not for those in
folders below.

Each failure is a line with file and line number. Commands that need a feature
which the engine lacks are skipped; a line for each file and feature says how
many, and where the first is. Every command of a script counts as one. The
exit code is 1 if any failed.
"""
    parser.epilog = """\
examples:
  zwasm wast i32.wast
  zwasm wast testsuite testsuite/custom
  zwasm wast --json testsuite > report.json
"""
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=_existing, help="A script, or a folder of scripts."
    )
    add_engine(parser)
    parser.add_argument(
        "--json", action="store_true", help="Print a report as JSON, and nothing else."
    )


def _existing(value: str) -> Path:
    path = Path(value)
    try:
        path.stat()
    except (OSError, ValueError):
        raise ArgumentTypeError(f"{value!r} does not exist") from None
    if not os.access(value, os.R_OK):
        raise ArgumentTypeError(f"{value!r} is not readable")
    return path


def run(args: Namespace) -> None:
    from zwasm.spectest import run_script

    used = make_engine(args.engine)
    passed = failed = skipped = 0
    files: list[dict[str, Any]] = []
    for path in _scripts(args.paths):
        try:
            report = run_script(path.read_bytes(), used)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        passed += report.passed
        failed += len(report.failures)
        skipped += len(report.skips)
        if args.json:
            files.append(_as_json(path, report))
        else:
            _print(path, report)
    if args.json:
        totals = {"passed": passed, "failed": failed, "skipped": skipped}
        say(json.dumps({"engine": used.name, **totals, "files": files}, indent=2))
    else:
        say(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed:
        raise SystemExit(1)


def _scripts(paths: Iterable[Path]) -> list[Path]:
    scripts: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob("*.wast"))
            if not found:
                raise CommandError(f"{path}: there are no .wast files in this folder")
            scripts.extend(found)
        else:
            scripts.append(path)
    return scripts


def _print(path: Path, report: Report) -> None:
    for failure in report.failures:
        say(f"{path}:{failure.line}: {failure.message}")
    counts: dict[str, int] = {}
    first: dict[str, int] = {}
    for skip in report.skips:
        counts[skip.feature] = counts.get(skip.feature, 0) + 1
        first.setdefault(skip.feature, skip.line)
    for feature, count in counts.items():
        say(f"{path}:{first[feature]}: skipped {count}: {feature}")


def _as_json(path: Path, report: Report) -> dict[str, Any]:
    return {
        "file": str(path),
        "passed": report.passed,
        "failed": len(report.failures),
        "skipped": len(report.skips),
        "failures": [{"line": f.line, "message": f.message} for f in report.failures],
        "skips": [
            {"line": s.line, "feature": s.feature, "message": s.message} for s in report.skips
        ],
    }
