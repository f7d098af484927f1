/*
 * A small LZ77 compressor: compresses texts and noise, expands them again and
 * checks that nothing changed. With arguments it does the same to the files
 * named.
 *
 * The format is a list of tokens. A byte below 0x80 is n, and n + 1 literal
 * bytes follow. A byte of 0x80 or more is a match of (byte & 0x7f) + MIN_MATCH
 * bytes, at the distance given by the next two bytes (low byte first).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_MATCH = 4, MAX_MATCH = 0x7f + MIN_MATCH, WINDOW = 0xffff, HASH_BITS = 11 };

static size_t hash(const uint8_t *p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return (word * 2654435761u) >> (32 - HASH_BITS);
}

static uint8_t *put_literals(uint8_t *out, const uint8_t *from, const uint8_t *to) {
    while (from < to) {
        size_t run = (size_t)(to - from) < 128 ? (size_t)(to - from) : 128;
        *out++ = (uint8_t)(run - 1);
        memcpy(out, from, run);
        out += run;
        from += run;
    }
    return out;
}

/* OUT has room for SIZE + SIZE / 128 + 1 bytes. Returns the packed size. */
static size_t pack(const uint8_t *in, size_t size, uint8_t *out) {
    static int32_t latest[1 << HASH_BITS];
    uint8_t *start = out;
    size_t pending = 0, at = 0;

    memset(latest, -1, sizeof latest);
    while (at + MIN_MATCH <= size) {
        int32_t *slot = &latest[hash(in + at)];
        int32_t candidate = *slot;
        size_t length = 0;

        *slot = (int32_t)at;
        if (candidate >= 0 && at - (size_t)candidate <= WINDOW)
            while (length < MAX_MATCH && at + length < size &&
                   in[(size_t)candidate + length] == in[at + length])
                length++;
        if (length < MIN_MATCH) {
            at++;
            continue;
        }
        size_t distance = at - (size_t)candidate;
        out = put_literals(out, in + pending, in + at);
        *out++ = (uint8_t)(0x80 | (length - MIN_MATCH));
        *out++ = (uint8_t)distance;
        *out++ = (uint8_t)(distance >> 8);
        at += length;
        pending = at;
    }
    return (size_t)(put_literals(out, in + pending, in + size) - start);
}

/* Returns the expanded size, or -1 when IN is damaged or OUT is too small. */
static long unpack(const uint8_t *in, size_t size, uint8_t *out, size_t room) {
    size_t from = 0, to = 0;

    while (from < size) {
        uint8_t token = in[from++];
        if (token < 0x80) {
            size_t run = token + 1u;
            if (run > size - from || run > room - to)
                return -1;
            memcpy(out + to, in + from, run);
            from += run;
            to += run;
        } else {
            size_t length = (token & 0x7fu) + MIN_MATCH;
            if (size - from < 2 || length > room - to)
                return -1;
            size_t distance = in[from] | (size_t)in[from + 1] << 8;
            from += 2;
            if (distance == 0 || distance > to)
                return -1;
            for (; length; length--, to++)
                out[to] = out[to - distance];
        }
    }
    return (long)to;
}

static uint32_t checksum(const uint8_t *data, size_t size) {
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int round_trip(const char *name, const uint8_t *data, size_t size) {
    uint8_t *packed = malloc(size + size / 128 + 1);
    uint8_t *again = malloc(size + 1);
    size_t packed_size = pack(data, size, packed);
    long again_size = unpack(packed, packed_size, again, size);
    int same = again_size == (long)size && memcmp(data, again, size) == 0;

    printf("%-10s %6zu bytes to %6zu, checksums %08x %08x, %s\n", name, size, packed_size,
           checksum(data, size), checksum(packed, packed_size), same ? "same again" : "DIFFERS");
    if (packed_size > 3)
        printf("%-10s cut short: %s\n", "",
               unpack(packed, packed_size - 1, again, size) != (long)size ? "noticed" : "MISSED");
    free(packed);
    free(again);
    return same ? 0 : 1;
}

static int samples(void) {
    enum { SIZE = 2500 };
    static uint8_t data[SIZE];
    int bad = 0;

    memset(data, 'a', SIZE);
    bad += round_trip("one letter", data, SIZE);

    static const char *const words[] = {"small ", "guest ", "machine ", "runs ",
                                        "the ",   "code ",  "again, ",  "slowly\n"};
    uint32_t seed = 12345;
    size_t used = 0;
    while (used + 10 < SIZE) {
        seed = seed * 1103515245u + 12345u;
        const char *word = words[seed >> 16 & 7];
        memcpy(data + used, word, strlen(word));
        used += strlen(word);
    }
    bad += round_trip("words", data, used);

    for (size_t i = 0; i < SIZE; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        data[i] = (uint8_t)seed;
    }
    bad += round_trip("noise", data, SIZE);
    bad += round_trip("short", (const uint8_t *)"abc", 3);
    bad += round_trip("nothing", data, 0);
    return bad;
}

int main(int argc, char **argv) {
    int bad = 0;

    if (argc < 2)
        return samples();
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        fseek(file, 0, SEEK_END);
        size_t size = (size_t)ftell(file);
        rewind(file);
        uint8_t *data = malloc(size + 1);
        size = fread(data, 1, size, file);
        fclose(file);
        bad += round_trip(argv[i], data, size);
        free(data);
    }
    return bad;
}
