// unmapper PAGES MICROSECONDS: writes PAGES pages, waits so long, gives them back, and counts to ten slowly.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t bytes = (size_t)atol(argv[1]) * 4096;
  char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 3;
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  puts("ready");
  fflush(stdout);
  usleep((useconds_t)atol(argv[2]));
  if (munmap(memory, bytes)) return 4;
  for (int count = 1; count <= 10; count++) {
    usleep(20000);
    printf("%d\n", count);
    fflush(stdout);
  }
  return 0;
}
