/* Helpers shared by the small C guests: arguments, a fixed pseudo-random generator, a checksum. */
#ifndef COMMON_H
#define COMMON_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline long arg_long(int argc, char **argv, int i, long otherwise) {
    return argc > i ? strtol(argv[i], 0, 10) : otherwise;
}

/* xorshift64*: the same sequence everywhere */
static uint64_t rng_state = 88172645463325252ull;
static inline uint64_t rng(void) {
    rng_state ^= rng_state >> 12;
    rng_state ^= rng_state << 25;
    rng_state ^= rng_state >> 27;
    return rng_state * 2685821657736338717ull;
}

/* CRC-32 (IEEE), bit by bit over a table made on first use */
static inline uint32_t crc32_of(uint32_t crc, const void *data, size_t len) {
    static uint32_t table[256];
    const unsigned char *p = data;
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            table[i] = c;
        }
    crc = ~crc;
    while (len--) crc = table[(crc ^ *p++) & 255] ^ (crc >> 8);
    return ~crc;
}

/* Text-like bytes that compress somewhat: words of a small vocabulary, some numbers, some noise */
static inline void fill_text(unsigned char *out, size_t len) {
    static const char *words[] = {"the ", "module ", "table ", "memory ", "stack ", "value ", "branch ", "loop ",
                                  "import ", "export ", "function ", "global ", "local ", "of ", "and ", "\n"};
    size_t n = 0;
    while (n < len) {
        uint64_t r = rng();
        const char *w = words[r & 15];
        char number[24];
        if ((r >> 8) % 11 == 0) {
            snprintf(number, sizeof number, "%u ", (unsigned)(r >> 40));
            w = number;
        }
        for (; *w && n < len; w++) out[n++] = (unsigned char)*w;
        if ((r >> 16) % 29 == 0 && n < len) out[n++] = (unsigned char)(r >> 56);
    }
}
#endif
