/* threads PROGRAM [THREADS [AMOUNT]], or threads exit|trap join|loop|wait|sleep|read|lock: programs with POSIX threads. What they
   print does not depend on the order in which threads run. */
#include "threads.h"

void failed(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    _Exit(1);
}

struct start { work *function; int index; };
static void *start_thread(void *argument) {
    struct start start = *(struct start *)argument;
    start.function(start.index);
    return argument;
}
void in_threads(int count, work *function) {
    pthread_t threads[MOST];
    struct start starts[MOST];
    require(count <= MOST);
    for (int i = 0; i < count; i++) {
        starts[i] = (struct start){function, i};
        require(!pthread_create(&threads[i], 0, start_thread, &starts[i]));
    }
    for (int i = 0; i < count; i++) {
        void *result;
        require(!pthread_join(threads[i], &result));
        require(result == &starts[i]);
    }
}

static const struct { const char *name; program *program; int threads, amount; } programs[] = {
    {"queue", queue, 4, 2000},
    {"barrier", barrier, 4, 300},
    {"conditions", conditions, 4, 300},
    {"once-and-rwlock", once_and_rwlock, 4, 1000},
    {"malloc", allocate, 4, 3000},
    {"own-variables", own_variables, 4, 50},
    {"counters", counters, 4, 5000},
    {"generations", generations, 8, 30},
    {"scale", scale, 2, 1},
};

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "exit") || !strcmp(name, "trap")) {
        end_from_thread(name[0] == 't', argc > 2 ? argv[2] : "join");
        return 1;
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!strcmp(name, programs[i].name)) {
            int threads = (int)arg_long(argc, argv, 2, programs[i].threads);
            int amount = (int)arg_long(argc, argv, 3, programs[i].amount);
            require(threads > 0 && threads <= MOST && amount > 0);
            programs[i].program(threads, amount);
            return 0;
        }
    fprintf(stderr, "unknown program\n");
    return 2;
}
