// Exercises a pager inside a program: an area whose pages live in a file, few of them in memory; a handler of
// SIGSEGV reads a page in, notes the first write to it, and writes an old one out to make room.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 128, ROOM = 24, WORDS = PAGE / 8 };
enum { AWAY, CLEAN, DIRTY };
static char *area;
static int fd, slots[ROOM], hand;
static unsigned char states[PAGES];
static long reads, writes;

static void evict(int page) {
  char *place = area + (long)page * PAGE;
  if (states[page] == DIRTY) {
    if (pwrite(fd, place, PAGE, (long)page * PAGE) != PAGE) _exit(5);
    writes++;
  }
  mmap(place, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  states[page] = AWAY;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
  long page = ((char *)info->si_addr - area) / PAGE;
  if (page < 0 || page >= PAGES) _exit(6);
  char *place = area + page * PAGE;
  mprotect(place, PAGE, PROT_READ | PROT_WRITE);
  if (states[page] == CLEAN) {
    states[page] = DIRTY;
    return;
  }
  if (slots[hand] >= 0) evict(slots[hand]);
  slots[hand] = page, hand = (hand + 1) % ROOM;
  if (pread(fd, place, PAGE, page * PAGE) != PAGE) _exit(7);
  mprotect(place, PAGE, PROT_READ);
  states[page] = CLEAN, reads++;
}

int main(void) {
  fd = open("backing", O_RDWR | O_CREAT | O_EXCL, 0600);
  ftruncate(fd, PAGES * PAGE);
  area = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  memset(slots, -1, sizeof slots);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);

  static uint64_t model[PAGES];
  uint64_t *words = (uint64_t *)area, state = 6;
  long wrong = 0;
  for (int round = 0; round < 600; round++) {
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    int page = (state >> 33) % PAGES, at = page * WORDS + 100;
    if (state & 0x100000) words[at] = model[page] = state;
    else wrong += words[at] != model[page];
  }
  for (int slot = 0; slot < ROOM; slot++) if (slots[slot] >= 0) evict(slots[slot]);
  uint64_t *file = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  for (int page = 0; page < PAGES; page++) wrong += file[page * WORDS + 100] != model[page];
  printf("wrong %ld, %ld pages read, %ld written\n", wrong, reads, writes);
}
