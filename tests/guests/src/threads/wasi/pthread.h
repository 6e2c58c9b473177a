/* The part of POSIX threads that the programs in this folder use, over the proposal wasi-threads: the C library that they are
   built with has no threads. Natively, the programs use the system's. */
#ifndef PTHREAD_H
#define PTHREAD_H
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef struct thread *pthread_t;
/* 0: unlocked, 1: locked, 2: locked, and somebody may wait */
typedef struct { _Atomic int state; } pthread_mutex_t;
/* Changes with each signal. */
typedef struct { _Atomic int signals; } pthread_cond_t;
typedef struct { pthread_mutex_t lock; unsigned needed, present; _Atomic int round; } pthread_barrier_t;
/* 0: not run, 1: running, 2: has run */
typedef _Atomic int pthread_once_t;
/* -1: a writer, else the number of readers */
typedef struct { pthread_mutex_t lock; pthread_cond_t changed; int holders; } pthread_rwlock_t;
typedef unsigned pthread_key_t;
typedef void pthread_attr_t, pthread_mutexattr_t, pthread_condattr_t, pthread_barrierattr_t, pthread_rwlockattr_t;

#define PTHREAD_MUTEX_INITIALIZER {0}
#define PTHREAD_COND_INITIALIZER {0}
#define PTHREAD_ONCE_INIT 0
#define PTHREAD_RWLOCK_INITIALIZER {0}
#define PTHREAD_BARRIER_SERIAL_THREAD (-1)
#define PTHREAD_KEYS_MAX 8

int pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_join(pthread_t, void **);
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_trylock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
int pthread_cond_signal(pthread_cond_t *);
int pthread_cond_broadcast(pthread_cond_t *);
int pthread_barrier_init(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned);
int pthread_barrier_wait(pthread_barrier_t *);
int pthread_once(pthread_once_t *, void (*)(void));
int pthread_rwlock_rdlock(pthread_rwlock_t *);
int pthread_rwlock_wrlock(pthread_rwlock_t *);
int pthread_rwlock_unlock(pthread_rwlock_t *);
int pthread_key_create(pthread_key_t *, void (*)(void *));
void *pthread_getspecific(pthread_key_t);
int pthread_setspecific(pthread_key_t, const void *);

/* The C library's allocator, one thread at a time. */
void *locked_malloc(size_t);
void *locked_realloc(void *, size_t);
void locked_free(void *);
#ifndef PTHREAD_C
#define malloc locked_malloc
#define realloc locked_realloc
#define free locked_free
#endif
#endif
