/* Product of two matrices of 32-bit floats, a strip of columns at a time; all sums are exact. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 96

static float a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

#ifdef RELAXED
#define MADD(x, y, sum) wasm_f32x4_relaxed_madd(x, y, sum)
#else
#define MADD(x, y, sum) wasm_f32x4_add(sum, wasm_f32x4_mul(x, y))
#endif

#ifdef VECTOR
static void multiply(void) {
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j += 16) {
            v128_t sum0 = wasm_f32x4_const_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int k = 0; k < SIZE; k++) {
                v128_t left = wasm_v128_load32_splat(&a[i][k]);
                sum0 = MADD(left, wasm_v128_load(&b[k][j]), sum0);
                sum1 = MADD(left, wasm_v128_load(&b[k][j + 4]), sum1);
                sum2 = MADD(left, wasm_v128_load(&b[k][j + 8]), sum2);
                sum3 = MADD(left, wasm_v128_load(&b[k][j + 12]), sum3);
            }
            wasm_v128_store(&c[i][j], sum0);
            wasm_v128_store(&c[i][j + 4], sum1);
            wasm_v128_store(&c[i][j + 8], sum2);
            wasm_v128_store(&c[i][j + 12], sum3);
        }
}
#else
static void multiply(void) {
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j += 4) {
            float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
            for (int k = 0; k < SIZE; k++) {
                float left = a[i][k];
                sum0 += left * b[k][j];
                sum1 += left * b[k][j + 1];
                sum2 += left * b[k][j + 2];
                sum3 += left * b[k][j + 3];
            }
            c[i][j] = sum0;
            c[i][j + 1] = sum1;
            c[i][j + 2] = sum2;
            c[i][j + 3] = sum3;
        }
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (float)((i * 7 + j) % 13 - 5);
            b[i][j] = (float)((i + j * 5) % 11 - 4);
        }
    unsigned sum = 0;
    while (n-- > 0) {
        multiply();
        for (int i = 0; i < SIZE; i++) sum = sum * 31 + (unsigned)(int)c[i][(i + n) % SIZE];
        a[n % SIZE][n % 7] += 1;
    }
    return (int)sum;
}
