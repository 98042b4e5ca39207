// The Linux calls that the guests use, as thin as they can be: a negative result is an errno.
#ifndef LINUX_H
#define LINUX_H

typedef unsigned long Size;

enum { STANDARD_INPUT = 0, STANDARD_OUTPUT = 1, STANDARD_ERROR = 2 };

enum {
  ERROR_NO_ENTRY = 2,
  ERROR_INTERRUPTED = 4,
  ERROR_NO_MEMORY = 12,
  ERROR_NAME_TOO_LONG = 36,
};

struct Timespec {
  long seconds;
  long nanoseconds;
};

long open_read_only(const char *path);
long read_some(int fd, void *buffer, Size bytes);
long write_some(int fd, const void *buffer, Size bytes);
long close_file(int fd);

/** Fresh zero pages, or a negative errno. */
long map_zero_pages(Size bytes);

/** Sleeps for the whole of `duration`, however often it is interrupted. */
long sleep_for(struct Timespec duration);

__attribute__((noreturn)) void leave(int status);

/** The words of errno `error`, as the C library has them. */
const char *error_text(long error);

/** The raw door: a7 is the number of the call. */
long trap(long number, long a, long b, long c, long d, long e, long f);

#endif
