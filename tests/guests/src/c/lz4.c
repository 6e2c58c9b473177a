/* lz4 [KIB [ROUNDS]]: compress (fast and high compression) and expand generated text with liblz4; sizes and CRCs. */
#include "common.h"
#include "lz4.h"
#include "lz4hc.h"
int main(int argc, char **argv) {
    int len = (int)arg_long(argc, argv, 1, 64) * 1024, room = LZ4_compressBound(len);
    long rounds = arg_long(argc, argv, 2, 2);
    char *in = malloc((size_t)len), *packed = malloc((size_t)room), *out = malloc((size_t)len);
    if (!in || !packed || !out) return 1;
    for (long r = 0; r < rounds; r++) {
        fill_text((unsigned char *)in, (size_t)len);
        for (int hc = 0; hc < 2; hc++) {
            int n = hc ? LZ4_compress_HC(in, packed, len, room, 9) : LZ4_compress_default(in, packed, len, room);
            if (n <= 0) return puts("compress failed"), 1;
            if (LZ4_decompress_safe(packed, out, n, len) != len || memcmp(in, out, (size_t)len)) return puts("expand failed"), 1;
            printf("%s %d -> %d bytes, crc %08x -> %08x\n", hc ? "hc  " : "fast", len, n, (unsigned)crc32_of(0, in, (size_t)len),
                   (unsigned)crc32_of(0, packed, (size_t)n));
        }
    }
    return 0;
}
