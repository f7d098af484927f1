/*
 * What can be done with descriptors: those of files, of folders, of the streams
 * and those that are none. The granted folder is descriptor 3 and empty.
 */
#include <stdlib.h>

#include "wasi.h"

static u32 fd, other, n;
static u64 at;
static u8 text[64];
static FdStat fdstat;
static FileStat stat;

/* What is in a file, in a short form. */
static void show(const char *name) {
    u32 file;
    if (path_open(GRANTED, 0, name, strlen(name), 0, READ, 0, 0, &file) != 0) {
        printf("  %s cannot be opened\n", name);
        return;
    }
    static u8 data[256];
    MUST(fd_read(file, V(data), &n));
    printf("  %s has %u bytes: ", name, n);
    for (u32 i = 0; i < n; i++)
        putchar(data[i] ? data[i] : '_');
    putchar('\n');
    MUST(fd_close(file));
}

/* A runtime may write or read less than all parts at a time. */
static u32 write_all(u32 to, const Buffer *parts, u32 count) {
    u32 total = 0, part = 0, done = 0;
    while (part < count) {
        Buffer rest[8];
        memcpy(rest, parts + part, (count - part) * sizeof *rest);
        rest[0].data = (const char *)rest[0].data + done;
        rest[0].size -= done;
        if (fd_write(to, rest, count - part, &n) != 0)
            return -1;
        total += n;
        for (done += n; part < count && done >= parts[part].size; part++)
            done -= parts[part].size;
    }
    return total;
}

static void bad_descriptor(u32 bad) {
    Subscription s = {.tag = FD_READ, .fd = bad};
    Event event;
    PreStat prestat;

    printf("-- descriptor %u\n", bad);
    TRY(fd_advise(bad, 0, 0, 0));
    TRY(fd_allocate(bad, 0, 1));
    TRY(fd_datasync(bad));
    TRY(fd_fdstat_get(bad, &fdstat));
    TRY(fd_fdstat_set_flags(bad, 0));
    TRY(fd_fdstat_set_rights(bad, 0, 0));
    TRY(fd_filestat_get(bad, &stat));
    TRY(fd_filestat_set_size(bad, 0));
    TRY(fd_filestat_set_times(bad, 0, 0, ATIM));
    TRY(fd_pread(bad, V(text), 0, &n));
    TRY(fd_prestat_get(bad, &prestat));
    TRY(fd_prestat_dir_name(bad, B(text)));
    TRY(fd_pwrite(bad, T("x"), 0, &n));
    TRY(fd_read(bad, V(text), &n));
    TRY(fd_readdir(bad, B(text), 0, &n));
    TRY(fd_renumber(bad, bad));
    TRY(fd_renumber(bad, GRANTED));
    TRY(fd_seek(bad, 0, SET, &at));
    TRY(fd_sync(bad));
    TRY(fd_tell(bad, &at));
    TRY(fd_write(bad, T("x"), &n));
    TRY(path_create_directory(bad, P("x")));
    TRY(path_filestat_get(bad, 0, P("x"), &stat));
    TRY(path_filestat_set_times(bad, 0, P("x"), 0, 0, ATIM));
    TRY(path_link(bad, 0, P("x"), GRANTED, P("y")));
    TRY(path_link(GRANTED, 0, P("x"), bad, P("y")));
    TRY(path_open(bad, 0, P("x"), 0, READ, 0, 0, &n));
    TRY(path_readlink(bad, P("x"), B(text), &n));
    TRY(path_remove_directory(bad, P("x")));
    TRY(path_rename(bad, P("x"), GRANTED, P("y")));
    TRY(path_rename(GRANTED, P("x"), bad, P("y")));
    TRY(path_symlink(P("x"), bad, P("y")));
    TRY(path_unlink_file(bad, P("x")));
    TRY(poll_oneoff(&s, &event, 1, &n), " %u: %s", n, error_name(event.error));
    TRY(fd_close(bad));
}

/* A file as the folder that a path is relative to. */
static void file_as_folder(void) {
    printf("-- a file is no folder\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    TRY(path_create_directory(fd, P("x")));
    TRY(path_filestat_get(fd, 0, P("x"), &stat));
    TRY(path_filestat_set_times(fd, 0, P("x"), 0, 0, ATIM));
    TRY(path_link(fd, 0, P("x"), GRANTED, P("y")));
    TRY(path_link(GRANTED, 0, P("file"), fd, P("y")));
    TRY(path_open(fd, 0, P("x"), CREAT, READ, 0, 0, &n));
    TRY(path_open(fd, 0, P("."), 0, READ, 0, 0, &n));
    TRY(path_readlink(fd, P("x"), B(text), &n));
    TRY(path_remove_directory(fd, P("x")));
    TRY(path_rename(fd, P("x"), GRANTED, P("y")));
    TRY(path_rename(GRANTED, P("file"), fd, P("y")));
    TRY(path_symlink(P("x"), fd, P("y")));
    TRY(path_unlink_file(fd, P("x")));
    TRY(fd_readdir(fd, B(text), 0, &n));
    TRY(fd_prestat_get(fd, text));
    TRY(fd_prestat_dir_name(fd, B(text)));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));
}

static void folder_as_file(void) {
    printf("-- a folder is no file\n");
    MUST(path_create_directory(GRANTED, P("folder")));
    MUST(path_open(GRANTED, 0, P("folder"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    TRY(fd_advise(fd, 0, 0, 0));
    TRY(fd_allocate(fd, 0, 1));
    TRY(fd_datasync(fd));
    TRY(fd_filestat_set_size(fd, 0));
    TRY(fd_pread(fd, V(text), 0, &n));
    TRY(fd_pwrite(fd, T("x"), 0, &n));
    TRY(fd_read(fd, V(text), &n));
    TRY(fd_seek(fd, 0, SET, &at));
    TRY(fd_seek(fd, 0, CUR, &at));
    TRY(fd_seek(fd, 0, END, &at));
    TRY(fd_sync(fd));
    TRY(fd_tell(fd, &at));
    TRY(fd_write(fd, T("x"), &n));
    TRY(fd_fdstat_set_flags(fd, 0));
    TRY(fd_fdstat_get(fd, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    TRY(fd_filestat_get(fd, &stat), " %s", types[stat.type]);
    TRY(fd_filestat_set_times(fd, 1000000000, 2000000000, ATIM | MTIM));
    TRY(fd_filestat_get(fd, &stat), " atim %llu mtim %llu", stat.atim, stat.mtim);
    TRY(fd_prestat_get(fd, text));
    MUST(fd_close(fd));
    MUST(path_remove_directory(GRANTED, P("folder")));
}

static void reading_and_writing(void) {
    static u8 a[3], b[5];
    Buffer parts[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    Buffer into[] = {{a, 3}, {NULL, 0}, {b, 5}};

    printf("-- reading and writing\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_read(fd, V(text), &n), " %u", n);
    printf("written: %u\n", write_all(fd, parts, 4));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_read(fd, V(text), &n), " %u", n);
    TRY(fd_seek(fd, 0, SET, &at), " %llu", at);
    MUST(fd_read(fd, into, 3, &n));
    printf("read some of two buffers: %d, %.3s\n", n == 3 || n == 8, a);
    TRY(fd_seek(fd, 8, SET, &at), " %llu", at);
    TRY(fd_read(fd, into, 0, &n), " %u", n);
    TRY(fd_read(fd, NULL, 0, &n), " %u", n);
    TRY(fd_write(fd, parts, 0, &n), " %u", n);
    TRY(fd_write(fd, parts + 1, 1, &n), " %u", n);
    TRY(fd_tell(fd, &at), " %llu", at);
    MUST(fd_pread(fd, into, 3, 4, &n));
    printf("read some of two buffers: %d, %.3s\n", n == 3 || n == 8, a);
    TRY(fd_pread(fd, V(text), 8, &n), " %u: %.*s", n, (int)n, text);
    TRY(fd_pread(fd, V(text), 13, &n), " %u", n);
    TRY(fd_pread(fd, V(text), 1000, &n), " %u", n);
    TRY(fd_pread(fd, NULL, 0, 0, &n), " %u", n);
    TRY(fd_pwrite(fd, T("TWO"), 4, &n), " %u", n);
    TRY(fd_pwrite(fd, T("END"), 16, &n), " %u", n);
    TRY(fd_pwrite(fd, parts, 0, 100, &n), " %u", n);
    TRY(fd_tell(fd, &at), " %llu", at);
    show("file");
    TRY(fd_pread(fd, V(text), -1, &n));
    TRY(fd_pread(fd, V(text), 1ull << 63, &n));
    TRY(fd_pwrite(fd, T("x"), -1, &n));
    TRY(fd_pwrite(fd, T("x"), 1ull << 63, &n));

    printf("-- seeking\n");
    TRY(fd_seek(fd, 100, SET, &at), " %llu", at);
    TRY(fd_read(fd, V(text), &n), " %u", n);
    TRY(fd_write(fd, T("far"), &n), " %u", n);
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_seek(fd, -3, END, &at), " %llu", at);
    TRY(fd_read(fd, V(text), &n), " %u: %.3s", n, text);
    TRY(fd_seek(fd, -53, CUR, &at), " %llu", at);
    TRY(fd_seek(fd, -51, CUR, &at));
    TRY(fd_seek(fd, -1, SET, &at));
    TRY(fd_seek(fd, -104, END, &at));
    TRY(fd_seek(fd, 0x7fffffffffffffff, CUR, &at));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_seek(fd, 1, END, &at), " %llu", at);
    MUST(fd_close(fd));
    TRY(fd_close(fd));
    TRY(fd_read(fd, V(text), &n));

    printf("-- appending\n");
    MUST(path_open(GRANTED, 0, P("file"), TRUNC, BOTH, 0, APPEND, &fd));
    TRY(fd_fdstat_get(fd, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    TRY(fd_write(fd, T("first"), &n), " %u", n);
    TRY(fd_seek(fd, 0, SET, &at), " %llu", at);
    TRY(fd_write(fd, T("second"), &n), " %u", n);
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_seek(fd, 3, SET, &at), " %llu", at);
    TRY(fd_read(fd, V(text), &n), " %u: %.*s", n, (int)n, text);
    show("file");
    TRY(fd_fdstat_set_flags(fd, 0));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_seek(fd, 0, SET, &at), " %llu", at);
    TRY(fd_write(fd, T("FIR"), &n), " %u", n);
    show("file");
    TRY(fd_fdstat_set_flags(fd, APPEND));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_write(fd, T("."), &n), " %u", n);
    show("file");
    MUST(fd_fdstat_set_flags(fd, 0));
    printf("-- other flags\n");
    TRY(fd_fdstat_set_flags(fd, NONBLOCK));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_fdstat_set_flags(fd, NONBLOCK | APPEND));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_fdstat_set_flags(fd, DSYNC));
    TRY(fd_fdstat_set_flags(fd, RSYNC));
    TRY(fd_fdstat_set_flags(fd, SYNC));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    MUST(fd_close(fd));

    printf("-- appending with pwrite\n");
    MUST(path_open(GRANTED, 0, P("file"), TRUNC, BOTH, 0, APPEND, &fd));
    MUST(fd_write(fd, T("abcd"), &n));
    TRY(fd_pwrite(fd, T("XY"), 0, &n), " %u", n);
    TRY(fd_tell(fd, &at), " %llu", at);
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));
}

static void sizes_and_times(void) {
    printf("-- sizes\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    MUST(fd_write(fd, T("0123456789"), &n));
    TRY(fd_filestat_get(fd, &stat), " %s, %llu links, size %llu", types[stat.type],
        (u64)stat.nlink, stat.size);
    TRY(fd_filestat_set_size(fd, 4));
    TRY(fd_tell(fd, &at), " %llu", at);
    show("file");
    TRY(fd_filestat_set_size(fd, 6));
    show("file");
    TRY(fd_filestat_set_size(fd, -1));
    TRY(fd_filestat_set_size(fd, 1ull << 63));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_sync(fd));
    TRY(fd_datasync(fd));

    printf("-- advice\n");
    TRY(fd_advise(fd, 0, 0, 0));
    TRY(fd_advise(fd, 1, 5, 1));
    TRY(fd_advise(fd, 0, 100, 2));
    TRY(fd_advise(fd, 0, 100, 3));
    TRY(fd_advise(fd, 0, 100, 4));
    TRY(fd_advise(fd, 0, 100, 5));
    TRY(fd_advise(fd, -1, 1, 0));
    TRY(fd_advise(fd, 0, -1, 0));
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);

    printf("-- times\n");
    TRY(fd_filestat_set_times(fd, 1000000001, 2000000002, ATIM | MTIM));
    TRY(fd_filestat_get(fd, &stat), " atim %llu mtim %llu", stat.atim, stat.mtim);
    TRY(fd_filestat_set_times(fd, 5, 6, 0));
    TRY(fd_filestat_get(fd, &stat), " atim %llu mtim %llu", stat.atim, stat.mtim);
    TRY(fd_filestat_set_times(fd, 3000000003, 6, ATIM));
    TRY(fd_filestat_get(fd, &stat), " atim %llu mtim %llu", stat.atim, stat.mtim);
    TRY(fd_filestat_set_times(fd, 5, 4000000004, MTIM));
    TRY(fd_filestat_get(fd, &stat), " atim %llu mtim %llu", stat.atim, stat.mtim);
    TRY(fd_filestat_set_times(fd, 7, 8, ATIM_NOW));
    TRY(fd_filestat_get(fd, &stat), " atim now: %d, mtim %llu", stat.atim > 1577836800000000000,
        stat.mtim);
    TRY(fd_filestat_set_times(fd, 5000000005, 8, ATIM | MTIM_NOW));
    TRY(fd_filestat_get(fd, &stat), " atim %llu, mtim now: %d", stat.atim,
        stat.mtim > 1577836800000000000);
    TRY(fd_filestat_set_times(fd, 1, 2, ATIM | ATIM_NOW));
    TRY(fd_filestat_set_times(fd, 1, 2, MTIM | MTIM_NOW));
    TRY(fd_filestat_get(fd, &stat), " atim %llu, mtim now: %d", stat.atim,
        stat.mtim > 1577836800000000000);
    MUST(fd_close(fd));

    printf("-- a file that is open and gone\n");
    MUST(path_open(GRANTED, 0, P("file"), 0, BOTH, 0, 0, &fd));
    TRY(path_unlink_file(GRANTED, P("file")));
    TRY(fd_filestat_get(fd, &stat), " %llu links, size %llu", (u64)stat.nlink, stat.size);
    TRY(fd_write(fd, T("still"), &n), " %u", n);
    TRY(fd_pread(fd, V(text), 0, &n), " %u: %.5s", n, text);
    TRY(fd_close(fd));
}

static void same_file(void) {
    FileStat second;

    printf("-- two descriptors of one file\n");
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    MUST(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &other));
    MUST(fd_write(fd, T("shared"), &n));
    TRY(fd_tell(other, &at), " %llu", at);
    TRY(fd_read(other, V(text), &n), " %u: %.6s", n, text);
    MUST(fd_filestat_get(fd, &stat));
    TRY(fd_filestat_get(other, &second), " the same file: %d",
        stat.dev == second.dev && stat.ino == second.ino);

    printf("-- new numbers\n");
    TRY(fd_renumber(fd, fd));
    TRY(fd_renumber(fd, NEVER));
    TRY(fd_renumber(NEVER, fd));
    TRY(fd_tell(fd, &at), " %llu", at);
    TRY(fd_renumber(fd, other));
    TRY(fd_tell(fd, &at));
    TRY(fd_tell(other, &at), " %llu", at);
    TRY(fd_write(other, T("!"), &n), " %u", n);
    TRY(fd_close(fd));
    MUST(fd_close(other));
    show("file");

    printf("-- over a stream\n");
    MUST(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &fd));
    TRY(fd_renumber(fd, 0));
    TRY(fd_read(0, V(text), &n), " %u: %.7s", n, text);
    TRY(fd_close(0));
    TRY(fd_read(0, V(text), &n));

    printf("-- a stream over a file\n");
    MUST(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &fd));
    TRY(fd_renumber(2, fd));
    TRY(fd_fdstat_get(2, &fdstat));
    TRY(fd_fdstat_get(fd, &fdstat), " reads %d writes %d", (fdstat.base & RIGHT_FD_READ) != 0,
        (fdstat.base & RIGHT_FD_WRITE) != 0);
    TRY(fd_write(fd, T("to standard error\n"), &n), " %u", n);
    TRY(fd_close(fd));

    printf("-- over the granted folder\n");
    MUST(path_create_directory(GRANTED, P("inner")));
    MUST(path_open(GRANTED, 0, P("inner"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    MUST(path_open(GRANTED, 0, P("."), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &other));
    MUST(fd_filestat_get(fd, &stat));
    TRY(fd_renumber(fd, GRANTED));
    TRY(fd_filestat_get(GRANTED, &second), " the inner one: %d", stat.ino == second.ino);
    TRY(fd_fdstat_get(fd, &fdstat));
    TRY(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &n));
    TRY(fd_renumber(other, GRANTED));
    TRY(path_filestat_get(GRANTED, 0, P("file"), &stat), " size %llu", stat.size);
    MUST(path_unlink_file(GRANTED, P("file")));
    MUST(path_remove_directory(GRANTED, P("inner")));
    TRY(fd_prestat_get(GRANTED, text));
    MUST(path_open(GRANTED, 0, P("."), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    TRY(fd_close(GRANTED));
    TRY(fd_fdstat_get(fd, &fdstat), " %s", types[fdstat.type]);
    TRY(path_filestat_get(fd, 0, P("."), &stat), " %s", types[stat.type]);
    TRY(fd_fdstat_get(GRANTED, &fdstat));
    TRY(path_filestat_get(GRANTED, 0, P("."), &stat));
}

static void granted(void) {
    PreStat prestat;

    printf("-- the granted folder\n");
    memset(text, '#', sizeof text);
    TRY(fd_prestat_get(GRANTED, &prestat), " tag %u, %u bytes", prestat.tag, prestat.name_length);
    TRY(fd_prestat_dir_name(GRANTED, text, prestat.name_length), " \"%.12s\"", text);
    TRY(fd_prestat_dir_name(GRANTED, B(text)), " \"%.12s\"", text);
    TRY(fd_prestat_dir_name(GRANTED, text, 0));
    TRY(fd_prestat_dir_name(GRANTED, text, prestat.name_length - 1));
    TRY(fd_prestat_get(GRANTED + 1, &prestat));
    TRY(fd_prestat_get(0, &prestat));
    TRY(fd_prestat_dir_name(1, B(text)));
    TRY(fd_fdstat_get(GRANTED, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    TRY(fd_filestat_get(GRANTED, &stat), " %s", types[stat.type]);
}

static void streams(void) {
    printf("-- the streams\n");
    fflush(stdout);
    TRY(fd_seek(0, 0, CUR, &at));
    TRY(fd_seek(1, 0, CUR, &at));
    TRY(fd_tell(1, &at));
    TRY(fd_pread(0, V(text), 0, &n));
    TRY(fd_pwrite(1, T("x"), 0, &n));
    TRY(fd_filestat_set_size(1, 0));
    TRY(fd_allocate(1, 0, 1));
    TRY(fd_advise(0, 0, 1, 0));
    TRY(fd_sync(1));
    TRY(fd_datasync(1));
    TRY(fd_filestat_set_times(1, 0, 0, ATIM));
    TRY(fd_fdstat_set_flags(1, 0));
    TRY(fd_fdstat_set_flags(1, APPEND));
    TRY(fd_readdir(0, B(text), 0, &n));
    TRY(path_open(0, 0, P("x"), 0, READ, 0, 0, &n));
    TRY(fd_read(1, V(text), &n));
    TRY(fd_write(0, T("x"), &n));
    TRY(fd_write(1, NULL, 0, &n), " %u", n);
    TRY(fd_read(0, NULL, 0, &n), " %u", n);
    TRY(fd_read(0, V(text), &n), " %u: %.*s", n, (int)n, text);
    TRY(fd_read(0, V(text), &n), " %u", n);
    TRY(fd_fdstat_get(0, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_fdstat_get(1, &fdstat), " flags %u", fdstat.flags);
    TRY(fd_filestat_get(0, &stat));
    TRY(fd_filestat_get(1, &stat));
}

int main(void) {
    bad_descriptor(NEVER);
    bad_descriptor(-1);
    granted();
    streams();
    file_as_folder();
    folder_as_file();
    reading_and_writing();
    sizes_and_times();
    same_file();
    return 0;
}
