"""WASI snapshot 0, `wasi_unstable`, for programs built before preview 1.

In: calls by guests. Out: the same functions as `zwasm.wasi.preview1`, `sock_accept` apart, which
came later, where three things differ: the numbers of `whence`, the layout of `filestat` and that of
`subscription`. The layouts are here.
"""

from __future__ import annotations

import struct
from typing import Final

from zwasm.instances.memory import MemoryInst
from zwasm.wasi import abi
from zwasm.wasi.abi import FileStat, Subscription
from zwasm.wasi.preview1 import Preview1

# whence of snapshot 0 -> that of preview 1; other numbers are as wrong there
_WHENCE: Final = (abi.WHENCE_CUR, abi.WHENCE_END, abi.WHENCE_SET)
# dev, ino, filetype, nlink of 32 bits, size, times
_FILESTAT: Final = struct.Struct("<QQB3xIQQQQ")
# userdata, type, and of a clock an identifier before what preview 1 has
_SUBSCRIPTION: Final = struct.Struct("<QB7xQI4xQQH6x")
_U64: Final = 0xFFFF_FFFF_FFFF_FFFF


class Snapshot0(Preview1):
    """The same view of the system, as programs for snapshot 0 see it."""

    subscription_size = _SUBSCRIPTION.size
    filestat_size = _FILESTAT.size

    def unpack_subscription(self, data: bytes) -> Subscription:
        userdata, kind, identifier, clock, timeout, _precision, flags = _SUBSCRIPTION.unpack(data)
        if kind == abi.EVENT_CLOCK:
            return Subscription(userdata, kind, clock, timeout, flags)
        return Subscription(userdata, kind, identifier & 0xFFFF_FFFF, timeout, flags)

    def pack_filestat(self, info: FileStat) -> bytes:
        return _FILESTAT.pack(
            info.dev & _U64,
            info.ino & _U64,
            info.filetype,
            min(info.nlink, 0xFFFF_FFFF),
            info.size & _U64,
            info.atim & _U64,
            info.mtim & _U64,
            info.ctim & _U64,
        )

    def fd_seek(self, memory: MemoryInst, fd: int, offset: int, whence: int, result: int) -> None:
        if whence < len(_WHENCE):
            whence = _WHENCE[whence]
        super().fd_seek(memory, fd, offset, whence, result)
