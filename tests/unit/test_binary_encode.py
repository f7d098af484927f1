"""The encoder, and both ways together."""

from __future__ import annotations

from hypothesis import given

from tests.modules import HEADER, describe, modules, section
from zwasm.binary import decode, encode
from zwasm.module import Custom, Module, SourceMap


@given(modules())
def test_decoding_what_was_encoded_gives_the_same_module(module: Module) -> None:
    raw = encode(module)
    again = decode(raw)
    assert describe(again) == describe(module)
    assert encode(again) == raw


def test_customs_keep_their_places() -> None:
    module = Module(b"")
    module.groups = [0]
    for name, after in (("z", 11), ("b", 1), ("f", 0), ("c", 1), ("m", 5), ("t", 13)):
        module.customs.append(Custom(name, b"x", after, 0))
    raw = encode(module)
    expected = [section(0, b"\1" + name.encode() + b"x") for name in "fbcmtz"]
    expected.insert(1, section(1, b"\x01\x4e\x00"))
    assert raw == HEADER + b"".join(expected)


def test_names_of_a_parsed_module_become_a_section() -> None:
    module = Module(b"")
    module.names.module = "m"
    module.names.funcs[3] = "f"
    module.names.locals[1] = {0: "x"}
    module.names.locals[2] = {}
    module.names.tags[0] = "t"
    assert encode(module) == HEADER  # as if decoded: it had no name section
    module.source = SourceMap("")
    raw = encode(module)
    parts = b"\0\2\1m" + b"\1\4\1\3\1f" + b"\2\6\1\1\1\0\1x" + b"\x0b\4\1\0\1t"
    assert raw == HEADER + section(0, b"\4name", parts)
    names = decode(raw).names
    assert (names.module, names.funcs, names.tags) == ("m", {3: "f"}, {0: "t"})
    assert names.locals == {1: {0: "x"}}


def test_branch_hints_of_a_parsed_module_become_a_section() -> None:
    module = Module(b"")
    module.source = SourceMap("")
    module.branch_hints = {2: [(9, False)], 0: [(5, True), (3, False)]}
    raw = encode(module)
    name = b"\x19metadata.code.branch_hint"
    parts = b"\2\0\2\3\1\0\5\1\1\2\1\x09\1\0"
    assert raw == HEADER + section(0, name, parts)
    assert decode(raw).branch_hints == {0: [(3, False), (5, True)], 2: [(9, False)]}
