"""`python -m bench`: one command a benchmark."""

from __future__ import annotations

import click

from bench.frontend import frontend
from bench.testsuite import testsuite


@click.group()
def main() -> None:
    """Benchmarks of zwasm beside its peers."""


main.add_command(frontend)
main.add_command(testsuite)

if __name__ == "__main__":
    main(prog_name="python -m bench")
