// tee [-a] [FILE]…: standard input to standard output and to each file; -a adds to the files. A file
// that fails is left out from then on.
#include "files.h"
#include "output.h"

static const char *const USAGE = "tee [-a] [FILE]…";

enum { BUFFER_BYTES = 65536, TARGETS_MAX = 64 };
static char buffer[BUFFER_BYTES];

struct Target {
  long fd; // -1: it has failed
  const char *name;
};
static struct Target targets[TARGETS_MAX];
static int target_count;

static void give_up(struct Target *target, long error, int *status) {
  complain("tee", target->name, error_text(-error));
  target->fd = -1;
  *status = 1;
}

static void add_target(const char *name, long fd, int *status) {
  struct Target *target = &targets[target_count++];
  target->fd = fd;
  target->name = name;
  if (fd < 0) give_up(target, fd, status);
}

int main(int argc, char **argv) {
  int status = 0;
  int first = 1;
  int flags = OPEN_WRITE | OPEN_CREATE | OPEN_EMPTY;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    if (!text_equal(option, "-a")) misused("tee", "the only option is -a", USAGE);
    flags = OPEN_WRITE | OPEN_CREATE | OPEN_APPEND;
  }
  if (argc - first >= TARGETS_MAX) misused("tee", "too many files", USAGE);

  add_target("standard output", STANDARD_OUTPUT, &status);
  for (int index = first; index < argc; index++)
    add_target(argv[index], open_flagged(argv[index], flags), &status);
  for (;;) {
    long got = read_some(STANDARD_INPUT, buffer, BUFFER_BYTES);
    if (got < 0) {
      complain("tee", "read error", error_text(-got));
      status = 1;
    }
    if (got <= 0) break;
    for (struct Target *target = targets; target < targets + target_count; target++) {
      long error = target->fd < 0 ? 0 : write_all((int)target->fd, buffer, (Size)got);
      if (error < 0) give_up(target, error, &status);
    }
  }
  return status;
}
