/* A hash table of 64-bit keys with open addressing: inserted, found and removed. */

#define SLOTS 32768

struct entry { unsigned long long key; int value, used; };

static struct entry table[SLOTS];

static unsigned slot(unsigned long long key) {
    key ^= key >> 33;
    key *= 0xFF51AFD7ED558CCDull;
    key ^= key >> 33;
    return (unsigned)key % SLOTS;
}

static struct entry *find(unsigned long long key) {
    unsigned at = slot(key);
    while (table[at].used && table[at].key != key) at = (at + 1) % SLOTS;
    return &table[at];
}

static void erase(struct entry *gone) {
    unsigned hole = (unsigned)(gone - table);
    gone->used = 0;
    for (unsigned at = (hole + 1) % SLOTS; table[at].used; at = (at + 1) % SLOTS) {
        unsigned home = slot(table[at].key);
        if ((at - home) % SLOTS < (at - hole) % SLOTS) continue;
        table[hole] = table[at];
        table[at].used = 0;
        hole = at;
    }
}

int run(int n) {
    unsigned long long seed = 88172645463325252ull;
    int count = 0, sum = 0;
    for (int i = 0; i < SLOTS; i++) table[i].used = 0;
    while (n-- > 0) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        struct entry *entry = find(seed % 30000 * 0x100000001ull);
        if (entry->used) {
            sum += entry->value;
            if (++entry->value % 3 == 0) {
                erase(entry);
                count--;
            }
        } else if (count < SLOTS * 3 / 4) {
            entry->key = seed % 30000 * 0x100000001ull;
            entry->value = n & 15;
            entry->used = 1;
            count++;
        }
    }
    return sum * 31 + count;
}
