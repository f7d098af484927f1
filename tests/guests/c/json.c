/*
 * Reads one JSON document from standard input and prints it again: indented,
 * or on one line with the argument -c. Ends with 1 and the line and column of
 * the first mistake when the text is not JSON.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { K_NULL, K_FALSE, K_TRUE, K_NUMBER, K_STRING, K_ARRAY, K_OBJECT };

struct value {
    enum kind kind;
    double number;
    char *text;          /* K_STRING: UTF-8 with no escapes left in it */
    char *name;          /* in an object: the member's name */
    struct value *first; /* K_ARRAY and K_OBJECT: a list of children */
    struct value *next;
};

enum { MAX_DEPTH = 100 };

static const char *input, *at;

static void fail(const char *message, ...) {
    int line = 1, column = 1;
    for (const char *p = input; p < at; p++) {
        column++;
        if (*p == '\n')
            line++, column = 1;
    }
    fprintf(stderr, "json: line %d, column %d: ", line, column);
    va_list arguments;
    va_start(arguments, message);
    vfprintf(stderr, message, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void *need(size_t size) {
    void *memory = calloc(1, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

static void skip_space(void) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
}

static unsigned four_hex(void) {
    unsigned code = 0;
    for (int i = 0; i < 4; i++, at++) {
        char c = *at;
        if (c >= '0' && c <= '9')
            code = code * 16 + (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            code = code * 16 + (unsigned)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            code = code * 16 + (unsigned)(c - 'A' + 10);
        else
            fail("a hexadecimal digit was expected");
    }
    return code;
}

static char *put_utf8(char *out, unsigned code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

static char *parse_string(void) {
    const char *end = ++at;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    char *text = need((size_t)(end - at) + 1), *out = text;

    while (*at != '"') {
        if ((unsigned char)*at < 0x20)
            fail(*at ? "a control character in a string" : "the string has no end");
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        char c = *++at;
        const char *found = c ? strchr(escapes, c) : NULL;
        if (found) {
            *out++ = meanings[found - escapes];
            at++;
        } else if (c == 'u') {
            at++;
            unsigned code = four_hex();
            if (code >= 0xd800 && code < 0xdc00 && at[0] == '\\' && at[1] == 'u') {
                at += 2;
                unsigned low = four_hex();
                if (low < 0xdc00 || low > 0xdfff)
                    fail("half of a surrogate pair");
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else if (code >= 0xd800 && code < 0xe000) {
                fail("half of a surrogate pair");
            }
            out = put_utf8(out, code);
        } else {
            fail("an unknown escape");
        }
    }
    at++;
    return text;
}

static double parse_number(void) {
    const char *p = at;
    if (*p == '-')
        p++;
    if (*p == '0')
        p++;
    else if (*p >= '1' && *p <= '9')
        while (*p >= '0' && *p <= '9')
            p++;
    else
        fail("a value was expected");
    if (*p == '.') {
        at = ++p;
        while (*p >= '0' && *p <= '9')
            p++;
        if (p == at)
            fail("a digit was expected after the point");
        while (*--at != '-' && at > input && ((at[-1] >= '0' && at[-1] <= '9') || at[-1] == '-'))
            ;
    }
    char *end;
    double number = strtod(at, &end);
    at = end;
    return number;
}

