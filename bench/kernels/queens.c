/* Ways to place eight to ten queens: recursion over bit masks. */

static int place(unsigned all, unsigned columns, unsigned left, unsigned right) {
    if (columns == all) return 1;
    int ways = 0;
    unsigned free = all & ~(columns | left | right);
    while (free) {
        unsigned bit = free & -free;
        free ^= bit;
        ways += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return ways;
}

int run(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 31 + place((1u << (8 + i % 3)) - 1, 0, 0, 0);
    return sum;
}
