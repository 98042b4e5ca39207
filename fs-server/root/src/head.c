// head [-n N] [FILE]…: the first N lines of each file, or 10; `-`, or no FILE, is standard input.
#include "output.h"
#include "text.h"

static const char *const USAGE = "head [-n N] [FILE]…";

enum { BUFFER_BYTES = 65536, DEFAULT_LINES = 10 };
static char buffer[BUFFER_BYTES];
static struct Output output = {.fd = STANDARD_OUTPUT};
static int status;

static void complain_of(const char *what, const char *name, const char *rest, long error) {
  struct Output message = {.fd = STANDARD_ERROR};
  flush(&output); // so that the complaint stands at its place among the lines
  put_text(&message, "head: ");
  put_text(&message, what);
  put_text(&message, name);
  put_text(&message, rest);
  put_text(&message, error_text(-error));
  put_text(&message, "\n");
  flush(&message);
  status = 1;
}

static void put_lines(int fd, const char *name, unsigned long lines) {
  while (lines && !output.error) {
    long got = read_some(fd, buffer, BUFFER_BYTES);
    if (got < 0) complain_of("error reading '", name, "': ", got);
    if (got <= 0) return;
    Size end = 0;
    while (end < (Size)got && lines) lines -= buffer[end++] == '\n';
    put_bytes(&output, buffer, end);
  }
}

static void put_header(const char *name, Flag first) {
  if (!first) put_text(&output, "\n");
  put_text(&output, "==> ");
  put_text(&output, name);
  put_text(&output, " <==\n");
}

// GNU's head reads nothing for -n 0, but opens every file.
static void put_file(const char *operand, unsigned long lines, Flag headers, Flag *first) {
  Flag standard_input = text_equal(operand, "-");
  const char *name = standard_input ? "standard input" : operand;
  long fd = standard_input ? STANDARD_INPUT : open_read_only(operand);
  if (fd < 0) {
    complain_of("cannot open '", name, "' for reading: ", fd);
    return;
  }
  if (headers) put_header(name, *first);
  *first = 0;
  put_lines((int)fd, name, lines);
  if (!standard_input) close_file((int)fd);
}

// What follows the letter of an option, or else the next operand.
static const char *operand_of(const char *option, int argc, char **argv, int *index) {
  if (option[2]) return option + 2;
  return *index < argc ? argv[(*index)++] : 0;
}

int main(int argc, char **argv) {
  unsigned long lines = DEFAULT_LINES;
  int index = 1;
  while (index < argc && argv[index][0] == '-' && argv[index][1]) {
    const char *option = argv[index++];
    if (text_equal(option, "--")) break;
    if (option[1] != 'n') misused("head", "the only option is -n", USAGE);
    const char *operand = operand_of(option, argc, argv, &index);
    if (!operand || !parse_number(operand, &lines))
      misused("head", "N is not a whole number", USAGE);
  }
  Flag first = 1;
  if (index == argc) put_file("-", lines, 0, &first);
  Flag headers = argc - index > 1;
  for (; index < argc; index++) put_file(argv[index], lines, headers, &first);
  finish("head", &output, status);
}
