/* Base64 there and back: bytes, shifts and a table. */

#define SIZE 30000

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static unsigned char data[SIZE], text[SIZE / 3 * 4], back[SIZE], value[256];

static void encode(void) {
    unsigned char *to = text;
    for (int i = 0; i < SIZE; i += 3) {
        unsigned three = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = digits[three >> 6 & 63];
        *to++ = digits[three & 63];
    }
}

static void decode(void) {
    unsigned char *to = back;
    for (unsigned i = 0; i < sizeof text; i += 4) {
        unsigned three = value[text[i]] << 18 | value[text[i + 1]] << 12 | value[text[i + 2]] << 6 |
                         value[text[i + 3]];
        *to++ = three >> 16;
        *to++ = three >> 8;
        *to++ = three;
    }
}

int run(int n) {
    for (int i = 0; i < 64; i++) value[(unsigned char)digits[i]] = i;
    for (int i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * 37 + (i >> 7));
    int sum = 0;
    while (n-- > 0) {
        encode();
        decode();
        for (int i = 0; i < SIZE; i++) sum += back[i] ^ data[i];
        sum = sum * 3 + text[n % SIZE];
        data[n % SIZE]++;
    }
    return sum;
}
