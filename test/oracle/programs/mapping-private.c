// Exercises a file that is mapped privately while it changes: pages that the program has not written follow the
// file, by write and by another mapping, those that it has written do not; cut off, both are gone.
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 16 };
static sigjmp_buf back;
static uint64_t state = 31;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static void on_bus(int signal) { siglongjmp(back, 1); }

static int is_gone(const volatile char *place) {
  if (sigsetjmp(back, 1)) return 1;
  (void)*place;
  return 0;
}

int main(void) {
  signal(SIGBUS, on_bus);
  int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
  ftruncate(fd, PAGES * PAGE);
  char *mine = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  static char file[PAGES], own[PAGES], bytes[PAGE];
  static volatile int is_own[PAGES];
  long wrong = 0, busy = 0;
  for (int round = 0; round < 300; round++) {
    int page = draw(PAGES), value = 1 + draw(100);
    switch (draw(8)) {
    case 0:
      memset(mine + page * PAGE, value, PAGE);
      own[page] = (char)value, is_own[page] = 1;
      break;
    case 1: {
      char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page * PAGE);
      memset(shared, value, PAGE);
      munmap(shared, PAGE);
      file[page] = (char)value;
      break;
    }
    default:
      memset(bytes, value, PAGE);
      wrong += pwrite(fd, bytes, PAGE, page * PAGE) != PAGE;
      file[page] = (char)value;
    }
    for (int look = 0; look < PAGES; look++)
      wrong += mine[look * PAGE + round % PAGE] != (is_own[look] ? own[look] : file[look]);
    for (int spin = 0; spin < 2000; spin++) busy += spin ^ round;
    wrong += pread(fd, bytes, PAGE, page * PAGE) != PAGE || bytes[round] != file[page];
  }
  int owned = 0, gone = 0;
  for (int page = 0; page < PAGES; page++) owned += is_own[page];
  ftruncate(fd, PAGES / 2 * PAGE);
  for (int page = 0; page < PAGES; page++) gone += is_gone(mine + page * PAGE);
  ftruncate(fd, PAGES * PAGE);
  for (int page = PAGES / 2; page < PAGES; page++) wrong += mine[page * PAGE] != 0;
  printf("wrong %ld, written here %d, gone %d, %lx\n", wrong, owned, gone, busy);
}
