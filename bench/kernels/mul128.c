/* 128-bit products from 64-bit halves, for a generator of random numbers, with divisions. */

typedef unsigned long long u64;

static u64 high_product(u64 a, u64 b) {
    u64 a0 = (unsigned)a, a1 = a >> 32, b0 = (unsigned)b, b1 = b >> 32;
    u64 low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (unsigned)middle;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

int run(int n) {
    u64 a = 0x853C49E6748FEA9Bull, b = 0xDA3E39CB94B95BDBull, sum = 0;
    while (n-- > 0) {
        u64 high = high_product(a, 0xE7037ED1A0B428DBull), low = a * 0xE7037ED1A0B428DBull;
        a = (low ^ high) + 0xA0761D6478BD642Full;
        b = (b << 23 | b >> 41) ^ a;
        sum += b % ((a & 0xFFFFFF) + 1) + (u64)((long long)a / (long long)(b >> 20 | 1));
        sum ^= (u64)__builtin_clzll(a | 1) << 40 ^ (u64)__builtin_popcountll(b) << 20;
    }
    return (int)(sum ^ sum >> 32);
}
