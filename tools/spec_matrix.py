"""The tables of docs/spec-support.md: features of each engine, and results of the testsuite.

In: what `zwasm features` says, and a checkout of the specification's testsuite, whose scripts
`zwasm wast` runs on every engine. Out: the page with its tables made anew, or, with `--check`,
whether the tables that are there are still right. Scripts are sorted into groups by their names
alone; which scripts there are is the testsuite's.

    python -m tools.spec_matrix --testsuite FOLDER [--check]
"""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import click
from tabulate import tabulate

from zwasm.isa.row import FEATURE_NAMES
from zwasm.runtime.engine import ENGINES, engine_features

PAGE: Final = Path(__file__).parents[1] / "docs" / "spec-support.md"
FOLDERS: Final = (".", "custom", "proposals/threads")

# Groups of scripts by patterns of their names without the suffix, the first that matches. Folders
# below the testsuite's own stand before the name.
GROUPS: Final[dict[str, str]] = {
    "Threads": "proposals/threads/*",
    "Custom sections, annotations": "custom/* annotations id",
    "Relaxed SIMD": "*relaxed*",
    "SIMD": "simd_*",
    "Garbage collection": "array* struct i31 extern br_on_cast* ref_cast ref_test ref_eq binary-gc"
    " type-canon type-rec type-subtyping",
    "Exceptions": "tag throw throw_ref try_table",
    "Tail calls": "return_call*",
    "Typed function references": "call_ref br_on_null br_on_non_null ref_as_non_null local_init"
    " type-equivalence table-sub unreached-valid",
    "64-bit memories and tables": "*[a-eg-hj-z_]64 memory64-* table_copy_mixed",
    "Multiple memories": "*[a-z][0-9] memory-multi",
    "Bulk operations, reference types": "bulk memory_copy memory_fill memory_init table_* ref_*",
}
REST: Final = "Everything else"


def group_of(name: str) -> str:
    """The group of a script, by its path below the testsuite without the suffix."""
    if name in ("i32", "i64", "f32", "f64"):
        return REST
    for group, patterns in GROUPS.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns.split()):
            return group
    return REST


def feature_table() -> str:
    """The features that modules may use with each engine."""
    masks = {name: engine_features(name) for name in ENGINES}
    rows = [
        [feature, *("yes" if mask & bit else "no" for mask in masks.values())]
        for bit, feature in FEATURE_NAMES.items()
    ]
    return tabulate(rows, ["feature", *ENGINES], tablefmt="github")


def run_scripts(testsuite: Path, engine: str) -> dict[str, Any]:
    """The report of `zwasm wast` on an engine."""
    command = [sys.executable, "-m", "zwasm", "wast", "--json", "--engine", engine]
    folders = [str(testsuite / folder) for folder in FOLDERS]
    done = subprocess.run([*command, *folders], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise click.ClickException(done.stderr)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def result_table(testsuite: Path) -> str:
    """The results of the testsuite's scripts, by groups, on each engine."""
    groups = [*reversed(GROUPS), REST]
    scripts = dict.fromkeys(groups, 0)
    counts: dict[str, dict[str, list[int]]] = {}
    for engine in ENGINES:
        of_group = {group: [0, 0, 0] for group in groups}
        for file in run_scripts(testsuite, engine)["files"]:
            path = Path(file["file"]).relative_to(testsuite)
            group = group_of(path.with_suffix("").as_posix())
            scripts[group] += engine == ENGINES[0]
            for i, count in enumerate((file["passed"], file["failed"], len(file["skips"]))):
                of_group[group][i] += count
        counts[engine] = of_group
    rows = [
        [group, scripts[group], *(_shown(counts[engine][group]) for engine in ENGINES)]
        for group in groups
    ]
    totals = [
        [sum(column) for column in zip(*of_group.values(), strict=True)]
        for of_group in counts.values()
    ]
    rows.append(["all", sum(scripts.values()), *map(_shown, totals)])
    return tabulate(rows, ["scripts about", "scripts", *ENGINES], tablefmt="github")


def _shown(counts: list[int]) -> str:
    passed, failed, skipped = counts
    text = f"{passed} passed"
    if failed:
        text += f", {failed} failed"
    if skipped:
        text += f", {skipped} skipped"
    return text


def table_in(text: str, name: str) -> str:
    """The table with a name that a page has."""
    return _parts(text, name)[1].strip()


def with_table(text: str, name: str, table: str) -> str:
    """The page's text with another table."""
    before, _, after = _parts(text, name)
    return f"{before}\n\n{table}\n\n{after}"


def _parts(text: str, name: str) -> tuple[str, str, str]:
    start, end = f"<!-- table: {name} -->", "<!-- end of table -->"
    before, found, rest = text.partition(start)
    inside, closed, after = rest.partition(end)
    if not found or not closed:
        raise click.ClickException(f"{PAGE} has no place for the table {name}")
    return before + start, inside, end + after


@click.command()
@click.option(
    "--testsuite",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ZWASM_TESTSUITE",
    required=True,
    help="A checkout of the testsuite (default: $ZWASM_TESTSUITE).",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the page is outdated.")
def main(testsuite: Path, check: bool) -> None:
    """Make the tables of docs/spec-support.md."""
    text = PAGE.read_text(encoding="utf-8")
    made = with_table(text, "features", feature_table())
    made = with_table(made, "results", result_table(testsuite))
    if not check:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        for name in ("features", "results"):
            if table_in(made, name) != table_in(text, name):
                click.echo(f"{PAGE}: the table {name} should be\n{table_in(made, name)}")
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    main()
