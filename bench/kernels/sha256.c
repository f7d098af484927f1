/* SHA-256 of n blocks: rotations and many live 32-bit values. The constants are computed. */

static unsigned k[64], state[8];
static unsigned char block[64];

static unsigned fraction(unsigned prime, int cube) {
    /* The first 32 bits of the fraction of the prime's root, by bisection. */
    unsigned long long low = 0, high = 1ull << 36;
    while (high - low > 1) {
        unsigned long long middle = (low + high) / 2;
        double exact = (double)middle / 4294967296.0;
        double power = cube ? exact * exact * exact : exact * exact;
        if (power <= prime) low = middle;
        else high = middle;
    }
    return (unsigned)low;
}

static unsigned rotated(unsigned x, int by) { return x >> by | x << (32 - by); }

static void compress(void) {
    unsigned w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (unsigned)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        unsigned a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] +
               (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    unsigned a = state[0], b = state[1], c = state[2], d = state[3];
    unsigned e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        unsigned t1 = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) +
                      k[i] + w[i];
        unsigned t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int run(int n) {
    int found = 0;
    for (unsigned candidate = 2; found < 64; candidate++) {
        int prime = 1;
        for (unsigned factor = 2; factor < candidate; factor++)
            if (candidate % factor == 0) prime = 0;
        if (!prime) continue;
        k[found] = fraction(candidate, 1);
        if (found < 8) state[found] = fraction(candidate, 0);
        found++;
    }
    while (n-- > 0) {
        for (int i = 0; i < 64; i++) block[i] = (unsigned char)(i * n);
        compress();
    }
    return (int)(state[0] ^ state[7]);
}
