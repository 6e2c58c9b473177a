/* matmul [N [ROUNDS]]: f32 matrix product, plain and with a blocked inner loop; prints exact bits. */
#include "common.h"
static void product(float *restrict c, const float *restrict a, const float *restrict b, int n) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) c[i * n + j] = 0;
        for (int k = 0; k < n; k++) {
            float x = a[i * n + k];
            for (int j = 0; j < n; j++) c[i * n + j] += x * b[k * n + j];
        }
    }
}
static float dot(const float *a, const float *b, int n) { /* column of b: strided */
    float s = 0;
    for (int k = 0; k < n; k++) s += a[k] * b[k * n];
    return s;
}
int main(int argc, char **argv) {
    int n = (int)arg_long(argc, argv, 1, 48), rounds = (int)arg_long(argc, argv, 2, 2);
    size_t bytes = sizeof(float) * (size_t)n * (size_t)n;
    float *a = malloc(bytes), *b = malloc(bytes), *c = malloc(bytes);
    if (!a || !b || !c) return 1;
    for (int i = 0; i < n * n; i++) {
        a[i] = (float)((double)(rng() >> 11) / 9007199254740992.0 - 0.5);
        b[i] = (float)((double)(rng() >> 11) / 9007199254740992.0 - 0.5);
    }
    for (int r = 0; r < rounds; r++) {
        product(c, a, b, n);
        float *t = a;
        a = c, c = t;
        float big = 0;
        for (int i = 0; i < n * n; i++) big = a[i] > big ? a[i] : -a[i] > big ? -a[i] : big;
        if (big > 0)
            for (int i = 0; i < n * n; i++) a[i] /= big;
    }
    float strided = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) strided += dot(a + i * n, b + j, n);
    double trace = 0;
    for (int i = 0; i < n; i++) trace += a[i * n + i];
    printf("n %d rounds %d trace %a strided %a crc %08x\n", n, rounds, trace, (double)strided, (unsigned)crc32_of(0, a, bytes));
    return 0;
}
