// ponger [N [NAME]]: registers a port under NAME (ping) and answers N messages of pinger, or all
// that come, each with the name of the host that it is on by then. To watch messages find a task
// that moves.
#include "output.h"
#include "ping.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE = "ponger [N [NAME]]   (N a whole number, 0 for no end)";

static struct Output output = {.fd = STANDARD_OUTPUT};

static union {
  struct PortHeader header;
  struct Ping ping;
  struct Pong pong;
  char room[256];
} message;

/** Answers by the send-once right that came with the message; that never waits. */
static Flag answer(void) {
  Flag known = message.header.id == PING && message.header.size == sizeof message.ping &&
               MACH_MSGH_BITS_REMOTE(message.header.bits) == MACH_MSG_TYPE_PORT_SEND_ONCE;
  if (!known) {
    port_deallocate(message.header.remote);
    return 0;
  }
  message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
  message.header.local = MACH_PORT_NULL;
  message.header.id = PONG;
  memset(message.pong.host, 0, HOST_BYTES);
  host_name(message.pong.host, HOST_BYTES);
  return port_send(&message.header, sizeof message.pong) == 0;
}

int main(int argc, char **argv) {
  unsigned long times = 0;
  if (argc > 3 || (argc > 1 && !parse_number(argv[1], &times)))
    misused("ponger", "a whole number and a name are taken", USAGE);
  PortName port = reply_port();
  expect_done("ponger", "cannot register its port",
              names_register(argc > 2 ? argv[2] : PING_NAME, port));

  unsigned long answered = 0;
  while (!times || answered < times) {
    expect_done("ponger", "cannot receive",
                port_receive(&message.header, sizeof message, port));
    answered += answer();
  }
  put_number(&output, answered);
  put_text(&output, answered == 1 ? " message answered\n" : " messages answered\n");
  finish("ponger", &output, 0);
}
