"""Parametric, control, exception and local/global variable instructions (sections 3.4.1,
3.4.2, 3.4.3 and their encodings in section 5.4)."""

from __future__ import annotations

from zwasm.isa import row as r
from zwasm.isa.row import declare

declare("unreachable", 0x00, r.UNREACHABLE)
declare("nop", 0x01, r.NOP)
declare("block", 0x02, r.BLOCK, (r.IMM_BLOCK,))
declare("loop", 0x03, r.LOOP, (r.IMM_BLOCK,))
declare("if", 0x04, r.IF, (r.IMM_BLOCK,))
declare("else", 0x05, r.ELSE)
declare("throw", 0x08, r.THROW, (r.IMM_TAG,), feature=r.EXCEPTIONS)
declare("throw_ref", 0x0A, r.THROW_REF, feature=r.EXCEPTIONS)
declare("end", 0x0B, r.END, const=True)
declare("br", 0x0C, r.BR, (r.IMM_LABEL,))
declare("br_if", 0x0D, r.BR_IF, (r.IMM_LABEL,))
declare("br_table", 0x0E, r.BR_TABLE, (r.IMM_LABELS,))
declare("return", 0x0F, r.RETURN)
declare("call", 0x10, r.CALL, (r.IMM_FUNC,))
declare("call_indirect", 0x11, r.CALL_INDIRECT, (r.IMM_CALL_TYPE,))
declare("return_call", 0x12, r.RETURN_CALL, (r.IMM_FUNC,), feature=r.TAIL_CALL)
declare(
    "return_call_indirect", 0x13, r.RETURN_CALL_INDIRECT, (r.IMM_CALL_TYPE,), feature=r.TAIL_CALL
)
declare("call_ref", 0x14, r.CALL_REF, (r.IMM_TYPE,), feature=r.FUNCTION_REFERENCES)
declare(
    "return_call_ref",
    0x15,
    r.RETURN_CALL_REF,
    (r.IMM_TYPE,),
    feature=r.FUNCTION_REFERENCES | r.TAIL_CALL,
)
declare("drop", 0x1A, r.DROP)
declare("select", 0x1B, r.SELECT)
declare("select", 0x1C, r.SELECT_TYPED, (r.IMM_VALTYPES,), feature=r.REFERENCE_TYPES, second=True)
declare("try_table", 0x1F, r.TRY_TABLE, (r.IMM_BLOCK, r.IMM_CATCHES), feature=r.EXCEPTIONS)
declare("local.get", 0x20, r.LOCAL_GET, (r.IMM_LOCAL,))
declare("local.set", 0x21, r.LOCAL_SET, (r.IMM_LOCAL,))
declare("local.tee", 0x22, r.LOCAL_TEE, (r.IMM_LOCAL,))
declare("global.get", 0x23, r.GLOBAL_GET, (r.IMM_GLOBAL,), const=True)
declare("global.set", 0x24, r.GLOBAL_SET, (r.IMM_GLOBAL,))
declare("br_on_null", 0xD5, r.BR_ON_NULL, (r.IMM_LABEL,), feature=r.FUNCTION_REFERENCES)
declare("br_on_non_null", 0xD6, r.BR_ON_NON_NULL, (r.IMM_LABEL,), feature=r.FUNCTION_REFERENCES)
declare("br_on_cast", 0xFB018, r.BR_ON_CAST, (r.IMM_CAST,), feature=r.GC)
declare("br_on_cast_fail", 0xFB019, r.BR_ON_CAST_FAIL, (r.IMM_CAST,), feature=r.GC)
