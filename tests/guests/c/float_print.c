/* Floating point through the C library: printing, parsing, rounding, maths, sorting. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t bits(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

int main(void) {
    static const double values[] = {0.0,     -0.0,   1.0,     -1.5,      0.1,    1.0 / 3,
                                    2.5,     3.5,    1e-7,    123456789, 1e21,   -2.75e-12,
                                    DBL_MIN, DBL_EPSILON, 65504.0, 0x1p-20, 9.999999};
    const size_t count = sizeof values / sizeof values[0];

    printf("-- printing\n");
    for (size_t i = 0; i < count; i++)
        printf("%.17g | %f | %.3e | %g | %a\n", values[i], values[i], values[i], values[i],
               values[i]);
    printf("[%10.2f] [%-10.2f] [%+.1f] [%010.3f] [% g]\n", 3.14159, 3.14159, 2.0, -2.5, 7.0);
    printf("%g %g %.1f\n", INFINITY, -INFINITY, (double)FLT_MAX / 1e30);

    printf("-- parsing\n");
    static const char *const texts[] = {"3.14",   "-0",     "1e3",    "0x1.8p1",
                                        "  12.5xyz", "inf", "4.9e-324", "1e400",
                                        "0.1e",   "none",   "179769313486231570000e289"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *end;
        double x = strtod(texts[i], &end);
        printf("\"%s\" -> %016llx, rest \"%s\"\n", texts[i], (unsigned long long)bits(x), end);
    }

    printf("-- rounding\n");
    for (double x = -2.5; x <= 2.5; x += 0.5)
        printf("%4.1f: floor %g ceil %g trunc %g round %g rint %g\n", x, floor(x), ceil(x),
               trunc(x), round(x), rint(x));

    printf("-- maths\n");
    printf("sqrt 2    %.15f\n", sqrt(2.0));
    printf("sin 1     %.12f\n", sin(1.0));
    printf("atan2     %.12f\n", atan2(1.0, -2.0));
    printf("exp 1     %.12f\n", exp(1.0));
    printf("log 10    %.12f\n", log(10.0));
    printf("2 to 0.5  %.12f\n", pow(2.0, 0.5));
    printf("hypot     %.12f\n", hypot(3.0, 4.0));
    printf("fmod      %.12f\n", fmod(10.5, 3.0));
    printf("copysign  %g\n", copysign(3.0, -0.0));
    printf("fmin fmax %g %g\n", fmin(-0.0, 1.0), fmax(2.0, 1.0));
    printf("float     %.9g\n", (double)(1.0f / 3.0f));

    volatile double zero = 0.0;
    printf("0/0 is%s a number, 1/0 is%s infinite, 0 == -0 is %s\n",
           isnan(zero / zero) ? " not" : "", isinf(1.0 / zero) ? "" : " not",
           zero == -zero ? "true" : "false");

    printf("-- integers\n");
    printf("%d %d %u\n", (int)-2.9, (int)2.9, (unsigned)4e9);
    printf("%lld %llu\n", (long long)-9.2e18, (unsigned long long)1.8e19);
    printf("%.1f %.1f\n", (double)INT64_MIN, (double)UINT64_MAX);
    printf("%lld\n", (long long)(float)16777217);

    printf("-- sorting\n");
    double sorted[17];
    memcpy(sorted, values, sizeof values);
    qsort(sorted, count, sizeof sorted[0], ascending);
    for (size_t i = 0; i < count; i++)
        printf("%g%s", sorted[i], i + 1 < count ? " " : "\n");

    double sum = 0;
    for (int i = 1; i <= 1000; i++)
        sum += 1.0 / i;
    printf("harmonic 1000: %.17g (%016llx)\n", sum, (unsigned long long)bits(sum));
    return 0;
}
