// where [N]: the name of the host that runs it, N times (once), each time asked anew and written at
// once. Only a kernel call of ours can tell: what Linux calls the host's name does not change when a
// task moves.
#include "output.h"
#include "sojourn.h"
#include "text.h"

static const char *const USAGE = "where [N]   (a whole number)";

enum { NAME_BYTES_MAX = 64 };

static struct Output output = {.fd = STANDARD_OUTPUT};

int main(int argc, char **argv) {
  char name[NAME_BYTES_MAX];
  unsigned long times = 1;
  if (argc > 2 || (argc == 2 && !parse_number(argv[1], &times)))
    misused("where", "at most one operand is taken, a whole number", USAGE);

  for (; times && !output.error; times--) {
    long length = host_name(name, sizeof name);
    if (length > NAME_BYTES_MAX) length = -ERROR_NAME_TOO_LONG;
    if (length < 0) {
      complain("where", "this kernel does not name its host", error_text(-length));
      return 1;
    }
    put_bytes(&output, name, (Size)length);
    put_text(&output, "\n");
    flush(&output);
  }
  finish("where", &output, 0);
}
