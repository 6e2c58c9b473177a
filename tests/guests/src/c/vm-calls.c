/* vm-calls [N]: a stack machine whose instructions are called through function pointers (call_indirect),
   running a prime sieve and Collatz chains. */
#include "common.h"
typedef struct vm vm;
typedef void (*op)(vm *);
typedef struct { op run; int arg; } ins;
struct vm { const ins *pc; int *sp; int *vars; unsigned char *mem; long steps; int halted; };
static void push(vm *m) { *m->sp++ = (m->pc++)->arg; }
static void load(vm *m) { *m->sp++ = m->vars[(m->pc++)->arg]; }
static void store(vm *m) { m->vars[(m->pc++)->arg] = *--m->sp; }
static void add(vm *m) { m->sp--, m->sp[-1] += m->sp[0], m->pc++; }
static void mul(vm *m) { m->sp--, m->sp[-1] *= m->sp[0], m->pc++; }
static void less(vm *m) { m->sp--, m->sp[-1] = m->sp[-1] < m->sp[0], m->pc++; }
static void odd(vm *m) { m->sp[-1] &= 1, m->pc++; }
static void half(vm *m) { m->sp[-1] = (int)((unsigned)m->sp[-1] >> 1), m->pc++; }
static void peek(vm *m) { m->sp[-1] = m->mem[m->sp[-1]], m->pc++; }
static void poke(vm *m) { m->sp -= 2, m->mem[m->sp[0]] = (unsigned char)m->sp[1], m->pc++; }
static void jump(vm *m) { m->pc += m->pc->arg; }
static void jz(vm *m) { m->pc += *--m->sp ? 1 : m->pc->arg; }
static void halt(vm *m) { m->halted = 1; }
static void run(vm *m, const ins *code) {
    m->pc = code, m->halted = 0;
    while (!m->halted) m->pc->run(m), m->steps++;
}
enum { I, J, LIMIT, COUNT };
static const ins sieve[] = {
    {push, 2}, {store, I}, {push, 0}, {store, COUNT},
    /* 4 */ {load, I}, {load, LIMIT}, {less, 0}, {jz, 25},
    {load, I}, {peek, 0}, {jz, 2}, {jump, 16},
    {load, COUNT}, {push, 1}, {add, 0}, {store, COUNT}, {load, I}, {load, I}, {add, 0}, {store, J},
    /* 20 */ {load, J}, {load, LIMIT}, {less, 0}, {jz, 4},
    /* 24 */ {load, J}, {push, 1}, {jump, 7},
    /* 27 */ {load, I}, {push, 1}, {add, 0}, {store, I}, {jump, -27}, {halt, 0},
    /* 33 */ {poke, 0}, {load, J}, {load, I}, {add, 0}, {store, J}, {jump, -18}};
static const ins collatz[] = {
    {push, 0}, {store, COUNT}, {push, 1}, {store, I},
    /* 4 */ {load, I}, {load, LIMIT}, {less, 0}, {jz, 31}, {load, I}, {store, J},
    /* 10 */ {push, 1}, {load, J}, {less, 0}, {jz, 19}, {load, COUNT}, {push, 1}, {add, 0}, {store, COUNT},
    {load, J}, {odd, 0}, {jz, 8}, {load, J}, {push, 3}, {mul, 0}, {push, 1}, {add, 0}, {jump, 4},
    /* 27 */ {halt, 0}, {load, J}, {half, 0},
    /* 30 */ {store, J}, {jump, -21}, {load, I}, {push, 1}, {add, 0}, {store, I}, {jump, -32}, {halt, 0},
    /* 38 */ {halt, 0}};
int main(int argc, char **argv) {
    int n = (int)arg_long(argc, argv, 1, 2000), stack[16], vars[4] = {0, 0, n, 0};
    vm m = {0, stack, vars, calloc((size_t)n + 1, 1), 0, 0};
    if (!m.mem) return 1;
    run(&m, sieve);
    printf("primes below %d: %d\n", n, vars[COUNT]);
    run(&m, collatz);
    printf("collatz steps below %d: %d\ninstructions %ld\n", n, vars[COUNT], m.steps);
    return 0;
}
