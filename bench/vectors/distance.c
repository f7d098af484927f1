/* Lengths and directions of points of the plane in 64-bit floats: square roots and divisions. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 1024

static double xs[SIZE], ys[SIZE], directions[SIZE];

#ifdef VECTOR
static double total(double x, double y) {
    v128_t sum = wasm_f64x2_const_splat(0), x0 = wasm_f64x2_splat(x), y0 = wasm_f64x2_splat(y);
    for (int i = 0; i < SIZE; i += 2) {
        v128_t dx = wasm_f64x2_sub(wasm_v128_load(&xs[i]), x0);
        v128_t dy = wasm_f64x2_sub(wasm_v128_load(&ys[i]), y0);
        v128_t length = wasm_f64x2_sqrt(wasm_f64x2_add(wasm_f64x2_mul(dx, dx), wasm_f64x2_mul(dy, dy)));
        wasm_v128_store(&directions[i], wasm_f64x2_div(wasm_f64x2_abs(dx), length));
        sum = wasm_f64x2_add(sum, length);
    }
    return wasm_f64x2_extract_lane(sum, 0) + wasm_f64x2_extract_lane(sum, 1);
}
#else
static double total(double x, double y) {
    double even = 0, odd = 0;
    for (int i = 0; i < SIZE; i += 2) {
        double dx = xs[i] - x, dy = ys[i] - y, ex = xs[i + 1] - x, ey = ys[i + 1] - y;
        double length = __builtin_sqrt(dx * dx + dy * dy), other = __builtin_sqrt(ex * ex + ey * ey);
        directions[i] = __builtin_fabs(dx) / length;
        directions[i + 1] = __builtin_fabs(ex) / other;
        even += length;
        odd += other;
    }
    return even + odd;
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE; i++) {
        xs[i] = i * 37 % 101 * 0.5;
        ys[i] = i * 53 % 97 * 0.25;
    }
    unsigned sum = 0;
    while (n-- > 0) {
        sum = sum * 31 + (unsigned)total(n % 61 + 0.125, n % 47 + 0.0625);
        sum = sum * 31 + (unsigned)(directions[n % SIZE] * 1e6);
    }
    return (int)sum;
}
