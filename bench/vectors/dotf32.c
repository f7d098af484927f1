/* Dot products of 32-bit floats; all sums are exact. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 2048

static float a[SIZE], b[SIZE];

#ifdef RELAXED
#define MADD(x, y, sum) wasm_f32x4_relaxed_madd(x, y, sum)
#else
#define MADD(x, y, sum) wasm_f32x4_add(sum, wasm_f32x4_mul(x, y))
#endif

#ifdef VECTOR
static float dot(const float *x, const float *y) {
    v128_t sum0 = wasm_f32x4_const_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (int i = 0; i < SIZE; i += 16) {
        sum0 = MADD(wasm_v128_load(x + i), wasm_v128_load(y + i), sum0);
        sum1 = MADD(wasm_v128_load(x + i + 4), wasm_v128_load(y + i + 4), sum1);
        sum2 = MADD(wasm_v128_load(x + i + 8), wasm_v128_load(y + i + 8), sum2);
        sum3 = MADD(wasm_v128_load(x + i + 12), wasm_v128_load(y + i + 12), sum3);
    }
    v128_t sum = wasm_f32x4_add(wasm_f32x4_add(sum0, sum1), wasm_f32x4_add(sum2, sum3));
    return wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 1) +
           wasm_f32x4_extract_lane(sum, 2) + wasm_f32x4_extract_lane(sum, 3);
}
#else
static float dot(const float *x, const float *y) {
    float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int i = 0; i < SIZE; i += 4) {
        sum0 += x[i] * y[i];
        sum1 += x[i + 1] * y[i + 1];
        sum2 += x[i + 2] * y[i + 2];
        sum3 += x[i + 3] * y[i + 3];
    }
    return sum0 + sum1 + (sum2 + sum3);
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE; i++) {
        a[i] = (float)(i * 7 % 15 - 7);
        b[i] = (float)(i * 5 % 13 - 4);
    }
    unsigned sum = 0;
    while (n-- > 0) {
        sum = sum * 31 + (unsigned)(int)dot(a, b);
        b[n % SIZE] = (float)(sum >> 28);
    }
    return (int)sum;
}
