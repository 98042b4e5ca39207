// Exercises a B-tree that lives in a file mapped shared, as databases have them: the file grows by ftruncate, the
// mapping by mremap; it is synced, closed and mapped again, and at last read by read.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, KEYS = 31, HALF = KEYS / 2 };
typedef struct {
  uint32_t count, is_leaf;
  uint64_t keys[KEYS], values[KEYS];
  uint32_t children[KEYS + 1];
} node;
typedef struct { uint32_t root, pages, used; uint64_t count; } header;

static int fd, grown;
static char *map;
static size_t bytes;

static header *head(void) { return (header *)map; }
static node *at(uint32_t page) { return (node *)(map + (size_t)page * PAGE); }

static void open_tree(int flags) {
  fd = open("tree", O_RDWR | flags, 0600);
  if (flags) ftruncate(fd, 4 * PAGE);
  struct stat status;
  fstat(fd, &status);
  bytes = status.st_size;
  map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (!flags) return;
  *head() = (header){1, 4, 2, 0};
  at(1)->is_leaf = 1;
}

static uint32_t new_page(void) {
  if (head()->used == head()->pages) {
    ftruncate(fd, bytes * 2);
    map = mremap(map, bytes, bytes * 2, MREMAP_MAYMOVE);
    if (map == MAP_FAILED) exit(1);
    bytes *= 2, grown++;
    head()->pages = bytes / PAGE;
  }
  return head()->used++;
}

static void make_room(node *in, int index, int count_of_children) {
  memmove(in->keys + index + 1, in->keys + index, (in->count - index) * 8);
  memmove(in->values + index + 1, in->values + index, (in->count - index) * 8);
  if (count_of_children) memmove(in->children + index + 2, in->children + index + 1, (in->count - index) * 4);
  in->count++;
}

static void split(uint32_t parent, int index) {
  uint32_t right_page = new_page(); // may move the map
  node *above = at(parent), *left = at(above->children[index]), *right = at(right_page);
  memset(right, 0, sizeof *right);
  right->is_leaf = left->is_leaf, right->count = KEYS - HALF - 1;
  memcpy(right->keys, left->keys + HALF + 1, right->count * 8);
  memcpy(right->values, left->values + HALF + 1, right->count * 8);
  if (!left->is_leaf) memcpy(right->children, left->children + HALF + 1, (right->count + 1) * 4);
  left->count = HALF;
  make_room(above, index, 1);
  above->keys[index] = left->keys[HALF], above->values[index] = left->values[HALF];
  above->children[index + 1] = right_page;
}

static void put(uint64_t key, uint64_t value) {
  if (at(head()->root)->count == KEYS) {
    uint32_t root = new_page();
    memset(at(root), 0, sizeof(node));
    at(root)->children[0] = head()->root;
    head()->root = root;
    split(root, 0);
  }
  for (uint32_t page = head()->root;;) {
    node *here = at(page);
    uint32_t index = 0;
    while (index < here->count && here->keys[index] < key) index++;
    if (index < here->count && here->keys[index] == key) {
      here->values[index] = value;
      return;
    }
    if (here->is_leaf) {
      make_room(here, index, 0);
      here->keys[index] = key, here->values[index] = value;
      head()->count++;
      return;
    }
    if (at(here->children[index])->count == KEYS) split(page, index);
    else page = here->children[index];
  }
}

static uint64_t walk(uint32_t page, uint64_t *last, long *wrong) {
  const node *here = at(page);
  uint64_t sum = 0;
  for (uint32_t index = 0; index <= here->count; index++) {
    if (!here->is_leaf) sum = sum * 7 + walk(here->children[index], last, wrong);
    if (index == here->count) break;
    *wrong += here->keys[index] <= *last;
    *last = here->keys[index];
    sum = sum * 31 + here->keys[index] * 3 + here->values[index];
  }
  return sum;
}

int main(void) {
  uint64_t state = 77;
  open_tree(O_CREAT | O_EXCL);
  for (int round = 0; round < 4; round++) {
    for (int step = 0; step < 500; step++) {
      state = state * 6364136223846793005UL + 1442695040888963407UL;
      put((state >> 40) + 1, state & 0xffff);
    }
    msync(map, bytes, round & 1 ? MS_SYNC : MS_ASYNC);
    uint64_t last = 0;
    long wrong = 0;
    uint64_t sum = walk(head()->root, &last, &wrong);
    printf("%lu keys on %u pages, sum %lx, wrong %ld, grown %d\n", head()->count, head()->used, sum, wrong, grown);
    munmap(map, bytes), close(fd);
    open_tree(0);
  }
  static char page[PAGE];
  uint64_t hash = 0;
  for (long count; (count = read(fd, page, PAGE)) > 0;)
    for (long index = 0; index < count; index++) hash = hash * 131 + page[index];
  printf("%zu bytes, hash %lx\n", bytes, hash);
}
