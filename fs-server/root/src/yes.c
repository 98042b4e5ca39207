// yes [TEXT]…: its operands with one space between, or `y`, a line again and again, until it is
// ended or its output fails. A broken pipe ends it by SIGPIPE.
#include "output.h"
#include "text.h"

static struct Output output = {.fd = STANDARD_OUTPUT};

int main(int argc, char **argv) {
  while (!output.error) {
    for (int index = 1; index < argc; index++) {
      if (index > 1) put_text(&output, " ");
      put_text(&output, argv[index]);
    }
    put_text(&output, argc > 1 ? "\n" : "y\n");
  }
  complain("yes", "standard output", error_text(-output.error));
  return 1;
}
