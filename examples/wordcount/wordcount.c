/*
 * wordcount [-n COUNT] [FILE...]
 *
 * Counts lines, words and bytes of the files, or of standard input, and lists
 * the most frequent words. A word is a run of letters (apostrophes inside it
 * included); capitals count as small letters.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    struct word *next; /* in the same bucket */
    unsigned count;
    char text[];
};

static struct word *buckets[1024];
static unsigned distinct;

static void count_word(const char *text, size_t length) {
    unsigned hash = 5381;
    for (size_t i = 0; i < length; i++)
        hash = hash * 33 + (unsigned char)text[i];

    struct word **bucket = &buckets[hash % (sizeof buckets / sizeof buckets[0])];
    for (struct word *word = *bucket; word; word = word->next) {
        if (strncmp(word->text, text, length) == 0 && word->text[length] == 0) {
            word->count++;
            return;
        }
    }

    struct word *word = malloc(sizeof *word + length + 1);
    if (!word) {
        fprintf(stderr, "wordcount: out of memory\n");
        exit(1);
    }
    memcpy(word->text, text, length);
    word->text[length] = 0;
    word->count = 1;
    word->next = *bucket;
    *bucket = word;
    distinct++;
}

struct totals {
    unsigned long lines, words, bytes;
};

static struct totals count_stream(FILE *stream) {
    struct totals totals = {0, 0, 0};
    char word[64];
    size_t length = 0;

    for (int c = 0; c != EOF;) {
        c = getc(stream);
        totals.bytes += c != EOF;
        totals.lines += c == '\n';
        if (c != EOF && isalpha(c)) {
            if (length < sizeof word)
                word[length++] = (char)tolower(c);
        } else if (c == '\'' && length && length < sizeof word) {
            word[length++] = '\'';
        } else if (length) {
            while (word[length - 1] == '\'')
                length--;
            count_word(word, length);
            totals.words++;
            length = 0;
        }
    }
    return totals;
}

static void print_totals(struct totals totals, const char *name) {
    printf("%7lu lines %7lu words %8lu bytes  %s\n", totals.lines, totals.words, totals.bytes,
           name);
}

static int most_frequent_first(const void *a, const void *b) {
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

static void print_top(unsigned wanted) {
    struct word **all = malloc((distinct + 1) * sizeof *all);
    unsigned found = 0;

    if (!all) {
        fprintf(stderr, "wordcount: out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++)
        for (struct word *word = buckets[i]; word; word = word->next)
            all[found++] = word;
    qsort(all, found, sizeof *all, most_frequent_first);
    printf("\nThe %u most frequent of %u different words:\n", wanted < found ? wanted : found,
           found);
    for (unsigned i = 0; i < wanted && i < found; i++)
        printf("%7u  %s\n", all[i]->count, all[i]->text);
    free(all);
}

int main(int argc, char **argv) {
    unsigned wanted = 10;
    int first = 1, status = 0;
    struct totals sum = {0, 0, 0};

    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        char *end = argc > 2 ? argv[2] : "";
        long number = strtol(end, &end, 10);
        if (argc < 3 || *end || end == argv[2] || number < 0) {
            fprintf(stderr, "usage: wordcount [-n COUNT] [FILE...]\n");
            return 2;
        }
        wanted = (unsigned)number;
        first = 3;
    }

    if (first == argc)
        print_totals(count_stream(stdin), "standard input");
    for (int i = first; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file) {
            fprintf(stderr, "wordcount: %s: %s\n", argv[i], strerror(errno));
            status = 1;
            continue;
        }
        struct totals totals = count_stream(file);
        fclose(file);
        print_totals(totals, argv[i]);
        sum.lines += totals.lines;
        sum.words += totals.words;
        sum.bytes += totals.bytes;
    }
    if (argc - first > 1)
        print_totals(sum, "in all");
    if (wanted && distinct)
        print_top(wanted);
    return status;
}
