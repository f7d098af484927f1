/* The permutation Gimli, n times: three rows of four 32-bit words, shifts and bits. */

#include <stdint.h>

static uint32_t left(uint32_t x, int by) { return x << by | x >> (32 - by); }

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static void gimli(uint32_t *state) {
    for (uint32_t round = 24; round > 0; round--) {
        for (int column = 0; column < 4; column++) {
            uint32_t x = left(state[column], 24);
            uint32_t y = left(state[4 + column], 9);
            uint32_t z = state[8 + column];
            state[8 + column] = x ^ z << 1 ^ (y & z) << 2;
            state[4 + column] = y ^ x ^ (x | z) << 1;
            state[column] = z ^ y ^ (x & y) << 3;
        }
        if (round % 4 == 0) {
            swap(&state[0], &state[1]);
            swap(&state[2], &state[3]);
            state[0] ^= 0x9e377900 | round;
        } else if (round % 4 == 2) {
            swap(&state[0], &state[2]);
            swap(&state[1], &state[3]);
        }
    }
}

uint64_t run(uint32_t n) {
    uint32_t state[12];
    for (uint32_t i = 0; i < 12; i++) state[i] = i * i * i + i * 0x9e3779b9;
    while (n-- > 0) gimli(state);
    return (uint64_t)state[0] << 32 | state[11];
}
