// Traces paths of light between spheres, some diffuse and some mirrors.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define WIDTH 40
#define HEIGHT 30
#define SAMPLES 10

typedef struct {
  double x, y, z;
} vector;

static const struct sphere {
  double radius;
  vector at, light, colour;
  int mirror;
} spheres[] = {
    {1000, {0, -1000, 0}, {0, 0, 0}, {.7, .7, .6}, 0}, {1000, {0, 0, -1004}, {0, 0, 0}, {.4, .5, .8}, 0},
    {1, {-1.2, 1, 0}, {0, 0, 0}, {.9, .9, .9}, 1},     {.8, {1.1, .8, .6}, {0, 0, 0}, {.8, .3, .3}, 0},
    {.5, {0, .5, 1.6}, {0, 0, 0}, {.9, .8, .5}, 1},    {2, {0, 7, 1}, {6, 6, 5}, {0, 0, 0}, 0},
};

static uint64_t state = 88172645463325252u;
static double chance(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 11) / 9007199254740992.0;
}

static vector plus(vector a, vector b) { return (vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static vector scaled(vector a, double s) { return (vector){a.x * s, a.y * s, a.z * s}; }
static double dot(vector a, vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vector unit(vector a) { return scaled(a, 1 / sqrt(dot(a, a))); }

static vector trace(vector from, vector way, int depth) {
  const struct sphere *hit = 0;
  double nearest = 1e20;
  for (unsigned i = 0; i < sizeof spheres / sizeof *spheres; i++) {
    vector to = plus(spheres[i].at, scaled(from, -1));
    double along = dot(to, way), square = along * along - dot(to, to) + spheres[i].radius * spheres[i].radius;
    if (square < 0) continue;
    double root = sqrt(square), distance = along - root > 1e-4 ? along - root : along + root;
    if (distance > 1e-4 && distance < nearest) nearest = distance, hit = &spheres[i];
  }
  if (!hit) return (vector){.1, .1, .15};
  if (depth > 5) return hit->light;
  vector point = plus(from, scaled(way, nearest)), normal = unit(plus(point, scaled(hit->at, -1))), onward;
  if (hit->mirror) {
    onward = plus(way, scaled(normal, -2 * dot(normal, way)));
  } else {
    double turn = 6.283185307179586 * chance(), high = 2 * chance() - 1, flat = sqrt(1 - high * high);
    onward = unit(plus(normal, (vector){flat * cos(turn), flat * sin(turn), high}));
  }
  vector light = trace(point, onward, depth + 1);
  return plus(hit->light, (vector){hit->colour.x * light.x, hit->colour.y * light.y, hit->colour.z * light.z});
}

int main(void) {
  vector sum = {0, 0, 0};
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      for (int sample = 0; sample < SAMPLES; sample++) {
        vector way = {(x + chance()) / WIDTH - .5, (HEIGHT - y - chance()) / HEIGHT * .75 - .35, -1};
        sum = plus(sum, trace((vector){0, 1.5, 6}, unit(way), 0));
      }
  printf("%.6f %.6f %.6f\n", sum.x / (WIDTH * HEIGHT * SAMPLES), sum.y / (WIDTH * HEIGHT * SAMPLES), sum.z / (WIDTH * HEIGHT * SAMPLES));
}
