"""The reference engine: runs register IR, readable and close to the specification's chapter 4.

In: `FuncIR` from `zwasm.lower`, the objects of `zwasm.instances`. Out: results, or a trap.
`integers`, `floats`, `conversions`, `memory` and `tables` hold one function an operation, as do
`vectors`, `vector_…` and `relaxed` for vectors. `operations` finds them by name, `code` prepares
a function for the loop as objects of `instr`, `machine` is the loop, `frame` the callers and
backtraces.
"""
