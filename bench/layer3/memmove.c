/* The C library's memmove, memcpy and memset on pieces of many sizes that overlap, n times. */

#include <stdint.h>
#include <string.h>

uint64_t run(uint32_t n) {
    static uint8_t data[1 << 16];
    uint32_t seed = 1;
    for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 >> 2);
    for (uint32_t turn = 0; turn < n; turn++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t size = seed >> 20 >> turn % 12;
        uint32_t from = seed >> 3 & 0x7fff, to = seed >> 7 & 0x7fff;
        memmove(data + to, data + from, size);
        if (turn % 4 == 0) memcpy(data + 0xc000 + (from & 0xfff), data + to, size);
        if (turn % 16 == 0) memset(data + from, (int)turn, size / 4);
        data[to] ^= (uint8_t)seed;
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sizeof data; i++) sum = sum * 31 + data[i];
    return sum;
}
