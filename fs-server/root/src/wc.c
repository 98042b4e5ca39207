// wc [-c|-m] [-lw] [FILE]…: how many lines, words and bytes (-m: characters of UTF-8) the files
// have, with one space between the numbers, and a line of totals for more than one file.
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE = "wc [-c|-m] [-lw] [FILE]…";

struct Counts {
  unsigned long lines, words, bytes, characters;
};

struct Columns {
  Flag lines, words, bytes, characters;
};

enum { BUFFER_BYTES = 65536 };
static char buffer[BUFFER_BYTES];
static struct Output output = {.fd = STANDARD_OUTPUT};

static Flag is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// A byte 10xxxxxx continues a character that was counted at its first byte.
static Flag begins_character(unsigned char c) { return (c & 0xc0) != 0x80; }

static void count_bytes(struct Counts *counts, Size bytes, Flag *in_word) {
  for (Size index = 0; index < bytes; index++) {
    unsigned char c = (unsigned char)buffer[index];
    Flag space = is_space(c);
    counts->lines += c == '\n';
    counts->words += !space && !*in_word;
    counts->characters += begins_character(c);
    *in_word = !space;
  }
  counts->bytes += bytes;
}

static Flag count_file(int fd, const char *name, struct Counts *counts) {
  Flag in_word = 0;
  for (;;) {
    long got = read_some(fd, buffer, BUFFER_BYTES);
    if (got == 0) return 1;
    if (got < 0) {
      flush(&output); // so that the complaint stands at its place among the lines
      complain("wc", name, error_text(-got));
      return 0;
    }
    count_bytes(counts, (Size)got, &in_word);
  }
}

static void put_column(Flag wanted, unsigned long value, Flag *first) {
  if (!wanted) return;
  if (!*first) put_text(&output, " ");
  put_number(&output, value);
  *first = 0;
}

static void put_counts(struct Columns columns, struct Counts counts, const char *name) {
  Flag first = 1;
  put_column(columns.lines, counts.lines, &first);
  put_column(columns.words, counts.words, &first);
  put_column(columns.characters, counts.characters, &first);
  put_column(columns.bytes, counts.bytes, &first);
  if (name) {
    put_text(&output, " ");
    put_text(&output, name);
  }
  put_text(&output, "\n");
}

// A file that cannot be opened has no line; one that cannot be read to its end has what was read.
static Flag count_named(const char *name, struct Columns columns, struct Counts *total) {
  struct Counts counts = {0, 0, 0, 0};
  Flag standard_input = text_equal(name, "-");
  long fd = standard_input ? STANDARD_INPUT : open_read_only(name);
  if (fd < 0) {
    flush(&output);
    complain("wc", name, error_text(-fd));
    return 0;
  }
  Flag whole = count_file((int)fd, name, &counts);
  if (!standard_input) close_file((int)fd);
  put_counts(columns, counts, name);
  total->lines += counts.lines;
  total->words += counts.words;
  total->bytes += counts.bytes;
  total->characters += counts.characters;
  return whole;
}

static void choose(struct Columns *columns, const char *letters) {
  for (; *letters; letters++) {
    if (*letters == 'l') columns->lines = 1;
    else if (*letters == 'w') columns->words = 1;
    else if (*letters == 'c') columns->bytes = 1;
    else if (*letters == 'm') columns->characters = 1;
    else misused("wc", "the options are -c, -l, -m and -w", USAGE);
  }
}

int main(int argc, char **argv) {
  struct Columns columns = {0, 0, 0, 0};
  struct Counts total = {0, 0, 0, 0};
  int first = 1;
  Flag all_whole = 1;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    choose(&columns, option + 1);
  }
  if (!columns.lines && !columns.words && !columns.bytes && !columns.characters)
    columns.lines = columns.words = columns.bytes = 1;

  if (first == argc) {
    all_whole = count_file(STANDARD_INPUT, "-", &total);
    put_counts(columns, total, 0);
  }
  for (int index = first; index < argc; index++)
    if (!count_named(argv[index], columns, &total)) all_whole = 0;
  if (argc - first > 1) put_counts(columns, total, "total");
  finish("wc", &output, all_whole ? 0 : 1);
}
