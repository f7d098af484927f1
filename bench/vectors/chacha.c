/* The stream of ChaCha20, a block at a time: sixteen words, or four rows of four. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define BLOCKS 64

static const unsigned start[16] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, 0x03020100, 0x07060504,
                                   0x0B0A0908, 0x0F0E0D0C, 0x13121110, 0x17161514, 0x1B1A1918, 0x1F1E1D1C,
                                   1,          0x09000000, 0x4A000000, 0};
static unsigned stream[BLOCKS][16];

#ifdef VECTOR
#define ROTATE(a, by) wasm_v128_or(wasm_i32x4_shl(a, by), wasm_u32x4_shr(a, 32 - (by)))
#define ROTATE16(a) wasm_i8x16_shuffle(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define ROTATE8(a) wasm_i8x16_shuffle(a, a, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)
#define LEFT(a, by) wasm_i32x4_shuffle(a, a, (by) & 3, ((by) + 1) & 3, ((by) + 2) & 3, ((by) + 3) & 3)
#define QUARTERS(a, b, c, d)                                             \
    a = wasm_i32x4_add(a, b), d = wasm_v128_xor(d, a), d = ROTATE16(d);  \
    c = wasm_i32x4_add(c, d), b = wasm_v128_xor(b, c), b = ROTATE(b, 12); \
    a = wasm_i32x4_add(a, b), d = wasm_v128_xor(d, a), d = ROTATE8(d);   \
    c = wasm_i32x4_add(c, d), b = wasm_v128_xor(b, c), b = ROTATE(b, 7)

static void block(unsigned *to, unsigned number) {
    v128_t a = wasm_v128_load(start), b = wasm_v128_load(start + 4), c = wasm_v128_load(start + 8);
    v128_t last = wasm_i32x4_replace_lane(wasm_v128_load(start + 12), 0, (int)number), d = last;
    for (int round = 0; round < 20; round += 2) {
        QUARTERS(a, b, c, d);
        b = LEFT(b, 1), c = LEFT(c, 2), d = LEFT(d, 3);
        QUARTERS(a, b, c, d);
        b = LEFT(b, 3), c = LEFT(c, 2), d = LEFT(d, 1);
    }
    wasm_v128_store(to, wasm_i32x4_add(a, wasm_v128_load(start)));
    wasm_v128_store(to + 4, wasm_i32x4_add(b, wasm_v128_load(start + 4)));
    wasm_v128_store(to + 8, wasm_i32x4_add(c, wasm_v128_load(start + 8)));
    wasm_v128_store(to + 12, wasm_i32x4_add(d, last));
}
#else
#define ROTATE(a, by) ((a) << (by) | (a) >> (32 - (by)))
#define QUARTER(a, b, c, d)                     \
    a += b, d ^= a, d = ROTATE(d, 16);          \
    c += d, b ^= c, b = ROTATE(b, 12);          \
    a += b, d ^= a, d = ROTATE(d, 8);           \
    c += d, b ^= c, b = ROTATE(b, 7)

static void block(unsigned *to, unsigned number) {
    unsigned s[16];
    for (int i = 0; i < 16; i++) s[i] = start[i];
    s[12] = number;
    for (int round = 0; round < 20; round += 2) {
        QUARTER(s[0], s[4], s[8], s[12]);
        QUARTER(s[1], s[5], s[9], s[13]);
        QUARTER(s[2], s[6], s[10], s[14]);
        QUARTER(s[3], s[7], s[11], s[15]);
        QUARTER(s[0], s[5], s[10], s[15]);
        QUARTER(s[1], s[6], s[11], s[12]);
        QUARTER(s[2], s[7], s[8], s[13]);
        QUARTER(s[3], s[4], s[9], s[14]);
    }
    for (int i = 0; i < 16; i++) to[i] = s[i] + (i == 12 ? number : start[i]);
}
#endif

int run(int n) {
    unsigned sum = 0, number = 1;
    while (n-- > 0) {
        for (int i = 0; i < BLOCKS; i++) block(stream[i], number++);
        sum = sum * 31 + stream[n % BLOCKS][n % 16];
    }
    for (int i = 0; i < BLOCKS; i++)
        for (int j = 0; j < 16; j++) sum = sum * 31 + stream[i][j];
    return (int)sum;
}
