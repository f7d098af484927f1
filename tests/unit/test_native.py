"""Buffers given out by Python classes: `zwasm._native.Exporter`, or from 3.12 on any class."""

from __future__ import annotations

import gc
import importlib.util
import io
import sys
import weakref
from typing import TYPE_CHECKING

import pytest

from zwasm import _build

if TYPE_CHECKING or sys.version_info < (3, 12):
    try:
        from zwasm._native import Exporter
    except ImportError:
        if _build.compiled():
            raise
        pytest.skip("a pure install has no buffers before Python 3.12", allow_module_level=True)
else:

    class Exporter:
        pass


class Bytes(Exporter):
    """Gives out its `data`, and notes what happens."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.given: list[int] = []
        self.back: list[memoryview] = []

    def __buffer__(self, flags: int) -> memoryview:
        self.given.append(flags)
        return memoryview(self.data)

    def __release_buffer__(self, memory: memoryview) -> None:
        self.back.append(memory)


def test_reads_and_writes_reach_the_memory() -> None:
    source = Bytes(b"hello")
    view = memoryview(source)
    assert (view.nbytes, view.format, view.readonly) == (5, "B", False)
    view[0] = ord("j")
    source.data[4] = ord("y")
    assert bytes(view) == bytes(source) == b"".join([source]) == b"jelly"
    view[1:3] = b"ol"
    assert source.data == b"jolly"


def test_buffer_is_given_back_once() -> None:
    source = Bytes(b"abc")
    view = memoryview(source)
    part = view[1:]
    view.release()
    assert source.back == []
    with pytest.raises(BufferError):
        source.data.append(0)
    part.release()
    assert len(source.given) == len(source.back) == 1
    source.back.clear()
    source.data.append(0)
    assert bytes(source) == b"abc\0"


def test_view_outlives_its_exporter() -> None:
    source = Bytes(b"kept")
    alive = weakref.ref(source)
    view = memoryview(source)
    del source
    gc.collect()
    assert bytes(view) == b"kept"
    view.release()
    assert alive() is None


def test_no_reference_is_kept() -> None:
    source = Bytes(b"x" * 100)
    before = sys.getrefcount(source), sys.getrefcount(source.data)
    for _ in range(100):
        bytes(source)
        memoryview(source).release()
        assert b"xx" in bytearray(source)
    source.back.clear()
    assert (sys.getrefcount(source), sys.getrefcount(source.data)) == before


def test_cycle_of_view_and_exporter_is_collected() -> None:
    class Cycle(Exporter):
        own: memoryview | None = None

        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(b"cycle")

    source = Cycle()
    source.own = memoryview(source)
    alive = weakref.ref(source)
    del source
    gc.collect()
    assert alive() is None


def test_releasing_is_optional() -> None:
    class Plain(Exporter):
        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(b"plain")

    view = memoryview(Plain())
    assert view.readonly
    assert bytes(view) == b"plain"
    view.release()


def test_read_only_memory_refuses_writers() -> None:
    class Constant(Exporter):
        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(b"constant")

    with pytest.raises(TypeError):
        memoryview(Constant())[0] = 1
    with pytest.raises((BufferError, TypeError)):
        io.BytesIO(b"new").readinto(Constant())


def test_errors_of_the_class_come_through() -> None:
    class Broken(Exporter):
        def __buffer__(self, flags: int) -> memoryview:
            raise LookupError("no memory")

    class Wrong(Exporter):
        def __buffer__(self, flags: int) -> memoryview:
            return b"bytes"  # type: ignore[return-value]

    with pytest.raises(LookupError, match="no memory"):
        memoryview(Broken())
    with pytest.raises(TypeError, match="memoryview"):
        memoryview(Wrong())


def test_native_module_is_there_where_it_is_needed() -> None:
    spec = importlib.util.find_spec("zwasm._native")
    built = spec is not None and spec.origin is not None
    assert built or not _build.compiled()
