"""`zwasm wast`: run test scripts of the specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zwasm.cli.files import engine_option, make_engine
from zwasm.cli.group import CommandError

if TYPE_CHECKING:
    from zwasm.spectest import Report


@click.command(
    epilog="""\b
Examples:
  zwasm wast i32.wast
  zwasm wast testsuite testsuite/custom
  zwasm wast --json testsuite > report.json
"""
)
@engine_option
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON, and nothing else.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True))
def command(paths: tuple[str, ...], engine: str, as_json: bool) -> None:
    """Run test scripts (.wast) and say what does not hold.

    A PATH that is a folder stands for the *.wast files in it, not for those in folders below.

    Each failure is a line with file and line number. Commands that need a feature which the
    engine lacks are skipped; a line for each file and feature says how many, and where the
    first is. Every command of a script counts as one. The exit code is 1 if any failed.
    """
    from zwasm.spectest import run_script

    used = make_engine(engine)
    passed = failed = skipped = 0
    files: list[dict[str, Any]] = []
    for path in _scripts(paths):
        try:
            report = run_script(path.read_bytes(), used)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        passed += report.passed
        failed += len(report.failures)
        skipped += len(report.skips)
        if as_json:
            files.append(_as_json(path, report))
        else:
            _print(path, report)
    if as_json:
        totals = {"passed": passed, "failed": failed, "skipped": skipped}
        click.echo(json.dumps({"engine": used.name, **totals, "files": files}, indent=2))
    else:
        click.echo(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed:
        raise click.exceptions.Exit(1)


def _scripts(paths: tuple[str, ...]) -> list[Path]:
    scripts: list[Path] = []
    for name in paths:
        path = Path(name)
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
        click.echo(f"{path}:{failure.line}: {failure.message}")
    counts: dict[str, int] = {}
    first: dict[str, int] = {}
    for skip in report.skips:
        counts[skip.feature] = counts.get(skip.feature, 0) + 1
        first.setdefault(skip.feature, skip.line)
    for feature, count in counts.items():
        click.echo(f"{path}:{first[feature]}: skipped {count}: {feature}")


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
