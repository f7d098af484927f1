/* A text of comma-separated values, written and parsed n times: quotes, numbers, columns. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 100, SIZE = 1 << 14 };

static char text[SIZE];

static size_t make(uint32_t turn) {
    static const char *const names[] = {"plain", "with, comma", "with \"\"quotes\"\"", "", "two\nlines"};
    char *at = text;
    for (uint32_t row = 0; row < ROWS; row++) {
        const char *name = names[(row + turn) % 5];
        int quoted = strpbrk(name, ",\"\n") != NULL;
        at += snprintf(at, (size_t)(text + SIZE - at), "%u,%s%s%s,%d,%u.%02u\n", row + turn,
                       quoted ? "\"" : "", name, quoted ? "\"" : "", (int)(row * 17) - 400,
                       row * turn % 1000, row % 100);
    }
    return (size_t)(at - text);
}

/* Parses one field in place; gives where the next begins, and whether this one ends the row. */
static char *field(char *at, char **value, int *last) {
    char *out = at;
    *value = at;
    if (*at == '"') {
        at++;
        for (;; at++) {
            if (*at == '"' && *++at != '"') break;
            *out++ = *at;
        }
    } else {
        while (*at != ',' && *at != '\n') *out++ = *at++;
    }
    *last = *at == '\n';
    *out = 0;
    return at + 1;
}

uint64_t run(uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t turn = 0; turn < n; turn++) {
        char *at = text, *end = text + make(turn);
        uint32_t column = 0;
        while (at < end) {
            char *value;
            int last;
            at = field(at, &value, &last);
            if (column == 1) {
                while (*value) sum = sum * 33 + (uint8_t)*value++;
            } else if (column == 3) {
                sum = sum * 31 + (uint64_t)(strtod(value, NULL) * 100 + 0.5);
            } else {
                sum = sum * 31 + (uint64_t)strtol(value, NULL, 10);
            }
            column = last ? 0 : column + 1;
        }
    }
    return sum;
}
