/* Ackermann's function A(2, n): recursion thousands of frames deep. */

static int ackermann(int m, int n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int run(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 7 + ackermann(2, 300 + i % 8);
    return sum;
}
