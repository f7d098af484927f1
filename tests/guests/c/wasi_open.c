/*
 * path_open: every flag, rights, trailing slashes and links. The granted folder
 * is descriptor 3 and empty.
 */
#include "wasi.h"

static u32 fd, n;
static u64 at;
static char text[64], longest[5000];
static FdStat fdstat;
static FileStat stat;

static void create(const char *path) {
    MUST(path_open(GRANTED, 0, path, strlen(path), CREAT, RIGHT_FD_WRITE, 0, 0, &fd));
    MUST(fd_write(fd, (&(Buffer){path, strlen(path)}), 1, &n));
    MUST(fd_close(fd));
}

/* Opens, tells what is there and what can be done with it, and closes. */
#define OPEN(lookup, path, oflags, rights, flags)                                                 \
    do {                                                                                          \
        int error_ = path_open(GRANTED, lookup, P(path), oflags, rights, RIGHTS_ALL, flags, &fd); \
        printf("open %s, %s, %s, %s, %s = %s", #lookup, #path, #oflags, #rights, #flags,          \
               error_name(error_));                                                               \
        if (error_ == 0)                                                                          \
            tell();                                                                               \
        putchar('\n');                                                                            \
    } while (0)

static void tell(void) {
    MUST(fd_fdstat_get(fd, &fdstat));
    MUST(fd_filestat_get(fd, &stat));
    printf(" %s", types[fdstat.type]);
    if (fdstat.type == 4)
        printf(" of %llu bytes", stat.size);
    if (fdstat.flags)
        printf(", flags %u", fdstat.flags);
    int error = fd_read(fd, V(text), &n);
    printf(", read: %s", error_name(error));
    if (error == 0)
        printf(" %u", n);
    printf(", write: %s", error_name(fd_write(fd, T("+"), &n)));
    MUST(fd_close(fd));
}

static void flags(void) {
    printf("-- flags\n");
    OPEN(0, "new", 0, READ, 0);
    OPEN(0, "new", CREAT, READ, 0);
    OPEN(0, "new", CREAT, READ, 0);
    OPEN(0, "new", CREAT | EXCL, READ, 0);
    OPEN(0, "new-2", CREAT | EXCL, BOTH, 0);
    OPEN(0, "new-2", EXCL, READ, 0);
    OPEN(0, "new-2", EXCL, BOTH, 0);
    OPEN(0, "new-2", TRUNC, READ, 0);
    OPEN(0, "new-2", TRUNC, WRITE, 0);
    OPEN(0, "new-2", TRUNC, 0, 0);
    OPEN(0, "new-3", TRUNC, BOTH, 0);
    OPEN(0, "new-3", CREAT | TRUNC, BOTH, 0);
    OPEN(0, "new-3", CREAT | EXCL | TRUNC, BOTH, 0);
    OPEN(0, "new-4", CREAT | EXCL | TRUNC, BOTH, 0);
    OPEN(0, "new-4", DIRECTORY, READ, 0);
    OPEN(0, "new-5", DIRECTORY, READ, 0);
    OPEN(0, "new-5", DIRECTORY | CREAT, READ, 0);
    OPEN(0, "new-5", DIRECTORY | CREAT | EXCL, READ, 0);
    OPEN(0, "new-4", DIRECTORY | TRUNC, BOTH, 0);
    OPEN(0, "new-4", 0, BOTH, APPEND);
    OPEN(0, "new-4", 0, BOTH, NONBLOCK);
    OPEN(0, "new-4", 0, BOTH, APPEND | NONBLOCK);
    OPEN(0, "new-4", 0, READ, APPEND);
    OPEN(0, "new-4", 0, BOTH, DSYNC);
    OPEN(0, "new-4", 0, BOTH, SYNC);
    OPEN(0, "new-4", 0, BOTH, RSYNC);
    OPEN(0, "new-4", 0, BOTH, APPEND | SYNC);
    MUST(path_unlink_file(GRANTED, P("new")));
    MUST(path_unlink_file(GRANTED, P("new-2")));
    MUST(path_unlink_file(GRANTED, P("new-3")));
    MUST(path_unlink_file(GRANTED, P("new-4")));
}

static void rights(void) {
    printf("-- rights\n");
    create("file");
    OPEN(0, "file", 0, 0, 0);
    OPEN(0, "file", 0, RIGHT_FD_READ, 0);
    OPEN(0, "file", 0, RIGHT_FD_WRITE, 0);
    OPEN(0, "file", 0, RIGHT_FD_READ | RIGHT_FD_WRITE, 0);
    OPEN(0, "file", 0, RIGHT_FD_SEEK, 0);
    OPEN(0, "file", 0, RIGHT_FD_READDIR, 0);
    OPEN(0, "file", 0, RIGHT_FD_ALLOCATE, 0);
    OPEN(0, "file", 0, RIGHT_FD_FILESTAT_SET_SIZE, 0);
    OPEN(0, "file", 0, RIGHT_FD_DATASYNC, 0);
    OPEN(0, "file", 0, RIGHTS_ALL, 0);
    OPEN(0, ".", 0, 0, 0);
    OPEN(0, ".", 0, RIGHT_FD_READ, 0);
    OPEN(0, ".", 0, RIGHT_FD_READDIR, 0);
    OPEN(0, ".", 0, RIGHT_FD_WRITE, 0);
    OPEN(0, ".", 0, RIGHT_FD_SEEK, 0);
    OPEN(0, ".", 0, FOLDER, 0);
    OPEN(0, ".", 0, RIGHTS_ALL, 0);
    OPEN(0, ".", DIRECTORY, 0, 0);
    OPEN(0, ".", DIRECTORY, RIGHT_FD_READ, 0);
    OPEN(0, ".", DIRECTORY, RIGHT_FD_READ | RIGHT_FD_WRITE, 0);
    OPEN(0, ".", DIRECTORY, RIGHT_FD_WRITE, 0);
    OPEN(0, ".", DIRECTORY, RIGHT_FD_SEEK, 0);
    OPEN(0, ".", DIRECTORY, FOLDER, 0);
    OPEN(0, ".", DIRECTORY, RIGHTS_ALL, 0);
    OPEN(0, ".", 0, 0, NONBLOCK);
    OPEN(0, ".", DIRECTORY, READ, APPEND);
    OPEN(0, ".", CREAT, READ, 0);
    OPEN(0, ".", CREAT | DIRECTORY, READ, 0);
    OPEN(0, ".", CREAT | EXCL, READ, 0);
    OPEN(0, ".", TRUNC, READ, 0);
    OPEN(0, ".", TRUNC, BOTH, 0);

    printf("-- what the rights are\n");
    MUST(path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    printf("read %d write %d\n", (fdstat.base & RIGHT_FD_READ) != 0,
           (fdstat.base & RIGHT_FD_WRITE) != 0);
    MUST(fd_close(fd));
    MUST(path_open(GRANTED, 0, P("file"), 0, WRITE, 0, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    printf("read %d write %d\n", (fdstat.base & RIGHT_FD_READ) != 0,
           (fdstat.base & RIGHT_FD_WRITE) != 0);
    MUST(fd_close(fd));
    MUST(path_open(GRANTED, 0, P("file"), 0, BOTH, 0, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    printf("read %d write %d\n", (fdstat.base & RIGHT_FD_READ) != 0,
           (fdstat.base & RIGHT_FD_WRITE) != 0);
    MUST(fd_close(fd));
    MUST(path_open(GRANTED, 0, P("."), DIRECTORY, RIGHT_FD_SEEK, 0, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    printf("a folder's seek %d\n", (fdstat.base & RIGHT_FD_SEEK) != 0);
    MUST(fd_close(fd));
    MUST(fd_fdstat_get(GRANTED, &fdstat));
    printf("what the granted folder lacks: %llx, what it hands down lacks: %llx\n",
           FOLDER & ~fdstat.base, (FOLDER | BOTH) & ~fdstat.inheriting);
    printf("its right to set sizes: %d\n", (fdstat.base & RIGHT_FD_FILESTAT_SET_SIZE) != 0);
    MUST(path_open(GRANTED, 0, P("."), 0, fdstat.base, fdstat.inheriting, 0, &fd));
    MUST(fd_fdstat_get(fd, &fdstat));
    printf("the same, opened from it: %llx, %llx\n", FOLDER & ~fdstat.base,
           (FOLDER | BOTH) & ~fdstat.inheriting);
    TRY(path_open(fd, 0, P("file"), 0, READ, 0, 0, &n));
    MUST(fd_close(n));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));
}

static void names(void) {
    printf("-- names\n");
    MUST(path_create_directory(GRANTED, P("d")));
    MUST(path_create_directory(GRANTED, P("d/e")));
    create("d/e/f");
    create("f");
    OPEN(0, "d", 0, READ, 0);
    OPEN(0, "d/", 0, READ, 0);
    OPEN(0, "d///", 0, READ, 0);
    OPEN(0, "d/.", 0, READ, 0);
    OPEN(0, "d/e/..", 0, READ, 0);
    OPEN(0, "d/e/f", 0, READ, 0);
    OPEN(0, "d/.//e/../../d/e/../e///./f", 0, READ, 0);
    OPEN(0, "d/e/f/", 0, READ, 0);
    OPEN(0, "d/e/f///", 0, READ, 0);
    OPEN(0, "d/e/f/.", 0, READ, 0);
    OPEN(0, "d/e/f/..", 0, READ, 0);
    OPEN(0, "d/e/f/g", 0, READ, 0);
    OPEN(0, "f/", 0, READ, 0);
    OPEN(0, "new/", CREAT, READ, 0);
    OPEN(0, "new/", CREAT | DIRECTORY, READ, 0);
    OPEN(0, "f/", CREAT, READ, 0);
    OPEN(0, "f/", CREAT | EXCL, READ, 0);
    OPEN(0, "d/", CREAT, READ, 0);
    OPEN(0, "d", CREAT, READ, 0);
    OPEN(0, "d", CREAT | EXCL, READ, 0);
    OPEN(0, "d", 0, BOTH, 0);
    OPEN(0, "missing", 0, READ, 0);
    OPEN(0, "missing/", 0, READ, 0);
    OPEN(0, "missing/f", CREAT, READ, 0);
    OPEN(0, "missing/../f", 0, READ, 0);
    OPEN(0, "f/../f", 0, READ, 0);
    OPEN(0, "", 0, READ, 0);
    OPEN(0, "", CREAT, READ, 0);
    OPEN(0, "..", 0, READ, 0);
    OPEN(0, "../f", 0, READ, 0);
    OPEN(0, "d/../..", 0, READ, 0);
    OPEN(0, "d/e/../../../f", 0, READ, 0);
    OPEN(0, "/", 0, READ, 0);
    OPEN(0, "/f", 0, READ, 0);
    OPEN(0, "//f", 0, READ, 0);
    OPEN(0, "f\0", 0, READ, 0);
    OPEN(0, "f\0/..", 0, READ, 0);
    OPEN(0, "\0", CREAT, READ, 0);
    TRY(path_open(GRANTED, 0, longest, 255, 0, READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, longest, 256, CREAT, READ, 0, 0, &fd));
    TRY(path_open(GRANTED, 0, longest, 5000, 0, READ, 0, 0, &fd));
    OPEN(0, "d/\xc3\xa6 \xe2\x98\x83", CREAT | EXCL, BOTH, 0);
    MUST(path_unlink_file(GRANTED, P("d/\xc3\xa6 \xe2\x98\x83")));

    printf("-- from a folder that was opened\n");
    u32 folder;
    MUST(path_open(GRANTED, 0, P("d/e"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &folder));
    TRY(path_open(folder, 0, P("f"), 0, READ, 0, 0, &fd));
    MUST(fd_close(fd));
    TRY(path_open(folder, 0, P("g"), CREAT, BOTH, 0, 0, &fd));
    MUST(fd_close(fd));
    TRY(path_open(folder, 0, P(".."), 0, READ, 0, 0, &fd));
    TRY(path_open(folder, 0, P("../../f"), 0, READ, 0, 0, &fd));
    TRY(path_open(folder, 0, P("."), DIRECTORY, READ, 0, 0, &fd));
    MUST(fd_close(fd));
    MUST(path_unlink_file(folder, P("g")));
    MUST(path_unlink_file(folder, P("f")));
    TRY(path_remove_directory(GRANTED, P("d/e")));
    TRY(path_open(folder, 0, P("h"), CREAT, READ, 0, 0, &fd));
    TRY(path_create_directory(folder, P("h")));
    TRY(fd_filestat_get(folder, &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(folder, 0, P("."), &stat), " %s", types[stat.type]);
    MUST(fd_close(folder));
    MUST(path_remove_directory(GRANTED, P("d")));
    MUST(path_unlink_file(GRANTED, P("f")));
}

static void links(void) {
    printf("-- links\n");
    MUST(path_create_directory(GRANTED, P("d")));
    create("f");
    create("d/g");
    MUST(path_symlink(P("f"), GRANTED, P("to-f")));
    MUST(path_symlink(P("d"), GRANTED, P("to-d")));
    MUST(path_symlink(P("d/"), GRANTED, P("to-d-slash")));
    MUST(path_symlink(P("f/"), GRANTED, P("to-f-slash")));
    MUST(path_symlink(P("to-f"), GRANTED, P("to-to-f")));
    MUST(path_symlink(P("../f"), GRANTED, P("d/to-f")));
    MUST(path_symlink(P("../../f"), GRANTED, P("d/out")));
    MUST(path_symlink(P("nowhere"), GRANTED, P("dangling")));
    MUST(path_symlink(P("loop"), GRANTED, P("loop")));
    MUST(path_symlink(P("."), GRANTED, P("here")));
    MUST(path_symlink(P(".."), GRANTED, P("up")));
    MUST(path_symlink(P(".."), GRANTED, P("d/up")));
    OPEN(0, "to-f", 0, READ, 0);
    OPEN(FOLLOW, "to-f", 0, READ, 0);
    OPEN(0, "to-f", DIRECTORY, READ, 0);
    OPEN(FOLLOW, "to-f", DIRECTORY, READ, 0);
    OPEN(0, "to-f/", 0, READ, 0);
    OPEN(FOLLOW, "to-f/", 0, READ, 0);
    OPEN(FOLLOW, "to-f-slash", 0, READ, 0);
    OPEN(0, "to-d", 0, READ, 0);
    OPEN(0, "to-d", DIRECTORY, READ, 0);
    OPEN(FOLLOW, "to-d", 0, READ, 0);
    OPEN(FOLLOW, "to-d", DIRECTORY, READ, 0);
    OPEN(0, "to-d/", 0, READ, 0);
    OPEN(FOLLOW, "to-d-slash", 0, READ, 0);
    OPEN(0, "to-d/g", 0, READ, 0);
    OPEN(FOLLOW, "to-d/g", 0, READ, 0);
    OPEN(0, "to-d/.", 0, READ, 0);
    OPEN(0, "to-d/../f", 0, READ, 0);
    OPEN(FOLLOW, "to-to-f", 0, READ, 0);
    OPEN(FOLLOW, "to-d/to-f", 0, READ, 0);
    OPEN(FOLLOW, "d/out", 0, READ, 0);
    OPEN(0, "d/out", 0, READ, 0);
    OPEN(0, "here/f", 0, READ, 0);
    OPEN(0, "here/here/here/d/g", 0, READ, 0);
    OPEN(FOLLOW, "here", 0, READ, 0);
    OPEN(FOLLOW, "up", 0, READ, 0);
    OPEN(0, "up/f", 0, READ, 0);
    OPEN(0, "d/up/f", 0, READ, 0);
    OPEN(0, "d/up/up/f", 0, READ, 0);
    OPEN(0, "loop", 0, READ, 0);
    OPEN(FOLLOW, "loop", 0, READ, 0);
    OPEN(0, "loop", DIRECTORY, READ, 0);
    OPEN(0, "loop/x", 0, READ, 0);
    OPEN(FOLLOW, "loop", CREAT, READ, 0);
    OPEN(0, "dangling", 0, READ, 0);
    OPEN(0, "dangling", DIRECTORY, READ, 0);
    OPEN(FOLLOW, "dangling", 0, READ, 0);
    OPEN(FOLLOW, "dangling", DIRECTORY, READ, 0);
    OPEN(0, "dangling", CREAT, READ, 0);
    OPEN(FOLLOW, "dangling", CREAT | EXCL, READ, 0);
    OPEN(0, "to-f", CREAT, READ, 0);
    OPEN(0, "to-f", CREAT | EXCL, READ, 0);
    OPEN(0, "to-f", TRUNC, BOTH, 0);
    OPEN(FOLLOW, "to-f", TRUNC, BOTH, 0);
    OPEN(FOLLOW, "dangling", CREAT, BOTH, 0);
    TRY(path_filestat_get(GRANTED, 0, P("nowhere"), &stat), " %s", types[stat.type]);
    (void)path_unlink_file(GRANTED, P("nowhere"));
    MUST(path_unlink_file(GRANTED, P("to-f")));
    MUST(path_unlink_file(GRANTED, P("to-d")));
    MUST(path_unlink_file(GRANTED, P("to-d-slash")));
    MUST(path_unlink_file(GRANTED, P("to-f-slash")));
    MUST(path_unlink_file(GRANTED, P("to-to-f")));
    MUST(path_unlink_file(GRANTED, P("d/to-f")));
    MUST(path_unlink_file(GRANTED, P("d/out")));
    MUST(path_unlink_file(GRANTED, P("d/up")));
    MUST(path_unlink_file(GRANTED, P("up")));
    MUST(path_unlink_file(GRANTED, P("here")));
    MUST(path_unlink_file(GRANTED, P("loop")));
    MUST(path_unlink_file(GRANTED, P("dangling")));
    MUST(path_unlink_file(GRANTED, P("f")));
    MUST(path_unlink_file(GRANTED, P("d/g")));
    MUST(path_remove_directory(GRANTED, P("d")));
}

static void many(void) {
    static u32 open[300];
    u32 count = 0;
    int distinct = 1;

    printf("-- many at once\n");
    create("file");
    while (count < 300 && path_open(GRANTED, 0, P("file"), 0, READ, 0, 0, &open[count]) == 0)
        count++;
    for (u32 i = 1; i < count; i++)
        for (u32 j = 0; j < i; j++)
            distinct &= open[i] != open[j];
    MUST(fd_seek(open[0], 3, SET, &at));
    MUST(fd_tell(open[1], &at));
    printf("%u descriptors, all distinct: %d, each with its own position: %d\n", count, distinct,
           at == 0);
    while (count)
        MUST(fd_close(open[--count]));
    MUST(path_unlink_file(GRANTED, P("file")));
}

int main(void) {
    memset(longest, 'n', sizeof longest);
    flags();
    rights();
    names();
    links();
    many();
    return 0;
}
