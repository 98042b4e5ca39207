// echo [-n] [STRING]…: its operands with one space between, and a line end unless the first is -n.
// Backslashes stand for themselves, and `--` is an operand like any other.
#include "output.h"
#include "text.h"

static struct Output output = {.fd = STANDARD_OUTPUT};

int main(int argc, char **argv) {
  Flag line_end = !(argc > 1 && text_equal(argv[1], "-n"));
  int first = line_end ? 1 : 2;
  for (int index = first; index < argc; index++) {
    if (index > first) put_text(&output, " ");
    put_text(&output, argv[index]);
  }
  if (line_end) put_text(&output, "\n");
  finish("echo", &output, 0);
}
