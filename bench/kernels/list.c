/* Linked lists: sorted by merging, reversed, walked. */

#define NODES 20000

struct node { struct node *next; unsigned key; };

static struct node nodes[NODES];

static struct node *merge(struct node *a, struct node *b) {
    struct node head, *last = &head;
    while (a && b) {
        struct node **smaller = a->key <= b->key ? &a : &b;
        last->next = *smaller;
        last = *smaller;
        *smaller = last->next;
    }
    last->next = a ? a : b;
    return head.next;
}

static struct node *sort(struct node *list) {
    if (!list || !list->next) return list;
    struct node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    struct node *second = slow->next;
    slow->next = 0;
    return merge(sort(list), sort(second));
}

int run(int n) {
    unsigned seed = 4, sum = 0;
    while (n-- > 0) {
        struct node *list = 0;
        for (int i = 0; i < NODES; i++) {
            seed = seed * 1664525 + 1013904223;
            nodes[i].key = seed >> 5;
            nodes[i].next = list;
            list = &nodes[i];
        }
        list = sort(list);
        struct node *back = 0;
        while (list) {
            struct node *next = list->next;
            list->next = back;
            back = list;
            list = next;
        }
        for (; back; back = back->next) sum = sum * 31 + back->key;
    }
    return (int)sum;
}
