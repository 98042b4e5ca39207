// Exercises files that are mapped shared and written: what is written through the mapping is read from the
// file, what is written to the file is read through the mapping, in every order, also behind a growing end.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 24 };
static const int RW = PROT_READ | PROT_WRITE;

static uint64_t state = 21;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static int code(int result) { return result < 0 ? errno : 0; }

static long history(int fd, char *mapped, char *twin) {
  static char model[PAGES * PAGE], bytes[3 * PAGE];
  long wrong = 0;
  for (int round = 0; round < 1200; round++) {
    unsigned at = draw(PAGES * PAGE), count = 1 + draw(round % 8 ? 40 : 2 * PAGE);
    if (at + count > PAGES * PAGE) count = PAGES * PAGE - at;
    switch (draw(6)) {
    case 0:
      memset(bytes, round, count);
      memset(model + at, round, count);
      wrong += pwrite(fd, bytes, count, at) != (ssize_t)count;
      break;
    case 1:
      memset(mapped + at, round, count);
      memset(model + at, round, count);
      break;
    case 2:
      memset(twin + at, round + 1, count);
      memset(model + at, round + 1, count);
      break;
    case 3:
      wrong += pread(fd, bytes, count, at) != (ssize_t)count || memcmp(bytes, model + at, count) != 0;
      break;
    case 4:
      wrong += memcmp(mapped + at, model + at, count) != 0;
      break;
    default:
      if (round % 5 == 0) wrong += msync(mapped, PAGES * PAGE, round % 2 ? MS_SYNC : MS_ASYNC) != 0;
      wrong += memcmp(twin + at, model + at, count) != 0;
    }
  }
  return wrong;
}

int main(void) {
  int fd = open("shared", O_RDWR | O_CREAT | O_EXCL, 0600);
  ftruncate(fd, PAGES * PAGE);
  char *mapped = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
  char *twin = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
  strcpy(mapped + 100, "through the mapping");
  char bytes[64] = {0};
  pread(fd, bytes, 19, 100);
  printf("%s, %s\n", bytes, twin + 100);
  memset(mapped + 100, 0, 32);
  printf("history %ld\n", history(fd, mapped, twin));
  mapped[5] = 'k';
  munmap(mapped, PAGES * PAGE), munmap(twin, PAGES * PAGE);
  pread(fd, bytes, 1, 5);
  printf("after unmap %c\n", bytes[0]);

  ftruncate(fd, 100);
  mapped = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  printf("protect %d\n", code(mprotect(mapped, 2 * PAGE, RW)));
  mapped[99] = 'e', mapped[100] = 'x';
  struct stat status;
  fstat(fd, &status);
  printf("size %ld last %c\n", (long)status.st_size, mapped[99]);
  ftruncate(fd, PAGE + 10);
  mapped[PAGE + 2] = 'y';
  printf("read %zd %c\n", pread(fd, bytes, 5, PAGE), bytes[2]);
  char *private = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
  private[0] = 'p';
  mapped[1] = 's';
  printf("private %c file %d\n", private[0], mapped[0] == 'p');
  unlink("shared");
  mapped[3] = 'u';
  pread(fd, bytes, 4, 0);
  close(fd);
  printf("unlinked %c %c\n", bytes[3], mapped[3]);
  return 0;
}
