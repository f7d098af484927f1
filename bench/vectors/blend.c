/* Rows of RGBA pixels of 8 bits a channel, blended over others by their alpha. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define WIDTH 512
#define ROWS 32

static unsigned char above[ROWS][WIDTH * 4], image[ROWS][WIDTH * 4];

#ifdef VECTOR
/* A 255th of 16-bit products, rounded. */
static v128_t part(v128_t product) {
    v128_t rounded = wasm_i16x8_add(product, wasm_i16x8_const_splat(128));
    return wasm_u16x8_shr(wasm_i16x8_add(rounded, wasm_u16x8_shr(rounded, 8)), 8);
}

static void blend(unsigned char *to, const unsigned char *from) {
    for (int i = 0; i < WIDTH * 4; i += 16) {
        v128_t a = wasm_v128_load(from + i), b = wasm_v128_load(to + i);
        v128_t alpha = wasm_i8x16_shuffle(a, a, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
        v128_t rest = wasm_v128_not(alpha);
        v128_t low = wasm_i16x8_add(wasm_u16x8_extmul_low_u8x16(a, alpha),
                                    wasm_u16x8_extmul_low_u8x16(b, rest));
        v128_t high = wasm_i16x8_add(wasm_u16x8_extmul_high_u8x16(a, alpha),
                                     wasm_u16x8_extmul_high_u8x16(b, rest));
        wasm_v128_store(to + i, wasm_u8x16_narrow_i16x8(part(low), part(high)));
    }
}
#else
static void blend(unsigned char *to, const unsigned char *from) {
    for (int i = 0; i < WIDTH * 4; i += 4) {
        unsigned alpha = from[i + 3];
        for (int channel = i; channel < i + 4; channel++) {
            unsigned product = from[channel] * alpha + to[channel] * (255 - alpha) + 128;
            to[channel] = (unsigned char)((product + (product >> 8)) >> 8);
        }
    }
}
#endif

int run(int n) {
    for (int y = 0; y < ROWS; y++)
        for (int i = 0; i < WIDTH * 4; i++) {
            above[y][i] = (unsigned char)(i * 7 + y * i);
            image[y][i] = (unsigned char)(i * i >> 3);
        }
    while (n-- > 0)
        for (int y = 0; y < ROWS; y++) blend(image[y], above[(y + n) % ROWS]);
    unsigned sum = 0;
    for (int y = 0; y < ROWS; y++)
        for (int i = 0; i < WIDTH * 4; i++) sum = sum * 31 + image[y][i];
    return (int)sum;
}
