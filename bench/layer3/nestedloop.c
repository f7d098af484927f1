/* Six loops in one another, each of n turns. */

#include <stdint.h>

uint64_t run(uint32_t n) {
    uint64_t x = 1;
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++)
            for (uint32_t c = 0; c < n; c++)
                for (uint32_t d = 0; d < n; d++)
                    for (uint32_t e = 0; e < n; e++)
                        for (uint32_t f = 0; f < n; f++) x = x * 3 ^ (a + f);
    return x;
}
