// Exercises files without a name: a ring whose memory is mapped twice, so that nothing in it ever wraps, from
// memfd_create and from tmpfile; and a table in a file that grows by writing a new file and renaming it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING = 4 * 4096 };
static const int RW = PROT_READ | PROT_WRITE;
static uint64_t state = 1;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static void ring(const char *what, int fd) {
  ftruncate(fd, RING);
  char *place = mmap(NULL, 2 * RING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(place, RING, RW, MAP_SHARED | MAP_FIXED, fd, 0), mmap(place + RING, RING, RW, MAP_SHARED | MAP_FIXED, fd, 0);
  close(fd);
  unsigned long head = 0, tail = 0, in = 0, out = 0;
  while (tail < 100000) {
    unsigned count = draw(3000);
    if (draw(2)) {
      if (count > RING - (head - tail)) count = RING - (head - tail);
      char *at = place + head % RING;
      for (unsigned index = 0; index < count; index++, head++) in = in * 31 + (at[index] = (char)(head * 7 + (head >> 9)));
    } else {
      if (count > head - tail) count = head - tail;
      char *at = place + tail % RING;
      for (unsigned index = 0; index < count; index++, tail++) out = out * 31 + at[index];
    }
  }
  for (; tail < head; tail++) out = out * 31 + place[tail % RING];
  printf("%s: %lx %s\n", what, out, in == out ? "as written" : "differs");
  munmap(place, 2 * RING);
}

typedef struct { uint64_t key, value; } slot;
typedef struct { uint64_t capacity, used; slot slots[]; } table;
static int fd;
static table *now;

static size_t bytes_of(uint64_t capacity) { return sizeof(table) + capacity * sizeof(slot); }

static table *map_table(int file, uint64_t capacity) {
  ftruncate(file, bytes_of(capacity));
  table *made = mmap(NULL, bytes_of(capacity), RW, MAP_SHARED, file, 0);
  made->capacity = capacity;
  return made;
}

static void add(table *to, uint64_t key, uint64_t value) {
  for (uint64_t at = key * 0x9e3779b97f4a7c15 >> 20;; at++) {
    slot *here = &to->slots[at % to->capacity];
    if (here->key == 0) here->key = key, to->used++;
    if (here->key != key) continue;
    here->value += value;
    return;
  }
}

static void grow(void) {
  int file = open("table.new", O_RDWR | O_CREAT | O_EXCL, 0600);
  table *next = map_table(file, now->capacity * 2);
  for (uint64_t at = 0; at < now->capacity; at++)
    if (now->slots[at].key) add(next, now->slots[at].key, now->slots[at].value);
  fsync(file);
  rename("table.new", "table");
  munmap(now, bytes_of(now->capacity)), close(fd);
  fd = file, now = next;
}

int main(void) {
  ring("memfd_create", memfd_create("ring", MFD_CLOEXEC));
  ring("tmpfile", fileno(tmpfile()));
  printf("wrong flags %d\n", memfd_create("x", 64) < 0 ? errno : 0);
  int nameless = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  struct stat status;
  fstat(nameless, &status);
  printf("O_TMPFILE %d, links %d\n", nameless >= 0, (int)status.st_nlink);
  printf("to read only %d\n", open("/tmp", O_TMPFILE | O_RDONLY, 0600) < 0 ? errno : 0);

  fd = open("table", O_RDWR | O_CREAT | O_EXCL, 0600);
  now = map_table(fd, 64);
  for (int round = 0; round < 3000; round++) {
    if (now->used * 4 > now->capacity * 3) grow();
    add(now, draw(2000) + 1, round);
  }
  uint64_t sum = 0, whole[2];
  for (uint64_t at = 0; at < now->capacity; at++) sum += now->slots[at].key * now->slots[at].value;
  pread(fd, whole, sizeof whole, 0);
  stat("table", &status);
  printf("%lu of %lu used, sum %lx, size %ld\n", whole[1], whole[0], sum, (long)status.st_size);
}
