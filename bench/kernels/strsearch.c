/* Horspool's search for words in a text, beside a plain one. */

#define SIZE 40000

static char text[SIZE];
static const char *const words[] = {"the end", "abracadabra", "needle", "zyx", "aaab", "fjord fjord"};

static int length(const char *word) {
    int count = 0;
    while (word[count]) count++;
    return count;
}

static int horspool(const char *word) {
    int size = length(word), found = 0;
    int skip[256];
    for (int i = 0; i < 256; i++) skip[i] = size;
    for (int i = 0; i < size - 1; i++) skip[(unsigned char)word[i]] = size - 1 - i;
    for (int at = 0; at <= SIZE - size;) {
        int i = size - 1;
        while (i >= 0 && text[at + i] == word[i]) i--;
        found += i < 0;
        at += skip[(unsigned char)text[at + size - 1]];
    }
    return found;
}

static int plain(const char *word) {
    int size = length(word), found = 0;
    for (int at = 0; at <= SIZE - size; at++) {
        int i = 0;
        while (i < size && text[at + i] == word[i]) i++;
        found += i == size;
    }
    return found;
}

int run(int n) {
    unsigned seed = 99;
    for (int i = 0; i < SIZE;) {
        seed = seed * 1103515245 + 12345;
        const char *word = words[seed % 6];
        if (seed >> 29 == 3)
            for (; *word && i < SIZE; word++) text[i++] = *word;
        else
            text[i++] = (char)('a' + (seed >> 16) % 26);
    }
    int sum = 0;
    while (n-- > 0)
        for (int i = 0; i < 6; i++) sum = sum * 5 + horspool(words[i]) * 3 + plain(words[i]);
    return sum;
}
