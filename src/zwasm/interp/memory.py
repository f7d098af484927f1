"""Memory instructions (specification, section 4.6.11).

In: for loads and stores a memory, an effective address (an exact sum, so it may lie anywhere past
the end) and a value; for the others the instance, the frame's slots and the instruction. Out:
values, changed memories, or traps; a trap comes before any change.
"""

from __future__ import annotations

import struct
from typing import Final

from zwasm.errors import Trap, TrapCode
from zwasm.instances.memory import MemoryInst
from zwasm.instances.module import ModuleInst
from zwasm.interp.instr import Instr
from zwasm.interp.integers import M32, M64
from zwasm.interp.values import number

_S8: Final = struct.Struct("<b")
_U16: Final = struct.Struct("<H")
_S16: Final = struct.Struct("<h")
_U32: Final = struct.Struct("<I")
_S32: Final = struct.Struct("<i")
_U64: Final = struct.Struct("<Q")
_FILL_CHUNK: Final = 1 << 20


def _out_of_bounds() -> Trap:
    return Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)


def i32_load(memory: MemoryInst, address: int) -> int:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U32.unpack_from(memory.data, address)[0]
    return value


def i64_load(memory: MemoryInst, address: int) -> int:
    if address + 8 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U64.unpack_from(memory.data, address)[0]
    return value


def f32_load(memory: MemoryInst, address: int) -> int:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U32.unpack_from(memory.data, address)[0]
    return value


def f64_load(memory: MemoryInst, address: int) -> int:
    if address + 8 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U64.unpack_from(memory.data, address)[0]
    return value


def i32_load8_s(memory: MemoryInst, address: int) -> int:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    value: int = _S8.unpack_from(memory.data, address)[0]
    return value & M32


def i32_load8_u(memory: MemoryInst, address: int) -> int:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    return memory.data[address]


def i32_load16_s(memory: MemoryInst, address: int) -> int:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    value: int = _S16.unpack_from(memory.data, address)[0]
    return value & M32


def i32_load16_u(memory: MemoryInst, address: int) -> int:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U16.unpack_from(memory.data, address)[0]
    return value


def i64_load8_s(memory: MemoryInst, address: int) -> int:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    value: int = _S8.unpack_from(memory.data, address)[0]
    return value & M64


def i64_load8_u(memory: MemoryInst, address: int) -> int:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    return memory.data[address]


def i64_load16_s(memory: MemoryInst, address: int) -> int:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    value: int = _S16.unpack_from(memory.data, address)[0]
    return value & M64


def i64_load16_u(memory: MemoryInst, address: int) -> int:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U16.unpack_from(memory.data, address)[0]
    return value


def i64_load32_s(memory: MemoryInst, address: int) -> int:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    value: int = _S32.unpack_from(memory.data, address)[0]
    return value & M64


def i64_load32_u(memory: MemoryInst, address: int) -> int:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    value: int = _U32.unpack_from(memory.data, address)[0]
    return value


def i32_store(memory: MemoryInst, address: int, value: int) -> None:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    _U32.pack_into(memory.data, address, value)


def i64_store(memory: MemoryInst, address: int, value: int) -> None:
    if address + 8 > int(memory.size):
        raise _out_of_bounds()
    _U64.pack_into(memory.data, address, value)


def f32_store(memory: MemoryInst, address: int, value: int) -> None:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    _U32.pack_into(memory.data, address, value)


def f64_store(memory: MemoryInst, address: int, value: int) -> None:
    if address + 8 > int(memory.size):
        raise _out_of_bounds()
    _U64.pack_into(memory.data, address, value)


def i32_store8(memory: MemoryInst, address: int, value: int) -> None:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    memory.data[address] = value & 0xFF


def i32_store16(memory: MemoryInst, address: int, value: int) -> None:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    _U16.pack_into(memory.data, address, value & 0xFFFF)


def i64_store8(memory: MemoryInst, address: int, value: int) -> None:
    if address + 1 > int(memory.size):
        raise _out_of_bounds()
    memory.data[address] = value & 0xFF


def i64_store16(memory: MemoryInst, address: int, value: int) -> None:
    if address + 2 > int(memory.size):
        raise _out_of_bounds()
    _U16.pack_into(memory.data, address, value & 0xFFFF)


def i64_store32(memory: MemoryInst, address: int, value: int) -> None:
    if address + 4 > int(memory.size):
        raise _out_of_bounds()
    _U32.pack_into(memory.data, address, value & M32)


def memory_size(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    slots[ins.a] = instance.memories[ins.b].pages()


def memory_grow(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    memory = instance.memories[ins.c]
    pages = memory.try_grow(number(slots[ins.b]))
    slots[ins.a] = pages & (M64 if memory.is64 else M32)


def memory_fill(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    memory = instance.memories[ins.b]
    start = number(slots[ins.a])
    value = number(slots[ins.a + 1]) & 0xFF
    count = number(slots[ins.a + 2])
    if start + count > int(memory.size):
        raise _out_of_bounds()
    while count > 0:
        length = min(count, _FILL_CHUNK)
        memory.data[start : start + length] = bytes([value]) * length
        start += length
        count -= length


def memory_copy(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    target = instance.memories[ins.b]
    source = instance.memories[ins.c]
    to = number(slots[ins.a])
    start = number(slots[ins.a + 1])
    count = number(slots[ins.a + 2])
    if start + count > int(source.size) or to + count > int(target.size):
        raise _out_of_bounds()
    if count > 0:
        target.data[to : to + count] = source.data[start : start + count]


def memory_init(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    data = instance.datas[ins.b]
    memory = instance.memories[ins.c]
    to = number(slots[ins.a])
    start = number(slots[ins.a + 1])
    count = number(slots[ins.a + 2])
    if start + count > len(data) or to + count > int(memory.size):
        raise _out_of_bounds()
    if count > 0:
        memory.data[to : to + count] = data[start : start + count]


def data_drop(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    instance.datas[ins.a] = b""
