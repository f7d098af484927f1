/* A chain of n hashes, each of the text that the one before made: products of 64 bits. */

#include <stdint.h>
#include <string.h>

static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    return x ^ x >> 32;
}

static uint64_t hash(const uint8_t *text, uint32_t size, uint64_t key) {
    uint64_t sum = key ^ size * 0x9e3779b97f4a7c15;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        sum = mixed(sum ^ word) + 0x2545f4914f6cdd1d;
        text += 8;
        size -= 8;
    }
    uint64_t rest = 0;
    for (uint32_t i = 0; i < size; i++) rest |= (uint64_t)text[i] << 8 * i;
    return mixed(sum ^ rest);
}

uint64_t run(uint32_t n) {
    uint8_t text[64];
    uint64_t last = 1;
    for (uint32_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 11);
    for (uint32_t i = 0; i < n; i++) {
        /* Digits of the last hash become a part of the next text. */
        for (uint32_t j = 0; j < 16; j++)
            text[(i + j) % sizeof text] = (uint8_t)("0123456789abcdef"[last >> 4 * j & 15]);
        last = hash(text, 24 + (uint32_t)(last % 40), last);
    }
    return last;
}
