/*
 * A reactor: no main, but exports to call after `_initialize`. It keeps a list
 * between calls and prints through WASI.
 */
#include <stdio.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static int *numbers;
static size_t count, room;
static int ready;

__attribute__((constructor)) static void prepare(void) { ready = 1; }

EXPORT(is_ready) int is_ready(void) { return ready; }

/* Returns how many numbers are kept now, or -1 without memory. */
EXPORT(add) int add(int number) {
    if (count == room) {
        room = room ? 2 * room : 4;
        numbers = realloc(numbers, room * sizeof *numbers);
        if (!numbers)
            return -1;
    }
    numbers[count++] = number;
    return (int)count;
}

EXPORT(total) long long total(void) {
    long long sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}

EXPORT(show) void show(void) {
    for (size_t i = 0; i < count; i++)
        printf("%d%s", numbers[i], i + 1 < count ? ", " : "\n");
    fflush(stdout);
}
