/* The C library's qsort of structures: moves of bytes and a comparison by pointer. */

#include <stdlib.h>

#define SIZE 3000

struct item { double weight; int number; short kind, pad; };

static struct item items[SIZE];

static int compare(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->kind != y->kind) return x->kind - y->kind;
    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    return x->number - y->number;
}

int run(int n) {
    unsigned seed = 2;
    int sum = 0;
    while (n-- > 0) {
        for (int i = 0; i < SIZE; i++) {
            seed = seed * 1103515245 + 12345;
            items[i].weight = (seed >> 8) % 977 * 0.5;
            items[i].number = i;
            items[i].kind = (short)(seed >> 20) % 40;
        }
        qsort(items, SIZE, sizeof items[0], compare);
        for (int i = 0; i < SIZE; i += 100) sum = sum * 31 + items[i].number;
    }
    return sum;
}
