/* Takeuchi's function: deep recursion with three arguments. */

static int tak(int x, int y, int z) {
    if (y >= x) return z;
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int run(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 31 + tak(18, 12, 6 + (i & 1));
    return sum;
}
