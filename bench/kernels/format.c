/* The C library's snprintf and strtod: numbers to text and back. */

#include <stdio.h>
#include <stdlib.h>

int run(int n) {
    char text[100];
    double sum = 0;
    unsigned seed = 8;
    while (n-- > 0) {
        seed = seed * 1664525 + 1013904223;
        double value = seed * 0.001 - 1e6;
        int size = snprintf(text, sizeof text, "%.9g %d %x %-8s|", value, (int)seed, seed, "text");
        sum += strtod(text, 0) + (double)size + text[size - 3];
    }
    return (int)(sum * 1e-3);
}
