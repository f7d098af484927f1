/*
 * Text in exported memory. The host takes room with `alloc`, writes bytes
 * there, calls a function with the address, and reads what it left; `reset`
 * gives all the room back. No C library.
 */
#define EXPORT(name) __attribute__((export_name(#name)))

typedef unsigned char byte;
typedef unsigned long size;

extern byte __heap_base;
static byte *top = &__heap_base;

/* SIZE bytes of room, 8-aligned; 0 when memory cannot grow any more. */
EXPORT(alloc) void *alloc(size bytes) {
    byte *start = top;
    size room = __builtin_wasm_memory_size(0) * 65536 - (size)start;

    if (bytes > 0xffff0000)
        return 0;
    bytes = (bytes + 7) & ~7ul;
    if (bytes > room && __builtin_wasm_memory_grow(0, (bytes - room + 65535) / 65536) == (size)-1)
        return 0;
    top += bytes;
    return start;
}

EXPORT(reset) void reset(void) { top = &__heap_base; }

EXPORT(length) size length(const byte *text) {
    const byte *end = text;
    while (*end)
        end++;
    return (size)(end - text);
}

EXPORT(upper) void upper(byte *text, size count) {
    for (; count; count--, text++)
        if (*text >= 'a' && *text <= 'z')
            *text -= 'a' - 'A';
}

EXPORT(reverse) void reverse(byte *text, size count) {
    for (size i = 0, j = count; i + 1 < j; i++) {
        byte kept = text[i];
        text[i] = text[--j];
        text[j] = kept;
    }
}

EXPORT(count_byte) size count_byte(const byte *text, size count, int wanted) {
    size found = 0;
    while (count--)
        found += *text++ == wanted;
    return found;
}

/* The 32-bit FNV-1a hash. */
EXPORT(hash) unsigned hash(const byte *text, size count) {
    unsigned h = 2166136261u;
    while (count--)
        h = (h ^ *text++) * 16777619u;
    return h;
}

/* Writes NUMBER in decimal at OUT (20 bytes at most); returns the length. */
EXPORT(decimal) size decimal(unsigned long long number, byte *out) {
    size count = 0;
    do {
        out[count++] = (byte)('0' + number % 10);
        number /= 10;
    } while (number);
    reverse(out, count);
    return count;
}

/* Always reads outside memory, whatever its size. */
EXPORT(read_outside) int read_outside(void) { return *(volatile int *)0xfffffffc; }
