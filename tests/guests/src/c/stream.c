/* stream [ELEMENTS [ROUNDS]]: copy, scale, add and triad over f64 arrays (memory bandwidth). */
#include "common.h"
static double *a, *b, *c;
int main(int argc, char **argv) {
    long n = arg_long(argc, argv, 1, 20000), rounds = arg_long(argc, argv, 2, 4);
    a = malloc(sizeof(double) * (size_t)n), b = malloc(sizeof(double) * (size_t)n), c = malloc(sizeof(double) * (size_t)n);
    if (!a || !b || !c) return 1;
    for (long i = 0; i < n; i++) a[i] = 1.0 + (double)(i % 7), b[i] = 2.0, c[i] = 0.0;
    for (long r = 0; r < rounds; r++) {
        for (long i = 0; i < n; i++) c[i] = a[i];
        for (long i = 0; i < n; i++) b[i] = 0.25 * c[i];
        for (long i = 0; i < n; i++) c[i] = a[i] + b[i];
        for (long i = 0; i < n; i++) a[i] = b[i] + 0.5 * c[i];
    }
    double sum = 0;
    for (long i = 0; i < n; i++) sum += a[i] + b[i] - c[i];
    printf("elements %ld rounds %ld sum %a\n", n, rounds, sum);
    return 0;
}
