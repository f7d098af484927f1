"""`python -m bench`: one command a benchmark."""

from __future__ import annotations

import click

from bench.frontend import frontend


@click.group()
def main() -> None:
    """Benchmarks of zwasm beside its peers."""


main.add_command(frontend)

if __name__ == "__main__":
    main(prog_name="python -m bench")
