// sleep DURATION: waits; a number without a unit is one of seconds.
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE = "sleep DURATION   (as in 2, 1.5s, 20ms)";

enum { NUMBER_BYTES_MAX = 64 };

static Flag parse_seconds(const char *text, struct Timespec *value) {
  char seconds[NUMBER_BYTES_MAX + 2];
  Size length = text_length(text);
  if (!length || length > NUMBER_BYTES_MAX) return 0;
  if (text[length - 1] < '0' || text[length - 1] > '9') return 0; // `1m` is no `1ms`
  memcpy(seconds, text, length);
  seconds[length] = 's';
  seconds[length + 1] = 0;
  return parse_duration(seconds, value);
}

int main(int argc, char **argv) {
  struct Timespec duration;
  if (argc != 2) misused("sleep", "one operand is needed", USAGE);
  if (!parse_duration(argv[1], &duration) && !parse_seconds(argv[1], &duration))
    misused("sleep", "DURATION is not a number, nor one with a unit ns, us, ms or s", USAGE);
  sleep_for(duration);
  return 0;
}
