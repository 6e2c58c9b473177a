// Counts primes below four million, with a byte and with a bit for each odd number.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define LIMIT 4000000

static uint8_t bytes[LIMIT / 2];
static uint32_t bits[LIMIT / 64 + 1];

int main(void) {
  int of_bytes = 1, of_bits = 1;
  for (int round = 0; round < 3; round++) {
    memset(bytes, 0, sizeof bytes);
    of_bytes = 1;
    for (int i = 1; i < LIMIT / 2; i++) {
      if (bytes[i]) continue;
      of_bytes++;
      for (long j = 2L * i * (i + 1); j < LIMIT / 2 && i < 1000; j += 2 * i + 1) bytes[j] = 1;
    }
    memset(bits, 0, sizeof bits);
    of_bits = 1;
    for (int i = 1; i < LIMIT / 2; i++) {
      if (bits[i / 32] >> i % 32 & 1) continue;
      of_bits++;
      for (long j = 2L * i * (i + 1); j < LIMIT / 2 && i < 1000; j += 2 * i + 1) bits[j / 32] |= 1u << j % 32;
    }
  }
  printf("%d %d\n", of_bytes, of_bits);
}
