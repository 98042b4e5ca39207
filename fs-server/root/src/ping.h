// What pinger and ponger say to each other.
#ifndef PING_H
#define PING_H

#include "sojourn.h"

enum { PING = 1000, PONG = 1100, HOST_BYTES = 16 };

#define PING_NAME "ping"

struct Ping {
  struct PortHeader header;
  uint64_t number;
};

/** The same number back, and the host that the answer comes from. */
struct Pong {
  struct PortHeader header;
  uint64_t number;
  char host[HOST_BYTES];
};

#endif
