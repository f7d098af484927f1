/* Bytes as base64: three by three through a table, or twelve at a time by shuffles. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 24576

static unsigned char data[SIZE + 16];
static char encoded[SIZE / 3 * 4];

#ifdef VECTOR
static void encode(void) {
    /* What to add to a number: by how far it is past 51, and 13 for those below 26. */
    const v128_t shifts = wasm_i8x16_const('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                           '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62,
                                           '/' - 63, 'A', 0, 0);
    for (int i = 0, to = 0; i < SIZE; i += 12, to += 16) {
        v128_t bytes = wasm_v128_load(data + i);
        bytes = wasm_i8x16_shuffle(bytes, bytes, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
        v128_t even = wasm_v128_or(
            wasm_v128_and(wasm_u32x4_shr(bytes, 10), wasm_i32x4_const_splat(0x3F)),
            wasm_v128_and(wasm_u32x4_shr(bytes, 6), wasm_i32x4_const_splat(0x3F0000)));
        v128_t odd = wasm_v128_or(
            wasm_v128_and(wasm_i32x4_shl(bytes, 4), wasm_i32x4_const_splat(0x3F00)),
            wasm_v128_and(wasm_i32x4_shl(bytes, 8), wasm_i32x4_const_splat(0x3F000000)));
        v128_t numbers = wasm_v128_or(even, odd);
        v128_t upper = wasm_i8x16_gt(wasm_i8x16_const_splat(26), numbers);
        v128_t at = wasm_v128_or(wasm_u8x16_sub_sat(numbers, wasm_i8x16_const_splat(51)),
                                 wasm_v128_and(upper, wasm_i8x16_const_splat(13)));
        wasm_v128_store(encoded + to, wasm_i8x16_add(numbers, wasm_i8x16_swizzle(shifts, at)));
    }
}
#else
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(void) {
    for (int i = 0, to = 0; i < SIZE; i += 3, to += 4) {
        unsigned bits = (unsigned)data[i] << 16 | (unsigned)data[i + 1] << 8 | data[i + 2];
        encoded[to] = letters[bits >> 18];
        encoded[to + 1] = letters[bits >> 12 & 63];
        encoded[to + 2] = letters[bits >> 6 & 63];
        encoded[to + 3] = letters[bits & 63];
    }
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * i >> 4 ^ i);
    unsigned sum = 0;
    while (n-- > 0) {
        encode();
        sum = sum * 31 + (unsigned char)encoded[n % (int)sizeof encoded];
        data[n % SIZE] = (unsigned char)sum;
    }
    for (int i = 0; i < (int)sizeof encoded; i++) sum = sum * 31 + (unsigned char)encoded[i];
    return (int)sum;
}
