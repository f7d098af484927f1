/* A buffer with a gap, edited all over: memory.copy and memory.fill, long and short. */

#define SIZE 60000

static char buffer[SIZE], saved[SIZE];
static int gap, gap_end;

static void seek(int to) {
    if (to < gap) {
        __builtin_memmove(buffer + gap_end - (gap - to), buffer + to, gap - to);
        gap_end -= gap - to;
    } else {
        __builtin_memmove(buffer + gap, buffer + gap_end, to - gap);
        gap_end += to - gap;
    }
    gap = to;
}

int run(int n) {
    unsigned seed = 3;
    int sum = 0;
    __builtin_memset(buffer, 'x', SIZE);
    gap = 0;
    gap_end = 2000;
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        int to = (seed >> 8) % (SIZE - 2000);
        /* Mostly near, where moves are short. */
        seek(seed >> 30 ? (gap + to % 64) % (SIZE - 2000) : to);
        __builtin_memset(buffer + gap, (int)(i & 127), 8);
        if (i % 64 == 0) __builtin_memcpy(saved, buffer, SIZE);
        gap += 8;
        if (gap > gap_end - 16) gap -= 1000;
        sum = sum * 3 + saved[to] + buffer[(to * 7) % SIZE];
    }
    return sum;
}
