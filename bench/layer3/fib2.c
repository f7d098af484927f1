/* Fibonacci numbers by recursion on 64-bit numbers. */

#include <stdint.h>

static uint64_t fib(uint64_t n) {
    if (n < 2) return n;
    return fib(n - 2) + fib(n - 1);
}

uint64_t run(uint32_t n) { return fib(n); }
