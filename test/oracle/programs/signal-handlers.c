// Exercises signal handlers: raise, masks, siginfo of faults, mending a fault by mprotect, siglongjmp
// out of a handler, nested signals, SA_RESETHAND, floating point across a handler.
// status: 134
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, nested;
static sigjmp_buf back;
static char *page;

static void on_usr1(int signal) {
  count += signal;
  if (nested) {
    nested = 0;
    raise(SIGUSR2);
    count += 1000;
  }
}

static void on_usr2(int signal) { count += 100 * signal; }

static void on_fault(int signal, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  printf("fault %d code %d at page start %d, pc %s\n", signal, info->si_code,
         (char *)info->si_addr == page, user->uc_mcontext.__gregs[0] ? "set" : "zero");
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void on_wild(int signal, siginfo_t *info, void *context) {
  (void)context;
  unsigned long address = (unsigned long)(uintptr_t)info->si_addr;
  printf("wild %d code %d address %lx\n", signal, info->si_code, address < 4096 ? address : 0);
  siglongjmp(back, 7);
}

static void on_illegal(int signal, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *user = context;
  printf("illegal %d\n", signal);
  user->uc_mcontext.__gregs[0] += 4;
}

static void install(int signal, void *handler, int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, NULL) != 0) perror("sigaction");
}

static void on_sender(int signal, siginfo_t *info, void *context) {
  (void)context;
  printf("signal %d code %d by me %d\n", signal, info->si_code, info->si_pid == getpid());
}

int main(void) {
  install(SIGUSR1, on_usr1, 0);
  install(SIGUSR2, on_usr2, 0);
  raise(SIGUSR1);
  printf("after raise %d\n", (int)count);
  nested = 1;
  kill(getpid(), SIGUSR1);
  printf("after nested %d\n", (int)count);

  sigset_t block, old;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, &old);
  raise(SIGUSR1);
  raise(SIGUSR2);
  printf("blocked %d\n", (int)count);
  sigprocmask(SIG_SETMASK, &old, NULL);
  printf("unblocked %d\n", (int)count);

  install(SIGUSR1, on_sender, SA_SIGINFO);
  kill(getpid(), SIGUSR1);
  raise(SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, NULL);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  sigprocmask(SIG_SETMASK, &old, NULL);

  page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  install(SIGSEGV, on_fault, SA_SIGINFO);
  page[0] = 42;
  printf("mended %d\n", page[0]);

  install(SIGSEGV, on_wild, SA_SIGINFO);
  if (sigsetjmp(back, 1) == 0) {
    *(volatile int *)0x10 = 1;
    printf("not reached\n");
  }
  if (sigsetjmp(back, 1) == 0) {
    *(volatile int *)(page + 4096) = 1;
    printf("not reached\n");
  }
  double sum = 0.1;
  install(SIGILL, on_illegal, SA_SIGINFO);
  for (int i = 0; i < 3; i++) {
    sum = sum * 1.5 + i;
    __asm__ volatile(".word 0x0000000b" ::: "memory");
  }
  printf("sum %.17g\n", sum);

  install(SIGUSR1, on_usr1, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, NULL, &now);
  printf("reset %d count %d\n", now.sa_handler == SIG_DFL, (int)count);
  fflush(stdout);
  install(SIGABRT, on_usr2, 0);
  abort();
}
