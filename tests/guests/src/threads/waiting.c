/* Threads that wait for each other. */
#include "threads.h"
#include <time.h>

static int threads, amount;

/* --- queue: producers and consumers share a ring of eight places. The sums are those of all numbers. --- */

enum { PLACES = 8 };
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_full, not_empty;
    unsigned items[PLACES], first, length;
    uint64_t taken, sum, squares;
    int producers;
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER, .not_full = PTHREAD_COND_INITIALIZER, .not_empty = PTHREAD_COND_INITIALIZER};

static void produce(int index) {
    for (int i = 0; i < amount; i++) {
        pthread_mutex_lock(&ring.lock);
        while (ring.length == PLACES) pthread_cond_wait(&ring.not_full, &ring.lock);
        ring.items[(ring.first + ring.length++) % PLACES] = (unsigned)(index * amount + i);
        pthread_cond_signal(&ring.not_empty);
        pthread_mutex_unlock(&ring.lock);
    }
    pthread_mutex_lock(&ring.lock);
    ring.producers--;
    pthread_cond_broadcast(&ring.not_empty);
    pthread_mutex_unlock(&ring.lock);
}
static void consume(void) {
    for (;;) {
        pthread_mutex_lock(&ring.lock);
        while (!ring.length && ring.producers) pthread_cond_wait(&ring.not_empty, &ring.lock);
        if (!ring.length) break;
        uint64_t item = ring.items[ring.first];
        ring.first = (ring.first + 1) % PLACES;
        ring.length--;
        ring.taken++;
        ring.sum += item;
        ring.squares += item * item;
        pthread_cond_signal(&ring.not_full);
        pthread_mutex_unlock(&ring.lock);
    }
    pthread_mutex_unlock(&ring.lock);
}
static void produce_or_consume(int index) {
    if (index < threads)
        produce(index);
    else
        consume();
}
void queue(int producers, int each) {
    threads = ring.producers = producers, amount = each;
    in_threads(2 * producers, produce_or_consume);
    printf("%llu items, sum %llu, squares %llu\n", (unsigned long long)ring.taken, (unsigned long long)ring.sum,
           (unsigned long long)ring.squares);
}

/* --- barrier: heat spreads along a rod. Each thread has a part of it, and all go step by step. --- */

enum { PART = 16 };
static pthread_barrier_t steps;
static double rod[2][MOST * PART + 2];
static atomic_int last_ones;

static void spread(int index) {
    for (int step = 0; step < amount; step++) {
        const double *old = rod[step & 1];
        double *new = rod[~step & 1];
        for (int i = index * PART + 1; i <= (index + 1) * PART; i++) new[i] = (old[i - 1] + 2 * old[i] + old[i + 1]) / 4;
        if (pthread_barrier_wait(&steps) == PTHREAD_BARRIER_SERIAL_THREAD) last_ones++;
    }
}
void barrier(int count, int times) {
    threads = count, amount = times;
    rod[0][1] = rod[1][0] = rod[0][0] = 1000;
    require(!pthread_barrier_init(&steps, 0, (unsigned)count));
    in_threads(count, spread);
    printf("%d steps, heat %.9f at the first place, %.9e at the last, crc %08x\n", (int)last_ones, rod[times & 1][1],
           rod[times & 1][count * PART], (unsigned)crc32_of(0, rod[times & 1], sizeof(double) * (size_t)(count * PART + 2)));
}

/* --- conditions: a token goes around; a wait that nobody ends times out; a broadcast wakes all. --- */

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER, never = PTHREAD_COND_INITIALIZER, start = PTHREAD_COND_INITIALIZER;
static int holder, rounds, waiting, started, timeouts;
static uint32_t order;

static void pass_on(int index) {
    pthread_mutex_lock(&table);
    if (++waiting == threads) {
        started = 1;
        pthread_cond_broadcast(&start);
    }
    while (!started) pthread_cond_wait(&start, &table);
    for (int i = 0; i < amount; i++) {
        while (holder != index) pthread_cond_wait(&passed, &table);
        order = order * 31 + (uint32_t)index;
        rounds++;
        holder = (index + 1) % threads;
        pthread_cond_broadcast(&passed);
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    int result;
    while (!(result = pthread_cond_timedwait(&never, &table, &until))) {}
    if (result == ETIMEDOUT) timeouts++;
    pthread_mutex_unlock(&table);
}
void conditions(int count, int times) {
    threads = count, amount = times;
    in_threads(count, pass_on);
    printf("passed on %d times, order %08x, %d timeouts\n", rounds, (unsigned)order, timeouts);
}

/* --- once-and-rwlock: one of the threads prepares; readers never see a half-written pair. --- */

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static pthread_rwlock_t pair_lock = PTHREAD_RWLOCK_INITIALIZER;
static int pair[2], preparations;
static atomic_int reads, writes, together;

static void prepare(void) {
    preparations++;
    pair[0] = 100, pair[1] = -100;
}
static void read_and_write(int index) {
    pthread_once(&prepared, prepare);
    for (int i = 0; i < amount; i++) {
        if (i % 10 == index % 10) {
            pthread_rwlock_wrlock(&pair_lock);
            require(together == 0);
            pair[0]++, pair[1]--;
            writes++;
        } else {
            pthread_rwlock_rdlock(&pair_lock);
            together++;
            require(pair[0] == -pair[1] && pair[0] >= 100);
            reads++;
            together--;
        }
        pthread_rwlock_unlock(&pair_lock);
    }
}
void once_and_rwlock(int count, int times) {
    amount = times;
    in_threads(count, read_and_write);
    printf("prepared %d time, %d reads, %d writes, pair %d and %d\n", preparations, (int)reads, (int)writes, pair[0], pair[1]);
}
