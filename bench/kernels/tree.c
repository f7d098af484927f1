/* Binary search trees of nodes on a heap of their own: pointers, built, searched and dropped. */

#define NODES 8192

struct node { struct node *left, *right; int key, count; };

static struct node heap[NODES];
static int used;

static struct node *insert(struct node *node, int key) {
    if (!node) {
        node = &heap[used++];
        node->left = node->right = 0;
        node->key = key;
        node->count = 1;
    } else if (key < node->key) {
        node->left = insert(node->left, key);
    } else if (key > node->key) {
        node->right = insert(node->right, key);
    } else {
        node->count++;
    }
    return node;
}

static int depth(const struct node *node) {
    if (!node) return 0;
    int left = depth(node->left), right = depth(node->right);
    return 1 + (left > right ? left : right);
}

int run(int n) {
    unsigned seed = 21;
    int sum = 0;
    while (n-- > 0) {
        struct node *root = 0;
        used = 0;
        for (int i = 0; i < NODES; i++) {
            seed = seed * 1103515245 + 12345;
            root = insert(root, (int)(seed >> 16) % 6000);
        }
        for (int key = 0; key < 6000; key++) {
            const struct node *node = root;
            while (node && node->key != key) node = key < node->key ? node->left : node->right;
            if (node) sum += node->count * key;
        }
        sum = sum * 3 + depth(root);
    }
    return sum;
}
