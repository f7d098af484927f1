/* A matrix of 8-bit weights times a vector of 7-bit activations, summed in 32 bits. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 1024
#define ROWS 16

static signed char weights[ROWS][SIZE], input[SIZE];

#ifdef RELAXED
static int dot(const signed char *a, const signed char *b) {
    v128_t sum0 = wasm_i32x4_const_splat(0), sum1 = sum0;
    for (int i = 0; i < SIZE; i += 32) {
        sum0 = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load(a + i), wasm_v128_load(b + i), sum0);
        sum1 = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load(a + i + 16),
                                                      wasm_v128_load(b + i + 16), sum1);
    }
    v128_t sum = wasm_i32x4_add(sum0, sum1);
    return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
           wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
}
#elif defined VECTOR
static int dot(const signed char *a, const signed char *b) {
    v128_t sum0 = wasm_i32x4_const_splat(0), sum1 = sum0;
    for (int i = 0; i < SIZE; i += 16) {
        v128_t x = wasm_v128_load(a + i), y = wasm_v128_load(b + i);
        sum0 = wasm_i32x4_add(sum0, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(x),
                                                         wasm_i16x8_extend_low_i8x16(y)));
        sum1 = wasm_i32x4_add(sum1, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(x),
                                                         wasm_i16x8_extend_high_i8x16(y)));
    }
    v128_t sum = wasm_i32x4_add(sum0, sum1);
    return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
           wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
}
#else
static int dot(const signed char *a, const signed char *b) {
    int sum0 = 0, sum1 = 0;
    for (int i = 0; i < SIZE; i += 2) {
        sum0 += a[i] * b[i];
        sum1 += a[i + 1] * b[i + 1];
    }
    return sum0 + sum1;
}
#endif

int run(int n) {
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < SIZE; j++) weights[i][j] = (signed char)(i * j * 7 + j * 3);
    for (int j = 0; j < SIZE; j++) input[j] = (signed char)(j * 11 & 127);
    unsigned sum = 0;
    while (n-- > 0) {
        for (int i = 0; i < ROWS; i++) sum = sum * 31 + (unsigned)dot(weights[i], input);
        input[n % SIZE] = (signed char)(sum & 127);
    }
    return (int)sum;
}
