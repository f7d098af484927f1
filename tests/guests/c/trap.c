/*
 * Ends in the trap named by the first argument. A line is printed and flushed
 * first; the line after the trap must never appear.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero = 0;
static volatile int minus_one = -1;
static volatile double not_a_number;
static volatile int sink;

typedef int (*function)(int);
static int twice(int x) { return 2 * x; }
static function volatile pointer = twice;

/* Uses its result after the call, so that it cannot become a loop. */
__attribute__((noinline)) static int deeper(int n) {
    sink = n;
    return deeper(n + 1) + sink;
}

static void divide(void) { sink = 7 / zero; }
static void remainder_(void) { sink = 7 % zero; }
static void overflow(void) { sink = (INT_MIN + zero) / minus_one; }
static void convert(void) {
    not_a_number = 0.0 / zero;
    sink = __builtin_wasm_trunc_s_i32_f64(not_a_number);
}
static void load(void) { sink = *(volatile int *)(0xfffffff0u + (unsigned)zero); }
static void store(void) { *(volatile int *)(0xfffffff0u + (unsigned)zero) = 1; }
static void null_call(void) {
    pointer = 0;
    sink = pointer(1);
}
static void wild_call(void) {
    pointer = (function)123456;
    sink = pointer(1);
}
static void wrong_type(void) {
    void (*volatile other)(double, double) = (void (*)(double, double))(void *)pointer;
    other(1.0, 2.0);
}
static void recurse(void) { sink = deeper(zero); }
static void unreachable(void) { __builtin_trap(); }

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"unreachable", unreachable}, {"abort", abort},
    {"divide", divide},           {"remainder", remainder_},
    {"overflow", overflow},       {"convert", convert},
    {"load", load},               {"store", store},
    {"null-call", null_call},     {"wild-call", wild_call},
    {"wrong-type", wrong_type},   {"recurse", recurse},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            printf("before %s\n", argv[1]);
            fflush(stdout);
            modes[i].run();
            printf("after %s\n", argv[1]);
            return 0;
        }
    }
    fprintf(stderr, "usage: trap MODE, where MODE is one of:\n");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        fprintf(stderr, "  %s\n", modes[i].name);
    return 2;
}
