// Exercises directories and the lengths of files: getdents64 with buffers of every size, readdir with
// seeks and rewinding, entries that appear meanwhile; truncate and ftruncate, holes, appending.
// file: entry-c text
// file: entry-a empty
// file: entry-b-with-a-name-that-is-rather-long-for-an-entry bytes
// file: entry-d.txt numbers
// status: 0
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMES_MAX = 100 };
static char names[NAMES_MAX][300];
static int name_count;

static int by_name(const void *left, const void *right) { return strcmp(left, right); }

// Other things lie in the folder, too, and not the same ones everywhere.
static int is_ours(const char *name) { return strncmp(name, "entry-", 6) == 0 || name[0] == '.'; }

static void take(const char *name, int kind) {
  if (!is_ours(name)) return;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strncmp(name, "entry-", 6) == 0)
    snprintf(names[name_count++], sizeof names[0], "%s %d", name, kind);
}

static void put_names(const char *title) {
  qsort(names, (size_t)name_count, sizeof names[0], by_name);
  printf("%s:\n", title);
  for (int index = 0; index < name_count; index++) printf("  %s\n", names[index]);
  name_count = 0;
}

static void through_calls(size_t room) {
  static _Alignas(8) char buffer[40000];
  int fd = open(".", O_RDONLY | O_DIRECTORY);
  long got, calls = 0, wrong = 0;
  while ((got = syscall(SYS_getdents64, fd, buffer, room)) > 0) {
    calls++;
    for (long at = 0; at < got;) {
      struct dirent64 *entry = (struct dirent64 *)(buffer + at);
      wrong += entry->d_reclen != (19 + strlen(entry->d_name) + 1 + 7) / 8 * 8 || entry->d_ino == 0;
      take(entry->d_name, entry->d_type);
      at += entry->d_reclen;
    }
  }
  char title[60];
  snprintf(title, sizeof title, "room for %zu, wrong %ld, error %s", room, wrong,
           got < 0 ? strerror(errno) : "none");
  put_names(title);
  printf("again at the end: %ld\n", syscall(SYS_getdents64, fd, buffer, room));
  close(fd);
}

static void through_stdio(void) {
  DIR *folder = opendir(".");
  struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) take(entry->d_name, entry->d_type);
  put_names("readdir");
  rewinddir(folder);
  // Where a seek goes back to: the same entry comes again.
  readdir(folder);
  long place = telldir(folder);
  char second[300];
  snprintf(second, sizeof second, "%s", readdir(folder)->d_name);
  while (readdir(folder) != NULL) continue;
  seekdir(folder, place);
  printf("the same entry again: %d\n", strcmp(readdir(folder)->d_name, second) == 0);
  rewinddir(folder);
  readdir(folder);
  close(open("entry-new", O_WRONLY | O_CREAT, 0644));
  rewinddir(folder);
  while ((entry = readdir(folder)) != NULL) take(entry->d_name, entry->d_type);
  put_names("with a new one");
  closedir(folder);
}

static void refusals(void) {
  char buffer[100];
  int file = open("entry-c", O_RDONLY), folder = open(".", O_RDONLY);
  printf("of a file: %ld %s\n", syscall(SYS_getdents64, file, buffer, 100), strerror(errno));
  printf("of nothing: %ld %s\n", syscall(SYS_getdents64, 77, buffer, 100), strerror(errno));
  printf("no room: %ld %s\n", syscall(SYS_getdents64, folder, buffer, 8), strerror(errno));
  printf("nowhere: %ld %s\n", syscall(SYS_getdents64, folder, (void *)16, 4000), strerror(errno));
  close(file);
  close(folder);
}

static long size_of(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static void lengths(void) {
  unsigned char bytes[9000];
  int fd = open("entry-grows", O_RDWR | O_CREAT | O_TRUNC, 0644);
  memset(bytes, 'a', sizeof bytes);
  printf("written %zd\n", write(fd, bytes, sizeof bytes));
  printf("cut: %d, size %ld, at %ld\n", ftruncate(fd, 5000), size_of("entry-grows"),
         (long)lseek(fd, 0, SEEK_CUR));
  printf("grown: %d, size %ld\n", ftruncate(fd, 8000), size_of("entry-grows"));
  ssize_t got = pread(fd, bytes, sizeof bytes, 0);
  long letters = 0, zeros = 0;
  for (ssize_t at = 0; at < got; at++) {
    letters += bytes[at] == 'a' && at < 5000;
    zeros += bytes[at] == 0 && at >= 5000;
  }
  printf("read %zd: %ld letters, %ld zeros\n", got, letters, zeros);
  printf("behind the end: %zd, size %ld\n", write(fd, "end", 3), size_of("entry-grows"));
  printf("by name: %d, size %ld\n", truncate("entry-grows", 3), size_of("entry-grows"));
  int added = open("entry-grows", O_WRONLY | O_APPEND);
  lseek(added, 0, SEEK_SET);
  printf("appended: %zd, size %ld\n", write(added, "more", 4), size_of("entry-grows"));
  memset(bytes, 0, sizeof bytes);
  got = pread(fd, bytes, sizeof bytes, 0);
  printf("%zd bytes: %s\n", got, bytes);
  close(added);
  close(fd);

  int reader = open("entry-c", O_RDONLY), folder = open(".", O_RDONLY);
  printf("negative: %d %s\n", truncate("entry-grows", -1), strerror(errno));
  printf("absent: %d %s\n", truncate("entry-absent", 1), strerror(errno));
  printf("a folder: %d %s\n", truncate(".", 1), strerror(errno));
  printf("below a file: %d %s\n", truncate("entry-c/x", 1), strerror(errno));
  printf("nowhere: %d %s\n", truncate((char *)16, 1), strerror(errno));
  printf("none: %d %s\n", ftruncate(77, 1), strerror(errno));
  printf("a reader: %d %s\n", ftruncate(reader, 1), strerror(errno));
  printf("an open folder: %d %s\n", ftruncate(folder, 1), strerror(errno));
  printf("negative, open: %d %s\n", ftruncate(reader, -1), strerror(errno));
  close(reader);
  close(folder);
}

int main(void) {
  through_calls(40000);
  through_calls(300);
  through_calls(104);
  through_stdio();
  refusals();
  lengths();
  return 0;
}
