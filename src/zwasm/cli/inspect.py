"""`zwasm inspect`: what a module consists of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from zwasm.cli.files import FILE_HELP, fail, input_file, is_binary, read_bytes
from zwasm.cli.group import say
from zwasm.errors import InvalidError, WasmError

if TYPE_CHECKING:
    from argparse import Namespace

    from zwasm.cli.arguments import Parser
    from zwasm.module import Module
    from zwasm.types import ExternType
    from zwasm.valid import ModuleInfo

SECTIONS = (
    "custom type import function table memory global export start element code data data-count tag"
).split()


def arguments(parser: Parser) -> None:
    parser.usage = "%(prog)s [OPTIONS] FILE"
    parser.description = """\
Show the sections, imports, exports, memories and features of the module in
FILE.

Sizes of a module in the text format are those of its binary form.
"""
    parser.epilog = """\
examples:
  zwasm inspect app.wasm
  zwasm inspect --json app.wasm | jq '.exports[].name'
"""
    parser.add_argument("file", metavar="FILE", type=input_file, help=FILE_HELP)
    parser.add_argument("--json", action="store_true", help="Print JSON.")


def run(args: Namespace) -> None:
    from zwasm.binary import decode, encode
    from zwasm.text import parse_module
    from zwasm.valid import validate

    file = args.file
    data = read_bytes(file)
    problem: InvalidError | None = None
    info: ModuleInfo | None = None
    try:
        module = decode(data) if is_binary(data) else parse_module(data)
        if not is_binary(data):
            data = encode(module)
        try:
            info = validate(module)
        except InvalidError as error:
            problem = error
    except WasmError as error:
        raise fail(error, file) from None
    report = _report(module, info, data)
    report["valid"] = problem is None
    if problem is not None:
        report["problem"] = str(problem)
    say(json.dumps(report, indent=2) if args.json else _text(file, report))
    if problem is not None:
        raise fail(problem, file)


def _report(module: Module, info: ModuleInfo | None, data: bytes) -> dict[str, Any]:
    from zwasm.isa.row import FEATURE_NAMES
    from zwasm.types import EXTERN_NAMES

    def described(index: int, exported: bool) -> str | None:
        if info is None:
            return None
        return _type_text((info.export_types if exported else info.import_types)[index])

    return {
        "name": module.names.module,
        "bytes": len(data),
        "sections": _sections(data),
        "counts": {
            "types": len(module.types),
            "imports": len(module.imports),
            "functions": len(module.funcs),
            "tables": len(module.tables),
            "memories": len(module.memories),
            "globals": len(module.globals),
            "tags": len(module.tags),
            "exports": len(module.exports),
            "element segments": len(module.elems),
            "data segments": len(module.datas),
        },
        "imports": [
            {
                "module": entry.module,
                "name": entry.name,
                "kind": EXTERN_NAMES[entry.kind],
                "type": described(i, False),
            }
            for i, entry in enumerate(module.imports)
        ],
        "exports": [
            {"name": entry.name, "kind": EXTERN_NAMES[entry.kind], "type": described(i, True)}
            for i, entry in enumerate(module.exports)
        ],
        "memories": [] if info is None else [repr(memory) for memory in info.memories],
        "start": module.start,
        "features": []
        if info is None
        else [name for bit, name in FEATURE_NAMES.items() if info.features & bit],
        "custom_sections": [
            {"name": custom.name, "bytes": len(custom.data)} for custom in module.customs
        ],
    }


def _type_text(type: ExternType) -> str:
    return repr(type)


def _sections(data: bytes) -> list[dict[str, Any]]:
    """The sections of a module that is known to decode."""
    sections: list[dict[str, Any]] = []
    position = 8  # after the magic and the version
    while position < len(data):
        id = data[position]
        size = shift = 0
        position += 1
        while True:
            byte = data[position]
            position += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        sections.append({"name": SECTIONS[id], "offset": position, "bytes": size})
        position += size
    return sections


def _text(file: str, report: dict[str, Any]) -> str:
    from tabulate import tabulate

    def table(title: str, headers: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        if rows:
            parts.append(f"\n{title}\n" + tabulate(rows, headers, tablefmt="plain"))

    name = "" if report["name"] is None else f" ({report['name']})"
    parts = [f"{file}{name}: {report['bytes']} bytes"]
    parts.append("features: " + (", ".join(report["features"]) or "none beyond 1.0"))
    counts = [f"{what} {count}" for what, count in report["counts"].items() if count]
    parts.append("defines: " + (", ".join(counts) or "nothing"))
    for memory in report["memories"]:
        parts.append(f"memory: {memory}")
    if report["start"] is not None:
        parts.append(f"start: func[{report['start']}]")
    table(
        "Sections",
        ("section", "offset", "bytes"),
        [(s["name"], f"0x{s['offset']:x}", s["bytes"]) for s in report["sections"]],
    )
    table(
        "Custom sections",
        ("name", "bytes"),
        [(c["name"], c["bytes"]) for c in report["custom_sections"]],
    )
    table(
        "Imports",
        ("module", "name", "kind", "type"),
        [(i["module"], i["name"], i["kind"], i["type"]) for i in report["imports"]],
    )
    table(
        "Exports",
        ("name", "kind", "type"),
        [(e["name"], e["kind"], e["type"]) for e in report["exports"]],
    )
    return "\n".join(parts)
