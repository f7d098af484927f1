/* An LZ77 packer with a hash of three bytes, and its unpacker. */

#define SIZE 60000
#define HASHES 4096

static unsigned char data[SIZE], packed[SIZE * 2], back[SIZE];
static int last[HASHES];

static int pack(void) {
    unsigned char *to = packed;
    for (int i = 0; i < HASHES; i++) last[i] = -1;
    for (int at = 0; at < SIZE;) {
        int length = 0, from = -1;
        if (at + 3 < SIZE) {
            unsigned hash = (data[at] | data[at + 1] << 8 | data[at + 2] << 16) * 2654435761u >> 20;
            from = last[hash];
            last[hash] = at;
            if (from >= 0 && at - from < 65536)
                while (length < 130 && at + length < SIZE && data[from + length] == data[at + length])
                    length++;
        }
        if (length >= 4) {
            int distance = at - from;
            *to++ = (unsigned char)(128 | (length - 4));
            *to++ = (unsigned char)distance;
            *to++ = (unsigned char)(distance >> 8);
            at += length;
        } else {
            *to++ = data[at++] & 127;
        }
    }
    return (int)(to - packed);
}

static int unpack(int size) {
    int at = 0;
    for (int i = 0; i < size;) {
        unsigned char head = packed[i++];
        if (head & 128) {
            int length = (head & 127) + 4, distance = packed[i] | packed[i + 1] << 8;
            i += 2;
            for (; length > 0; length--, at++) back[at] = back[at - distance];
        } else {
            back[at++] = head;
        }
    }
    return at;
}

int run(int n) {
    unsigned seed = 5;
    for (int i = 0; i < SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = i > 300 && seed >> 28 < 13 ? data[i - 1 - (seed >> 14) % 4 * 73] : seed >> 24 & 127;
    }
    int sum = 0;
    while (n-- > 0) {
        int size = pack();
        sum = sum * 3 + size + unpack(size);
        for (int i = 0; i < SIZE; i++) sum += data[i] != back[i];
        data[n % SIZE] ^= 1;
    }
    return sum;
}
