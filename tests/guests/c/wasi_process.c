/*
 * Arguments, environment, clocks, random numbers and the process, call by call.
 * argv[1], if given, is the code to end with, by proc_exit.
 */
#include <stdlib.h>

#include "wasi.h"

static u8 buffer[4096];
static u8 *pointers[64];
static u32 count, size;
static u64 now, later;

/* The strings lie one after another, each with its NUL, and the pointers are to their starts. */
static void show(const char *what) {
    u32 place = 0;
    for (u32 i = 0; i < count; i++) {
        printf("%s[%u] at %d: \"%s\"\n", what, i, (int)(pointers[i] - buffer), pointers[i]);
        if (pointers[i] != buffer + place)
            printf("%s[%u] does not follow the one before\n", what, i);
        place += strlen((char *)pointers[i]) + 1;
    }
    printf("%s: %s\n", what, place == size ? "all is used" : "there is more");
    printf("%s: %s\n", what, buffer[size] == 0xAA ? "nothing past the end" : "written past the end");
    printf("%s: %s\n", what, pointers[count] ? "one pointer too many" : "no pointer past the end");
}

static void clear(void) {
    memset(buffer, 0xAA, sizeof buffer);
    memset(pointers, 0, sizeof pointers);
}

static void strings(void) {
    clear();
    TRY(args_sizes_get(&count, &size), " %u, %u bytes", count, size);
    TRY(args_get(pointers, buffer));
    show("argv");
    clear();
    TRY(environ_sizes_get(&count, &size), " %u, %u bytes", count, size);
    TRY(environ_get(pointers, buffer));
    show("environ");
    clear();
    TRY(environ_get(pointers + 1, buffer + 1)); /* needs no alignment but the pointers' */
    printf("shifted: %d\n", count == 0 || pointers[1] == buffer + 1);
}

static void clocks(void) {
    TRY(clock_res_get(REALTIME, &now), ", %s", now >= 1 && now <= 1000000000 ? "sane" : "odd");
    TRY(clock_res_get(MONOTONIC, &now), ", %s", now >= 1 && now <= 1000000000 ? "sane" : "odd");
    TRY(clock_time_get(REALTIME, 0, &now), ", after 2020: %d", now > 1577836800000000000);
    TRY(clock_time_get(REALTIME, -1, &later), ", not before: %d", later >= now);
    TRY(clock_time_get(MONOTONIC, 0, &now));
    TRY(clock_time_get(MONOTONIC, 1000000000, &later), ", not before: %d", later >= now);
    u64 before = later;
    for (int i = 0; i < 100; i++) {
        MUST(clock_time_get(MONOTONIC, 1, &later));
        if (later < before)
            printf("the monotonic clock goes back\n");
        before = later;
    }
    printf("-- the clocks of the process and the thread\n");
    TRY(clock_res_get(PROCESS_TIME, &now));
    TRY(clock_res_get(THREAD_TIME, &now));
    TRY(clock_time_get(PROCESS_TIME, 0, &now));
    TRY(clock_time_get(THREAD_TIME, 0, &now));
}

static void chance(void) {
    static u8 other[64];
    int zeros = 0;
    memset(buffer, 0xAA, sizeof buffer);
    TRY(random_get(buffer, 0), ", untouched: %d", buffer[0] == 0xAA);
    TRY(random_get(buffer, 64), ", no more than that: %d", buffer[64] == 0xAA);
    TRY(random_get(other, 64), ", differs: %d", memcmp(buffer, other, 64) != 0);
    void *large = malloc(1 << 16);
    memset(large, 0, 1 << 16);
    TRY(random_get(large, 1 << 16));
    for (u32 i = 0; i < 1 << 16; i++)
        zeros += ((u8 *)large)[i] == 0;
    printf("about one byte of 256 is zero: %d\n", zeros > 128 && zeros < 400);
    free(large);
}

int main(int argc, char **argv) {
    strings();
    clocks();
    chance();
    TRY(sched_yield());
    if (argc > 1) {
        fflush(stdout);
        proc_exit(atoi(argv[1]));
    }
    return 0;
}
