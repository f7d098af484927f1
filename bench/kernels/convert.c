/* Conversions between integers and floats of both widths, and rounding. */

int run(int n) {
    double sum = 0;
    float small = 0.5f;
    long long wide = 0;
    unsigned seed = 11;
    while (n-- > 0) {
        seed = seed * 1664525 + 1013904223;
        double x = (double)seed * 0.0007 - 700000;
        int whole = (int)x;
        unsigned positive = (unsigned)(x < 0 ? -x : x);
        long long big = (long long)(x * 4097.5);
        small = small * 0.25f + (float)whole * 0.0001f;
        wide += big ^ (long long)small;
        sum += __builtin_floor(x * 0.01) + __builtin_trunc(x) * 1e-6 + (double)(float)positive * 1e-5;
        sum += (double)(unsigned long long)big * 1e-30 + __builtin_fabs(__builtin_ceil((double)small));
    }
    return (int)(wide ^ wide >> 32) + (int)(long long)sum;
}
