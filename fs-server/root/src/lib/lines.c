// Input in lines, memory that grows, and sorting.
#include "lines.h"

enum { CALL_MUNMAP = 215, FIRST_ROOM = 65536, READ_BYTES = 65536 };

Flag reserve(struct Store *store, Size more) {
  if (store->room - store->used >= more) return 1;
  Size room = store->room ? store->room : FIRST_ROOM;
  while (room - store->used < more) room *= 2;
  long fresh = map_zero_pages(room);
  if (fresh < 0) return 0;
  if (store->used) memcpy((char *)fresh, store->bytes, store->used);
  if (store->room) trap(CALL_MUNMAP, (long)store->bytes, (long)store->room, 0, 0, 0, 0);
  store->bytes = (char *)fresh;
  store->room = room;
  return 1;
}

// Adds what one read gives: its bytes, 0 at the end, or -errno.
static long read_more(struct Store *store, int fd) {
  if (!reserve(store, READ_BYTES)) return -ERROR_NO_MEMORY;
  long got = read_some(fd, store->bytes + store->used, READ_BYTES);
  if (got > 0) store->used += (Size)got;
  return got;
}

long read_whole(struct Store *store, int fd) {
  long got;
  do got = read_more(store, fd);
  while (got > 0);
  return got;
}

static void forget_before(struct Lines *lines) {
  struct Store *store = &lines->store;
  memmove(store->bytes, store->bytes + lines->start, store->used - lines->start);
  store->used -= lines->start;
  lines->start = 0;
}

long next_line(struct Lines *lines, const char **line, Size *length) {
  struct Store *store = &lines->store;
  Size at = lines->start;
  for (;;) {
    for (; at < store->used; at++) {
      if (store->bytes[at] != '\n') continue;
      *line = store->bytes + lines->start;
      *length = at - lines->start;
      lines->start = at + 1;
      return 1;
    }
    if (lines->ended) break;
    if (lines->start) {
      at -= lines->start;
      forget_before(lines);
    }
    long got = read_more(store, lines->fd);
    if (got < 0) return got;
    if (got == 0) lines->ended = 1;
  }
  if (at == lines->start) return 0;
  *line = store->bytes + lines->start;
  *length = at - lines->start;
  lines->start = at;
  return 1;
}

static void merge(void **items, void **spare, Size middle, Size count,
                  int (*compare)(const void *, const void *)) {
  Size left = 0, right = middle, to = 0;
  while (left < middle && right < count)
    spare[to++] = compare(items[right], items[left]) < 0 ? items[right++] : items[left++];
  while (left < middle) spare[to++] = items[left++];
  while (right < count) spare[to++] = items[right++];
  memcpy(items, spare, count * sizeof *items);
}

void sort_pointers(void **items, void **spare, Size count,
                   int (*compare)(const void *left, const void *right)) {
  if (count < 2) return;
  Size middle = count / 2;
  sort_pointers(items, spare, middle, compare);
  sort_pointers(items + middle, spare, count - middle, compare);
  merge(items, spare, middle, count, compare);
}

int compare_bytes(const char *left, Size left_length, const char *right, Size right_length) {
  Size common = left_length < right_length ? left_length : right_length;
  int difference = memcmp(left, right, common);
  if (difference) return difference;
  return left_length < right_length ? -1 : left_length > right_length;
}
