// sort [-nr] [FILE]…: the lines of all files in the order of their bytes; -n: of the numbers at
// their beginnings, -r: the other way round. `-`, or no FILE, is standard input.
#include "lines.h"
#include "output.h"

static const char *const USAGE = "sort [-nr] [FILE]…";

static struct Output output = {.fd = STANDARD_OUTPUT};
static struct Store input, table;
static Flag numeric, reversed;

struct Line {
  const char *bytes;
  Size length;
};

__attribute__((noreturn)) static void fail(const char *what, const char *name, long error) {
  struct Output message = {.fd = STANDARD_ERROR};
  put_text(&message, "sort: ");
  put_text(&message, what);
  put_text(&message, name);
  put_text(&message, ": ");
  put_text(&message, error_text(-error));
  put_text(&message, "\n");
  flush(&message);
  leave(2);
}

static void take_file(const char *operand) {
  Flag standard_input = text_equal(operand, "-");
  long fd = standard_input ? STANDARD_INPUT : open_read_only(operand);
  if (fd < 0) fail("cannot read: ", operand, fd);
  long error = read_whole(&input, (int)fd);
  if (error < 0) fail("read failed: ", operand, error);
  if (!standard_input) close_file((int)fd);
  // A file's last line may have no end of its own.
  if (!input.used || input.bytes[input.used - 1] == '\n') return;
  if (!reserve(&input, 1)) fail("no memory for ", operand, -ERROR_NO_MEMORY);
  input.bytes[input.used++] = '\n';
}

// A number as sort sees it: its sign, the digits before the point without zeros in front, those
// behind it without zeros at the end.
struct Number {
  Flag negative;
  const char *whole, *fraction;
  Size whole_length, fraction_length;
};

static Flag is_digit(char c) { return c >= '0' && c <= '9'; }

static struct Number number_of(const struct Line *line) {
  const char *at = line->bytes, *end = line->bytes + line->length;
  struct Number number = {0, 0, 0, 0, 0};
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  if (at < end && *at == '-') {
    number.negative = 1;
    at++;
  }
  while (at < end && *at == '0') at++;
  number.whole = at;
  while (at < end && is_digit(*at)) at++;
  number.whole_length = (Size)(at - number.whole);
  if (at < end && *at == '.') at++;
  number.fraction = at;
  while (at < end && is_digit(*at)) at++;
  number.fraction_length = (Size)(at - number.fraction);
  while (number.fraction_length && number.fraction[number.fraction_length - 1] == '0')
    number.fraction_length--;
  if (!number.whole_length && !number.fraction_length) number.negative = 0;
  return number;
}

static int compare_numbers(const struct Line *left, const struct Line *right) {
  struct Number a = number_of(left), b = number_of(right);
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  int larger = a.negative ? -1 : 1;
  if (a.whole_length != b.whole_length) return a.whole_length > b.whole_length ? larger : -larger;
  int difference = compare_bytes(a.whole, a.whole_length, b.whole, b.whole_length);
  if (!difference)
    difference = compare_bytes(a.fraction, a.fraction_length, b.fraction, b.fraction_length);
  return difference > 0 ? larger : difference < 0 ? -larger : 0;
}

static int compare(const void *left, const void *right) {
  const struct Line *a = left, *b = right;
  int difference = numeric ? compare_numbers(a, b) : 0;
  if (!difference) difference = compare_bytes(a->bytes, a->length, b->bytes, b->length);
  return reversed ? -difference : difference;
}

static Size count_lines(void) {
  Size count = 0;
  for (Size at = 0; at < input.used; at++) count += input.bytes[at] == '\n';
  return count;
}

static void sort_and_put(void) {
  Size count = count_lines();
  // One table: the lines, pointers to them, and room for as many pointers again.
  Size bytes = count * (sizeof(struct Line) + 2 * sizeof(void *));
  if (!count) return;
  if (!reserve(&table, bytes)) fail("no memory for the lines", "", -ERROR_NO_MEMORY);
  struct Line *lines = (struct Line *)table.bytes;
  void **order = (void **)(lines + count), **spare = order + count;
  Size start = 0, index = 0;
  for (Size at = 0; at < input.used; at++) {
    if (input.bytes[at] != '\n') continue;
    lines[index] = (struct Line){input.bytes + start, at - start};
    order[index] = &lines[index];
    start = at + 1;
    index++;
  }
  sort_pointers(order, spare, count, compare);
  for (index = 0; index < count; index++) {
    const struct Line *line = order[index];
    put_bytes(&output, line->bytes, line->length + 1);
  }
}

static void choose(const char *letters) {
  for (; *letters; letters++) {
    if (*letters == 'n') numeric = 1;
    else if (*letters == 'r') reversed = 1;
    else misused("sort", "the options are -n and -r", USAGE);
  }
}

int main(int argc, char **argv) {
  int first = 1;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    choose(option + 1);
  }
  if (first == argc) take_file("-");
  for (int index = first; index < argc; index++) take_file(argv[index]);
  sort_and_put();
  if (flush(&output) < 0) {
    complain("sort", "write failed", error_text(-output.error));
    return 2;
  }
  return 0;
}
