/*
 * What can be done with paths, but opening and reading folders. The granted
 * folder is descriptor 3 and empty.
 */
#include "wasi.h"

static u32 fd, n;
static char text[64], longest[5000];
static FileStat stat;

static void create(const char *path) {
    MUST(path_open(GRANTED, 0, path, strlen(path), CREAT, RIGHT_FD_WRITE, 0, 0, &fd));
    MUST(fd_write(fd, (&(Buffer){path, strlen(path)}), 1, &n));
    MUST(fd_close(fd));
}

static void folders(void) {
    printf("-- path_create_directory\n");
    TRY(path_create_directory(GRANTED, P("d")));
    TRY(path_create_directory(GRANTED, P("d")));
    TRY(path_create_directory(GRANTED, P("d/")));
    TRY(path_create_directory(GRANTED, P("d/e")));
    TRY(path_create_directory(GRANTED, P("d/slash/")));
    TRY(path_create_directory(GRANTED, P("d/many///")));
    TRY(path_create_directory(GRANTED, P("d/./dot")));
    TRY(path_create_directory(GRANTED, P("d/e/../up")));
    TRY(path_create_directory(GRANTED, P("missing/x")));
    TRY(path_create_directory(GRANTED, P("missing/../x")));
    TRY(path_create_directory(GRANTED, P("")));
    TRY(path_create_directory(GRANTED, P(".")));
    TRY(path_create_directory(GRANTED, P("..")));
    TRY(path_create_directory(GRANTED, P("../x")));
    TRY(path_create_directory(GRANTED, P("/")));
    TRY(path_create_directory(GRANTED, P("/x")));
    TRY(path_create_directory(GRANTED, P("nul\0in")));
    TRY(path_create_directory(GRANTED, P("\xff\xfe")));
    (void)path_remove_directory(GRANTED, P("\xff\xfe"));
    TRY(path_create_directory(GRANTED, P("d/\xc3\xa6\xe2\x98\x83")));
    TRY(path_create_directory(GRANTED, longest, 255));
    TRY(path_create_directory(GRANTED, longest, 256));
    TRY(path_create_directory(GRANTED, longest, 5000));
    create("f");
    TRY(path_create_directory(GRANTED, P("f")));
    TRY(path_create_directory(GRANTED, P("f/")));
    TRY(path_create_directory(GRANTED, P("f/x")));
    TRY(path_create_directory(GRANTED, P("f/../x")));
    MUST(path_symlink(P("nowhere"), GRANTED, P("dangling")));
    TRY(path_create_directory(GRANTED, P("dangling")));
    TRY(path_create_directory(GRANTED, P("dangling/")));
    TRY(path_create_directory(GRANTED, P("dangling/x")));

    printf("-- path_remove_directory\n");
    TRY(path_remove_directory(GRANTED, P("d")));
    TRY(path_remove_directory(GRANTED, P("d/e")));
    TRY(path_remove_directory(GRANTED, P("d/slash/")));
    TRY(path_remove_directory(GRANTED, P("d/many///")));
    (void)path_remove_directory(GRANTED, P("d/slash"));
    (void)path_remove_directory(GRANTED, P("d/many"));
    TRY(path_remove_directory(GRANTED, P("d/dot/.")));
    TRY(path_remove_directory(GRANTED, P("d/dot/..")));
    TRY(path_remove_directory(GRANTED, P("d/dot")));
    TRY(path_remove_directory(GRANTED, P("d/dot")));
    TRY(path_remove_directory(GRANTED, P("d/up/../up")));
    TRY(path_remove_directory(GRANTED, P("d/\xc3\xa6\xe2\x98\x83")));
    TRY(path_remove_directory(GRANTED, P("f")));
    TRY(path_remove_directory(GRANTED, P("f/")));
    TRY(path_remove_directory(GRANTED, P("f/x")));
    TRY(path_remove_directory(GRANTED, P("missing")));
    TRY(path_remove_directory(GRANTED, P("missing/")));
    TRY(path_remove_directory(GRANTED, P("")));
    TRY(path_remove_directory(GRANTED, P(".")));
    TRY(path_remove_directory(GRANTED, P("..")));
    TRY(path_remove_directory(GRANTED, P("/")));
    MUST(path_symlink(P("d"), GRANTED, P("to-d")));
    TRY(path_remove_directory(GRANTED, P("to-d")));
    TRY(path_remove_directory(GRANTED, P("to-d/")));
    TRY(path_remove_directory(GRANTED, P("dangling")));
    TRY(path_remove_directory(GRANTED, P("d")));
    TRY(path_remove_directory(GRANTED, longest, 255));
    TRY(path_remove_directory(GRANTED, longest, 256));
    MUST(path_unlink_file(GRANTED, P("to-d")));
    MUST(path_unlink_file(GRANTED, P("dangling")));
    MUST(path_unlink_file(GRANTED, P("f")));
}

static void unlinking(void) {
    printf("-- path_unlink_file\n");
    MUST(path_create_directory(GRANTED, P("d")));
    create("f");
    create("d/g");
    MUST(path_symlink(P("f"), GRANTED, P("to-f")));
    MUST(path_symlink(P("d"), GRANTED, P("to-d")));
    TRY(path_unlink_file(GRANTED, P("d")));
    TRY(path_unlink_file(GRANTED, P("d/")));
    TRY(path_unlink_file(GRANTED, P("d/.")));
    TRY(path_unlink_file(GRANTED, P("d/..")));
    TRY(path_unlink_file(GRANTED, P("f/")));
    TRY(path_unlink_file(GRANTED, P("f///")));
    TRY(path_unlink_file(GRANTED, P("f/x")));
    TRY(path_unlink_file(GRANTED, P("f/.")));
    TRY(path_unlink_file(GRANTED, P("missing")));
    TRY(path_unlink_file(GRANTED, P("missing/")));
    TRY(path_unlink_file(GRANTED, P("")));
    TRY(path_unlink_file(GRANTED, P(".")));
    TRY(path_unlink_file(GRANTED, P("..")));
    TRY(path_unlink_file(GRANTED, P("/")));
    TRY(path_unlink_file(GRANTED, P("/f")));
    TRY(path_unlink_file(GRANTED, P("f\0")));
    TRY(path_unlink_file(GRANTED, P("to-d/")));
    TRY(path_unlink_file(GRANTED, P("to-f/")));
    TRY(path_unlink_file(GRANTED, P("to-d/g")));
    TRY(path_unlink_file(GRANTED, P("to-d")));
    TRY(path_unlink_file(GRANTED, P("to-f")));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " size %llu", stat.size);
    TRY(path_unlink_file(GRANTED, P("d/../f")));
    TRY(path_unlink_file(GRANTED, P("f")));
    MUST(path_remove_directory(GRANTED, P("d")));
}

static void symlinks(void) {
    printf("-- path_symlink\n");
    MUST(path_create_directory(GRANTED, P("d")));
    create("f");
    TRY(path_symlink(P("f"), GRANTED, P("to-f")));
    TRY(path_symlink(P("f"), GRANTED, P("to-f")));
    TRY(path_symlink(P("f"), GRANTED, P("f")));
    TRY(path_symlink(P("f"), GRANTED, P("d")));
    TRY(path_symlink(P("f"), GRANTED, P("d/")));
    TRY(path_symlink(P("f"), GRANTED, P("f/")));
    TRY(path_symlink(P("f"), GRANTED, P("new/")));
    TRY(path_symlink(P("f"), GRANTED, P("missing/x")));
    TRY(path_symlink(P("f"), GRANTED, P("f/x")));
    TRY(path_symlink(P("f"), GRANTED, P("")));
    TRY(path_symlink(P("f"), GRANTED, P(".")));
    TRY(path_symlink(P("f"), GRANTED, P("..")));
    TRY(path_symlink(P("f"), GRANTED, P("/x")));
    TRY(path_symlink(P(""), GRANTED, P("empty")));
    TRY(path_symlink(P("/"), GRANTED, P("root")));
    TRY(path_symlink(P("/etc/passwd"), GRANTED, P("passwd")));
    TRY(path_symlink(P("a\0b"), GRANTED, P("nul")));
    TRY(path_symlink(P("../f"), GRANTED, P("d/up")));
    TRY(path_symlink(P("d"), GRANTED, P("to-d")));
    TRY(path_symlink(P("nowhere"), GRANTED, P("dangling")));
    TRY(path_symlink(P("loop"), GRANTED, P("loop")));
    TRY(path_symlink(P("loop-b"), GRANTED, P("loop-a")));
    TRY(path_symlink(P("loop-a"), GRANTED, P("loop-b")));
    TRY(path_symlink(longest, 4000, GRANTED, P("far")));
    TRY(path_symlink(longest, 5000, GRANTED, P("too-far")));
    TRY(path_symlink(P("f"), GRANTED, longest, 256));

    printf("-- path_readlink\n");
    memset(text, '#', sizeof text);
    TRY(path_readlink(GRANTED, P("to-f"), B(text), &n), " %u: %.3s", n, text);
    TRY(path_readlink(GRANTED, P("d/up"), B(text), &n), " %u: %.6s", n, text);
    TRY(path_readlink(GRANTED, P("dangling"), text, 4, &n), " %u: %.8s", n, text);
    TRY(path_readlink(GRANTED, P("dangling"), text, 7, &n), " %u: %.8s", n, text);
    TRY(path_readlink(GRANTED, P("dangling"), text, 0, &n), " %u", n);
    TRY(path_readlink(GRANTED, P("far"), B(text), &n), " %u", n);
    TRY(path_readlink(GRANTED, P("f"), B(text), &n));
    TRY(path_readlink(GRANTED, P("d"), B(text), &n));
    TRY(path_readlink(GRANTED, P("."), B(text), &n));
    TRY(path_readlink(GRANTED, P("to-d/"), B(text), &n));
    TRY(path_readlink(GRANTED, P("to-f/"), B(text), &n));
    TRY(path_readlink(GRANTED, P("missing"), B(text), &n));
    TRY(path_readlink(GRANTED, P(""), B(text), &n));
    TRY(path_readlink(GRANTED, P(".."), B(text), &n));
    TRY(path_readlink(GRANTED, P("/f"), B(text), &n));
    TRY(path_readlink(GRANTED, P("f/x"), B(text), &n));
    TRY(path_readlink(GRANTED, P("to-d/up"), B(text), &n), " %u: %.4s", n, text);
    TRY(path_readlink(GRANTED, P("loop"), B(text), &n), " %u: %.4s", n, text);
    TRY(path_readlink(GRANTED, P("loop-a/x"), B(text), &n));

    printf("-- following\n");
    TRY(path_filestat_get(GRANTED, 0, P("to-f"), &stat), " %s, size %llu", types[stat.type],
        stat.size);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("to-f"), &stat), " %s, size %llu", types[stat.type],
        stat.size);
    TRY(path_filestat_get(GRANTED, 0, P("to-d"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("to-d"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, 0, P("to-d/"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, 0, P("to-d/up"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("to-d/up"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, 0, P("to-f/"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("dangling"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("dangling"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("loop"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("loop"), &stat));
    TRY(path_filestat_get(GRANTED, FOLLOW, P("loop-a"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("loop-a/x"), &stat));
    TRY(path_filestat_get(GRANTED, FOLLOW, P("far"), &stat));

    MUST(path_unlink_file(GRANTED, P("far")));
    MUST(path_unlink_file(GRANTED, P("loop")));
    MUST(path_unlink_file(GRANTED, P("loop-a")));
    MUST(path_unlink_file(GRANTED, P("loop-b")));
    MUST(path_unlink_file(GRANTED, P("dangling")));
    MUST(path_unlink_file(GRANTED, P("to-d")));
    MUST(path_unlink_file(GRANTED, P("to-f")));
    MUST(path_unlink_file(GRANTED, P("d/up")));
    MUST(path_unlink_file(GRANTED, P("f")));
    MUST(path_remove_directory(GRANTED, P("d")));

    printf("-- long chains of links\n");
    create("l0");
    for (int i = 1; i <= 45; i++) {
        char from[8], to[8];
        snprintf(from, sizeof from, "l%d", i);
        snprintf(to, sizeof to, "l%d", i - 1);
        MUST(path_symlink(to, strlen(to), GRANTED, from, strlen(from)));
    }
    TRY(path_filestat_get(GRANTED, FOLLOW, P("l20"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("l39"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, FOLLOW, P("l45"), &stat));
    TRY(path_open(GRANTED, FOLLOW, P("l45"), 0, READ, 0, 0, &fd));
    for (int i = 0; i <= 45; i++) {
        char name[8];
        snprintf(name, sizeof name, "l%d", i);
        MUST(path_unlink_file(GRANTED, name, strlen(name)));
    }
}

static void attributes(void) {
    FileStat other;

    printf("-- path_filestat_get\n");
    MUST(path_create_directory(GRANTED, P("d")));
    create("f");
    create("d/longer");
    MUST(path_symlink(P("f"), GRANTED, P("to-f")));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " %s, %llu links, size %llu",
        types[stat.type], (u64)stat.nlink, stat.size);
    TRY(path_filestat_get(GRANTED, 0, P("d/longer"), &other),
        " size %llu, same device: %d, another inode: %d", other.size, stat.dev == other.dev,
        stat.ino != other.ino);
    TRY(path_filestat_get(GRANTED, 0, P("d"), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, 0, P("d/"), &other), " the same: %d", stat.ino == other.ino);
    TRY(path_filestat_get(GRANTED, 0, P("d/."), &other), " the same: %d", stat.ino == other.ino);
    TRY(path_filestat_get(GRANTED, 0, P("./d//.///"), &other), " the same: %d",
        stat.ino == other.ino);
    TRY(path_filestat_get(GRANTED, 0, P("."), &stat), " %s", types[stat.type]);
    TRY(path_filestat_get(GRANTED, 0, P("d/.."), &other), " the same: %d", stat.ino == other.ino);
    TRY(path_filestat_get(GRANTED, 0, P("f/"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("f/."), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("f/.."), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("missing"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("missing/.."), &stat));
    TRY(path_filestat_get(GRANTED, 0, P(""), &stat));
    TRY(path_filestat_get(GRANTED, 0, P(".."), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("d/../.."), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("/"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("f\0"), &stat));
    TRY(path_filestat_get(GRANTED, 0, longest, 256, &stat));
    TRY(path_filestat_get(GRANTED, 0, longest, 5000, &stat));

    printf("-- path_filestat_set_times\n");
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 1000000001, 2000000002, ATIM | MTIM));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 7, 3000000003, MTIM));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 0, 0, 0));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("to-f"), 4000000004, 5000000005, ATIM | MTIM));
    TRY(path_filestat_get(GRANTED, 0, P("to-f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, FOLLOW, P("to-f"), 6000000006, 7000000007, ATIM | MTIM));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 1, 2, ATIM_NOW));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim now: %d, mtim %llu",
        stat.atim > 1577836800000000000, stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 8000000008, 2, ATIM | MTIM_NOW));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat), " atim %llu, mtim now: %d", stat.atim,
        stat.mtim > 1577836800000000000);
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 1, 2, ATIM | ATIM_NOW));
    TRY(path_filestat_set_times(GRANTED, 0, P("f"), 1, 2, MTIM | MTIM_NOW));
    TRY(path_filestat_set_times(GRANTED, 0, P("d"), 9000000009, 1000000000, ATIM | MTIM));
    TRY(path_filestat_get(GRANTED, 0, P("d"), &stat), " atim %llu mtim %llu", stat.atim,
        stat.mtim);
    TRY(path_filestat_set_times(GRANTED, 0, P("missing"), 1, 2, ATIM));
    TRY(path_filestat_set_times(GRANTED, 0, P("f/"), 1, 2, ATIM));
    TRY(path_filestat_set_times(GRANTED, 0, P(".."), 1, 2, ATIM));
    TRY(path_filestat_set_times(GRANTED, 0, P("/f"), 1, 2, ATIM));
    TRY(path_filestat_set_times(GRANTED, 0, P(""), 1, 2, ATIM));
    MUST(path_unlink_file(GRANTED, P("to-f")));
    MUST(path_unlink_file(GRANTED, P("f")));
    MUST(path_unlink_file(GRANTED, P("d/longer")));
    MUST(path_remove_directory(GRANTED, P("d")));
}

static void links(void) {
    FileStat other;

    printf("-- path_link\n");
    MUST(path_create_directory(GRANTED, P("d")));
    create("f");
    MUST(path_symlink(P("f"), GRANTED, P("to-f")));
    MUST(path_symlink(P("nowhere"), GRANTED, P("dangling")));
    MUST(path_symlink(P("loop"), GRANTED, P("loop")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("g")));
    MUST(path_filestat_get(GRANTED, 0, P("f"), &stat));
    TRY(path_filestat_get(GRANTED, 0, P("g"), &other), " the same: %d, %llu links",
        stat.ino == other.ino, (u64)other.nlink);
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("g")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("f")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("d")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("dangling")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("new/")));
    TRY(path_link(GRANTED, 0, P("f/"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("d"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("d/"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("missing"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("missing/new")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("f/new")));
    TRY(path_link(GRANTED, 0, P(""), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("..")));
    TRY(path_link(GRANTED, 0, P("f"), GRANTED, P("/new")));
    TRY(path_link(GRANTED, 0, P("../f"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("/f"), GRANTED, P("new")));
    TRY(path_link(GRANTED, 0, P("to-f"), GRANTED, P("link")));
    TRY(path_filestat_get(GRANTED, 0, P("link"), &stat), " %s", types[stat.type]);
    TRY(path_link(GRANTED, 0, P("dangling"), GRANTED, P("dangling-2")));
    TRY(path_link(GRANTED, 0, P("loop"), GRANTED, P("loop-2")));
    TRY(path_link(GRANTED, FOLLOW, P("to-f"), GRANTED, P("new")));
    TRY(path_link(GRANTED, FOLLOW, P("f"), GRANTED, P("new")));
    TRY(path_link(GRANTED, FOLLOW, P("dangling"), GRANTED, P("new")));
    MUST(path_open(GRANTED, 0, P("d"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    TRY(path_link(GRANTED, 0, P("f"), fd, P("h")));
    TRY(path_link(fd, 0, P("h"), GRANTED, P("i")));
    TRY(path_filestat_get(fd, 0, P("h"), &stat), " %llu links", (u64)stat.nlink);
    MUST(path_unlink_file(fd, P("h")));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("i")));
    MUST(path_unlink_file(GRANTED, P("g")));
    MUST(path_unlink_file(GRANTED, P("link")));
    MUST(path_unlink_file(GRANTED, P("loop")));
    MUST(path_unlink_file(GRANTED, P("loop-2")));
    MUST(path_unlink_file(GRANTED, P("dangling")));
    MUST(path_unlink_file(GRANTED, P("dangling-2")));
    MUST(path_unlink_file(GRANTED, P("to-f")));
    MUST(path_unlink_file(GRANTED, P("f")));
    MUST(path_remove_directory(GRANTED, P("d")));
}

static void renames(void) {
    printf("-- path_rename\n");
    MUST(path_create_directory(GRANTED, P("d")));
    MUST(path_create_directory(GRANTED, P("empty")));
    MUST(path_create_directory(GRANTED, P("full")));
    create("f");
    create("full/x");
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("g")));
    TRY(path_filestat_get(GRANTED, 0, P("f"), &stat));
    TRY(path_rename(GRANTED, P("g"), GRANTED, P("g")));
    TRY(path_rename(GRANTED, P("g"), GRANTED, P("d/g")));
    TRY(path_rename(GRANTED, P("d/g"), GRANTED, P("d/../f")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("new/")));
    TRY(path_rename(GRANTED, P("f/"), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("empty")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("empty/")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("full")));
    TRY(path_rename(GRANTED, P("missing"), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("missing/new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("f/new")));
    TRY(path_rename(GRANTED, P(""), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("")));
    TRY(path_rename(GRANTED, P("."), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P(".")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("..")));
    TRY(path_rename(GRANTED, P(".."), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("/f"), GRANTED, P("new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("/new")));
    TRY(path_rename(GRANTED, P("f"), GRANTED, longest, 256));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("f")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("f/")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("full")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("full/x")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("d/inside")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("empty")));
    TRY(path_rename(GRANTED, P("empty/"), GRANTED, P("a")));
    TRY(path_rename(GRANTED, P("a"), GRANTED, P("b/")));
    TRY(path_rename(GRANTED, P("b/"), GRANTED, P("c/")));
    TRY(path_rename(GRANTED, P("c"), GRANTED, P("d")));
    TRY(path_rename(GRANTED, P("full"), GRANTED, P("d")));
    TRY(path_filestat_get(GRANTED, 0, P("d/x"), &stat), " size %llu", stat.size);
    MUST(path_symlink(P("f"), GRANTED, P("to-f")));
    MUST(path_symlink(P("d"), GRANTED, P("to-d")));
    TRY(path_rename(GRANTED, P("to-f"), GRANTED, P("link")));
    TRY(path_readlink(GRANTED, P("link"), B(text), &n), " %u: %.1s", n, text);
    TRY(path_rename(GRANTED, P("f"), GRANTED, P("link")));
    TRY(path_filestat_get(GRANTED, 0, P("link"), &stat), " %s", types[stat.type]);
    TRY(path_rename(GRANTED, P("to-d/x"), GRANTED, P("to-d/y")));
    TRY(path_rename(GRANTED, P("d"), GRANTED, P("to-d")));
    create("other");
    TRY(path_rename(GRANTED, P("link"), GRANTED, P("other")));
    TRY(path_filestat_get(GRANTED, 0, P("other"), &stat), " size %llu", stat.size);
    MUST(path_open(GRANTED, 0, P("d"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    TRY(path_rename(GRANTED, P("other"), fd, P("z")));
    TRY(path_rename(fd, P("z"), fd, P("y")));
    TRY(path_rename(fd, P("y"), GRANTED, P("other")));
    TRY(path_rename(fd, P("."), GRANTED, P("new")));
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("other")));
    MUST(path_unlink_file(GRANTED, P("to-d")));
    MUST(path_remove_directory(GRANTED, P("d")));
}

int main(void) {
    memset(longest, 'n', sizeof longest);
    folders();
    unlinking();
    symlinks();
    attributes();
    links();
    renames();
    return 0;
}
