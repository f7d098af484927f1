/*
 * The less common file calls, in the granted folder named by argv[1]: links,
 * times, descriptor flags, allocation, reading a folder in pieces, and the
 * descriptor table itself. As in files.c, nothing printed depends on the host.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wasi/api.h>

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

static void outcome(const char *step, int result) {
    printf("%-28s %s\n", step, result == 0 ? "ok" : errno_name(errno));
}

static void fact(const char *what, int holds) { printf("%-28s %s\n", what, holds ? "yes" : "no"); }

static const char *kind(mode_t mode) {
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "folder" : S_ISLNK(mode) ? "link" : "other";
}

static void links(void) {
    struct stat one, two;
    char text[64];

    printf("-- links\n");
    int fd = open(in_root("real"), O_CREAT | O_WRONLY, 0644);
    write(fd, "data", 4);
    close(fd);
    outcome("symlink", symlink("real", in_root("soft")));
    outcome("symlink again", symlink("real", in_root("soft")));
    outcome("symlink to nothing", symlink("nowhere", in_root("dangling")));
    ssize_t length = readlink(in_root("soft"), text, sizeof text);
    printf("readlink: %.*s\n", (int)length, text);
    length = readlink(in_root("soft"), text, 2);
    printf("readlink, 2 bytes: %.*s\n", (int)length, text);
    outcome("readlink of a file", readlink(in_root("real"), text, sizeof text) < 0 ? -1 : 0);
    stat(in_root("soft"), &one);
    lstat(in_root("soft"), &two);
    printf("stat: %s, lstat: %s\n", kind(one.st_mode), kind(two.st_mode));
    outcome("stat of a dangling link", stat(in_root("dangling"), &one));
    outcome("hard link", link(in_root("real"), in_root("hard")));
    outcome("hard link again", link(in_root("real"), in_root("hard")));
    stat(in_root("real"), &one);
    stat(in_root("hard"), &two);
    fact("same inode", one.st_ino == two.st_ino && one.st_dev == two.st_dev);
    fact("two links", one.st_nlink == 2 && two.st_nlink == 2);
    outcome("unlink the soft link", unlink(in_root("soft")));
    outcome("unlink the dangling link", unlink(in_root("dangling")));
    outcome("unlink the original", unlink(in_root("real")));
    stat(in_root("hard"), &two);
    printf("still there: %s of %d bytes\n", kind(two.st_mode), (int)two.st_size);
}

static void times(void) {
    struct timespec when[2] = {{1000000000, 0}, {1234567890, 500000000}};
    struct stat info;

    printf("-- times\n");
    outcome("utimensat", utimensat(AT_FDCWD, in_root("hard"), when, 0));
    stat(in_root("hard"), &info);
    printf("accessed %lld, modified %lld.%09ld\n", (long long)info.st_atim.tv_sec,
           (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    int fd = open(in_root("hard"), O_RDWR);
    fact("only the modified time", __wasi_fd_filestat_set_times(
                                       fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW) == 0);
    fstat(fd, &info);
    fact("accessed as before", info.st_atim.tv_sec == 1000000000);
    fact("modified just now", info.st_mtim.tv_sec > 1577836800);
    close(fd);
    fact("both now and a given time",
         __wasi_path_filestat_set_times(3, 0, "hard", 0, 0,
                                        __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW) == EINVAL);
}

/* A host may write or read fewer bytes than all the parts hold together. */
static void vectors(int fd) {
    char text[12] = "one two", first[5] = {0}, second[8] = {0};
    struct iovec parts[3] = {{text, 4}, {text, 0}, {text + 4, 3}};
    struct iovec pieces[2] = {{first, 4}, {second, 7}};
    ssize_t done = writev(fd, parts, 3);

    if (done >= 4 && done < 7)
        done += write(fd, text + done, (size_t)(7 - done));
    printf("written: %d bytes\n", (int)done);
    lseek(fd, 0, SEEK_SET);
    done = readv(fd, pieces, 2);
    if (done >= 4 && done < 7)
        done += read(fd, second + done - 4, (size_t)(7 - done));
    printf("read: %d bytes, \"%s\" and \"%s\"\n", (int)done, first, second);
}

static void descriptors(void) {
    __wasi_fdstat_t state;

    printf("-- descriptors\n");
    int fd = open(in_root("hard"), O_RDWR | O_TRUNC);
    vectors(fd);
    fact("append is off", !(fcntl(fd, F_GETFL) & O_APPEND));
    outcome("set append", fcntl(fd, F_SETFL, O_APPEND));
    fact("append is on", fcntl(fd, F_GETFL) & O_APPEND);
    lseek(fd, 0, SEEK_SET);
    write(fd, "!", 1);
    printf("size after appending: %d\n", (int)lseek(fd, 0, SEEK_END));
    outcome("fsync", fsync(fd));
    outcome("fdatasync", fdatasync(fd));
    fact("posix_fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0);

    fact("it is a regular file", __wasi_fd_fdstat_get(fd, &state) == 0 &&
                                     state.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
    fact("descriptor 3 is a folder", __wasi_fd_fdstat_get(3, &state) == 0 &&
                                         state.fs_filetype == __WASI_FILETYPE_DIRECTORY);

    int other = open(in_root("other"), O_CREAT | O_RDWR, 0644);
    write(other, "other file", 10);
    fact("fd_renumber", __wasi_fd_renumber(other, fd) == 0);
    printf("size at the new number: %d\n", (int)lseek(fd, 0, SEEK_END));
    fact("the old number is closed", lseek(other, 0, SEEK_CUR) < 0 && errno == EBADF);
    int again = open(in_root("hard"), O_RDONLY);
    fact("a free number is reused", again == other || again > fd);
    close(again);
    close(fd);
    outcome("sched_yield", sched_yield());
}

static void prestat(void) {
    __wasi_prestat_t info;
    char name[256] = {0};

    printf("-- granted folders\n");
    for (int fd = 3; __wasi_fd_prestat_get(fd, &info) == 0; fd++) {
        if (info.u.dir.pr_name_len >= sizeof name ||
            __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, info.u.dir.pr_name_len) != 0)
            continue;
        name[info.u.dir.pr_name_len] = 0;
        printf("descriptor %d is \"%s\"\n", fd, name);
    }
    fact("1 is no granted folder", __wasi_fd_prestat_get(1, &info) == EBADF ||
                                       __wasi_fd_prestat_get(1, &info) == ENOTSUP);
}

/* 60 entries: more than one buffer of the C library's readdir holds. */
static void big_folder(void) {
    enum { FILES = 60 };
    char name[128];
    int seen[FILES] = {0}, strange = 0, missing = 0, rewound = 0;

    printf("-- a folder of %d files\n", FILES);
    mkdir(in_root("many"), 0755);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "many/a-name-so-long-that-few-of-them-fit-into-one-buffer-%02d", i);
        close(open(in_root(name), O_CREAT | O_WRONLY, 0644));
    }
    DIR *dir = opendir(in_root("many"));
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "a-name-so-long", 14) == 0)
            seen[atoi(strrchr(entry->d_name, '-') + 1)]++;
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            strange++;
    }
    rewinddir(dir);
    while (readdir(dir))
        rewound++;
    closedir(dir);
    for (int i = 0; i < FILES; i++) {
        missing += seen[i] != 1;
        snprintf(name, sizeof name, "many/a-name-so-long-that-few-of-them-fit-into-one-buffer-%02d", i);
        unlink(in_root(name));
    }
    printf("missing or twice: %d, strange: %d, on a second reading: %d\n", missing, strange,
           rewound);
    outcome("rmdir", rmdir(in_root("many")));
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    prestat();
    links();
    times();
    descriptors();
    big_folder();
    outcome("unlink hard", unlink(in_root("hard")));
    outcome("unlink other", unlink(in_root("other")));
    return 0;
}
