// mappers FILE ROUNDS: two threads map the file at the same moment, ROUNDS times, and keep all. Prints
// `apart` if no two mappings overlap. mmap of a file asks its server: the other thread runs meanwhile.
#include <fcntl.h>
#include <sojourn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, ROUNDS_MAX = 64 };

static int file;
static long rounds;
static uintptr_t places[2][ROUNDS_MAX];
static volatile int done[2];
static char stack[65536] __attribute__((aligned(16)));

// The raw call: only the first thread has what the C library needs.
static void map_all(long which) {
  for (long round = 0; round < rounds; round++)
    places[which][round] = (uintptr_t)sojourn_call(SYS_mmap, 0, PAGE_BYTES, PROT_READ, MAP_PRIVATE, file, 0);
  done[which] = 1;
}

static void second(void *unused) {
  (void)unused;
  map_all(1);
  for (;;) sojourn_call(SYS_exit, 0, 0, 0, 0, 0, 0);
}

int main(int argc, char **argv) {
  file = open(argv[1], O_RDONLY);
  rounds = argc > 2 ? atol(argv[2]) : ROUNDS_MAX;
  if (file < 0 || rounds > ROUNDS_MAX) return 2;
  if (thread_create(second, stack + sizeof stack, 0) < 0) return 2;
  map_all(0);
  while (!done[1]) nanosleep(&(struct timespec){0, 1000000}, 0);
  for (long one = 0; one < 2 * rounds; one++)
    for (long other = 0; other < one; other++)
      if (places[one % 2][one / 2] == places[other % 2][other / 2]) return puts("overlap"), 1;
  puts("apart");
  return 0;
}
