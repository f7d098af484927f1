/* XChaCha20: a key made by HChaCha20 of a long nonce, then n blocks of the stream over a message. */

#include <stdint.h>
#include <string.h>

static uint32_t left(uint32_t x, int by) { return x << by | x >> (32 - by); }

static void quarter(uint32_t *s, int a, int b, int c, int d) {
    s[a] += s[b], s[d] = left(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = left(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = left(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = left(s[b] ^ s[c], 7);
}

static void rounds(uint32_t *s) {
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 4; j++) quarter(s, j, 4 + j, 8 + j, 12 + j);
        for (int j = 0; j < 4; j++)
            quarter(s, j, 4 + (j + 1) % 4, 8 + (j + 2) % 4, 12 + (j + 3) % 4);
    }
}

static void start(uint32_t *s, const uint8_t *key, const uint8_t *rest) {
    memcpy(s, "expand 32-byte k", 16);
    memcpy(s + 4, key, 32);
    memcpy(s + 12, rest, 16);
}

uint64_t run(uint32_t n) {
    uint8_t key[32], nonce[24], counted[16] = {0}, message[64];
    uint32_t state[16], mixed[16];
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)i;
    for (int i = 0; i < 24; i++) nonce[i] = (uint8_t)(i * 3);
    for (int i = 0; i < 64; i++) message[i] = (uint8_t)(i * 5);
    start(state, key, nonce);
    rounds(state);
    memcpy(key, state, 16);
    memcpy(key + 16, state + 12, 16);
    memcpy(counted + 8, nonce + 16, 8);
    start(state, key, counted);
    while (n-- > 0) {
        memcpy(mixed, state, sizeof state);
        rounds(mixed);
        for (int i = 0; i < 16; i++) {
            uint32_t word;
            mixed[i] += state[i];
            memcpy(&word, message + 4 * i, 4);
            word ^= mixed[i];
            memcpy(message + 4 * i, &word, 4);
        }
        if (++state[12] == 0) state[13]++;
    }
    uint64_t sum = 0;
    for (int i = 0; i < 64; i++) sum = sum * 31 + message[i];
    return sum;
}
