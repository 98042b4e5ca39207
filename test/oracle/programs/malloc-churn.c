// Exercises the allocator: blocks of all sizes that come, grow, shrink and go in a scrambled order
// (the heap by brk, big blocks by mmap), each with a pattern that is checked before it is touched.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 512, ROUNDS = 50000, SMALL_BYTES_MAX = 4000, LARGE_BYTES_MAX = 100000 };

static struct Block { unsigned char *bytes; size_t size; unsigned char seed; } blocks[SLOTS];
static uint64_t state = 0x9e3779b97f4a7c15UL, hash = 14695981039346656037UL;
static long wrong;

static uint64_t draw(uint64_t bound) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state % bound;
}

// Touches both ends and some bytes between, so that a round stays short.
static void fill(struct Block *block) {
  for (size_t at = 0; at < block->size; at += 61) block->bytes[at] = (unsigned char)(block->seed + at);
  if (block->size) block->bytes[block->size - 1] = block->seed;
}

static void check(const struct Block *block, size_t size) {
  for (size_t at = 0; at + 1 < size; at += 61) {
    wrong += block->bytes[at] != (unsigned char)(block->seed + at);
    hash = (hash ^ block->bytes[at]) * 1099511628211UL;
  }
}

static size_t draw_size(void) {
  return draw(40) == 0 ? draw(LARGE_BYTES_MAX) : 1 + draw(SMALL_BYTES_MAX);
}

static void allocate(struct Block *block) {
  block->size = draw_size();
  block->seed = (unsigned char)draw(256);
  if (draw(4) == 0) {
    block->bytes = calloc(1, block->size);
    for (size_t at = 0; at < block->size; at += 61) wrong += block->bytes[at] != 0;
  } else if (draw(8) == 0) {
    block->bytes = aligned_alloc(256, (block->size + 255) & ~255UL);
    wrong += (uintptr_t)block->bytes % 256 != 0;
  } else {
    block->bytes = malloc(block->size);
  }
  wrong += (uintptr_t)block->bytes % 16 != 0;
  fill(block);
}

static void resize(struct Block *block) {
  size_t before = block->size, after = draw_size();
  block->bytes = realloc(block->bytes, after);
  check(block, before < after ? before - 1 : after);
  block->size = after;
  fill(block);
}

int main(void) {
  for (long round = 0; round < ROUNDS; round++) {
    struct Block *block = &blocks[draw(SLOTS)];
    if (!block->bytes) allocate(block);
    else if (draw(3) == 0) resize(block);
    else {
      check(block, block->size);
      free(block->bytes);
      block->bytes = NULL;
    }
    if (round % 10000 == 0) printf("round %ld hash %016lx wrong %ld\n", round, hash, wrong);
  }
  for (size_t big = 200000; big < 6000000; big += big / 2) { // past the threshold: mapped
    unsigned char *bytes = malloc(big);
    memset(bytes, 1, big);
    wrong += bytes[big - 1] != 1 || bytes[0] != 1;
    free(bytes);
  }
  wrong += malloc((size_t)1 << 60) != NULL;
  for (int slot = 0; slot < SLOTS; slot++) free(blocks[slot].bytes);
  printf("hash %016lx wrong %ld\n", hash, wrong);
  return wrong != 0;
}
