// integer ROUNDS: a hash over a table that fits the cache, sorts of it, and the digits of numbers:
// branches, shifts, multiplications and divisions, with few misses. The result is printed, so that
// both machines can be seen to have done the same.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 1024 };

static uint32_t words[WORDS];

static uint32_t next(uint32_t state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static void sort(void) {
  for (int gap = WORDS / 2; gap > 0; gap /= 2) {
    for (int i = gap; i < WORDS; i++) {
      uint32_t word = words[i];
      int at = i;
      for (; at >= gap && words[at - gap] > word; at -= gap) words[at] = words[at - gap];
      words[at] = word;
    }
  }
}

static uint64_t digits(uint64_t number) {
  uint64_t sum = 0;
  for (; number > 0; number /= 10) sum += number % 10;
  return sum;
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  uint32_t state = 1;
  uint64_t hash = 14695981039346656037u;
  for (long round = 0; round < rounds; round++) {
    for (int i = 0; i < WORDS; i++) words[i] = state = next(state);
    sort();
    for (int i = 0; i < WORDS; i++) hash = (hash ^ words[i]) * 1099511628211u;
    for (int i = 0; i < WORDS; i += 8) hash += digits(words[i]);
  }
  printf("%016llx\n", (unsigned long long)hash);
}
