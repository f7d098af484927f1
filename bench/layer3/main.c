/* The `main` of each program here: does the work of `run` for the n in the first argument, and
   prints the checksum. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t run(uint32_t n);

int main(int argc, char **argv) {
    printf("%016" PRIx64 "\n", run(argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1));
    return 0;
}
