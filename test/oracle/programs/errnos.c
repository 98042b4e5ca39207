// Exercises refusals: calls with bad descriptors, addresses, sizes, names and flags, and the errno that
// each of them must give. What was not refused is printed as 0.
// file: data.txt text
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TRY(...)                                                            \
  do {                                                                      \
    errno = 0;                                                              \
    long result_ = (long)(__VA_ARGS__);                                     \
    printf("%-62s %s\n", #__VA_ARGS__, result_ == -1 ? strerrorname_np(errno) : "0"); \
  } while (0)

static void *const NOWHERE = (void *)8;
static char bytes[64];

static void descriptors(void) {
  int file = open("data.txt", O_RDONLY), folder = open(".", O_RDONLY | O_DIRECTORY);
  TRY(read(99, bytes, 1));
  TRY(write(-1, bytes, 1));
  TRY(close(99));
  TRY(lseek(99, 0, SEEK_SET));
  TRY(fstat(99, (struct stat *)bytes));
  TRY(write(file, bytes, 1));
  TRY(read(folder, bytes, 1));
  TRY(lseek(0, 0, SEEK_CUR));
  TRY(lseek(file, -5, SEEK_SET));
  TRY(lseek(file, 0, 17));
  TRY(ioctl(file, TCGETS, bytes));
  TRY(ioctl(99, TCGETS, bytes));
  TRY(isatty(file) - 1);
  TRY(close(file));
  TRY(close(file));
  TRY(close(folder));
}

static void addresses(void) {
  int file = open("data.txt", O_RDONLY);
  struct iovec good = {bytes, 4}, bad = {NOWHERE, 4};
  TRY(write(1, NOWHERE, 4));
  TRY(read(file, NOWHERE, 4));
  TRY(write(1, NOWHERE, 0));
  TRY(writev(1, NOWHERE, 1));
  TRY(writev(1, &bad, 1));
  TRY(readv(file, &good, -1));
  TRY(readv(file, &good, 0));
  TRY(syscall(SYS_openat, AT_FDCWD, NOWHERE, O_RDONLY, 0));
  TRY(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, NOWHERE));
  TRY(syscall(SYS_uname, NOWHERE));
  TRY(syscall(SYS_fstat, file, NOWHERE));
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TRY(read(file, page, 4));
  TRY(write(1, page, 0));
  close(file);
}

static void names(void) {
  static char long_name[5000];
  struct stat status;
  memset(long_name, 'n', sizeof long_name - 1);
  TRY(open("absent", O_RDONLY));
  TRY(open("", O_RDONLY));
  TRY(open("data.txt/below", O_RDONLY));
  TRY(open("absent/below", O_RDONLY));
  TRY(open("data.txt", O_RDONLY | O_DIRECTORY));
  TRY(open(".", O_WRONLY));
  TRY(open(long_name, O_RDONLY));
  long_name[300] = 0;
  TRY(open(long_name, O_RDONLY));
  TRY(openat(99, "data.txt", O_RDONLY));
  TRY(stat("absent", &status));
  TRY(stat("data.txt/", &status));
  TRY(fstatat(99, "data.txt", &status, 0));
  TRY(readlinkat(AT_FDCWD, "data.txt", bytes, 10));
  TRY(readlinkat(AT_FDCWD, "absent", bytes, 10));
}

static void mappings(void) {
  int file = open("data.txt", O_RDONLY);
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TRY(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  TRY(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0));
  TRY(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 100));
  TRY(mmap(NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
  TRY(mmap(page + 1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  TRY(mmap(NULL, 1UL << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  TRY(munmap(page + 1, 4096));
  TRY(munmap(page, 0));
  TRY(mprotect(page + 1, 4096, PROT_READ));
  TRY(munmap(page + 4096, 4096));
  TRY(mprotect(page, 8192, PROT_READ));
  close(file);
}

static void others(void) {
  struct rlimit limit;
  struct sigaction action = {.sa_handler = SIG_IGN};
  struct timespec bad = {0, -1};
  TRY(getrlimit(999, &limit));
  TRY(sigaction(SIGKILL, &action, NULL));
  TRY(sigaction(SIGSTOP, &action, NULL));
  TRY(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8));
  TRY(syscall(SYS_rt_sigprocmask, 99, bytes, NULL, 8));
  TRY(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bytes, NULL, 4));
  TRY(nanosleep(&bad, NULL));
  TRY(kill(getpid(), 65));
  TRY(kill(getpid(), 0));
  TRY(getpid() == gettid() ? 0 : -1);
  TRY(syscall(5000));
}

int main(void) {
  descriptors();
  addresses();
  names();
  mappings();
  others();
  return 0;
}
