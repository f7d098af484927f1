/* Memory that the host may read, write and grow together with the guest. */
#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(pages) unsigned long pages(void) { return __builtin_wasm_memory_size(0); }

/* Grows by COUNT pages; returns the earlier size, or -1. */
EXPORT(grow) long grow(unsigned long count) {
    return (long)__builtin_wasm_memory_grow(0, count);
}

EXPORT(load8) int load8(const volatile unsigned char *p) { return *p; }
EXPORT(load32) int load32(const volatile int *p) { return *p; }
EXPORT(load64) long long load64(const volatile long long *p) { return *p; }
EXPORT(store8) void store8(volatile unsigned char *p, int x) { *p = (unsigned char)x; }
EXPORT(store32) void store32(volatile int *p, int x) { *p = x; }
EXPORT(store64) void store64(volatile long long *p, long long x) { *p = x; }

EXPORT(sum_bytes) unsigned sum_bytes(const unsigned char *p, unsigned long count) {
    unsigned sum = 0;
    while (count--)
        sum += *p++;
    return sum;
}
EXPORT(sum_doubles) double sum_doubles(const double *p, unsigned long count) {
    double sum = 0;
    while (count--)
        sum += *p++;
    return sum;
}
EXPORT(fill) void fill(unsigned char *p, int x, unsigned long count) {
    __builtin_memset(p, x, count);
}
EXPORT(copy) void copy(unsigned char *to, const unsigned char *from, unsigned long count) {
    __builtin_memmove(to, from, count);
}
