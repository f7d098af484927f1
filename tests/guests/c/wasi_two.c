/*
 * Two granted folders, descriptors 3 and 4, whose names are told. The first has
 * `file`, the second is empty; they lie beside each other in the host's file
 * system. Things go from one to the other only by calls that name both.
 */
#include "wasi.h"

#define FIRST 3
#define SECOND 4

static u32 fd, n;
static char text[256];
static FileStat stat, other;
static PreStat prestat;

int main(void) {
    for (u32 i = FIRST; fd_prestat_get(i, &prestat) == 0; i++) {
        memset(text, 0, sizeof text);
        TRY(fd_prestat_dir_name(i, text, prestat.name_length), " %u: \"%s\"", i, text);
    }
    MUST(path_filestat_get(FIRST, 0, P("."), &stat));
    TRY(path_filestat_get(SECOND, 0, P("."), &other), " another: %d", stat.ino != other.ino);

    printf("-- across\n");
    TRY(path_link(FIRST, 0, P("file"), SECOND, P("linked")));
    MUST(path_filestat_get(FIRST, 0, P("file"), &stat));
    TRY(path_filestat_get(SECOND, 0, P("linked"), &other), " the same: %d, %llu links",
        stat.ino == other.ino, (u64)other.nlink);
    TRY(path_rename(FIRST, P("file"), SECOND, P("moved")));
    TRY(path_filestat_get(FIRST, 0, P("file"), &stat));
    TRY(path_rename(SECOND, P("moved"), FIRST, P("file")));
    MUST(path_create_directory(FIRST, P("d")));
    TRY(path_rename(FIRST, P("d"), SECOND, P("d")));
    TRY(path_open(SECOND, 0, P("d/new"), CREAT, BOTH, 0, 0, &fd));
    TRY(fd_write(fd, T("new"), &n), " %u", n);
    TRY(path_rename(SECOND, P("d"), FIRST, P("d")));
    TRY(fd_write(fd, T("er"), &n), " %u", n);
    MUST(fd_close(fd));
    TRY(path_filestat_get(FIRST, 0, P("d/new"), &stat), " size %llu", stat.size);

    printf("-- not across\n");
    TRY(path_open(FIRST, 0, P("../second/linked"), 0, READ, 0, 0, &fd));
    MUST(path_symlink(P("../second/linked"), FIRST, P("over")));
    TRY(path_open(FIRST, FOLLOW, P("over"), 0, READ, 0, 0, &fd));
    TRY(path_filestat_get(FIRST, FOLLOW, P("over"), &stat));
    TRY(path_rename(FIRST, P("over"), SECOND, P("over")));
    TRY(path_open(SECOND, FOLLOW, P("over"), 0, READ, 0, 0, &fd));
    TRY(path_rename(FIRST, P("../second/linked"), FIRST, P("stolen")));
    TRY(path_link(FIRST, 0, P("../second/linked"), FIRST, P("stolen")));

    printf("-- one without the other\n");
    TRY(fd_close(FIRST));
    TRY(fd_prestat_get(FIRST, &prestat));
    TRY(fd_prestat_get(SECOND, &prestat), " %u bytes", prestat.name_length);
    TRY(path_filestat_get(SECOND, 0, P("linked"), &stat), " size %llu", stat.size);
    TRY(path_rename(FIRST, P("file"), SECOND, P("x")));
    TRY(path_unlink_file(SECOND, P("over")));
    return 0;
}
