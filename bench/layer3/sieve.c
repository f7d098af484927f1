/* The sieve of Eratosthenes with one bit an odd number, n times. */

#include <stdint.h>
#include <string.h>

enum { LIMIT = 1 << 18 };

uint64_t run(uint32_t n) {
    static uint32_t bits[LIMIT / 64];
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        uint32_t limit = LIMIT / 2 - turn % 8, count = 1;
        memset(bits, 0, sizeof bits);
        for (uint32_t i = 1; i < limit; i++) {
            if (bits[i / 32] >> i % 32 & 1) continue;
            count++;
            uint32_t prime = 2 * i + 1;
            for (uint64_t j = (uint64_t)i * (prime + 1); j < limit; j += prime)
                bits[j / 32] |= (uint32_t)1 << j % 32;
        }
        sum = sum * 31 + count;
    }
    return sum;
}
