/* Flips of all permutations of eight numbers: short arrays of ints. */

static int flip_all(int n) {
    int order[16], copy[16], count[16];
    int most = 0, sum = 0, sign = 1, depth = n;
    for (int i = 0; i < n; i++) order[i] = i;
    for (;;) {
        for (; depth > 1; depth--) count[depth - 1] = depth;
        for (int i = 0; i < n; i++) copy[i] = order[i];
        int flips = 0;
        for (int first = copy[0]; first != 0; first = copy[0]) {
            for (int low = 0, high = first; low < high; low++, high--) {
                int swapped = copy[low];
                copy[low] = copy[high];
                copy[high] = swapped;
            }
            flips++;
        }
        if (flips > most) most = flips;
        sum += sign * flips;
        sign = -sign;
        for (;;) {
            if (depth == n) return sum * 100 + most;
            int first = order[0];
            for (int i = 0; i < depth; i++) order[i] = order[i + 1];
            order[depth] = first;
            count[depth]--;
            if (count[depth] > 0) break;
            depth++;
        }
    }
}

int run(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 31 + flip_all(8 - i % 2);
    return sum;
}
