/* trees [DEPTH [NODES]]: binary trees with malloc/free, then chasing pointers through a shuffled list and
   searching an unbalanced tree. */
#include "common.h"
typedef struct node { struct node *left, *right; } node;
typedef struct item { struct item *next; uint32_t value; } item;
typedef struct key { struct key *left, *right; uint32_t value; } key;

static node *make(int depth) {
    node *n = malloc(sizeof *n);
    if (!n) exit(1);
    n->left = depth ? make(depth - 1) : 0;
    n->right = depth ? make(depth - 1) : 0;
    return n;
}
static int count(const node *n) { return n ? 1 + count(n->left) + count(n->right) : 0; }
static void drop(node *n) {
    if (!n) return;
    drop(n->left), drop(n->right);
    free(n);
}
int main(int argc, char **argv) {
    int depth = (int)arg_long(argc, argv, 1, 8);
    uint32_t nodes = (uint32_t)arg_long(argc, argv, 2, 4000);
    for (int d = 2; d <= depth; d += 2) {
        int times = 1 << (depth - d + 2), total = 0;
        for (int i = 0; i < times; i++) {
            node *n = make(d);
            total += count(n);
            drop(n);
        }
        printf("%d trees of depth %d: %d nodes\n", times, d, total);
    }

    item *items = malloc(sizeof *items * nodes);
    uint32_t *order = malloc(sizeof *order * nodes);
    if (!items || !order) return 1;
    for (uint32_t i = 0; i < nodes; i++) order[i] = i;
    for (uint32_t i = nodes - 1; i; i--) {
        uint32_t j = (uint32_t)(rng() % (i + 1)), t = order[i];
        order[i] = order[j], order[j] = t;
    }
    for (uint32_t i = 0; i < nodes; i++)
        items[order[i]].next = &items[order[(i + 1) % nodes]], items[order[i]].value = order[i];
    uint32_t sum = 0;
    const item *at = items;
    for (uint32_t i = 0; i < nodes * 8; i++, at = at->next) sum = sum * 33 + at->value;
    printf("list sum %08x\n", (unsigned)sum);

    key *root = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        key **where = &root, *k = malloc(sizeof *k);
        if (!k) return 1;
        k->left = k->right = 0, k->value = (uint32_t)rng();
        while (*where) where = k->value < (*where)->value ? &(*where)->left : &(*where)->right;
        *where = k;
    }
    uint64_t hops = 0;
    for (uint32_t i = 0; i < nodes * 2; i++) {
        uint32_t v = (uint32_t)rng();
        for (const key *k = root; k; k = v < k->value ? k->left : k->right) hops++;
    }
    printf("search hops %llu\n", (unsigned long long)hops);
    return 0;
}
