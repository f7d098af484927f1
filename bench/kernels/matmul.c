/* Product of two matrices of 64-bit floats, in the plain order of loops. */

#define SIZE 128

static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

int run(int n) {
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (i * 7 + j) % 13 * 0.25;
            b[i][j] = (i + j * 5) % 11 * 0.5;
        }
    double trace = 0;
    while (n-- > 0) {
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++) {
                double sum = 0;
                for (int k = 0; k < SIZE; k++) sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        for (int i = 0; i < SIZE; i++) trace += c[i][i];
        a[n & 127][3] += 1;
    }
    return (int)(trace / 1000);
}
