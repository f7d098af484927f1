"""Vector loads and stores (specification, section 4.6.11).

In: for whole vectors a memory, an effective address (an exact sum) and a value; for single lanes
the instance, the frame's slots and the instruction, whose `number` is the offset, `d` the memory
and `lane` the lane. Out: values, changed memories, or traps, which come before any change.
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
from zwasm.interp.vector_lanes import LOW8, LOW16, LOW32, LOW64, M8, M16
from zwasm.interp.vectors import replaced

_S8X8: Final = struct.Struct("<8b")
_U8X8: Final = struct.Struct("<8B")
_S16X4: Final = struct.Struct("<4h")
_U16X4: Final = struct.Struct("<4H")
_S32X2: Final = struct.Struct("<2i")
_U32X2: Final = struct.Struct("<2I")
_S16X8: Final = struct.Struct("<8h")
_U16X8: Final = struct.Struct("<8H")
_S32X4: Final = struct.Struct("<4i")
_U32X4: Final = struct.Struct("<4I")
_S64X2: Final = struct.Struct("<2q")
_U64X2: Final = struct.Struct("<2Q")


def _read(memory: MemoryInst, address: int, size: int) -> int:
    """`size` bytes as an unsigned number."""
    if address + size > int(memory.size):
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    return int.from_bytes(memory.data[address : address + size], "little")


def _write(memory: MemoryInst, address: int, size: int, value: int) -> None:
    if address + size > int(memory.size):
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    memory.data[address : address + size] = value.to_bytes(size, "little")


def _extended(memory: MemoryInst, address: int, narrow: struct.Struct, wide: struct.Struct) -> int:
    """8 bytes of lanes as lanes of twice the width."""
    if address + 8 > int(memory.size):
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    return int.from_bytes(wide.pack(*narrow.unpack_from(memory.data, address)), "little")


def v128_load(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 16)


def v128_load8x8_s(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _S8X8, _S16X8)


def v128_load8x8_u(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _U8X8, _U16X8)


def v128_load16x4_s(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _S16X4, _S32X4)


def v128_load16x4_u(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _U16X4, _U32X4)


def v128_load32x2_s(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _S32X2, _S64X2)


def v128_load32x2_u(memory: MemoryInst, address: int) -> int:
    return _extended(memory, address, _U32X2, _U64X2)


def v128_load8_splat(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 1) * LOW8


def v128_load16_splat(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 2) * LOW16


def v128_load32_splat(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 4) * LOW32


def v128_load64_splat(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 8) * LOW64


def v128_load32_zero(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 4)


def v128_load64_zero(memory: MemoryInst, address: int) -> int:
    return _read(memory, address, 8)


def v128_store(memory: MemoryInst, address: int, value: int) -> None:
    _write(memory, address, 16, value)


def _load_lane(instance: ModuleInst, slots: list[object], ins: Instr, size: int, ones: int) -> None:
    address = number(slots[ins.b]) + ins.number
    value = _read(instance.memories[ins.d], address, size)
    slots[ins.a] = replaced(number(slots[ins.c]), value, int(ins.lane) * size * 8, ones)


def v128_load8_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _load_lane(instance, slots, ins, 1, M8)


def v128_load16_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _load_lane(instance, slots, ins, 2, M16)


def v128_load32_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _load_lane(instance, slots, ins, 4, M32)


def v128_load64_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _load_lane(instance, slots, ins, 8, M64)


def _store_lane(
    instance: ModuleInst, slots: list[object], ins: Instr, size: int, ones: int
) -> None:
    address = number(slots[ins.a]) + ins.number
    value = (number(slots[ins.b]) >> (int(ins.lane) * size * 8)) & ones
    _write(instance.memories[ins.d], address, size, value)


def v128_store8_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _store_lane(instance, slots, ins, 1, M8)


def v128_store16_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _store_lane(instance, slots, ins, 2, M16)


def v128_store32_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _store_lane(instance, slots, ins, 4, M32)


def v128_store64_lane(instance: ModuleInst, slots: list[object], ins: Instr) -> None:
    _store_lane(instance, slots, ins, 8, M64)
