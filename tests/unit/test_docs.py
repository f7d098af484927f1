"""The documentation: its code runs and prints what it says, its links lead somewhere, and what it
lists is complete. Building the site is not tested here.

In `docs/*.md`, blocks marked `pycon` are sessions, all of a page in one namespace; the commands
`$ zwasm ...` of `console` blocks are run; a block with a title is a file for those that follow;
`py` blocks are fragments that only have to compile.
"""

from __future__ import annotations

import ast
import doctest
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import zwasm

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
OTHERS = [
    path
    for pattern in ("*.md", "bench/*.md", "examples/**/*.md", "tests/**/README.md")
    for path in sorted(ROOT.glob(pattern))
]

if not PAGES:
    pytest.skip("the tests stand beside no documentation", allow_module_level=True)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class Block:
    """A fenced block: the word after the fence, the title, the text, and the line it begins at."""

    def __init__(self, kind: str, title: str, text: str, line: int) -> None:
        self.kind = kind
        self.title = title
        self.text = text
        self.line = line


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    pattern = r'^```(\w+)?(?: title="([^"]+)")?\n(.*?)^```$'
    for found in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 2
        yield Block(found[1] or "", found[2] or "", found[3], line)


def prose(path: Path) -> str:
    """A page's text without its blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    parser = doctest.DocTestParser()
    failures: list[str] = []
    for block in blocks(page):
        place = f"{page.name}:{block.line}"
        if block.title and not block.text.startswith("--8<--"):
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        if block.kind == "pycon":
            test = parser.get_doctest(block.text, names, place, str(page), block.line - 1)
            test.globs = names  # not a copy
            runner.run(test, out=failures.append, clear_globs=False)
        elif block.kind == "console":
            check_commands(block.text, place)
        elif block.kind == "py" and not block.text.startswith("--8<--"):
            ast.parse(block.text)
    assert failures == [], "".join(failures)


def check_commands(text: str, place: str) -> None:
    """Run the commands of a block and compare what they print."""
    shown = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    assert shown, f"{place}: a console block without a command"
    for part in shown:
        command, _, expected = part.partition("\n")
        words = shlex.split(command)
        assert words[0] == "zwasm", f"{place}: {command}"
        done = subprocess.run(
            [sys.executable, "-m", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.stdout == expected, f"{place}: {command}"


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as the site makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        words = re.sub(r"[^\w\s-]", "", heading).strip().lower()
        found.add(re.sub(r"[-\s]+", "-", words))
    if path.name == "cli.md":
        found |= {f"zwasm-{command}" for command in commands()}
    return found


def commands() -> list[str]:
    from zwasm.cli.group import COMMANDS

    return list(COMMANDS)


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{name_of(page)} links to {target}"
        if page.parent == DOCS:
            assert path in PAGES, f"{name_of(page)} links to {target}, which is not in the site"
        if anchor:
            assert anchor in anchors(path), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if page.name in ("design.md", "rationale.md", "add-an-opcode.md", "benchmarks.md"):
        return  # about modules of the package
    for name in re.findall(r"\]\[zwasm\.([\w.]+)\]", text):
        assert name in zwasm.__all__, name
    for name in re.findall(r"\bzwasm\.([A-Za-z_]\w*)", text):
        assert name in zwasm.__all__ or name in ("errors", "__version__"), name


def test_included_files_exist() -> None:
    for page in PAGES:
        for file in re.findall(r'^--8<-- "(.+)"$', page.read_text(encoding="utf-8"), re.MULTILINE):
            assert (ROOT / file).is_file(), f"{name_of(page)} includes {file}"


def test_every_public_name_is_in_the_reference() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: zwasm\.(\w+)$", text, re.MULTILINE)
    assert sorted([*listed, "__version__"]) == sorted(zwasm.__all__)


def test_every_error_is_explained() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    for name in zwasm.__all__:
        value = getattr(zwasm, name)
        if isinstance(value, type) and issubclass(value, zwasm.WasmError) and name != "WasmError":
            assert f"\n## {name}\n" in text, name


def test_every_example_is_shown() -> None:
    text = (DOCS / "examples.md").read_text(encoding="utf-8")
    shown = set(re.findall(r'^--8<-- "examples/(\w+)\.py"$', text, re.MULTILINE))
    assert shown == {path.stem for path in (ROOT / "examples").glob("*.py")}
    for name in shown:
        assert f'--8<-- "examples/output/{name}.txt"' in text


def test_every_page_is_in_the_site() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r"^ +- (?:\w+: )?(\w[\w-]*\.md)$", config, re.MULTILINE)
    assert sorted(listed) == [path.name for path in PAGES]


def test_the_table_of_features_is_right() -> None:
    from tools.spec_matrix import PAGE, feature_table, table_in

    found = table_in(PAGE.read_text(encoding="utf-8"), "features")
    assert found == feature_table(), "make it anew: python -m tools.spec_matrix"


def test_the_reference_of_commands() -> None:
    from tools.docs_hooks import MARK, on_page_markdown

    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert page.count(MARK) == 1
    made = on_page_markdown(page, page=None)
    for command in commands():
        assert f"## zwasm {command}\n\n```text\nusage: zwasm {command} " in made
    assert "--help" in made
    assert on_page_markdown("other", page=None) == "other"
