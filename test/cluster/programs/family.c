// family CHILDREN GENERATIONS: a task makes children, each of which makes one of the next generation.
// Memory is inherited in every way there is: a table that all share, an array that each has a copy of,
// a page that no child has, one that is zeros in each. Every one checks what it finds, writes to it,
// and checks again when all have written. Prints `ok SUM`, or who found what.
#include <fcntl.h>
#include <signal.h>
#include <sojourn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 4096 / sizeof(long), PAGES = 12, MAX = 64 };

static long copied[PAGES][WORDS] __attribute__((aligned(4096)));
static char stacks[MAX][16384] __attribute__((aligned(16)));
static volatile long *shared, *both;
static long *absent, *wiped;
static long children, generations;

static void nap(void) {
  struct timespec time = {0, 300000};
  nanosleep(&time, 0);
}

static void fail(long who, const char *what, long found, long wanted) {
  char line[128];
  int length = snprintf(line, sizeof line, "%ld: %s is %ld, not %ld\n", who, what, found, wanted);
  if (write(1, line, length) != length) _exit(4);
  __atomic_store_n(&shared[1], 1, __ATOMIC_SEQ_CST);
  _exit(1);
}

static void check(long who, const char *what, long found, long wanted) {
  if (found != wanted) fail(who, what, found, wanted);
}

/** What page `page` has in the task that is `generation` after the first, in line `line`. */
static long content(long line, long generation, long page) {
  return generation == 0 ? page + 1 : line * 1000 + generation * 100 + page;
}

static void live(void *argument);

static void bear(long line, long generation) {
  long index = line * generations + generation - 1;
  long pid = task_create(live, stacks[index] + sizeof stacks[index], (void *)index);
  if (pid <= 0) fail(index, "task_create", pid, 1);
  shared[16 + index] = pid;
}

static void live(void *argument) {
  long index = (long)argument;
  long line = index / generations, generation = index % generations + 1;
  for (long page = 0; page < PAGES; page++) {
    long wanted = page % 3 == 0 ? content(line, generation - 1, page) : page + 1;
    check(index, "a copied page", copied[page][5], wanted);
  }
  check(index, "a wiped page", wiped[3], 0);
  wiped[3] = index + 7;
  check(index, "mincore of an absent page", mincore(absent, 4096, (unsigned char[1]){0}), -1);
  for (long page = 0; page < PAGES; page += 3) copied[page][5] = content(line, generation, page);
  if (generation < generations) bear(line, generation + 1);
  __atomic_add_fetch(&both[1], index + 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&shared[0], 1, __ATOMIC_SEQ_CST);
  while (shared[0] < children * generations && !shared[1]) nap();
  for (long page = 0; page < PAGES; page += 3) {
    check(index, "a page that it wrote", copied[page][5], content(line, generation, page));
  }
  check(index, "its wiped page", wiped[3], index + 7);
  __atomic_add_fetch(&shared[2], 1, __ATOMIC_SEQ_CST);
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  children = atol(argv[1]);
  generations = atol(argv[2]);
  if (children * generations > MAX) return 2;
  int all = PROT_READ | PROT_WRITE;
  shared = mmap(0, 4096, all, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  both = mmap(0, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  absent = mmap(0, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  wiped = mmap(0, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  both[1] = absent[1] = wiped[3] = 1;
  check(-1, "vm_inherit", vm_inherit((void *)both, 4096, VM_INHERIT_SHARE), 0);
  check(-1, "a copy of what is shared", vm_inherit((void *)shared, 4096, VM_INHERIT_COPY), -12);
  check(-1, "dontfork", madvise(absent, 4096, MADV_DONTFORK), 0);
  check(-1, "wipeonfork", madvise(wiped, 4096, MADV_WIPEONFORK), 0);
  for (long page = 0; page < PAGES; page++) copied[page][5] = page + 1;
  for (long line = 0; line < children; line++) bear(line, 1);
  for (long page = 0; page < PAGES; page++) copied[page][5] = -page;
  while (shared[2] < children * generations) {
    if (shared[1]) return 1;
    nap();
  }
  for (long page = 0; page < PAGES; page++) check(-1, "its own page", copied[page][5], -page);
  check(-1, "what it had kept", absent[1] + wiped[3], 2);
  long count = children * generations;
  check(-1, "the sum", both[1], 1 + count * (count + 1) / 2);
  for (long index = 0; index < count; index++) {
    for (long other = 0; other < index; other++) {
      if (shared[16 + index] == shared[16 + other]) fail(index, "its pid", other, index);
    }
  }
  printf("ok %ld\n", both[1]);
  return 0;
}
