/* Quicksort of 32-bit integers, with insertion sort of short ranges. */

#define SIZE 50000

static int data[SIZE];

static void sort(int low, int high) {
    while (high - low > 12) {
        int pivot = data[(low + high) / 2], i = low, j = high;
        while (i <= j) {
            while (data[i] < pivot) i++;
            while (data[j] > pivot) j--;
            if (i <= j) {
                int swapped = data[i];
                data[i++] = data[j];
                data[j--] = swapped;
            }
        }
        if (j - low < high - i) {
            sort(low, j);
            low = i;
        } else {
            sort(i, high);
            high = j;
        }
    }
    for (int i = low + 1; i <= high; i++) {
        int value = data[i], j = i;
        for (; j > low && data[j - 1] > value; j--) data[j] = data[j - 1];
        data[j] = value;
    }
}

int run(int n) {
    unsigned seed = 1;
    int sum = 0;
    while (n-- > 0) {
        for (int i = 0; i < SIZE; i++) {
            seed = seed * 1103515245 + 12345;
            data[i] = (int)(seed >> 4);
        }
        sort(0, SIZE - 1);
        for (int i = 0; i < SIZE; i += 1000) sum = sum * 31 + data[i];
    }
    return sum;
}
