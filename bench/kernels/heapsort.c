/* Heapsort of 64-bit floats. */

#define SIZE 20000

static double heap[SIZE];

static void sift(int root, int size) {
    double value = heap[root];
    for (;;) {
        int child = 2 * root + 1;
        if (child >= size) break;
        if (child + 1 < size && heap[child] < heap[child + 1]) child++;
        if (!(value < heap[child])) break;
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = value;
}

int run(int n) {
    unsigned seed = 7;
    double sum = 0;
    while (n-- > 0) {
        for (int i = 0; i < SIZE; i++) {
            seed = seed * 1664525 + 1013904223;
            heap[i] = seed * 0.001;
        }
        for (int i = SIZE / 2 - 1; i >= 0; i--) sift(i, SIZE);
        for (int i = SIZE - 1; i > 0; i--) {
            double greatest = heap[0];
            heap[0] = heap[i];
            heap[i] = greatest;
            sift(0, i);
        }
        for (int i = 0; i < SIZE; i += 500) sum = sum / 2 + heap[i];
    }
    return (int)sum;
}
