// Sorts numbers and records by several methods.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define COUNT 60000

struct record {
  uint32_t key;
  char name[12];
};

static uint32_t numbers[COUNT], sorted[COUNT], other[COUNT];
static struct record records[COUNT];
static uint32_t seed = 1;

static uint32_t next(void) { return seed = seed * 1664525 + 1013904223; }

static void quick(uint32_t *a, int low, int high) {
  while (high - low > 12) {
    uint32_t pivot = a[low + (high - low) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint32_t kept = a[i];
        a[i++] = a[j];
        a[j--] = kept;
      }
    }
    if (j - low < high - i) {
      quick(a, low, j);
      low = i;
    } else {
      quick(a, i, high);
      high = j;
    }
  }
  for (int i = low + 1; i <= high; i++) {
    uint32_t value = a[i];
    int j = i;
    for (; j > low && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

static void heap(uint32_t *a, int n) {
  for (int end = n, start = n / 2; end > 1;) {
    uint32_t value;
    if (start > 0) {
      value = a[--start];
    } else {
      value = a[--end];
      a[end] = a[0];
    }
    int root = start;
    for (int child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && a[child] < a[child + 1]) child++;
      if (a[child] <= value) break;
      a[root] = a[child];
    }
    a[root] = value;
  }
}

static void merge(uint32_t *a, uint32_t *b, int n) {
  for (int width = 1; width < n; width *= 2) {
    for (int at = 0; at < n; at += 2 * width) {
      int left = at, middle = at + width < n ? at + width : n, right = middle, end = at + 2 * width < n ? at + 2 * width : n;
      for (int to = at; to < end; to++) b[to] = left < middle && (right >= end || a[left] <= a[right]) ? a[left++] : a[right++];
    }
    memcpy(a, b, n * sizeof *a);
  }
}

static void radix(uint32_t *a, uint32_t *b, int n) {
  for (int shift = 0; shift < 32; shift += 8) {
    int starts[257] = {0};
    for (int i = 0; i < n; i++) starts[(a[i] >> shift & 255) + 1]++;
    for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
    for (int i = 0; i < n; i++) b[starts[a[i] >> shift & 255]++] = a[i];
    uint32_t *kept = a;
    a = b;
    b = kept;
  }
}

static int by_name(const void *a, const void *b) { return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name); }

int main(void) {
  for (int i = 0; i < COUNT; i++) numbers[i] = next();
  memcpy(sorted, numbers, sizeof sorted);
  quick(sorted, 0, COUNT - 1);
  uint32_t sum = sorted[COUNT / 3];
  for (int round = 0; round < 2; round++) {
    memcpy(other, numbers, sizeof other);
    heap(other, COUNT);
    sum = sum * 31 + (memcmp(other, sorted, sizeof sorted) == 0);
    static uint32_t space[COUNT];
    memcpy(other, numbers, sizeof other);
    merge(other, space, COUNT);
    sum = sum * 31 + (memcmp(other, sorted, sizeof sorted) == 0);
    memcpy(other, numbers, sizeof other);
    radix(other, space, COUNT);
    sum = sum * 31 + (memcmp(other, sorted, sizeof sorted) == 0);
  }
  for (int i = 0; i < COUNT; i++) {
    records[i].key = next();
    snprintf(records[i].name, sizeof records[i].name, "n%u", records[i].key % 100000);
  }
  qsort(records, COUNT, sizeof *records, by_name);
  printf("%u %s %s\n", sum, records[0].name, records[COUNT - 1].name);
}
