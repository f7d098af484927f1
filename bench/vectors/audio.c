/* Two streams of 16-bit samples, mixed in 32-bit floats with a gain each, and clipped. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 8192

static short left[SIZE], right[SIZE], mixed[SIZE];

#ifdef VECTOR
static v128_t part(v128_t a, v128_t b, v128_t by, v128_t other) {
    v128_t sum = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(a), by),
                                wasm_f32x4_mul(wasm_f32x4_convert_i32x4(b), other));
    sum = wasm_f32x4_pmax(wasm_f32x4_pmin(sum, wasm_f32x4_const_splat(32767)),
                          wasm_f32x4_const_splat(-32768));
    return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(sum));
}

static void mix(float gain, float other_gain) {
    v128_t by = wasm_f32x4_splat(gain), other = wasm_f32x4_splat(other_gain);
    for (int i = 0; i < SIZE; i += 8) {
        v128_t a = wasm_v128_load(&left[i]), b = wasm_v128_load(&right[i]);
        v128_t low = part(wasm_i32x4_extend_low_i16x8(a), wasm_i32x4_extend_low_i16x8(b), by, other);
        v128_t high = part(wasm_i32x4_extend_high_i16x8(a), wasm_i32x4_extend_high_i16x8(b), by, other);
        wasm_v128_store(&mixed[i], wasm_i16x8_narrow_i32x4(low, high));
    }
}
#else
static void mix(float gain, float other_gain) {
    for (int i = 0; i < SIZE; i++) {
        float sum = (float)left[i] * gain + (float)right[i] * other_gain;
        sum = sum > 32767 ? 32767 : sum;
        sum = sum < -32768 ? -32768 : sum;
        mixed[i] = (short)__builtin_rintf(sum);
    }
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE; i++) {
        left[i] = (short)(i * i * 13 ^ i << 5);
        right[i] = (short)(i * 77);
    }
    unsigned sum = 0;
    while (n-- > 0) {
        mix((float)(n % 7) * 0.3f, 0.7f);
        sum = sum * 31 + (unsigned)mixed[n % SIZE];
        left[n % SIZE] = (short)sum;
    }
    for (int i = 0; i < SIZE; i++) sum = sum * 31 + (unsigned)mixed[i];
    return (int)sum;
}
