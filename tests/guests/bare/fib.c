/* Fibonacci numbers: recursive (many calls) and by a loop (64-bit results). */
#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(fib) int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

EXPORT(fib_loop) long long fib_loop(int n) {
    long long a = 0, b = 1;
    while (n-- > 0) {
        long long sum = (long long)((unsigned long long)a + (unsigned long long)b);
        a = b;
        b = sum;
    }
    return a;
}
