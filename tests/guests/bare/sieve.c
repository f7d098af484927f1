/* The sieve of Eratosthenes over a bit array in memory. */
#define EXPORT(name) __attribute__((export_name(#name)))

enum { LIMIT = 1 << 16 };

static unsigned char composite[LIMIT / 8];

static int is_composite(unsigned n) { return composite[n / 8] >> n % 8 & 1; }

/* Sieves up to LIMIT (at most 65535) and returns how many primes there are. */
EXPORT(count_primes) unsigned count_primes(unsigned limit) {
    unsigned count = 0;
    if (limit >= LIMIT)
        limit = LIMIT - 1;
    for (unsigned i = 0; i < sizeof composite; i++)
        composite[i] = 0;
    for (unsigned n = 2; n <= limit; n++) {
        if (is_composite(n))
            continue;
        count++;
        for (unsigned m = n * n; n < 256 && m <= limit; m += n)
            composite[m / 8] |= (unsigned char)(1 << m % 8);
    }
    return count;
}

/* Valid for n up to the limit of the last count_primes. */
EXPORT(is_prime) int is_prime(unsigned n) { return n >= 2 && n < LIMIT && !is_composite(n); }

/* Where the bit array is, for a host that looks at memory itself. */
EXPORT(table_address) void *table_address(void) { return composite; }
