// Exercises coroutines on stacks of their own from mmap, with a guard page below each: those that recurse without
// end meet it, and a handler on a stack for signals ends them and nobody else.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PAGE = 4096, STACK = 16 * PAGE, COUNT = 12, ROUNDS = 20 };
enum { RUNS, ENDED, OVERFLOWED };
static ucontext_t scheduler, contexts[COUNT];
static char *stacks[COUNT], for_signals[32768];
static unsigned long sums[COUNT];
static volatile int states[COUNT], current, elsewhere;
static sigjmp_buf back;

static unsigned long work(int number, int depth) {
  volatile char pad[200];
  pad[depth] = (char)number;
  if (depth == 0) {
    swapcontext(&contexts[number], &scheduler);
    return pad[0];
  }
  unsigned long below = work(number, depth - 1);
  return below * 3 + depth + pad[depth];
}

static void body(int number) {
  for (int round = 0; round < ROUNDS; round++) sums[number] += work(number, (number * 7 + round) % 60);
  states[number] = ENDED;
}

static long deeper(long depth) {
  volatile char pad[500];
  pad[0] = (char)depth;
  return deeper(depth + 1) + pad[0];
}

static void endless(int number) { sums[number] = deeper(0); }

static void on_guard(int signal, siginfo_t *info, void *context) {
  char *place = info->si_addr, *guard = stacks[current];
  elsewhere += place < guard || place >= guard + PAGE || info->si_code != SEGV_ACCERR;
  siglongjmp(back, 1);
}

static void start(int number, void (*what)(int)) {
  stacks[number] = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  mprotect(stacks[number], PAGE, PROT_NONE);
  getcontext(&contexts[number]);
  contexts[number].uc_stack.ss_sp = stacks[number], contexts[number].uc_stack.ss_size = STACK;
  contexts[number].uc_link = &scheduler;
  makecontext(&contexts[number], (void (*)(void))what, 1, number);
}

int main(void) {
  stack_t stack = {.ss_sp = for_signals, .ss_size = sizeof for_signals};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = on_guard, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  for (int number = 0; number < COUNT; number++) start(number, number % 4 == 1 ? endless : body);
  for (volatile int left = 1; left;) {
    left = 0;
    for (current = 0; current < COUNT; current++) {
      if (states[current] != RUNS) continue;
      left++;
      if (sigsetjmp(back, 1) == 0) swapcontext(&scheduler, &contexts[current]);
      else states[current] = OVERFLOWED;
    }
  }
  for (int number = 0; number < COUNT; number++) printf("%d: %lx state %d\n", number, sums[number], states[number]);
  printf("faults elsewhere: %d\n", elsewhere);
}
