/* The sieve of Eratosthenes over a million bytes. */

#define SIZE 1000000

static unsigned char composite[SIZE];

int run(int n) {
    int count = 0;
    while (n-- > 0) {
        for (int i = 0; i < SIZE; i++) composite[i] = 0;
        for (int i = 2; i < SIZE; i++) {
            if (composite[i]) continue;
            count++;
            for (int j = i + i; j < SIZE; j += i) composite[j] = 1;
        }
    }
    return count;
}
