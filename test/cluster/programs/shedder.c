// shedder PAGES: writes PAGES pages and prints `ready`; sleeps for 100 ms, unmaps all but the first
// half, reads what is left, prints its sum, and sleeps for a second. A task that gives up pages which
// a host that it has left still keeps for it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE_BYTES = 4096 };

static void rest(long ms) {
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, 0);
}

int main(int argc, char **argv) {
  uint64_t pages = argc > 1 ? strtoull(argv[1], 0, 10) : 8;
  char *memory = mmap(0, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  setvbuf(stdout, 0, _IOLBF, 0);
  for (uint64_t page = 0; page < pages; page++) memory[page * PAGE_BYTES] = (char)(page + 1);
  puts("ready");
  rest(100);
  if (munmap(memory + pages / 2 * PAGE_BYTES, (pages - pages / 2) * PAGE_BYTES)) return 2;
  uint64_t sum = 0;
  for (uint64_t page = 0; page < pages / 2; page++) sum += memory[page * PAGE_BYTES];
  printf("%lu\n", (unsigned long)sum);
  rest(1000);
  return 0;
}
