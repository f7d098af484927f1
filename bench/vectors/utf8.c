/* Whether a text is valid UTF-8: byte by byte, or sixteen at a time through tables of nibbles. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 32768

static unsigned char text[SIZE + 32];

#ifdef VECTOR
/* What is wrong with two bytes that follow each other: a bit each, set in all three tables. */
#define SHORT 1      /* the first byte needs a continuation, the second is none */
#define LONG 2       /* a continuation behind ASCII */
#define OVERLONG3 4
#define LARGE 8      /* beyond U+10FFFF */
#define SURROGATE 16
#define OVERLONG2 32
#define LARGE8 64    /* the same, of a second byte 8. */
#define OVERLONG4 64
#define TWO 128      /* two continuations, which a longer sequence may have */
#define ANY (SHORT | LONG | TWO)
#define MUCH (ANY | LARGE | LARGE8)

static int valid(const unsigned char *at, int size) {
    const v128_t first_high = wasm_u8x16_const(
        LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, TWO, TWO, TWO, TWO, SHORT | OVERLONG2, SHORT,
        SHORT | OVERLONG3 | SURROGATE, SHORT | LARGE | LARGE8 | OVERLONG4);
    const v128_t first_low = wasm_u8x16_const(
        ANY | OVERLONG2 | OVERLONG3 | OVERLONG4, ANY | OVERLONG2, ANY, ANY, ANY | LARGE, MUCH, MUCH, MUCH,
        MUCH, MUCH, MUCH, MUCH, MUCH, MUCH | SURROGATE, MUCH, MUCH);
    const v128_t second_high = wasm_u8x16_const(
        SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
        LONG | OVERLONG2 | TWO | OVERLONG3 | LARGE8 | OVERLONG4, LONG | OVERLONG2 | TWO | OVERLONG3 | LARGE,
        LONG | OVERLONG2 | TWO | SURROGATE | LARGE, LONG | OVERLONG2 | TWO | SURROGATE | LARGE,
        SHORT, SHORT, SHORT, SHORT);
    const v128_t most = wasm_u8x16_const(255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                         0xF0 - 1, 0xE0 - 1, 0xC0 - 1);
    v128_t wrong = wasm_i8x16_const_splat(0), before = wrong, open = wrong;
    for (int i = 0; i < size; i += 16) {
        v128_t bytes = wasm_v128_load(at + i);
        if (wasm_i8x16_bitmask(bytes) == 0) {
            wrong = wasm_v128_or(wrong, open); /* ASCII, so nothing may be open */
            open = wasm_i8x16_const_splat(0);
        } else {
            v128_t one = wasm_i8x16_shuffle(before, bytes, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                            27, 28, 29, 30);
            v128_t two = wasm_i8x16_shuffle(before, bytes, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                            26, 27, 28, 29);
            v128_t three = wasm_i8x16_shuffle(before, bytes, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                              24, 25, 26, 27, 28);
            v128_t pairs = wasm_v128_and(
                wasm_v128_and(wasm_i8x16_swizzle(first_high, wasm_u8x16_shr(one, 4)),
                              wasm_i8x16_swizzle(first_low, wasm_v128_and(one, wasm_i8x16_const_splat(15)))),
                wasm_i8x16_swizzle(second_high, wasm_u8x16_shr(bytes, 4)));
            v128_t longer = wasm_v128_or(wasm_u8x16_sub_sat(two, wasm_u8x16_const_splat(0xE0 - 0x80)),
                                         wasm_u8x16_sub_sat(three, wasm_u8x16_const_splat(0xF0 - 0x80)));
            longer = wasm_v128_and(longer, wasm_u8x16_const_splat(128));
            wrong = wasm_v128_or(wrong, wasm_v128_xor(longer, pairs));
            open = wasm_u8x16_sub_sat(bytes, most);
        }
        before = bytes;
    }
    return !wasm_v128_any_true(wasm_v128_or(wrong, open));
}
#else
static int valid(const unsigned char *at, int size) {
    const unsigned char *end = at + size;
    while (at < end) {
        unsigned first = *at++;
        if (first < 0x80) continue;
        unsigned low = 0x80, high = 0xBF;
        int more;
        if (first >= 0xC2 && first <= 0xDF) {
            more = 1;
        } else if (first >= 0xE0 && first <= 0xEF) {
            more = 2;
            if (first == 0xE0) low = 0xA0;
            if (first == 0xED) high = 0x9F;
        } else if (first >= 0xF0 && first <= 0xF4) {
            more = 3;
            if (first == 0xF0) low = 0x90;
            if (first == 0xF4) high = 0x8F;
        } else {
            return 0;
        }
        if (end - at < more || *at < low || *at > high) return 0;
        for (at++; --more > 0; at++)
            if ((*at & 0xC0) != 0x80) return 0;
    }
    return 1;
}
#endif

int run(int n) {
    unsigned seed = 7;
    int i = 0;
    while (i < SIZE - 4) {
        seed = seed * 1103515245 + 12345;
        unsigned kind = seed >> 24;
        if (kind < 200) {
            for (int left = 30; left > 0 && i < SIZE - 4; left--) text[i++] = (unsigned char)(32 + (seed >> left & 63));
        } else if (kind < 230) {
            text[i++] = 0xC3, text[i++] = (unsigned char)(0x80 | (seed >> 16 & 63));
        } else if (kind < 250) {
            text[i++] = 0xE4, text[i++] = (unsigned char)(0x80 | (seed >> 16 & 63));
            text[i++] = (unsigned char)(0x80 | (seed >> 10 & 63));
        } else {
            text[i++] = 0xF0, text[i++] = 0x9F, text[i++] = 0x98;
            text[i++] = (unsigned char)(0x80 | (seed >> 16 & 63));
        }
    }
    while (i < SIZE) text[i++] = ' ';
    unsigned sum = 0;
    while (n-- > 0) {
        unsigned char *changed = &text[SIZE - 1 - n % 50], kept = *changed;
        *changed = (unsigned char)(n * 17);
        sum = sum * 31 + (unsigned)valid(text, SIZE);
        *changed = kept;
    }
    return (int)sum;
}
