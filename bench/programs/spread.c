// spread PAGES SECONDS: a program with so many pages of its own, to be moved. It says `ready`, sleeps,
// and reads a word of each page; then it says their sum.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t bytes = strtoul(argv[1], NULL, 10) * PAGE_BYTES;
  unsigned char *memory = malloc(bytes);
  if (!memory) return 1;
  for (size_t at = 0; at < bytes; at++) memory[at] = (unsigned char)(at * 31 >> 3);
  puts("ready");
  fflush(stdout);
  sleep((unsigned)atoi(argv[2]));
  unsigned long sum = 0;
  for (size_t at = 0; at < bytes; at += PAGE_BYTES) sum += memory[at];
  printf("%lu\n", sum);
}
