// Exercises mmap, munmap, mprotect and brk: fixed places, holes, overlays, many small mappings, changes
// of protection page by page, and zero pages again after a page went.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 300 };

static uint64_t state = 3;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static char *map_at(void *place, size_t bytes, int protection) {
  return mmap(place, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | (place ? MAP_FIXED : 0), -1, 0);
}

// A model of the region beside the region: for each page, whether it is mapped and its first byte.
static long random_region(void) {
  char *region = map_at(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE);
  unsigned char mapped[PAGES], writable[PAGES], content[PAGES];
  long wrong = 0;
  memset(mapped, 1, PAGES), memset(writable, 1, PAGES), memset(content, 0, PAGES);
  for (int round = 0; round < 4000; round++) {
    unsigned first = draw(PAGES), count = 1 + draw(PAGES - first < 20 ? PAGES - first : 20);
    char *place = region + first * PAGE;
    int whole = memchr(mapped + first, 0, count) == NULL;
    switch (draw(5)) {
    case 0:
      wrong += munmap(place, count * PAGE) != 0;
      memset(mapped + first, 0, count);
      break;
    case 1:
      wrong += map_at(place, count * PAGE, PROT_READ | PROT_WRITE) != place;
      memset(mapped + first, 1, count), memset(writable + first, 1, count), memset(content + first, 0, count);
      break;
    case 2:
      if (!whole) break;
      wrong += mprotect(place, count * PAGE, PROT_READ) != 0;
      memset(writable + first, 0, count);
      break;
    case 3:
      if (!whole) break;
      wrong += mprotect(place, count * PAGE, PROT_READ | PROT_WRITE) != 0;
      memset(writable + first, 1, count);
      break;
    default:
      for (unsigned page = first; page < first + count; page++) {
        if (!mapped[page]) continue;
        wrong += (unsigned char)region[page * PAGE] != content[page] || (unsigned char)region[page * PAGE + PAGE - 1] != content[page];
        if (!writable[page]) continue;
        content[page] = (unsigned char)draw(256);
        region[page * PAGE] = region[page * PAGE + PAGE - 1] = (char)content[page];
      }
    }
  }
  munmap(region, PAGES * PAGE);
  return wrong;
}

static void many_small(void) {
  static char *pages[1000];
  long wrong = 0;
  for (int i = 0; i < 1000; i++) pages[i] = map_at(NULL, PAGE, PROT_READ | PROT_WRITE), pages[i][i % PAGE] = (char)i;
  for (int i = 0; i < 1000; i += 2) munmap(pages[i], PAGE);
  for (int i = 0; i < 1000; i += 2) pages[i] = map_at(NULL, PAGE, PROT_READ | PROT_WRITE), wrong += pages[i][i % PAGE] != 0;
  for (int i = 1; i < 1000; i += 2) wrong += pages[i][i % PAGE] != (char)i;
  for (int i = 0; i < 1000; i++) munmap(pages[i], PAGE);
  printf("many small: wrong %ld\n", wrong);
}

static void breaks(void) {
  char *start = sbrk(0);
  int grown = sbrk(3 * PAGE + 100) == start;
  memset(start, 'b', 3 * PAGE + 100);
  int shrunk = sbrk(-2 * PAGE) == start + 3 * PAGE + 100;
  int kept = start[PAGE] == 'b';
  sbrk(2 * PAGE);
  printf("brk: grown %d shrunk %d kept %d zero again %d place %d\n", grown, shrunk, kept, start[3 * PAGE] == 0,
         sbrk(0) == start + 3 * PAGE + 100);
}

int main(void) {
  many_small();
  printf("random region: wrong %ld\n", random_region());
  breaks();

  char *page = map_at(NULL, 4 * PAGE, PROT_NONE);
  printf("reserved %d\n", page != MAP_FAILED);
  printf("opened %d\n", mprotect(page + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
  memset(page + PAGE, 7, 2 * PAGE);
  printf("closed and opened %d %d\n", mprotect(page + PAGE, PAGE, PROT_NONE), mprotect(page + PAGE, PAGE, PROT_READ));
  printf("kept %d %d\n", page[PAGE], page[3 * PAGE - 1]);
  map_at(page + PAGE, PAGE, PROT_READ | PROT_WRITE);
  printf("overlaid %d beside %d\n", page[PAGE], page[2 * PAGE]);
  printf("a hint: %d\n", mmap(page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != page);
  printf("unmapped twice: %d %d\n", munmap(page, 4 * PAGE), munmap(page, 4 * PAGE));
  return 0;
}
