/* A filter of 16 taps over 16-bit samples, in fixed point with rounding and saturation. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 4096
#define TAPS 16

static short input[SIZE + TAPS], output[SIZE], taps[TAPS];

#ifdef RELAXED
#define MULTIPLY(a, b) wasm_i16x8_relaxed_q15mulr(a, b)
#else
#define MULTIPLY(a, b) wasm_i16x8_q15mulr_sat(a, b)
#endif

#ifdef VECTOR
static void filter(void) {
    for (int i = 0; i < SIZE; i += 16) {
        v128_t sum0 = wasm_i16x8_const_splat(0), sum1 = sum0;
        for (int tap = 0; tap < TAPS; tap++) {
            v128_t by = wasm_v128_load16_splat(&taps[tap]);
            sum0 = wasm_i16x8_add_sat(sum0, MULTIPLY(wasm_v128_load(&input[i + tap]), by));
            sum1 = wasm_i16x8_add_sat(sum1, MULTIPLY(wasm_v128_load(&input[i + tap + 8]), by));
        }
        wasm_v128_store(&output[i], sum0);
        wasm_v128_store(&output[i + 8], sum1);
    }
}
#else
static int saturated(int value) {
    return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}

static void filter(void) {
    for (int i = 0; i < SIZE; i++) {
        int sum = 0;
        for (int tap = 0; tap < TAPS; tap++)
            sum = saturated(sum + saturated((input[i + tap] * taps[tap] + 0x4000) >> 15));
        output[i] = (short)sum;
    }
}
#endif

int run(int n) {
    for (int i = 0; i < SIZE + TAPS; i++) input[i] = (short)(i * i * 13 ^ i << 5);
    for (int i = 0; i < TAPS; i++) taps[i] = (short)((i + 1) * (TAPS - i) * 90 - 3000);
    unsigned sum = 0;
    while (n-- > 0) {
        filter();
        sum = sum * 31 + (unsigned)output[n % SIZE];
        input[n % SIZE] = (short)sum;
    }
    for (int i = 0; i < SIZE; i++) sum = sum * 31 + (unsigned)output[i];
    return (int)sum;
}
