/* Levenshtein's distance of two texts: a table's rows and the least of three. */

#define SIZE 400

static unsigned char a[SIZE], b[SIZE];
static unsigned short rows[2][SIZE + 1];

static int distance(void) {
    for (int j = 0; j <= SIZE; j++) rows[0][j] = (unsigned short)j;
    for (int i = 1; i <= SIZE; i++) {
        unsigned short *above = rows[(i - 1) & 1], *row = rows[i & 1];
        row[0] = (unsigned short)i;
        for (int j = 1; j <= SIZE; j++) {
            int least = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < least) least = above[j] + 1;
            if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
            row[j] = (unsigned short)least;
        }
    }
    return rows[SIZE & 1][SIZE];
}

int run(int n) {
    unsigned seed = 6;
    for (int i = 0; i < SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        a[i] = seed >> 29;
        b[i] = seed >> 26 & 7;
    }
    int sum = 0;
    while (n-- > 0) {
        sum = sum * 3 + distance();
        a[n % SIZE] = (a[n % SIZE] + 1) & 7;
    }
    return sum;
}
