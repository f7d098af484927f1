/*
 * Tries to get out of the one granted folder, named by argv[1] (descriptor 3).
 *
 * The host should set up, beside the granted folder, a file `secret.txt`, and
 * inside it a folder `sub`, a link `link-out` to ../secret.txt, a link
 * `link-abs` to /etc/passwd, a link `link-up` to .. and a link `link-in` to
 * sub/inside.txt.
 *
 * Standard output says only "refused" or "ALLOWED" for each attempt, so it is
 * the same whichever error a runtime picks; the errors go to standard error.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#include "names.h"

#define BOX 3

static int escapes;

static void attempt(const char *what, int error) {
    printf("%-44s %s\n", what, error ? "refused" : "ALLOWED");
    fprintf(stderr, "%-44s %s\n", what, errno_name(error));
    escapes += error == 0;
}

static void expected(const char *what, int error) {
    printf("%-44s %s\n", what, error ? "FAILED" : "works");
    if (error)
        fprintf(stderr, "%-44s %s\n", what, errno_name(error));
    escapes += error != 0;
}

/* Through the C library, with the path below the granted folder's own name. */
static int library_open(const char *root, const char *path) {
    char full[256];
    snprintf(full, sizeof full, "%s%s", root, path);
    int fd = open(full, O_RDONLY);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* Straight to the host call, past the C library's own handling of paths. */
static int host_open(int dir, const char *path, __wasi_lookupflags_t lookup,
                     __wasi_oflags_t flags) {
    __wasi_fd_t fd;
    __wasi_rights_t rights = flags & __WASI_OFLAGS_CREAT ? __WASI_RIGHTS_FD_WRITE
                                                         : __WASI_RIGHTS_FD_READ;
    int error = __wasi_path_open(dir, lookup, path, flags, rights, 0, 0, &fd);
    if (error == 0)
        close((int)fd);
    return error;
}

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

int main(int argc, char **argv) {
    const char *root = argc > 1 ? argv[1] : ".";
    __wasi_filestat_t info;
    char byte;
    int fd;

    printf("-- what is allowed\n");
    expected("open sub/inside.txt", library_open(root, "/sub/inside.txt"));
    expected("open sub/../sub/inside.txt", library_open(root, "/sub/../sub/inside.txt"));
    expected("open ./sub/./inside.txt", library_open(root, "/./sub/./inside.txt"));
    expected("open link-in", library_open(root, "/link-in"));

    printf("-- through the C library\n");
    attempt("open ../secret.txt", library_open(root, "/../secret.txt"));
    attempt("open sub/../../secret.txt", library_open(root, "/sub/../../secret.txt"));
    attempt("open missing/../../secret.txt", library_open(root, "/missing/../../secret.txt"));
    attempt("open /etc/passwd", library_open("", "/etc/passwd"));
    attempt("open link-out", library_open(root, "/link-out"));
    attempt("open link-abs", library_open(root, "/link-abs"));
    attempt("open link-up/secret.txt", library_open(root, "/link-up/secret.txt"));
    attempt("open link-up", library_open(root, "/link-up"));

    printf("-- through the host calls\n");
    attempt("path_open ..", host_open(BOX, "..", 0, 0));
    attempt("path_open ../secret.txt", host_open(BOX, "../secret.txt", FOLLOW, 0));
    attempt("path_open sub/../../secret.txt", host_open(BOX, "sub/../../secret.txt", FOLLOW, 0));
    attempt("path_open /etc/passwd", host_open(BOX, "/etc/passwd", FOLLOW, 0));
    attempt("path_open / (root)", host_open(BOX, "/", FOLLOW, __WASI_OFLAGS_DIRECTORY));
    attempt("path_open //etc/passwd", host_open(BOX, "//etc/passwd", FOLLOW, 0));
    attempt("path_open link-out, following", host_open(BOX, "link-out", FOLLOW, 0));
    attempt("path_open link-out, not following", host_open(BOX, "link-out", 0, 0));
    attempt("path_open link-up/secret.txt", host_open(BOX, "link-up/secret.txt", 0, 0));
    attempt("path_open sub/../link-up/secret.txt",
            host_open(BOX, "sub/../link-up/secret.txt", FOLLOW, 0));
    attempt("path_open, create ../planted.txt",
            host_open(BOX, "../planted.txt", 0, __WASI_OFLAGS_CREAT));
    attempt("path_open, create link-up/planted.txt",
            host_open(BOX, "link-up/planted.txt", 0, __WASI_OFLAGS_CREAT));
    attempt("path_open, truncate link-out",
            host_open(BOX, "link-out", FOLLOW, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC));
    attempt("path_filestat_get ../secret.txt",
            __wasi_path_filestat_get(BOX, FOLLOW, "../secret.txt", &info));
    attempt("path_filestat_get link-out, following",
            __wasi_path_filestat_get(BOX, FOLLOW, "link-out", &info));
    attempt("path_filestat_set_times ../secret.txt",
            __wasi_path_filestat_set_times(BOX, 0, "../secret.txt", 0, 0,
                                           __WASI_FSTFLAGS_MTIM_NOW));
    attempt("path_create_directory ../planted", __wasi_path_create_directory(BOX, "../planted"));
    attempt("path_create_directory link-up/planted",
            __wasi_path_create_directory(BOX, "link-up/planted"));
    attempt("path_remove_directory ../other", __wasi_path_remove_directory(BOX, "../other"));
    attempt("path_unlink_file ../secret.txt", __wasi_path_unlink_file(BOX, "../secret.txt"));
    attempt("path_unlink_file link-up/secret.txt",
            __wasi_path_unlink_file(BOX, "link-up/secret.txt"));
    attempt("path_rename sub/inside.txt to ../moved",
            __wasi_path_rename(BOX, "sub/inside.txt", BOX, "../moved"));
    attempt("path_rename ../secret.txt to stolen",
            __wasi_path_rename(BOX, "../secret.txt", BOX, "stolen"));
    attempt("path_link ../secret.txt as stolen",
            __wasi_path_link(BOX, 0, "../secret.txt", BOX, "stolen"));
    attempt("path_link sub/inside.txt as ../planted",
            __wasi_path_link(BOX, 0, "sub/inside.txt", BOX, "../planted"));
    attempt("path_symlink to /etc/passwd", __wasi_path_symlink("/etc/passwd", BOX, "new-abs"));
    attempt("path_symlink at ../planted", __wasi_path_symlink("sub", BOX, "../planted"));
    attempt("path_link link-out as stolen, following",
            __wasi_path_link(BOX, FOLLOW, "link-out", BOX, "stolen"));
    attempt("path_filestat_get link-up/secret.txt",
            __wasi_path_filestat_get(BOX, 0, "link-up/secret.txt", &info));

    /* Whether such a link can be made at all is up to the host. */
    (void)__wasi_path_symlink("../secret.txt", BOX, "new-link");
    attempt("path_open a new link to ../secret.txt", host_open(BOX, "new-link", FOLLOW, 0));
    (void)__wasi_path_unlink_file(BOX, "new-link");

    printf("-- through descriptors\n");
    fd = openat(BOX, "sub", O_RDONLY | O_DIRECTORY);
    expected("open sub as a folder", fd >= 0 ? 0 : errno);
    expected("path_open inside.txt from it", host_open(fd, "inside.txt", 0, 0));
    attempt("path_open .. from it", host_open(fd, "..", 0, 0));
    attempt("path_open ../sub/inside.txt from it", host_open(fd, "../sub/inside.txt", 0, 0));
    attempt("path_open ../../secret.txt from it", host_open(fd, "../../secret.txt", 0, 0));
    attempt("path_open x from standard input", host_open(0, "x", 0, 0));
    attempt("path_open x from descriptor 77", host_open(77, "x", 0, 0));
    attempt("fd_read of the folder", read(fd, &byte, 1) < 0 ? errno : 0);
    attempt("fd_write to the folder", write(fd, "x", 1) < 0 ? errno : 0);

    printf(escapes ? "%d SURPRISES\n" : "no way out\n", escapes);
    return escapes != 0;
}
