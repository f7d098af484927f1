"""`python -m bench`: one command a benchmark."""

from __future__ import annotations

import click

from bench.calls import calls
from bench.compiling import compiling
from bench.frontend import frontend
from bench.kernels.command import kernels
from bench.run import plot, run
from bench.start import start
from bench.testsuite import testsuite
from bench.vectors.command import vectors
from bench.wasi import wasi


@click.group()
def main() -> None:
    """Benchmarks of zwasm beside its peers."""


for command in (run, plot, kernels, vectors, calls, wasi, compiling, start, frontend, testsuite):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m bench")
