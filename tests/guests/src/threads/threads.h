/* What the programs of this folder share. */
#ifndef THREADS_H
#define THREADS_H
#include "common.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { MOST = 64 };

/* Ends the program if something does not hold. */
#define require(holds) ((holds) ? (void)0 : failed(#holds, __FILE__, __LINE__))
_Noreturn void failed(const char *what, const char *file, int line);

/* Runs a function in `count` threads, each with its index, and joins them. */
typedef void work(int index);
void in_threads(int count, work *function);

/* The programs. Each takes a number of threads, and how much to do. */
typedef void program(int threads, int amount);
program queue, barrier, conditions, once_and_rwlock, allocate, own_variables, counters, generations, scale;
/* These end the program from a thread, while the others are busy or wait: `how` is what the main thread does. */
void end_from_thread(int traps, const char *how);
#endif
