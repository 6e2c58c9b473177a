/* See pthread.h. A lock waits by `memory.atomic.wait32` on its own word. */
#define PTHREAD_C
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* --- Waiting --- */

enum { TIMED_OUT = 2 };

static int wait(_Atomic int *word, int expected, int64_t nanoseconds) {
    return __builtin_wasm_memory_atomic_wait32((int *)word, expected, nanoseconds);
}
static void wake(_Atomic int *word, unsigned count) { __builtin_wasm_memory_atomic_notify((int *)word, count); }

/* --- Threads --- */

/* It stands above the stack of its thread, and below the thread's own variables. The start function knows these offsets. */
struct thread {
    void *stack;         /* 0: where the stack begins, to grow downwards */
    void *own_variables; /* 4 */
    _Atomic int running; /* 8 */
    void *(*function)(void *);
    void *argument, *result;
};
_Static_assert(offsetof(struct thread, own_variables) == 4 && offsetof(struct thread, running) == 8, "the start function");

enum { STACK = 64 * 1024 };

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(void *);
void run_thread(int id, struct thread *);

/* The host calls it in a new instance. It needs no stack before and after the function in C: whoever joins frees the stack once
   `running` is 0. */
__asm__(
    ".globaltype __stack_pointer, i32\n"
    ".functype run_thread (i32, i32) -> ()\n"
    ".functype __wasm_init_tls (i32) -> ()\n"
    ".export_name wasi_thread_start, wasi_thread_start\n"
    ".globl wasi_thread_start\n"
    ".hidden wasi_thread_start\n"
    ".type wasi_thread_start,@function\n"
    "wasi_thread_start:\n"
    ".functype wasi_thread_start (i32, i32) -> ()\n"
    "local.get 1\n i32.load 0\n global.set __stack_pointer\n"
    "local.get 1\n i32.load 4\n call __wasm_init_tls\n"
    "local.get 0\n local.get 1\n call run_thread\n"
    "local.get 1\n i32.const 0\n i32.atomic.store 8\n"
    "local.get 1\n i32.const -1\n memory.atomic.notify 8\n drop\n"
    "end_function\n");

static struct {
    void (*destructor)(void *);
} keys[PTHREAD_KEYS_MAX];
static _Atomic unsigned key_count;
static _Thread_local const void *specific[PTHREAD_KEYS_MAX];

void run_thread(int id, struct thread *thread) {
    /* Identifiers are positive, and fit 29 bits. */
    if (id <= 0 || id >= 1 << 29) __builtin_trap();
    thread->result = thread->function(thread->argument);
    for (unsigned key = 0; key < key_count; key++)
        if (specific[key] && keys[key].destructor) keys[key].destructor((void *)specific[key]);
}

int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*function)(void *), void *argument) {
    (void)attributes;
    size_t align = __builtin_wasm_tls_align(), size = STACK + sizeof(struct thread) + align + __builtin_wasm_tls_size();
    char *block = locked_malloc(size);
    if (!block) return ENOMEM;
    struct thread *thread = (struct thread *)(block + STACK);
    uintptr_t variables = (uintptr_t)(thread + 1);
    *thread = (struct thread){thread, (void *)(variables + (align ? -variables & (align - 1) : 0)), 1, function, argument, 0};
    if (thread_spawn(thread) < 0) {
        locked_free(block);
        return EAGAIN;
    }
    *out = thread;
    return 0;
}
int pthread_join(pthread_t thread, void **result) {
    while (thread->running) wait(&thread->running, 1, -1);
    if (result) *result = thread->result;
    locked_free((char *)thread - STACK);
    return 0;
}

/* --- Locks --- */

int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    int unlocked = 0;
    return atomic_compare_exchange_strong(&mutex->state, &unlocked, 1) ? 0 : EBUSY;
}
int pthread_mutex_lock(pthread_mutex_t *mutex) {
    if (!pthread_mutex_trylock(mutex)) return 0;
    while (atomic_exchange(&mutex->state, 2)) wait(&mutex->state, 2, -1);
    return 0;
}
int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (atomic_exchange(&mutex->state, 0) == 2) wake(&mutex->state, 1);
    return 0;
}

static int wait_for_signal(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t nanoseconds) {
    int signals = cond->signals;
    pthread_mutex_unlock(mutex);
    int result = wait(&cond->signals, signals, nanoseconds);
    pthread_mutex_lock(mutex);
    return result == TIMED_OUT ? ETIMEDOUT : 0;
}
int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) { return wait_for_signal(cond, mutex, -1); }
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t left = (until->tv_sec - now.tv_sec) * 1000000000ll + (until->tv_nsec - now.tv_nsec);
    return wait_for_signal(cond, mutex, left > 0 ? left : 0);
}
int pthread_cond_signal(pthread_cond_t *cond) {
    cond->signals++;
    wake(&cond->signals, 1);
    return 0;
}
int pthread_cond_broadcast(pthread_cond_t *cond) {
    cond->signals++;
    wake(&cond->signals, -1u);
    return 0;
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes, unsigned needed) {
    (void)attributes;
    *barrier = (pthread_barrier_t){.needed = needed};
    return 0;
}
int pthread_barrier_wait(pthread_barrier_t *barrier) {
    pthread_mutex_lock(&barrier->lock);
    int round = barrier->round, last = ++barrier->present == barrier->needed;
    if (last) {
        barrier->present = 0;
        barrier->round++;
    }
    pthread_mutex_unlock(&barrier->lock);
    if (last) wake(&barrier->round, -1u);
    while (barrier->round == round) wait(&barrier->round, round, -1);
    return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

int pthread_once(pthread_once_t *once, void (*function)(void)) {
    int state = 0;
    if (atomic_compare_exchange_strong(once, &state, 1)) {
        function();
        *once = 2;
        wake(once, -1u);
    }
    while (*once != 2) wait(once, 1, -1);
    return 0;
}

static int hold(pthread_rwlock_t *lock, int writer) {
    pthread_mutex_lock(&lock->lock);
    while (writer ? lock->holders != 0 : lock->holders < 0) pthread_cond_wait(&lock->changed, &lock->lock);
    lock->holders += writer ? -1 : 1;
    return pthread_mutex_unlock(&lock->lock);
}
int pthread_rwlock_rdlock(pthread_rwlock_t *lock) { return hold(lock, 0); }
int pthread_rwlock_wrlock(pthread_rwlock_t *lock) { return hold(lock, 1); }
int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    pthread_mutex_lock(&lock->lock);
    lock->holders -= lock->holders < 0 ? -1 : 1;
    if (!lock->holders) pthread_cond_broadcast(&lock->changed);
    return pthread_mutex_unlock(&lock->lock);
}

/* --- Values of a thread's own --- */

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    unsigned made = key_count++;
    if (made >= PTHREAD_KEYS_MAX) return EAGAIN;
    keys[made].destructor = destructor;
    *key = made;
    return 0;
}
void *pthread_getspecific(pthread_key_t key) { return (void *)specific[key]; }
int pthread_setspecific(pthread_key_t key, const void *value) {
    specific[key] = value;
    return 0;
}

/* --- Memory --- */

static pthread_mutex_t heap;
void *locked_malloc(size_t size) {
    pthread_mutex_lock(&heap);
    void *block = malloc(size);
    pthread_mutex_unlock(&heap);
    return block;
}
void *locked_realloc(void *old, size_t size) {
    pthread_mutex_lock(&heap);
    void *block = realloc(old, size);
    pthread_mutex_unlock(&heap);
    return block;
}
void locked_free(void *block) {
    pthread_mutex_lock(&heap);
    free(block);
    pthread_mutex_unlock(&heap);
}
