/* Heapsort of n random numbers. */

#include <stdint.h>
#include <stdlib.h>

static uint32_t seed;

static double next(void) {
    seed = (seed * 3877 + 29573) % 139968;
    return (double)seed / 139968.0;
}

static void sink(double *heap, uint32_t at, uint32_t size) {
    double value = heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= size) break;
        if (child + 1 < size && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= value) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

uint64_t run(uint32_t n) {
    double *heap = malloc((n + 1) * sizeof *heap);
    if (!heap) return 0;
    seed = 42;
    for (uint32_t i = 0; i < n; i++) heap[i] = next();
    for (uint32_t i = n / 2; i-- > 0;) sink(heap, i, n);
    for (uint32_t size = n; size > 1; size--) {
        double last = heap[size - 1];
        heap[size - 1] = heap[0];
        heap[0] = last;
        sink(heap, 0, size - 1);
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i && heap[i] < heap[i - 1]) return 0;
        sum = sum * 31 + (uint64_t)(heap[i] * 1e9);
    }
    free(heap);
    return sum;
}
