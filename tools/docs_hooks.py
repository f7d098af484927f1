"""What mkdocs.yml has made when the documentation site is built.

In: a page's Markdown with the line `<!-- command line -->`. Out: the same with what `--help` says
of every command in that place, from the parser itself. All other pages pass through. Pictures in
`bench` join the site's files, because the page about benchmarks is bench/README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from zwasm.cli.arguments import Parser
from zwasm.cli.group import COMMANDS, command_parser, group_parser

MARK: Final = "<!-- command line -->"
WIDTH: Final = 90  # characters of a line, as in a terminal
BENCH: Final = Path(__file__).parents[1] / "bench"


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs with the site's files."""
    from mkdocs.structure.files import File

    for path in sorted([*BENCH.rglob("*.svg"), *BENCH.rglob("*.png")]):
        name = path.relative_to(BENCH).as_posix()
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **context: object) -> str:
    """Called by mkdocs for each page."""
    return markdown.replace(MARK, reference()) if MARK in markdown else markdown


def reference() -> str:
    """Help of the command and its subcommands, as Markdown."""
    return "\n\n".join(map(_section, [group_parser(), *map(command_parser, COMMANDS)]))


def _section(parser: Parser) -> str:
    parser.width = WIDTH
    return f"## {parser.prog}\n\n```text\n{parser.format_help().rstrip()}\n```"
