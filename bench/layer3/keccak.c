/* Keccak's permutation of 1600 bits in the sponge of SHA3-256, over a message of n blocks. */

#include <stdint.h>
#include <string.h>

enum { RATE = 136 };

static uint64_t left(uint64_t x, unsigned by) { return by ? x << by | x >> (64 - by) : x; }

/* The constants of the rounds come from a shift register, as the standard makes them. */
static void constants(uint64_t *rounds) {
    uint8_t bits = 1;
    for (int round = 0; round < 24; round++) {
        rounds[round] = 0;
        for (int j = 0; j < 7; j++) {
            if (bits & 1) rounds[round] |= (uint64_t)1 << ((1 << j) - 1);
            bits = (uint8_t)(bits << 1 ^ (bits & 0x80 ? 0x71 : 0));
        }
    }
}

static void permute(uint64_t *a, const uint64_t *rounds) {
    for (int round = 0; round < 24; round++) {
        uint64_t column[5], b[25];
        for (int x = 0; x < 5; x++) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t parity = column[(x + 4) % 5] ^ left(column[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5) a[y + x] ^= parity;
        }
        unsigned x = 1, y = 0, by = 0;
        b[0] = a[0];
        for (unsigned step = 1; step < 25; step++) {
            by += step;
            unsigned to_y = (2 * x + 3 * y) % 5;
            b[to_y * 5 + y] = left(a[y * 5 + x], by % 64);
            x = y;
            y = to_y;
        }
        for (int row = 0; row < 25; row += 5)
            for (int i = 0; i < 5; i++)
                a[row + i] = b[row + i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
        a[0] ^= rounds[round];
    }
}

uint64_t run(uint32_t n) {
    uint64_t state[25] = {0}, rounds[24];
    uint8_t block[RATE];
    constants(rounds);
    for (uint32_t i = 0; i <= n; i++) {
        for (uint32_t j = 0; j < RATE; j++) block[j] = (uint8_t)(i + j);
        if (i == n) { /* the padding fills a block of its own */
            memset(block, 0, RATE);
            block[0] = 6;
            block[RATE - 1] = 0x80;
        }
        for (int j = 0; j < RATE / 8; j++) {
            uint64_t word;
            memcpy(&word, block + 8 * j, 8);
            state[j] ^= word;
        }
        permute(state, rounds);
    }
    return state[0];
}
