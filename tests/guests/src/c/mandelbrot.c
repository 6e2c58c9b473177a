/* mandelbrot [SIZE [LIMIT]]: escape times in f64, a small picture and a checksum over SIZE x SIZE points. */
#include "common.h"
static int escape(double cx, double cy, int limit) {
    double x = 0, y = 0;
    int n = 0;
    while (n < limit) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0) break;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
        n++;
    }
    return n;
}
int main(int argc, char **argv) {
    int size = (int)arg_long(argc, argv, 1, 96), limit = (int)arg_long(argc, argv, 2, 200);
    uint32_t crc = 0;
    uint64_t sum = 0;
    for (int j = 0; j < size; j++)
        for (int i = 0; i < size; i++) {
            int n = escape(-2.2 + 3.2 * i / size, -1.6 + 3.2 * j / size, limit);
            unsigned char bytes[2] = {(unsigned char)n, (unsigned char)(n >> 8)};
            crc = crc32_of(crc, bytes, 2);
            sum += (uint64_t)n;
        }
    for (int j = 0; j < 16; j++) {
        char row[49];
        for (int i = 0; i < 48; i++) row[i] = " .:-=+*#%@"[escape(-2.2 + 3.2 * i / 48, -1.6 + 3.2 * j / 16, 50) * 9 / 50];
        row[48] = 0;
        puts(row);
    }
    printf("size %d limit %d iterations %llu crc %08x\n", size, limit, (unsigned long long)sum, (unsigned)crc);
    return 0;
}
