/* The kernels of layer 2 in C; the other files here say the same in other languages.

   Each function does something n times and gives a checksum, which is the same in all languages:
   arithmetic is on unsigned numbers that wrap, or on double with one rounding each. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

/* Recursion. */

static uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

EXPORT(fib) uint64_t fib(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum = sum * 31 + fibonacci(20 + i % 4);
    return sum;
}

static int32_t takeuchi(int32_t x, int32_t y, int32_t z) {
    if (y >= x) return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

EXPORT(tak) uint64_t tak(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum = sum * 31 + (uint64_t)takeuchi(14, 8, (int32_t)(i % 4));
    return sum;
}

/* Arithmetic of 32 and 64 bits: products, rotations, divisions, counts. */

EXPORT(arith) uint64_t arith(uint32_t n) {
    uint32_t a = 1;
    uint64_t b = 1;
    for (uint32_t i = 0; i < n; i++) {
        a = a * 1664525 + 1013904223;
        b ^= (uint64_t)a << (a >> 27);
        b = (b << 13 | b >> 51) * 5 + a % 17;
        a ^= (uint32_t)(b >> 32) / (i | 1);
        b += (uint64_t)__builtin_popcountll(b) + (uint64_t)__builtin_clz(a | 1);
    }
    return a + b;
}

/* The sieve of Eratosthenes. */

EXPORT(sieve) uint64_t sieve(uint32_t n) {
    static uint8_t composite[100000];
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        uint32_t limit = 99990 + turn % 10, count = 0;
        memset(composite, 0, limit);
        for (uint32_t i = 2; i < limit; i++) {
            if (composite[i]) continue;
            count++;
            for (uint32_t j = 2 * i; j < limit; j += i) composite[j] = 1;
        }
        sum = sum * 31 + count;
    }
    return sum;
}

/* A loop with hardly anything in it. */

EXPORT(fib_loop) uint64_t fib_loop(uint32_t n) {
    uint64_t a = 0, b = 1;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t next = (a + b) ^ (uint64_t)(i & 3);
        a = b;
        b = next;
    }
    return a;
}

/* Remainders, each of which needs the one before. */

static uint32_t common(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

EXPORT(gcd) uint64_t gcd(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= n; i++) sum = sum * 31 + common(i * 7919, 2971215073u - i);
    return sum;
}

/* SHA-256 of n blocks. */

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t right(uint32_t x, uint32_t by) { return x >> by | x << (32 - by); }

EXPORT(sha256) uint64_t sha256(uint32_t n) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint32_t w[64];
    for (uint32_t block = 0; block < n; block++) {
        for (uint32_t i = 0; i < 16; i++) w[i] = block * 16 + i;
        for (uint32_t i = 16; i < 64; i++) {
            uint32_t x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ x >> 3) + w[i - 7] +
                   (right(y, 17) ^ right(y, 19) ^ y >> 10);
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (uint32_t i = 0; i < 64; i++) {
            uint32_t one = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
                           ((e & f) ^ (~e & g)) + ROUND[i] + w[i];
            uint32_t two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +
                           ((a & b) ^ (a & c) ^ (b & c));
            h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
    }
    return (uint64_t)state[0] << 32 | state[7];
}

/* Products of matrices of double. */

enum { SIZE = 64 };

EXPORT(matmul) uint64_t matmul(uint32_t n) {
    static double a[SIZE * SIZE], b[SIZE * SIZE], c[SIZE * SIZE];
    for (uint32_t i = 0; i < SIZE * SIZE; i++) {
        a[i] = (double)(i % 17) - 8;
        b[i] = (double)(i % 13) - 6;
    }
    for (uint32_t turn = 0; turn < n; turn++) {
        for (uint32_t i = 0; i < SIZE; i++) {
            for (uint32_t j = 0; j < SIZE; j++) {
                double sum = 0;
                for (uint32_t k = 0; k < SIZE; k++) sum += a[i * SIZE + k] * b[k * SIZE + j];
                c[i * SIZE + j] = sum;
            }
        }
        for (uint32_t i = 0; i < SIZE * SIZE; i++) a[i] = c[i] * 0.01;
    }
    double sum = 0;
    for (uint32_t i = 0; i < SIZE * SIZE; i++) sum += a[i] < 0 ? -a[i] : a[i];
    while (sum >= 1048576) sum *= 0.5;
    while (sum < 524288 && sum > 0) sum *= 2;
    return (uint64_t)(sum * 4294967296.0);
}

/* Trees of many small objects, made and let go. */

struct node {
    struct node *left, *right;
    uint32_t value;
};

static uint32_t made;

static struct node *grow(uint32_t depth) {
    struct node *node = malloc(sizeof *node);
    node->value = made++;
    node->left = depth ? grow(depth - 1) : NULL;
    node->right = depth ? grow(depth - 1) : NULL;
    return node;
}

static uint32_t count(const struct node *node) {
    if (!node->left) return node->value;
    return node->value + count(node->left) * 3 + count(node->right);
}

static void cut(struct node *node) {
    if (node->left) {
        cut(node->left);
        cut(node->right);
    }
    free(node);
}

EXPORT(trees) uint64_t trees(uint32_t n) {
    uint64_t sum = 0;
    made = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct node *tree = grow(10 + i % 3);
        sum = sum * 31 + count(tree);
        cut(tree);
    }
    return sum;
}

/* Text is built in a buffer that grows, and read again. */

static uint8_t *text;
static uint32_t used, room;

static void put(uint8_t byte) {
    if (used == room) {
        room = room ? 2 * room : 64;
        text = realloc(text, room);
    }
    text[used++] = byte;
}

static void put_text(const char *words) {
    for (uint32_t i = 0; words[i]; i++) put((uint8_t)words[i]);
}

static void put_number(uint32_t number) {
    if (number >= 10) put_number(number / 10);
    put((uint8_t)('0' + number % 10));
}

EXPORT(json) uint64_t json(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        text = NULL;
        used = room = 0;
        put('[');
        for (uint32_t i = 0; i < 50; i++) {
            if (i) put(',');
            put_text("{\"id\":");
            put_number(turn * 50 + i);
            put_text(",\"name\":\"");
            for (uint32_t j = 0; j < 8; j++) put((uint8_t)('a' + (turn + i * j) % 26));
            put_text("\",\"values\":[");
            for (uint32_t j = 0; j < 4; j++) {
                if (j) put(',');
                put_number((turn ^ i) * 7919 + j * 104729);
            }
            put_text("]}");
        }
        put(']');
        uint32_t number = 0, depth = 0, quoted = 0, inside = 0;
        for (uint32_t i = 0; i < used; i++) {
            uint8_t byte = text[i];
            if (byte == '"') quoted ^= 1;
            if (quoted) {
                sum = sum * 33 + byte;
            } else if (byte >= '0' && byte <= '9') {
                number = number * 10 + (byte - '0');
                inside = 1;
            } else {
                if (inside) sum = sum * 31 + (uint32_t)(number + depth);
                number = inside = 0;
                if (byte == '[' || byte == '{') depth++;
                if (byte == ']' || byte == '}') depth--;
            }
        }
        free(text);
    }
    return sum;
}
