// Buffered output: what is put is written when the buffer is full or at a flush, in one write(2)
// whenever the kernel takes it whole.
#ifndef OUTPUT_H
#define OUTPUT_H

#include "linux.h"

enum { OUTPUT_BUFFER_BYTES = 4096 };

struct Output {
  int fd;
  long error; // 0, or the first negative errno; later output is dropped
  Size used;
  char bytes[OUTPUT_BUFFER_BYTES];
};

void put_bytes(struct Output *output, const char *bytes, Size count);
void put_text(struct Output *output, const char *text);
void put_number(struct Output *output, unsigned long value);

/** Writes what is buffered. Returns 0 or the first negative errno of this output. */
long flush(struct Output *output);

/** Writes all of `bytes`, in as many calls as it takes. Returns 0 or a negative errno. */
long write_all(int fd, const void *bytes, Size count);

/** `PROGRAM: SUBJECT: TEXT` on standard error, in one write. */
void complain(const char *program, const char *subject, const char *text);

/** `PROGRAM: REASON` and `usage: USAGE` on standard error; leaves with status 64. */
__attribute__((noreturn)) void misused(const char *program, const char *reason, const char *usage);

/** Flushes and leaves with `status`, or with 1 and a complaint if output was lost. */
__attribute__((noreturn)) void finish(const char *program, struct Output *output, int status);

#endif
