// What a call on ports has answered, in words.
#include "ports.h"
#include "output.h"

static const struct {
  long result;
  const char *text;
} TEXTS[] = {
    {KERN_INVALID_ADDRESS, "Bad address"},
    {KERN_NO_SPACE, "No room for more names"},
    {KERN_INVALID_NAME, "No such name"},
    {KERN_INVALID_RIGHT, "Not that kind of right"},
    {KERN_INVALID_VALUE, "Value out of range"},
    {NAMES_IN_USE, "Name already in use"},
    {NAMES_UNKNOWN, "Nobody has registered that name"},
    {NAMES_MALFORMED, "Name empty or too long"},
    {NAMES_FULL, "The name server is full"},
    {NAMES_GONE, "The name server has gone"},
    {MACH_SEND_INVALID_DEST, "The port is dead"},
    {MACH_SEND_TIMED_OUT, "The queue stayed full"},
    {MACH_SEND_NO_BUFFER, "Message too large"},
    {MACH_RCV_TIMED_OUT, "No message came"},
    {MACH_RCV_TOO_LARGE, "Received message too large"},
    {MACH_RCV_PORT_DIED, "The port died"},
};

const char *port_error_text(long result) {
  for (Size index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++)
    if (TEXTS[index].result == result) return TEXTS[index].text;
  return result < 0 ? error_text(-result) : "Unknown error";
}

void expect_done(const char *program, const char *what, long result) {
  if (!result) return;
  complain(program, what, port_error_text(result));
  leave(1);
}
