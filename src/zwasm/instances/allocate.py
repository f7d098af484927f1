"""Instantiation (specification, section 4.7.2).

In: a module's `ModuleInfo`, matched imports, a store. Out: a `ModuleInst` whose segments are
written and whose start function has run. Where that ends early by a trap, what was written to
imported tables and memories stays, as the specification says.
"""

from __future__ import annotations

from typing import Final, cast

from zwasm.binary.reader import Reader
from zwasm.errors import Trap, TrapCode
from zwasm.instances.func import Func, Machine, ModuleInst, call_host, invoke, wasm_func
from zwasm.instances.global_ import Global, new_global
from zwasm.instances.memory import MemoryInst
from zwasm.instances.memory_object import Memory
from zwasm.instances.store import Store
from zwasm.instances.table import Table, new_table
from zwasm.instances.tag import Tag
from zwasm.isa.row import BY_NAME
from zwasm.lower import Lowerer
from zwasm.module import MODE_ACTIVE, MODE_PASSIVE, Elem, Expr
from zwasm.types import I32, I64
from zwasm.valid import ModuleInfo

_I32_CONST: Final = BY_NAME["i32.const"].opcode
_REF_FUNC: Final = BY_NAME["ref.func"].opcode


class Constants:
    """Evaluates the constant expressions of one module instance."""

    def __init__(self, inst: ModuleInst) -> None:
        self.inst = inst
        self.data: bytes = inst.info.module.data
        self.lowerer: Lowerer | None = None

    def cell(self, expr: Expr, code: int) -> object:
        """The value of an expression of type `code`."""
        # Nearly all are a lone number or function.
        first = self.data[expr.start]
        if first == _I32_CONST or first == _REF_FUNC:
            reader = Reader(self.data, expr.start + 1, expr.end)
            value = int(reader.s32()) if first == _I32_CONST else int(reader.u32())
            if reader.pos == expr.end - 1:
                return value & 0xFFFF_FFFF if first == _I32_CONST else self.inst.funcs[value]
        if self.lowerer is None:
            self.lowerer = Lowerer(self.inst.info)
        machine = cast(Machine, self.inst.store.machine)
        return machine.evaluate(self.inst, self.lowerer.expr(expr, code))


def allocate(info: ModuleInfo, externs: list[object], store: Store) -> ModuleInst:
    """An instance with everything but what active segments and the start function do.

    Raises InstantiationError where a limit forbids it. This and `initialise` run between
    `Store.enter` and `Store.leave`.
    """
    inst = ModuleInst(info, store)
    _take_imports(inst, externs)
    _make_own(inst)
    return inst


def initialise(inst: ModuleInst) -> None:
    """Write the active segments and call the start function. Raises Trap, or what a host
    function raises."""
    _write_segments(inst)
    start = inst.info.module.start
    if start is not None:
        func = inst.funcs[start]
        if func.host is None:
            invoke(func, [])
        else:
            call_host(func, [], inst)


def _take_imports(inst: ModuleInst, externs: list[object]) -> None:
    for extern in externs:
        if isinstance(extern, Func):
            inst.funcs.append(extern)
        elif isinstance(extern, Table):
            inst.tables.append(extern)
        elif isinstance(extern, Global):
            inst.globals.append(extern)
        elif isinstance(extern, Tag):
            inst.tags.append(extern)
        else:
            inst.memories.append(cast(Memory, extern).inst)


def _make_own(inst: ModuleInst) -> None:
    info = inst.info
    module = info.module
    store = inst.store
    for index in range(len(inst.funcs), len(info.funcs)):
        inst.funcs.append(wasm_func(inst, index, info.funcs[index], info.func_type_ids[index]))
    for index in range(len(inst.memories), len(info.memories)):
        kind = info.memories[index]
        memory = Memory(kind.minimum, kind.maximum, is64=kind.is64, shared=kind.shared, store=store)
        inst.memories.append(memory.inst)
    for index in range(len(inst.tags), len(info.tags)):
        type_id = info.tag_type_ids[index]
        inst.tags.append(Tag(info.tags[index], type_id=type_id, store=store))
    constants = Constants(inst)
    for global_ in module.globals:
        global_type = info.globals[len(inst.globals)]
        cell = constants.cell(global_.init, global_type.content_code)
        inst.globals.append(new_global(global_type, cell, store))
    for table in module.tables:
        table_type = info.tables[len(inst.tables)]
        init: object = None
        if table.init is not None:
            init = constants.cell(table.init, table_type.element_code)
        inst.tables.append(new_table(table_type, init, store))
    for index in range(len(module.elems)):
        inst.elems.append(_elements(constants, module.elems[index], info.elem_types[index]))
    for data in module.datas:
        inst.datas.append(data.init)


def _elements(constants: Constants, elem: Elem, code: int) -> list[object]:
    cells: list[object] = []
    if elem.inits:
        for init in elem.inits:
            cells.append(constants.cell(init, code))
    else:
        funcs = constants.inst.funcs
        for index in elem.funcs:
            cells.append(funcs[index])
    return cells


def _write_segments(inst: ModuleInst) -> None:
    """Run the instructions that active segments stand for."""
    module = inst.info.module
    constants = Constants(inst)
    for index in range(len(module.elems)):
        elem = module.elems[index]
        if elem.mode == MODE_PASSIVE:
            continue
        cells = inst.elems[index]
        if elem.mode == MODE_ACTIVE and elem.offset is not None:
            table = inst.tables[elem.table]
            at = cast(int, constants.cell(elem.offset, I64 if table.is64 else I32))
            if at + len(cells) > len(table.elements):
                raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
            table.elements[at : at + len(cells)] = cells
        inst.elems[index] = []
    for index in range(len(module.datas)):
        data = module.datas[index]
        if data.mode != MODE_ACTIVE or data.offset is None:
            continue
        memory = inst.memories[data.memory]
        at = cast(int, constants.cell(data.offset, I64 if memory.is64 else I32))
        _write_data(memory, at, data.init)
        inst.datas[index] = b""


def _write_data(memory: MemoryInst, at: int, init: bytes) -> None:
    if at + len(init) > int(memory.size):  # an i64 would not hold every address
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    memory.data[at : at + len(init)] = init
