// Exercises limits and locked memory: what they are, descriptors that run out, and ranges that may not be locked.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096 };
static int code(long result) { return result ? errno : 0; }

int main(void) {
  struct rlimit limit;
  printf("stack %d", code(getrlimit(RLIMIT_STACK, &limit)));
  printf(" %ld\n", (long)limit.rlim_cur);
  printf("core %d\n", code(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0})));
  getrlimit(RLIMIT_CORE, &limit);
  printf("core is %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
  printf("files %d", code(setrlimit(RLIMIT_NOFILE, &(struct rlimit){12, 1000})));
  getrlimit(RLIMIT_NOFILE, &limit);
  printf(" %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
  int first = dup(0), last = first, opened = first >= 0;
  for (int fd; (fd = dup(0)) >= 0; last = fd) opened++;
  printf("opened some %d, last %d, then %d\n", opened > 3, last, errno);
  printf("dup2 %d fcntl %d\n", code(dup2(0, 12) < 0), code(fcntl(0, F_DUPFD, 12) < 0));
  close(last);
  printf("room again %d\n", dup(0) == last);
  printf("soft above hard %d\n", code(setrlimit(RLIMIT_NOFILE, &(struct rlimit){13, 12})));
  printf("wrong %d\n", code(getrlimit(77, &limit)));
  printf("nowhere %d\n", code(prlimit(0, RLIMIT_STACK, NULL, (void *)8)));

  char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("lock %d part %d\n", code(mlock(area, 4 * PAGE)), code(mlock(area + 100, 10)));
  printf("unlock %d\n", code(munlock(area, 4 * PAGE)));
  munmap(area + 4 * PAGE, 2 * PAGE);
  printf("with a hole %d %d\n", code(mlock(area, 8 * PAGE)), code(munlock(area, 8 * PAGE)));
  printf("all %d none %d wrong %d\n", code(mlockall(MCL_CURRENT)), code(munlockall()), code(mlockall(0)));
  printf("free %d\n", code(madvise(area, 2 * PAGE, MADV_FREE)));
  area[0] = 3;
  printf("written %d\n", area[0]);
}
