"""The baseline engine: machine code made by copying and patching stencils.

In: register IR (`zwasm.lower`). Out: functions in machine code for x86-64 and AArch64. `abi`
declares what code, stencils and the native runtime agree on, `keys` numbers the stencils,
`stencil` makes them when the package is built, `table` reads them, `compile` turns IR into code,
`machine` is the engine.
"""
