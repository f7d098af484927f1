"""Register IR as text, for `zwasm ir` and the file tests.

In: a `FuncIR` and the module it is of. Out: lines such as

       12  i32.add          s5, s0, #7                     ; 0x2f

with the instruction's number, operation, operands and the place that it came from: `s` is a
slot, `#` a constant, `L` a label.
"""

from __future__ import annotations

from typing import Final

from zwasm.isa import row as r
from zwasm.isa.ir import IR_LABEL, IR_LOOP, IR_OPS, OP_MASK, PLACE_SHIFT, POOLED, SLOT, WORDS
from zwasm.lower.code import HALF, FuncIR
from zwasm.valid.info import ModuleInfo

# What the plain numbers of an operation are, by shape; those with a "?" are left out when 0.
_NUMBERS: Final[dict[int, tuple[str, ...]]] = {
    r.LOAD: ("offset?", "memory?"),
    r.STORE: ("offset?", "memory?"),
    r.ATOMIC_RMW: ("offset?", "memory?"),
    r.SHUFFLE: ("pool",),
    r.LOAD_LANE: ("pool",),
    r.STORE_LANE: ("pool",),
    r.LANE: ("lane",),
    r.CALL: ("func",),
    r.RETURN_CALL: ("func",),
    r.REF_FUNC: ("func",),
    r.CALL_INDIRECT: ("type", "table?"),
    r.RETURN_CALL_INDIRECT: ("type", "table?"),
    r.CALL_REF: ("type",),
    r.RETURN_CALL_REF: ("type",),
    r.GLOBAL_GET: ("global",),
    r.GLOBAL_SET: ("global",),
    r.TABLE_GET: ("table?",),
    r.TABLE_SET: ("table?",),
    r.TABLE_SIZE: ("table?",),
    r.TABLE_GROW: ("table?",),
    r.TABLE_FILL: ("table?",),
    r.TABLE_COPY: ("to?", "from?"),
    r.TABLE_INIT: ("elem", "table?"),
    r.ELEM_DROP: ("elem",),
    r.MEMORY_SIZE: ("memory?",),
    r.MEMORY_GROW: ("memory?",),
    r.MEMORY_FILL: ("memory?",),
    r.MEMORY_COPY: ("to?", "from?"),
    r.MEMORY_INIT: ("data", "memory?"),
    r.DATA_DROP: ("data",),
}


def show_function(info: ModuleInfo, index: int, code: FuncIR) -> str:
    """The IR of one function as text; `index` counts the module's own functions from 0."""
    return show_head(info, index, code) + "\n" + show_code(info, code)


def show_head(info: ModuleInfo, index: int, code: FuncIR) -> str:
    """A function's name, slots and results as text."""
    whole = info.imported_funcs + index
    name = _func_name(info, whole)
    head = name
    names = info.module.names.locals.get(whole, {})
    local = 0
    for i in range(code.local_count):
        if code.local_types[i] == HALF:
            continue
        label = names.get(local)
        local += 1
        head += f"\n  s{i} {info.type_name(code.local_types[i])}" + (f" ${label}" if label else "")
        if i < code.param_count:
            head += " param"
    results = [info.type_name(result) for result in info.funcs[whole].result_codes]
    if results:
        head += "\n  result " + " ".join(results)
    if code.slot_count > code.local_count:
        head += f"\n  s{code.local_count}..s{code.slot_count - 1} operands"
    return head


def show_code(info: ModuleInfo, code: FuncIR) -> str:
    """The instructions of a function or constant expression as text."""
    lines: list[str] = []
    for i in range(code.count):
        text = show_instruction(info, code, i)
        lines.append(f"{text} ; 0x{int(code.words[i * WORDS]) >> PLACE_SHIFT:x}")
    return "\n".join(lines)


def _func_name(info: ModuleInfo, index: int) -> str:
    name = info.module.names.funcs.get(index)
    return f"func[{index}]" if name is None else f"func[{index}] ${name}"


def show_instruction(info: ModuleInfo, code: FuncIR, number: int) -> str:
    """One instruction as text, without its place and padded."""
    words = [int(code.words[number * WORDS + i]) for i in range(WORDS)]
    op_number = words[0] & OP_MASK
    op = IR_OPS[op_number]
    if op is None:
        name = f"0x{op_number:x}"
        operands = ", ".join([str(word) for word in words[1:]])
    else:
        name = op.name
        operands = ", ".join(_operands(info, code, op_number, op.operands, words))
    if op_number == IR_LABEL or op_number == IR_LOOP:
        name, operands = f"{operands}:", "loop" if op_number == IR_LOOP else ""
    return f"{number:5}  {name:<20} {operands:<30}"


def _operands(
    info: ModuleInfo, code: FuncIR, op_number: int, kinds: str, words: list[int]
) -> list[str]:
    row = r.BY_CODE[op_number] if op_number < r.OPCODES else None
    shape = 0 if row is None else row.shape
    names = _NUMBERS.get(shape, ())
    shown: list[str] = []
    numbers = 0
    if shape == r.BR_TABLE:
        targets = code.targets[words[2] : words[2] + words[3]]
        labels = ", ".join([f"L{label}" for label in targets[:-1]])
        return [_source(code, words[1]), f"[{labels}]", f"else L{targets[-1]}"]
    for i, kind in enumerate(kinds):
        word = words[1 + i]
        if kind == "d":
            shown.append(f"s{word}")
        elif kind == "s":
            shown.append(_source(code, word))
        elif kind == "b":
            shown.append(f"s{word}...")
        elif kind == "l":
            shown.append(f"L{word}")
        elif kind == "n":
            name = names[numbers] if numbers < len(names) else ""
            numbers += 1
            if name == "func":
                shown.append(_func_name(info, word))
            elif name == "type":
                # Canonical ids depend on what else the process has seen.
                shown.append(f"type={info.type_ids.index(word)}")
            elif not name:
                shown.append(str(word))
            elif word != 0 or not name.endswith("?"):
                shown.append(f"{name.rstrip('?')}={word}")
    return shown


def _source(code: FuncIR, word: int) -> str:
    kind = word & 3
    value = word >> 2
    if kind == SLOT:
        return f"s{value}"
    if kind == POOLED:
        value = code.consts[value]
    return f"#{value}" if -1_000_000 < value < 1_000_000 else f"#0x{value:x}"
