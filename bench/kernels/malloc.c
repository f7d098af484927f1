/* The C library's allocator: blocks of many sizes, allocated, grown and freed out of order. */

#include <stdlib.h>

#define BLOCKS 1024

static unsigned char *blocks[BLOCKS];
static unsigned sizes[BLOCKS];

int run(int n) {
    unsigned seed = 9, sum = 0;
    while (n-- > 0) {
        seed = seed * 1664525 + 1013904223;
        unsigned at = seed >> 22, size = (seed >> 4 & 255) << (seed >> 12 & 3);
        if (!blocks[at]) {
            blocks[at] = malloc(size + 1);
            blocks[at][size] = (unsigned char)n;
            sizes[at] = size;
        } else if (seed >> 3 & 1) {
            sum = sum * 3 + blocks[at][sizes[at]];
            free(blocks[at]);
            blocks[at] = 0;
        } else {
            blocks[at] = realloc(blocks[at], size + 1);
            blocks[at][size] = (unsigned char)seed;
            sizes[at] = size;
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (blocks[i]) sum = sum * 3 + blocks[i][sizes[i]];
        free(blocks[i]);
        blocks[i] = 0;
    }
    return (int)sum;
}
