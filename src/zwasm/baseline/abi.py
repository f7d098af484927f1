"""What generated code and the native runtime agree on.

In: nothing. Out: offsets, numbers and register roles. `tools/gen_abi.py` writes them as a C header
when the package is built, where the compiler checks them against the C structures; stencils and
the compiler read them here.

Registers, by role, in the order of the preserve_none convention's integer arguments (x86-64,
AArch64), and of its vector arguments:

    vm   r12  x20   the instance's context            f    xmm0  v0  accumulator for floats
    fp   r13  x21   slot 0 of the frame               g0-5 xmm1-6 v1-6 hot float slots
    mem  r14  x22   first byte of memory 0            x    xmm7  v7  second float operand
    h0   r15  x23   hot integer slots
    h1   rdi  x24
    h2   rsi  x25
    h3   rdx  x26
    c    rcx  x27   second integer operand
    h4   r8   x28
    h5   r9   x0
    h6   r11  x1
    acc  rax  x2    accumulator for integers and references

A function is entered with its arguments in consecutive slots from fp on. It keeps vm, fp and mem
and may change every other register. It leaves its results in consecutive slots from fp on, a
single one not there but in acc or f. A vector takes two slots, and f whole. An i32 in a register is
zero-extended to 64 bits, a null reference is 0, any other the address of its Python object.

The stack that code runs on is the store's own. On x86-64 a frame is one word, its return
address; on AArch64 two words, the return address (lower) and one that means nothing. A frame of
a function with cost n > 1 (its slots divided by SLOTS_PER_COST, plus 1) is n times as big: the
padding lies below the return address, and its lowest word holds the number of padding words.
"""

from __future__ import annotations

from typing import Final

NH: Final = 7  # hot integer registers
NG: Final = 6  # hot float registers
SLOT_SIZE: Final = 8
SLOTS_PER_COST: Final = 64

# The context, one an instance, at the address in vm.
CTX_LIMIT: Final = 0  # a function entered with a lower stack pointer traps
CTX_STATE: Final = 8  # address of the store's `State` (C structure)
CTX_FUNCS: Final = 16  # address of the Func references of all functions of the instance
CTX_LAZY: Final = 24  # stub that compiles a function (see CODE_THUNK)
CTX_TRAP: Final = 32  # stub that traps with the code in acc's low half, at the return address
CTX_HELPER: Final = 40  # stub that calls a helper
CTX_VARIABLE: Final = 64  # from here on what `layout` places

# C structures of objects that code looks into.
MEMORY_BASE: Final = 0  # of a memory's structure: address of its first byte
MEMORY_SIZE: Final = 8  # bytes
TABLE_ITEMS: Final = 0  # of a table's structure: address of its references
TABLE_SIZE: Final = 8  # elements
FUNC_ENTRY: Final = 24  # of a Func object: entry for callers of the same instance
FUNC_CTX: Final = 32  # its instance's context, 0 for host functions
FUNC_CROSS: Final = 40  # entry for callers of any instance; expects the Func in acc
FUNC_TAIL: Final = 48  # the same for tail calls
FUNC_TYPE_ID: Final = 56  # canonical type id
STATE_FUEL: Final = 0  # of `State`: instructions that may still run, signed 64 bits

# Trap codes: index into TRAPS plus 1. The names are those of zwasm.errors.TrapCode.
TRAPS: Final = (
    "UNREACHABLE",
    "INTEGER_DIVIDE_BY_ZERO",
    "INTEGER_OVERFLOW",
    "INVALID_CONVERSION_TO_INTEGER",
    "OUT_OF_BOUNDS_MEMORY_ACCESS",
    "OUT_OF_BOUNDS_TABLE_ACCESS",
    "UNDEFINED_ELEMENT",
    "UNINITIALIZED_ELEMENT",
    "INDIRECT_CALL_TYPE_MISMATCH",
    "NULL_REFERENCE",
    "NULL_FUNCTION_REFERENCE",
    "CALL_STACK_EXHAUSTED",
    "OUT_OF_FUEL",
    "OUT_OF_TIME",
    "INTERRUPTED",
)
TRAP_UNREACHABLE: Final = 1
TRAP_DIVIDE: Final = 2
TRAP_OVERFLOW: Final = 3
TRAP_CONVERSION: Final = 4
TRAP_MEMORY: Final = 5
TRAP_TABLE: Final = 6
TRAP_UNDEFINED: Final = 7
TRAP_UNINITIALIZED: Final = 8
TRAP_MISMATCH: Final = 9
TRAP_NULL: Final = 10
TRAP_NULL_FUNC: Final = 11
TRAP_STACK: Final = 12
TRAP_FUEL: Final = 13
TRAP_TIME: Final = 14
TRAP_INTERRUPTED: Final = 15
TRAP_PYTHON: Final = 31  # not a trap: a Python exception is pending

# Helpers, in C. `at` is the address of consecutive slots with operands, where results are put;
# x and y are immediates.
HELPER_MEMORY_FILL: Final = 1  # at: to, value, count; x: memory
HELPER_MEMORY_COPY: Final = 2  # at: to, from, count; x: to memory, y: from memory
HELPER_TABLE_GET: Final = 3  # at: index -> reference; x: table
HELPER_TABLE_SET: Final = 4  # at: index, reference; x: table
HELPER_GLOBAL_SET: Final = 5  # at: reference; x: global (of reference type)
HELPER_CALLEE: Final = 6  # at: index -> Func; x: type id, y: table; with subtyping
# Calls the instance's Python operation x with y and three slots: numbers, or where the helper
# says so a reference. A result that is not None is put at `at`.
HELPER_PYTHON: Final = 7  # numbers
HELPER_PYTHON_REF0: Final = 8  # slot 0 is a reference
HELPER_PYTHON_REF1: Final = 9  # slot 1 is a reference
HELPERS: Final = 10

# A module's code lies in one range of addresses, which starts with a header that is written once:
CODE_RODATA: Final = 0  # the stencils' constants (at most CODE_TRAPS bytes)
CODE_TRAPS: Final = 4096  # + 16 * trap code: a thunk that code calls to trap
CODE_THUNKS: Final = 8192  # + CODE_THUNK * index: a thunk that compiles that function and enters it
CODE_THUNK: Final = 8
CODE_ALIGN: Final = 64  # functions begin at multiples of this, a line of the cache
# After the thunks, from a page boundary on, one 8-byte entry a function (data pages), and from
# another page boundary on the code itself.
PAGE: Final = 16384  # a multiple of the page size of every machine that is served
