// Sums over rows, columns and windows of matrices of integers and of floats.
#include <stdint.h>
#include <stdio.h>
#define N 256

static int32_t numbers[N][N];
static int64_t wide[N][N];
static double floats[N][N];

int main(void) {
  uint32_t seed = 5;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      seed = seed * 1664525 + 1013904223;
      numbers[i][j] = (int32_t)(seed >> 20) - 2048;
      floats[i][j] = numbers[i][j] / 7.0;
      wide[i][j] = (int64_t)seed * numbers[i][j];
    }
  int64_t total = 0;
  double sum = 0;
  for (int round = 0; round < 40; round++) {
    for (int i = 0; i < N; i++) {
      int32_t row = 0, column = 0;
      int64_t of_wide = 0;
      for (int j = 0; j < N; j++) {
        row += numbers[i][j];
        column ^= numbers[j][i] + round;
        of_wide += wide[i][j] * (j + 1);
      }
      total += (int64_t)row * column + of_wide % 1000003;
    }
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++) sum += 4 * floats[i][j] - floats[i - 1][j] - floats[i + 1][j] - floats[i][j - 1] - floats[i][j + 1];
    int most = -1 << 30;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) most = numbers[i][j] > most ? numbers[i][j] : most;
    total += most;
  }
  printf("%lld %.3f\n", (long long)total, sum);
}
