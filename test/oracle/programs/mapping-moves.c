// Exercises mremap: in place, moved, to a fixed place, shrunk, across holes, of shared memory, and its
// refusals (not all: qemu has its own for lengths of nothing); then a random history of mappings that move, against a model of their contents.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, AREA = 512, SLOTS = 12 };

static uint64_t state = 11;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static char *reserve(size_t pages) {
  return mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static char *map(char *place, size_t pages, int kind) {
  return mmap(place, pages * PAGE, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS | (place ? MAP_FIXED : 0), -1, 0);
}

static int refused(void *result) { return result == MAP_FAILED ? errno : 0; }

static void fill(char *at, int pages, int from) {
  for (int page = 0; page < pages; page++) at[page * PAGE] = at[page * PAGE + PAGE - 1] = (char)(from + page);
}

static int holds(char *at, int pages, int from) {
  for (int page = 0; page < pages; page++)
    if (at[page * PAGE] != (char)(from + page) || at[page * PAGE + PAGE - 1] != (char)(from + page)) return 0;
  return 1;
}

static void refusals(char *area) {
  char *a = map(area, 8, MAP_PRIVATE);
  printf("misaligned %d\n", refused(mremap(a + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE)));
  printf("flags %d\n", refused(mremap(a, PAGE, PAGE, 64)));
  printf("fixed without maymove %d\n", refused(mremap(a, PAGE, PAGE, MREMAP_FIXED, area + 20 * PAGE)));
  printf("fixed misaligned %d\n", refused(mremap(a, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 3)));
  printf("fixed overlap %d\n", refused(mremap(a, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, a + 2 * PAGE)));
  munmap(a + 8 * PAGE, 8 * PAGE);
  printf("beyond %d\n", refused(mremap(a, 12 * PAGE, 16 * PAGE, MREMAP_MAYMOVE)));
  munmap(area, AREA * PAGE);
  printf("unmapped %d\n", refused(mremap(area, PAGE, 2 * PAGE, MREMAP_MAYMOVE)));
}

static void moves(char *area) {
  char *a = map(area, 8, MAP_PRIVATE);
  fill(a, 8, 10);
  printf("shrunk %d %d\n", mremap(a, 8 * PAGE, 5 * PAGE, 0) == a, holds(a, 5, 10));
  printf("gone %d\n", msync(a + 5 * PAGE, PAGE, MS_ASYNC) ? errno : 0);
  char *b = mremap(a, 5 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
  printf("grown %d zero %d\n", holds(b, 5, 10), b[5 * PAGE] + b[9 * PAGE - 1]);
  fill(b, 9, 30);
  char *c = area + 100 * PAGE;
  map(c, 20, MAP_PRIVATE);
  fill(c, 20, 90);
  printf("fixed %d\n", mremap(b + 2 * PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, c + 5 * PAGE) == c + 5 * PAGE);
  printf("%d %d %d %d %d\n", holds(b, 2, 30), holds(b + 5 * PAGE, 4, 35), holds(c, 5, 90), holds(c + 5 * PAGE, 3, 32), holds(c + 9 * PAGE, 11, 99));
  printf("new page %d hole %d\n", c[8 * PAGE], msync(b + 2 * PAGE, 3 * PAGE, MS_SYNC) ? errno : 0);
  char *d = mremap(c, 3 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 200 * PAGE);
  printf("fixed and shrunk %d %d\n", holds(d, 1, 90), msync(c, 3 * PAGE, MS_SYNC) ? errno : 0);
  char *e = map(area + 220 * PAGE, 12, MAP_PRIVATE);
  fill(e, 12, 60);
  printf("within itself, down %d", mremap(e + 5 * PAGE, 4 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, e + PAGE) == e + PAGE);
  printf(" %d %d %d", holds(e, 1, 60), holds(e + PAGE, 3, 65), holds(e + 9 * PAGE, 3, 69));
  printf(", up %d", mremap(e + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, e + 10 * PAGE) == e + 10 * PAGE);
  printf(" %d %d\n", holds(e + 3 * PAGE, 1, 67), holds(e + 10 * PAGE, 2, 65));
}

static void shared(char *area) {
  char *a = map(area + 300 * PAGE, 4, MAP_SHARED);
  fill(a, 4, 50);
  char *b = mremap(a + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 320 * PAGE);
  printf("moved %d\n", holds(b, 2, 51));
  printf("dropped %d", madvise(b, 2 * PAGE, MADV_DONTNEED));
  printf(" stays %d\n", holds(b, 2, 51));
  munmap(a, 4 * PAGE);
  printf("outlives %d\n", holds(b, 2, 51));
}

struct slot { char *at; int pages; int from; };

static long history(void) {
  struct slot slots[SLOTS] = {0};
  long wrong = 0;
  for (int round = 0; round < 1500; round++) {
    struct slot *slot = &slots[draw(SLOTS)];
    if (!slot->at) {
      slot->pages = 1 + draw(9), slot->from = draw(100);
      slot->at = map(NULL, slot->pages, MAP_PRIVATE);
      fill(slot->at, slot->pages, slot->from);
      continue;
    }
    wrong += !holds(slot->at, slot->pages, slot->from);
    int pages = 1 + draw(14), kept = pages < slot->pages ? pages : slot->pages;
    switch (draw(4)) {
    case 0:
      wrong += munmap(slot->at, slot->pages * PAGE) != 0;
      slot->at = NULL;
      continue;
    case 1:
      if (slot->pages < 3) continue;
      slot->at = mremap(slot->at + PAGE, (slot->pages - 1) * PAGE, (slot->pages - 1) * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, reserve(slot->pages));
      munmap(slot->at + (slot->pages - 1) * PAGE, PAGE);
      slot->pages--, slot->from++;
      continue;
    default:
      slot->at = mremap(slot->at, slot->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);
      wrong += slot->at == MAP_FAILED || !holds(slot->at, kept, slot->from);
      for (int page = kept; page < pages; page++) wrong += slot->at[page * PAGE] != 0;
      slot->pages = pages;
      fill(slot->at, slot->pages, slot->from);
    }
  }
  return wrong;
}

int main(void) {
  char *area = reserve(AREA);
  refusals(area);
  moves(area);
  shared(area);
  printf("history %ld\n", history());
  return 0;
}
