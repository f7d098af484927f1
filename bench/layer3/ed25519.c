/* Points of the curve of Ed25519: n public keys (of secret scalars, not of hashed seeds), with
   products of 64 by 64 bits in 128. A number modulo p = 2^255 - 19 is five parts of 51 bits. */

#include <stdint.h>
#include <string.h>

typedef unsigned __int128 wide;
typedef struct { uint64_t part[5]; } field;
typedef struct { field x, y, z, t; } point; /* x/z, y/z, t = xy/z */

static const uint64_t MASK = ((uint64_t)1 << 51) - 1;

static field small(uint64_t value) { return (field){{value, 0, 0, 0, 0}}; }

static field carried(field a) {
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 5; i++) {
            uint64_t over = a.part[i] >> 51;
            a.part[i] &= MASK;
            a.part[(i + 1) % 5] += i == 4 ? 19 * over : over;
        }
    }
    return a;
}

static field add(field a, field b) {
    for (int i = 0; i < 5; i++) a.part[i] += b.part[i];
    return carried(a);
}

static field sub(field a, field b) {
    /* Twice p is added, so that no part is less than none. */
    for (int i = 0; i < 5; i++) a.part[i] += 2 * (MASK - (i ? 0 : 18)) - b.part[i];
    return carried(a);
}

static field mul(field a, field b) {
    wide sum[5];
    for (int i = 0; i < 5; i++) {
        sum[i] = 0;
        for (int j = 0; j < 5; j++) {
            int k = (i - j + 5) % 5;
            sum[i] += (wide)a.part[j] * (j > i ? 19 * b.part[k] : b.part[k]);
        }
    }
    field result;
    wide over = 0;
    for (int i = 0; i < 5; i++) {
        sum[i] += over;
        result.part[i] = (uint64_t)sum[i] & MASK;
        over = sum[i] >> 51;
    }
    result.part[0] += 19 * (uint64_t)over;
    return carried(result);
}

/* a to the power of p - 2, the inverse: all bits of 255 are set but those of 20. */
static field inverse(field a) {
    field result = small(1);
    for (int bit = 254; bit >= 0; bit--) {
        result = mul(result, result);
        if (bit > 4 || bit == 3 || bit == 1 || bit == 0) result = mul(result, a);
    }
    return result;
}

static const field TWICE_D = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977,
                               0x2406d9dc56dff}};
static const point BASE = {
    {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}},
    {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}},
    {{1, 0, 0, 0, 0}},
    {{0x68ab3a5b7dda3, 0x00eea2a5eadbb, 0x2af8df483c27e, 0x332b375274732, 0x67875f0fd78b7}}};

static point sum_of(const point *a, const point *b) {
    field first = mul(sub(a->y, a->x), sub(b->y, b->x));
    field second = mul(add(a->y, a->x), add(b->y, b->x));
    field third = mul(mul(a->t, TWICE_D), b->t);
    field fourth = mul(add(a->z, a->z), b->z);
    field e = sub(second, first), f = sub(fourth, third);
    field g = add(fourth, third), h = add(second, first);
    return (point){mul(e, f), mul(g, h), mul(f, g), mul(e, h)};
}

static point multiple(const uint8_t scalar[32]) {
    point result = {small(0), small(1), small(1), small(0)};
    for (int bit = 255; bit >= 0; bit--) {
        result = sum_of(&result, &result);
        if (scalar[bit / 8] >> bit % 8 & 1) result = sum_of(&result, &BASE);
    }
    return result;
}

/* The one number below p that is equal to a. */
static field reduced(field a) {
    a = carried(a);
    field more = a;
    more.part[0] += 19;
    for (int i = 0; i < 4; i++) {
        more.part[i + 1] += more.part[i] >> 51;
        more.part[i] &= MASK;
    }
    if (more.part[4] >> 51) {
        more.part[4] &= MASK;
        return more;
    }
    return a;
}

static void encode(const point *a, uint8_t out[32]) {
    field over = inverse(a->z);
    field x = reduced(mul(a->x, over)), y = reduced(mul(a->y, over));
    memset(out, 0, 32);
    for (int bit = 0; bit < 255; bit++)
        out[bit / 8] |= (uint8_t)((y.part[bit / 51] >> bit % 51 & 1) << bit % 8);
    out[31] |= (uint8_t)((x.part[0] & 1) << 7);
}

uint64_t run(uint32_t n) {
    uint8_t scalar[32];
    uint64_t sum = 0;
    for (int i = 0; i < 32; i++) scalar[i] = (uint8_t)(i * 7 + 1);
    while (n-- > 0) {
        scalar[0] &= 248;
        scalar[31] = (scalar[31] & 63) | 64;
        point key = multiple(scalar);
        encode(&key, scalar);
        memcpy(&sum, scalar, sizeof sum);
    }
    return sum;
}
