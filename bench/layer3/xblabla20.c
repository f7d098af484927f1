/* A stream cipher of the shape of XChaCha20 on words of 64 bits, rotated as in BLAKE2b: a key made
   of the first half of a long nonce, then n blocks of 128 bytes of its stream. */

#include <stdint.h>
#include <string.h>

enum { ROUNDS = 20 };

static const uint64_t CONSTANTS[4] = {0x6170786593810fab, 0x3320646ec7398aee, 0x79622d3217318274,
                                      0x6b206574babadada};

static uint64_t right(uint64_t x, int by) { return x >> by | x << (64 - by); }

static void quarter(uint64_t *s, int a, int b, int c, int d) {
    s[a] += s[b], s[d] = right(s[d] ^ s[a], 32);
    s[c] += s[d], s[b] = right(s[b] ^ s[c], 24);
    s[a] += s[b], s[d] = right(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = right(s[b] ^ s[c], 63);
}

static void rounds(uint64_t *s) {
    for (int i = 0; i < ROUNDS; i += 2) {
        for (int j = 0; j < 4; j++) quarter(s, j, 4 + j, 8 + j, 12 + j);
        for (int j = 0; j < 4; j++)
            quarter(s, j, 4 + (j + 1) % 4, 8 + (j + 2) % 4, 12 + (j + 3) % 4);
    }
}

static void fill(uint64_t *s, const uint64_t *key, const uint64_t *nonce, uint64_t count) {
    memcpy(s, CONSTANTS, sizeof CONSTANTS);
    memcpy(s + 4, key, 4 * sizeof *s);
    memcpy(s + 8, CONSTANTS, sizeof CONSTANTS);
    s[8] ^= 64;
    s[12] = 0;
    s[13] = count;
    s[14] = nonce[0];
    s[15] = nonce[1];
}

uint64_t run(uint32_t n) {
    uint64_t key[4] = {1, 2, 3, 4}, nonce[4] = {5, 6, 7, 8}, state[16], mixed[16], sum[16] = {0};
    fill(state, key, nonce, 0);
    rounds(state);
    memcpy(key, state, 2 * sizeof *key);
    memcpy(key + 2, state + 14, 2 * sizeof *key);
    for (uint64_t count = 1; count <= n; count++) {
        fill(state, key, nonce + 2, count);
        memcpy(mixed, state, sizeof state);
        rounds(mixed);
        for (int i = 0; i < 16; i++) sum[i] ^= mixed[i] + state[i];
    }
    for (int i = 1; i < 16; i++) sum[0] = sum[0] * 31 + sum[i];
    return sum[0];
}
