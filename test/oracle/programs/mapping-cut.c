// Exercises files that become shorter while they are mapped: pages behind the end are gone from shared
// and from private mappings, written ones too; longer again they are zeros.
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 6 };
static sigjmp_buf back;
static volatile char *shared, *private;
static int file;

static void escape(int signal, siginfo_t *info, void *context) {
  (void)info, (void)context;
  siglongjmp(back, signal);
}

static void look(const char *what, volatile char *at) {
  int signal = sigsetjmp(back, 1);
  if (signal == 0) printf("%s %d\n", what, *at);
  else printf("%s signal %d\n", what, signal);
}

static void look_all(const char *when) {
  printf("%s\n", when);
  for (int page = 0; page < PAGES; page++) {
    char what[32];
    snprintf(what, sizeof what, "  shared %d", page);
    look(what, shared + page * PAGE + 9);
    look(what, shared + page * PAGE + PAGE - 1);
    snprintf(what, sizeof what, "  private %d", page);
    look(what, private + page * PAGE + 9);
    look(what, private + page * PAGE + PAGE - 1);
  }
}

static void cut(long bytes, const char *when) {
  if (ftruncate(file, bytes) != 0) perror("ftruncate");
  look_all(when);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGSEGV, &action, NULL);
  file = open("/tmp/cut", O_RDWR | O_CREAT | O_TRUNC, 0600);
  char page[PAGE];
  for (int at = 0; at < PAGES; at++) {
    memset(page, 'a' + at, PAGE);
    if (write(file, page, PAGE) != PAGE) return 1;
  }
  shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  if (shared == MAP_FAILED || private == MAP_FAILED) return 2;
  for (int at = 0; at < PAGES; at += 2) private[at * PAGE + 9] = 'A' + at;
  shared[1 * PAGE + 9] = 'x';
  look_all("whole");
  cut(3 * PAGE + 100, "cut in a page");
  private[2 * PAGE + 9] = 'Z';
  pwrite(file, "w", 1, 1);
  cut(2 * PAGE, "cut at a page");
  cut(PAGES * PAGE, "longer again");
  for (int at = 0; at < PAGES; at++) private[at * PAGE + 9] = '0' + at;
  cut(0, "empty");
  cut(PAGE, "one page");
  munmap((void *)private, PAGES * PAGE);
  munmap((void *)shared, PAGES * PAGE);
  unlink("/tmp/cut");
  return 0;
}
