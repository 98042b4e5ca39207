// Exercises files that come and go: O_EXCL, writing at offsets, files without a name while they are open or
// mapped, ftruncate of a mapped file and writes to it, directories, and the refusals of unlink and rmdir.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };
static int code(int result) { return result < 0 ? errno : 0; }

static void unnamed(void) {
  int fd = open("here", O_RDWR | O_CREAT | O_EXCL, 0644);
  printf("again %d\n", code(open("here", O_RDWR | O_CREAT | O_EXCL, 0644)));
  printf("written %zd %zd\n", write(fd, "0123456789", 10), pwrite(fd, "AB", 2, 4));
  printf("far %zd offset %ld\n", pwrite(fd, "end", 3, 9000), (long)lseek(fd, 0, SEEK_CUR));
  printf("negative %d bad %d\n", code(pwrite(fd, "x", 1, -1)), code(pwrite(99, "x", 1, 0)));
  struct stat status;
  fstat(fd, &status);
  printf("size %ld links %ld\n", (long)status.st_size, (long)status.st_nlink);
  char *mapped = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  printf("unlink %d again %d open %d\n", code(unlink("here")), code(unlink("here")), code(open("here", O_RDONLY)));
  fstat(fd, &status);
  printf("size %ld links %ld\n", (long)status.st_size, (long)status.st_nlink);
  int other = open("here", O_RDWR | O_CREAT | O_EXCL, 0644);
  write(other, "other", 5);
  char bytes[16] = {0};
  printf("read %zd %s\n", pread(fd, bytes, 10, 0), bytes);
  close(fd);
  printf("mapped %.10s %.3s %d\n", mapped, mapped + 9000, mapped[5000]);
  mapped[0] = 'z';
  printf("own %.10s\n", mapped);
  memset(bytes, 0, sizeof bytes);
  printf("other %zd %s\n", pread(other, bytes, 10, 0), bytes);
  close(other);
  printf("gone %d\n", code(unlink("here")));
}

static void truncated(void) {
  int fd = open("long", O_RDWR | O_CREAT, 0600);
  for (int page = 0; page < 4; page++) pwrite(fd, "page", 4, page * PAGE);
  printf("cut %d", code(ftruncate(fd, PAGE + 2)));
  char *mapped = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  printf(" %.4s %.2s %d\n", mapped, mapped + PAGE, mapped[PAGE + 2]);
  printf("grown %d", code(ftruncate(fd, 3 * PAGE)));
  printf(" %d %d\n", mapped[2 * PAGE], mapped[3 * PAGE - 1]);
  pwrite(fd, "news", 4, PAGE + 5);
  pwrite(fd, "last", 4, 3 * PAGE - 4);
  printf("written %.2s %.4s %.4s\n", mapped + PAGE, mapped + PAGE + 5, mapped + 3 * PAGE - 4);
  char *private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  private[PAGE] = 'P';
  pwrite(fd, "Q", 1, PAGE), pwrite(fd, "R", 1, 0);
  printf("own %c others %c shared %c\n", private[PAGE], private[0], mapped[PAGE]);
  int append = open("long", O_WRONLY | O_APPEND);
  printf("append %zd size %ld\n", pwrite(append, "tail", 4, 1), (long)lseek(fd, 0, SEEK_END));
  printf("unlinked %d\n", code(unlink("long")));
  close(fd), close(append);
  printf("mapped %.4s\n", mapped);
}

static void directories(void) {
  printf("mkdir %d %d %d\n", code(mkdir("d", 0755)), code(mkdir("d", 0755)), code(mkdir("d/e/", 0755)));
  printf("mkdir below nothing %d below a file %d\n", code(mkdir("none/x", 0755)), code(mkdir("d/e/../../d/f/g", 0755)));
  int fd = open("d/e/file", O_WRONLY | O_CREAT, 0600);
  printf("rmdir full %d\n", code(rmdir("d/e")));
  printf("unlink a directory %d rmdir a file %d\n", code(unlink("d/e")), code(rmdir("d/e/file")));
  printf("slash %d dot %d\n", code(unlink("d/e/file/")), code(rmdir("d/e/.")));
  printf("relative %d\n", code(unlinkat(AT_FDCWD, "d/e/../e/file", 0)));
  printf("flags %d\n", code(unlinkat(AT_FDCWD, "d/e", 1)));
  printf("empty %d %d %d\n", code(rmdir("d/e")), code(rmdir("d")), code(rmdir("d")));
  printf("empty name %d\n", code(unlink("")));
  printf("still open %zd\n", write(fd, "x", 1));
}

int main(void) {
  unnamed();
  truncated();
  directories();
  return 0;
}
