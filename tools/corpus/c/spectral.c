// The spectral norm of the matrix 1 / ((i + j) (i + j + 1) / 2 + i + 1), by powers.
#include <math.h>
#include <stdio.h>
#define N 220

static double entry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *x, double *y) {
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int j = 0; j < N; j++) sum += entry(i, j) * x[j];
    y[i] = sum;
  }
}

static void transposed_times(const double *x, double *y) {
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int j = 0; j < N; j++) sum += entry(j, i) * x[j];
    y[i] = sum;
  }
}

int main(void) {
  static double u[N], v[N], between[N];
  for (int i = 0; i < N; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    times(u, between);
    transposed_times(between, v);
    times(v, between);
    transposed_times(between, u);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < N; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  printf("%.9f\n", sqrt(uv / vv));
}
