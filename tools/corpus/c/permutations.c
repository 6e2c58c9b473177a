// The most prefix reversals that bring the first element of a permutation to the front, over all permutations of nine.
#include <stdio.h>
#define N 9

int main(void) {
  int permutation[N], work[N], rotated[N], most = 0, checksum = 0, even = 1, left = N;
  for (int i = 0; i < N; i++) permutation[i] = i;
  for (;;) {
    for (; left > 1; left--) rotated[left - 1] = left;
    if (permutation[0] != 0) {
      int reversals = 0, first;
      for (int i = 0; i < N; i++) work[i] = permutation[i];
      while ((first = work[0]) != 0) {
        for (int low = 0, high = first; low < high; low++, high--) {
          int kept = work[low];
          work[low] = work[high];
          work[high] = kept;
        }
        reversals++;
      }
      if (reversals > most) most = reversals;
      checksum += even ? reversals : -reversals;
    }
    for (;;) {
      if (left == N) {
        printf("%d %d\n", checksum, most);
        return 0;
      }
      int first = permutation[0];
      for (int i = 0; i < left; i++) permutation[i] = permutation[i + 1];
      permutation[left] = first;
      even = !even;
      if (--rotated[left] > 0) break;
      left++;
    }
  }
}
