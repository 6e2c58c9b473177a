/* hash64 [KIB [ROUNDS]]: i64 arithmetic: FNV-1a, an xxHash64, SipHash-2-4, 128-bit products. */
#include "common.h"
#define ROL(x, n) ((x) << (n) | (x) >> (64 - (n)))
static uint64_t fnv(const unsigned char *p, size_t n) {
    uint64_t h = 0xcbf29ce484222325ull;
    while (n--) h = (h ^ *p++) * 0x100000001b3ull;
    return h;
}
static uint64_t get64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static const uint64_t P1 = 0x9E3779B185EBCA87ull, P2 = 0xC2B2AE3D27D4EB4Full, P3 = 0x165667B19E3779F9ull,
                      P4 = 0x85EBCA77C2B2AE63ull, P5 = 0x27D4EB2F165667C5ull;
static uint64_t mix(uint64_t acc, uint64_t v) { acc += v * P2; return ROL(acc, 31) * P1; }
static uint64_t merge(uint64_t h, uint64_t v) { return (h ^ mix(0, v)) * P1 + P4; }
static uint64_t xx64(const unsigned char *p, size_t n, uint64_t seed) {
    const unsigned char *end = p + n;
    uint64_t h;
    if (n >= 32) {
        uint64_t v1 = seed + P1 + P2, v2 = seed + P2, v3 = seed, v4 = seed - P1;
        for (; p + 32 <= end; p += 32)
            v1 = mix(v1, get64(p)), v2 = mix(v2, get64(p + 8)), v3 = mix(v3, get64(p + 16)), v4 = mix(v4, get64(p + 24));
        h = ROL(v1, 1) + ROL(v2, 7) + ROL(v3, 12) + ROL(v4, 18);
        h = merge(merge(merge(merge(h, v1), v2), v3), v4);
    } else h = seed + P5;
    h += n;
    for (; p + 8 <= end; p += 8) h ^= mix(0, get64(p)), h = ROL(h, 27) * P1 + P4;
    if (p + 4 <= end) {
        uint32_t v;
        memcpy(&v, p, 4);
        h ^= v * P1, h = ROL(h, 23) * P2 + P3, p += 4;
    }
    for (; p < end; p++) h ^= *p * P5, h = ROL(h, 11) * P1;
    h = (h ^ h >> 33) * P2;
    h = (h ^ h >> 29) * P3;
    return h ^ h >> 32;
}
#define ROUND (v0 += v1, v1 = ROL(v1, 13), v1 ^= v0, v0 = ROL(v0, 32), v2 += v3, v3 = ROL(v3, 16), v3 ^= v2, \
               v0 += v3, v3 = ROL(v3, 21), v3 ^= v0, v2 += v1, v1 = ROL(v1, 17), v1 ^= v2, v2 = ROL(v2, 32))
static uint64_t sip(const unsigned char *p, size_t n, uint64_t k0, uint64_t k1) {
    uint64_t v0 = k0 ^ 0x736f6d6570736575ull, v1 = k1 ^ 0x646f72616e646f6dull, v2 = k0 ^ 0x6c7967656e657261ull,
             v3 = k1 ^ 0x7465646279746573ull, b = (uint64_t)n << 56;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t m = get64(p);
        v3 ^= m, ROUND, ROUND, v0 ^= m;
    }
    for (size_t i = 0; i < n; i++) b |= (uint64_t)p[i] << (8 * i);
    v3 ^= b, ROUND, ROUND, v0 ^= b, v2 ^= 255;
    ROUND, ROUND, ROUND, ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}
int main(int argc, char **argv) {
    size_t len = (size_t)arg_long(argc, argv, 1, 64) * 1024;
    long rounds = arg_long(argc, argv, 2, 2);
    unsigned char *buf = malloc(len);
    if (!buf || !len) return 1;
    for (size_t i = 0; i < len; i++) buf[i] = (unsigned char)(rng() >> 32);
    uint64_t f = 0, x = 0, s = 0, w = 1;
    for (long r = 0; r < rounds; r++) {
        f ^= fnv(buf, len), x ^= xx64(buf, len, (uint64_t)r), s ^= sip(buf, len - 3, f, x);
        for (size_t i = 0; i + 8 <= len; i += 8) {
            unsigned __int128 p = (unsigned __int128)(w | 1) * (get64(buf + i) | 1);
            w = (uint64_t)(p >> 64) ^ (uint64_t)p;
            w += get64(buf + i) / ((w >> 40) + 1) + (uint64_t)__builtin_popcountll(w) + (uint64_t)__builtin_ctzll(w | 256);
        }
        buf[(size_t)r % len] ^= 1;
    }
    printf("fnv %016llx\nxxh64 %016llx\nsiphash %016llx\nwide %016llx\n", (unsigned long long)f, (unsigned long long)x,
           (unsigned long long)s, (unsigned long long)w);
    printf("xxh64('abc') %016llx\n", (unsigned long long)xx64((const unsigned char *)"abc", 3, 0));
    return 0;
}
