/* Indirect calls: expression trees evaluated through pointers to functions. */

struct node;
typedef int (*evaluator)(const struct node *, int);
struct node { evaluator evaluate; const struct node *left, *right; int value; };

static int constant(const struct node *node, int x) { (void)x; return node->value; }
static int variable(const struct node *node, int x) { return x + node->value; }
static int sum(const struct node *node, int x) {
    return node->left->evaluate(node->left, x) + node->right->evaluate(node->right, x);
}
static int difference(const struct node *node, int x) {
    return node->left->evaluate(node->left, x) - node->right->evaluate(node->right, x);
}
static int product(const struct node *node, int x) {
    return node->left->evaluate(node->left, x) * node->right->evaluate(node->right, x);
}
static int choice(const struct node *node, int x) {
    const struct node *chosen = x & node->value ? node->left : node->right;
    return chosen->evaluate(chosen, x);
}

static const evaluator inner[] = {sum, difference, product, choice};
static struct node nodes[256];

int run(int n) {
    for (int i = 255; i >= 1; i--) {
        struct node *node = &nodes[i];
        node->value = i % 8;
        if (i >= 128) {
            node->evaluate = i & 1 ? constant : variable;
        } else {
            node->evaluate = inner[i % 4];
            node->left = &nodes[2 * i];
            node->right = &nodes[2 * i + 1];
        }
    }
    int total = 0;
    for (int x = 0; x < n; x++) total = total * 3 + nodes[1].evaluate(&nodes[1], x);
    return total;
}
