"""Lowering of validated modules to register IR.

In: a `ModuleInfo`. Out: a `FuncIR` for a function or a constant expression.
"""

from __future__ import annotations

from zwasm.lower.code import FuncIR
from zwasm.lower.func import Lowerer
from zwasm.module import Expr
from zwasm.valid import ModuleInfo

__all__ = ["FuncIR", "Lowerer", "lower_expr", "lower_function"]


def lower_function(info: ModuleInfo, index: int, fuel: bool = False) -> FuncIR:
    """The IR of one function; `index` counts the module's own functions from 0. For many
    functions, keep a `Lowerer`."""
    return Lowerer(info, fuel).func(index)


def lower_expr(info: ModuleInfo, expr: Expr, code: int) -> FuncIR:
    """The IR of a constant expression that gives a value of type `code`."""
    return Lowerer(info).expr(expr, code)
