/* Clocks, sleeping and randomness: only facts that hold on every run are printed. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int failures;

static void check(const char *what, int holds) {
    printf("%s: %s\n", what, holds ? "ok" : "WRONG");
    failures += !holds;
}

static long long now(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        return -1;
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
    struct timespec resolution;

    check("the year is 2020 or later", now(CLOCK_REALTIME) > 1577836800000000000LL);
    check("time() agrees with the clock",
          time(NULL) - now(CLOCK_REALTIME) / 1000000000 <= 1);
    check("realtime has a resolution",
          clock_getres(CLOCK_REALTIME, &resolution) == 0 &&
              (resolution.tv_sec > 0 || resolution.tv_nsec > 0));
    check("monotonic has a resolution",
          clock_getres(CLOCK_MONOTONIC, &resolution) == 0 &&
              (resolution.tv_sec > 0 || resolution.tv_nsec > 0));

    int forward = 1;
    long long previous = now(CLOCK_MONOTONIC);
    check("monotonic can be read", previous >= 0);
    for (int i = 0; i < 50; i++) {
        long long t = now(CLOCK_MONOTONIC);
        forward &= t >= previous;
        previous = t;
    }
    check("monotonic never goes back", forward);

    long long start = now(CLOCK_MONOTONIC);
    struct timespec pause = {0, 5000000};
    check("nanosleep", nanosleep(&pause, NULL) == 0);
    long long slept = now(CLOCK_MONOTONIC) - start;
    check("it slept 5 ms at least", slept >= 5000000);
    check("it woke within 5 s", slept < 5000000000LL);

    start = now(CLOCK_MONOTONIC);
    check("usleep", usleep(3000) == 0);
    check("it slept 3 ms at least", now(CLOCK_MONOTONIC) - start >= 3000000);

    unsigned char first[32], second[32], zero[32] = {0};
    check("getentropy", getentropy(first, 32) == 0 && getentropy(second, 32) == 0);
    check("the bytes are not all zero", memcmp(first, zero, 32) != 0);
    check("two draws differ", memcmp(first, second, 32) != 0);
    check("more than 256 bytes is refused", getentropy(NULL, 257) != 0);

    return failures != 0;
}
