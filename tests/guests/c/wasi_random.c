/*
 * A long sequence of calls on few names, so that files, folders and links meet
 * in every way; chosen by the number argv[1], argv[2] calls. The granted folder
 * is descriptor 3 and empty. At the end it is emptied again.
 *
 * No slash follows a name that is to be removed, which wasmtime refuses always,
 * and fd_pwrite is not used where data is appended, for it may go to either place.
 */
#include <stdlib.h>

#include "wasi.h"

static u32 fd, n, state;
static u64 at;
static char path[64], other[64], text[64];
static FileStat stat;
static u32 open[8];
static u8 appending[8];
static u32 opened;

static u32 choose(u32 count) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % count;
}

static void name(char *into, int slash) {
    static const char *const parts[] = {"a", "b", "c", "d", "a", "b", "c", ".", "..", ""};
    u32 depth = 1 + (choose(3) == 0) + (choose(4) == 0);
    *into = 0;
    for (u32 i = 0; i < depth; i++) {
        if (i)
            strcat(into, "/");
        /* An empty part is a doubled slash, or at the end one that follows. */
        u32 last = i + 1 == depth && !slash;
        strcat(into, parts[choose(last ? 7 : i ? 10 : 9)]);
    }
}

static void told(const char *what, int error) {
    printf("%s %s = %s", what, path, error_name(error));
}

static void made(const char *what, int error) {
    told(what, error);
    putchar('\n');
}

static void both(const char *what, int error) {
    printf("%s %s to %s = %s\n", what, path, other, error_name(error));
}

#define PATH path, strlen(path)
#define OTHER other, strlen(other)

static void open_one(void) {
    static const u32 flags[] = {0, 0, CREAT, CREAT, CREAT | EXCL, TRUNC, CREAT | TRUNC, DIRECTORY};
    u32 oflags = flags[choose(8)], follow = choose(2), fdflags = choose(4) == 0 ? APPEND : 0;
    u64 rights = oflags & DIRECTORY ? FOLDER : BOTH;
    name(path, 1);
    int error = path_open(GRANTED, follow, PATH, oflags, rights, RIGHTS_ALL, fdflags, &fd);
    printf("open %u %u %u ", oflags, follow, fdflags);
    told("", error);
    putchar('\n');
    if (error != 0)
        return;
    if (opened == 8) {
        MUST(fd_close(fd));
        return;
    }
    appending[opened] = fdflags == APPEND;
    open[opened++] = fd;
}

static void use_one(void) {
    if (opened == 0)
        return;
    u32 i = choose(opened);
    fd = open[i];
    printf("%u: ", i);
    switch (choose(8)) {
    case 0:
    case 1:
        TRY(fd_write(fd, text, 0, &n), " %u", n);
        TRY(fd_write(fd, T("some"), &n), " %u", n);
        break;
    case 2:
        TRY(fd_read(fd, V(text), &n), " %u", n);
        break;
    case 3:
        TRY(fd_seek(fd, choose(12), choose(3) ? SET : END, &at), " %llu", at);
        break;
    case 4:
        TRY(fd_filestat_set_size(fd, choose(20)));
        break;
    case 5:
        if (appending[i])
            printf("fd_pwrite is left out\n");
        else
            TRY(fd_pwrite(fd, T("XY"), choose(10), &n), " %u", n);
        break;
    case 6:
        TRY(fd_filestat_get(fd, &stat), " %s, size %llu", types[stat.type],
            stat.type == 4 ? stat.size : 0);
        break;
    default:
        TRY(fd_close(fd));
        open[i] = open[--opened];
        appending[i] = appending[opened];
    }
}

static void step(void) {
    int error;
    u32 follow = choose(2);

    switch (choose(16)) {
    case 0:
    case 1:
    case 2:
        name(path, 1);
        made("mkdir", path_create_directory(GRANTED, PATH));
        break;
    case 3:
        name(path, 0);
        made("rmdir", path_remove_directory(GRANTED, PATH));
        break;
    case 4:
        name(path, 0);
        made("unlink", path_unlink_file(GRANTED, PATH));
        break;
    case 5:
    case 6:
        name(path, 1);
        name(other, 0);
        both("symlink", path_symlink(PATH, GRANTED, OTHER));
        break;
    case 7:
        name(path, 0);
        name(other, 0);
        both("link", path_link(GRANTED, 0, PATH, GRANTED, OTHER));
        break;
    case 8:
    case 9:
        name(path, 0);
        name(other, 0);
        both("rename", path_rename(GRANTED, PATH, GRANTED, OTHER));
        break;
    case 10:
        name(path, 1);
        error = path_filestat_get(GRANTED, follow, PATH, &stat);
        printf("stat %u ", follow);
        told("", error);
        if (error == 0)
            printf(" %s, size %llu, %llu links", types[stat.type],
                   stat.type == 3 ? 0 : stat.size, stat.type == 3 ? 0 : (u64)stat.nlink);
        putchar('\n');
        break;
    case 11:
        name(path, 0);
        error = path_readlink(GRANTED, PATH, B(text), &n);
        told("readlink", error);
        if (error == 0)
            printf(" %.*s", (int)n, text);
        putchar('\n');
        break;
    case 12:
    case 13:
    case 14:
        open_one();
        break;
    default:
        use_one();
    }
}

/* Removes all that is in a folder. */
static void empty(u32 folder) {
    static u8 data[4096];
    MUST(fd_readdir(folder, B(data), 0, &n));
    u32 used = n, place = 0;
    Dirent head;
    while (place + sizeof head <= used) {
        memcpy(&head, data + place, sizeof head);
        const u8 *entry = data + place + sizeof head;
        place += sizeof head + head.namlen;
        if (place > used || memcmp(entry, "..", head.namlen) == 0)
            continue;
        if (head.type == 3) {
            u8 kept[4096];
            u32 inner;
            memcpy(kept, data, used);
            MUST(path_open(folder, 0, entry, head.namlen, DIRECTORY, FOLDER, RIGHTS_ALL, 0,
                           &inner));
            empty(inner);
            MUST(fd_close(inner));
            memcpy(data, kept, used);
            MUST(path_remove_directory(folder, entry, head.namlen));
        } else {
            MUST(path_unlink_file(folder, entry, head.namlen));
        }
    }
}

int main(int argc, char **argv) {
    state = argc > 1 ? atoi(argv[1]) * 2654435761u | 1 : 1;
    for (int count = argc > 2 ? atoi(argv[2]) : 1000; count > 0; count--)
        step();
    while (opened)
        MUST(fd_close(open[--opened]));
    empty(GRANTED);
    return 0;
}
