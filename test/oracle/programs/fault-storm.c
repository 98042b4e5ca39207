// Exercises thousands of faults of all kinds, each left by siglongjmp, between changes of the mappings that cause
// them: nothing mapped, not allowed, behind the end of a file, shared and private.
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 64 };
static const int RW = PROT_READ | PROT_WRITE;
static sigjmp_buf back;
static volatile int nothing, forbidden, behind, other;

static void on_fault(int signal, siginfo_t *info, void *context) {
  if (signal == SIGSEGV && info->si_code == SEGV_MAPERR) nothing++;
  else if (signal == SIGSEGV && info->si_code == SEGV_ACCERR) forbidden++;
  else if (signal == SIGBUS && info->si_code == BUS_ADRERR) behind++;
  else other++;
  siglongjmp(back, 1);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL), sigaction(SIGBUS, &action, NULL);
  int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
  ftruncate(fd, 8 * PAGE);
  char *area = mmap(NULL, PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static volatile uint64_t state = 1, sum;
  static volatile int round, touched;
  for (round = 0; round < 2000; round++) {
    if (sigsetjmp(back, 1)) continue;
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    int page = (state >> 33) % PAGES, count = 1 + (state >> 50) % 4, from = (state >> 40) % 9;
    if (page + count > PAGES) count = PAGES - page;
    char *place = area + page * PAGE;
    switch ((state >> 20) % 10) {
    case 0: munmap(place, count * PAGE); break;
    case 1: mprotect(place, PAGE, PROT_READ); break;
    case 2: mprotect(place, PAGE, PROT_NONE); break;
    case 3: mmap(place, count * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
    case 4: mmap(place, count * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, from * PAGE); break;
    case 5: mmap(place, count * PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, from * PAGE); break;
    default: place[state % PAGE] += 1, sum = sum * 31 + place[state % PAGE], touched++;
    }
  }
  printf("touched %d, sum %lx\n", touched, sum);
  printf("nothing there %d, forbidden %d, behind the end %d, other %d\n", nothing, forbidden, behind, other);
}
