// count N [DURATION]: the numbers 1 … N, a line each, with a pause after each. The pause is a sleep
// of DURATION, or else about 10,000 instructions of computing: a task to move while it sleeps, or
// while it runs.
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE = "count N [DURATION]   (N a whole number; DURATION as in 10ms, 1.5s)";

static struct Output output = {.fd = STANDARD_OUTPUT};

enum { PAUSE_ROUNDS = 1250 };

// Eight instructions a round. The result goes into the next pause, so that none can be left out.
static unsigned long compute(unsigned long state) {
  for (int round = 0; round < PAUSE_ROUNDS; round++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    __asm__ volatile("" : "+r"(state));
  }
  return state;
}

int main(int argc, char **argv) {
  unsigned long last;
  struct Timespec pause;
  unsigned long state = 1;
  if (argc < 2 || argc > 3) misused("count", "one or two operands are needed", USAGE);
  if (!parse_number(argv[1], &last)) misused("count", "N is not a whole number", USAGE);
  if (argc == 3 && !parse_duration(argv[2], &pause))
    misused("count", "DURATION is not a number with a unit ns, us, ms or s", USAGE);

  for (unsigned long number = 1; number <= last; number++) {
    put_number(&output, number);
    put_text(&output, "\n");
    if (flush(&output) < 0) break;
    if (argc == 3)
      sleep_for(pause);
    else
      state = compute(state);
  }
  finish("count", &output, 0);
}
