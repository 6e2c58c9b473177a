// Something to compress.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define SIZE 300000

static void make_text(unsigned char *text) {
  static const char *words[] = {"interpreter ", "module ", "memory\n", "table ", "of ", "the ", "and ", "a "};
  uint32_t seed = 7;
  for (size_t at = 0; at < SIZE;) {
    seed = seed * 1664525 + 1013904223;
    for (const char *word = words[seed >> 29]; *word && at < SIZE; word++) text[at++] = *word;
  }
}
