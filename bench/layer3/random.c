/* n random numbers of a linear congruence: a remainder and a division of double each. */

#include <stdint.h>

enum { A = 3877, C = 29573, M = 139968 };

static uint32_t last;

static double random_below(double limit) {
    last = (last * A + C) % M;
    return limit * last / M;
}

uint64_t run(uint32_t n) {
    double sum = 0;
    last = 42;
    while (n-- > 0) sum += random_below(100.0);
    return (uint64_t)(sum * 1000);
}
