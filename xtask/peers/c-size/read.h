// What the programs of `cargo xtask size --c` share: PROGRAM FILE NUMBER runs the export `run` of a module, and its result is
// the exit status.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t bytes[1 << 16];

// Reads the file of the command line. Returns its size, or 0 if it cannot be read.
static size_t read_file(int argc, char **argv) {
  FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 0;
  size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  return size;
}
