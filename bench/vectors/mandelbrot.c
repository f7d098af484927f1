/* How many steps points of the plane stay near, in 32-bit floats: one by one, or four at a time. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define WIDTH 64
#define MOST 120

#ifdef VECTOR
static unsigned row(float y0) {
    v128_t total = wasm_i32x4_const_splat(0), cy = wasm_f32x4_splat(y0);
    for (int i = 0; i < WIDTH; i += 4) {
        v128_t column = wasm_f32x4_convert_i32x4(wasm_i32x4_add(wasm_i32x4_splat(i), wasm_i32x4_const(0, 1, 2, 3)));
        v128_t cx = wasm_f32x4_sub(wasm_f32x4_mul(column, wasm_f32x4_const_splat(0.046875f)),
                                   wasm_f32x4_const_splat(2));
        v128_t x = wasm_f32x4_const_splat(0), y = x, near = wasm_i32x4_const_splat(-1);
        v128_t steps = wasm_i32x4_const_splat(0);
        for (int step = 0; step < MOST; step++) {
            v128_t xx = wasm_f32x4_mul(x, x), yy = wasm_f32x4_mul(y, y), xy = wasm_f32x4_mul(x, y);
            near = wasm_v128_and(near, wasm_f32x4_le(wasm_f32x4_add(xx, yy), wasm_f32x4_const_splat(4)));
            if (!wasm_v128_any_true(near)) break;
            steps = wasm_i32x4_sub(steps, near);
            x = wasm_f32x4_add(wasm_f32x4_sub(xx, yy), cx);
            y = wasm_f32x4_add(wasm_f32x4_add(xy, xy), cy);
        }
        total = wasm_i32x4_add(total, wasm_i32x4_mul(steps, steps));
    }
    return (unsigned)(wasm_i32x4_extract_lane(total, 0) + wasm_i32x4_extract_lane(total, 1) +
                      wasm_i32x4_extract_lane(total, 2) + wasm_i32x4_extract_lane(total, 3));
}
#else
static unsigned row(float cy) {
    unsigned total = 0;
    for (int i = 0; i < WIDTH; i++) {
        float cx = (float)i * 0.046875f - 2, x = 0, y = 0;
        unsigned step = 0;
        for (; step < MOST; step++) {
            float xx = x * x, yy = y * y, xy = x * y;
            if (!(xx + yy <= 4)) break;
            x = xx - yy + cx;
            y = xy + xy + cy;
        }
        total += step * step;
    }
    return total;
}
#endif

int run(int n) {
    unsigned sum = 0;
    while (n-- > 0) sum = sum * 31 + row((float)(n % 128) * 0.01953125f - 1.25f);
    return (int)sum;
}
