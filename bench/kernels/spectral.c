/* The greatest singular value of an infinite matrix's corner: division of 64-bit floats. */

#define SIZE 100

static double u[SIZE], v[SIZE], between[SIZE];

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *from, double *to, int transposed) {
    for (int i = 0; i < SIZE; i++) {
        double sum = 0;
        for (int j = 0; j < SIZE; j++)
            sum += (transposed ? element(j, i) : element(i, j)) * from[j];
        to[i] = sum;
    }
}

int run(int n) {
    for (int i = 0; i < SIZE; i++) u[i] = 1;
    while (n-- > 0) {
        times(u, between, 0);
        times(between, v, 1);
        times(v, between, 0);
        times(between, u, 1);
        double scale = u[0];
        for (int i = 0; i < SIZE; i++) u[i] /= scale;
    }
    times(u, between, 0);
    times(between, v, 1);
    double uv = 0, vv = 0;
    for (int i = 0; i < SIZE; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return (int)(__builtin_sqrt(vv / uv) * 1e6);
}
