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

static void digits(void) {
    if (*at < '0' || *at > '9')
        fail("a digit was expected");
    while (*at >= '0' && *at <= '9')
        at++;
}

static double parse_number(void) {
    const char *start = at;
    at += *at == '-';
    if (*at == '0')
        at++;
    else
        digits();
    if (*at == '.') {
        at++;
        digits();
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        digits();
    }
    return strtod(start, NULL);
}

static struct value *parse_value(int depth);

static struct value *parse_children(enum kind kind, char close, int depth) {
    struct value *parent = need(sizeof *parent), **end = &parent->first;
    parent->kind = kind;
    at++;
    skip_space();
    if (*at == close) {
        at++;
        return parent;
    }
    for (;;) {
        char *name = NULL;
        skip_space();
        if (kind == K_OBJECT) {
            if (*at != '"')
                fail("a member's name was expected");
            name = parse_string();
            skip_space();
            if (*at != ':')
                fail("a colon was expected");
            at++;
        }
        *end = parse_value(depth + 1);
        (*end)->name = name;
        end = &(*end)->next;
        skip_space();
        if (*at == close)
            break;
        if (*at != ',')
            fail("a comma or %c was expected", close);
        at++;
    }
    at++;
    return parent;
}

static struct value *parse_value(int depth) {
    static const struct {
        const char *word;
        enum kind kind;
    } words[] = {{"null", K_NULL}, {"false", K_FALSE}, {"true", K_TRUE}};

    skip_space();
    if (depth > MAX_DEPTH)
        fail("nested too deeply");
    if (*at == '[')
        return parse_children(K_ARRAY, ']', depth);
    if (*at == '{')
        return parse_children(K_OBJECT, '}', depth);

    struct value *value = need(sizeof *value);
    if (*at == '"') {
        value->kind = K_STRING;
        value->text = parse_string();
        return value;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].word);
        if (strncmp(at, words[i].word, length) == 0) {
            at += length;
            value->kind = words[i].kind;
            return value;
        }
    }
    if (*at != '-' && (*at < '0' || *at > '9'))
        fail("a value was expected");
    value->kind = K_NUMBER;
    value->number = parse_number();
    return value;
}

static void print_string(const char *text) {
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p == '\n')
            printf("\\n");
        else if (*p == '\t')
            printf("\\t");
        else if (*p < 0x20)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    putchar('"');
}

/* The fewest digits that read back as the same number. */
static void print_number(double number) {
    char text[32];
    if (fabs(number) < 1e15 && number == floor(number)) {
        printf("%.0f", number);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    printf("%s", text);
}

static void new_line(int indent) {
    if (indent >= 0)
        printf("\n%*s", 2 * indent, "");
}

/* INDENT is the level of the line that the value is on, or -1 for no lines. */
static void print(const struct value *value, int indent) {
    static const char *const words[] = {"null", "false", "true"};
    int inner = indent < 0 ? indent : indent + 1;
    int is_object = value->kind == K_OBJECT;

    switch (value->kind) {
    case K_NUMBER:
        print_number(value->number);
        return;
    case K_STRING:
        print_string(value->text);
        return;
    case K_ARRAY:
    case K_OBJECT:
        putchar(is_object ? '{' : '[');
        for (const struct value *child = value->first; child; child = child->next) {
            new_line(inner);
            if (is_object) {
                print_string(child->name);
                printf(indent < 0 ? ":" : ": ");
            }
            print(child, inner);
            if (child->next)
                putchar(',');
        }
        if (value->first)
            new_line(indent);
        putchar(is_object ? '}' : ']');
        return;
    default:
        printf("%s", words[value->kind]);
    }
}

int main(int argc, char **argv) {
    size_t size = 0, room = 4096;
    char *text = malloc(room);

    for (size_t got; text && (got = fread(text + size, 1, room - size - 1, stdin)) > 0;) {
        size += got;
        if (room - size < 1024)
            text = realloc(text, room *= 2);
    }
    if (!text) {
        fprintf(stderr, "json: out of memory\n");
        return 1;
    }
    text[size] = 0;
    input = at = text;

    struct value *value = parse_value(0);
    skip_space();
    if (*at)
        fail("text after the end of the document");
    print(value, argc > 1 && strcmp(argv[1], "-c") == 0 ? -1 : 0);
    putchar('\n');
    return 0;
}
