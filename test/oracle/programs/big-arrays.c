// Exercises memory: sixteen megabytes of zeroed data and four of initialised, touched in strides, by
// the page, backwards, scattered and unaligned over page ends.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BYTES = 16 << 20, WORDS = BYTES / 8, INITIALISED = 1 << 17 };

static uint64_t big[WORDS];
static uint64_t initialised[INITIALISED] = {[0] = 1, [1000] = 2, [INITIALISED - 1] = 3};

static uint64_t sum_of(size_t stride) {
  uint64_t sum = 0;
  for (size_t at = 0; at < WORDS; at += stride) sum = sum * 3 + big[at];
  return sum;
}

static void unaligned(void) {
  unsigned char *bytes = (unsigned char *)big;
  uint64_t sum = 0;
  for (size_t page = 1; page < BYTES / 4096; page += 3)
    for (size_t before = 1; before < 8; before++) {
      uint64_t word;
      uint32_t half = (uint32_t)(page * before);
      unsigned char *at = bytes + page * 4096 - before; // over the end of a page
      memcpy(at + 1, &half, sizeof half);
      memcpy(&word, at, sizeof word);
      sum = (sum ^ word) * 1099511628211UL;
      sum += *(volatile uint16_t *)at;
      *(volatile uint64_t *)at += 0x0101010101010101UL;
    }
  printf("unaligned %016lx\n", sum);
}

int main(void) {
  uint64_t zeros = 0;
  for (size_t at = 0; at < WORDS; at += 512) zeros |= big[at];
  printf("zero at first: %d\n", zeros == 0);
  for (size_t at = 0; at < WORDS; at += 512) big[at] = at * 2654435761UL;
  for (size_t stride = 512; stride <= 65536; stride *= 2) printf("stride %zu %016lx\n", stride, sum_of(stride));
  for (size_t at = WORDS; at-- > 0;) if (at % 7 == 0) big[at] ^= at;
  printf("backwards %016lx\n", sum_of(7));
  uint64_t place = 1;
  for (int round = 0; round < 500000; round++) {
    place = place * 6364136223846793005UL + 1442695040888963407UL;
    big[place >> 43] += place; // scattered: few hits in any cache of translations
  }
  printf("scattered %016lx\n", sum_of(1));
  unaligned();
  uint64_t kept = 0;
  for (size_t at = 0; at < INITIALISED; at++) kept += initialised[at] * (at + 1);
  initialised[500] = 9;
  memmove(big + 1000, big, 4 << 20);
  printf("initialised %lu, moved %016lx\n", kept, sum_of(64));
  return 0;
}
