// Compresses and decompresses by Brotli (crate brotlic-sys).
#include "brotli/decode.h"
#include "brotli/encode.h"
#include "text.h"

int main(void) {
  static unsigned char text[SIZE], packed[2 * SIZE], back[SIZE];
  make_text(text);
  for (int quality = 2; quality <= 8; quality += 3) {
    size_t size = sizeof packed, length = sizeof back;
    int right = BrotliEncoderCompress(quality, 20, BROTLI_MODE_TEXT, SIZE, text, &size, packed);
    right &= BrotliDecoderDecompress(size, packed, &length, back) == BROTLI_DECODER_RESULT_SUCCESS;
    printf("%d %zu %zu %d %d\n", quality, size, length, right, memcmp(text, back, SIZE));
  }
}
