// Exercises rename: over another file, of open and mapped files, of directories with what is in them, to the
// same name, and its refusals; then a file that is always replaced as a whole, and what is synced.
// file: data.bin bytes
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRY(call) (errno = 0, (call), printf("%s: %d\n", #call, errno))

static void put(const char *path, const char *text) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, text, strlen(text));
  close(fd);
}

static void show(const char *path) {
  char bytes[64] = {0};
  int fd = open(path, O_RDONLY);
  if (fd < 0) printf("%s: none, %d\n", path, errno);
  else read(fd, bytes, sizeof bytes - 1), printf("%s: %s\n", path, bytes), close(fd);
}

static void over(void) {
  put("one", "first"), put("two", "second");
  int fd = open("two", O_RDWR);
  char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY(rename("one", "two"));
  show("one"), show("two");
  struct stat status;
  fstat(fd, &status);
  printf("the old one: links %d, %.6s\n", (int)status.st_nlink, mapped);
  mapped[0] = 'S';
  char bytes[7] = {0};
  pread(fd, bytes, 6, 0);
  printf("and written: %s\n", bytes);
  TRY(rename("two", "two"));
  TRY(renameat2(AT_FDCWD, "two", AT_FDCWD, "absent", RENAME_NOREPLACE));
  put("two", "again");
  TRY(renameat2(AT_FDCWD, "two", AT_FDCWD, "absent", RENAME_NOREPLACE));
  show("absent"), show("two");
}

static void folders(void) {
  mkdir("folder", 0755), mkdir("folder/below", 0755), mkdir("empty", 0755), mkdir("full", 0755);
  put("folder/below/file", "deep"), put("full/x", "x"), put("plain", "plain");
  int fd = open("folder/below/file", O_RDONLY), at = open("folder", O_RDONLY | O_DIRECTORY);
  TRY(rename("folder", "full"));
  TRY(rename("folder", "plain"));
  TRY(rename("plain", "folder"));
  TRY(rename("folder", "folder/below/self"));
  TRY(rename("full", "full/.."));
  TRY(rename("folder/below/.", "other"));
  TRY(rename("folder", "empty/"));
  show("empty/below/file"), show("folder/below/file");
  char bytes[5] = {0};
  read(fd, bytes, 4);
  printf("open all the time: %s\n", bytes);
  TRY(renameat(at, "below/file", AT_FDCWD, "up"));
  show("up");
  TRY(renameat(AT_FDCWD, "up", at, "down"));
  show("empty/down");
  TRY(rename("nothing", "anything"));
  TRY(rename("plain", "no/where"));
  TRY(rename("plain/", "other"));
  TRY(rename("plain", "other/"));
  TRY(rename("", "other"));
  TRY(renameat2(AT_FDCWD, "plain", AT_FDCWD, "other", 64));
  TRY(rmdir("empty/below"));
}

static void from_disk(void) {
  static unsigned char bytes[100003];
  TRY(rename("data.bin", "moved.bin"));
  int fd = open("moved.bin", O_RDONLY);
  long sum = 0, count = read(fd, bytes, sizeof bytes);
  unsigned char *mapped = mmap(NULL, sizeof bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  TRY(rename("moved.bin", "empty/data.bin"));
  for (long at = 0; at < count; at++) sum = sum * 31 + bytes[at] + mapped[at];
  printf("%ld bytes, sum %lx\n", count, sum);
  show("data.bin"), show("moved.bin");
  TRY(unlink("empty/data.bin"));
}

static void replaced(void) {
  char text[64], seen[64];
  long wrong = 0;
  for (int round = 0; round < 30; round++) {
    int fd = open("state.new", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec parts[2] = {{"state ", 6}, {text, sprintf(text, "%d", round)}};
    wrong += pwritev(fd, parts, 2, 3) != 6 + (long)strlen(text);
    wrong += pwrite(fd, ">> ", 3, 0) != 3;
    wrong += fsync(fd) != 0 || fdatasync(fd) != 0;
    close(fd);
    wrong += rename("state.new", "state") != 0;
    fd = open("state", O_RDONLY);
    char one[4] = {0}, other[40] = {0};
    struct iovec into[2] = {{one, 3}, {other, sizeof other}};
    long count = preadv(fd, into, 2, 0);
    sprintf(seen, "%s%s", one, other);
    sprintf(text, ">> state %d", round);
    wrong += strcmp(seen, text) != 0 || count != (long)strlen(text);
    close(fd);
  }
  printf("replaced, wrong %ld\n", wrong);
}

static void longer(void) {
  int fd = open("state", O_RDWR);
  struct stat status;
  TRY(posix_fallocate(fd, 0, 5));
  fstat(fd, &status);
  printf("size %ld\n", (long)status.st_size);
  TRY(fallocate(fd, 0, 8000, 1000));
  fstat(fd, &status);
  printf("size %ld\n", (long)status.st_size);
  TRY(fallocate(fd, 0, -1, 5));
  TRY(fallocate(99, 0, 0, 5));
  TRY(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  sync();
}

int main(void) { over(), folders(), from_disk(), replaced(), longer(); }
