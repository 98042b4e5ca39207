// Exercises more memory than a small host has: an area is filled, read and changed in several orders, so
// that its pages come and go many times; then a part is given up and must be zeros again.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { WORDS = 512 };

static uint64_t state = 5;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

int main(int count, char **arguments) {
  unsigned pages = count > 1 ? atoi(arguments[1]) : 512;
  uint64_t (*area)[WORDS] = mmap(NULL, pages * sizeof *area, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t *expected = calloc(pages, sizeof *expected);
  for (unsigned page = 0; page < pages; page++)
    for (unsigned word = 0; word < WORDS; word += 64) area[page][word] = expected[page] = page * 2654435761UL;
  uint64_t sum = 0;
  for (unsigned page = pages; page-- > 0;) sum = sum * 31 + area[page][448];
  printf("backwards %lx\n", sum);
  long wrong = 0;
  for (unsigned round = 0; round < 2 * pages; round++) {
    unsigned page = draw(pages);
    wrong += area[page][64] != expected[page];
    if (round % 3 == 0)
      for (unsigned word = 0; word < WORDS; word += 64) area[page][word] = expected[page] = state;
  }
  printf("at random %ld\n", wrong);
  madvise(area[pages / 4], pages / 4 * sizeof *area, MADV_DONTNEED);
  for (unsigned page = pages / 4; page < pages / 4 * 2; page++) expected[page] = 0;
  for (unsigned page = 0; page < pages; page++) wrong += area[page][64] != expected[page] || area[page][384] != expected[page];
  printf("after dropping %ld\n", wrong);
  for (unsigned page = 0; page < pages; page++) sum = sum * 31 + area[page][0];
  printf("sum %lx\n", sum);
  return 0;
}
