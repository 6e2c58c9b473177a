/* vm-switch [ROUNDS]: a register bytecode interpreter with one big switch (br_table), running bubble sort,
   greatest common divisors and a checksum over a byte array. */
#include "common.h"
enum { MOVI, MOV, ADD, SUB, MUL, XOR, SHL, SHR, AND, REM, LD, ST, JMP, JLT, JGE, JEQ, JNE, ADDI, CALL, RET, OUT, HALT };
typedef struct { unsigned char op, a, b, c; int imm; } ins;
static uint32_t cells[256];
static uint32_t out_sum;
static long steps;

static void run(const ins *code) {
    uint32_t r[16] = {0};
    int pc = 0, stack[32], sp = 0;
    for (;;) {
        const ins i = code[pc++];
        steps++;
        switch (i.op) {
        case MOVI: r[i.a] = (uint32_t)i.imm; break;
        case MOV: r[i.a] = r[i.b]; break;
        case ADD: r[i.a] = r[i.b] + r[i.c]; break;
        case SUB: r[i.a] = r[i.b] - r[i.c]; break;
        case MUL: r[i.a] = r[i.b] * r[i.c]; break;
        case XOR: r[i.a] = r[i.b] ^ r[i.c]; break;
        case SHL: r[i.a] = r[i.b] << (i.imm & 31); break;
        case SHR: r[i.a] = r[i.b] >> (i.imm & 31); break;
        case AND: r[i.a] = r[i.b] & r[i.c]; break;
        case REM: r[i.a] = r[i.c] ? r[i.b] % r[i.c] : 0; break;
        case LD: r[i.a] = cells[(r[i.b] + (uint32_t)i.imm) & 255]; break;
        case ST: cells[(r[i.b] + (uint32_t)i.imm) & 255] = r[i.a]; break;
        case JMP: pc = i.imm; break;
        case JLT: if (r[i.a] < r[i.b]) pc = i.imm; break;
        case JGE: if (r[i.a] >= r[i.b]) pc = i.imm; break;
        case JEQ: if (r[i.a] == r[i.b]) pc = i.imm; break;
        case JNE: if (r[i.a] != r[i.b]) pc = i.imm; break;
        case ADDI: r[i.a] = r[i.b] + (uint32_t)i.imm; break;
        case CALL: stack[sp++] = pc; pc = i.imm; break;
        case RET: pc = stack[--sp]; break;
        case OUT: out_sum = out_sum * 31 + r[i.a]; break;
        default: return;
        }
    }
}

static const ins program[] = {
    /* 0: fill 128 cells with a generator */
    {MOVI, 1, 0, 0, 0}, {MOVI, 2, 0, 0, 128}, {MOVI, 3, 0, 0, 12345}, {MOVI, 4, 0, 0, 1103515245},
    /* 4 */ {MUL, 3, 3, 4, 0}, {ADDI, 3, 3, 0, 12345}, {SHR, 5, 3, 0, 16}, {ST, 5, 1, 0, 0},
    /* 8 */ {ADDI, 1, 1, 0, 1}, {JLT, 1, 2, 0, 4},
    /* 10: bubble sort */
    {MOV, 6, 2, 0, 0}, {MOVI, 7, 0, 0, 1},
    /* 12 */ {MOVI, 1, 0, 0, 1},
    /* 13 */ {JGE, 1, 6, 0, 21}, {LD, 8, 1, 0, -1}, {LD, 9, 1, 0, 0}, {JGE, 9, 8, 0, 19},
    /* 17 */ {ST, 9, 1, 0, -1}, {ST, 8, 1, 0, 0},
    /* 19 */ {ADDI, 1, 1, 0, 1}, {JMP, 0, 0, 0, 13},
    /* 21 */ {ADDI, 6, 6, 0, -1}, {JLT, 7, 6, 0, 12},
    /* 23: greatest common divisors of neighbours */
    {MOVI, 1, 0, 0, 1}, {MOVI, 12, 0, 0, 0},
    /* 25 */ {LD, 10, 1, 0, -1}, {LD, 11, 1, 0, 0}, {CALL, 0, 0, 0, 34}, {OUT, 10, 0, 0, 0},
    /* 29 */ {LD, 10, 1, 0, 0}, {OUT, 10, 0, 0, 0}, {ADDI, 1, 1, 0, 1}, {JLT, 1, 2, 0, 25}, {HALT, 0, 0, 0, 0},
    /* 34: r10 = gcd(r10, r11) */ {JEQ, 11, 12, 0, 39},
    /* 35 */ {REM, 13, 10, 11, 0}, {MOV, 10, 11, 0, 0}, {MOV, 11, 13, 0, 0}, {JNE, 11, 12, 0, 35},
    /* 39 */ {RET, 0, 0, 0, 0}};

int main(int argc, char **argv) {
    long rounds = arg_long(argc, argv, 1, 10);
    for (long i = 0; i < rounds; i++) run(program);
    for (int i = 1; i < 128; i++)
        if (cells[i - 1] > cells[i]) return puts("not sorted"), 1;
    printf("rounds %ld instructions %ld first %u last %u sum %08x\n", rounds, steps, (unsigned)cells[0],
           (unsigned)cells[127], (unsigned)out_sum);
    return 0;
}
