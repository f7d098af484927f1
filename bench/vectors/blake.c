/* Four chunks of bytes through BLAKE3's compression function: one after the other, or in lanes. */

#ifdef VECTOR
#include <wasm_simd128.h>
#endif

#define CHUNKS 16
#define BLOCKS 16 /* of a chunk */

static unsigned input[CHUNKS][BLOCKS * 16];
static unsigned chained[CHUNKS][8];
static const unsigned start[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                  0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
static const unsigned char order[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

#ifdef VECTOR
typedef v128_t word;
#define LANES 4
#define SPLAT(value) wasm_i32x4_splat((int)(value))
#define ADD(a, b) wasm_i32x4_add(a, b)
#define XOR(a, b) wasm_v128_xor(a, b)
#define ROTATE(a, by) wasm_v128_or(wasm_u32x4_shr(a, by), wasm_i32x4_shl(a, 32 - (by)))
#define ROTATE16(a) wasm_i8x16_shuffle(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define ROTATE8(a) wasm_i8x16_shuffle(a, a, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)

/* Four words of each of four rows, as columns. */
static inline void transpose(word *r, word a, word b, word c, word d) {
    word e = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), f = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    word g = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), h = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    r[0] = wasm_i64x2_shuffle(e, g, 0, 2);
    r[1] = wasm_i64x2_shuffle(e, g, 1, 3);
    r[2] = wasm_i64x2_shuffle(f, h, 0, 2);
    r[3] = wasm_i64x2_shuffle(f, h, 1, 3);
}

static inline void gather(word *to, unsigned (*from)[BLOCKS * 16], int at) {
    for (int i = 0; i < 16; i += 4)
        transpose(to + i, wasm_v128_load(from[0] + at + i), wasm_v128_load(from[1] + at + i),
                  wasm_v128_load(from[2] + at + i), wasm_v128_load(from[3] + at + i));
}

static inline void scatter(unsigned (*to)[8], const word *from) {
    for (int i = 0; i < 8; i += 4) {
        word rows[4];
        transpose(rows, from[i], from[i + 1], from[i + 2], from[i + 3]);
        for (int lane = 0; lane < 4; lane++) wasm_v128_store(to[lane] + i, rows[lane]);
    }
}

static inline word numbers(unsigned first) {
    return wasm_i32x4_add(wasm_i32x4_splat((int)first), wasm_i32x4_const(0, 1, 2, 3));
}
#else
typedef unsigned word;
#define LANES 1
#define SPLAT(value) (value)
#define ADD(a, b) ((a) + (b))
#define XOR(a, b) ((a) ^ (b))
#define ROTATE(a, by) ((a) >> (by) | (a) << (32 - (by)))
#define ROTATE16(a) ROTATE(a, 16)
#define ROTATE8(a) ROTATE(a, 8)

static inline void gather(word *to, unsigned (*from)[BLOCKS * 16], int at) {
    for (int i = 0; i < 16; i++) to[i] = from[0][at + i];
}

static inline void scatter(unsigned (*to)[8], const word *from) {
    for (int i = 0; i < 8; i++) to[0][i] = from[i];
}

static inline word numbers(unsigned first) {
    return first;
}
#endif

#define MIX(a, b, c, d, x, y)      \
    a = ADD(ADD(a, b), x);         \
    d = XOR(d, a), d = ROTATE16(d); \
    c = ADD(c, d);                 \
    b = XOR(b, c), b = ROTATE(b, 12); \
    a = ADD(ADD(a, b), y);         \
    d = XOR(d, a), d = ROTATE8(d); \
    c = ADD(c, d);                 \
    b = XOR(b, c), b = ROTATE(b, 7)

static void compress(word *chain, const word *block, word number, unsigned flags) {
    word s[16], m[16];
    for (int i = 0; i < 8; i++) s[i] = chain[i];
    for (int i = 0; i < 4; i++) s[8 + i] = SPLAT(start[i]);
    s[12] = number, s[13] = SPLAT(0), s[14] = SPLAT(64), s[15] = SPLAT(flags);
    for (int i = 0; i < 16; i++) m[i] = block[i];
#pragma clang loop unroll(full)
    for (int round = 0; round < 7; round++) {
        MIX(s[0], s[4], s[8], s[12], m[0], m[1]);
        MIX(s[1], s[5], s[9], s[13], m[2], m[3]);
        MIX(s[2], s[6], s[10], s[14], m[4], m[5]);
        MIX(s[3], s[7], s[11], s[15], m[6], m[7]);
        MIX(s[0], s[5], s[10], s[15], m[8], m[9]);
        MIX(s[1], s[6], s[11], s[12], m[10], m[11]);
        MIX(s[2], s[7], s[8], s[13], m[12], m[13]);
        MIX(s[3], s[4], s[9], s[14], m[14], m[15]);
        word permuted[16];
        for (int i = 0; i < 16; i++) permuted[i] = m[order[i]];
        for (int i = 0; i < 16; i++) m[i] = permuted[i];
    }
    for (int i = 0; i < 8; i++) chain[i] = XOR(s[i], s[i + 8]);
}

int run(int n) {
    for (int i = 0; i < CHUNKS; i++)
        for (int j = 0; j < BLOCKS * 16; j++) input[i][j] = (unsigned)(j * j * 2654435761u) ^ (unsigned)i;
    unsigned sum = 0;
    while (n-- > 0) {
        for (int chunk = 0; chunk < CHUNKS; chunk += LANES) {
            word chain[8], block[16];
            for (int i = 0; i < 8; i++) chain[i] = SPLAT(start[i]);
            for (int i = 0; i < BLOCKS; i++) {
                gather(block, input + chunk, i * 16);
                compress(chain, block, numbers((unsigned)chunk), (i == 0) | (i == BLOCKS - 1) << 1);
            }
            scatter(chained + chunk, chain);
        }
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            for (int i = 0; i < 8; i++) sum = sum * 31 + chained[chunk][i];
            input[chunk][0] = sum;
        }
    }
    return (int)sum;
}
