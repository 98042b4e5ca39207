// Exercises handlers on a stack of their own: an overflow of the stack that is caught, one handler on top of
// another, what sigaltstack says before, in and after, its refusals, and one-shot and nesting handlers.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096, BYTES = 64 * 1024 };
static char alternate[BYTES] __attribute__((aligned(16)));
static sigjmp_buf back;
static volatile int depth, caught;

static int code(int result) { return result ? errno : 0; }
static int is_alternate(void *place) { return (char *)place >= alternate && (char *)place < alternate + BYTES; }

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

static void describe(const char *when) {
  stack_t now;
  int result = code(sigaltstack(NULL, &now));
  printf("%s: %d flags %x size %zu ours %d\n", when, result, now.ss_flags, now.ss_size, now.ss_sp == alternate);
}

static void overflowed(int signal, siginfo_t *info, void *context) {
  int local;
  caught++;
  printf("signal %d on the other stack %d, far below %d\n", signal, is_alternate(&local), depth > 1000);
  describe("in the handler");
  stack_t fresh = {.ss_sp = alternate, .ss_size = BYTES};
  printf("change it in use: %d\n", code(sigaltstack(&fresh, NULL)));
  siglongjmp(back, 1);
}

static __attribute__((noinline)) long deeper(long from) {
  volatile char frame[4096];
  frame[0] = (char)from;
  depth++;
  return deeper(from + 1) + frame[0];
}

static void inner(int signal, siginfo_t *info, void *context) {
  int local;
  printf("inner %d %d\n", signal, is_alternate(&local));
}

static void outer(int signal, siginfo_t *info, void *context) {
  int local;
  ucontext_t *from = context;
  printf("outer %d %d, its context: flags %x ours %d\n", signal, is_alternate(&local), from->uc_stack.ss_flags, from->uc_stack.ss_sp == alternate);
  raise(SIGUSR2);
  printf("outer goes on\n");
}

static void once(int signal, siginfo_t *info, void *context) {
  struct sigaction now;
  sigaction(signal, NULL, &now);
  printf("once: default again %d\n", now.sa_handler == SIG_DFL);
}

static void nesting(int signal, siginfo_t *info, void *context) {
  if (++depth < 4) raise(signal);
  printf("nested to %d\n", depth);
}

static void changes(int signal, siginfo_t *info, void *context) {
  ucontext_t *from = context;
  from->uc_mcontext.__fpregs.__d.__f[8] = 0x4010000000000000; // fs0 = 4.0
  from->uc_mcontext.__gregs[9] = 77;                           // s1
  sigaddset(&from->uc_sigmask, SIGUSR2);
}

static void registers(void) {
  handle(SIGUSR1, changes, 0);
  long self = getpid();
  register double number asm("fs0") = 1.5;
  register long word asm("s1") = 5;
  asm volatile("" : "+f"(number), "+r"(word));
  register long number_of asm("a7") = 129, pid asm("a0") = self, signal asm("a1") = SIGUSR1;
  asm volatile("" : "+f"(number), "+r"(word));
  asm volatile("ecall" : "+r"(pid), "+f"(number), "+r"(word) : "r"(number_of), "r"(signal) : "memory");
  double number_after = number;
  long word_after = word;
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  printf("after the handler %.1f %ld, blocked %d\n", number_after, word_after, sigismember(&mask, SIGUSR2));
  raise(SIGUSR2);
  sigset_t waiting;
  printf("pending %d", code(sigpending(&waiting)));
  printf(" %d %d\n", sigismember(&waiting, SIGUSR2), sigismember(&waiting, SIGUSR1));
  sigemptyset(&mask);
  sigprocmask(SIG_SETMASK, &mask, NULL);
}

int main(void) {
  describe("at first");
  stack_t fresh = {.ss_sp = alternate, .ss_size = BYTES};
  stack_t tiny = {.ss_sp = alternate, .ss_size = 1000}, wrong = {.ss_sp = alternate, .ss_size = BYTES, .ss_flags = 8};
  printf("tiny %d wrong %d nowhere %d\n", code(sigaltstack(&tiny, NULL)), code(sigaltstack(&wrong, NULL)), code(sigaltstack((void *)8, NULL)));
  printf("set %d\n", code(sigaltstack(&fresh, NULL)));
  describe("now");
  handle(SIGSEGV, overflowed, SA_ONSTACK);
  for (int round = 0; round < 3; round++) {
    depth = 0;
    if (sigsetjmp(back, 1) == 0) printf("%ld\n", deeper(0));
    else describe("out of it");
  }
  printf("caught %d\n", caught);
  handle(SIGUSR2, inner, SA_ONSTACK), handle(SIGUSR1, outer, SA_ONSTACK);
  raise(SIGUSR1);
  handle(SIGUSR1, outer, 0);
  raise(SIGUSR1);
  registers();
  handle(SIGUSR1, once, SA_RESETHAND);
  raise(SIGUSR1);
  depth = 0;
  handle(SIGUSR2, nesting, SA_NODEFER);
  raise(SIGUSR2);
  stack_t none = {.ss_flags = SS_DISABLE};
  printf("none %d\n", code(sigaltstack(&none, &fresh)));
  printf("it was %x %d\n", fresh.ss_flags, fresh.ss_sp == alternate);
  describe("at last");
}
