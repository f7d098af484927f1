/* CRC-32 of a buffer, a byte at a time through a table. */

#define SIZE 65536

static unsigned table[256];
static unsigned char data[SIZE];

int run(int n) {
    for (unsigned i = 0; i < 256; i++) {
        unsigned entry = i;
        for (int bit = 0; bit < 8; bit++) entry = entry & 1 ? entry >> 1 ^ 0xEDB88320u : entry >> 1;
        table[i] = entry;
    }
    for (int i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * i >> 3);
    unsigned crc = ~0u;
    while (n-- > 0)
        for (int i = 0; i < SIZE; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
    return (int)~crc;
}
