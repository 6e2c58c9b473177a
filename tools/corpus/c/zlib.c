// Deflate and inflate by zlib (crate libz-sys).
#include "zlib.h"
#include "text.h"

int main(void) {
  static unsigned char text[SIZE], packed[2 * SIZE], back[SIZE];
  make_text(text);
  for (int level = 1; level <= 9; level += 4) {
    uLongf size = sizeof packed, length = sizeof back;
    int wrong = compress2(packed, &size, text, SIZE, level) | uncompress(back, &length, packed, size);
    printf("%d %lu %d %d %08lx\n", level, size, wrong, memcmp(text, back, SIZE), crc32(0, back, length));
  }
}
