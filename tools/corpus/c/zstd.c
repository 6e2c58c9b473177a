// Compresses and decompresses by Zstandard (crate zstd-sys).
#include "zstd.h"
#include "text.h"

int main(void) {
  static unsigned char text[SIZE], packed[2 * SIZE], back[SIZE];
  make_text(text);
  for (int level = 1; level <= 13; level += 4) {
    size_t size = ZSTD_compress(packed, sizeof packed, text, SIZE, level), length = ZSTD_decompress(back, sizeof back, packed, size);
    printf("%d %zu %zu %d\n", level, size, length, memcmp(text, back, SIZE));
  }
}
