/* SipHash-2-4 of short messages: 64-bit rotations and sums. */

typedef unsigned long long u64;

static u64 v0, v1, v2, v3;

static u64 rotated(u64 x, int by) { return x << by | x >> (64 - by); }

static void turn(void) {
    v0 += v1, v1 = rotated(v1, 13) ^ v0, v0 = rotated(v0, 32);
    v2 += v3, v3 = rotated(v3, 16) ^ v2;
    v0 += v3, v3 = rotated(v3, 21) ^ v0;
    v2 += v1, v1 = rotated(v1, 17) ^ v2, v2 = rotated(v2, 32);
}

static u64 hash(const u64 *words, int count, u64 k0, u64 k1) {
    v0 = k0 ^ 0x736F6D6570736575ull;
    v1 = k1 ^ 0x646F72616E646F6Dull;
    v2 = k0 ^ 0x6C7967656E657261ull;
    v3 = k1 ^ 0x7465646279746573ull;
    for (int i = 0; i < count; i++) {
        v3 ^= words[i];
        turn();
        turn();
        v0 ^= words[i];
    }
    v2 ^= 255;
    for (int i = 0; i < 4; i++) turn();
    return v0 ^ v1 ^ v2 ^ v3;
}

int run(int n) {
    u64 words[8], sum = 1;
    for (int i = 0; i < 8; i++) words[i] = i * 0x9E3779B97F4A7C15ull;
    while (n-- > 0) {
        sum = hash(words, 1 + n % 8, sum, n);
        words[n % 8] ^= sum;
    }
    return (int)(sum ^ sum >> 32);
}
