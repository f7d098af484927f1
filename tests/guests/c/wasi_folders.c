/*
 * fd_readdir: cookies, small buffers, beginning again, entries that come and go.
 * The granted folder is descriptor 3 and empty. Orders are the host's, so all
 * that is printed is sorted.
 */
#include <stdlib.h>

#include "wasi.h"

#define MANY 300

static u32 fd, n;
static u8 data[65536];
static FileStat stat;

typedef struct {
    char name[64];
    u64 next, ino;
    u8 type;
} Entry;

static Entry entries[MANY + 100];
static u32 count;

static void create(u32 folder, const char *path) {
    u32 file;
    MUST(path_open(folder, 0, path, strlen(path), CREAT, RIGHT_FD_WRITE, 0, 0, &file));
    MUST(fd_close(file));
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

/* Reads from a cookie on with a buffer of so many bytes; entries cut short are read again. */
static int read_all(u32 folder, u64 cookie, u32 room) {
    count = 0;
    for (;;) {
        memset(data, 0xAA, room + 1);
        int error = fd_readdir(folder, data, room, cookie, &n);
        if (error != 0) {
            printf("fd_readdir = %s\n", error_name(error));
            return error;
        }
        if (n > room || data[room] != 0xAA)
            printf("more than the buffer was used\n");
        u32 place = 0, got = 0;
        while (place + sizeof(Dirent) <= n) {
            Dirent head;
            memcpy(&head, data + place, sizeof head);
            if (place + sizeof head + head.namlen > n)
                break;
            Entry *entry = &entries[count++];
            memcpy(entry->name, data + place + sizeof head, head.namlen);
            entry->name[head.namlen] = 0;
            entry->next = head.next;
            entry->ino = head.ino;
            entry->type = head.type;
            cookie = head.next;
            place += sizeof head + head.namlen;
            got++;
        }
        if (n < room)
            return 0;
        if (got == 0) {
            printf("no entry fits into %u bytes\n", room);
            return -1;
        }
        if (count > MANY + 50) {
            printf("no end\n");
            return -1;
        }
    }
}

static void show(u32 folder) {
    qsort(entries, count, sizeof *entries, by_name);
    for (u32 i = 0; i < count; i++) {
        printf("  %s: %s", entries[i].name, types[entries[i].type]);
        if (strcmp(entries[i].name, "..") != 0) {
            int error = path_filestat_get(folder, 0, entries[i].name, strlen(entries[i].name),
                                          &stat);
            printf(", inode %s", error          ? error_name(error)
                                 : stat.ino == entries[i].ino ? "as told by path_filestat_get"
                                                              : "differs");
        }
        printf("\n");
    }
}

/* Whether each of many names is there once. */
static void tally(const char *what) {
    static u8 seen[MANY];
    int twice = 0, others = 0, missing = 0;
    memset(seen, 0, sizeof seen);
    for (u32 i = 0; i < count; i++) {
        int number = -1;
        if (sscanf(entries[i].name, "many-%d", &number) != 1)
            others++;
        else
            twice += seen[number]++ != 0;
    }
    for (u32 i = 0; i < MANY; i++)
        missing += !seen[i];
    printf("%s: %u entries, %d others, %d twice, %d missing\n", what, count, others, twice,
           missing);
}

int main(void) {
    char name[16];

    MUST(path_create_directory(GRANTED, P("d")));
    MUST(path_open(GRANTED, 0, P("d"), DIRECTORY, FOLDER, RIGHTS_ALL, 0, &fd));
    printf("-- an empty folder\n");
    read_all(fd, 0, 4096);
    show(fd);
    printf("-- again\n");
    read_all(fd, 0, 4096);
    show(fd);

    printf("-- with entries\n");
    create(fd, "file");
    create(fd, "\xc3\xa6 \xe2\x98\x83");
    create(fd, ".hidden");
    MUST(path_create_directory(fd, P("folder")));
    MUST(path_symlink(P("file"), fd, P("link")));
    MUST(path_symlink(P("nowhere"), fd, P("dangling")));
    read_all(fd, 0, 4096);
    show(fd);
    printf("-- in small pieces\n");
    read_all(fd, 0, 40);
    show(fd);
    printf("-- smaller ones\n");
    read_all(fd, 0, 32);
    qsort(entries, count, sizeof *entries, by_name);
    printf("%u whole entries\n", count);

    printf("-- from each cookie on\n");
    static u64 cookies[16];
    read_all(fd, 0, 4096);
    u32 total = count;
    for (u32 i = 0; i < total; i++)
        cookies[i] = entries[i].next;
    for (u32 i = 0; i < total; i++) {
        read_all(fd, cookies[i], 4096);
        printf("after %u: %u\n", i + 1, count);
    }
    for (u32 i = 0; i < total; i++)
        for (u32 j = 0; j < i; j++)
            if (cookies[i] == cookies[j])
                printf("two cookies are the same\n");

    printf("-- buffers\n");
    TRY(fd_readdir(fd, data, 0, 0, &n), " %u", n);
    memset(data, 0xAA, 64);
    TRY(fd_readdir(fd, data, 1, 0, &n), " %u, not more: %d", n, data[1] == 0xAA);
    memset(data, 0xAA, 64);
    TRY(fd_readdir(fd, data, 23, 0, &n), " %u, not more: %d", n, data[23] == 0xAA);
    memset(data, 0xAA, 64);
    TRY(fd_readdir(fd, data, 24, 0, &n), " %u, not more: %d", n, data[24] == 0xAA);
    memset(data, 0xAA, 64);
    TRY(fd_readdir(fd, data, 25, 0, &n), " %u, not more: %d", n, data[25] == 0xAA);
    TRY(fd_readdir(fd, data + 1, 4096, 0, &n), ", unaligned");
    TRY(fd_readdir(fd, data, 4096, cookies[total - 1], &n), " %u after the last", n);
    TRY(fd_readdir(fd, data, 4096, 1000000, &n), " %u", n);

    printf("-- entries that come and go\n");
    create(fd, "later");
    read_all(fd, 0, 4096);
    printf("%u with one more\n", count);
    MUST(path_unlink_file(fd, P("later")));
    MUST(path_unlink_file(fd, P("file")));
    read_all(fd, 0, 4096);
    printf("%u with two fewer\n", count);
    show(fd);
    MUST(path_unlink_file(fd, P("\xc3\xa6 \xe2\x98\x83")));
    MUST(path_unlink_file(fd, P(".hidden")));
    MUST(path_unlink_file(fd, P("link")));
    MUST(path_unlink_file(fd, P("dangling")));
    MUST(path_remove_directory(fd, P("folder")));

    printf("-- many entries\n");
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many-%d", i);
        create(fd, name);
    }
    read_all(fd, 0, sizeof data - 1);
    tally("at once");
    read_all(fd, 0, 256);
    tally("in pieces");
    MUST(fd_readdir(fd, data, 4096, 0, &n));
    read_all(fd, 0, 4096);
    tally("begun again");

    printf("-- added while reading\n");
    static u8 met[MANY];
    u64 cookie = 0;
    int added = 0, twice = 0, missed = 0;
    for (;;) {
        Dirent head;
        MUST(fd_readdir(fd, data, 64, cookie, &n));
        if (n < sizeof head)
            break;
        memcpy(&head, data, sizeof head);
        cookie = head.next;
        int number = -1;
        data[sizeof head + head.namlen] = 0;
        if (sscanf((char *)data + sizeof head, "many-%d", &number) == 1)
            twice += met[number]++ != 0;
        if (added < 50) {
            snprintf(name, sizeof name, "added-%d", added++);
            create(fd, name);
        }
    }
    for (int i = 0; i < MANY; i++)
        missed += !met[i];
    printf("it meets each that was there before once: %d\n", twice == 0 && missed == 0);
    while (added > 0) {
        snprintf(name, sizeof name, "added-%d", --added);
        MUST(path_unlink_file(fd, name, strlen(name)));
    }

    printf("-- removed while reading\n");
    cookie = 0;
    int removed = 0;
    for (;;) {
        Dirent head;
        MUST(fd_readdir(fd, data, 64, cookie, &n));
        if (n < sizeof head)
            break;
        memcpy(&head, data, sizeof head);
        cookie = head.next;
        if (data[sizeof head] == '.')
            continue;
        if (path_unlink_file(fd, data + sizeof head, head.namlen) == 0)
            removed++;
        if (removed > MANY)
            break;
    }
    printf("one pass meets every entry: %d\n", removed == MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many-%d", i);
        (void)path_unlink_file(fd, name, strlen(name));
    }
    read_all(fd, 0, 4096);
    tally("afterwards");

    printf("-- a folder that is gone\n");
    MUST(path_remove_directory(GRANTED, P("d")));
    TRY(fd_readdir(fd, data, 4096, 0, &n), " %u", n);
    MUST(fd_close(fd));
    TRY(fd_readdir(fd, data, 4096, 0, &n));
    read_all(GRANTED, 0, 4096);
    printf("the granted folder: %u entries\n", count);
    return 0;
}
