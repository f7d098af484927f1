"""Instantiation (specification, section 4.7.2).

In: a module's `ModuleInfo`, matched imports, a store. Out: a `ModuleInst` whose segments are
written and whose start function has run. Where that ends early by a trap, what was written to
imported tables and memories stays, as the specification says.
"""

from __future__ import annotations

from typing import cast

from zwasm.errors import Trap, TrapCode
from zwasm.instances.calls import call_host, invoke
from zwasm.instances.constants import evaluate
from zwasm.instances.func import Func
from zwasm.instances.global_ import Global, new_global
from zwasm.instances.image import image_of
from zwasm.instances.memory import MemoryInst
from zwasm.instances.memory_object import Memory
from zwasm.instances.module import Machine, ModuleInst
from zwasm.instances.store import Store
from zwasm.instances.table import Table, new_table
from zwasm.instances.tag import Tag
from zwasm.module import MODE_ACTIVE, MODE_PASSIVE, Elem
from zwasm.valid import ModuleInfo


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
        func = inst.func(start)
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
    machine = cast(Machine, store.machine)
    for index in range(len(inst.memories), len(info.memories)):
        kind = info.memories[index]
        memory = Memory(kind.minimum, kind.maximum, is64=kind.is64, shared=kind.shared, store=store)
        inst.memories.append(memory.inst)
    inst.funcs.extend([None] * (len(info.funcs) - len(inst.funcs)))
    machine.begin(inst)
    for index in info.declared_funcs:
        inst.func(index)
    if module.start is not None:
        inst.func(module.start)
    for index in range(len(inst.tags), len(info.tags)):
        type_id = info.tag_type_ids[index]
        inst.tags.append(Tag(info.tags[index], type_id=type_id, store=store))
    for global_ in module.globals:
        global_type = info.globals[len(inst.globals)]
        inst.globals.append(new_global(global_type, evaluate(inst, global_.init), store))
    for table in module.tables:
        init = None if table.init is None else evaluate(inst, table.init)
        inst.tables.append(new_table(info.tables[len(inst.tables)], init, store))
    for elem in module.elems:
        inst.elems.append(_elements(inst, elem))
    inst.datas = [data.init for data in module.datas]
    machine.complete(inst)


def _elements(inst: ModuleInst, elem: Elem) -> list[object]:
    if elem.inits:
        return [evaluate(inst, init) for init in elem.inits]
    funcs = inst.funcs
    return [funcs[index] for index in elem.funcs]


def _write_segments(inst: ModuleInst) -> None:
    """Run the instructions that active segments stand for."""
    module = inst.info.module
    for index in range(len(module.elems)):
        elem = module.elems[index]
        if elem.mode == MODE_PASSIVE:
            continue
        cells = inst.elems[index]
        if elem.mode == MODE_ACTIVE and elem.offset is not None:
            table = inst.tables[elem.table]
            at = cast(int, evaluate(inst, elem.offset))
            if at + len(cells) > len(table.elements):
                raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
            table.elements[at : at + len(cells)] = cells
        inst.elems[index] = []
    image = image_of(inst.info)
    if image is not None:
        for at, piece in image.pieces:
            _write_data(inst.memories[0], at, piece)
        inst.datas = image.datas.copy()
        return
    for index in range(len(module.datas)):
        data = module.datas[index]
        if data.mode != MODE_ACTIVE or data.offset is None:
            continue
        memory = inst.memories[data.memory]
        at = cast(int, evaluate(inst, data.offset))
        _write_data(memory, at, data.init)
        inst.datas[index] = b""


def _write_data(memory: MemoryInst, at: int, init: bytes) -> None:
    if at + len(init) > int(memory.size):  # an i64 would not hold every address
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    memory.data[at : at + len(init)] = init
