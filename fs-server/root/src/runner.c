// runner NAME NEXT [LAPS]: one of a ring of runners, who pass a port from hand to hand. Who is given
// LAPS makes it, with that many messages in its queue. Who has it takes one out, prints `NAME runs
// lap K`, and passes the receive right to NEXT, with all that is still queued. Who finds it empty ends
// the race.
#include "output.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE = "runner NAME NEXT [LAPS]   (LAPS from 1 to 16, for one of the ring)";

enum { BATON = 1200, LAP = 1201, FINISH = 1202 };

static struct Output output = {.fd = STANDARD_OUTPUT};

struct Lap {
  struct PortHeader header;
  uint64_t number;
};

/** A message with one right; FINISH has none. */
struct Hand {
  struct PortHeader header;
  uint32_t count;
  struct PortDescriptor right;
};

static union {
  struct PortHeader header;
  struct Lap lap;
  struct Hand hand;
  char room[256];
} message;

static PortName make_baton(unsigned long laps) {
  PortName baton = reply_port();
  port_set_qlimit(baton, MACH_PORT_QLIMIT_MAX);
  for (unsigned long number = 1; number <= laps; number++) {
    message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
    message.header.remote = baton;
    message.header.local = MACH_PORT_NULL;
    message.header.id = LAP;
    message.lap.number = number;
    expect_done("runner", "cannot queue a lap", port_send(&message.header, sizeof message.lap));
  }
  return baton;
}

static void pass(PortName next, PortName baton) {
  message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
  message.header.remote = next;
  message.header.local = MACH_PORT_NULL;
  message.header.id = BATON;
  message.hand.count = 1;
  message.hand.right = (struct PortDescriptor){
      .name = baton, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE, .type = MACH_MSG_PORT_DESCRIPTOR};
  expect_done("runner", "cannot pass the baton", port_send(&message.header, sizeof message.hand));
}

/** Takes a lap out of the baton. False: there is none left. */
static Flag run(const char *name, PortName baton) {
  long result =
      port_message(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof message, baton, 0);
  if (result == MACH_RCV_TIMED_OUT) return 0;
  expect_done("runner", "cannot read the baton", result);
  put_text(&output, name);
  put_text(&output, " runs lap ");
  put_number(&output, message.lap.number);
  put_text(&output, "\n");
  return flush(&output) == 0;
}

/** The next one may have left: then there is nobody to tell. */
static void tell_finish(PortName next) {
  message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
  message.header.remote = next;
  message.header.local = MACH_PORT_NULL;
  message.header.id = FINISH;
  port_send(&message.header, sizeof message.header);
}

int main(int argc, char **argv) {
  unsigned long laps = 0;
  if (argc < 3 || argc > 4) misused("runner", "two or three operands are needed", USAGE);
  if (argc == 4 && (!parse_number(argv[3], &laps) || laps < 1 || laps > MACH_PORT_QLIMIT_MAX))
    misused("runner", "LAPS is out of range", USAGE);
  PortName here = reply_port();
  PortName next;
  expect_done("runner", "cannot register its port", names_register(argv[1], here));
  expect_done("runner", "cannot find the next runner", names_await(argv[2], &next));

  if (laps) pass(next, make_baton(laps));
  for (;;) {
    expect_done("runner", "cannot receive", port_receive(&message.header, sizeof message, here));
    if (message.header.id != BATON) break;
    PortName baton = message.hand.right.name;
    if (!run(argv[1], baton)) {
      port_destroy(baton);
      break;
    }
    pass(next, baton);
  }
  tell_finish(next);
  finish("runner", &output, 0);
}
