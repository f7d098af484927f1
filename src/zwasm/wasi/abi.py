"""Numbers and layouts of WASI preview 1 (`wasi_snapshot_preview1.witx`).

In: nothing. Out: constants, functions that pack the structures that guests read, and
`errno_of`, which turns a host's `OSError` into a WASI error number. What the functions do is
not here.
"""

from __future__ import annotations

import errno
import stat
import struct
from typing import Final

# errno, the witx file's order: a name's number is its place.
_ERRNO_NAMES: Final = (
    "SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY "
    "CANCELED CHILD CONNABORTED CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT "
    "FBIG HOSTUNREACH IDRM ILSEQ INPROGRESS INTR INVAL IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE "
    "MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV NOENT NOEXEC NOLCK "
    "NOLINK NOMEM NOMSG NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK "
    "NOTSUP NOTTY NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS "
    "SPIPE SRCH STALE TIMEDOUT TXTBSY XDEV NOTCAPABLE"
).split()

SUCCESS: Final = 0
BADF: Final = 8
FAULT: Final = 21
INVAL: Final = 28
IO: Final = 29
NOTSUP: Final = 58
NOTCAPABLE: Final = 76

# No host has this error; OSErrors carry it under a number that no host uses either.
ENOTCAPABLE: Final = 1 << 16


def _errno_table() -> dict[int, int]:
    table: dict[int, int] = {}
    for number, name in enumerate(_ERRNO_NAMES):
        host = getattr(errno, "E" + name, None)
        if host is not None and host not in table:
            table[host] = number
    # Names that differ, or that share a number with another on some hosts.
    for alias, name in (("EWOULDBLOCK", "AGAIN"), ("EOPNOTSUPP", "NOTSUP"), ("ENOTSUP", "NOTSUP")):
        host = getattr(errno, alias, None)
        if host is not None:
            table[host] = _ERRNO_NAMES.index(name)
    table[ENOTCAPABLE] = NOTCAPABLE
    return table


_ERRNO: Final = _errno_table()


def errno_of(error: OSError) -> int:
    """The WASI error number of a host error; IO where there is none of the same meaning."""
    number = error.errno
    return IO if number is None else _ERRNO.get(number, IO)


def errno_name(number: int) -> str:
    """The witx name of an error number, in lower case."""
    return _ERRNO_NAMES[number].lower() if number < len(_ERRNO_NAMES) else str(number)


CLOCK_REALTIME: Final = 0
CLOCK_MONOTONIC: Final = 1
CLOCK_PROCESS: Final = 2
CLOCK_THREAD: Final = 3

RIGHT_FD_DATASYNC: Final = 1 << 0
RIGHT_FD_READ: Final = 1 << 1
RIGHT_FD_SEEK: Final = 1 << 2
RIGHT_FD_FDSTAT_SET_FLAGS: Final = 1 << 3
RIGHT_FD_SYNC: Final = 1 << 4
RIGHT_FD_TELL: Final = 1 << 5
RIGHT_FD_WRITE: Final = 1 << 6
RIGHT_FD_ADVISE: Final = 1 << 7
RIGHT_FD_ALLOCATE: Final = 1 << 8
RIGHT_PATH_CREATE_DIRECTORY: Final = 1 << 9
RIGHT_PATH_CREATE_FILE: Final = 1 << 10
RIGHT_PATH_LINK_SOURCE: Final = 1 << 11
RIGHT_PATH_LINK_TARGET: Final = 1 << 12
RIGHT_PATH_OPEN: Final = 1 << 13
RIGHT_FD_READDIR: Final = 1 << 14
RIGHT_PATH_READLINK: Final = 1 << 15
RIGHT_PATH_RENAME_SOURCE: Final = 1 << 16
RIGHT_PATH_RENAME_TARGET: Final = 1 << 17
RIGHT_PATH_FILESTAT_GET: Final = 1 << 18
RIGHT_PATH_FILESTAT_SET_SIZE: Final = 1 << 19
RIGHT_PATH_FILESTAT_SET_TIMES: Final = 1 << 20
RIGHT_FD_FILESTAT_GET: Final = 1 << 21
RIGHT_FD_FILESTAT_SET_SIZE: Final = 1 << 22
RIGHT_FD_FILESTAT_SET_TIMES: Final = 1 << 23
RIGHT_PATH_SYMLINK: Final = 1 << 24
RIGHT_PATH_REMOVE_DIRECTORY: Final = 1 << 25
RIGHT_PATH_UNLINK_FILE: Final = 1 << 26
RIGHT_POLL_FD_READWRITE: Final = 1 << 27
RIGHT_SOCK_SHUTDOWN: Final = 1 << 28
RIGHT_SOCK_ACCEPT: Final = 1 << 29

RIGHTS_ALL: Final = (1 << 30) - 1
RIGHTS_FILE: Final = (
    RIGHT_FD_DATASYNC
    | RIGHT_FD_READ
    | RIGHT_FD_SEEK
    | RIGHT_FD_FDSTAT_SET_FLAGS
    | RIGHT_FD_SYNC
    | RIGHT_FD_TELL
    | RIGHT_FD_WRITE
    | RIGHT_FD_ADVISE
    | RIGHT_FD_ALLOCATE
    | RIGHT_FD_FILESTAT_GET
    | RIGHT_FD_FILESTAT_SET_SIZE
    | RIGHT_FD_FILESTAT_SET_TIMES
    | RIGHT_POLL_FD_READWRITE
)
RIGHTS_FOLDER: Final = (
    RIGHT_PATH_CREATE_DIRECTORY
    | RIGHT_PATH_CREATE_FILE
    | RIGHT_PATH_LINK_SOURCE
    | RIGHT_PATH_LINK_TARGET
    | RIGHT_PATH_OPEN
    | RIGHT_FD_READDIR
    | RIGHT_PATH_READLINK
    | RIGHT_PATH_RENAME_SOURCE
    | RIGHT_PATH_RENAME_TARGET
    | RIGHT_PATH_FILESTAT_GET
    | RIGHT_PATH_FILESTAT_SET_SIZE
    | RIGHT_PATH_FILESTAT_SET_TIMES
    | RIGHT_FD_FILESTAT_GET
    | RIGHT_FD_FILESTAT_SET_TIMES
    | RIGHT_PATH_SYMLINK
    | RIGHT_PATH_REMOVE_DIRECTORY
    | RIGHT_PATH_UNLINK_FILE
)
RIGHTS_SOCKET: Final = (
    RIGHT_FD_READ
    | RIGHT_FD_WRITE
    | RIGHT_FD_FDSTAT_SET_FLAGS
    | RIGHT_FD_FILESTAT_GET
    | RIGHT_POLL_FD_READWRITE
    | RIGHT_SOCK_SHUTDOWN
)
# What a folder or file that is granted for reading only does not have.
RIGHTS_CHANGE: Final = (
    RIGHT_FD_WRITE
    | RIGHT_FD_ALLOCATE
    | RIGHT_FD_FILESTAT_SET_SIZE
    | RIGHT_FD_FILESTAT_SET_TIMES
    | RIGHT_PATH_CREATE_DIRECTORY
    | RIGHT_PATH_CREATE_FILE
    | RIGHT_PATH_LINK_SOURCE
    | RIGHT_PATH_LINK_TARGET
    | RIGHT_PATH_RENAME_SOURCE
    | RIGHT_PATH_RENAME_TARGET
    | RIGHT_PATH_FILESTAT_SET_SIZE
    | RIGHT_PATH_FILESTAT_SET_TIMES
    | RIGHT_PATH_SYMLINK
    | RIGHT_PATH_REMOVE_DIRECTORY
    | RIGHT_PATH_UNLINK_FILE
)

FILETYPE_UNKNOWN: Final = 0
FILETYPE_BLOCK_DEVICE: Final = 1
FILETYPE_CHARACTER_DEVICE: Final = 2
FILETYPE_DIRECTORY: Final = 3
FILETYPE_REGULAR_FILE: Final = 4
FILETYPE_SOCKET_STREAM: Final = 6
FILETYPE_SYMBOLIC_LINK: Final = 7

FDFLAG_APPEND: Final = 1 << 0
FDFLAG_DSYNC: Final = 1 << 1
FDFLAG_NONBLOCK: Final = 1 << 2
FDFLAG_RSYNC: Final = 1 << 3
FDFLAG_SYNC: Final = 1 << 4
FDFLAGS_ALL: Final = (1 << 5) - 1

FST_ATIM: Final = 1 << 0
FST_ATIM_NOW: Final = 1 << 1
FST_MTIM: Final = 1 << 2
FST_MTIM_NOW: Final = 1 << 3

LOOKUP_SYMLINK_FOLLOW: Final = 1 << 0

OFLAG_CREAT: Final = 1 << 0
OFLAG_DIRECTORY: Final = 1 << 1
OFLAG_EXCL: Final = 1 << 2
OFLAG_TRUNC: Final = 1 << 3
OFLAGS_ALL: Final = (1 << 4) - 1

MAX_OFFSET: Final = (1 << 63) - 1

WHENCE_SET: Final = 0
WHENCE_CUR: Final = 1
WHENCE_END: Final = 2

RECV_PEEK: Final = 1 << 0
RECV_WAITALL: Final = 1 << 1
RECV_DATA_TRUNCATED: Final = 1 << 0
SHUTDOWN_READ: Final = 1 << 0
SHUTDOWN_WRITE: Final = 1 << 1

SIGNALS: Final = 31  # numbers of signals are below it

EVENT_CLOCK: Final = 0
EVENT_FD_READ: Final = 1
EVENT_FD_WRITE: Final = 2
EVENT_HANGUP: Final = 1 << 0
CLOCK_ABSTIME: Final = 1 << 0
SUBSCRIPTION_SIZE: Final = 48
EVENT_SIZE: Final = 32
FILESTAT_SIZE: Final = 64
DIRENT_SIZE: Final = 24

_FDSTAT: Final = struct.Struct("<BxHxxxxQQ")
_FILESTAT: Final = struct.Struct("<QQB7xQQQQQ")
_DIRENT: Final = struct.Struct("<QQIB3x")
_EVENT: Final = struct.Struct("<QHB5xQH6x")
_PRESTAT: Final = struct.Struct("<B3xI")
_SUBSCRIPTION: Final = struct.Struct("<QB7xI4xQQH6x")

_U64: Final = 0xFFFF_FFFF_FFFF_FFFF


def pack_fdstat(filetype: int, flags: int, base: int, inheriting: int) -> bytes:
    """An `fdstat` structure."""
    return _FDSTAT.pack(filetype, flags, base, inheriting)


def pack_filestat(info: FileStat) -> bytes:
    """A `filestat` structure."""
    return _FILESTAT.pack(
        info.dev & _U64,
        info.ino & _U64,
        info.filetype,
        info.nlink & _U64,
        info.size & _U64,
        info.atim & _U64,
        info.mtim & _U64,
        info.ctim & _U64,
    )


def pack_dirent(following: int, ino: int, name_length: int, filetype: int) -> bytes:
    """A `dirent` structure; the entry's name follows it."""
    return _DIRENT.pack(following, ino & _U64, name_length, filetype)


def pack_event(userdata: int, error: int, kind: int, nbytes: int, flags: int) -> bytes:
    """An `event` structure."""
    return _EVENT.pack(userdata, error, kind, nbytes, flags)


def pack_prestat(name_length: int) -> bytes:
    """A `prestat` structure of a granted folder."""
    return _PRESTAT.pack(0, name_length)


class Subscription:
    """What a `subscription` structure says. Of a descriptor's, `subject` is the descriptor; of a
    clock's, the clock, and `timeout` (nanoseconds) and `flags` count."""

    __slots__ = ("flags", "kind", "subject", "timeout", "userdata")

    def __init__(self, userdata: int, kind: int, subject: int, timeout: int, flags: int) -> None:
        self.userdata = userdata
        self.kind = kind
        self.subject = subject
        self.timeout = timeout
        self.flags = flags


def unpack_subscription(data: bytes) -> Subscription:
    """A `subscription` structure."""
    userdata, kind, subject, timeout, _precision, flags = _SUBSCRIPTION.unpack(data)
    return Subscription(userdata, kind, subject, timeout, flags)


class FileStat:
    """Attributes of a file; times are nanoseconds since 1970."""

    __slots__ = ("atim", "ctim", "dev", "filetype", "ino", "mtim", "nlink", "size")

    def __init__(
        self,
        filetype: int,
        *,
        dev: int = 0,
        ino: int = 0,
        nlink: int = 0,
        size: int = 0,
        atim: int = 0,
        mtim: int = 0,
        ctim: int = 0,
    ) -> None:
        self.filetype = filetype
        self.dev = dev
        self.ino = ino
        self.nlink = nlink
        self.size = size
        self.atim = atim
        self.mtim = mtim
        self.ctim = ctim


def filetype_of(mode: int) -> int:
    """The file type that a host's mode word tells; pipes have none."""
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFREG:
        return FILETYPE_REGULAR_FILE
    if kind == stat.S_IFDIR:
        return FILETYPE_DIRECTORY
    if kind == stat.S_IFLNK:
        return FILETYPE_SYMBOLIC_LINK
    if kind == stat.S_IFCHR:
        return FILETYPE_CHARACTER_DEVICE
    if kind == stat.S_IFBLK:
        return FILETYPE_BLOCK_DEVICE
    if kind == stat.S_IFSOCK:
        return FILETYPE_SOCKET_STREAM
    return FILETYPE_UNKNOWN
