/* raytracer [SIZE]: spheres over a chequered plane with shadows and mirrors, f64; a checksum and a small picture. */
#include "common.h"
#include <math.h>
typedef struct { double x, y, z; } vec;
typedef struct { vec at; double r; vec colour; double mirror; } sphere;
static vec v(double x, double y, double z) { return (vec){x, y, z}; }
static vec plus(vec a, vec b) { return v(a.x + b.x, a.y + b.y, a.z + b.z); }
static vec minus(vec a, vec b) { return v(a.x - b.x, a.y - b.y, a.z - b.z); }
static vec times(vec a, double s) { return v(a.x * s, a.y * s, a.z * s); }
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec unit(vec a) { return times(a, 1 / sqrt(dot(a, a))); }
static const sphere scene[] = {
    {{0, 1, 6}, 1, {1, .3, .2}, .3},     {{-2.1, .7, 5}, .7, {.2, .9, .3}, .1}, {{1.9, .6, 4.4}, .6, {.3, .4, 1}, .5},
    {{.4, .35, 3.6}, .35, {1, 1, .3}, 0}, {{-.9, .3, 3.8}, .3, {.9, .3, .9}, .2}, {{3, 1.6, 8}, 1.6, {.8, .8, .8}, .7}};
#define COUNT (int)(sizeof scene / sizeof *scene)

static int hit(vec from, vec dir, double *best) {
    int which = -1;
    for (int i = 0; i < COUNT; i++) {
        vec oc = minus(from, scene[i].at);
        double b = dot(oc, dir), c = dot(oc, oc) - scene[i].r * scene[i].r, d = b * b - c;
        if (d < 0) continue;
        double s = sqrt(d), t = -b - s > 1e-6 ? -b - s : -b + s;
        if (t > 1e-6 && t < *best) *best = t, which = i;
    }
    if (dir.y < -1e-9) {
        double t = -from.y / dir.y;
        if (t > 1e-6 && t < *best) *best = t, which = COUNT;
    }
    return which;
}

static vec trace(vec from, vec dir, int depth) {
    double t = 1e9;
    int i = hit(from, dir, &t);
    if (i < 0) return plus(times(v(.5, .7, 1), .4 + .6 * fmax(dir.y, 0)), v(0, 0, .05));
    vec at = plus(from, times(dir, t)), n, colour;
    double mirror = 0.15;
    if (i == COUNT) {
        n = v(0, 1, 0);
        colour = ((int)floor(at.x) + (int)floor(at.z)) & 1 ? v(.9, .9, .9) : v(.15, .15, .15);
    } else {
        n = unit(minus(at, scene[i].at));
        colour = scene[i].colour;
        mirror = scene[i].mirror;
    }
    vec light = unit(v(-.6, 1, -.5));
    double far = 1e9, bright = dot(n, light);
    if (bright < 0 || hit(plus(at, times(n, 1e-5)), light, &far) >= 0) bright = 0;
    vec half = unit(minus(light, dir));
    double shine = bright > 0 ? pow(fmax(dot(n, half), 0), 40) : 0;
    vec out = plus(times(colour, .12 + .88 * bright), times(v(1, 1, 1), shine));
    if (mirror > 0 && depth > 0) {
        vec r = minus(dir, times(n, 2 * dot(dir, n)));
        out = plus(times(out, 1 - mirror), times(trace(plus(at, times(n, 1e-5)), r, depth - 1), mirror));
    }
    return out;
}

static vec pixel(int x, int y, int w, int h) {
    return trace(v(0, 1.4, -1), unit(v((2.0 * x - w) / w, (h - 2.0 * y) / h * .75 - .15, 1.5)), 4);
}

int main(int argc, char **argv) {
    int w = (int)arg_long(argc, argv, 1, 64), h = w * 3 / 4;
    uint32_t crc = 0;
    double sum = 0;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            vec c = pixel(x, y, w, h);
            double f[3] = {c.x, c.y, c.z};
            unsigned char b[3];
            for (int k = 0; k < 3; k++) b[k] = (unsigned char)(fmin(fmax(f[k], 0), 1) * 255 + .5), sum += f[k];
            crc = crc32_of(crc, b, 3);
        }
    for (int y = 0; y < 18; y++) {
        char row[57];
        for (int x = 0; x < 56; x++) {
            vec c = pixel(x, y, 56, 18);
            int g = (int)(fmin(.3 * c.x + .59 * c.y + .11 * c.z, .999) * 10);
            row[x] = " .:-=+*#%@"[g];
        }
        row[56] = 0;
        puts(row);
    }
    printf("%dx%d crc %08x sum %a\n", w, h, (unsigned)crc, sum);
    return 0;
}
