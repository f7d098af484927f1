/*
 * Calls that some runtimes trap at or do not support. Pointers out of memory,
 * numbers that are none of an enumeration, flags that mean nothing: FAULT and
 * INVAL by the specification. Space that is allocated, rights that are given up.
 * The granted folder is descriptor 3 and empty.
 */
#include <stdint.h>

#include "wasi.h"

/* The memory has far fewer than 2 GiB, so this is out of it; LAST is its last byte. */
#define OUT ((void *)0x80000000u)
#define TOP ((void *)0xffffffffu)
#define LAST ((char *)(__builtin_wasm_memory_size(0) * 65536u - 1))

static u32 fd, n;
static u64 at;
static u8 data[64];
static FileStat stat;
static FdStat fdstat;
static Event event;

static void pointers(void) {
    Buffer out = {OUT, 4}, top = {TOP, 1}, over = {LAST, 2}, wrap = {data, -1}, good = {data, 4};
    Buffer mixed[] = {{data, 4}, {OUT, 4}};
    Subscription s = {.tag = CLOCK};

    printf("-- pointers\n");
    TRY(args_get(OUT, data));
    TRY(args_get(data, OUT));
    TRY(args_sizes_get(OUT, data));
    TRY(args_sizes_get(data, OUT));
    TRY(args_sizes_get(TOP, data));
    TRY(args_sizes_get(LAST - 2, data));
    TRY(environ_get(OUT, data));
    TRY(environ_get(data, OUT));
    TRY(environ_sizes_get(OUT, data));
    TRY(environ_sizes_get(data, OUT));
    TRY(clock_res_get(REALTIME, OUT));
    TRY(clock_time_get(REALTIME, 0, OUT));
    TRY(clock_time_get(REALTIME, 0, LAST - 6));
    TRY(clock_time_get(REALTIME, 0, LAST - 7));
    TRY(random_get(OUT, 4));
    TRY(random_get(LAST, 2));
    TRY(random_get(LAST, 1));
    TRY(random_get(TOP, 0xffffffff));
    TRY(random_get(LAST + 1, 0));
    TRY(poll_oneoff(OUT, &event, 1, &n));
    TRY(poll_oneoff(&s, OUT, 1, &n));
    TRY(poll_oneoff(&s, &event, 1, OUT));
    TRY(poll_oneoff(&s, &event, 0xffffffff, &n));
    TRY(poll_oneoff(&s, &event, 0x05555556, &n)); /* times 48 it is a little past 2^32 */

    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    MUST(fd_write(fd, T("text"), &n));
    MUST(fd_seek(fd, 0, SET, &at));
    TRY(fd_fdstat_get(fd, OUT));
    TRY(fd_fdstat_get(fd, LAST - 22));
    TRY(fd_filestat_get(fd, OUT));
    TRY(fd_filestat_get(fd, LAST - 62));
    TRY(fd_prestat_get(GRANTED, OUT));
    TRY(fd_prestat_dir_name(GRANTED, OUT, 1));
    TRY(fd_prestat_dir_name(GRANTED, OUT, 0xffffffff));
    TRY(fd_read(fd, OUT, 1, &n));
    TRY(fd_read(fd, &out, 1, &n));
    TRY(fd_read(fd, &top, 1, &n));
    TRY(fd_read(fd, &over, 1, &n));
    TRY(fd_read(fd, &wrap, 1, &n));
    TRY(fd_read(fd, mixed, 2, &n));
    TRY(fd_read(fd, &good, 1, OUT));
    TRY(fd_read(fd, &good, 0x20000001, &n)); /* times 8 it is 8 */
    TRY(fd_read(fd, &good, 0xffffffff, &n));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_pread(fd, OUT, 1, 0, &n));
    TRY(fd_pread(fd, &out, 1, 0, &n));
    TRY(fd_pread(fd, &good, 1, 0, OUT));
    TRY(fd_write(fd, OUT, 1, &n));
    TRY(fd_write(fd, &out, 1, &n));
    TRY(fd_write(fd, &over, 1, &n));
    TRY(fd_write(fd, &wrap, 1, &n));
    TRY(fd_write(fd, mixed, 2, &n));
    TRY(fd_write(fd, &good, 1, OUT));
    TRY(fd_write(fd, &good, 0x20000001, &n));
    TRY(fd_write(1, &out, 1, &n));
    TRY(fd_pwrite(fd, OUT, 1, 0, &n));
    TRY(fd_pwrite(fd, &out, 1, 0, &n));
    TRY(fd_pwrite(fd, &good, 1, 0, OUT));
    TRY(fd_seek(fd, 0, CUR, OUT));
    TRY(fd_tell(fd, OUT));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_readdir(GRANTED, OUT, 64, 0, &n));
    TRY(fd_readdir(GRANTED, data, 0xffffffff, 0, &n));
    TRY(fd_readdir(GRANTED, data, 64, 0, OUT));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));

    TRY(path_create_directory(GRANTED, OUT, 1));
    TRY(path_create_directory(GRANTED, TOP, 0xffffffff));
    TRY(path_create_directory(GRANTED, LAST, 2));
    TRY(path_filestat_get(GRANTED, 0, OUT, 1, &stat));
    TRY(path_filestat_get(GRANTED, 0, P("."), OUT));
    TRY(path_filestat_set_times(GRANTED, 0, OUT, 1, 0, 0, ATIM));
    TRY(path_link(GRANTED, 0, OUT, 1, GRANTED, P("x")));
    TRY(path_link(GRANTED, 0, P("x"), GRANTED, OUT, 1));
    TRY(path_open(GRANTED, 0, OUT, 1, CREAT, READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("made"), CREAT, READ, 0, 0, OUT));
    TRY(path_readlink(GRANTED, OUT, 1, data, 64, &n));
    MUST(path_symlink(P("target"), GRANTED, P("link")));
    TRY(path_readlink(GRANTED, P("link"), OUT, 64, &n));
    TRY(path_readlink(GRANTED, P("link"), data, 64, OUT));
    MUST(path_unlink_file(GRANTED, P("link")));
    TRY(path_remove_directory(GRANTED, OUT, 1));
    TRY(path_rename(GRANTED, OUT, 1, GRANTED, P("x")));
    TRY(path_rename(GRANTED, P("x"), GRANTED, OUT, 1));
    TRY(path_symlink(OUT, 1, GRANTED, P("x")));
    TRY(path_symlink(P("x"), GRANTED, OUT, 1));
    TRY(path_unlink_file(GRANTED, OUT, 1));
    TRY(path_filestat_get(GRANTED, 0, P("made"), &stat));
}

static void numbers(void) {
    Subscription s = {.tag = CLOCK};

    printf("-- numbers of no meaning\n");
    TRY(clock_res_get(4, &at));
    TRY(clock_res_get(0xffffffff, &at));
    TRY(clock_time_get(4, 0, &at));
    TRY(clock_time_get(0xffffffff, 0, &at));
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    TRY(fd_advise(fd, 0, 100, 6));
    TRY(fd_advise(fd, 0, 100, 0xffffffff));
    TRY(fd_seek(fd, 0, 3, &at));
    TRY(fd_seek(fd, 0, 255, &at));
    TRY(fd_fdstat_set_flags(fd, 32));
    TRY(fd_fdstat_set_flags(fd, 0xffff));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_filestat_set_times(fd, 1, 2, 16));
    TRY(fd_filestat_set_times(fd, 1, 2, 0xffff));
    TRY(fd_allocate(fd, 0, 0));
    TRY(fd_allocate(fd, 0, 1ull << 63));
    TRY(fd_allocate(fd, -1, 1));
    MUST(fd_close(fd));
    TRY(path_open(GRANTED, 0, P("file"), 16, READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("file"), 0xffff, READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("file"), 0, READ, 0, 32, &fd));
    TRY(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0xffff, &fd));
    TRY(path_open(GRANTED, 2, P("file"), 0, READ, 0, 0, &fd));
    TRY(path_filestat_get(GRANTED, 2, P("file"), &stat));
    TRY(path_filestat_get(GRANTED, 0xffffffff, P("file"), &stat));
    TRY(path_filestat_set_times(GRANTED, 0, P("file"), 1, 2, 16));
    TRY(path_filestat_set_times(GRANTED, 2, P("file"), 1, 2, ATIM));
    TRY(path_link(GRANTED, 2, P("file"), GRANTED, P("link")));
    MUST(path_unlink_file(GRANTED, P("file")));
    s.tag = 3;
    TRY(poll_oneoff(&s, &event, 1, &n));
    s.tag = 255;
    TRY(poll_oneoff(&s, &event, 1, &n));
    s.tag = CLOCK;
    s.clock.id = 4;
    TRY(poll_oneoff(&s, &event, 1, &n), " %u: %s", n, error_name(event.error));
    s.clock.id = MONOTONIC;
    s.clock.timeout = 0;
    s.clock.flags = 2;
    TRY(poll_oneoff(&s, &event, 1, &n), " %u: %s", n, error_name(event.error));
}

/* Rights can be given up, and what is given up does not come back. */
static void rights(void) {
    printf("-- rights given up\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    TRY(fd_fdstat_set_rights(fd, fdstat.base, fdstat.inheriting));
    TRY(fd_write(fd, T("text"), &n), " %u", n);
    TRY(fd_fdstat_set_rights(fd, READ | RIGHT_FD_FILESTAT_GET, 0));
    TRY(fd_fdstat_get(fd, &fdstat), " %llx", fdstat.base);
    TRY(fd_write(fd, T("text"), &n));
    TRY(fd_pwrite(fd, T("text"), 0, &n));
    TRY(fd_filestat_set_size(fd, 0));
    TRY(fd_allocate(fd, 0, 100));
    TRY(fd_filestat_set_times(fd, 1, 2, ATIM));
    TRY(fd_fdstat_set_flags(fd, APPEND));
    TRY(fd_advise(fd, 0, 0, 0));
    TRY(fd_sync(fd));
    TRY(fd_datasync(fd));
    TRY(fd_seek(fd, 0, SET, &at), " %llu", at);
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_read(fd, V(data), &n), " %u", n);
    TRY(fd_fdstat_set_rights(fd, READ | RIGHT_FD_WRITE | RIGHT_FD_FILESTAT_GET, 0));
    TRY(fd_fdstat_set_rights(fd, READ | RIGHT_FD_FILESTAT_GET, RIGHT_FD_READ));
    TRY(fd_fdstat_set_rights(fd, RIGHT_FD_TELL, 0));
    TRY(fd_read(fd, V(data), &n));
    TRY(fd_pread(fd, V(data), 0, &n));
    TRY(fd_seek(fd, 1, SET, &at));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_filestat_get(fd, &stat));
    TRY(fd_fdstat_set_rights(fd, 0, 0));
    TRY(fd_tell(fd, &at));
    TRY(fd_close(fd));

    u32 folder;
    printf("-- rights of a folder given up\n");
    MUST(path_open(GRANTED, 0, P("."), DIRECTORY, FOLDER, FOLDER | BOTH, 0, &folder));
    MUST(fd_fdstat_get(folder, &fdstat));
    TRY(fd_fdstat_set_rights(folder, fdstat.base, fdstat.inheriting & ~RIGHT_FD_WRITE));
    TRY(path_open(folder, 0, P("file"), 0, RIGHT_FD_WRITE, 0, 0, &fd));
    TRY(path_open(folder, 0, P("file"), 0, READ, 0, 0, &fd));
    MUST(fd_close(fd));
    TRY(fd_fdstat_set_rights(folder, RIGHT_PATH_OPEN, READ));
    TRY(path_open(folder, 0, P("file"), 0, READ, 0, 0, &fd));
    MUST(fd_close(fd));
    TRY(path_open(folder, 0, P("new"), CREAT, READ, 0, 0, &fd));
    TRY(path_open(folder, 0, P("file"), TRUNC, READ, 0, 0, &fd));
    TRY(path_create_directory(folder, P("new")));
    TRY(path_filestat_get(folder, 0, P("file"), &stat));
    TRY(path_filestat_set_times(folder, 0, P("file"), 1, 2, ATIM));
    TRY(path_link(folder, 0, P("file"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("file"), folder, P("new")));
    TRY(path_readlink(folder, P("file"), data, 64, &n));
    TRY(path_remove_directory(folder, P("new")));
    TRY(path_rename(folder, P("file"), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("file"), folder, P("new")));
    TRY(path_symlink(P("file"), folder, P("new")));
    TRY(path_unlink_file(folder, P("file")));
    TRY(fd_readdir(folder, data, 64, 0, &n));
    TRY(fd_filestat_get(folder, &stat));
    TRY(fd_filestat_set_times(folder, 1, 2, ATIM));
    TRY(fd_fdstat_set_rights(folder, 0, 0));
    TRY(path_open(folder, 0, P("file"), 0, READ, 0, 0, &fd));
    TRY(fd_fdstat_set_rights(folder, RIGHT_PATH_OPEN, 0));
    MUST(fd_close(folder));
    MUST(path_unlink_file(GRANTED, P("file")));
}

/* What the public testsuite does with a folder of just these rights. */
static void folder_with_rights(void) {
    const u64 base = (FOLDER & ~RIGHT_FD_FILESTAT_SET_TIMES) | RIGHT_PATH_FILESTAT_SET_SIZE;
    const u64 inheriting = RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_READDIR | RIGHT_FD_SEEK |
                           RIGHT_FD_FILESTAT_GET | RIGHT_PATH_LINK_SOURCE |
                           RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN | RIGHT_PATH_UNLINK_FILE |
                           RIGHT_PATH_FILESTAT_GET | RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_SYNC |
                           RIGHT_FD_TELL | RIGHT_FD_ADVISE | RIGHT_FD_ALLOCATE |
                           RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_FD_FILESTAT_SET_TIMES;
    const u64 few = RIGHT_FD_READ | RIGHT_PATH_LINK_SOURCE | RIGHT_PATH_LINK_TARGET |
                    RIGHT_FD_FILESTAT_GET | RIGHT_PATH_OPEN | RIGHT_PATH_UNLINK_FILE;
    u32 folder, sub, linked;
    FdStat second;

    printf("-- a folder opened with some rights\n");
    MUST(path_create_directory(GRANTED, P("d")));
    TRY(path_open(GRANTED, 0, P("d"), DIRECTORY, base, inheriting, 0, &folder));
    MUST(fd_fdstat_get(folder, &fdstat));
    printf("flags %u, lacks %llx and %llx, sets its size: %d\n", fdstat.flags,
           base & ~fdstat.base, inheriting & ~fdstat.inheriting,
           (fdstat.base & RIGHT_FD_FILESTAT_SET_SIZE) != 0);

    printf("-- links keep rights\n");
    TRY(path_open(folder, 0, P("file"), CREAT, few, few, 0, &fd));
    TRY(path_create_directory(folder, P("sub")));
    TRY(path_open(folder, 0, P("sub"), DIRECTORY, few, few, 0, &sub));
    TRY(path_link(folder, 0, P("file"), sub, P("link")));
    TRY(path_open(sub, 0, P("link"), 0, few, few, 0, &linked));
    MUST(fd_fdstat_get(fd, &fdstat));
    MUST(fd_fdstat_get(linked, &second));
    printf("the same rights: %d, %d\n", fdstat.base == second.base,
           fdstat.inheriting == second.inheriting);
    MUST(fd_close(linked));
    MUST(fd_close(fd));
    TRY(path_unlink_file(sub, P("link")));
    MUST(fd_close(sub));
    TRY(path_remove_directory(folder, P("sub")));

    printf("-- the right to truncate\n");
    MUST(fd_fdstat_get(folder, &fdstat));
    TRY(path_open(folder, 0, P("file"), TRUNC, 0, 0, 0, &fd));
    MUST(fd_close(fd));
    u64 kept = fdstat.inheriting & ~RIGHT_FD_FILESTAT_SET_SIZE;
    TRY(fd_fdstat_set_rights(folder, fdstat.base, kept));
    TRY(path_open(folder, 0, P("file"), TRUNC, 0, 0, 0, &fd));
    MUST(fd_close(fd));
    TRY(fd_fdstat_set_rights(folder, fdstat.base & ~RIGHT_PATH_FILESTAT_SET_SIZE, kept));
    TRY(path_open(folder, 0, P("file"), TRUNC, 0, 0, 0, &fd));
    MUST(path_unlink_file(folder, P("file")));
    MUST(fd_close(folder));
    MUST(path_remove_directory(GRANTED, P("d")));
}

static void allocation(void) {
    printf("-- fd_allocate\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    TRY(fd_allocate(fd, 0, 100));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_allocate(fd, 10, 10));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_allocate(fd, 90, 20));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_read(fd, V(data), &n), " %u, all zero: %d", n, !data[0] && !memcmp(data, data + 1, 63));
    MUST(fd_close(fd));
    MUST(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &fd));
    TRY(fd_allocate(fd, 0, 200));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));
}

int main(void) {
    pointers();
    allocation();
    numbers();
    rights();
    folder_with_rights();
    TRY(proc_raise(0));
    TRY(proc_raise(9));
    TRY(proc_raise(255));
    TRY(sock_accept(0, 0, &fd));
    TRY(sock_accept(NEVER, 0, &fd));
    TRY(sock_recv(0, V(data), 0, &n, &at));
    TRY(sock_recv(GRANTED, V(data), 0, &n, &at));
    TRY(sock_recv(NEVER, V(data), 0, &n, &at));
    TRY(sock_send(1, T("x"), 0, &n));
    TRY(sock_send(NEVER, T("x"), 0, &n));
    TRY(sock_shutdown(1, 1));
    TRY(sock_shutdown(NEVER, 1));
    TRY(sock_shutdown(GRANTED, 3));
    return 0;
}
