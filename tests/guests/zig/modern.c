/*
 * C for a newer instruction set than the other guests (built by `zig cc` with
 * the default features of recent compilers): bulk memory, saturating
 * conversion, sign extension, and a structure returned by value.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static volatile double doubles[] = {1.9, -1.9, 3e9, -3e9, 1e300, -1e300, NAN, INFINITY};
static volatile int length = 3000;

struct pair {
    int64_t quotient, rest;
};

__attribute__((noinline)) static struct pair divide(int64_t a, int64_t b) {
    return (struct pair){a / b, a % b};
}

int main(void) {
    static unsigned char from[4096], to[4096];

    memset(from, 7, (size_t)length);
    memcpy(to + 10, from, (size_t)length);
    memmove(to, to + 5, (size_t)length);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof to; i++)
        sum += to[i];
    printf("sum after fill, copy and move: %u\n", sum);

    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
        printf("saturated: %d %u %lld\n", __builtin_wasm_trunc_saturate_s_i32_f64(doubles[i]),
               (unsigned)__builtin_wasm_trunc_saturate_u_i32_f64(doubles[i]),
               (long long)__builtin_wasm_trunc_saturate_s_i64_f64(doubles[i]));

    volatile int small = 0x1ff80;
    printf("extended: %d %d\n", (signed char)small, (short)small);

    struct pair pair = divide(-1000000000007, 10000);
    printf("divided: %lld rest %lld\n", (long long)pair.quotient, (long long)pair.rest);
    return 0;
}
