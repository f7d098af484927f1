"""WASI preview 1: the system interface of programs that C, Rust, Go and others compile to.

In: what a program may see of the system. Out: `Wasi`, whose `run` runs one. Command lines are
`zwasm.cli.run`'s.
"""

from zwasm.wasi.command import Wasi

__all__ = ["Wasi"]
