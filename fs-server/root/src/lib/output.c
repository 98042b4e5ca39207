// Buffered output, and the two ways in which a guest says that something is wrong.
#include "output.h"
#include "text.h"

enum { STATUS_FAILED = 1, STATUS_MISUSED = 64 };

long write_all(int fd, const void *bytes, Size count) {
  const char *rest = bytes;
  while (count) {
    long written = write_some(fd, rest, count);
    if (written < 0) return written;
    rest += written;
    count -= (Size)written;
  }
  return 0;
}

long flush(struct Output *output) {
  if (!output->error) output->error = write_all(output->fd, output->bytes, output->used);
  output->used = 0;
  return output->error;
}

void put_bytes(struct Output *output, const char *bytes, Size count) {
  while (count) {
    Size room = OUTPUT_BUFFER_BYTES - output->used;
    Size part = count < room ? count : room;
    memcpy(output->bytes + output->used, bytes, part);
    output->used += part;
    bytes += part;
    count -= part;
    if (output->used == OUTPUT_BUFFER_BYTES) flush(output);
  }
}

void put_text(struct Output *output, const char *text) {
  put_bytes(output, text, text_length(text));
}

void put_number(struct Output *output, unsigned long value) {
  char digits[NUMBER_TEXT_MAX];
  put_bytes(output, digits, format_number(value, digits));
}

static struct Output standard_error = {.fd = STANDARD_ERROR};

void complain(const char *program, const char *subject, const char *text) {
  put_text(&standard_error, program);
  put_text(&standard_error, ": ");
  put_text(&standard_error, subject);
  put_text(&standard_error, ": ");
  put_text(&standard_error, text);
  put_text(&standard_error, "\n");
  flush(&standard_error);
}

void misused(const char *program, const char *reason, const char *usage) {
  put_text(&standard_error, program);
  put_text(&standard_error, ": ");
  put_text(&standard_error, reason);
  put_text(&standard_error, "\nusage: ");
  put_text(&standard_error, usage);
  put_text(&standard_error, "\n");
  flush(&standard_error);
  leave(STATUS_MISUSED);
}

void finish(const char *program, struct Output *output, int status) {
  if (flush(output) < 0) {
    complain(program, "write error", error_text(-output->error));
    status = STATUS_FAILED;
  }
  leave(status);
}
