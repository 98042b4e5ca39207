// watcher NAME: waits until a port is registered under NAME, prints `NAME is there`, and when the port
// dies (its task ends, or its host is lost) `NAME has died`: the kernel tells it by a dead-name
// notification.
#include "output.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE = "watcher NAME";

static struct Output output = {.fd = STANDARD_OUTPUT};

static union {
  struct PortHeader header;
  char room[256];
} message;

static void say(const char *name, const char *what) {
  put_text(&output, name);
  put_text(&output, what);
  flush(&output);
}

int main(int argc, char **argv) {
  if (argc != 2) misused("watcher", "one operand is needed", USAGE);
  PortName watched;
  PortName previous;
  PortName notices = reply_port();
  expect_done("watcher", "cannot find the port", names_await(argv[1], &watched));
  long result = port_request_notification(watched, MACH_NOTIFY_DEAD_NAME, 1, notices,
                                          MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
  expect_done("watcher", "cannot ask to be told", result);
  say(argv[1], " is there\n");

  expect_done("watcher", "cannot receive",
              port_receive(&message.header, sizeof message, notices));
  if (message.header.id == MACH_NOTIFY_DEAD_NAME) say(argv[1], " has died\n");
  finish("watcher", &output, message.header.id == MACH_NOTIFY_DEAD_NAME ? 0 : 1);
}
