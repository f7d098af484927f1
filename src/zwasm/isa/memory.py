"""Memory instructions (section 3.4.11, encodings in section 5.4.5)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare
from zwasm.types import F32, F64, I32, I64


def load(name: str, encoding: int, result: int, align: int, llvm: str) -> None:
    declare(name, encoding, r.LOAD, (r.IMM_MEMARG,), (), (result,), align=align, llvm=llvm)


def extending(memory: str, operation: str, result: str) -> str:
    return f"%v = load {memory}, ptr {{a}}, align 1\n{{r}} = {operation} {memory} %v to {result}"


def store(name: str, encoding: int, value: int, align: int, llvm: str) -> None:
    declare(name, encoding, r.STORE, (r.IMM_MEMARG,), (value,), (), align=align, llvm=llvm)


def wrapping(value: str, memory: str) -> str:
    return f"%v = trunc {value} {{b}} to {memory}\nstore {memory} %v, ptr {{a}}, align 1"


load("i32.load", 0x28, I32, 2, "{r} = load i32, ptr {a}, align 1")
load("i64.load", 0x29, I64, 3, "{r} = load i64, ptr {a}, align 1")
load("f32.load", 0x2A, F32, 2, "{r} = load float, ptr {a}, align 1")
load("f64.load", 0x2B, F64, 3, "{r} = load double, ptr {a}, align 1")
load("i32.load8_s", 0x2C, I32, 0, extending("i8", "sext", "i32"))
load("i32.load8_u", 0x2D, I32, 0, extending("i8", "zext", "i32"))
load("i32.load16_s", 0x2E, I32, 1, extending("i16", "sext", "i32"))
load("i32.load16_u", 0x2F, I32, 1, extending("i16", "zext", "i32"))
load("i64.load8_s", 0x30, I64, 0, extending("i8", "sext", "i64"))
load("i64.load8_u", 0x31, I64, 0, extending("i8", "zext", "i64"))
load("i64.load16_s", 0x32, I64, 1, extending("i16", "sext", "i64"))
load("i64.load16_u", 0x33, I64, 1, extending("i16", "zext", "i64"))
load("i64.load32_s", 0x34, I64, 2, extending("i32", "sext", "i64"))
load("i64.load32_u", 0x35, I64, 2, extending("i32", "zext", "i64"))
store("i32.store", 0x36, I32, 2, "store i32 {b}, ptr {a}, align 1")
store("i64.store", 0x37, I64, 3, "store i64 {b}, ptr {a}, align 1")
store("f32.store", 0x38, F32, 2, "store float {b}, ptr {a}, align 1")
store("f64.store", 0x39, F64, 3, "store double {b}, ptr {a}, align 1")
store("i32.store8", 0x3A, I32, 0, wrapping("i32", "i8"))
store("i32.store16", 0x3B, I32, 1, wrapping("i32", "i16"))
store("i64.store8", 0x3C, I64, 0, wrapping("i64", "i8"))
store("i64.store16", 0x3D, I64, 1, wrapping("i64", "i16"))
store("i64.store32", 0x3E, I64, 2, wrapping("i64", "i32"))

declare("memory.size", 0x3F, r.MEMORY_SIZE, (r.IMM_MEMORY,))
declare("memory.grow", 0x40, r.MEMORY_GROW, (r.IMM_MEMORY,))
declare("memory.init", 0xFC008, r.MEMORY_INIT, (r.IMM_MEMORY_INIT,), feature=r.BULK_MEMORY)
declare("data.drop", 0xFC009, r.DATA_DROP, (r.IMM_DATA,), feature=r.BULK_MEMORY)
declare("memory.copy", 0xFC00A, r.MEMORY_COPY, (r.IMM_MEMORY_COPY,), feature=r.BULK_MEMORY)
declare("memory.fill", 0xFC00B, r.MEMORY_FILL, (r.IMM_MEMORY,), feature=r.BULK_MEMORY)
