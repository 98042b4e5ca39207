// Exercises the ways in which a program ends: statuses, exit handlers, and signals that kill.
// args: return
// status: 3
// args: exit
// status: 44
// args: wide
// status: 1
// args: quick
// status: 9
// args: handlers
// status: 7
// args: abort
// status: 134
// args: terminate
// status: 143
// args: kill
// status: 137
// args: hangup
// status: 129
// args: null
// status: 139
// args: write-code
// status: 139
// args: run-data
// status: 139
// args: unmapped
// status: 139
// args: illegal
// status: 132
// args: break
// status: 133
// args: overflow
// status: 139
// args: divide
// status: 0
// args: assert
// status: 134
// args: blocked
// status: 143
// args: ignored
// status: 5
#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void last(void) { printf("last handler\n"); }
static void first(void) { printf("first handler\n"), atexit(last); }
static void with_status(int status, void *text) { printf("status %d: %s\n", status, (char *)text); }
__attribute__((destructor)) static void destructor(void) { printf("destructor\n"); }
__attribute__((constructor)) static void constructor(void) { printf("constructor\n"); }

static void say(const char *text) { printf("%s\n", text), fflush(stdout); }

static volatile int zero;
__attribute__((noinline)) static int for_ever(int depth) {
  volatile char frame[5000];
  frame[depth % 5000] = (char)depth;
  return for_ever(depth + 1) + frame[0] + zero;
}

static int divide(void) { // RISC-V has no trap for it
  long quotient, least = INT64_MIN;
  __asm__ volatile("div %0, %1, %2" : "=r"(quotient) : "r"(7L), "r"((long)zero));
  printf("%ld ", quotient);
  __asm__ volatile("div %0, %1, %2" : "=r"(quotient) : "r"(least), "r"(-1L));
  printf("%ld\n", quotient);
  return 0;
}

static int mask_and_raise(int ignore) {
  sigset_t set, old;
  sigemptyset(&set), sigaddset(&set, SIGTERM);
  if (ignore) signal(SIGTERM, SIG_IGN);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGTERM);
  raise(SIGCHLD), raise(SIGURG), raise(SIGWINCH); // their default is to do nothing
  say("still here");
  sigprocmask(SIG_SETMASK, &old, NULL);
  say("and now");
  return 5;
}

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "";
  say(way);
  if (!strcmp(way, "return")) return 3;
  if (!strcmp(way, "exit")) exit(300);
  if (!strcmp(way, "wide")) _exit(-255);
  if (!strcmp(way, "quick")) at_quick_exit(last), quick_exit(9);
  if (!strcmp(way, "handlers")) atexit(first), on_exit(with_status, "on exit"), exit(7);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "terminate")) raise(SIGTERM);
  if (!strcmp(way, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(way, "hangup")) kill(getpid(), SIGHUP);
  if (!strcmp(way, "null")) return *(volatile int *)(uintptr_t)zero;
  if (!strcmp(way, "write-code")) *(volatile int *)(uintptr_t)main = 1;
  if (!strcmp(way, "run-data")) { static int data[4]; ((void (*)(void))(uintptr_t)data)(); }
  if (!strcmp(way, "unmapped")) {
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memset(page, 1, 4096), say("the first page holds");
    page[4096] = 1;
  }
  if (!strcmp(way, "illegal")) __asm__ volatile(".4byte 0xffffffff");
  if (!strcmp(way, "break")) __asm__ volatile("ebreak");
  if (!strcmp(way, "overflow")) return for_ever(0);
  if (!strcmp(way, "divide")) return divide();
  if (!strcmp(way, "assert")) assert(zero == 1);
  if (!strcmp(way, "blocked")) return mask_and_raise(0);
  if (!strcmp(way, "ignored")) return mask_and_raise(1);
  return 99;
}
