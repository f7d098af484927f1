/*
 * A folder that is granted for reading only. It is descriptor 3 and has `file`,
 * `d/inner` and `link`, which is to `file`.
 */
#include "wasi.h"

static u32 fd, folder, n;
static u64 at;
static u8 text[512];
static FdStat fdstat;
static FileStat stat;

static void reading(void) {
    printf("-- reading\n");
    TRY(path_filestat_get(GRANTED, 0, P("file"), &stat), " %s, size %llu", types[stat.type],
        stat.size);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("link"), &stat), " %s, size %llu", types[stat.type],
        stat.size);
    TRY(path_readlink(GRANTED, P("link"), B(text), &n), " %u: %.*s", n, (int)n, text);
    TRY(path_open(GRANTED, 0, P("file"), 0, RIGHT_FD_READ | RIGHT_FD_SEEK, 0, 0, &fd));
    TRY(fd_read(fd, V(text), &n), " %u: %.*s", n, (int)n, text);
    TRY(fd_seek(fd, 1, SET, &at), " %llu", at);
    TRY(fd_pread(fd, V(text), 2, &n), " %u: %.*s", n, (int)n, text);
    TRY(fd_filestat_get(fd, &stat), " size %llu", stat.size);
    TRY(fd_fdstat_get(fd, &fdstat), " writes %d", (fdstat.base & RIGHT_FD_WRITE) != 0);
    printf("written: %d\n", fd_write(fd, T("x"), &n) == 0);
    printf("written: %d\n", fd_pwrite(fd, T("x"), 0, &n) == 0);
    printf("set size: %d\n", fd_filestat_set_size(fd, 0) == 0);
    printf("set times: %d\n", fd_filestat_set_times(fd, 1, 2, ATIM | MTIM) == 0);
    TRY(fd_close(fd));
    TRY(path_open(GRANTED, FOLLOW, P("link"), 0, RIGHT_FD_READ, 0, 0, &fd));
    TRY(fd_close(fd));
    TRY(path_open(GRANTED, 0, P("d"), DIRECTORY, RIGHT_FD_READDIR, RIGHTS_ALL, 0, &folder));
    TRY(fd_readdir(folder, B(text), 0, &n), " %u bytes", n);
    TRY(fd_close(folder));
    TRY(path_open(GRANTED, 0, P("missing"), 0, RIGHT_FD_READ, 0, 0, &fd));
}

static void writing(void) {
    printf("-- writing\n");
    TRY(path_open(GRANTED, 0, P("file"), 0, RIGHT_FD_WRITE, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("file"), 0, RIGHT_FD_READ | RIGHT_FD_WRITE, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("file"), TRUNC, RIGHT_FD_READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("new"), CREAT, RIGHT_FD_READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, P("d/new"), CREAT | EXCL, RIGHT_FD_WRITE, 0, 0, &fd));
    TRY(path_open(GRANTED, FOLLOW, P("link"), 0, RIGHT_FD_WRITE, 0, 0, &fd));
    TRY(path_create_directory(GRANTED, P("new")));
    TRY(path_filestat_set_times(GRANTED, 0, P("file"), 1, 2, ATIM | MTIM));
    TRY(path_link(GRANTED, 0, P("file"), GRANTED, P("new")));
    TRY(path_remove_directory(GRANTED, P("d")));
    TRY(path_rename(GRANTED, P("file"), GRANTED, P("new")));
    TRY(path_symlink(P("file"), GRANTED, P("new")));
    TRY(path_unlink_file(GRANTED, P("file")));
    TRY(path_unlink_file(GRANTED, P("missing")));
    TRY(fd_filestat_set_times(GRANTED, 1, 2, ATIM | MTIM));

    printf("-- through a folder opened from it\n");
    MUST(path_open(GRANTED, 0, P("d"), DIRECTORY, 0, 0, 0, &folder));
    printf("opened to write: %d\n",
           path_open(folder, 0, P("inner"), 0, RIGHT_FD_WRITE, 0, 0, &fd) == 0);
    printf("created: %d\n", path_open(folder, 0, P("new"), CREAT, RIGHT_FD_WRITE, 0, 0, &fd) == 0);
    printf("made: %d\n", path_create_directory(folder, P("new")) == 0);
    printf("renamed: %d\n", path_rename(folder, P("inner"), folder, P("new")) == 0);
    printf("removed: %d\n", path_unlink_file(folder, P("inner")) == 0);
    MUST(fd_close(folder));
}

int main(void) {
    reading();
    writing();
    return 0;
}
