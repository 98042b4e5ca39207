// memory ROUNDS: walks, copies and scattered updates over 16 MiB: more than the caches and more
// than one translation reaches.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 1 << 20 };

static uint64_t words[WORDS];
static uint64_t copy[WORDS];

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  uint64_t sum = 0;
  uint64_t state = 1;
  for (long round = 0; round < rounds; round++) {
    for (int i = 0; i < WORDS; i++) words[i] += (uint64_t)i ^ sum;
    memcpy(copy, words, sizeof copy);
    for (int i = 0; i < WORDS / 4; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      copy[(state >> 40) % WORDS] ^= state;
    }
    for (int i = 0; i < WORDS; i++) sum += copy[i];
  }
  printf("%016llx\n", (unsigned long long)sum);
}
