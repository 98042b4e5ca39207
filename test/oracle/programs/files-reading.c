// Exercises files: stdio with seeks to and fro, read and lseek past the end, fstat, and private
// mappings (of a part, past the end of the file, and with writes that no other mapping sees).
// file: data.bin bytes
// file: story.txt text
// file: nothing empty
// args: data.bin
// args: story.txt
// args: nothing
// args: absent
// status: 2
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t hash_of(const void *bytes, size_t count) {
  uint64_t hash = 14695981039346656037UL;
  for (const unsigned char *at = bytes; count--; at++) hash = (hash ^ *at) * 1099511628211UL;
  return hash;
}

static void through_stdio(const char *path, long size) {
  static char bytes[200000];
  FILE *file = fopen(path, "rb");
  size_t got = fread(bytes, 1, sizeof bytes, file);
  printf("fread %zu hash %016lx end %d\n", got, hash_of(bytes, got), feof(file) != 0);
  for (long step = 0, at = 17; step < 200 && size > 0; step++, at = (at * 7919 + 31) % size) {
    if (step % 3 == 0) fseek(file, at, SEEK_SET);
    else if (step % 3 == 1) fseek(file, at - size, SEEK_END);
    else fseek(file, at - ftell(file), SEEK_CUR);
    int c = fgetc(file);
    if (c != (unsigned char)bytes[at] || ftell(file) != at + 1) printf("wrong at %ld\n", at);
  }
  rewind(file);
  int lines = 0;
  for (int c; (c = fgetc(file)) != EOF;) lines += c == '\n';
  printf("lines %d, write refused %d\n", lines, fputc('x', file) == EOF);
  fclose(file);
}

static void through_calls(int fd, long size) {
  char bytes[1000];
  long total = 0;
  uint64_t hash = 0;
  for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0; total += got) hash = hash * 31 + hash_of(bytes, (size_t)got);
  printf("read %ld %016lx, at %ld\n", total, hash, (long)lseek(fd, 0, SEEK_CUR));
  printf("past the end: %ld %zd\n", (long)lseek(fd, 1000, SEEK_END) - size, read(fd, bytes, 10));
  printf("before the start: %ld %d\n", (long)lseek(fd, -1, SEEK_SET), errno == EINVAL);
  printf("no such whence: %ld %d\n", (long)lseek(fd, 0, 99), errno == EINVAL);
  int second = openat(AT_FDCWD, "data.bin", O_RDONLY); // offsets belong to the opening
  lseek(fd, 5, SEEK_SET);
  printf("two openings: %ld %ld\n", (long)lseek(fd, 0, SEEK_CUR), (long)lseek(second, 0, SEEK_CUR));
  close(second);
}

static void through_mappings(int fd, long size) {
  if (size == 0) {
    printf("an empty mapping: %d %d\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED, errno == EINVAL);
    return;
  }
  unsigned char *whole = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
  unsigned char *mine = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  printf("mapped %016lx\n", hash_of(whole, (size_t)size));
  for (long at = 0; at < size; at += 977) mine[at] ^= 0xff;
  long differences = 0;
  for (long at = 0; at < size; at++) differences += whole[at] != mine[at];
  printf("differences %ld, mine %016lx, theirs %016lx\n", differences, hash_of(mine, (size_t)size), hash_of(whole, (size_t)size));
  long tail = 0;
  for (long at = size; at % 4096; at++) tail += whole[at] != 0; // the rest of the last page is zero
  printf("tail %ld\n", tail);
  if (size > 3 * 4096) {
    unsigned char *part = mmap(NULL, 5000, PROT_READ, MAP_PRIVATE, fd, 2 * 4096);
    printf("part %d\n", memcmp(part, whole + 2 * 4096, 5000));
    munmap(part, 5000);
  }
  munmap(whole, (size_t)size);
  unsigned char first = mine[0];
  close(fd); // the mapping outlives it
  printf("after close %d\n", mine[0] == first);
  munmap(mine, (size_t)size);
}

int main(int argc, char **argv) {
  struct stat status;
  int fd = open(argv[1], O_RDONLY);
  if (fd < 0) {
    printf("%s: %s\n", argv[1], strerror(errno));
    return 2;
  }
  if (fstat(fd, &status) < 0) return 1;
  printf("size %ld regular %d\n", (long)status.st_size, S_ISREG(status.st_mode) != 0);
  struct stat named;
  printf("access %d %d %d %d\n", access(argv[1], F_OK), access(argv[1], R_OK), access("/no/such", F_OK), errno);
  printf("access of what is wrong %d %d\n", access(argv[1], 64), errno);
  printf("the same by name %d\n", stat(argv[1], &named) == 0 && named.st_ino == status.st_ino && named.st_size == status.st_size);
  through_stdio(argv[1], status.st_size);
  through_calls(fd, status.st_size);
  through_mappings(fd, status.st_size);
  return 0;
}
