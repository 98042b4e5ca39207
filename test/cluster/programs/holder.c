// holder PAGES ROUNDS [MICROSECONDS]: fills PAGES pages with a pattern and prints `ready`; then, each
// round, sleeps for MICROSECONDS (default 0: not at all), checks and changes every page, and prints
// the sum of them. It ends with 0 if every page was as it had left it, with 1 at the first that was
// not. A task whose memory is known page by page.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE_WORDS = 512 };

static uint64_t pattern(uint64_t page, uint64_t round) {
  uint64_t state = (page + 1) * 0x9e3779b97f4a7c15u + round;
  state ^= state >> 29;
  return state * 0xbf58476d1ce4e5b9u;
}

int main(int argc, char **argv) {
  uint64_t pages = strtoull(argv[1], 0, 10);
  uint64_t rounds = strtoull(argv[2], 0, 10);
  long us = argc > 3 ? atol(argv[3]) : 0;
  uint64_t *memory =
      mmap(0, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  setvbuf(stdout, 0, _IOLBF, 0);
  for (uint64_t page = 0; page < pages; page++) {
    memory[page * PAGE_WORDS] = pattern(page, 0);
    memory[page * PAGE_WORDS + PAGE_WORDS - 1] = ~pattern(page, 0);
  }
  puts("ready");
  for (uint64_t round = 1; round <= rounds; round++) {
    if (us > 0) {
      struct timespec pause = {us / 1000000, us % 1000000 * 1000};
      nanosleep(&pause, 0);
    }
    uint64_t sum = 0;
    for (uint64_t page = 0; page < pages; page++) {
      uint64_t *words = memory + page * PAGE_WORDS;
      if (words[0] != pattern(page, round - 1)) return 1;
      if (words[PAGE_WORDS - 1] != ~pattern(page, round - 1)) return 1;
      words[0] = pattern(page, round);
      words[PAGE_WORDS - 1] = ~pattern(page, round);
      sum += words[0];
    }
    printf("%lu %016lx\n", (unsigned long)round, (unsigned long)sum);
  }
  return 0;
}
