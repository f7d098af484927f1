"""zwasm._native with machine code written by hand: calls both ways, references, traps, stacks.

The code is below as bytes, with the assembly it comes from; `baseline/abi.py` says which register
is what.
"""

from __future__ import annotations

import gc
import importlib
import math
import struct
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from zwasm.baseline import abi

try:
    native: Any = importlib.import_module("zwasm._native")
    ARCHITECTURE = native.ARCHITECTURE
except (ImportError, AttributeError):
    ARCHITECTURE = ""
if not ARCHITECTURE:
    pytest.skip("machine code cannot run here", allow_module_level=True)

I32, I64, F32, F64, V128, ANY, OTHER = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 1, 2

# By name: code for x86-64, code for AArch64.
CODE = {
    # mov eax,[r13]; add eax,[r13+8]; ret
    # ldr w2,[x21]; ldr w9,[x21,#8]; add w2,w2,w9; ret
    "add": ("418b450041034508c3", "a20240b9a90a40b94200090bc0035fd6"),
    # mov rax,[r13]; ret | ldr x2,[x21]; ret
    "first": ("498b4500c3", "a20240f9c0035fd6"),
    # movss xmm0,[r13]; ret | ldr s0,[x21]; ret
    "first_f32": ("f3410f104500c3", "a00240bdc0035fd6"),
    # movsd xmm0,[r13]; ret | ldr d0,[x21]; ret
    "first_f64": ("f2410f104500c3", "a00240fdc0035fd6"),
    # movups xmm0,[r13]; ret | ldr q0,[x21]; ret
    "first_v128": ("410f104500c3", "a002c03dc0035fd6"),
    # movups xmm0,[r13]; movups xmm1,[r13+16]; andps xmm0,xmm1; ret
    # ldr q0,[x21]; ldr q1,[x21,#16]; and v0.16b,v0.16b,v1.16b; ret
    "and_v128": ("410f104500410f104d100f54c1c3", "a002c03da106c03d001c214ec0035fd6"),
    # movups xmm0,[r13]; movups xmm1,[r13+16]; movups [r13],xmm1; movups [r13+16],xmm0; ret
    # ldr q0,[x21]; ldr q1,[x21,#16]; str q1,[x21]; str q0,[x21,#16]; ret
    "swap_v128": (
        "410f104500410f104d10410f114d00410f114510c3",
        "a002c03da106c03da102803da006803dc0035fd6",
    ),
    # jmp . | b .
    "spin": ("ebfe", "00000014"),
    # 1: inc dword ptr [r14]; jmp 1b
    # 1: ldr w9,[x22]; add w9,w9,#1; str w9,[x22]; b 1b
    "count": ("41ff06ebfb", "c90240b929050011c90200b9fdffff17"),
    # mov eax,[r13]; mov eax,[r14+rax]; ret
    # ldr w2,[x21]; ldr w2,[x22,x2]; ret
    "load": ("418b4500418b0406c3", "a20240b9c26a62b8c0035fd6"),
    # mov eax,[r13]; mov ecx,[r13+8]; mov [r14+rax],ecx; ret
    # ldr w2,[x21]; ldr w9,[x21,#8]; str w9,[x22,x2]; ret
    "store": ("418b4500418b4d0841890c06c3", "a20240b9a90a40b9c96a22b8c0035fd6"),
    # mov rax,[r13]; mov rcx,[r13+8]; mov [r13],rcx; mov [r13+8],rax; ret
    # ldr x2,[x21]; ldr x9,[x21,#8]; str x9,[x21]; str x2,[x21,#8]; ret
    "swap": (
        "498b4500498b4d0849894d0049894508c3",
        "a20240f9a90640f9a90200f9a20600f9c0035fd6",
    ),
    # ret
    "nothing": ("c3", "c0035fd6"),
    # mov eax,[r13]; call [r12+32]
    # str x30,[sp,#-16]!; ldr w2,[x21]; ldr x9,[x20,#32]; blr x9
    "trap": ("418b450041ff542420", "fe0f1ff8a20240b9891240f920013fd6"),
    # sub rsp,24; mov qword ptr [rsp],3; mov eax,1; call [r12+32]
    # str x30,[sp,#-16]!; sub sp,sp,#32; mov x9,#4; str x9,[sp]; mov w2,#1; ldr x9,[x20,#32];
    # blr x9
    "padded_trap": (
        "4883ec1848c7042403000000b80100000041ff542420",
        "fe0f1ff8ff8300d1890080d2e90300f922008052891240f920013fd6",
    ),
    # The import: the Func at offset 64 of the context, called.
    # mov rax,[r12+64]; call [rax+40]; ret
    # str x30,[sp,#-16]!; ldr x2,[x20,#64]; ldr x9,[x2,#40]; blr x9; ldr x30,[sp],#16; ret
    "call_import": (
        "498b442440ff5028c3",
        "fe0f1ff8822240f9491440f920013fd6fe0741f8c0035fd6",
    ),
    # mov rax,[r12+64]; jmp [rax+48] | ldr x2,[x20,#64]; ldr x9,[x2,#48]; br x9
    "tail_import": ("498b442440ff6030", "822240f9491840f920011fd6"),
    # Count slot 0 down to zero, calling the import each time with slot 1 as slot 0.
    # 1: mov rax,[r12+64]; add r13,8; call [rax+40]; sub r13,8; dec dword ptr [r13]; jnz 1b; ret
    # str x30,[sp,#-16]!; 1: ldr x2,[x20,#64]; add x21,x21,#8; ldr x9,[x2,#40]; blr x9;
    # sub x21,x21,#8; ldr w9,[x21]; subs w9,w9,#1; str w9,[x21]; b.ne 1b; ldr x30,[sp],#16; ret
    "loop_import": (
        "498b4424404983c508ff50284983ed0841ff4d0075eac3",
        "fe0f1ff8822240f9b5220091491440f920013fd6b52200d1a90240b929050071a90200b901ffff54"
        "fe0741f8c0035fd6",
    ),
    # The helper of slot 4 on slots 0 to 2, with slot 3 as x.
    # mov rsi,r13; mov edx,[r13+24]; mov ecx,[r13+32]; call [r12+40]; mov rax,[r13]; ret
    # str x30,[sp,#-16]!; mov x1,x21; ldr w2,[x21,#24]; ldr w3,[x21,#32]; ldr x9,[x20,#40];
    # blr x9; ldr x2,[x21]; ldr x30,[sp],#16; ret
    "helper": (
        "4c89ee418b5518418b4d2041ff542428498b4500c3",
        "fe0f1ff8e10315aaa21a40b9a32240b9891640f920013fd6a20240f9fe0741f8c0035fd6",
    ),
    # mov rax,[r12+80]; ret | ldr x2,[x20,#80]; ret
    "global": ("498b442450c3", "822a40f9c0035fd6"),
    # Exchange the vector at offset 80 of the context for that of slot 0.
    # movups xmm0,[r12+80]; movups xmm1,[r13]; movups [r12+80],xmm1; ret
    # ldr q0,[x20,#80]; ldr q1,[x21]; str q1,[x20,#80]; ret
    "global_v128": (
        "410f10442450410f104d00410f114c2450c3",
        "8016c03da102c03d8116803dc0035fd6",
    ),
    # The same where the pointer at offset 72 leads.
    # mov rax,[r12+72]; movups xmm0,[rax]; movups xmm1,[r13]; movups [rax],xmm1; ret
    # ldr x9,[x20,#72]; ldr q0,[x9]; ldr q1,[x21]; str q1,[x9]; ret
    "imported_v128": (
        "498b4424480f1000410f104d000f1108c3",
        "892640f92001c03da102c03d2101803dc0035fd6",
    ),
    # Calls itself slot 0 times.
    # 1: cmp rsp,[r12]; jb 2f; mov eax,[r13]; test eax,eax; je 3f; dec eax; mov [r13+8],eax;
    # add r13,8; call 1b; sub r13,8; inc eax; ret; 3: xor eax,eax; ret; 2: mov eax,12;
    # call [r12+32]
    # 1: str x30,[sp,#-16]!; ldr x9,[x20]; mov x10,sp; cmp x10,x9; b.lo 2f; ldr w2,[x21];
    # cbz w2,3f; sub w2,w2,#1; str w2,[x21,#8]; add x21,x21,#8; bl 1b; sub x21,x21,#8;
    # add w2,w2,#1; 3: ldr x30,[sp],#16; ret; 2: mov w2,#12; ldr x9,[x20,#32]; blr x9
    "recurse": (
        "493b24247221418b450085c07416ffc8418945084983c508e8e3ffffff4983ed08ffc0c331c0c3"
        "b80c00000041ff542420",
        "fe0f1ff8890240f9ea0300915f0109eb63010054a20240b9e200003442040051a20a00b9b5220091f6ffff97"
        "b52200d142040011fe0741f8c0035fd682018052891240f920013fd6",
    ),
    # The largest frame: as many locals and operands as the limits allow, all of them vectors.
    # sub rsp,262504; mov qword ptr [rsp],32813; cmp rsp,[r12]; jb 2f; add rsp,262504; ret;
    # 2: mov eax,12; call [r12+32]
    # str x30,[sp,#-16]!; movz x16,#0x2d0; movk x16,#8,lsl #16; sub sp,sp,x16; movz x17,#0x5a;
    # movk x17,#1,lsl #16; str x17,[sp]; ldr x9,[x20]; mov x10,sp; cmp x10,x9; b.lo 2f;
    # add sp,sp,x16; ldr x30,[sp],#16; ret; 2: mov w2,#12; ldr x9,[x20,#32]; blr x9
    "big": (
        "4881ec6801040048c704242d800000493b242472084881c468010400c3b80c00000041ff542420",
        "fe0f1ff8105a80d21001a0f2ff6330cb510b80d23100a0f2f10300f9890240f9ea0300915f0109eb83000054ff63308bfe0741f8c0035fd682018052891240f920013fd6",
    ),
    # mov rcx,[r12+8]; sub qword ptr [rcx],10; ret
    # ldr x9,[x20,#8]; ldr x10,[x9]; sub x10,x10,#10; str x10,[x9]; ret
    "fuel": ("498b4c24084883290ac3", "890640f92a0140f94a2900d12a0100f9c0035fd6"),
}


def code_of(name: str) -> bytes:
    return bytes.fromhex(CODE[name][0 if ARCHITECTURE == "x86_64" else 1])


class Stop(Exception):
    """A trap: its code, and the offsets of the addresses."""

    def __init__(self, code: int, addresses: list[int]) -> None:
        super().__init__(code)
        self.code = code
        self.addresses = addresses


def to_cell(value: Any, letter: int) -> object:
    if letter in (I32, I64):
        number = value.__index__()
        bits = 32 if letter == I32 else 64
        if not -(1 << (bits - 1)) <= number < 1 << bits:
            raise OverflowError("out of range")
        return number & ((1 << bits) - 1)
    if letter in (F32, F64):
        kinds = "<fI" if letter == F32 else "<dQ"
        packed = struct.pack(kinds[0] + kinds[1], float(value))
        return struct.unpack(kinds[0] + kinds[2], packed)[0]
    if letter == V128:
        if isinstance(value, int):
            return value
        if len(value) != 16:
            raise ValueError("not 16 bytes")
        return int.from_bytes(value, "little")
    if letter == OTHER and value is not None and not isinstance(value, Func):
        raise TypeError("not a function")
    return value


class Func(native.FuncBase):  # type: ignore[misc]
    __slots__ = ("__weakref__", "letters")

    letters: tuple[bytes, bytes]


native.seal(Func)


def hook_call(func: Func, args: tuple[Any, ...]) -> object:
    if func.host is None:
        raise LookupError("not attached")
    return func.host(*args)


def hook_results(func: Func, value: Any) -> list[object]:
    letters = func.letters[1]
    if not letters or len(value) != len(letters):
        raise TypeError("wrong results")
    return [to_cell(item, letter) for item, letter in zip(value, letters, strict=True)]


def hook_unwind(code: int, error: BaseException | None, addresses: list[int]) -> BaseException:
    if code == abi.TRAP_PYTHON:
        assert error is not None
        error.addresses = addresses  # type: ignore[attr-defined]
        return error
    assert error is None
    return Stop(code, addresses)


HOOKS: dict[str, Callable[..., object]] = {
    "call": hook_call,
    "argument": lambda func, i, value: to_cell(value, func.letters[0][i]),
    "result": lambda func, i, value: to_cell(value, func.letters[1][i]),
    "results": hook_results,
    "wrong_count": lambda func, given: TypeError(f"{given} arguments"),
    "unwind": hook_unwind,
    "exhausted": lambda: Stop(abi.TRAP_STACK, []),
}


@pytest.fixture(autouse=True, scope="module")
def _hooks() -> Iterator[None]:
    before = native.set_hooks(**HOOKS)
    yield
    if before is not None:
        native.set_hooks(**before)


class Store:
    def __init__(self, depth: int = 1000) -> None:
        self.state = native.State(depth)


class Program:
    """A module's code: functions by name, compiled when they are first called."""

    def __init__(self, *names: str, rodata: bytes = b"") -> None:
        self.names = names
        self.code = native.Code(len(names), 1 << 16, rodata)
        self.code.compile = self.compile
        self.compiled: list[int] = []

    def compile(self, index: int) -> None:
        self.compiled.append(index)
        code = code_of(self.names[index])
        offset = self.code.reserve(len(code))
        self.code.write(offset, code)
        self.code.set_entry(index, offset)

    def offset(self, address: int) -> int:
        return address - int(self.code.base)


class Instance:
    """An instance of a program in a store; `funcs` are its functions."""

    def __init__(
        self, program: Program, store: Store, *signatures: tuple[list[int], list[int]]
    ) -> None:
        self.program = program
        self.store = store
        self.public = "the instance"
        self.context = native.Context(256, store.state, program.code)
        self.context.owner = self
        self.memory = native.LinearMemory(1 << 20, 1 << 16)
        assert self.memory.commit(1 << 16)
        self.context.set_memory(self.memory)
        self.funcs = [host(None, *signature) for signature in signatures]
        for i, func in enumerate(self.funcs):
            func.store = store
            func._attach(self.context, i)
        self.arrays()

    def arrays(self, tables: Any = (), cells: Any = ()) -> None:
        self.context.set_arrays(self.funcs, list(tables), [self.memory], list(cells))

    def import_func(self, func: Func) -> None:
        self.context.set_pointer(64, func)


def host(
    function: Callable[..., object] | None, params: list[int], results: list[int] | None = None
) -> Func:
    func = Func()
    func.host = function
    func.letters = (bytes(params), bytes(results or []))
    func._signature(*func.letters)
    return func


def single(name: str, params: list[int], results: list[int], depth: int = 1000) -> Instance:
    return Instance(Program(name), Store(depth), (params, results))


# Calls from Python.


def test_integers() -> None:
    add = single("add", [I32, I32], [I32]).funcs[0]
    assert add(1, 2) == 3
    assert add(0x7FFFFFFF, 1) == -0x80000000
    assert add(0xFFFFFFFF, -1) == -2
    assert add(-0x80000000, 0) == -0x80000000
    assert add(True, 2) == 3
    for wrong in (1 << 32, -(1 << 31) - 1, 1 << 64, -(1 << 70)):
        with pytest.raises(OverflowError):
            add(wrong, 0)
    with pytest.raises(AttributeError):
        add(1.5, 0)
    for count in (0, 1, 3):
        with pytest.raises(TypeError, match=f"{count} arguments"):
            add(*range(count))
    with pytest.raises(TypeError, match="keyword"):
        add(1, b=2)


def test_long_integers() -> None:
    first = single("first", [I64], [I64]).funcs[0]
    for number in (0, 1, -1, 1 << 30, (1 << 62) + 5, (1 << 63) - 1, -(1 << 63)):
        assert first(number) == number
    assert first((1 << 64) - 1) == -1
    assert first(1 << 63) == -(1 << 63)
    for wrong in (1 << 64, -(1 << 63) - 1):
        with pytest.raises(OverflowError):
            first(wrong)


def bits_of(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def double_of(bits: int) -> float:
    value: float = struct.unpack("<d", bits.to_bytes(8, "little"))[0]
    return value


def test_floats_keep_their_bits() -> None:
    f64 = single("first_f64", [F64], [F64]).funcs[0]
    f32 = single("first_f32", [F32], [F32]).funcs[0]
    for value in (0.0, -0.0, 1.5, 5e-324, math.inf, -math.inf):
        assert bits_of(f64(value)) == bits_of(value)
    assert f64(3) == 3.0
    for bits in (0x7FF0000000000001, 0xFFF8000000000123, 0x7FFFFFFFFFFFFFFF):
        assert bits_of(f64(double_of(bits))) == bits
    assert f32(0.1) == struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert f32(1e39) == math.inf
    assert bits_of(f32(-0.0)) == bits_of(-0.0)
    for payload in (1, 0x200000, 0x400000, 0x7FFFFF):
        for sign in (0, 1):
            bits = sign << 63 | 0x7FF << 52 | payload << 29
            assert bits_of(f32(double_of(bits))) == bits


def test_references() -> None:
    first = single("first", [ANY], [ANY]).funcs[0]
    thing = object()
    before = sys.getrefcount(thing)
    assert first(thing) is thing
    assert first(None) is None
    assert sys.getrefcount(thing) == before
    funcs = single("first", [OTHER], [OTHER]).funcs[0]
    assert funcs(first) is first
    assert funcs(None) is None
    with pytest.raises(TypeError, match="not a function"):
        funcs(1)


def test_several_results() -> None:
    swap = single("swap", [I64, ANY], [ANY, I64]).funcs[0]
    thing = object()
    assert swap(-5, thing) == (thing, -5)
    assert single("nothing", [], []).funcs[0]() is None


ONE = bytes(range(1, 17))
TWO = bytes(range(255, 239, -1))


def test_vectors() -> None:
    first = single("first_v128", [V128], [V128]).funcs[0]
    for vector in (ONE, TWO, bytes(16), b"\xff" * 16, bytes(15) + b"\x80"):
        found = first(vector)
        assert found == vector
        assert type(found) is bytes
    both = single("and_v128", [V128, V128], [V128]).funcs[0]
    assert both(ONE, TWO) == bytes(a & b for a, b in zip(ONE, TWO, strict=True))
    swap = single("swap_v128", [V128, V128], [V128, V128]).funcs[0]
    assert swap(ONE, TWO) == (TWO, ONE)


def test_vectors_in_other_forms() -> None:
    first = single("first_v128", [V128], [V128]).funcs[0]
    assert first(bytearray(ONE)) == first(memoryview(ONE)) == ONE
    assert first(int.from_bytes(ONE, "little")) == ONE
    for number in (0, 1, (1 << 64) - 1, 1 << 64, 1 << 127, (1 << 128) - 1):
        assert first(number) == number.to_bytes(16, "little")
    for wrong in (-1, -(1 << 64), 1 << 128, 1 << 20_000):
        with pytest.raises(OverflowError):
            first(wrong)
    for short in (b"", ONE[:15], ONE + b"x", bytearray(17)):
        with pytest.raises(ValueError, match="16 bytes"):
            first(short)
    with pytest.raises(TypeError):
        first(1.5)
    assert first(ONE) == ONE


def test_vectors_among_others() -> None:
    """Where nothing changes the slots, the arguments are the results."""
    thing = object()
    cases: list[tuple[list[int], list[Any]]] = [
        ([I32, V128, F64], [-1, ONE, 0.5]),
        ([V128, I64, V128, ANY, V128, F32], [ONE, 7, TWO, thing, bytes(16), -2.0]),
        ([V128, V128], [TWO, ONE]),
        ([ANY, V128, ANY], [None, ONE, thing]),
    ]
    for letters, values in cases:
        instance = single("nothing", letters, letters)
        assert instance.funcs[0](*values) == tuple(values)
    halves = single("nothing", [I64, V128, I64], [V128, V128]).funcs[0]
    low, high = (int.from_bytes(half, "little") for half in (ONE[:8], TWO[8:]))
    assert halves(low, ONE[8:] + TWO[:8], high - (1 << 64)) == (ONE, TWO)
    more = single("nothing", [I32], [I32, V128]).funcs[0]
    assert more(3)[0] == 3


def test_many_vectors() -> None:
    letters = [V128] * 1000
    vectors = [number.to_bytes(16, "big") for number in range(1000)]
    assert single("nothing", letters, letters).funcs[0](*vectors) == tuple(vectors)
    numbers = [number << 100 for number in range(1000)]
    found = single("nothing", letters, letters).funcs[0](*numbers)
    assert [int.from_bytes(vector, "little") for vector in found] == numbers
    for name in ("call_import", "tail_import"):
        instance = single(name, letters, letters)
        instance.import_func(host(lambda *args: args[::-1], letters, letters))
        assert instance.funcs[0](*vectors) == tuple(vectors[::-1])


def test_vectors_do_not_leak() -> None:
    letters = [V128, ANY, V128]
    instance = single("call_import", letters, letters)
    answers: list[object] = [(TWO, None, 5)]
    instance.import_func(host(lambda *args: answers[0], letters, letters))
    one = single("call_import", [V128], [V128])
    one.import_func(host(lambda vector: vector, [V128], [V128]))
    other = single("call_import", [V128], [V128])
    other.import_func(host(bytearray, [V128], [V128]))
    thing, vector = object(), bytes(range(16))

    def once() -> None:
        assert instance.funcs[0](vector, thing, bytearray(vector))[0] is not None
        with pytest.raises(ValueError, match="16 bytes"):
            instance.funcs[0](vector, thing, b"")
        with pytest.raises(OverflowError):
            instance.funcs[0](vector, thing, 1 << 128)
        answers[0] = (vector, thing, b"")
        with pytest.raises(ValueError, match="16 bytes"):
            instance.funcs[0](vector, thing, vector)
        answers[0] = (vector, thing, -1)
        with pytest.raises(OverflowError):
            instance.funcs[0](vector, thing, vector)
        answers[0] = (TWO, None, 5)
        assert one.funcs[0](vector) == vector
        assert other.funcs[0](vector) == vector

    for _ in range(10):
        once()
    gc.collect()
    before = sys.getrefcount(thing), sys.getrefcount(vector)
    blocks = sys.getallocatedblocks()
    for _ in range(200):
        once()
    gc.collect()
    assert (sys.getrefcount(thing), sys.getrefcount(vector)) == before
    assert sys.getallocatedblocks() - blocks < 1000


def test_functions_without_a_signature_are_not_attached() -> None:
    instance = single("nothing", [], [])
    with pytest.raises(ValueError, match="signature"):
        Func()._attach(instance.context, 0)


def test_unattached_functions_are_called_by_the_hook() -> None:
    assert host(lambda a, b: (a, b), [I32, I32])("any", "thing") == ("any", "thing")
    with pytest.raises(LookupError):
        host(None, [])()


def test_functions_of_one_module_are_compiled_once() -> None:
    program = Program("add", "first")
    signatures: tuple[tuple[list[int], list[int]], ...] = (([I32, I32], [I32]), ([I32], [I32]))
    one, two = (Instance(program, Store(), *signatures) for _ in range(2))
    assert program.code.entry(0) == 0
    assert [one.funcs[0](1, 1), two.funcs[0](2, 2), one.funcs[0](3, 3)] == [2, 4, 6]
    assert program.compiled == [0]
    assert program.code.entry(0) >= program.code.start
    three = Instance(program, Store(), *signatures)
    assert three.funcs[0](4, 4) == 8
    assert three.funcs[1](9) == 9
    assert program.compiled == [0, 1]


def test_compiling_may_fail() -> None:
    program = Program("add")

    def refuse(index: int) -> None:
        raise LookupError(f"function {index}")

    program.code.compile = refuse
    add = Instance(program, Store(), ([I32, I32], [I32])).funcs[0]
    with pytest.raises(LookupError, match="function 0"):
        add(1, 2)
    program.code.compile = lambda index: None
    with pytest.raises(SystemError):
        add(1, 2)
    program.code.compile = program.compile
    assert add(1, 2) == 3


# Traps.


def test_trap_has_its_code_and_place() -> None:
    instance = single("trap", [I32], [])
    for code in (1, 5, 15):
        with pytest.raises(Stop) as info:
            instance.funcs[0](code)
        assert info.value.code == code
        offset = instance.program.code.entry(0) + len(code_of("trap"))
        assert [instance.program.offset(a) for a in info.value.addresses] == [offset]
    assert instance.store.state.activations == instance.store.state.depth == 0


def test_padding_is_skipped() -> None:
    instance = Instance(Program("padded_trap", "call_import"), Store(), ([], []), ([], []))
    instance.import_func(instance.funcs[0])
    with pytest.raises(Stop) as info:
        instance.funcs[1]()
    entry = instance.program.code.entry
    first, second = (instance.program.offset(a) for a in info.value.addresses)
    assert first == entry(0) + len(code_of("padded_trap"))
    assert entry(1) < second <= entry(1) + len(code_of("call_import"))


def test_memory_faults() -> None:
    instance = Instance(Program("load", "store"), Store(), ([I32], [I32]), ([I32, I32], []))
    load, store = instance.funcs
    store(65532, 77)
    assert load(65532) == 77
    assert memoryview(instance.memory)[65532] == 77
    for func, args in ((load, (65536,)), (load, (1 << 19,)), (store, (65536, 1))):
        with pytest.raises(Stop) as info:
            func(*args)
        assert info.value.code == abi.TRAP_MEMORY
        offset = instance.program.offset(info.value.addresses[0])
        assert instance.program.code.start <= offset
    assert instance.memory.commit(1 << 17)
    assert load(65536) == 0
    assert not instance.memory.commit(1 << 21)
    assert instance.memory.size == 1 << 17


def test_recursion_ends_at_the_limit() -> None:
    instance = single("recurse", [I32], [I32], depth=5000)
    recurse = instance.funcs[0]
    assert recurse(4998) == 4998
    with pytest.raises(Stop) as info:
        recurse(100_000)
    assert info.value.code == abi.TRAP_STACK
    assert len(info.value.addresses) == 60
    assert recurse(4998) == 4998
    assert single("recurse", [I32], [I32], depth=20).funcs[0](18) == 18


def test_the_largest_frame_meets_the_limit() -> None:
    """What is written below the limit before the limit is checked lies on the stack."""
    assert single("big", [], [], depth=40_000).funcs[0]() is None
    for depth in (1, 2, 1000, 32_813):
        with pytest.raises(Stop) as info:
            single("big", [], [], depth=depth).funcs[0]()
        assert info.value.code == abi.TRAP_STACK


def test_huge_depth_is_cut_down() -> None:
    assert single("recurse", [I32], [I32], depth=1 << 32).funcs[0](100_000) == 100_000


# Calls to Python.


def test_host_functions() -> None:
    calls: list[tuple[object, ...]] = []

    def function(*args: object) -> object:
        calls.append(args)
        return args[0]

    thing = object()
    cases: list[tuple[int, list[object]]] = [
        (I32, [0, -1, 0x7FFFFFFF]),
        (I64, [-(1 << 63), 1 << 40]),
        (F32, [1.5, -math.inf]),
        (F64, [0.1]),
        (V128, [ONE, bytes(16)]),
        (ANY, [thing, None, 7]),
        (OTHER, [None]),
    ]
    for letter, values in cases:
        instance = single("call_import", [letter, I32], [letter])
        instance.import_func(host(function, [letter, I32], [letter]))
        for value in values:
            assert instance.funcs[0](value, 5) == value
            assert calls.pop() == (value, 5)


def test_host_function_with_many_arguments() -> None:
    letters = [I32] * 20
    for name in ("call_import", "tail_import"):
        instance = single(name, letters, letters)
        instance.import_func(host(lambda *args: args[::-1], letters, letters))
        assert instance.funcs[0](*range(20)) == tuple(range(19, -1, -1))


def test_host_functions_with_vectors() -> None:
    seen: list[tuple[object, ...]] = []

    def function(*args: object) -> object:
        seen.append(args)
        return args[::-1]

    letters = [I32, V128, F64, V128, ANY]
    thing = object()
    for name in ("call_import", "tail_import"):
        instance = single(name, letters, letters[::-1])
        instance.import_func(host(function, letters, letters[::-1]))
        args = (-7, ONE, 2.5, TWO, thing)
        assert instance.funcs[0](*args) == args[::-1]
        assert seen == [args]
        assert [type(arg) for arg in seen.pop()] == [int, bytes, float, bytes, object]
    instance = single("call_import", [I32], [V128])
    func = host(lambda caller, n: bytes([n]) * 16, [I32], [V128])
    func.caller = True
    instance.import_func(func)
    assert instance.funcs[0](200) == b"\xc8" * 16
    few = single("call_import", [V128] * 9, [I32])
    few.import_func(host(lambda *args: sum(vector[0] for vector in args), [V128] * 9, [I32]))
    assert few.funcs[0](*[bytes([n]) * 16 for n in range(9)]) == 36


def test_results_of_host_functions_are_checked() -> None:
    def returning(value: object, results: list[int]) -> Func:
        instance = single("call_import", [], results)
        instance.import_func(host(lambda: value, [], results))
        return instance.funcs[0]

    assert returning(None, [])() is None
    assert returning(0xFFFFFFFF, [I32])() == -1
    assert returning(3, [F64])() == 3.0
    with pytest.raises(TypeError, match="wrong results"):
        returning(1, [])()
    with pytest.raises(OverflowError):
        returning(1 << 32, [I32])()
    with pytest.raises(TypeError, match="not a function"):
        returning("x", [OTHER])()
    assert returning(bytearray(ONE), [V128])() == ONE
    assert returning((1 << 128) - 1, [V128])() == b"\xff" * 16
    assert returning((5, ONE, 1 << 64, 6), [I32, V128, V128, I32])() == (
        5,
        ONE,
        bytes(8) + b"\1" + bytes(7),
        6,
    )
    for wrong in (1 << 128, -1):
        with pytest.raises(OverflowError):
            returning(wrong, [V128])()
        with pytest.raises(OverflowError):
            returning((1, wrong), [I32, V128])()
    for short in (b"", ONE[1:], ONE * 2):
        with pytest.raises(ValueError, match="16 bytes"):
            returning(short, [V128])()
        with pytest.raises(ValueError, match="16 bytes"):
            returning((short, 1), [V128, I32])()
    with pytest.raises(TypeError):
        returning(None, [V128])()
    with pytest.raises(TypeError, match="wrong results"):
        returning((1, 2, 3), [I32, I32])()
    assert returning((1, 2.5), [I32, F64])() == (1, 2.5)


def test_exceptions_of_host_functions_arrive_as_themselves() -> None:
    error = KeyError("mine")

    def fail() -> None:
        raise error

    instance = single("call_import", [], [])
    instance.import_func(host(fail, []))
    with pytest.raises(KeyError) as info:
        instance.funcs[0]()
    assert info.value is error
    names = [entry.name for entry in info.traceback]
    assert names[-1] == "fail"
    offset = instance.program.offset(error.addresses[0])  # type: ignore[attr-defined]
    assert 0 < offset - instance.program.code.entry(0) <= len(code_of("call_import"))


def test_host_function_gets_its_caller() -> None:
    seen = []
    func = host(lambda caller, n: seen.append((caller, n)), [I32])
    func.caller = True
    instance = single("call_import", [I32], [])
    instance.import_func(func)
    instance.funcs[0](3)
    assert seen == [("the instance", 3)]


def test_nested_activations() -> None:
    instance = single("call_import", [I32], [I32])
    state = instance.store.state
    depths = []

    def again(n: int) -> int:
        depths.append(state.depth)
        assert state.running()
        assert state.activations == len(depths)
        return n if n == 0 else 1 + int(instance.funcs[0](n - 1))

    instance.import_func(host(again, [I32], [I32]))
    assert instance.funcs[0](50) == 50
    assert depths == sorted(depths)
    assert depths[0] >= 1
    assert len(set(depths)) == 51
    depths.clear()
    with pytest.raises(Stop) as info:
        instance.funcs[0](200)
    assert info.value.code == abi.TRAP_STACK
    assert (state.activations, state.depth, state.running()) == (0, 0, False)
    depths.clear()
    assert instance.funcs[0](1) == 1


def test_nested_trap_leaves_the_outer_activation_alone() -> None:
    inner = single("trap", [I32], [])
    outer = Instance(Program("loop_import"), inner.store, ([I32, I32], []))
    codes = []

    def call(code: int) -> None:
        try:
            inner.funcs[0](code)
        except Stop as stop:
            codes.append((stop.code, len(stop.addresses)))

    outer.import_func(host(call, [I32]))
    outer.funcs[0](3, 6)
    assert codes == [(6, 1)] * 3


# Calls between instances.


def test_calls_between_instances() -> None:
    store = Store()
    callee = Instance(Program("load"), store, ([I32], [I32]))
    caller = Instance(Program("call_import", "load", "tail_import"), store, *[([I32], [I32])] * 3)
    caller.import_func(callee.funcs[0])
    memoryview(callee.memory)[100] = 1
    memoryview(caller.memory)[100] = 2
    for _ in range(3):
        assert [func(100) for func in caller.funcs] == [1, 2, 1]
    with pytest.raises(Stop) as info:
        caller.funcs[0](1 << 17)
    assert info.value.code == abi.TRAP_MEMORY
    first, second = info.value.addresses
    assert callee.program.offset(first) >= callee.program.code.start
    assert caller.program.offset(second) >= caller.program.code.start
    assert caller.funcs[0](100) == 1


def test_vectors_pass_between_instances() -> None:
    store = Store()
    callee = Instance(Program("and_v128", "swap_v128"), store, *[([V128] * 2, [V128])] * 2)
    for name in ("call_import", "tail_import"):
        caller = Instance(Program(name), store, ([V128] * 2, [V128]))
        for func in callee.funcs:
            caller.import_func(func)
            assert caller.funcs[0](ONE, TWO) == func(ONE, TWO)


def test_host_functions_called_across_instances_see_their_caller() -> None:
    store = Store()
    seen = []
    func = host(lambda caller: seen.append(caller), [])
    func.caller = True
    inner, outer = (Instance(Program("call_import"), store, ([], [])) for _ in range(2))
    inner.public, outer.public = "inner", "outer"
    inner.import_func(func)
    outer.import_func(inner.funcs[0])
    outer.funcs[0]()
    outer.import_func(func)
    outer.funcs[0]()
    assert seen == ["inner", "outer"]


def test_endless_tail_calls_between_instances_use_constant_stack() -> None:
    store = Store(100)
    one, two = (Instance(Program("tail_import"), store, ([], [])) for _ in range(2))
    one.import_func(two.funcs[0])
    two.import_func(one.funcs[0])
    store.state.timeout = 0.05
    with pytest.raises(Stop) as info:
        one.funcs[0]()
    assert info.value.code == abi.TRAP_TIME


def test_functions_of_other_engines_are_called_by_the_hook() -> None:
    instance = single("call_import", [I32], [I32])
    instance.import_func(host(None, [I32], [I32]))
    with pytest.raises(LookupError, match="not attached"):
        instance.funcs[0](1)


# Helpers.


def helper(instance: Instance, number: int, slots: list[int], x: int = 0, y: int = 0) -> Any:
    return instance.funcs[0](*slots, *[0] * (3 - len(slots)), x, y << 8 | number)


def helping() -> Instance:
    return single("helper", [I64, I64, I64, I32, I32], [I64])


def test_memory_helpers() -> None:
    instance = helping()
    data = memoryview(instance.memory)
    helper(instance, abi.HELPER_MEMORY_FILL, [10, 0x1FF, 5])
    assert bytes(data[9:16]) == b"\0\xff\xff\xff\xff\xff\0"
    data[0:6] = b"abcdef"
    helper(instance, abi.HELPER_MEMORY_COPY, [2, 0, 6])
    assert bytes(data[0:8]) == b"ababcdef"
    helper(instance, abi.HELPER_MEMORY_COPY, [0, 2, 6])
    assert bytes(data[0:8]) == b"abcdefef"
    helper(instance, abi.HELPER_MEMORY_FILL, [65536, 0, 0])
    for to, count in ((65536, 1), (65537, 0), (1, 65536), (-1, 2), (2, -1)):
        with pytest.raises(Stop) as info:
            helper(instance, abi.HELPER_MEMORY_FILL, [to, 7, count])
        assert info.value.code == abi.TRAP_MEMORY
        with pytest.raises(Stop):
            helper(instance, abi.HELPER_MEMORY_COPY, [to, 0, count])
        with pytest.raises(Stop):
            helper(instance, abi.HELPER_MEMORY_COPY, [0, to, count])
    assert bytes(data[0:8]) == b"abcdefef"


def test_large_copies_overlap_correctly() -> None:
    instance = helping()
    size = 12 << 20
    big = instance.memory = native.LinearMemory(16 << 20, 0)
    assert big.commit(16 << 20)
    instance.arrays()
    data = memoryview(big)
    pattern = bytes(range(251)) * (size // 251 + 1)
    data[0:size] = pattern[:size]
    helper(instance, abi.HELPER_MEMORY_COPY, [1001, 0, size])
    assert data[1001 : 1001 + size] == pattern[:size]
    helper(instance, abi.HELPER_MEMORY_COPY, [3, 1001, size])
    assert data[3 : 3 + size] == pattern[:size]
    helper(instance, abi.HELPER_MEMORY_FILL, [5, 9, size])
    assert data[5 : 5 + size] == bytes([9]) * size


def test_table_helpers() -> None:
    instance = single("helper", [I64, ANY, I64, I32, I32], [ANY])
    things = [object(), object()]
    table = native.Refs([None, *things])
    instance.arrays([table])
    table.state = instance.store.state
    call = instance.funcs[0]
    assert call(1, None, 0, 0, abi.HELPER_TABLE_GET) is things[0]
    assert call(0, None, 0, 0, abi.HELPER_TABLE_GET) is None
    second = things[1]
    before = sys.getrefcount(second)
    with pytest.raises(Stop) as info:
        call(3, None, 0, 0, abi.HELPER_TABLE_GET)
    assert info.value.code == abi.TRAP_TABLE
    # The result is whatever is in slot 0, here the index 0.
    call(0, things[1], 0, 0, abi.HELPER_TABLE_SET)
    assert sys.getrefcount(second) == before + 1
    assert table.copy() == [things[1], *things]
    call(0, None, 0, 0, abi.HELPER_TABLE_SET)
    assert sys.getrefcount(second) == before
    assert table.copy() == [None, *things]
    with pytest.raises(Stop):
        call(3, None, 0, 0, abi.HELPER_TABLE_SET)


def test_global_helper() -> None:
    instance = single("helper", [ANY, I64, I64, I32, I32], [ANY])
    thing = object()
    cell = native.Cell(True, None)
    cell.state = instance.store.state
    instance.arrays(cells=[cell])
    before = sys.getrefcount(thing)
    instance.funcs[0](thing, 0, 0, 0, abi.HELPER_GLOBAL_SET)
    assert sys.getrefcount(thing) == before + 1
    assert cell.value is thing
    instance.funcs[0](None, 0, 0, 0, abi.HELPER_GLOBAL_SET)
    assert cell.value is None
    assert sys.getrefcount(thing) == before


def test_callee_helper() -> None:
    instance = single("helper", [I64, I64, I64, I32, I32], [OTHER])
    func = host(print, [])
    func.type_id = 5
    func._set_ancestors((3, 4))
    table = native.Refs([func, None])
    instance.arrays([native.Refs(), table])
    call = instance.funcs[0]
    for type_id in (5, 3, 4):
        assert call(0, 0, 0, type_id, 1 << 8 | abi.HELPER_CALLEE) is func
    for index, type_id, code in (
        (2, 5, abi.TRAP_UNDEFINED),
        (-1, 5, abi.TRAP_UNDEFINED),
        (1, 5, abi.TRAP_UNINITIALIZED),
        (0, 6, abi.TRAP_MISMATCH),
    ):
        with pytest.raises(Stop) as info:
            call(index, 0, 0, type_id, 1 << 8 | abi.HELPER_CALLEE)
        assert info.value.code == code


def test_python_helper() -> None:
    instance = single("helper", [I64, ANY, I64, I32, I32], [I64])
    seen: list[tuple[object, ...]] = []
    answers: list[object] = [-1, None, (1 << 64) - 2]

    def operation(*args: object) -> object:
        seen.append(args)
        return answers.pop(0)

    instance.context.operation = operation
    thing = object()
    call = instance.funcs[0]
    assert call(-3, thing, 8, 40, 9 << 8 | abi.HELPER_PYTHON_REF1) == -1
    assert call(7, None, 8, 40, 9 << 8 | abi.HELPER_PYTHON_REF1) == 7
    assert call(0, None, 0, 1, abi.HELPER_PYTHON) == -2
    assert seen == [
        (40, 9, (1 << 64) - 3, thing, 8),
        (40, 9, 7, None, 8),
        (1, 0, 0, 0, 0),
    ]
    instance.context.operation = lambda *args: 1 // 0
    with pytest.raises(ZeroDivisionError):
        call(0, None, 0, 1, abi.HELPER_PYTHON)
    refs = single("helper", [ANY, I64, I64, I32, I32], [ANY])
    refs.context.operation = lambda x, y, first, *rest: [first]
    assert refs.funcs[0]("text", 0, 0, 0, abi.HELPER_PYTHON_REF0) == ["text"]


# Fuel, globals, memory, tables.


def test_fuel_is_in_the_state() -> None:
    instance = single("fuel", [], [])
    state = instance.store.state
    assert state.fuel_left == -1
    instance.funcs[0]()
    assert state.fuel_left == -1
    state.fuel_left = 100
    instance.funcs[0]()
    assert state.fuel_left == 90
    state.fuel_left = 5
    instance.funcs[0]()
    assert state.fuel_left == 0
    state.fuel_left = -1
    assert state.fuel_left == -1


def test_cells_move_into_the_context() -> None:
    number = native.Cell(False, 7)
    assert number.value == 7
    instance = single("global", [], [I64])
    instance.context.adopt(80, number)
    assert instance.funcs[0]() == 7
    for value in (0, (1 << 64) - 1, 1 << 64, (1 << 128) - 1):
        number.value = value
        assert number.value == value
    assert instance.funcs[0]() == -1
    for wrong in (-1, 1 << 128):
        with pytest.raises(OverflowError):
            number.value = wrong
    with pytest.raises(TypeError):
        number.value = 1.5
    with pytest.raises(ValueError, match="already"):
        instance.context.adopt(96, number)
    with pytest.raises(ValueError, match="offset"):
        instance.context.adopt(248, native.Cell(False, 0))
    thing = object()
    before = sys.getrefcount(thing)
    instance = single("global", [], [ANY])
    reference = native.Cell(True, thing)
    instance.context.adopt(80, reference)
    assert instance.funcs[0]() is thing
    reference.value = None
    assert instance.funcs[0]() is None
    assert sys.getrefcount(thing) == before


def test_vectors_in_cells() -> None:
    cell = native.Cell(False, int.from_bytes(ONE, "little"))
    instance = single("global_v128", [V128], [V128])
    instance.context.adopt(80, cell)
    assert instance.funcs[0](TWO) == ONE
    assert cell.value == int.from_bytes(TWO, "little")
    for number in (0, 5, 1 << 64, 1 << 127, (1 << 128) - 1):
        cell.value = number
        assert instance.funcs[0](ONE) == number.to_bytes(16, "little")
    importing = single("imported_v128", [V128], [V128])
    importing.context.set_pointer(72, cell)
    assert importing.funcs[0](TWO) == ONE
    assert instance.funcs[0](ONE) == TWO
    own = native.Cell(False, 3)
    importing.context.set_pointer(72, own)
    assert importing.funcs[0](TWO) == b"\3" + bytes(15)
    assert own.value == int.from_bytes(TWO, "little")
    for wrong in (-1, 1 << 128, -(1 << 64), 1 << 20_000):
        with pytest.raises(OverflowError):
            own.value = wrong
    assert own.value == int.from_bytes(TWO, "little")


def test_refs() -> None:
    refs = native.Refs()
    assert len(refs) == 0
    assert list(refs) == []
    refs.extend([1, None, "x"])
    refs.extend(range(5))
    assert list(refs) == refs.copy() == refs[:] == [1, None, "x", 0, 1, 2, 3, 4]
    assert refs[2] == refs[-6] == "x"
    refs[0] = None
    refs[1:4] = refs[2:5]
    assert refs[0:5] == [None, "x", 0, 1, 1]
    refs[6:6] = []
    for index in (8, -9):
        with pytest.raises(IndexError):
            refs[index]
        with pytest.raises(IndexError):
            refs[index] = 1
    with pytest.raises(ValueError, match="length"):
        refs[1:3] = [1]
    with pytest.raises(ValueError, match="step"):
        refs[::2]
    with pytest.raises(TypeError):
        del refs[0]
    assert native.Refs(refs).copy() == refs.copy()
    refs.state = state = native.State(10)
    assert refs.state is state


def test_linear_memory() -> None:
    memory = native.LinearMemory(1 << 20, 1 << 20)
    assert (memory.size, memory.reserved, memory.guard) == (0, 1 << 20, 1 << 20)
    assert memory.commit(100)
    view = memoryview(memory)
    assert view.nbytes == 1 << 20
    assert not view.readonly
    view[99] = 1
    address = memory.address
    assert memory.commit(1 << 20)
    assert memory.address == address
    assert view[99] == 1
    assert view[(1 << 20) - 1] == 0
    assert not memory.commit(1)
    del memory
    assert view[99] == 1
    with pytest.raises(MemoryError):
        native.LinearMemory(1 << 60, 0)
    assert native.LinearMemory(0, 0).commit(0)


def test_code_is_reserved_before_it_is_written() -> None:
    code = native.Code(3, 100, b"constants")
    assert code.entries % abi.PAGE == code.start % abi.PAGE == 0
    first = code.reserve(5)
    second = code.reserve(5)
    assert (first, second) == (code.start, code.start + abi.CODE_ALIGN)
    assert code.used == abi.CODE_ALIGN + 5
    with pytest.raises(ValueError, match="reserved"):
        code.write(second, bytes(6))
    with pytest.raises(ValueError, match="reserved"):
        code.write(0, b"x")
    with pytest.raises(IndexError):
        code.set_entry(0, first)
    code.write(first, code_of("nothing")[:5])
    code.set_entry(0, first)
    assert code.entry(0) == first
    for index in (-1, 3):
        with pytest.raises(IndexError):
            code.entry(index)
    with pytest.raises(MemoryError):
        code.reserve(1 << 15)
    with pytest.raises(MemoryError):
        native.Code(1, 1 << 40, b"")


# Lifetime of references.


class Thing:
    pass


def test_references_live_while_code_may_hold_them() -> None:
    """An overwritten reference is kept until the activation ends."""
    instance = single("call_import", [ANY], [ANY])
    state = instance.store.state
    table = native.Refs([Thing()])
    table.state = state
    alive: list[weakref.ref[Thing]] = [weakref.ref(table[0])]

    def function(_: object) -> object:
        table[0] = None
        gc.collect()
        assert alive[0]() is not None
        found = Thing()
        alive.append(weakref.ref(found))
        return found

    instance.import_func(host(function, [ANY], [ANY]))
    result = instance.funcs[0](None)
    assert alive[0]() is None
    assert alive[1]() is result
    del result
    assert alive[1]() is None


def test_many_references_are_dropped_on_the_way() -> None:
    instance = single("loop_import", [I32, I32], [])
    count = 0
    kept: list[weakref.ref[Thing]] = []

    def function(n: int) -> object:
        nonlocal count
        found = Thing()
        kept.append(weakref.ref(found))
        count += 1
        if count % 5000 == 0:
            assert sum(ref() is not None for ref in kept) <= 10_001
        return found

    instance.import_func(host(function, [I32], [ANY]))
    instance.funcs[0](50_000, 0)
    assert count == 50_000
    assert not any(ref() for ref in kept)


def test_cycles_are_collected() -> None:
    instance = single("call_import", [I32], [I32])
    instance.import_func(host(lambda n, kept=instance: n, [I32], [I32]))
    instance.context.adopt(80, native.Cell(True, instance))
    table = native.Refs([instance, instance.funcs[0]])
    table.state = instance.store.state
    instance.arrays([table])
    assert instance.funcs[0](4) == 4
    alive: list[Any] = [weakref.ref(instance), weakref.ref(instance.funcs[0])]
    del instance, table
    gc.collect()
    assert [ref() for ref in alive] == [None, None]


def test_stores_do_not_leak() -> None:
    def once() -> None:
        instance = single("add", [I32, I32], [I32])
        assert instance.funcs[0](1, 2) == 3

    for _ in range(2000):
        once()


def test_seal_refuses_other_classes() -> None:
    class Odd(native.FuncBase):  # type: ignore[misc]
        def __call__(self) -> None:
            pass

    wrongs: list[Any] = [Odd, int, 5]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            native.seal(wrong)
