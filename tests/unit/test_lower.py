"""Lowering: invariants of the IR, on input that is meant to break them."""

from __future__ import annotations

import pytest

from zwasm.errors import UnsupportedError
from zwasm.isa import ir
from zwasm.lower import FuncIR, Lowerer, lower_expr, lower_function
from zwasm.text import parse_module
from zwasm.valid import validate


def lower(fields: str, index: int = 0, fuel: bool = False) -> FuncIR:
    return lower_function(validate(parse_module(f"(module {fields})")), index, fuel)


def names(code: FuncIR) -> list[str]:
    found = []
    for i in range(code.count):
        op = ir.IR_OPS[code.words[i * ir.WORDS] & ir.OP_MASK]
        assert op is not None
        found.append(op.name)
    return found


def test_many_pending_operands_are_settled_in_linear_time() -> None:
    """Every set of a local looks for its pending copies; deep ones must not be searched for
    again and again."""
    locals_ = 400
    body = "".join(f"(local.get {i})" for i in range(locals_))
    body += "(i32.const 0)" * 3000
    body += "".join(f"(local.set {i} (i32.const 1))" for i in range(locals_))
    body += "(drop)" * (3000 + locals_)
    code = lower(f"(func (local {'i32 ' * locals_}) {body})")
    assert names(code).count("copy") == 2 * locals_


def test_every_label_that_is_branched_to_is_bound() -> None:
    text = """(func (param i32) (result i32)
      (block $a (result i32) (block $b (block $c
        (br_table $c $b $c (local.get 0)))
        (br $a (i32.const 1)))
        (drop (br_if $a (i32.const 2) (local.get 0)))
        (if (result i32) (local.get 0) (then (br 1 (i32.const 3))) (else (i32.const 4)))))"""
    code = lower(text)
    for i in range(code.count):
        word = code.words[i * ir.WORDS]
        op = ir.IR_OPS[word & ir.OP_MASK]
        assert op is not None
        if op.operands[0] == "l":
            bound = code.labels[code.words[i * ir.WORDS + 1]]
            target = ir.IR_OPS[code.words[bound * ir.WORDS] & ir.OP_MASK]
            assert target is not None
            assert target.name in ("label", "loop")
    assert all(code.labels[label] >= 0 for label in code.targets)


def test_slots_cover_arguments_and_results() -> None:
    code = lower("(func (result i32 i32 i32) (call 0))")
    assert code.slot_count >= 3
    assert code.result_count == 3


def test_constants_keep_all_their_bits() -> None:
    code = lower("(func (result i64) (i64.const 0x7fffffffffffffff))")
    assert code.consts == [0x7FFFFFFFFFFFFFFF]
    code = lower("(func (result f64) (f64.const -0.0))")
    assert code.consts == [1 << 63]
    code = lower("(func (result i64) (i64.const -1))")
    assert code.words[1] == -1 << 2 | ir.INLINE


def test_place_of_an_instruction_is_its_offset() -> None:
    info = validate(parse_module("(module (func nop nop unreachable))"))
    code = lower_function(info, 0)
    start = info.module.funcs[0].body.start
    assert code.words[0] >> ir.PLACE_SHIFT == start + 2


def test_dead_code_gives_no_instructions() -> None:
    code = lower("(func (return) (drop (i32.add (i32.const 1) (i32.const 2))) (block (br 0)))")
    assert names(code) == ["return"]


def test_fuel_counts_every_instruction_once() -> None:
    code = lower("(func (param i32) (drop (i32.add (local.get 0) (i32.const 1))))", fuel=True)
    assert names(code)[0] == "fuel"
    assert code.words[1] == 4


def test_lowerer_can_be_used_again_after_an_error() -> None:
    info = validate(parse_module("(module (tag $t) (func (throw $t)) (func (call 1)))"))
    lowerer = Lowerer(info)
    with pytest.raises(UnsupportedError, match="throw") as caught:
        lowerer.func(0)
    assert caught.value.feature == "exceptions"
    assert names(lowerer.func(1)) == ["call", "return"]


def test_constant_expression() -> None:
    module = parse_module("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))")
    code = lower_expr(validate(module), module.globals[0].init, module.globals[0].type.content_code)
    assert names(code) == ["i32.add", "return_one"]
