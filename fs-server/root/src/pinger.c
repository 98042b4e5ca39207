// pinger N [NAME]: waits until a port is registered under NAME (ping), then calls it N times: each
// time it sends a message with a send-once right to its own port and waits for the answer there. It
// prints a line each: the number, and the host on which it was answered.
#include "output.h"
#include "ping.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE = "pinger N [NAME]   (N a whole number)";

static struct Output output = {.fd = STANDARD_OUTPUT};

static union {
  struct PortHeader header;
  struct Ping ping;
  struct Pong pong;
  char room[256];
} message;

static void call(PortName server, PortName answers, unsigned long number) {
  message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
  message.header.remote = server;
  message.header.local = answers;
  message.header.id = PING;
  message.ping.number = number;
  long result = port_message(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof message.ping,
                             sizeof message, answers, 0);
  expect_done("pinger", "a call failed", result);
  if (message.header.id != PONG || message.pong.number != number) {
    complain("pinger", "a call was not answered", "the server has gone");
    leave(1);
  }
}

int main(int argc, char **argv) {
  unsigned long times;
  if (argc < 2 || argc > 3 || !parse_number(argv[1], &times))
    misused("pinger", "a whole number and perhaps a name are needed", USAGE);
  PortName server;
  PortName answers = reply_port();
  expect_done("pinger", "cannot find its server",
              names_await(argc > 2 ? argv[2] : PING_NAME, &server));

  for (unsigned long number = 1; number <= times; number++) {
    call(server, answers, number);
    put_number(&output, number);
    put_text(&output, " ");
    put_text(&output, message.pong.host);
    put_text(&output, "\n");
    if (flush(&output) < 0) break;
  }
  finish("pinger", &output, 0);
}
