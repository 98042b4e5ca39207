// grep [-Fvc] TEXT [FILE]…: the lines that have TEXT in them, which is no pattern: each character
// stands for itself. -v: those that have not; -c: how many. Status 0: some, 1: none, 2: an error.
#include "lines.h"
#include "output.h"

static const char *const USAGE = "grep [-Fvc] TEXT [FILE]…";

static struct Output output = {.fd = STANDARD_OUTPUT};
static Flag inverted, counting, named;
static const char *wanted;
static Size wanted_length;

static Flag has_text(const char *line, Size length) {
  for (Size at = 0; at + wanted_length <= length; at++)
    if (memcmp(line + at, wanted, wanted_length) == 0) return 1;
  return 0;
}

static void put_name(const char *name) {
  if (!named) return;
  put_text(&output, name);
  put_text(&output, ":");
}

// True if a line was selected; `*failed` is set if the file could not be read to its end.
static Flag search(struct Lines *lines, const char *name, Flag *failed) {
  const char *line;
  Size length;
  unsigned long count = 0;
  long result;
  while ((result = next_line(lines, &line, &length)) > 0) {
    if (output.error) break;
    if (has_text(line, length) == inverted) continue;
    count++;
    if (counting) continue;
    put_name(name);
    put_bytes(&output, line, length);
    put_text(&output, "\n");
  }
  if (result < 0) {
    flush(&output);
    complain("grep", name, error_text(-result));
    *failed = 1;
    return 0;
  }
  if (counting) {
    put_name(name);
    put_number(&output, count);
    put_text(&output, "\n");
  }
  return count > 0;
}

static Flag search_named(const char *operand, Flag *failed) {
  static struct Lines lines;
  Flag standard_input = text_equal(operand, "-");
  const char *name = standard_input ? "(standard input)" : operand;
  long fd = standard_input ? STANDARD_INPUT : open_read_only(operand);
  if (fd < 0) {
    flush(&output);
    complain("grep", name, error_text(-fd));
    *failed = 1;
    return 0;
  }
  lines.fd = (int)fd;
  lines.ended = 0;
  lines.start = lines.store.used = 0;
  Flag selected = search(&lines, name, failed);
  if (!standard_input) close_file((int)fd);
  return selected;
}

static void choose(const char *letters) {
  for (; *letters; letters++) {
    if (*letters == 'v') inverted = 1;
    else if (*letters == 'c') counting = 1;
    else if (*letters != 'F') misused("grep", "the options are -F, -v and -c", USAGE);
  }
}

int main(int argc, char **argv) {
  int first = 1;
  Flag selected = 0, failed = 0;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    choose(option + 1);
  }
  if (first == argc) misused("grep", "TEXT is needed", USAGE);
  wanted = argv[first++];
  wanted_length = text_length(wanted);
  named = argc - first > 1;
  if (first == argc) selected = search_named("-", &failed);
  for (int index = first; index < argc; index++)
    if (search_named(argv[index], &failed)) selected = 1;
  if (flush(&output) < 0) {
    complain("grep", "write error", error_text(-output.error));
    return 2;
  }
  return failed ? 2 : selected ? 0 : 1;
}
