// Exercises handlers of SIGSEGV and SIGBUS that mend what was wrong and return: the access is made again.
// Each says where and why, as siginfo has it. A fault in a handler, at last, ends the program.
// status: 139
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };
static char *area;
static volatile int faults, last_signal, last_code;
static volatile long last_offset;
static sigjmp_buf back;
static int fd;

static void note(int signal, siginfo_t *info) {
  faults++;
  last_signal = signal, last_code = info->si_code;
  last_offset = (char *)info->si_addr - area;
}

static void mend(int signal, siginfo_t *info, void *context) {
  note(signal, info);
  char *page = (char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
  if (signal == SIGBUS) ftruncate(fd, 2 * PAGE);
  else if (info->si_code == SEGV_MAPERR) mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  else mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void escape(int signal, siginfo_t *info, void *context) {
  note(signal, info);
  siglongjmp(back, 1);
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

static void report(const char *what) {
  printf("%s: signal %d code %d at %ld, %d so far\n", what, last_signal, last_code, last_offset, faults);
}

static void nested(int signal, siginfo_t *info, void *context) {
  printf("nested\n");
  fflush(stdout);
  *(volatile char *)(area + 3 * PAGE) = 1;
}

int main(void) {
  area = mmap(NULL, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(area + 8 * PAGE, 8 * PAGE);
  mprotect(area + 3 * PAGE, PAGE, PROT_NONE);
  handle(SIGSEGV, mend), handle(SIGBUS, mend);
  area[5] = 'w';
  report("written, read-only");
  printf("%c\n", area[5]);
  printf("%d\n", *(volatile char *)(area + 3 * PAGE + 77));
  report("read, nothing allowed");
  *(volatile uint64_t *)(area + 9 * PAGE + 16) = 0x1122334455667788;
  report("written, unmapped");
  printf("%lx\n", *(volatile uint64_t *)(area + 9 * PAGE + 16));
  *(volatile uint64_t *)(area + 11 * PAGE - 8) = 1;
  report("the last of a page");
  double *number = (double *)(area + 13 * PAGE);
  *(volatile double *)number = 2.5;
  report("a float");
  printf("%g\n", *number);
  long sum = 0;
  for (int page = 0; page < 8; page++) area[page * PAGE] = (char)page, sum += area[page * PAGE];
  printf("sum %ld, %d so far\n", sum, faults);

  fd = open("short", O_RDWR | O_CREAT | O_EXCL, 0600);
  write(fd, "abc", 3);
  char *mapped = mmap(area + 20 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
  printf("%c %d\n", mapped[1], mapped[3]);
  printf("%d\n", *(volatile char *)(mapped + PAGE + 9));
  report("behind the end of a file");
  unlink("short");

  handle(SIGSEGV, escape), handle(SIGBUS, escape);
  area = NULL;
  if (!sigsetjmp(back, 1)) *(volatile char *)64 = 1;
  report("null");
  void (*code)(void) = (void (*)(void))mapped;
  area = mapped;
  if (!sigsetjmp(back, 1)) code();
  report("code that may not be executed");
  handle(SIGSEGV, nested);
  munmap(mapped, 2 * PAGE);
  fflush(stdout);
  area[PAGE] = 1;
  return 0;
}
