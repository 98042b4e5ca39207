// churn SEED STEPS [THREADS [PAGES]]: a task that does everything to its memory that it may, and whose
// output depends on each byte of it.
//
// Each of its THREADS (1) takes STEPS steps, drawn from SEED: it maps, unmaps, grows, protects and
// forgets regions of up to PAGES (8) pages, writes and reads them, writes a file of its own through a
// shared mapping and by calls, maps another privately, sleeps, and computes. Now and then the first
// prints the number of its step and a hash of what it has read. The last line is a hash of all that is
// mapped in the end, of the files, and of what the threads have read. Neither time nor addresses are
// in it: wherever it runs, and however often it moves, it prints the same.
#include "files.h"
#include "output.h"
#include "sojourn.h"
#include "text.h"

static const char *const USAGE = "churn SEED STEPS [THREADS [PAGES]]   (THREADS to 4, PAGES to 64)";

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, DIGITS = 16 };
enum { THREADS_MAX = 4, REGIONS_MAX = 10, PAGES_MAX = 64, FILE_PAGES = 6, STACK_BYTES = 65536 };
enum { LINES = 8 }; // printed on the way, in all

enum {
  CALL_UNLINK = 35,
  CALL_PREAD = 67,
  CALL_PWRITE = 68,
  CALL_EXIT_THREAD = 93,
  CALL_BRK = 214,
  CALL_MUNMAP = 215,
  CALL_MREMAP = 216,
  CALL_MMAP = 222,
  CALL_MPROTECT = 226,
  CALL_MSYNC = 227,
  CALL_MADVISE = 233,
};
enum { CURRENT_FOLDER = -100, READ_ONLY = 1, READ_WRITE = 3, SHARED = 1, PRIVATE = 2 };
enum { ANONYMOUS = 0x20, MAY_MOVE = 1, DONT_NEED = 4, SYNCHRONOUSLY = 4, OPEN_BOTH = 2 };

struct Region {
  unsigned long *words;
  Size pages;
  Flag writable;
  Flag anonymous;
};

struct Churner {
  unsigned long random, read; // the generator's state; the hash of all that was read
  unsigned long number, steps;
  struct Region regions[REGIONS_MAX];
  Size count;
  unsigned long *shared; // the file of its own, if it is mapped
  int file;              // the same, open
  volatile Flag done;
};

static struct Output output = {.fd = STANDARD_OUTPUT};
static struct Churner churners[THREADS_MAX];
static unsigned long pages_max = 8;
static unsigned long line_every;

static unsigned long mixed(unsigned long word) {
  word ^= word >> 29;
  word *= 0xbf58476d1ce4e5b9UL;
  return word ^ word >> 32;
}

static unsigned long drawn(struct Churner *churner) {
  return mixed(churner->random += 0x9e3779b97f4a7c15UL);
}

static Size below(struct Churner *churner, Size bound) { return drawn(churner) % bound; }

static long checked(const char *what, long result) {
  if (result >= 0 || result <= -PAGE_BYTES) return result;
  complain("churn", what, error_text(-result));
  leave(1);
}

static void see(struct Churner *churner, unsigned long word) {
  churner->read = mixed(churner->read ^ word);
}

static void see_all(struct Churner *churner, const unsigned long *words, Size pages) {
  for (Size at = 0; at < pages * PAGE_WORDS; at++) see(churner, words[at]);
}

static void fill(struct Churner *churner, unsigned long *words, Size count) {
  for (Size at = 0; at < count; at++) words[at] = drawn(churner);
}

// `/tmp/churn-NUMBER` and a letter.
static const char *path_of(struct Churner *churner, char kind, char *path) {
  Size at = text_length("/tmp/churn-");
  memcpy(path, "/tmp/churn-", at);
  at += format_number(churner->number, path + at);
  path[at] = kind;
  path[at + 1] = 0;
  return path;
}

static unsigned long *map(const char *what, Size pages, int protection, int flags, long file) {
  return (unsigned long *)checked(
      what, trap(CALL_MMAP, 0, (long)(pages * PAGE_BYTES), protection, flags, file, 0));
}

static void forget(struct Churner *churner, struct Region *region) {
  *region = churner->regions[--churner->count];
}

static void add(struct Churner *churner, unsigned long *words, Size pages, Flag anonymous) {
  churner->regions[churner->count++] = (struct Region){words, pages, 1, anonymous};
}

static void make_region(struct Churner *churner) {
  if (churner->count == REGIONS_MAX) return;
  Size pages = 1 + below(churner, pages_max);
  unsigned long *words = map("mapping memory", pages, READ_WRITE, PRIVATE | ANONYMOUS, -1);
  add(churner, words, pages, 1);
}

// Its pages come from a file that is never written: what is written to them is the task's own.
static void map_file(struct Churner *churner) {
  char path[64];
  if (churner->count == REGIONS_MAX) return;
  long file = checked("opening a file", open_read_only(path_of(churner, 'b', path)));
  add(churner, map("mapping a file", FILE_PAGES, READ_WRITE, PRIVATE, file), FILE_PAGES, 0);
  checked("closing a file", close_file((int)file));
}

static void write_region(struct Churner *churner, struct Region *region) {
  if (!region->writable) return;
  for (Size left = 1 + below(churner, region->pages); left > 0; left--) {
    unsigned long *page = region->words + below(churner, region->pages) * PAGE_WORDS;
    if (below(churner, 4) == 0) fill(churner, page, PAGE_WORDS);
    else page[below(churner, PAGE_WORDS)] = drawn(churner);
  }
}

static void read_region(struct Churner *churner, struct Region *region) {
  for (Size left = 1 + below(churner, region->pages); left > 0; left--)
    see(churner, region->words[below(churner, region->pages * PAGE_WORDS)]);
}

// All of it, its end, its start, or a hole in it.
static void unmap(struct Churner *churner, struct Region *region) {
  Size first = below(churner, 2) * below(churner, region->pages);
  Size count = 1 + below(churner, region->pages - first);
  struct Region rest = *region;
  rest.words += (first + count) * PAGE_WORDS;
  rest.pages -= first + count;
  if (rest.pages > 0 && first > 0 && churner->count == REGIONS_MAX) return;
  checked("unmapping", trap(CALL_MUNMAP, (long)(region->words + first * PAGE_WORDS),
                            (long)(count * PAGE_BYTES), 0, 0, 0, 0));
  region->pages = first;
  if (first == 0 && rest.pages > 0) *region = rest;
  else if (rest.pages > 0) churner->regions[churner->count++] = rest;
  else if (first == 0) forget(churner, region);
}

static void resize(struct Churner *churner, struct Region *region) {
  if (!region->anonymous || !region->writable) return;
  Size pages = 1 + below(churner, pages_max);
  region->words = (unsigned long *)checked(
      "growing", trap(CALL_MREMAP, (long)region->words, (long)(region->pages * PAGE_BYTES),
                      (long)(pages * PAGE_BYTES), MAY_MOVE, 0, 0));
  region->pages = pages;
}

static void protect(struct Churner *churner, struct Region *region) {
  Size part = 1 + below(churner, region->pages);
  Size bytes = region->pages * PAGE_BYTES;
  int kept = region->writable ? READ_WRITE : READ_ONLY;
  long address = (long)region->words;
  checked("protecting", trap(CALL_MPROTECT, address, (long)(part * PAGE_BYTES), READ_ONLY, 0, 0, 0));
  read_region(churner, region);
  if (below(churner, 2)) {
    region->writable = !region->writable;
    kept = region->writable ? READ_WRITE : READ_ONLY;
  }
  checked("protecting", trap(CALL_MPROTECT, address, (long)bytes, kept, 0, 0, 0));
}

// Anonymous pages are zero afterwards, those of a file as the file has them.
static void empty(struct Churner *churner, struct Region *region) {
  Size first = below(churner, region->pages);
  Size count = 1 + below(churner, region->pages - first);
  checked("emptying", trap(CALL_MADVISE, (long)(region->words + first * PAGE_WORDS),
                           (long)(count * PAGE_BYTES), DONT_NEED, 0, 0, 0));
}

static void use_mapped_file(struct Churner *churner) {
  if (!churner->shared) {
    churner->shared = map("mapping a file", FILE_PAGES, READ_WRITE, SHARED, churner->file);
    return;
  }
  unsigned long *page = churner->shared + below(churner, FILE_PAGES) * PAGE_WORDS;
  switch (below(churner, 6)) {
  case 0:
    checked("writing back", trap(CALL_MSYNC, (long)churner->shared, FILE_PAGES * PAGE_BYTES,
                                 SYNCHRONOUSLY, 0, 0, 0));
    return;
  case 1:
    checked("unmapping", trap(CALL_MUNMAP, (long)churner->shared, FILE_PAGES * PAGE_BYTES, 0, 0,
                              0, 0));
    churner->shared = 0;
    return;
  case 2: see(churner, page[below(churner, PAGE_WORDS)]); return;
  default: fill(churner, page, 1 + below(churner, 40)); return;
  }
}

// What was written through the mapping is there for calls, and the other way round.
static void use_file(struct Churner *churner) {
  unsigned long words[64];
  long at = (long)below(churner, FILE_PAGES * PAGE_BYTES - sizeof words);
  if (below(churner, 2)) {
    fill(churner, words, 64);
    checked("writing", trap(CALL_PWRITE, churner->file, (long)words, sizeof words, at, 0, 0));
    return;
  }
  checked("reading", trap(CALL_PREAD, churner->file, (long)words, sizeof words, at, 0, 0));
  for (Size word = 0; word < 64; word++) see(churner, words[word]);
}

// The heap has one user: the first thread. What is cut off comes back as zeros.
static void use_heap(struct Churner *churner) {
  static unsigned long *start;
  static Size pages;
  if (churner != churners) return;
  if (!start) start = (unsigned long *)trap(CALL_BRK, 0, 0, 0, 0, 0, 0);
  pages = below(churner, pages_max);
  trap(CALL_BRK, (long)start + (long)(pages * PAGE_BYTES), 0, 0, 0, 0, 0);
  for (Size page = 0; page < pages; page++) {
    see(churner, start[page * PAGE_WORDS]);
    start[page * PAGE_WORDS + below(churner, PAGE_WORDS)] = drawn(churner);
  }
}

static void rest(struct Churner *churner) {
  sleep_for((struct Timespec){0, (long)(1 + below(churner, 80)) * 100000});
}

static void compute(struct Churner *churner) {
  unsigned long word = churner->read;
  for (Size left = 1000 + below(churner, 20000); left > 0; left--) word = mixed(word + left);
  see(churner, word);
}

static void step(struct Churner *churner) {
  struct Region *region = &churner->regions[below(churner, churner->count)];
  switch (below(churner, 20)) {
  case 0: make_region(churner); break;
  case 1: map_file(churner); break;
  case 2: if (churner->count > 1) unmap(churner, region); break;
  case 3: resize(churner, region); break;
  case 4: protect(churner, region); break;
  case 5: empty(churner, region); break;
  case 6: case 7: use_mapped_file(churner); break;
  case 8: use_file(churner); break;
  case 9: use_heap(churner); break;
  case 10: case 11: read_region(churner, region); break;
  case 12: case 13: case 14: rest(churner); break;
  case 15: compute(churner); break;
  default: write_region(churner, region); break;
  }
}

static void put_hash(unsigned long step, unsigned long hash) {
  char digits[DIGITS];
  for (int at = 0; at < DIGITS; at++) digits[at] = "0123456789abcdef"[hash >> (60 - 4 * at) & 15];
  put_number(&output, step);
  put_text(&output, " ");
  put_bytes(&output, digits, DIGITS);
  put_text(&output, "\n");
  flush(&output);
}

static void make_file(struct Churner *churner, char kind, Size pages) {
  char path[64];
  unsigned long page[PAGE_WORDS];
  path_of(churner, kind, path);
  long file = checked("making a file", open_flagged(path, OPEN_BOTH | OPEN_CREATE | OPEN_EMPTY));
  for (Size at = 0; at < pages; at++) {
    fill(churner, page, PAGE_WORDS);
    checked("writing", write_all((int)file, page, PAGE_BYTES));
  }
  if (kind == 'a') churner->file = (int)file;
  else checked("closing a file", close_file((int)file));
}

static void see_everything(struct Churner *churner) {
  unsigned long page[PAGE_WORDS];
  for (Size at = 0; at < churner->count; at++)
    see_all(churner, churner->regions[at].words, churner->regions[at].pages);
  if (churner->shared) see_all(churner, churner->shared, FILE_PAGES);
  for (long at = 0; at < FILE_PAGES; at++) {
    long bytes = checked("reading", trap(CALL_PREAD, churner->file, (long)page, PAGE_BYTES,
                                         at * PAGE_BYTES, 0, 0));
    see(churner, (unsigned long)bytes);
    see_all(churner, page, 1);
  }
}

static void churn(struct Churner *churner) {
  make_file(churner, 'a', FILE_PAGES);
  make_file(churner, 'b', FILE_PAGES);
  make_region(churner);
  for (unsigned long number = 1; number <= churner->steps; number++) {
    step(churner);
    if (churner == churners && number % line_every == 0) put_hash(number, churner->read);
  }
  see_everything(churner);
  char path[64];
  for (const char *kind = "ab"; *kind; kind++)
    checked("removing a file",
            trap(CALL_UNLINK, CURRENT_FOLDER, (long)path_of(churner, *kind, path), 0, 0, 0, 0));
  churner->done = 1;
}

static void thread(void *churner) {
  churn(churner);
  for (;;) trap(CALL_EXIT_THREAD, 0, 0, 0, 0, 0, 0);
}

int main(int argc, char **argv) {
  unsigned long seed, steps, threads = 1;
  if (argc < 3 || argc > 5) misused("churn", "two to four operands are needed", USAGE);
  if (!parse_number(argv[1], &seed) || !parse_number(argv[2], &steps) || steps == 0 ||
      (argc > 3 && !parse_number(argv[3], &threads)) ||
      (argc > 4 && !parse_number(argv[4], &pages_max)))
    misused("churn", "an operand is not a whole number", USAGE);
  if (threads == 0 || threads > THREADS_MAX || pages_max == 0 || pages_max > PAGES_MAX)
    misused("churn", "THREADS or PAGES is out of range", USAGE);
  line_every = steps / LINES + 1;
  for (unsigned long at = 0; at < threads; at++) {
    struct Churner *churner = &churners[at];
    churner->number = seed * THREADS_MAX + at;
    churner->random = mixed(churner->number + 1);
    churner->steps = steps;
    if (at == 0) continue;
    char *stack = (char *)map("mapping a stack", STACK_BYTES / PAGE_BYTES, READ_WRITE,
                              PRIVATE | ANONYMOUS, -1);
    checked("starting a thread", thread_create(thread, stack + STACK_BYTES, churner));
  }
  churn(churners);
  unsigned long all = 0;
  for (unsigned long at = 0; at < threads; at++) {
    while (!churners[at].done) sleep_for((struct Timespec){0, 1000000});
    all = mixed(all ^ churners[at].read);
  }
  put_hash(steps, all);
  finish("churn", &output, 0);
}
