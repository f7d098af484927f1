/*
 * The functions of WASI preview 1 as they are imported, past the C library, and
 * TRY, which prints a call as it stands in the source, the error that it gave
 * and, where it gave none, results:
 *
 *     TRY(fd_seek(fd, 4, SET, &n), " at %llu", n);
 *     fd_seek(fd, 4, SET, &n) = SUCCESS at 4
 *
 * With WASI defined as "wasi_unstable" it is the version before, which has
 * another order of whence, another filestat and a longer subscription.
 */
#ifndef GUEST_WASI_H
#define GUEST_WASI_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef WASI
#define WASI "wasi_snapshot_preview1"
#define SNAPSHOT 1
#else
#define SNAPSHOT 0
#endif

typedef unsigned long long u64;
typedef long long i64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

typedef struct {
    const void *data;
    u32 size;
} Buffer;

typedef struct {
    u8 type;
    u16 flags;
    u64 base, inheriting;
} FdStat;

#if SNAPSHOT
typedef struct {
    u64 dev, ino;
    u8 type;
    u64 nlink, size, atim, mtim, ctim;
} FileStat;
#else
typedef struct {
    u64 dev, ino;
    u8 type;
    u32 nlink;
    u64 size, atim, mtim, ctim;
} FileStat;
#endif

typedef struct {
    u64 next, ino;
    u32 namlen;
    u8 type;
} Dirent;

typedef struct {
    u8 tag;
    u32 name_length;
} PreStat;

typedef struct {
    u64 userdata;
    u8 tag;
    union {
        struct {
#if !SNAPSHOT
            u64 identifier;
#endif
            u32 id;
            u64 timeout, precision;
            u16 flags;
        } clock;
        u32 fd;
    };
} Subscription;

typedef struct {
    u64 userdata;
    u16 error;
    u8 type;
    u64 nbytes;
    u16 flags;
} Event;

#define IMPORT(name) __attribute__((import_module(WASI), import_name(#name))) int name

IMPORT(args_get)(void *pointers, void *buffer);
IMPORT(args_sizes_get)(void *count, void *size);
IMPORT(environ_get)(void *pointers, void *buffer);
IMPORT(environ_sizes_get)(void *count, void *size);
IMPORT(clock_res_get)(u32 id, void *result);
IMPORT(clock_time_get)(u32 id, u64 precision, void *result);
IMPORT(fd_advise)(u32 fd, u64 offset, u64 length, u32 advice);
IMPORT(fd_allocate)(u32 fd, u64 offset, u64 length);
IMPORT(fd_close)(u32 fd);
IMPORT(fd_datasync)(u32 fd);
IMPORT(fd_fdstat_get)(u32 fd, void *result);
IMPORT(fd_fdstat_set_flags)(u32 fd, u32 flags);
IMPORT(fd_fdstat_set_rights)(u32 fd, u64 base, u64 inheriting);
IMPORT(fd_filestat_get)(u32 fd, void *result);
IMPORT(fd_filestat_set_size)(u32 fd, u64 size);
IMPORT(fd_filestat_set_times)(u32 fd, u64 atim, u64 mtim, u32 flags);
IMPORT(fd_pread)(u32 fd, const void *iovs, u32 count, u64 offset, void *result);
IMPORT(fd_prestat_get)(u32 fd, void *result);
IMPORT(fd_prestat_dir_name)(u32 fd, void *buffer, u32 size);
IMPORT(fd_pwrite)(u32 fd, const void *iovs, u32 count, u64 offset, void *result);
IMPORT(fd_read)(u32 fd, const void *iovs, u32 count, void *result);
IMPORT(fd_readdir)(u32 fd, void *buffer, u32 size, u64 cookie, void *result);
IMPORT(fd_renumber)(u32 fd, u32 to);
IMPORT(fd_seek)(u32 fd, i64 offset, u32 whence, void *result);
IMPORT(fd_sync)(u32 fd);
IMPORT(fd_tell)(u32 fd, void *result);
IMPORT(fd_write)(u32 fd, const void *iovs, u32 count, void *result);
IMPORT(path_create_directory)(u32 fd, const void *path, u32 size);
IMPORT(path_filestat_get)(u32 fd, u32 lookup, const void *path, u32 size, void *result);
IMPORT(path_filestat_set_times)(u32 fd, u32 lookup, const void *path, u32 size, u64 atim, u64 mtim,
                                u32 flags);
IMPORT(path_link)(u32 fd, u32 lookup, const void *path, u32 size, u32 new_fd, const void *new_path,
                  u32 new_size);
IMPORT(path_open)(u32 fd, u32 lookup, const void *path, u32 size, u32 oflags, u64 base,
                  u64 inheriting, u32 flags, void *result);
IMPORT(path_readlink)(u32 fd, const void *path, u32 size, void *buffer, u32 room, void *result);
IMPORT(path_remove_directory)(u32 fd, const void *path, u32 size);
IMPORT(path_rename)(u32 fd, const void *path, u32 size, u32 new_fd, const void *new_path,
                    u32 new_size);
IMPORT(path_symlink)(const void *target, u32 target_size, u32 fd, const void *path, u32 size);
IMPORT(path_unlink_file)(u32 fd, const void *path, u32 size);
IMPORT(poll_oneoff)(const void *subscriptions, void *events, u32 count, void *result);
IMPORT(proc_raise)(u32 signal);
IMPORT(random_get)(void *buffer, u32 size);
IMPORT(sched_yield)(void);
#if SNAPSHOT
IMPORT(sock_accept)(u32 fd, u32 flags, void *result);
#endif
IMPORT(sock_recv)(u32 fd, const void *iovs, u32 count, u32 flags, void *size, void *out_flags);
IMPORT(sock_send)(u32 fd, const void *iovs, u32 count, u32 flags, void *size);
IMPORT(sock_shutdown)(u32 fd, u32 how);
__attribute__((import_module(WASI), import_name("proc_exit"), noreturn)) void proc_exit(u32 code);

/* The specification's order: a name's number is its place. */
static const char *const errors[] = {
    "SUCCESS", "2BIG", "ACCES", "ADDRINUSE", "ADDRNOTAVAIL", "AFNOSUPPORT", "AGAIN", "ALREADY",
    "BADF", "BADMSG", "BUSY", "CANCELED", "CHILD", "CONNABORTED", "CONNREFUSED", "CONNRESET",
    "DEADLK", "DESTADDRREQ", "DOM", "DQUOT", "EXIST", "FAULT", "FBIG", "HOSTUNREACH", "IDRM",
    "ILSEQ", "INPROGRESS", "INTR", "INVAL", "IO", "ISCONN", "ISDIR", "LOOP", "MFILE", "MLINK",
    "MSGSIZE", "MULTIHOP", "NAMETOOLONG", "NETDOWN", "NETRESET", "NETUNREACH", "NFILE", "NOBUFS",
    "NODEV", "NOENT", "NOEXEC", "NOLCK", "NOLINK", "NOMEM", "NOMSG", "NOPROTOOPT", "NOSPC",
    "NOSYS", "NOTCONN", "NOTDIR", "NOTEMPTY", "NOTRECOVERABLE", "NOTSOCK", "NOTSUP", "NOTTY",
    "NXIO", "OVERFLOW", "OWNERDEAD", "PERM", "PIPE", "PROTO", "PROTONOSUPPORT", "PROTOTYPE",
    "RANGE", "ROFS", "SPIPE", "SRCH", "STALE", "TIMEDOUT", "TXTBSY", "XDEV", "NOTCAPABLE",
};

static inline const char *error_name(int error) {
    return error >= 0 && error < (int)(sizeof errors / sizeof *errors) ? errors[error] : "?";
}

static const char *const types[] = {"unknown", "block",    "character", "directory",
                                    "file",    "datagram", "stream",    "link"};

#define TRY(call, ...)                                                                            \
    do {                                                                                          \
        int error_ = (call);                                                                      \
        printf("%s = %s", #call, error_name(error_));                                             \
        if (error_ == 0)                                                                          \
            printf("" __VA_ARGS__);                                                               \
        putchar('\n');                                                                            \
        fflush(stdout);                                                                           \
    } while (0)

/* A call that is only a step towards the next: it is printed where it fails. */
#define MUST(call)                                                                                \
    do {                                                                                          \
        int error_ = (call);                                                                      \
        if (error_ != 0)                                                                          \
            printf("MUST %s = %s\n", #call, error_name(error_));                                  \
    } while (0)

/* A path and its length; a buffer and its size; one buffer as a vector. */
#define P(text) (text), sizeof(text) - 1
#define B(array) (array), sizeof(array)
#define V(array) (&(Buffer){(array), sizeof(array)}), 1
#define T(text) (&(Buffer){(text), sizeof(text) - 1}), 1

#define GRANTED 3
#define NEVER 99 /* a descriptor that was never opened */
#define FOLLOW 1

enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { APPEND = 1, DSYNC = 2, NONBLOCK = 4, RSYNC = 8, SYNC = 16 };
enum { ATIM = 1, ATIM_NOW = 2, MTIM = 4, MTIM_NOW = 8 };
enum { REALTIME, MONOTONIC, PROCESS_TIME, THREAD_TIME };
enum { CLOCK, FD_READ, FD_WRITE };
#if SNAPSHOT
enum { SET, CUR, END };
#else
enum { CUR, END, SET };
#endif

#define RIGHT_FD_DATASYNC (1ull << 0)
#define RIGHT_FD_READ (1ull << 1)
#define RIGHT_FD_SEEK (1ull << 2)
#define RIGHT_FD_FDSTAT_SET_FLAGS (1ull << 3)
#define RIGHT_FD_SYNC (1ull << 4)
#define RIGHT_FD_TELL (1ull << 5)
#define RIGHT_FD_WRITE (1ull << 6)
#define RIGHT_FD_ADVISE (1ull << 7)
#define RIGHT_FD_ALLOCATE (1ull << 8)
#define RIGHT_PATH_CREATE_DIRECTORY (1ull << 9)
#define RIGHT_PATH_CREATE_FILE (1ull << 10)
#define RIGHT_PATH_LINK_SOURCE (1ull << 11)
#define RIGHT_PATH_LINK_TARGET (1ull << 12)
#define RIGHT_PATH_OPEN (1ull << 13)
#define RIGHT_FD_READDIR (1ull << 14)
#define RIGHT_PATH_READLINK (1ull << 15)
#define RIGHT_PATH_RENAME_SOURCE (1ull << 16)
#define RIGHT_PATH_RENAME_TARGET (1ull << 17)
#define RIGHT_PATH_FILESTAT_GET (1ull << 18)
#define RIGHT_PATH_FILESTAT_SET_SIZE (1ull << 19)
#define RIGHT_PATH_FILESTAT_SET_TIMES (1ull << 20)
#define RIGHT_FD_FILESTAT_GET (1ull << 21)
#define RIGHT_FD_FILESTAT_SET_SIZE (1ull << 22)
#define RIGHT_FD_FILESTAT_SET_TIMES (1ull << 23)
#define RIGHT_PATH_SYMLINK (1ull << 24)
#define RIGHT_PATH_REMOVE_DIRECTORY (1ull << 25)
#define RIGHT_PATH_UNLINK_FILE (1ull << 26)
#define RIGHT_POLL_FD_READWRITE (1ull << 27)
#define RIGHT_SOCK_SHUTDOWN (1ull << 28)
#define RIGHT_SOCK_ACCEPT (1ull << 29)

#define READ (RIGHT_FD_READ | RIGHT_FD_SEEK | RIGHT_FD_TELL)
#define WRITE                                                                                     \
    (RIGHT_FD_WRITE | RIGHT_FD_DATASYNC | RIGHT_FD_SYNC | RIGHT_FD_ALLOCATE |                     \
     RIGHT_FD_FILESTAT_SET_SIZE)
#define BOTH                                                                                      \
    (READ | WRITE | RIGHT_FD_ADVISE | RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET |         \
     RIGHT_FD_FILESTAT_SET_TIMES | RIGHT_POLL_FD_READWRITE)
#define FOLDER                                                                                    \
    (RIGHT_PATH_CREATE_DIRECTORY | RIGHT_PATH_CREATE_FILE | RIGHT_PATH_LINK_SOURCE |              \
     RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN | RIGHT_FD_READDIR | RIGHT_PATH_READLINK |          \
     RIGHT_PATH_RENAME_SOURCE | RIGHT_PATH_RENAME_TARGET | RIGHT_PATH_FILESTAT_GET |              \
     RIGHT_PATH_FILESTAT_SET_TIMES | RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_TIMES |        \
     RIGHT_PATH_SYMLINK | RIGHT_PATH_REMOVE_DIRECTORY | RIGHT_PATH_UNLINK_FILE)
#define RIGHTS_ALL ((1ull << 30) - 1)

#endif
