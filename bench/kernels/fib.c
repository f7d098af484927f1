/* Fibonacci numbers by recursion: calls and hardly anything else. */

static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int run(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 31 + fib(22 + i % 4);
    return sum;
}
