// cat [-u] [FILE]…: the files one after the other; `-`, or no FILE, is standard input. What is read
// is written at once, so -u has nothing to change.
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE = "cat [-u] [FILE]…";

enum { BUFFER_BYTES = 65536 };
static char buffer[BUFFER_BYTES];

// Leaves the program if the output fails: nothing that follows could be written either.
static Flag copy(int fd, const char *name) {
  for (;;) {
    long got = read_some(fd, buffer, BUFFER_BYTES);
    if (got == 0) return 1;
    if (got < 0) {
      complain("cat", name, error_text(-got));
      return 0;
    }
    long error = write_all(STANDARD_OUTPUT, buffer, (Size)got);
    if (error < 0) {
      complain("cat", "write error", error_text(-error));
      leave(1);
    }
  }
}

static Flag copy_named(const char *name) {
  if (text_equal(name, "-")) return copy(STANDARD_INPUT, name);
  long fd = open_read_only(name);
  if (fd < 0) {
    complain("cat", name, error_text(-fd));
    return 0;
  }
  Flag whole = copy((int)fd, name);
  close_file((int)fd);
  return whole;
}

int main(int argc, char **argv) {
  int first = 1;
  Flag all_whole = 1;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    if (!text_equal(option, "-u")) misused("cat", "the only option is -u", USAGE);
  }
  if (first == argc) all_whole = copy_named("-");
  for (int index = first; index < argc; index++)
    if (!copy_named(argv[index])) all_whole = 0;
  return all_whole ? 0 : 1;
}
