// gap MILLISECONDS: reads the clock without a system call for so long, and prints the longest time
// between two readings: how long it stood still at a stretch, as it sees it itself.
#include <stdio.h>
#include <stdlib.h>

static unsigned long now(void) {
  unsigned long time;
  __asm__ volatile("rdtime %0" : "=r"(time));
  return time;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  puts("ready");
  fflush(stdout);
  unsigned long longest = 0;
  unsigned long before = now();
  unsigned long end = before + strtoul(argv[1], NULL, 10) * 1000000;
  while (before < end) {
    unsigned long after = now();
    if (after - before > longest) longest = after - before;
    before = after;
  }
  printf("%lu\n", longest);
}
