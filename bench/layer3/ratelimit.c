/* Token buckets for many addresses in a hash table with open addresses: n requests. */

#include <stdint.h>
#include <string.h>

enum { SLOTS = 1 << 12, BURST = 40, PER_SECOND = 5, PROBES = 8 };

struct bucket {
    uint64_t seen; /* milliseconds */
    uint32_t address;
    uint32_t tokens; /* thousandths */
};

static struct bucket table[SLOTS];

static uint32_t hash(uint32_t x) {
    x = (x ^ x >> 16) * 0x7feb352d;
    x = (x ^ x >> 15) * 0x846ca68b;
    return x ^ x >> 16;
}

/* The bucket of an address: its own, or a free one, or the one near it that is unused longest. */
static struct bucket *find(uint32_t address, uint64_t now) {
    uint32_t at = hash(address);
    struct bucket *oldest = &table[at % SLOTS];
    for (uint32_t i = 0; i < PROBES; i++) {
        struct bucket *bucket = &table[(at + i) % SLOTS];
        if (bucket->address == address) return bucket;
        if (bucket->address == 0) {
            oldest = bucket;
            break;
        }
        if (bucket->seen < oldest->seen) oldest = bucket;
    }
    *oldest = (struct bucket){now, address, BURST * 1000};
    return oldest;
}

static int allowed(uint32_t address, uint64_t now) {
    struct bucket *bucket = find(address, now);
    uint64_t tokens = bucket->tokens + (now - bucket->seen) * PER_SECOND;
    bucket->tokens = tokens > BURST * 1000 ? BURST * 1000 : (uint32_t)tokens;
    bucket->seen = now;
    if (bucket->tokens < 1000) return 0;
    bucket->tokens -= 1000;
    return 1;
}

uint64_t run(uint32_t n) {
    uint32_t seed = 7;
    uint64_t now = 0, passed = 0, sum = 0;
    memset(table, 0, sizeof table);
    for (uint32_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        now += seed >> 31;
        /* Few addresses make most of the requests. */
        uint32_t range = seed & 0x300 ? 64 : 8192;
        if (allowed(1 + (seed >> 12) % range, now)) {
            passed++;
            sum = sum * 31 + i;
        }
    }
    return sum ^ passed << 40;
}
