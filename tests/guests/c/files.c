/*
 * A walk through the file calls inside one granted folder, named by argv[1].
 * Every step prints what it did and how it went, so that the whole output can
 * be compared; nothing in it depends on the host (no times, no inode numbers,
 * folder listings are sorted).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"

static const char *root;

/* The path of NAME inside the granted folder; four may be in use at once. */
static const char *in_root(const char *name) {
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

/* Prints the outcome of a call that returns a negative number on failure. */
static long report(const char *step, long result) {
    if (result < 0)
        printf("%-28s failed: %s\n", step, errno_name(errno));
    else
        printf("%-28s %ld\n", step, result);
    return result;
}

static void outcome(const char *step, int result) {
    printf("%-28s %s\n", step, result == 0 ? "ok" : errno_name(errno));
}

static void show_text(const char *name) {
    char text[128];
    int fd = open(in_root(name), O_RDONLY);
    if (fd < 0) {
        printf("  %s: %s\n", name, errno_name(errno));
        return;
    }
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got < 0 ? 0 : got] = 0;
    printf("  %s: \"%s\"\n", name, text);
}

static void show_stat(const char *name) {
    struct stat info;
    if (stat(in_root(name), &info) != 0) {
        printf("  stat %s: %s\n", name, errno_name(errno));
        return;
    }
    const char *kind = S_ISREG(info.st_mode)   ? "file"
                       : S_ISDIR(info.st_mode) ? "folder"
                                               : "something else";
    if (S_ISREG(info.st_mode))
        printf("  stat %s: %s of %lld bytes\n", name, kind, (long long)info.st_size);
    else
        printf("  stat %s: %s\n", name, kind);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *name) {
    char *names[64];
    int count = 0;
    DIR *dir = opendir(in_root(name));
    if (!dir) {
        printf("  list %s: %s\n", name, errno_name(errno));
        return;
    }
    for (struct dirent *entry; count < 64 && (entry = readdir(dir));) {
        size_t size = strlen(entry->d_name) + 2;
        names[count] = malloc(size);
        snprintf(names[count], size, "%s%s", entry->d_name,
                 entry->d_type == DT_DIR ? "/" : "");
        count++;
    }
    closedir(dir);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    printf("  list %s:", name);
    for (int i = 0; i < count; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    char text[64];
    int fd;

    root = argc > 1 ? argv[1] : ".";

    printf("-- write and read back\n");
    fd = open(in_root("a.txt"), O_CREAT | O_EXCL | O_RDWR, 0644);
    printf("create a.txt                 %s\n", fd >= 0 ? "ok" : errno_name(errno));
    if (fd < 0)
        return 1;
    report("write", write(fd, "hello, file\n", 12));
    report("seek to the start", lseek(fd, 0, SEEK_SET));
    long got = report("read", read(fd, text, sizeof text));
    printf("  read: %.*s", (int)got, text);
    report("read at the end", read(fd, text, sizeof text));
    report("seek 5 before the end", lseek(fd, -5, SEEK_END));
    report("read 4", read(fd, text, 4));
    printf("  read: %.4s\n", text);
    report("where", lseek(fd, 0, SEEK_CUR));
    report("seek before the start", lseek(fd, -100, SEEK_CUR));
    report("pwrite at 7", pwrite(fd, "FILE", 4, 7));
    report("pread at 5", pread(fd, text, 6, 5));
    printf("  read: %.6s\n", text);
    report("where, still", lseek(fd, 0, SEEK_CUR));
    outcome("close", close(fd));
    outcome("close again", close(fd));
    show_text("a.txt");

    printf("-- append\n");
    fd = open(in_root("a.txt"), O_WRONLY | O_APPEND);
    report("append", write(fd, "more\n", 5));
    report("read from write-only", read(fd, text, 1));
    close(fd);
    show_text("a.txt");
    show_stat("a.txt");

    printf("-- stdio\n");
    FILE *stream = fopen(in_root("lines.txt"), "w+");
    for (int i = 1; i <= 3; i++)
        fprintf(stream, "line %d\n", i);
    rewind(stream);
    while (fgets(text, sizeof text, stream))
        printf("  %s", text);
    printf("  at end: %s\n", feof(stream) ? "yes" : "no");
    printf("  ftell: %ld\n", ftell(stream));
    fclose(stream);

    printf("-- truncate\n");
    fd = open(in_root("a.txt"), O_RDWR);
    outcome("shorten to 5", ftruncate(fd, 5));
    show_text("a.txt");
    outcome("lengthen to 9", ftruncate(fd, 9));
    show_stat("a.txt");
    report("write past the end", pwrite(fd, "!", 1, 19));
    show_stat("a.txt");
    report("read the gap", pread(fd, text, 4, 9));
    printf("  zeros: %s\n", memcmp(text, "\0\0\0\0", 4) == 0 ? "yes" : "no");
    close(fd);
    fd = open(in_root("a.txt"), O_WRONLY | O_TRUNC);
    close(fd);
    show_stat("a.txt");

    printf("-- folders\n");
    outcome("mkdir sub", mkdir(in_root("sub"), 0755));
    outcome("mkdir sub again", mkdir(in_root("sub"), 0755));
    outcome("mkdir sub/deep", mkdir(in_root("sub/deep"), 0755));
    outcome("mkdir no/such", mkdir(in_root("no/such"), 0755));
    show_stat("sub");
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "sub/file%d", i);
        stream = fopen(in_root(name), "w");
        fprintf(stream, "this is file %d", i);
        fclose(stream);
    }
    list(".");
    list("sub");
    list("sub/deep");
    list("missing");
    list("a.txt");

    printf("-- rename\n");
    outcome("file to a new name", rename(in_root("sub/file0"), in_root("moved")));
    outcome("file over a file", rename(in_root("sub/file1"), in_root("moved")));
    outcome("folder", rename(in_root("sub/deep"), in_root("deeper")));
    outcome("missing file", rename(in_root("nothing"), in_root("something")));
    show_text("moved");
    list(".");
    list("sub");

    printf("-- errors\n");
    fd = open(in_root("missing"), O_RDONLY);
    printf("open a missing file          %s\n", fd < 0 ? errno_name(errno) : "ok");
    fd = open(in_root("moved"), O_CREAT | O_EXCL | O_WRONLY, 0644);
    printf("create what exists           %s\n", fd < 0 ? errno_name(errno) : "ok");
    fd = open(in_root("moved/x"), O_RDONLY);
    printf("open below a file            %s\n", fd < 0 ? errno_name(errno) : "ok");
    fd = open(in_root("moved"), O_RDONLY | O_DIRECTORY);
    printf("open a file as a folder      %s\n", fd < 0 ? errno_name(errno) : "ok");
    fd = open(in_root("sub"), O_WRONLY);
    printf("open a folder for writing    %s\n", fd < 0 ? errno_name(errno) : "ok");
    outcome("rmdir a folder in use", rmdir(in_root("sub")));
    outcome("rmdir a file", rmdir(in_root("moved")));
    outcome("unlink a missing file", unlink(in_root("missing")));
    outcome("access moved", access(in_root("moved"), R_OK));
    outcome("access missing", access(in_root("missing"), F_OK));
    report("read an unknown descriptor", read(99, text, 1));

    printf("-- clean up\n");
    outcome("unlink sub/file2", unlink(in_root("sub/file2")));
    outcome("rmdir sub", rmdir(in_root("sub")));
    outcome("rmdir deeper", rmdir(in_root("deeper")));
    outcome("unlink moved", unlink(in_root("moved")));
    outcome("unlink a.txt", unlink(in_root("a.txt")));
    list(".");
    return 0;
}
