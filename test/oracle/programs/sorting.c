// Exercises sorting and searching: qsort over arrays of many kinds (below the size at which the C
// library asks the kernel for the size of memory), bsearch, and heap, merge and quick sorts of our own.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 45000, SMALL = 120 };

static uint64_t state = 42;
static uint32_t draw(void) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (uint32_t)(state >> 33);
}

static int by_number(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}
static int by_double(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

struct Record { char key[10]; short order; float weight; };
static int by_key(const void *a, const void *b) {
  return strcmp(((const struct Record *)a)->key, ((const struct Record *)b)->key);
}

static void library(void) {
  long wrong = 0, found = 0;
  double sum = 0;
  for (int round = 0; round < 100; round++) {
    int numbers[SMALL];
    double doubles[SMALL];
    struct Record records[40];
    for (int i = 0; i < SMALL; i++) numbers[i] = (int)draw() % 500, doubles[i] = (draw() % 2000 - 1000.0) / 7;
    for (int i = 0; i < 40; i++) snprintf(records[i].key, 10, "k%u", draw() % 30), records[i].order = (short)i, records[i].weight = i * 0.5f;
    qsort(numbers, SMALL, sizeof *numbers, by_number);
    qsort(doubles, SMALL, sizeof *doubles, by_double);
    qsort(records, 40, sizeof *records, by_key);
    for (int i = 1; i < SMALL; i++) wrong += numbers[i - 1] > numbers[i] || doubles[i - 1] > doubles[i];
    for (int i = 1; i < 40; i++) {
      int order = strcmp(records[i - 1].key, records[i].key);
      wrong += order > 0 || (order == 0 && records[i - 1].order > records[i].order); // merge sort: stable
      sum = sum * 0.9 + records[i].weight;
    }
    for (int key = 0; key < 500; key += 7) {
      int *place = bsearch(&key, numbers, SMALL, sizeof *numbers, by_number);
      found += place != NULL;
      wrong += place && *place != key;
    }
  }
  char *words[] = {"pear", "apple", "fig", "banana", "cherry", "date", "elder", "grape"};
  qsort(words, 8, sizeof *words, by_text);
  for (int i = 0; i < 8; i++) printf("%s ", words[i]);
  printf("\nwrong %ld found %ld sum %.17g\n", wrong, found, sum);
}

static void sift(uint32_t *heap, int root, int count) {
  for (int child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (heap[root] >= heap[child]) return;
    uint32_t swap = heap[root];
    heap[root] = heap[child], heap[child] = swap;
  }
}
static void heap_sort(uint32_t *a, int count) {
  for (int root = count / 2; root-- > 0;) sift(a, root, count);
  for (int last = count; --last > 0;) {
    uint32_t swap = a[0];
    a[0] = a[last], a[last] = swap;
    sift(a, 0, last);
  }
}
static uint32_t spare[COUNT];
static void merge_sort(uint32_t *a, int count) {
  if (count < 2) return;
  int half = count / 2, i = 0, j = half;
  merge_sort(a, half), merge_sort(a + half, count - half);
  for (int k = 0; k < count; k++) spare[k] = j >= count || (i < half && a[i] <= a[j]) ? a[i++] : a[j++];
  memcpy(a, spare, (size_t)count * sizeof *a);
}
static void quick_sort(uint32_t *a, int low, int high) {
  while (low < high) {
    uint32_t pivot = a[(low + high) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { uint32_t swap = a[i]; a[i++] = a[j]; a[j--] = swap; }
    }
    quick_sort(a, low, j);
    low = i;
  }
}

int main(void) {
  static uint32_t original[COUNT], sorted[3][COUNT];
  for (int i = 0; i < COUNT; i++) original[i] = draw() % 100000;
  for (int way = 0; way < 3; way++) memcpy(sorted[way], original, sizeof original);
  heap_sort(sorted[0], COUNT);
  merge_sort(sorted[1], COUNT);
  quick_sort(sorted[2], 0, COUNT - 1);
  printf("equal %d %d\n", memcmp(sorted[0], sorted[1], sizeof original), memcmp(sorted[1], sorted[2], sizeof original));
  uint64_t hash = 0;
  for (int i = 0; i < COUNT; i++) hash = hash * 31 + sorted[0][i];
  printf("hash %016lx first %u last %u\n", hash, sorted[0][0], sorted[0][COUNT - 1]);
  library();
  return 0;
}
