"""Custom sections that have a meaning: names and branch hints (specification, appendix
"Custom Sections and Annotations"), read and written.

In: a module and one of its custom sections. Out: `Module.names` and `Module.branch_hints`.
Reading is lenient, since a custom section never makes a module bad: it takes what stands
before the first fault. `check_custom_sections` is the strict side, for tools and tests.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from zwasm.binary import write
from zwasm.binary.instructions import InstructionReader
from zwasm.binary.reader import Reader, malformed
from zwasm.errors import InvalidError, MalformedError
from zwasm.isa import row as r
from zwasm.module import Custom, Func, Module, Names
from zwasm.types import EXTERN_FUNC

NAME: Final = "name"
BRANCH_HINTS: Final = "metadata.code.branch_hint"
CODE_SECTION: Final = 10
DATA_SECTION: Final = 11

MAX_NAMES: Final = 10_000_000


def read_names(module: Module, custom: Custom) -> None:
    """Read a name section into `module.names`, as far as it is well-formed."""
    try:
        _read_names(Reader(custom.data, 0, len(custom.data)), module.names, False)
    except MalformedError:
        return


def read_branch_hints(module: Module, custom: Custom) -> None:
    """Read a branch hint section into `module.branch_hints`, as far as it is well-formed."""
    try:
        _read_branch_hints(Reader(custom.data, 0, len(custom.data)), module.branch_hints, False)
    except MalformedError:
        return


def _read_names(reader: Reader, names: Names, strict: bool) -> None:
    last: i64 = -1
    while reader.pos < reader.end:
        start: i64 = reader.pos
        id = int(reader.byte())
        if strict and id <= last:
            raise malformed("name section: subsections out of order", start)
        last = id
        size: i64 = reader.u32()
        if size > reader.end - reader.pos:
            raise malformed("length out of bounds", start)
        end: i64 = reader.pos + size
        _read_subsection(Reader(reader.data, reader.pos, end), id, names, strict)
        reader.pos = end


def _read_subsection(reader: Reader, id: int, names: Names, strict: bool) -> None:
    if id == 0:
        names.module = reader.name()
    elif id == 2:
        _read_indirect(reader, names.locals, strict)
    elif id == 3:
        _read_indirect(reader, names.labels, strict)
    elif id == 10:
        _read_indirect(reader, names.fields, strict)
    else:
        direct = direct_names(names, id)
        if direct is None:
            return
        _read_map(reader, direct, strict)
    if strict and reader.pos != reader.end:
        raise malformed("name section: size mismatch", reader.pos)


def direct_names(names: Names, id: int) -> dict[int, str] | None:
    """The names that a subsection with names of one index space holds."""
    if id == 1:
        return names.funcs
    if id == 4:
        return names.types
    if id == 5:
        return names.tables
    if id == 6:
        return names.memories
    if id == 7:
        return names.globals
    if id == 8:
        return names.elems
    if id == 9:
        return names.datas
    if id == 11:
        return names.tags
    return None


def _read_map(reader: Reader, names: dict[int, str], strict: bool) -> None:
    n: i64 = reader.count(MAX_NAMES, "names")
    last = -1
    while n > 0:
        start: i64 = reader.pos
        index = int(reader.u32())
        if strict and index <= last:
            raise malformed("name section: indices out of order", start)
        last = index
        names[index] = reader.name()
        n -= 1


def _read_indirect(reader: Reader, names: dict[int, dict[int, str]], strict: bool) -> None:
    n: i64 = reader.count(MAX_NAMES, "names")
    last = -1
    while n > 0:
        start: i64 = reader.pos
        index = int(reader.u32())
        if strict and index <= last:
            raise malformed("name section: indices out of order", start)
        last = index
        inner: dict[int, str] = {}
        names[index] = inner
        _read_map(reader, inner, strict)
        n -= 1


def _read_branch_hints(
    reader: Reader, hints: dict[int, list[tuple[int, bool]]], strict: bool
) -> None:
    n: i64 = reader.count(MAX_NAMES, "branch hints")
    last = -1
    while n > 0:
        start: i64 = reader.pos
        func = int(reader.u32())
        if strict and func <= last:
            raise malformed("branch hints: functions out of order", start)
        last = func
        entries: list[tuple[int, bool]] = []
        hints[func] = entries
        m: i64 = reader.count(MAX_NAMES, "branch hints")
        last_offset = -1
        while m > 0:
            start = reader.pos
            offset = int(reader.u32())
            if strict and offset <= last_offset:
                raise malformed("branch hints: offsets out of order", start)
            last_offset = offset
            start = reader.pos
            size: i64 = reader.u32()
            value: i64 = reader.byte()
            if size != 1 or value > 1:
                raise malformed("branch hints: malformed hint", start)
            entries.append((offset, value == 1))
            m -= 1
        n -= 1
    if strict and reader.pos != reader.end:
        raise malformed("branch hints: section size mismatch", reader.pos)


def check_custom_sections(module: Module) -> None:
    """Check the custom sections that have a meaning.

    Raises MalformedError where one is not well-formed or stands in the wrong place, and
    InvalidError where what it says does not fit the module.
    """
    seen: set[str] = set()
    for custom in module.customs:
        if custom.name != NAME and custom.name != BRANCH_HINTS:
            continue
        if custom.name in seen:
            raise module.malformed(f"{custom.name} section: duplicate section", custom.place)
        seen.add(custom.name)
        reader = Reader(custom.data, 0, len(custom.data))
        try:
            if custom.name == NAME:
                if custom.after != DATA_SECTION and _has_later_section(module, custom):
                    raise malformed("name section: misplaced", 0)
                _read_names(reader, Names(), True)
            else:
                if custom.after == CODE_SECTION or custom.after == DATA_SECTION:
                    raise malformed("branch hints: misplaced section", 0)
                _read_branch_hints(reader, {}, True)
        except MalformedError as error:
            raise module.malformed(error.message, custom.place) from None
    imported = len(module.imported(EXTERN_FUNC))
    for func, entries in module.branch_hints.items():
        if not imported <= func < imported + len(module.funcs):
            raise InvalidError(f"@{BRANCH_HINTS} annotation: unknown function {func}")
        _check_hints(module, module.funcs[func - imported], entries)


def _has_later_section(module: Module, custom: Custom) -> bool:
    """Whether a section other than a custom one stands after the custom section."""
    return bool(module.datas) or (bool(module.funcs) and custom.after != CODE_SECTION)


def _check_hints(module: Module, func: Func, entries: list[tuple[int, bool]]) -> None:
    """Check that every hint of a function is for an instruction that can be hinted."""
    targets = {offset for offset, _ in entries}
    body = func.body
    origin = code_origin(module, func)
    reader = Reader(module.data, body.start, body.end)
    instructions = InstructionReader(reader)
    while targets and reader.pos < reader.end:
        row = instructions.next()
        offset = int(instructions.start) - origin
        if offset in targets:
            targets.discard(offset)
            if row.shape != r.IF and row.shape != r.BR_IF:
                break
            continue
    else:
        if not targets:
            return
    raise module.invalid(
        f"@{BRANCH_HINTS} annotation: invalid target", origin + min(targets, default=0)
    )


def code_origin(module: Module, func: Func) -> int:
    """The place that the offsets of a function's branch hints count from: where its locals are
    declared, or would be in the binary format."""
    if module.source is None:
        return func.place
    out = bytearray()
    write.local_runs(out, func.locals)
    return func.body.start - len(out)


def name_section(names: Names) -> bytes:
    """The contents of a name section after its name; empty where there are no names."""
    out = bytearray()
    if names.module is not None:
        part = bytearray()
        write.name(part, names.module)
        write.section(out, 0, part)
    for id in range(1, 12):
        part = bytearray()
        direct = direct_names(names, id)
        if direct is not None:
            if direct:
                _write_map(part, direct)
        elif id == 2:
            _write_indirect(part, names.locals)
        elif id == 3:
            _write_indirect(part, names.labels)
        else:
            _write_indirect(part, names.fields)
        if part:
            write.section(out, id, part)
    return bytes(out)


def _write_map(out: bytearray, names: dict[int, str]) -> None:
    write.u32(out, len(names))
    for index in sorted(names):
        write.u32(out, index)
        write.name(out, names[index])


def _write_indirect(out: bytearray, names: dict[int, dict[int, str]]) -> None:
    indices = [index for index in sorted(names) if names[index]]
    if not indices:
        return
    write.u32(out, len(indices))
    for index in indices:
        write.u32(out, index)
        _write_map(out, names[index])


def branch_hint_section(hints: dict[int, list[tuple[int, bool]]]) -> bytes:
    """The contents of a branch hint section after its name."""
    out = bytearray()
    write.u32(out, len(hints))
    for func in sorted(hints):
        entries = sorted(hints[func])
        write.u32(out, func)
        write.u32(out, len(entries))
        for offset, likely in entries:
            write.u32(out, offset)
            out.append(1)
            out.append(1 if likely else 0)
    return bytes(out)
