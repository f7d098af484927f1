/*
 * The version before preview 1, snapshot 0, whose module is "wasi_unstable". It
 * differs in the order of whence, in filestat and in subscriptions. Nothing here
 * imports from preview 1, so there is no main and no stdio. The granted folder is
 * descriptor 3 and empty.
 */
#define WASI "wasi_unstable"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(const char *format, ...);
#define printf say
#define putchar(c) say("%c", c)
#define fflush(file) (void)0

#include "wasi.h"

static void say(const char *format, ...) {
    static char line[1024];
    va_list given;
    u32 written;
    va_start(given, format);
    int size = vsnprintf(line, sizeof line, format, given);
    va_end(given);
    fd_write(1, (&(Buffer){line, size}), 1, &written);
}

static u8 data[1024];
static u8 *pointers[16];
static u32 fd, n, size;
static u64 at, now;
static FdStat fdstat;
static FileStat stat;
static PreStat prestat;

static void files(void) {
    TRY(fd_prestat_get(3, &prestat), " tag %u, %u bytes", prestat.tag, prestat.name_length);
    TRY(fd_prestat_dir_name(3, data, prestat.name_length), " \"%.1s\"", data);
    TRY(path_create_directory(3, P("folder")));
    TRY(path_open(3, 0, P("folder/file"), CREAT | EXCL, BOTH, 0, 0, &fd));
    TRY(fd_write(fd, T("0123456789"), &n), " %u", n);
    TRY(fd_seek(fd, -4, CUR, &at), " %llu", at);
    TRY(fd_seek(fd, 2, SET, &at), " %llu", at);
    TRY(fd_seek(fd, -1, END, &at), " %llu", at);
    TRY(fd_seek(fd, -1, SET, &at));
    TRY(fd_seek(fd, 3, SET, &at), " %llu", at);
    TRY(fd_read(fd, data, 0, &n), " %u", n);
    TRY(fd_read(fd, V(data), &n), " %u: %.*s", n, (int)n, data);
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_pread(fd, V(data), 8, &n), " %u: %.*s", n, (int)n, data);
    TRY(fd_pwrite(fd, T("ab"), 4, &n), " %u", n);
    TRY(fd_filestat_set_size(fd, 8));
    TRY(fd_filestat_set_times(fd, 1000000001, 2000000002, ATIM | MTIM));
    memset(&stat, 0xAA, sizeof stat);
    TRY(fd_filestat_get(fd, &stat), " %s, %u links, size %llu, atim %llu, mtim %llu",
        types[stat.type], stat.nlink, stat.size, stat.atim, stat.mtim);
    TRY(fd_fdstat_get(fd, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    TRY(fd_fdstat_set_flags(fd, APPEND));
    TRY(fd_advise(fd, 0, 8, 1));
    TRY(fd_sync(fd));
    TRY(fd_datasync(fd));
    TRY(fd_close(fd));
    TRY(fd_close(fd));

    TRY(path_link(3, 0, P("folder/file"), 3, P("linked")));
    memset(&stat, 0xAA, sizeof stat);
    TRY(path_filestat_get(3, 0, P("linked"), &stat), " %s, %u links, size %llu, atim %llu",
        types[stat.type], stat.nlink, stat.size, stat.atim);
    TRY(path_filestat_set_times(3, 0, P("linked"), 3000000003, 4000000004, MTIM));
    TRY(path_filestat_get(3, 0, P("folder/file"), &stat), " mtim %llu", stat.mtim);
    TRY(path_symlink(P("linked"), 3, P("symbolic")));
    TRY(path_readlink(3, P("symbolic"), B(data), &n), " %u: %.*s", n, (int)n, data);
    TRY(path_filestat_get(3, 0, P("symbolic"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(3, FOLLOW, P("symbolic"), &stat), " %s", types[stat.type]);
    TRY(path_rename(3, P("linked"), 3, P("renamed")));
    TRY(path_filestat_get(3, FOLLOW, P("symbolic"), &stat));
    TRY(path_open(3, 0, P("folder"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    TRY(fd_readdir(fd, B(data), 0, &n), " of . and .. and file, %u bytes", n);
    TRY(fd_renumber(fd, fd));
    TRY(fd_close(fd));
    TRY(path_unlink_file(3, P("symbolic")));
    TRY(path_unlink_file(3, P("renamed")));
    TRY(path_remove_directory(3, P("folder")));
    TRY(path_unlink_file(3, P("folder/file")));
    TRY(path_remove_directory(3, P("folder")));
}

static void waiting(void) {
    Subscription s[2] = {
        {.userdata = 5, .tag = CLOCK},
        {.userdata = 0x1234567890abcdef, .tag = FD_WRITE},
    };
    Event events[2];

    s[0].clock.identifier = 99;
    s[0].clock.id = MONOTONIC;
    s[0].clock.timeout = 10000000;
    TRY(clock_time_get(MONOTONIC, 0, &at));
    TRY(poll_oneoff(s, events, 1, &n), " %u: %llx, %s, type %u", n, events[0].userdata,
        error_name(events[0].error), events[0].type);
    TRY(clock_time_get(MONOTONIC, 0, &now), ", not early: %d", now - at >= 10000000);
    s[0].clock.timeout = now - 1;
    s[0].clock.flags = 1;
    TRY(poll_oneoff(s, events, 1, &n), " %u: %llx", n, events[0].userdata);
    s[0].clock.timeout = 5000000000;
    s[0].clock.flags = 0;
    s[1].fd = 1;
    TRY(poll_oneoff(s, events, 2, &n), " %u: %llx, %s, type %u", n, events[0].userdata,
        error_name(events[0].error), events[0].type);
}

__attribute__((export_name("_start"))) void _start(void) {
    TRY(args_sizes_get(&n, &size), " %u, %u bytes", n, size);
    TRY(args_get(pointers, data), " %s, %s", pointers[0], pointers[1]);
    TRY(environ_sizes_get(&n, &size), " %u, %u bytes", n, size);
    TRY(environ_get(pointers, data), " %s", pointers[0]);
    TRY(clock_res_get(REALTIME, &at));
    TRY(clock_time_get(REALTIME, 0, &at), ", after 2020: %d", at > 1577836800000000000);
    TRY(random_get(B(data)));
    TRY(sched_yield());
    TRY(fd_read(0, V(data), &n), " %u: %.*s", n, (int)n, data);
    files();
    waiting();
    TRY(fd_read(NEVER, V(data), &n));
    proc_exit(7);
}
