/* Products of matrices of integers whose rows are allocated one by one, n times. */

#include <stdint.h>
#include <stdlib.h>

enum { SIZE = 40 };

static int32_t **make(int32_t first) {
    int32_t **rows = malloc(SIZE * sizeof *rows);
    for (int i = 0; i < SIZE; i++) {
        rows[i] = malloc(SIZE * sizeof **rows);
        for (int j = 0; j < SIZE; j++) rows[i][j] = first++;
    }
    return rows;
}

static void drop(int32_t **rows) {
    for (int i = 0; i < SIZE; i++) free(rows[i]);
    free(rows);
}

uint64_t run(uint32_t n) {
    int32_t **a = make(1), **b = make(2), **c = make(3);
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                uint32_t value = 0;
                for (int k = 0; k < SIZE; k++) value += (uint32_t)a[i][k] * (uint32_t)b[k][j];
                c[i][j] = (int32_t)value;
            }
        }
        a[turn % SIZE][3] ^= c[2][turn % SIZE];
        sum = sum * 31 + (uint32_t)c[turn % SIZE][turn * 7 % SIZE];
    }
    drop(a);
    drop(b);
    drop(c);
    return sum;
}
