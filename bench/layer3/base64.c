/* Base64 of a buffer and back, n times: table look-ups, bytes, shifts. */

#include <stdint.h>
#include <string.h>

enum { SIZE = 6000 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t encode(const uint8_t *in, uint32_t size, char *out) {
    char *at = out;
    for (uint32_t i = 0; i < size; i += 3) {
        uint32_t left = size - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (left > 1) bits |= (uint32_t)in[i + 1] << 8;
        if (left > 2) bits |= in[i + 2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    return (uint32_t)(at - out);
}

static uint32_t decode(const char *in, uint32_t size, const int8_t *values, uint8_t *out) {
    uint8_t *at = out;
    uint32_t bits = 0, count = 0;
    for (uint32_t i = 0; i < size; i++) {
        int value = values[(uint8_t)in[i]];
        if (value < 0) break;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *at++ = (uint8_t)(bits >> count);
        }
    }
    return (uint32_t)(at - out);
}

uint64_t run(uint32_t n) {
    static uint8_t data[SIZE], back[SIZE];
    static char text[(SIZE + 2) / 3 * 4];
    int8_t values[256];
    memset(values, -1, sizeof values);
    for (int i = 0; i < 64; i++) values[(uint8_t)alphabet[i]] = (int8_t)i;
    for (uint32_t i = 0; i < SIZE; i++) data[i] = (uint8_t)(i * i >> 3);
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        uint32_t size = SIZE - turn % 5;
        uint32_t length = encode(data, size, text);
        if (decode(text, length, values, back) != size || memcmp(data, back, size)) return 0;
        sum = sum * 31 + (uint8_t)text[turn % length] + length;
        data[turn % SIZE] += (uint8_t)sum;
    }
    return sum;
}
