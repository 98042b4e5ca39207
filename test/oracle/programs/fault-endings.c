// Exercises faults that nobody can mend: ignored, blocked, in the handler itself, on a stack for handlers
// that is not there, in calls that get bad addresses. Each run ends in its own way.
// args: calls
// args: ignored
// status: 139
// args: blocked
// status: 139
// args: default
// status: 139
// args: stackless
// status: 139
// args: beyond-file
// status: 135
// args: overflow
// status: 139
// args: illegal
// status: 132
// args: trap
// status: 133
// args: abort
// status: 134
// args: again
// status: 139
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };
static char *area; // a page to read and write, one to read, one that is not there
static volatile int times;

static void handler(int signal, siginfo_t *info, void *context) {
  if (++times > 3) _exit(9);
  char text[64];
  write(1, text, sprintf(text, "handler %d code %d at %ld\n", signal, info->si_code, (long)((char *)info->si_addr - area)));
}

static void again(int signal, siginfo_t *info, void *context) {
  handler(signal, info, context);
  *(volatile char *)(area + 2 * PAGE) = 1; // blocked in its own handler
}

static void handle(int signal, void (*what)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = what, .sa_flags = SA_SIGINFO | flags};
  sigaction(signal, &action, NULL);
}

static void say(const char *what, long result) { printf("%s %ld %d\n", what, result, result < 0 ? errno : 0); }

static void calls(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
  struct stat status;
  struct iovec parts[2] = {{area, 8}, {area + 3 * PAGE, 8}};
  memset(area, 'x', PAGE);
  say("write", write(fd, area, 100));
  say("write nothing there", write(fd, area + 3 * PAGE, 10));
  say("size", lseek(fd, 0, SEEK_END));
  say("read into what may only be read", pread(fd, area + PAGE, 10, 0));
  say("fstat", fstat(fd, (void *)(area + PAGE)));
  say("time", syscall(113, 0, area + PAGE));
  say("path", open(area + 3 * PAGE, O_RDONLY));
  say("vectors", writev(fd, (void *)(area + 3 * PAGE), 2));
  say("sigaction", syscall(134, SIGUSR1, area + 3 * PAGE, 0, 8));
  say("mask", syscall(135, SIG_BLOCK, area + 3 * PAGE, 0, 8));
  say("position", lseek(fd, 0, SEEK_CUR));
  say("fsync", fsync(fd));
  say("fsync of no file", fsync(77));
  fflush(stdout);
}

static __attribute__((noinline)) long deeper(long from) {
  volatile char frame[4096];
  frame[0] = (char)from;
  return deeper(from + 1) + frame[0];
}

int main(int count, char **arguments) {
  const char *how = arguments[1];
  area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(area + PAGE, PAGE, PROT_READ);
  munmap(area + 2 * PAGE, 2 * PAGE);
  write(1, "begins\n", 7);
  if (!strcmp(how, "calls")) return calls(), 0;
  if (!strcmp(how, "ignored")) signal(SIGSEGV, SIG_IGN);
  if (!strcmp(how, "blocked")) {
    handle(SIGSEGV, handler, 0);
    sigset_t mask;
    sigemptyset(&mask), sigaddset(&mask, SIGSEGV);
    sigprocmask(SIG_BLOCK, &mask, NULL);
  }
  if (!strcmp(how, "stackless")) {
    stack_t stack = {.ss_sp = area + 2 * PAGE, .ss_size = 2 * PAGE};
    sigaltstack(&stack, NULL);
    handle(SIGSEGV, handler, SA_ONSTACK);
  }
  if (!strcmp(how, "overflow")) {
    handle(SIGSEGV, handler, 0);
    return deeper(0);
  }
  if (!strcmp(how, "beyond-file")) {
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
    area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ftruncate(fd, 10);
    area[5] = 1;
    write(1, "first page\n", 11);
    area[PAGE] = 1;
  }
  if (!strcmp(how, "illegal")) asm volatile(".word 0");
  if (!strcmp(how, "trap")) asm volatile("ebreak");
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "again")) handle(SIGSEGV, again, 0);
  *(volatile char *)(area + 2 * PAGE) = 1;
  return 3;
}
