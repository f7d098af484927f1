/* The driver of a benchmark built for this machine: what serving.py says, for `run` alone.

   The benchmark is compiled with -DRUN=its function; the first argument is n. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t RUN(uint32_t n);

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    char line[16];
    if (argc < 2) return 2;
    uint32_t n = (uint32_t)strtoul(argv[1], 0, 10);
    if (argc < 3) {
        printf("%" PRIu64 "\n", RUN(n));
        return 0;
    }
    while (fgets(line, sizeof line, stdin)) {
        double started = now();
        uint64_t result = RUN(n);
        double taken = now() - started;
        printf("{\"seconds\": %.9f, \"result\": \"%016" PRIx64 "\"}\n", taken, result);
        fflush(stdout);
    }
    return 0;
}
