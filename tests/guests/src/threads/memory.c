/* Threads that share memory, and memory that they do not share. */
#include "threads.h"

static int threads, amount;

static uint32_t step(uint32_t *state) {
    *state ^= *state << 13, *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* --- malloc: threads allocate, resize, exchange and free blocks, and each block keeps what was written to it. --- */

enum { SHELF = 64 };
static _Atomic(unsigned char *) shelf[SHELF];
static atomic_int allocated, freed;
static atomic_ullong bytes;

/* A block begins with its size; the rest is made from that. */
static unsigned char *fill(unsigned char *block, uint32_t size) {
    require(block && ((uintptr_t)block & 7) == 0);
    memcpy(block, &size, 4);
    for (uint32_t i = 4; i < size; i++) block[i] = (unsigned char)(size * 7 + i);
    return block;
}
static uint32_t check(const unsigned char *block) {
    uint32_t size;
    memcpy(&size, block, 4);
    for (uint32_t i = 4; i < size; i++) require(block[i] == (unsigned char)(size * 7 + i));
    return size;
}
static void exchange_blocks(int index) {
    uint32_t state = 2463534242u + (uint32_t)index * 977;
    for (int i = 0; i < amount; i++) {
        uint32_t random = step(&state), size = 4 + (random % 50 ? random >> 8 & 511 : random >> 8 & 65535);
        unsigned char *block = fill(malloc(size), size);
        allocated++;
        bytes += size;
        if (random & 1) block = fill(realloc(block, size + 100), size + 100);
        unsigned char *other = atomic_exchange(&shelf[random >> 25 & (SHELF - 1)], block);
        if (other) {
            check(other);
            free(other);
            freed++;
        }
    }
}
void allocate(int count, int times) {
    amount = times;
    in_threads(count, exchange_blocks);
    for (int i = 0; i < SHELF; i++)
        if (shelf[i]) {
            check(shelf[i]);
            free(shelf[i]);
            freed++;
        }
    printf("%d blocks, %llu bytes, %d freed\n", (int)allocated, (unsigned long long)bytes, (int)freed);
}

/* --- own-variables: each thread has its own, with their first values; destructors run when a thread ends. --- */

static _Thread_local int first = 1000;
static _Thread_local char zeroed[100];
static _Thread_local double aligned __attribute__((aligned(64))) = 0.5;
static pthread_key_t key;
static atomic_int destroyed;
static atomic_llong sums;
static atomic_uintptr_t places[MOST];

static void destroy(void *value) {
    destroyed++;
    free(value);
}
static void use_own(int index) {
    require(first == 1000 && aligned == 0.5 && ((uintptr_t)&aligned & 63) == 0 && !pthread_getspecific(key));
    for (size_t i = 0; i < sizeof zeroed; i++) require(zeroed[i] == 0);
    places[index] = (uintptr_t)&first;
    int *own = malloc(sizeof *own);
    *own = index;
    pthread_setspecific(key, own);
    for (int i = 0; i < amount; i++) {
        first += index, aligned += index, zeroed[i % 100]++;
        require(*(int *)pthread_getspecific(key) == index + i);
        ++*own;
    }
    require(aligned == 0.5 + (double)index * amount);
    sums += first + *own;
}
void own_variables(int count, int times) {
    amount = times;
    require(!pthread_key_create(&key, destroy));
    first = 7;
    in_threads(count, use_own);
    for (int i = 0; i < count; i++) require(places[i] != (uintptr_t)&first);
    require(first == 7 && aligned == 0.5);
    printf("sum %lld, %d destroyed\n", (long long)sums, (int)destroyed);
}

/* --- counters: atomic operations of each width, among plain neighbours; a stack without locks. --- */

static struct {
    _Atomic uint8_t byte;
    uint8_t before;
    _Atomic uint16_t half;
    _Atomic uint32_t word, least, bits, flips;
    _Atomic uint64_t wide, greatest;
} shared = {.before = 0x5a, .least = -1u};
static struct entry { uint32_t next; } entries[MOST * 4];
/* The low half is the index of the first entry, the high half changes with each operation. */
static _Atomic uint64_t top;
static atomic_int pops;

static void push(uint32_t index) {
    uint64_t old = top;
    do entries[index].next = (uint32_t)old;
    while (!atomic_compare_exchange_weak(&top, &old, ((old >> 32) + 1) << 32 | index));
}
static uint32_t pop(void) {
    uint64_t old = top;
    do
        if (!(uint32_t)old) return 0;
    while (!atomic_compare_exchange_weak(&top, &old, ((old >> 32) + 1) << 32 | entries[(uint32_t)old].next));
    return (uint32_t)old;
}
static void count_up(int index) {
    uint32_t state = 88675123u + (uint32_t)index;
    for (int i = 0; i < amount; i++) {
        uint32_t random = step(&state);
        atomic_fetch_add(&shared.byte, 3);
        atomic_fetch_sub(&shared.half, 5);
        atomic_fetch_add(&shared.word, random);
        atomic_fetch_add(&shared.wide, (uint64_t)random << 16);
        atomic_fetch_or(&shared.bits, 1u << random % 32);
        atomic_fetch_xor(&shared.flips, random);
        for (uint32_t old = shared.least; random < old && !atomic_compare_exchange_weak(&shared.least, &old, random);) {}
        for (uint64_t old = shared.greatest; random > old && !atomic_compare_exchange_weak(&shared.greatest, &old, random);) {}
        uint32_t entry = pop();
        if (entry) {
            pops++;
            push(entry);
        }
    }
}
void counters(int count, int times) {
    threads = count, amount = times;
    int size = count * 4;
    for (int i = 1; i < size; i++) push((uint32_t)i);
    in_threads(count, count_up);
    printf("byte %d, half %d, word %u, wide %llu\n", shared.byte, shared.half, (unsigned)shared.word,
           (unsigned long long)shared.wide);
    printf("least %u, greatest %llu, bits %08x, flips %08x, neighbour %02x\n", (unsigned)shared.least,
           (unsigned long long)shared.greatest, (unsigned)shared.bits, (unsigned)shared.flips, shared.before);
    int left = 0;
    uint64_t indices = 0;
    for (uint32_t entry; (entry = pop()); left++) indices += entry;
    /* With fewer threads than entries, the stack is never empty. */
    printf("%d pops, %d entries left, sum %llu\n", (int)pops, left, (unsigned long long)indices);
}

/* --- generations: threads that start threads, and many that only begin and end. --- */

static atomic_int begun;

static void *grow(void *depth) {
    begun++;
    uintptr_t below = (uintptr_t)depth, total = 1;
    pthread_t children[2];
    for (int i = 0; below && i < 2; i++) require(!pthread_create(&children[i], 0, grow, (void *)(below - 1)));
    for (int i = 0; below && i < 2; i++) {
        void *result;
        require(!pthread_join(children[i], &result));
        total += (uintptr_t)result;
    }
    return (void *)total;
}
static void begin(int index) { begun += index; }
void generations(int count, int times) {
    uintptr_t total = (uintptr_t)grow((void *)4);
    for (int i = 0; i < times; i++) in_threads(count, begin);
    printf("%d in the tree, %d begun\n", (int)total, (int)begun);
}

/* --- scale: work that needs little memory, shared out evenly. --- */

static uint32_t results[MOST][16];

static void compute(int index) {
    uint32_t state = 1 + (uint32_t)index, sum = 0;
    unsigned char block[256];
    for (int i = 0; i < amount * 1000; i++) {
        for (int j = 0; j < 256; j++) block[j] = (unsigned char)(step(&state) + (uint32_t)j);
        for (int j = 0; j < 256; j++) sum = (sum << 5 | sum >> 27) ^ (block[block[j]] * 2654435761u);
    }
    results[index][0] = sum;
}
void scale(int count, int times) {
    amount = times;
    in_threads(count, compute);
    for (int i = 0; i < count; i++) printf("%d: %08x\n", i, (unsigned)results[i][0]);
}
