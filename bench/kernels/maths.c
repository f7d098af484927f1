/* The C library's sin, exp, log and pow: polynomials of 64-bit floats. */

#include <math.h>

int run(int n) {
    double sum = 0;
    while (n-- > 0) {
        double x = n % 1000 * 0.013 + 0.1;
        sum = sum * 0.5 + sin(x) + exp(-x) + log(x) + pow(x, 1.7) + atan2(x, 2.0);
    }
    return (int)(sum * 1e6);
}
