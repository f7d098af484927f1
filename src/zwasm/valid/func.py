"""Validation of instruction sequences (specification, sections 3.4 and 3.5.13).

In: function bodies and constant expressions as bytes, and a `ModuleInfo`. Out: nothing but
errors; a sink hears of every instruction. One walk decodes and checks types, dispatching on
the shapes of `zwasm.isa`; the rules of aggregates are in `zwasm.valid.aggregates`.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from zwasm.binary.reader import UNEXPECTED_END
from zwasm.isa import row as r
from zwasm.isa.row import BY_CODE, BY_NAME, OPCODES
from zwasm.limits import MAX_BR_TABLE, MAX_CATCHES, MAX_LOCALS
from zwasm.module import Expr, Func
from zwasm.types import (
    BOT,
    EXNREF,
    F32,
    F64,
    FUNCREF,
    HEAP_EXN,
    HEAP_INDEX,
    HEAP_SHIFT,
    I32,
    I64,
    NULL_BIT,
    REF_BIT,
    V128,
    FuncType,
    all_match,
    matches,
    ref_type,
)
from zwasm.valid.aggregates import aggregate
from zwasm.valid.info import ModuleInfo
from zwasm.valid.operands import NO_TYPES, Operands
from zwasm.valid.sink import Sink


class Columns:
    """Columns of the instruction table, by dense opcode, as machine words."""

    def __init__(self) -> None:
        self.shapes = vec[i64](capacity=OPCODES)
        self.features = vec[i64](capacity=OPCODES)
        self.first = vec[i64](capacity=OPCODES)
        self.second = vec[i64](capacity=OPCODES)
        self.third = vec[i64](capacity=OPCODES)
        self.result = vec[i64](capacity=OPCODES)
        self.counts = vec[i64](capacity=OPCODES)
        self.aligns = vec[i64](capacity=OPCODES)
        self.lanes = vec[i64](capacity=OPCODES)
        self.consts = vec[i64](capacity=OPCODES)
        for row in BY_CODE:
            params = NO_TYPES if row is None else row.params
            results = NO_TYPES if row is None else row.results
            n = len(params)
            self.shapes = append(self.shapes, 0 if row is None else row.shape)
            self.features = append(self.features, 0 if row is None else row.feature)
            self.first = append(self.first, params[0] if n > 0 else 0)
            self.second = append(self.second, params[1] if n > 1 else 0)
            self.third = append(self.third, params[2] if n > 2 else 0)
            self.result = append(self.result, results[0] if results else 0)
            self.counts = append(self.counts, n)
            self.aligns = append(self.aligns, 0 if row is None else row.align)
            self.lanes = append(self.lanes, 0 if row is None else row.lanes)
            self.consts = append(self.consts, 1 if row is not None and row.const else 0)


_COLUMNS: Final = Columns()


class FuncValidator(Operands):
    """Validates the bodies of one module, one after the other."""

    def __init__(self, info: ModuleInfo, sink: Sink | None = None) -> None:
        super().__init__(info, sink)
        self.shapes = _COLUMNS.shapes
        self.row_features = _COLUMNS.features
        self.first = _COLUMNS.first
        self.second = _COLUMNS.second
        self.third = _COLUMNS.third
        self.result = _COLUMNS.result
        self.counts = _COLUMNS.counts
        self.aligns = _COLUMNS.aligns
        self.lanes = _COLUMNS.lanes
        self.consts = _COLUMNS.consts
        self.constant: bool = False
        self.visible_globals: i64 = 0
        self.funcs: list[FuncType] = info.funcs
        self.global_codes: list[int] = [g.content_code for g in info.globals]
        self.global_muts: list[bool] = [g.mutable for g in info.globals]
        # Address types of memories and tables.
        self.memory_codes: list[int] = [I64 if m.is64 else I32 for m in info.memories]
        self.table_codes: list[int] = [I64 if e.is64 else I32 for e in info.tables]
        self.elements: list[int] = [e.element_code for e in info.tables]
        self.block_types: dict[int, FuncType] = {}

    def func(self, index: int) -> None:
        """Validate a function body; `index` counts the module's own functions from 0."""
        func: Func = self.info.module.funcs[index]
        func_type = self.funcs[self.info.imported_funcs + index]
        self.constant = False
        self.reset(func.body.start, func.body.end, func_type.result_codes)
        for code in func_type.param_codes:
            self.add_local(i64(code), True)
        ids = self.info.type_ids
        for count, raw in func.locals:
            code = self.canonical(raw, ids, func.place)
            if self.local_count + count > MAX_LOCALS:
                raise self.info.module.invalid("too many locals", func.place)
            if code == V128:
                self.features |= r.SIMD
            for _ in range(count):
                self.add_local(i64(code), False)
        self.walk()

    def canonical(self, raw: int, ids: list[int], place: int) -> int:
        """A decoded value type made canonical."""
        if raw & REF_BIT != 0:
            heap = raw >> HEAP_SHIFT
            if heap >= HEAP_INDEX:
                if heap - HEAP_INDEX >= len(ids):
                    raise self.info.module.invalid(f"unknown type {heap - HEAP_INDEX}", place)
                return ref_type(HEAP_INDEX + ids[heap - HEAP_INDEX], raw & NULL_BIT != 0)
        return raw

    def expr(self, expr: Expr, code: int, visible_globals: int) -> None:
        """Validate a constant expression of type `code` that may read the first
        `visible_globals` globals."""
        self.constant = True
        self.visible_globals = i64(visible_globals)
        self.reset(expr.start, expr.end, (code,))
        self.walk()

    def walk(self) -> None:
        """Check instructions up to the `end` that closes the expression."""
        sink = self.sink
        data = self.data
        shapes = self.shapes
        while True:
            pos = self.pos
            self.place = pos
            if pos >= self.end:
                raise self.malformed(UNEXPECTED_END)
            opcode: i64 = i64(data[pos])
            self.pos = pos + 1
            if opcode >= 0xFB:
                opcode = self.prefixed(opcode)
            self.opcode = opcode
            shape = shapes[opcode]
            if sink is not None:
                sink.place = pos
            if self.constant and self.consts[opcode] == 0:
                if shape == 0:
                    raise self.illegal()
                raise self.invalid(f"constant expression required, found {self.instruction()}")

            if shape == r.LOCAL_GET:
                x = self.local_index()
                if self.has_unset and self.unset[x] != 0:
                    raise self.invalid(f"uninitialized local {x}")
                self.push(self.locals[x])
                if sink is not None and sink.live:
                    sink.local_get(x)
            elif shape == r.PLAIN:
                n = self.counts[opcode]
                if n > 1:
                    if n > 2:
                        self.pop(self.third[opcode])
                    self.pop(self.second[opcode])
                self.pop(self.first[opcode])
                self.push(self.result[opcode])
                feature = self.row_features[opcode]
                if feature != 0:
                    self.features |= feature
                if sink is not None and sink.live:
                    sink.op(opcode, n, 1, 0, 0)
            elif shape == r.CONST:
                self.const(opcode)
            elif shape == r.LOCAL_SET or shape == r.LOCAL_TEE:
                x = self.local_index()
                self.pop(self.locals[x])
                if shape == r.LOCAL_TEE:
                    self.push(self.locals[x])
                if self.has_unset and self.unset[x] != 0:
                    self.unset[x] = 0
                    self.set_order.append(int(x))
                if sink is not None and sink.live:
                    if shape == r.LOCAL_SET:
                        sink.local_set(x)
                    else:
                        sink.local_tee(x)
            elif shape == r.LOAD:
                memory, offset = self.memarg(self.aligns[opcode])
                self.pop(i64(self.memory_codes[memory]))
                self.push(self.result[opcode])
                self.features |= self.row_features[opcode]
                if sink is not None and sink.live:
                    sink.op(opcode, 1, 1, offset, memory)
            elif shape == r.STORE:
                memory, offset = self.memarg(self.aligns[opcode])
                self.pop(self.first[opcode])
                self.pop(i64(self.memory_codes[memory]))
                self.features |= self.row_features[opcode]
                if sink is not None and sink.live:
                    sink.op(opcode, 2, 0, offset, memory)
            elif shape == r.BR_IF:
                label = self.u32()
                types = self.label_types(label)
                self.pop(I32)
                if types:
                    self.pop_all(types)
                    self.push_all(types)
                if sink is not None and sink.live:
                    sink.br_if(label)
            elif shape == r.BLOCK or shape == r.LOOP:
                block = self.read_block()
                self.pop_all(block.param_codes)
                self.enter(shape, block.param_codes, block.result_codes)
                if sink is not None:
                    if shape == r.BLOCK:
                        sink.block(block)
                    else:
                        sink.loop(block)
            elif shape == r.END:
                if self.end_block():
                    return
            elif shape == r.BR:
                label = self.u32()
                self.pop_all(self.label_types(label))
                self.set_dead()
                if sink is not None and sink.live:
                    sink.br(label)
            elif shape == r.CALL:
                x = self.func_index()
                callee = self.funcs[x]
                self.call(opcode, x, 0, callee)
            elif shape == r.GLOBAL_GET:
                self.global_get(opcode)
            elif shape == r.GLOBAL_SET:
                x = self.u32()
                if x >= i64(len(self.global_codes)):
                    raise self.invalid(f"unknown global {x}")
                if not self.global_muts[x]:
                    raise self.invalid(f"immutable global {x}: it cannot be set")
                self.pop(i64(self.global_codes[x]))
                if sink is not None and sink.live:
                    sink.op(opcode, 1, 0, x, 0)
            elif shape == r.IF:
                block = self.read_block()
                self.pop(I32)
                self.pop_all(block.param_codes)
                self.enter(shape, block.param_codes, block.result_codes)
                if sink is not None:
                    sink.if_(block)
            elif shape == r.ELSE:
                self.else_block()
            elif shape == r.DROP:
                self.pop_any()
                if sink is not None and sink.live:
                    sink.drop()
            elif shape == r.SELECT:
                self.select(opcode)
            elif shape == r.RETURN:
                self.pop_all(self.results[0])
                self.set_dead()
                if sink is not None and sink.live:
                    sink.return_()
            elif shape == r.UNREACHABLE:
                self.set_dead()
                if sink is not None and sink.live:
                    sink.unreachable()
            elif shape == r.NOP:
                pass
            elif shape == r.BR_TABLE:
                self.br_table()
            elif shape == r.CALL_INDIRECT or shape == r.RETURN_CALL_INDIRECT:
                self.features |= self.row_features[opcode]
                x = self.u32()
                callee = self.func_type(x)
                table = self.u32()
                self.check_table(table)
                if not matches(self.elements[table], FUNCREF):
                    raise self.invalid(
                        f"type mismatch: {self.instruction()} needs a table of functions, "
                        f"table {table} holds {self.named(self.elements[table])}"
                    )
                self.pop(i64(self.table_codes[table]))
                self.call(opcode, i64(self.info.type_ids[x]), table, callee)
            elif shape == 0:
                raise self.illegal()
            else:
                self.features |= self.row_features[opcode]
                self.rare(opcode, shape)

    def prefixed(self, prefix: i64) -> i64:
        """The dense opcode of an instruction with a prefix byte."""
        number = self.u32()
        if prefix == 0xFB and number < 0x100:
            return r.PAGE_FB + number
        if prefix == 0xFC and number < 0x100:
            return r.PAGE_FC + number
        if prefix == 0xFD and number < 0x200:
            return r.PAGE_FD + number
        if prefix == 0xFE and number < 0x100:
            return r.PAGE_FE + number
        raise self.illegal()

    def illegal(self) -> Exception:
        text = bytes(self.data[self.place : self.pos]).hex(" ")
        return self.info.module.malformed(f"illegal opcode {text}", int(self.place))

    def local_index(self) -> i64:
        x = self.u32()
        if x >= self.local_count:
            raise self.invalid(f"unknown local {x}")
        return x

    def func_index(self) -> i64:
        x = self.u32()
        if x >= i64(len(self.funcs)):
            raise self.invalid(f"unknown function {x}")
        return x

    def check_table(self, x: i64) -> None:
        if x >= i64(len(self.table_codes)):
            raise self.invalid(f"unknown table {x}")

    def check_memory(self, x: i64) -> None:
        if x >= i64(len(self.memory_codes)):
            raise self.invalid(f"unknown memory {x}")

    def memarg(self, natural: i64) -> tuple[i64, i64]:
        """Read a memory argument: the memory index and the offset."""
        flags = self.u32()
        memory: i64 = 0
        if flags >= 64:
            if flags >= 128:
                raise self.malformed("malformed memop flags")
            flags -= 64
            memory = self.u32()
            self.features |= r.MULTI_MEMORY
        p = self.pos
        offset: i64 = 0
        if p < self.end and self.data[p] < 128:
            offset = i64(self.data[p])
            self.pos = p + 1
        else:
            offset = self.offset64()
        self.check_memory(memory)
        if flags > natural:
            raise self.invalid("alignment must not be larger than natural")
        if (offset < 0 or offset > 0xFFFFFFFF) and self.memory_codes[memory] == I32:
            raise self.invalid("offset out of range")
        return memory, offset

    def read_block(self) -> FuncType:
        """Read a block type (section 5.4.1)."""
        p = self.pos
        if p >= self.end:
            raise self.malformed(UNEXPECTED_END)
        b: i64 = i64(self.data[p])
        if b == 0x40:
            self.pos = p + 1
            return _EMPTY
        if b >= 0x40 and b < 0x80:
            code = self.canonical_type()
            known = self.block_types.get(int(code))
            if known is None:
                known = FuncType((), (int(code),))
                self.block_types[int(code)] = known
            return known
        x = self.s33()
        if x < 0:
            raise self.malformed("malformed block type")
        block = self.func_type(x)
        if block.param_codes or len(block.result_codes) > 1:
            self.features |= r.MULTI_VALUE
        return block

    def const(self, opcode: i64) -> None:
        """A constant instruction."""
        sink = self.sink
        live = sink is not None and sink.live
        code = self.result[opcode]
        if code == I32:
            value = self.s32()
            if sink is not None and live:
                sink.const(value & 0xFFFFFFFF)
        elif code == I64:
            value = self.s64()
            if sink is not None and live:
                sink.const(value)
        elif code == F32:
            p = self.skip(4)
            if sink is not None and live:
                sink.const(i64(int.from_bytes(self.data[p : p + 4], "little")))
        elif code == F64:
            p = self.skip(8)
            if sink is not None and live:
                sink.const(i64(int.from_bytes(self.data[p : p + 8], "little", signed=True)))
        else:
            self.features |= self.row_features[opcode]
            p = self.skip(16)
            if sink is not None and live:
                sink.const_vector(int.from_bytes(self.data[p : p + 16], "little"))
        self.push(code)

    def end_block(self) -> bool:
        """`end`; whether it closed the whole expression."""
        sink = self.sink
        d = self.depth - 1
        self.check_results()
        results = self.results[d]
        if self.kinds[d] == r.IF and self.params[d] != results:
            # Without else the parameters are what the other side gives.
            if not all_match(self.params[d], results):
                raise self.invalid("type mismatch: if without else must give what it takes")
        self.leave()
        if sink is not None:
            sink.end()
        if d == 0:
            if self.pos != self.end:
                raise self.malformed("unexpected content after the end of an expression")
            return True
        self.push_all(results)
        return False

    def else_block(self) -> None:
        if not self.is_if():
            raise self.info.module.malformed("unexpected else", int(self.place))
        self.check_results()
        d = self.depth - 1
        self.kinds[d] = r.ELSE
        self.dead = False
        if self.has_unset:
            self.unset_since(self.set_counts[d])
        self.push_all(self.params[d])
        if self.sink is not None:
            self.sink.else_()

    def br_table(self) -> None:
        """Section 3.4.2: all labels take the same number of operands, which fit each."""
        count = self.u32()
        if count > self.end - self.pos or count > MAX_BR_TABLE:
            raise self.malformed(UNEXPECTED_END)
        labels: list[int] = []
        i: i64 = 0
        while i <= count:
            labels.append(int(self.u32()))
            i += 1
        self.pop(I32)
        default = self.label_types(i64(labels[int(count)]))
        arity = len(default)
        # Each frame is checked once, however often the table names it.
        seen: set[int] = set()
        for label in labels:
            if label not in seen:
                seen.add(label)
                types = self.label_types(i64(label))
                if len(types) != arity:
                    raise self.invalid(
                        "type mismatch: the labels of br_table take different numbers of operands"
                    )
                self.check_all(types)
        self.pop_all(default)
        self.set_dead()
        if self.sink is not None and self.sink.live:
            self.sink.br_table(labels)

    def call(self, opcode: i64, x: i64, y: i64, callee: FuncType) -> None:
        """The operands of a call of any kind, the callee's index or reference already popped."""
        params = callee.param_codes
        results = callee.result_codes
        self.pop_all(params)
        shape = self.shapes[opcode]
        if shape == r.CALL or shape == r.CALL_INDIRECT or shape == r.CALL_REF:
            self.push_all(results)
        else:
            if not all_match(results, self.results[0]):
                raise self.invalid(
                    f"type mismatch: {self.instruction()} of a function with other results"
                )
            self.set_dead()
        sink = self.sink
        if sink is not None and sink.live:
            sink.call(opcode, x, y, callee)

    def global_get(self, opcode: i64) -> None:
        x = self.u32()
        if x >= i64(len(self.global_codes)) or (self.constant and x >= self.visible_globals):
            raise self.invalid(f"unknown global {x}")
        if self.constant and self.global_muts[x]:
            raise self.invalid(f"constant expression required, global {x} is mutable")
        self.push(i64(self.global_codes[x]))
        if self.sink is not None and self.sink.live:
            self.sink.op(opcode, 0, 2 if self.global_codes[x] == V128 else 1, x, 0)

    def select(self, opcode: i64) -> None:
        """`select` without a type: of numbers or vectors."""
        self.pop(I32)
        first = self.pop_any()
        second = self.pop_any()
        if first & REF_BIT != 0 or second & REF_BIT != 0:
            raise self.invalid("type mismatch: select of references needs a result type")
        if first == BOT:
            first = second
        elif second != BOT and first != second:
            raise self.invalid(
                f"type mismatch: select between {self.named(second)} and {self.named(first)}"
            )
        self.push(first)
        if self.sink is not None and self.sink.live:
            self.sink.op(opcode, 3, 2 if first == V128 else 1, 0, 0)

    def report(self, opcode: i64, sources: i64, results: i64, x: i64, y: i64) -> None:
        """Tell the sink of an instruction."""
        sink = self.sink
        if sink is not None and sink.live:
            sink.op(opcode, sources, results, x, y)

    def report_bulk(self, opcode: i64, x: i64, y: i64) -> None:
        sink = self.sink
        if sink is not None and sink.live:
            sink.bulk(opcode, x, y)

    def report_unsupported(self, opcode: i64) -> None:
        sink = self.sink
        if sink is not None and sink.live:
            sink.unsupported(opcode)

    def rare(self, opcode: i64, shape: i64) -> None:
        """Instructions outside the hot part of `walk`."""
        if shape >= r.REF_NULL and shape <= r.REF_AS_NON_NULL:
            self.reference(opcode, shape)
        elif shape >= r.TABLE_GET and shape <= r.ELEM_DROP:
            self.table(opcode, shape)
        elif shape >= r.MEMORY_SIZE and shape <= r.DATA_DROP:
            self.memory(opcode, shape)
        elif shape >= r.LANE and shape <= r.STORE_LANE:
            self.vector(opcode, shape)
        elif shape == r.ATOMIC_RMW or shape == r.ATOMIC_FENCE:
            self.atomic(opcode, shape)
        elif shape == r.SELECT_TYPED:
            self.select_typed(opcode)
        elif shape == r.CALL_REF or shape == r.RETURN_CALL_REF:
            x = self.u32()
            callee = self.func_type(x)
            id = i64(self.info.type_ids[x])
            self.pop(((HEAP_INDEX + id) << HEAP_SHIFT) | (REF_BIT | NULL_BIT))
            self.call(opcode, id, 0, callee)
        elif shape == r.RETURN_CALL:
            x = self.func_index()
            self.call(opcode, x, 0, self.funcs[x])
        elif shape == r.BR_ON_NULL or shape == r.BR_ON_NON_NULL:
            self.br_on_null(shape)
        elif shape == r.TRY_TABLE:
            self.try_table()
        elif shape == r.THROW:
            tag = self.u32()
            if tag >= i64(len(self.info.tags)):
                raise self.invalid(f"unknown tag {tag}")
            self.pop_all(self.info.tags[tag].param_codes)
            self.set_dead()
            self.report_unsupported(opcode)
        elif shape == r.THROW_REF:
            self.pop(EXNREF)
            self.set_dead()
            self.report_unsupported(opcode)
        else:
            aggregate(self, opcode, shape)
            self.report_unsupported(opcode)

    def reference(self, opcode: i64, shape: i64) -> None:
        """Section 3.4.6."""
        if shape == r.REF_NULL:
            heap = self.canonical_heap()
            self.push((heap << HEAP_SHIFT) | (REF_BIT | NULL_BIT))
            self.report(opcode, 0, 1, 0, 0)
        elif shape == r.REF_IS_NULL:
            self.pop_ref()
            self.push(I32)
            self.report(opcode, 1, 1, 0, 0)
        elif shape == r.REF_FUNC:
            x = self.func_index()
            if self.constant:
                self.info.declared_funcs.add(int(x))
            elif int(x) not in self.info.declared_funcs:
                raise self.invalid(f"undeclared function reference {x}")
            id = i64(self.info.func_type_ids[x])
            self.push(((HEAP_INDEX + id) << HEAP_SHIFT) | REF_BIT)
            self.report(opcode, 0, 1, x, 0)
        else:
            code = self.pop_ref()
            self.push(code & ~NULL_BIT)
            self.report(opcode, 1, 1, 0, 0)

    def br_on_null(self, shape: i64) -> None:
        """`br_on_null` and `br_on_non_null`."""
        label = self.u32()
        types = self.label_types(label)
        code = self.pop_ref() & ~NULL_BIT
        sink = self.sink
        if shape == r.BR_ON_NULL:
            self.pop_all(types)
            self.push_all(types)
            self.push(code)
            if sink is not None and sink.live:
                sink.br_on_null(label)
        else:
            self.push(code)
            self.pop_all(types)
            if not types or types[-1] & REF_BIT == 0:
                raise self.invalid("type mismatch: the label of br_on_non_null takes no reference")
            self.push_all(types[:-1])
            if sink is not None and sink.live:
                sink.br_on_non_null(label)

    def select_typed(self, opcode: i64) -> None:
        count = self.u32()
        if count != 1:
            raise self.invalid("invalid result arity: select takes one result type")
        code = self.canonical_type()
        self.pop(I32)
        self.pop(code)
        self.pop(code)
        self.push(code)
        self.report(_SELECT, 3, 2 if code == V128 else 1, 0, 0)

    def table(self, opcode: i64, shape: i64) -> None:
        """Section 3.4.10."""
        if shape == r.ELEM_DROP:
            self.report(opcode, 0, 0, self.elem_index(), 0)
            return
        elem: i64 = 0
        if shape == r.TABLE_INIT:
            elem = self.u32()
        x = self.u32()
        self.check_table(x)
        if shape == r.TABLE_INIT:
            self.check_elem(elem)
        address: i64 = i64(self.table_codes[x])
        element: i64 = i64(self.elements[x])
        if shape == r.TABLE_GET:
            self.pop(address)
            self.push(element)
            self.report(opcode, 1, 1, x, 0)
        elif shape == r.TABLE_SET:
            self.pop(element)
            self.pop(address)
            self.report(opcode, 2, 0, x, 0)
        elif shape == r.TABLE_SIZE:
            self.push(address)
            self.report(opcode, 0, 1, x, 0)
        elif shape == r.TABLE_GROW:
            self.pop(address)
            self.pop(element)
            self.push(address)
            self.report(opcode, 2, 1, x, 0)
        elif shape == r.TABLE_FILL:
            self.pop(address)
            self.pop(element)
            self.pop(address)
            self.report_bulk(opcode, x, 0)
        elif shape == r.TABLE_INIT:
            self.check_element(i64(self.info.elem_types[elem]), element)
            self.pop(I32)
            self.pop(I32)
            self.pop(address)
            self.report_bulk(opcode, elem, x)
        else:
            y = self.u32()
            self.check_table(y)
            from_address: i64 = i64(self.table_codes[y])
            self.check_element(i64(self.elements[y]), element)
            self.pop(I64 if address == I64 and from_address == I64 else I32)
            self.pop(from_address)
            self.pop(address)
            self.report_bulk(opcode, x, y)

    def memory(self, opcode: i64, shape: i64) -> None:
        """Section 3.4.11, without loads and stores."""
        if shape == r.DATA_DROP:
            self.report(opcode, 0, 0, self.data_index(), 0)
            return
        segment: i64 = 0
        if shape == r.MEMORY_INIT:
            segment = self.u32()
        x = self.u32()
        self.check_memory(x)
        if shape == r.MEMORY_INIT:
            self.check_data(segment)
        if x != 0:
            self.features |= r.MULTI_MEMORY
        address: i64 = i64(self.memory_codes[x])
        if shape == r.MEMORY_SIZE:
            self.push(address)
            self.report(opcode, 0, 1, x, 0)
        elif shape == r.MEMORY_GROW:
            self.pop(address)
            self.push(address)
            self.report(opcode, 1, 1, x, 0)
        elif shape == r.MEMORY_FILL:
            self.pop(address)
            self.pop(I32)
            self.pop(address)
            self.report_bulk(opcode, x, 0)
        elif shape == r.MEMORY_INIT:
            self.pop(I32)
            self.pop(I32)
            self.pop(address)
            self.report_bulk(opcode, segment, x)
        else:
            y = self.u32()
            self.check_memory(y)
            from_address: i64 = i64(self.memory_codes[y])
            self.pop(I64 if address == I64 and from_address == I64 else I32)
            self.pop(from_address)
            self.pop(address)
            self.report_bulk(opcode, x, y)

    def lane(self, limit: i64) -> i64:
        lane = self.byte()
        if lane >= limit:
            raise self.invalid(f"invalid lane index {lane}")
        return lane

    def vector(self, opcode: i64, shape: i64) -> None:
        """Section 3.4.5: instructions with lane immediates."""
        limit = self.lanes[opcode]
        sink = self.sink
        if shape == r.LANE:
            lane = self.lane(limit)
            n = self.counts[opcode]
            if n > 1:
                self.pop(self.second[opcode])
            self.pop(V128)
            self.push(self.result[opcode])
            self.report(opcode, n, 1, lane, 0)
        elif shape == r.SHUFFLE:
            start = self.pos
            for _ in range(16):
                self.lane(limit)
            self.pop(V128)
            self.pop(V128)
            self.push(V128)
            if sink is not None and sink.live:
                mask = int.from_bytes(self.data[start : start + 16], "little")
                sink.wide(opcode, 2, 1, [mask])
        else:
            memory, offset = self.memarg(self.aligns[opcode])
            lane = self.lane(limit)
            self.pop(V128)
            self.pop(i64(self.memory_codes[memory]))
            results: i64 = 0
            if shape == r.LOAD_LANE:
                self.push(V128)
                results = 1
            if sink is not None and sink.live:
                sink.wide(opcode, 2, results, [int(offset), int(memory), int(lane)])

    def atomic(self, opcode: i64, shape: i64) -> None:
        """Typing rules of the threads proposal."""
        if shape == r.ATOMIC_FENCE:
            if self.byte() != 0:
                raise self.malformed("zero byte expected")
            self.report_unsupported(opcode)
            return
        natural = self.aligns[opcode]
        p = self.pos
        memory, _ = self.memarg(natural)
        align: i64 = i64(self.data[p]) & 63
        if align != natural:
            raise self.invalid("atomic alignment must be natural")
        n = self.counts[opcode]
        if n > 1:
            self.pop(self.second[opcode])
        if n > 0:
            self.pop(self.first[opcode])
        self.pop(i64(self.memory_codes[memory]))
        if self.result[opcode] != 0:
            self.push(self.result[opcode])
        self.report_unsupported(opcode)

    def try_table(self) -> None:
        """`try_table`: its catch clauses name labels outside of it."""
        block = self.read_block()
        count = self.u32()
        if count > self.end - self.pos or count > MAX_CATCHES:
            raise self.malformed(UNEXPECTED_END)
        i: i64 = 0
        while i < count:
            kind = self.byte()
            if kind > 3:
                raise self.malformed("malformed catch clause")
            given: tuple[int, ...] = NO_TYPES
            if kind < 2:
                tag = self.u32()
                if tag >= i64(len(self.info.tags)):
                    raise self.invalid(f"unknown tag {tag}")
                given = self.info.tags[tag].param_codes
            if kind == 1 or kind == 3:
                given = (*given, ref_type(HEAP_EXN, False))
            label = self.u32()
            if not all_match(given, self.label_types(label)):
                raise self.invalid("type mismatch: a catch clause and its label differ")
            i += 1
        self.pop_all(block.param_codes)
        self.enter(r.TRY_TABLE, block.param_codes, block.result_codes)
        sink = self.sink
        if sink is not None:
            if sink.live:
                sink.unsupported(self.opcode)
            sink.block(block)


_EMPTY: Final = FuncType((), ())
_SELECT: Final = BY_NAME["select"].opcode
