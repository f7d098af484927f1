"""The printer: a `Module` to text (specification, chapter 6).

In: a module, decoded or parsed. Out: its text, one instruction a line, which reads back as the
same module but for what text cannot say (empty sections and names, padded numbers). Types are
always given by index; names become identifiers where they are unique in their space and
`@name` annotations otherwise; custom sections and branch hints are annotations. Nothing is
checked beyond what is needed to read instructions.
"""

from __future__ import annotations

from typing import Final

from zwasm.binary.instructions import CATCH_NAMES, InstructionReader
from zwasm.binary.names import BRANCH_HINTS, NAME, branch_hint_section, code_origin
from zwasm.binary.reader import Reader
from zwasm.isa import BY_NAME, SECOND_FORMS, Row
from zwasm.isa import row as r
from zwasm.module import MODE_ACTIVE, MODE_DECLARATIVE, Custom, Data, Elem, Expr, Func, Module
from zwasm.text.format import bytes_text, f32_text, f64_text, id_text, name_text
from zwasm.types import (
    EXTERN_FUNC,
    EXTERN_GLOBAL,
    EXTERN_MEMORY,
    EXTERN_NAMES,
    EXTERN_TABLE,
    EXTERN_TAG,
    HEAP_INDEX,
    HEAP_SHIFT,
    NULL_BIT,
    REF_BIT,
    FieldType,
    FuncType,
    GlobalType,
    MemoryType,
    StructType,
    SubType,
    TableType,
    heap_name,
    type_name,
)

MAX_INDENT: Final = 40  # levels; deeper code is not indented further, or the text could explode
STRING_CHUNK: Final = 4096  # bytes of a data segment in one string

# What a custom section's placement is called, by the id of the section before it.
SECTION_NAMES: Final = (
    "first",
    "type",
    "import",
    "func",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "elem",
    "code",
    "data",
    "datacount",
    "tag",
)


def print_module(module: Module) -> str:
    """The module's text. Raises MalformedError where an instruction cannot be read."""
    printer = Printer(module)
    printer.module_fields()
    return "\n".join(printer.lines) + "\n"


class Ids:
    """The identifiers of one index space."""

    def __init__(self, names: dict[int, str]) -> None:
        self.refs: dict[int, str] = {}
        self.names: dict[int, str] = {}  # those that an earlier index has as well
        seen: set[str] = set()
        for index in sorted(names):
            name = names[index]
            if name in seen:
                self.names[index] = name
            elif name:
                seen.add(name)
                self.refs[index] = id_text(name)

    def ref(self, index: int) -> str:
        """A use of an index."""
        return self.refs.get(index) or str(index)

    def declare(self, index: int) -> str:
        """What stands at the declaration, with a space before it; empty without a name."""
        text = self.refs.get(index)
        if text is not None:
            return " " + text
        name = self.names.get(index)
        return "" if name is None else f" (@name {name_text(name)})"

    def head(self, index: int) -> str:
        """What stands at the declaration of a module's entity: its name and a comment."""
        return f"{self.declare(index)} (;{index};)"


class Printer:
    """Collects the lines of a module's text."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.lines: list[str] = []
        names = module.names
        self.types = Ids(names.types)
        self.externs = [
            Ids(names.funcs),
            Ids(names.tables),
            Ids(names.memories),
            Ids(names.globals),
            Ids(names.tags),
        ]
        self.elems = Ids(names.elems)
        self.datas = Ids(names.datas)
        self.fields: dict[int, Ids] = {}
        self.counts = [0] * len(EXTERN_NAMES)
        self.locals = Ids({})
        self.hints_known = True

    def module_fields(self) -> None:
        """Print everything."""
        module = self.module
        lines = self.lines
        name = module.names.module
        lines.append(f"(module {id_text(name)}" if name else "(module")
        for custom in module.customs:
            self._custom(custom)
        self._types()
        for entry in module.imports:
            kind = entry.kind
            index = self._next(kind)
            if kind == EXTERN_FUNC:
                self.locals = Ids(module.names.locals.get(index, {}))
                text = self._type_use(entry.type_index, True)
            elif kind == EXTERN_TAG:
                text = self._type_use(entry.type_index, False)
            elif entry.table is not None:
                text = " " + self._table_type(entry.table)
            elif entry.memory is not None:
                text = " " + memory_text(entry.memory)
            else:
                content = entry.global_
                text = "" if content is None else " " + self._global_type(content)
            head = EXTERN_NAMES[kind] + self.externs[kind].head(index)
            lines.append(
                f"  (import {name_text(entry.module)} {name_text(entry.name)} ({head}{text}))"
            )
        for func in module.funcs:
            self._func(func)
        for table in module.tables:
            head = self._head(EXTERN_TABLE)
            init = "" if table.init is None else " " + self._expr(table.init)
            lines.append(f"  (table{head} {self._table_type(table.type)}{init})")
        for memory in module.memories:
            lines.append(f"  (memory{self._head(EXTERN_MEMORY)} {memory_text(memory.type)})")
        for tag in module.tags:
            head = self._head(EXTERN_TAG)
            lines.append(f"  (tag{head}{self._type_use(tag.type_index, False)})")
        for global_ in module.globals:
            head = self._head(EXTERN_GLOBAL)
            type = self._global_type(global_.type)
            lines.append(f"  (global{head} {type} {self._expr(global_.init)})")
        for export in module.exports:
            ref = self.externs[export.kind].ref(export.index)
            lines.append(f"  (export {name_text(export.name)} ({EXTERN_NAMES[export.kind]} {ref}))")
        if module.start is not None:
            lines.append(f"  (start {self.externs[EXTERN_FUNC].ref(module.start)})")
        for i, elem in enumerate(module.elems):
            self._elem(i, elem)
        for i, data in enumerate(module.datas):
            self._data(i, data)
        lines.append(")")

    def _next(self, kind: int) -> int:
        """The next index of an index space."""
        index = self.counts[kind]
        self.counts[kind] = index + 1
        return index

    def _head(self, kind: int) -> str:
        return self.externs[kind].head(self._next(kind))

    def _custom(self, custom: Custom) -> None:
        if custom.name == NAME:
            return
        if custom.name == BRANCH_HINTS:
            if branch_hint_section(self.module.branch_hints) == custom.data:
                return
            self.hints_known = False  # kept as it is, since it says more than annotations can
        place = f"(after {SECTION_NAMES[custom.after]})" if custom.after else "(before first)"
        data = f" {bytes_text(custom.data)}" if custom.data else ""
        self.lines.append(f"  (@custom {name_text(custom.name)} {place}{data})")

    # Types.

    def _types(self) -> None:
        module = self.module
        index = 0
        for i, size in enumerate(module.groups):
            if size == 1 and i not in module.explicit_groups:
                self.lines.append(f"  {self._sub_type(index, module.types[index])}")
                index += 1
                continue
            self.lines.append("  (rec")
            for sub in module.types[index : index + size]:
                self.lines.append(f"    {self._sub_type(index, sub)}")
                index += 1
            self.lines.append("  )")

    def _sub_type(self, index: int, sub: SubType) -> str:
        comp = sub.comp
        if isinstance(comp, FuncType):
            text = "(func" + self._params(comp, False) + ")"
        elif isinstance(comp, StructType):
            ids = self.field_ids(index)
            text = "(struct"
            for i, field in enumerate(comp.fields):
                text += f" (field{ids.declare(i)} {self._field_type(field)})"
            text += ")"
        else:
            text = f"(array {self._field_type(comp.field)})"
        if not sub.final or sub.supers:
            words = "(sub final" if sub.final else "(sub"
            for heap in sub.supers:
                words += " " + self.types.ref(heap - HEAP_INDEX)
            text = f"{words} {text})"
        return f"(type{self.types.head(index)} {text})"

    def field_ids(self, type_index: int) -> Ids:
        """The names of a structure's fields."""
        ids = self.fields.get(type_index)
        if ids is None:
            ids = Ids(self.module.names.fields.get(type_index, {}))
            self.fields[type_index] = ids
        return ids

    def _field_type(self, field: FieldType) -> str:
        text = self.value_type(field.storage)
        return f"(mut {text})" if field.mutable else text

    def value_type(self, code: int) -> str:
        heap = code >> HEAP_SHIFT
        if code & REF_BIT == 0 or heap < HEAP_INDEX:
            return type_name(code)
        return self.ref_type(heap, code & NULL_BIT != 0)

    def ref_type(self, heap: int, nullable: bool) -> str:
        return f"(ref {'null ' if nullable else ''}{self.heap_type(heap)})"

    def heap_type(self, heap: int) -> str:
        return self.types.ref(heap - HEAP_INDEX) if heap >= HEAP_INDEX else heap_name(heap)

    def _params(self, type: FuncType, named: bool) -> str:
        """Parameters and results, with the names of `locals` where asked."""
        text = self._locals(" (param", type.param_codes, 0, named)
        if type.result_codes:
            text += " (result"
            for code in type.result_codes:
                text += " " + self.value_type(code)
            text += ")"
        return text

    def _locals(self, word: str, codes: tuple[int, ...], first: int, named: bool) -> str:
        """Parameters or locals, the first with index `first`: those without a name together."""
        parts: list[str] = []
        is_open = False
        for i, code in enumerate(codes):
            name = self.locals.declare(first + i) if named else ""
            if is_open and name:
                parts.append(")")
            if not is_open or name:
                parts.append(word)
            parts.append(f"{name} {self.value_type(code)}")
            is_open = not name
            if name:
                parts.append(")")
        if is_open:
            parts.append(")")
        return "".join(parts)

    def _type_use(self, type_index: int, named: bool) -> str:
        text = f" (type {self.types.ref(type_index)})"
        comp = self._func_type(type_index)
        return text if comp is None else text + self._params(comp, named)

    def _func_type(self, type_index: int) -> FuncType | None:
        types = self.module.types
        if type_index < len(types):
            comp = types[type_index].comp
            if isinstance(comp, FuncType):
                return comp
        return None

    def _table_type(self, type: TableType) -> str:
        limits = limits_text(type.minimum, type.maximum, type.is64)
        return f"{limits} {self.value_type(type.element_code)}"

    def _global_type(self, type: GlobalType) -> str:
        text = self.value_type(type.content_code)
        return f"(mut {text})" if type.mutable else text

    # Segments.

    def _elem(self, index: int, elem: Elem) -> None:
        text = f"  (elem{self.elems.head(index)}"
        if elem.mode == MODE_DECLARATIVE:
            text += " declare"
        elif elem.mode == MODE_ACTIVE:
            if elem.table or elem.flags & 2:
                text += f" (table {self.externs[EXTERN_TABLE].ref(elem.table)})"
            if elem.offset is not None:
                text += f" (offset {self._expr(elem.offset)})"
        if elem.inits or elem.flags & 4:
            parts = [text, self.value_type(elem.type)]
            for init in elem.inits:
                parts.append(f"(item {self._expr(init)})")
        else:
            parts = [text, "func"]
            funcs = self.externs[EXTERN_FUNC]
            for func in elem.funcs:
                parts.append(funcs.ref(func))
        self.lines.append(" ".join(parts) + ")")

    def _data(self, index: int, data: Data) -> None:
        text = f"  (data{self.datas.head(index)}"
        if data.mode == MODE_ACTIVE:
            if data.memory or data.flags == 2:
                text += f" (memory {self.externs[EXTERN_MEMORY].ref(data.memory)})"
            if data.offset is not None:
                text += f" (offset {self._expr(data.offset)})"
        init = data.init
        if len(init) <= STRING_CHUNK:
            self.lines.append(f"{text} {bytes_text(init)})")
            return
        self.lines.append(text)
        for at in range(0, len(init), STRING_CHUNK):
            self.lines.append("    " + bytes_text(init[at : at + STRING_CHUNK]))
        self.lines.append("  )")

    # Instructions.

    def _expr(self, expr: Expr) -> str:
        """A constant expression on one line."""
        code = CodePrinter(self, expr, {})
        parts: list[str] = []
        while True:
            text = code.next()
            if text is None:
                return " ".join(parts)
            parts.append(text)

    def _func(self, func: Func) -> None:
        module = self.module
        index = self._next(EXTERN_FUNC)
        self.locals = Ids(module.names.locals.get(index, {}))
        head = self.externs[EXTERN_FUNC].head(index)
        lines = self.lines
        lines.append(f"  (func{head}{self._type_use(func.type_index, True)}")
        comp = self._func_type(func.type_index)
        at = 0 if comp is None else len(comp.param_codes)
        codes: list[int] = []
        for count, type in func.locals:
            codes.extend([type] * count)
        if codes:
            lines.append(self._locals(" (local", tuple(codes), at, True).replace(" ", "    ", 1))
        hints: dict[int, bool] = {}
        if self.hints_known:
            origin = code_origin(module, func)
            for offset, likely in module.branch_hints.get(index, []):
                hints[origin + offset] = likely
        code = CodePrinter(self, func.body, module.names.labels.get(index, {}))
        while True:
            text = code.next()
            if text is None:
                break
            likely_hint = hints.get(int(code.instructions.start))
            indent = "  " * (2 + min(code.depth, MAX_INDENT))
            if likely_hint is not None:
                value = "\\01" if likely_hint else "\\00"
                lines.append(f'{indent}(@{BRANCH_HINTS} "{value}")')
            lines.append(indent + text)
        lines.append("  )")


class CodePrinter:
    """Prints the instructions of one expression, one at a time."""

    def __init__(self, printer: Printer, expr: Expr, label_names: dict[int, str]) -> None:
        self.printer = printer
        self.expr = expr
        reader = Reader(printer.module.data, expr.start, expr.end)
        self.instructions = InstructionReader(reader)
        self.depth = 0  # at which the last instruction stands
        self.label_names = label_names
        self.blocks = 0  # how many have been opened
        self.labels: list[str] = []  # of the open blocks, empty where there is no name
        self.levels: dict[str, list[int]] = {}  # the positions of a name in `labels`

    def next(self) -> str | None:
        """The next instruction's text, None at the closing `end`."""
        instructions = self.instructions
        row = instructions.next()
        shape = row.shape
        labels = self.labels
        self.depth = len(labels)
        if shape == r.END:
            if not labels:
                if instructions.reader.pos != self.expr.end:
                    raise self.printer.module.malformed(
                        "END opcode expected", int(instructions.reader.pos)
                    )
                return None
            name = labels.pop()
            if name:
                self.levels[name].pop()
            self.depth -= 1
            return "end"
        if shape == r.ELSE:
            self.depth = max(self.depth - 1, 0)
        text = row.name
        is_block = shape == r.BLOCK or shape == r.LOOP or shape == r.IF or shape == r.TRY_TABLE
        name = ""
        if is_block:
            label = self.label_names.get(self.blocks)
            if label:
                name = id_text(label)
                text += " " + name
            self.blocks += 1
        at = 0
        values = instructions.immediates
        for kind in row.immediates:
            before = values[at - 1] if at else 0
            at, more = self._immediate(row, kind, values, at, before)
            if more:
                text += " " + more
        if is_block:
            if name:
                self.levels.setdefault(name, []).append(len(labels))
            labels.append(name)
        return text

    def _label(self, label: int) -> str:
        """A use of a label: its name, unless a block further in has the same."""
        at = len(self.labels) - 1 - label
        if at >= 0:
            name = self.labels[at]
            if name and self.levels[name][-1] == at:
                return name
        return str(label)

    def _extern(self, kind: int, index: int) -> str:
        return self.printer.externs[kind].ref(index)

    def _immediate(
        self, row: Row, kind: int, values: list[int], at: int, before: int
    ) -> tuple[int, str]:
        """The text of the immediate whose values start at `at`, and where the next one's do.
        `before` is the value that precedes it."""
        printer = self.printer
        if kind == r.IMM_ZERO:
            return at, ""
        value = values[at]
        if kind == r.IMM_MEMARG:
            return at + 3, self._memarg(row, value, values[at + 1], values[at + 2])
        if kind == r.IMM_LOCAL:
            return at + 1, printer.locals.ref(value)
        if kind == r.IMM_I32 or kind == r.IMM_I64 or kind == r.IMM_LANE or kind == r.IMM_COUNT:
            return at + 1, str(value)
        if kind == r.IMM_F32:
            return at + 1, f32_text(value)
        if kind == r.IMM_F64:
            return at + 1, f64_text(value)
        if kind == r.IMM_V128:
            words = [f"0x{value >> shift & 0xFFFF_FFFF:08x}" for shift in (0, 32, 64, 96)]
            return at + 1, "i32x4 " + " ".join(words)
        if kind == r.IMM_LANES:
            return at + 16, " ".join([str(lane) for lane in values[at : at + 16]])
        if kind == r.IMM_BLOCK:
            return at + 1, self._block_type(value)
        if kind == r.IMM_LABEL:
            return at + 1, self._label(value)
        if kind == r.IMM_LABELS:
            end = at + value + 2
            return end, " ".join([self._label(label) for label in values[at + 1 : end]])
        if kind == r.IMM_TYPE:
            return at + 1, printer.types.ref(value)
        if kind == r.IMM_FIELD:
            return at + 1, printer.field_ids(before).ref(value)
        if kind == r.IMM_MEMORY:
            return at + 1, self._extern(EXTERN_MEMORY, value) if value else ""
        if kind == r.IMM_FUNC:
            return at + 1, self._extern(EXTERN_FUNC, value)
        if kind == r.IMM_TABLE:
            return at + 1, self._extern(EXTERN_TABLE, value)
        if kind == r.IMM_GLOBAL:
            return at + 1, self._extern(EXTERN_GLOBAL, value)
        if kind == r.IMM_TAG:
            return at + 1, self._extern(EXTERN_TAG, value)
        if kind == r.IMM_ELEM:
            return at + 1, printer.elems.ref(value)
        if kind == r.IMM_DATA:
            return at + 1, printer.datas.ref(value)
        if kind == r.IMM_HEAP:
            return at + 1, printer.heap_type(value)
        if kind == r.IMM_REF_TYPE:
            nullable = SECOND_FORMS.get(BY_NAME[row.name].opcode) is row
            return at + 1, printer.ref_type(value, nullable)
        if kind == r.IMM_VALTYPES:
            end = at + 1 + value
            types = [printer.value_type(code) for code in values[at + 1 : end]]
            return end, f"(result {' '.join(types)})"
        if kind == r.IMM_CATCHES:
            return at + 1 + 3 * value, self._catches(values, at + 1, value)
        if kind == r.IMM_CAST:
            first = printer.ref_type(values[at + 2], value & 1 != 0)
            second = printer.ref_type(values[at + 3], value & 2 != 0)
            return at + 4, f"{self._label(values[at + 1])} {first} {second}"
        return at + 2, self._pair(kind, value, values[at + 1])

    def _pair(self, kind: int, value: int, other: int) -> str:
        """The text of an immediate with two indices, the first of which may be left out."""
        printer = self.printer
        if kind == r.IMM_CALL_TYPE:
            type = f"(type {printer.types.ref(value)})"
            return f"{self._extern(EXTERN_TABLE, other)} {type}" if other else type
        if kind == r.IMM_TABLE_INIT:
            elem = printer.elems.ref(value)
            return f"{self._extern(EXTERN_TABLE, other)} {elem}" if other else elem
        if kind == r.IMM_MEMORY_INIT:
            data = printer.datas.ref(value)
            return f"{self._extern(EXTERN_MEMORY, other)} {data}" if other else data
        if value == 0 and other == 0:
            return ""
        extern = EXTERN_TABLE if kind == r.IMM_TABLE_COPY else EXTERN_MEMORY
        return f"{self._extern(extern, value)} {self._extern(extern, other)}"

    def _memarg(self, row: Row, align: int, memory: int, offset: int) -> str:
        parts: list[str] = []
        if memory:
            parts.append(self._extern(EXTERN_MEMORY, memory))
        if offset:
            parts.append(f"offset={offset}")
        if align != row.align:
            parts.append(f"align={1 << align}")
        return " ".join(parts)

    def _block_type(self, value: int) -> str:
        if value == 0:
            return ""
        if value < 0:
            return f"(type {self.printer.types.ref(~value)})"
        return f"(result {self.printer.value_type(value)})"

    def _catches(self, values: list[int], at: int, count: int) -> str:
        parts: list[str] = []
        for i in range(at, at + 3 * count, 3):
            tag = "" if values[i + 1] < 0 else " " + self._extern(EXTERN_TAG, values[i + 1])
            parts.append(f"({CATCH_NAMES[values[i]]}{tag} {self._label(values[i + 2])})")
        return " ".join(parts)


def limits_text(minimum: int, maximum: int | None, is64: bool) -> str:
    """Limits, with the address type where it is not i32."""
    text = f"i64 {minimum}" if is64 else str(minimum)
    return text if maximum is None else f"{text} {maximum}"


def memory_text(type: MemoryType) -> str:
    """A memory type."""
    limits = limits_text(type.minimum, type.maximum, type.is64)
    return limits + " shared" if type.shared else limits
