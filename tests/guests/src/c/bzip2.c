/* bzip2 [KIB [ROUNDS]]: compress and expand generated text with libbzip2; prints sizes and CRCs. */
#include "common.h"
#include "bzlib.h"
void bz_internal_error(int code) { printf("internal error %d\n", code), exit(1); }
int main(int argc, char **argv) {
    unsigned len = (unsigned)arg_long(argc, argv, 1, 64) * 1024;
    long rounds = arg_long(argc, argv, 2, 1);
    unsigned room = len + len / 100 + 600;
    char *in = malloc(len), *packed = malloc(room), *out = malloc(len);
    if (!in || !packed || !out) return 1;
    for (long r = 0; r < rounds; r++) {
        fill_text((unsigned char *)in, len);
        unsigned n = room, m = len;
        int e = BZ2_bzBuffToBuffCompress(packed, &n, in, len, 9, 0, 0);
        if (e) return printf("compress: %d\n", e), 1;
        e = BZ2_bzBuffToBuffDecompress(out, &m, packed, n, 0, 0);
        if (e || m != len || memcmp(in, out, len)) return printf("expand: %d\n", e), 1;
        printf("%u -> %u bytes, crc %08x -> %08x\n", len, n, (unsigned)crc32_of(0, in, len), (unsigned)crc32_of(0, packed, n));
    }
    return 0;
}
