/* All places of bytes and of words in a text: memchr and strstr as libraries have them. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define SIZE 32768

static char text[SIZE + 32]; /* what is past its end is read, and not counted */
static const char *const words[] = {"the end", "abracadabra", "needle", "zyx", "aaab", "fjord fjord"};

static int length(const char *word) {
    int count = 0;
    while (word[count]) count++;
    return count;
}

static int same(const char *a, const char *b, int count) {
    for (int i = 0; i < count; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}

#ifdef VECTOR
/* The place of a byte from `at` on, or SIZE. */
static int byte(int at, char wanted) {
    v128_t all = wasm_i8x16_splat(wanted);
    for (; at < SIZE; at += 16) {
        v128_t equal = wasm_i8x16_eq(wasm_v128_load(text + at), all);
        if (wasm_v128_any_true(equal)) {
            at += __builtin_ctz(wasm_i8x16_bitmask(equal));
            return at < SIZE ? at : SIZE;
        }
    }
    return SIZE;
}

/* The place of a word from `at` on, or SIZE: where its first and its last byte stand. */
static int word(int at, const char *wanted, int size) {
    v128_t first = wasm_i8x16_splat(wanted[0]), last = wasm_i8x16_splat(wanted[size - 1]);
    for (; at <= SIZE - size; at += 16) {
        v128_t both = wasm_v128_and(wasm_i8x16_eq(wasm_v128_load(text + at), first),
                                    wasm_i8x16_eq(wasm_v128_load(text + at + size - 1), last));
        for (unsigned mask = wasm_i8x16_bitmask(both); mask; mask &= mask - 1) {
            int found = at + __builtin_ctz(mask);
            if (found > SIZE - size) return SIZE;
            if (same(text + found, wanted, size)) return found;
        }
    }
    return SIZE;
}
#else
static int byte(int at, char wanted) {
    while (at < SIZE && text[at] != wanted) at++;
    return at;
}

static int word(int at, const char *wanted, int size) {
    for (; at <= SIZE - size; at++)
        if (text[at] == wanted[0] && text[at + size - 1] == wanted[size - 1] &&
            same(text + at, wanted, size))
            return at;
    return SIZE;
}
#endif

int run(int n) {
    unsigned seed = 99;
    for (int i = 0; i < SIZE;) {
        seed = seed * 1103515245 + 12345;
        const char *next = words[(seed >> 8) % 6];
        if (seed >> 26 == 3)
            for (; *next && i < SIZE; next++) text[i++] = *next;
        else
            text[i++] = (char)('a' + (seed >> 16) % 26);
    }
    for (int i = 20; i < SIZE; i += 997) text[i] = '\n';
    unsigned sum = 0;
    while (n-- > 0) {
        for (int at = byte(0, '\n'); at < SIZE; at = byte(at + 1, '\n')) sum = sum * 5 + (unsigned)at;
        for (int i = 0; i < 6; i++) {
            int size = length(words[i]);
            for (int at = word(0, words[i], size); at < SIZE; at = word(at + 1, words[i], size))
                sum = sum * 3 + (unsigned)at;
        }
        text[n & 4095] ^= 1;
    }
    return (int)sum;
}
