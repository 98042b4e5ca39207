// The Linux calls that the guests use, one line each over the trap.
#include "linux.h"

enum {
  CALL_OPENAT = 56,
  CALL_CLOSE = 57,
  CALL_READ = 63,
  CALL_WRITE = 64,
  CALL_EXIT_GROUP = 94,
  CALL_CLOCK_NANOSLEEP = 115,
  CALL_MMAP = 222,
};

enum { CURRENT_FOLDER = -100, CLOCK_MONOTONIC = 1 };
enum { PROTECT_READ = 1, PROTECT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20 };

long trap(long number, long a, long b, long c, long d, long e, long f) {
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall"
                   : "+r"(a0)
                   : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                   : "memory");
  return a0;
}

long open_read_only(const char *path) {
  return trap(CALL_OPENAT, CURRENT_FOLDER, (long)path, 0, 0, 0, 0);
}

long read_some(int fd, void *buffer, Size bytes) {
  long result;
  do result = trap(CALL_READ, fd, (long)buffer, (long)bytes, 0, 0, 0);
  while (result == -ERROR_INTERRUPTED);
  return result;
}

long write_some(int fd, const void *buffer, Size bytes) {
  long result;
  do result = trap(CALL_WRITE, fd, (long)buffer, (long)bytes, 0, 0, 0);
  while (result == -ERROR_INTERRUPTED);
  return result;
}

long close_file(int fd) { return trap(CALL_CLOSE, fd, 0, 0, 0, 0, 0); }

long map_zero_pages(Size bytes) {
  return trap(CALL_MMAP, 0, (long)bytes, PROTECT_READ | PROTECT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0);
}

long sleep_for(struct Timespec duration) {
  long result;
  // An interrupted sleep leaves the rest in `duration`, so the loop ends when all was slept.
  do
    result = trap(CALL_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, (long)&duration, (long)&duration, 0, 0);
  while (result == -ERROR_INTERRUPTED);
  return result;
}

void leave(int status) {
  for (;;) trap(CALL_EXIT_GROUP, status, 0, 0, 0, 0, 0);
}
