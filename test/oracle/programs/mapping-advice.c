// Exercises what may be said and asked of mappings: madvise that drops pages, msync, mincore, mprotect in
// part, huge reservations, hints for a place, and the refusals of mmap, munmap and mprotect.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };
static const int RW = PROT_READ | PROT_WRITE;
static const int ANON = MAP_PRIVATE | MAP_ANONYMOUS;

static int code(int result) { return result ? errno : 0; }
static int map_code(void *result) { return result == MAP_FAILED ? errno : 0; }

static void advice(void) {
  char *a = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  for (int page = 0; page < 8; page++) a[page * PAGE] = (char)(page + 1);
  printf("dontneed %d:", code(madvise(a + 2 * PAGE, 3 * PAGE, MADV_DONTNEED)));
  for (int page = 0; page < 8; page++) printf(" %d", a[page * PAGE]);
  a[3 * PAGE] = 9;
  printf(" again %d\n", a[3 * PAGE]);
  printf("willneed %d normal %d sequential %d\n", code(madvise(a, PAGE, MADV_WILLNEED)), code(madvise(a, PAGE, MADV_NORMAL)), code(madvise(a, PAGE, MADV_SEQUENTIAL)));
  printf("misaligned %d empty %d\n", code(madvise(a + 1, PAGE, MADV_DONTNEED)), code(madvise(a, 0, MADV_DONTNEED)));
  a[0] = 5;
  printf("free %d\n", code(madvise(a, PAGE, MADV_FREE)));
  a[0] = 6;
  printf("written after free %d\n", a[0]);
}

static void file(void) {
  int fd = open("pages", O_RDWR | O_CREAT | O_EXCL, 0600);
  for (int page = 0; page < 3; page++) {
    char bytes[PAGE];
    memset(bytes, 'a' + page, PAGE);
    write(fd, bytes, PAGE);
  }
  char *private = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
  const char *shared = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  private[PAGE] = 'X';
  printf("copies %c%c %c%c\n", private[0], private[PAGE], shared[PAGE], shared[2 * PAGE]);
  printf("dontneed %d", code(madvise(private, 3 * PAGE, MADV_DONTNEED)));
  printf(" back %c\n", private[PAGE]);
  char *moved = mremap(private, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
  printf("moved %c%c%c\n", moved[0], moved[PAGE], moved[2 * PAGE]);
  printf("offset %c\n", *(char *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE));
  printf("offset misaligned %d\n", map_code(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100)));
  int reader = open("pages", O_RDONLY), writer = open("pages", O_WRONLY);
  printf("shared, written, read-only %d\n", map_code(mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0)));
  printf("private, write-only %d\n", map_code(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0)));
  char *fixed = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
  printf("protect %d\n", code(mprotect(fixed, PAGE, RW)));
  printf("bad fd %d\n", map_code(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0)));
  int zero = open("/dev/zero", O_RDWR);
  char *zeros = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, zero, 0);
  zeros[PAGE] = 3;
  printf("zero device %d %d\n", zeros[0], zeros[PAGE]);
}

static void residence(void) {
  unsigned char vector[6] = {9, 9, 9, 9, 9, 9};
  char *a = mmap(NULL, 6 * PAGE, RW, ANON, -1, 0);
  a[PAGE] = a[4 * PAGE] = 1;
  printf("mincore %d:", code(mincore(a, 6 * PAGE, vector)));
  for (int page = 0; page < 6; page++) printf(" %d", vector[page] & 1);
  printf("\nmisaligned %d", code(mincore(a + 8, PAGE, vector)));
  munmap(a + 3 * PAGE, PAGE);
  printf(" hole %d\n", code(mincore(a, 6 * PAGE, vector)));
  printf("msync %d %d %d\n", code(msync(a, 3 * PAGE, MS_SYNC)), code(msync(a, 6 * PAGE, MS_SYNC)), code(msync(a, PAGE, MS_SYNC | MS_ASYNC)));
  printf("protect over the hole %d\n", code(mprotect(a, 6 * PAGE, PROT_READ)));
  printf("unmap over the hole %d again %d\n", code(munmap(a, 6 * PAGE)), code(munmap(a, 6 * PAGE)));
}

static void places(void) {
  size_t huge = 100UL << 30;
  char *space = mmap(NULL, huge, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
  printf("huge %d\n", space != MAP_FAILED);
  char *middle = space + (huge / 2 & ~(size_t)(PAGE - 1));
  printf("commit %d\n", code(mprotect(middle, 4 * PAGE, RW)));
  middle[2 * PAGE] = 42;
  char *inside = mmap(middle + 8 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
  inside[0] = 43;
  printf("sparse %d %d %d\n", middle[2 * PAGE], inside[0], inside == middle + 8 * PAGE);
  mmap(middle + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0); // qemu puts it elsewhere
  printf("not replaced %d\n", middle[2 * PAGE]);
  munmap(middle, 4 * PAGE);
  printf("noreplace %d\n", mmap(middle, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == middle);
  char *sparse = mmap(NULL, 10UL << 30, RW, ANON | MAP_NORESERVE, -1, 0);
  for (size_t at = 0; at < 10UL << 30; at += 1UL << 30) sparse[at] = (char)(at >> 30);
  int sum = 0;
  for (size_t at = 0; at < 10UL << 30; at += 1UL << 29) sum += sparse[at];
  printf("sum %d\n", sum);
  printf("unmap %d %d\n", code(munmap(sparse, 10UL << 30)), code(munmap(space, huge)));
  printf("length %d kind %d fixed misaligned %d\n", map_code(mmap(NULL, 0, RW, ANON, -1, 0)), map_code(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0)), map_code(mmap(inside + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0)));
  printf("munmap %d %d protect %d\n", code(munmap(inside + 1, PAGE)), code(munmap(inside, 0)), code(mprotect(inside + 1, PAGE, RW)));
}

int main(void) {
  advice();
  file();
  residence();
  places();
  return 0;
}
