/* memops [KIB [ROUNDS]]: memcpy, memmove, memset, memcmp, memchr, strlen, strstr, qsort over text. */
#include "common.h"
static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
int main(int argc, char **argv) {
    size_t len = (size_t)arg_long(argc, argv, 1, 64) * 1024;
    long rounds = arg_long(argc, argv, 2, 4);
    unsigned char *a = malloc(len + 1), *b = malloc(len + 1);
    if (!a || !b || len < 1024) return 1;
    fill_text(a, len);
    for (size_t i = 0; i < len; i++)
        if (!a[i] || a[i] > 126) a[i] = '.';
    a[len] = 0;
    uint32_t crc = 0;
    size_t total = 0, found = 0, equal = 0;
    for (long r = 0; r < rounds; r++) {
        memcpy(b, a, len + 1);
        memmove(b + 7, b, len - 7);
        memmove(b, b + 3, len - 3);
        memset(b + len / 2, 'x', 300);
        for (size_t at = 0; at + 64 < len; at += 61) {
            memcpy(b + at, a + len - at - 64, 16 + at % 48);
            equal += memcmp(a + at, b + at, 8) == 0;
            memset(b + at, (int)('a' + at % 26), at % 24);
        }
        total += strlen((char *)b);
        for (char *p = (char *)b; (p = strstr(p, "table")); p++) found++;
        for (unsigned char *p = b; (p = memchr(p, '\n', (size_t)(b + len - p))); p++) found++;
        crc = crc32_of(crc, b, len);
        a[(size_t)r * 997 % len] = '#';
    }
    size_t words = 0;
    char **list = malloc(sizeof *list * (len / 2 + 1));
    if (!list) return 1;
    memcpy(b, a, len + 1);
    for (char *w = strtok((char *)b, " \n"); w && words < 20000; w = strtok(0, " \n")) list[words++] = w;
    qsort(list, words, sizeof *list, by_bytes);
    printf("bytes %zu rounds %ld strlen %zu found %zu equal %zu crc %08x\n", len, rounds, total, found, equal, (unsigned)crc);
    printf("words %zu first '%.20s' middle '%.20s' last '%.20s'\n", words, list[0], list[words / 2], list[words - 1]);
    return 0;
}
