/* A thread that ends the whole program, whatever the others are doing. */
#include "threads.h"
#include <time.h>
#include <unistd.h>

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static volatile unsigned turns;
static int trapping;
static atomic_int ready;

static void do_for_ever(const char *how) {
    ready++;
    if (!strcmp(how, "loop"))
        for (;;) turns++;
    if (!strcmp(how, "lock")) pthread_mutex_lock(&held);
    if (!strcmp(how, "sleep")) nanosleep(&(struct timespec){.tv_sec = 1000}, 0);
    char byte;
    if (!strcmp(how, "read"))
        while (read(0, &byte, 1) > 0) {}
    /* Whoever comes here waits. */
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&own);
    for (;;) pthread_cond_wait(&never, &own);
}
static void *others(void *how) {
    do_for_ever(how);
    return 0;
}
static void *end(void *ignored) {
    (void)ignored;
    while (ready < 6) nanosleep(&(struct timespec){.tv_nsec = 1000000}, 0);
    /* Time to begin to wait. */
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, 0);
    if (trapping) __builtin_trap();
    exit(42);
}
void end_from_thread(int traps, const char *how) {
    static const char *const what[] = {"loop", "wait", "lock", "sleep", "read"};
    pthread_t threads[6];
    trapping = traps;
    pthread_mutex_lock(&held);
    printf("a thread will %s\n", traps ? "trap" : "exit");
    fflush(stdout);
    for (int i = 0; i < 5; i++) require(!pthread_create(&threads[i], 0, others, (void *)what[i]));
    require(!pthread_create(&threads[5], 0, end, 0));
    if (strcmp(how, "join")) do_for_ever(how);
    ready++;
    pthread_join(threads[5], 0);
}
