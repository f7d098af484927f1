/* A fast Fourier transform there and back of 64-bit floats. */

#define SIZE 4096

static double re[SIZE], im[SIZE];

static void transform(int inverse) {
    for (int i = 1, j = 0; i < SIZE; i++) {
        int bit = SIZE >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            double a = re[i], b = im[i];
            re[i] = re[j], im[i] = im[j];
            re[j] = a, im[j] = b;
        }
    }
    /* The angle's cosine and sine, halved from pi on. */
    double cosine = -1, sine = 0;
    for (int length = 2; length <= SIZE; length <<= 1) {
        double sign = inverse ? -sine : sine;
        for (int start = 0; start < SIZE; start += length) {
            double wr = 1, wi = 0;
            for (int i = start; i < start + length / 2; i++) {
                int j = i + length / 2;
                double ur = re[i], ui = im[i];
                double vr = re[j] * wr - im[j] * wi, vi = re[j] * wi + im[j] * wr;
                re[i] = ur + vr, im[i] = ui + vi;
                re[j] = ur - vr, im[j] = ui - vi;
                double next = wr * cosine - wi * sign;
                wi = wr * sign + wi * cosine;
                wr = next;
            }
        }
        sine = __builtin_sqrt((1 - cosine) / 2);
        cosine = __builtin_sqrt((1 + cosine) / 2);
    }
    if (inverse)
        for (int i = 0; i < SIZE; i++) re[i] /= SIZE, im[i] /= SIZE;
}

int run(int n) {
    for (int i = 0; i < SIZE; i++) re[i] = i % 17 - 8, im[i] = i % 5;
    while (n-- > 0) {
        transform(0);
        re[n % SIZE] *= 0.5;
        transform(1);
    }
    double sum = 0;
    for (int i = 0; i < SIZE; i++) sum += re[i] * (i % 3) + im[i];
    return (int)(sum * 100);
}
