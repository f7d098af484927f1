"""Memories as Python holds them, and what engines rely on."""

from __future__ import annotations

import gc

import pytest

import zwasm
from zwasm.instances import buffer
from zwasm.instances.native import NATIVE

PAGE = 65_536


def test_bytes_and_slices() -> None:
    memory = zwasm.Memory(1, maximum=4)
    memory[0:5] = b"hello"
    assert memory[0:5] == b"hello"
    assert memory[1] == ord("e")
    assert memory[0:5:2] == b"hlo"
    memory[-1] = 7
    assert memory[PAGE - 1] == memory[-1] == 7
    memory[0:6:2] = bytearray(b"xyz")
    assert memory[:6] == b"xeylz\0"
    assert len(memory) == PAGE
    assert memory[PAGE - 2 : PAGE + 10] == b"\0\7"
    assert bool(zwasm.Memory(0))


@pytest.mark.parametrize("index", [PAGE, -PAGE - 1, 1 << 70])
def test_index_out_of_range(index: int) -> None:
    memory = zwasm.Memory(1)
    with pytest.raises(IndexError):
        memory[index]
    with pytest.raises(IndexError):
        memory[index] = 1


def test_slices_keep_their_length() -> None:
    memory = zwasm.Memory(1)
    with pytest.raises(ValueError, match="5 bytes cannot be set to 2"):
        memory[0:5] = b"ab"
    with pytest.raises(ValueError, match="2 bytes cannot be set to 4"):
        memory[PAGE - 2 :] = b"abcd"
    with pytest.raises(TypeError):
        memory[0:5] = 5
    with pytest.raises(TypeError):
        memory["a"]
    with pytest.raises(TypeError):
        del memory[0:5]
    assert memory[:] == bytes(PAGE)


def test_read_and_write() -> None:
    memory = zwasm.Memory(1)
    memory.write(PAGE - 3, b"abc")
    assert memory.read(PAGE - 3, 3) == b"abc"
    assert memory.read(PAGE, 0) == b""
    for offset, size in ((PAGE - 2, 3), (-1, 1), (0, -1), (PAGE + 1, 0)):
        with pytest.raises(IndexError):
            memory.read(offset, size)
    with pytest.raises(IndexError):
        memory.write(PAGE - 2, b"abc")
    assert memory.read(PAGE - 3, 3) == b"abc"


def test_buffer_is_the_memory() -> None:
    memory = zwasm.Memory(1)
    with memoryview(memory) as view:
        assert len(view) == PAGE
        assert view.format == "B"
        view[10] = 42
        assert memory[10] == 42
        memory[11] = 43
        assert view[11] == 43
    assert bytes(memory) == memory[:]
    assert int.from_bytes(memoryview(memory)[10:12], "little") == 43 << 8 | 42


def test_grow() -> None:
    memory = zwasm.Memory(1, maximum=3)
    memory[5] = 5
    assert memory.grow(1) == 1
    assert memory.grow(0) == 2
    assert (len(memory), memory.pages, memory[5], memory[-1]) == (2 * PAGE, 2, 5, 0)
    assert repr(memory.type) == "(memory 2 3)"
    with pytest.raises(ValueError, match="its maximum is 3"):
        memory.grow(2)
    with pytest.raises(ValueError, match="shrink"):
        memory.grow(-1)
    assert memory.inst.try_grow(2) == -1
    assert memory.inst.try_grow(1 << 40) == -1
    assert memory.grow(1) == 2


def test_grow_from_nothing() -> None:
    memory = zwasm.Memory(0)
    assert len(memory) == 0
    with pytest.raises(IndexError):
        memory[0]
    assert memory.grow(2) == 0
    assert memory[:] == bytes(2 * PAGE)
    if buffer.KIND == buffer.EXACT_MAP:  # which has a filler for nothing
        memory = zwasm.Memory(0)
        memoryview(memory)[0] = 1
        memory.grow(2)
        assert memory[0] == 0
    empty = zwasm.Memory(0, 0)
    assert empty.inst.try_grow(1) == -1
    assert empty[:] == b""


def test_growing_never_breaks_a_held_buffer() -> None:
    memory = zwasm.Memory(1, maximum=4)
    view = memoryview(memory)
    if buffer.KIND == buffer.VIEWS:
        assert memory.grow(3) == 1
        view[0] = 9
        assert memory[0] == 9
    else:
        with pytest.raises(BufferError):
            memory.grow(1)
        view[0] = 9
        assert memory[0] == 9
        view.release()
        assert memory.grow(1) == 1
        assert memory[0] == 9


@pytest.mark.skipif(NATIVE or buffer.KIND != buffer.VIEWS, reason="there are no maps to move")
def test_growing_past_the_reservation(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = zwasm.Memory(1, is64=True)
    memory[3] = 3
    past = 65_537 - memory.pages
    view = memoryview(memory)
    assert memory.inst.try_grow(past) == -1  # the memory would have to move
    view.release()
    assert memory.inst.try_grow(past) == 1
    assert (len(memory), memory[3], memory[-1]) == (65_537 * PAGE, 3, 0)


@pytest.mark.skipif(not NATIVE, reason="the memory is not the extension's")
def test_growing_past_the_address_space() -> None:
    memory = zwasm.Memory(1, is64=True)
    memory[3] = 3
    assert memory.inst.try_grow(1 << 21) == -1  # 128 GiB
    assert memory.inst.try_grow(65_536) == 1
    assert (len(memory), memory[3], memory[-1]) == (65_537 * PAGE, 3, 0)


@pytest.mark.skipif(not NATIVE, reason="the memory is not the extension's")
def test_which_memories_are_guarded() -> None:
    assert zwasm.Memory(0).inst.guarded
    assert zwasm.Memory(1, 1).inst.guarded
    assert not zwasm.Memory(1, is64=True).inst.guarded


def test_the_largest_memory() -> None:
    memory = zwasm.Memory(65_536)
    memory[(1 << 32) - 3 :] = b"end"
    assert memory[-3:] == b"end"
    assert memory.inst.try_grow(1) == -1


def test_memories_nobody_can_have() -> None:
    with pytest.raises(zwasm.InstantiationError, match="cannot allocate"):
        zwasm.Memory(1 << 47, is64=True)
    for bad in ((65_537, None), (-1, None), (2, 1)):
        with pytest.raises(ValueError, match="memory"):
            zwasm.Memory(*bad)
    with pytest.raises(ValueError, match="maximum"):
        zwasm.Memory(1, shared=True)


def test_hundreds_of_memories() -> None:
    memories = [zwasm.Memory(1) for _ in range(600)]
    for number, memory in enumerate(memories):
        memory[0:2] = number.to_bytes(2, "little")
    assert [int.from_bytes(memory[0:2], "little") for memory in memories] == list(range(600))


def test_limit_of_the_store() -> None:
    store = zwasm.Store(max_memory=3 * PAGE)
    memory = zwasm.Memory(1, store=store)
    other = zwasm.Memory(1, store=store)
    assert memory.inst.try_grow(2) == -1
    assert memory.inst.try_grow(1) == 1
    with pytest.raises(ValueError, match="limit is 196608 bytes"):
        memory.grow(1)
    with pytest.raises(zwasm.InstantiationError, match="exceeds the store's limit"):
        zwasm.Memory(1, store=store)
    assert store.memory_bytes == 3 * PAGE
    del other
    gc.collect()
    assert store.memory_bytes == 2 * PAGE


def test_identity_not_contents() -> None:
    assert zwasm.Memory(1) != zwasm.Memory(1)
    assert len({zwasm.Memory(1), zwasm.Memory(1)}) == 2
