/* Multiplication and remainders of big numbers in 32-bit limbs: 64-bit products and carries. */

#define LIMBS 16

typedef unsigned int limb;
typedef unsigned long long wide;

static limb modulus[LIMBS], base[LIMBS], result[LIMBS];

/* to = a * b * 2^-(32 * LIMBS) modulo the modulus, by Montgomery's method. */
static void multiply(limb *to, const limb *a, const limb *b, limb inverse) {
    limb t[LIMBS + 2];
    for (int i = 0; i < LIMBS + 2; i++) t[i] = 0;
    for (int i = 0; i < LIMBS; i++) {
        wide carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            wide sum = (wide)a[j] * b[i] + t[j] + carry;
            t[j] = (limb)sum;
            carry = sum >> 32;
        }
        wide sum = t[LIMBS] + carry;
        t[LIMBS] = (limb)sum;
        t[LIMBS + 1] = (limb)(sum >> 32);
        limb factor = t[0] * inverse;
        carry = ((wide)factor * modulus[0] + t[0]) >> 32;
        for (int j = 1; j < LIMBS; j++) {
            wide part = (wide)factor * modulus[j] + t[j] + carry;
            t[j - 1] = (limb)part;
            carry = part >> 32;
        }
        sum = t[LIMBS] + carry;
        t[LIMBS - 1] = (limb)sum;
        t[LIMBS] = t[LIMBS + 1] + (limb)(sum >> 32);
    }
    long long borrow = 0;
    limb reduced[LIMBS];
    for (int i = 0; i < LIMBS; i++) {
        long long part = (long long)t[i] - modulus[i] + borrow;
        reduced[i] = (limb)part;
        borrow = part >> 32;
    }
    int keep = t[LIMBS] == 0 && borrow != 0;
    for (int i = 0; i < LIMBS; i++) to[i] = keep ? t[i] : reduced[i];
}

int run(int n) {
    limb seed = 17, inverse = 1;
    for (int i = 0; i < LIMBS; i++) {
        seed = seed * 1664525 + 1013904223;
        modulus[i] = seed | 1;
        base[i] = seed >> 3;
        result[i] = i == 0;
    }
    for (int i = 0; i < 5; i++) inverse *= 2 - modulus[0] * inverse;
    inverse = -inverse;
    while (n-- > 0) {
        multiply(result, result, result, inverse);
        multiply(result, result, base, inverse);
        result[n % LIMBS] ^= 5;
    }
    limb sum = 0;
    for (int i = 0; i < LIMBS; i++) sum = sum * 31 + result[i];
    return (int)sum;
}
