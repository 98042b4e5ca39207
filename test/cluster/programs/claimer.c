// claimer FILE MILLISECONDS [read|raise]: maps a page of FILE to write it through a shared mapping, adds 1
// to its first word, holds it so long, and prints what the word was. `read` maps it to be read only;
// `raise` then asks for more by mprotect. Errors are printed as errno.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int say_error(const char *call) {
  printf("%s %d\n", call, errno);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *how = argc > 3 ? argv[3] : "";
  int reads = how[0] != 0;
  int file = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 4096) != 0) return say_error("open");
  int protection = reads ? PROT_READ : PROT_READ | PROT_WRITE;
  volatile long *word = mmap(NULL, 4096, protection, MAP_SHARED, file, 0);
  if (word == MAP_FAILED) return say_error("mmap");
  if (strcmp(how, "raise") == 0) {
    if (mprotect((void *)word, 4096, PROT_READ | PROT_WRITE) != 0) return say_error("mprotect");
    reads = 0;
  }
  long before = *word;
  if (!reads) *word = before + 1;
  printf("%ld\n", before);
  fflush(stdout);
  long rest = atol(argv[2]);
  for (; rest > 0; rest--) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (!reads && *word != before + 1) return say_error("changed");
    if (!reads) *word = before + 1;
  }
  munmap((void *)word, 4096);
  return 0;
}
