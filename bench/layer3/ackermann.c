/* Ackermann's function, n times: deep recursion. */

#include <stdint.h>

static uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

uint64_t run(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum = sum * 31 + ackermann(i % 2 + 2, 6 + i % 3);
    return sum;
}
